"""Downloads against a small server on this machine that misbehaves as real ones do."""

import hashlib
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lic_tcm.anchors import downloads as module
from lic_tcm.anchors.files import sha256_file
from lic_tcm.datasets.download import Remote, download, download_locked
from lic_tcm.errors import UserError

BODY = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(BODY).hexdigest()
CUT = 2 * module.CHUNK  # what is read of a chunk before a cut is not kept
PNG_NAMES = re.compile(r"[^.].*\.png")

Answer = Callable[["Handler"], None]


@dataclass
class Server:
    """What is served, and what was asked for."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)  # by path; the last one stays
    ranges: list[str | None] = field(default_factory=list)  # Range header of each request, in order
    paths: list[str] = field(default_factory=list)

    def at(self, path: str, *answers: Answer) -> str:
        """Serve these answers in turn at a path; return the address."""
        self.answers[path] = list(answers)
        return self.url + path


class Handler(BaseHTTPRequestHandler):
    """Gives the next scripted answer."""

    script: Server

    def do_GET(self) -> None:
        """Answer a request."""
        self.script.paths.append(self.path)
        self.script.ranges.append(self.headers["Range"])
        answers = self.script.answers.get(self.path, [status(404)])
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def send(self, code: int, body: bytes, length: int | None = None, **headers: str) -> None:
        """Send a body, claiming another length if asked to."""
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def status(code: int) -> Answer:
    """An error without a body."""
    return lambda handler: handler.send(code, b"")


def whole(body: bytes = BODY) -> Answer:
    """The whole body, whatever range was asked for."""
    return lambda handler: handler.send(200, body)


def cut(at: int) -> Answer:
    """The connection breaks after so many bytes."""
    return lambda handler: handler.send(200, BODY[:at], length=len(BODY))


def ranged(handler: Handler) -> None:
    """The range asked for, as a good server gives it."""
    start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    if start >= len(BODY):
        handler.send(416, b"", Content_Range=f"bytes */{len(BODY)}")
    else:
        handler.send(206, BODY[start:], Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on a free port; retries do not wait, and no proxy is asked."""
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    script = Server()
    handler = type("ScriptedHandler", (Handler,), {"script": script})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        script.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield script
        http.shutdown()
        thread.join()


def only_file(folder: Path) -> bytes:
    """The bytes of the one file in a folder: no part is left over."""
    (file,) = folder.iterdir()
    return file.read_bytes()


def test_a_file_is_downloaded_once(server: Server, tmp_path: Path) -> None:
    """What is there with the right hash is not asked for again."""
    remote = Remote(server.at("/a", whole()), SHA256)
    download([remote], tmp_path / "new" / "a")
    download([remote], tmp_path / "new" / "a")
    assert only_file(tmp_path / "new") == BODY
    assert server.paths == ["/a"]


def test_jobs_that_want_one_file_share_a_download(server: Server, tmp_path: Path) -> None:
    """Several that start together append to no part of each other's: one asks, the others find the file."""

    def slow(handler: Handler) -> None:
        time.sleep(0.2)
        handler.send(200, BODY)

    for number, sha256 in enumerate((SHA256, None)):
        remote = Remote(server.at(f"/{number}", slow), sha256)
        target = tmp_path / str(number) / "a"
        with ThreadPoolExecutor(4) as jobs:
            list(jobs.map(lambda _, remote=remote, target=target: download([remote], target), range(4)))
        assert only_file(target.parent) == BODY
    assert server.paths == ["/0", "/1"]


def test_a_wrong_file_in_place_is_replaced(server: Server, tmp_path: Path) -> None:
    """A file that is there with other bytes does not count as downloaded."""
    (tmp_path / "a").write_bytes(b"other")
    download([Remote(server.at("/a", whole()), SHA256)], tmp_path / "a")
    assert only_file(tmp_path) == BODY


@pytest.mark.parametrize("code", [403, 404, 410])
def test_the_second_mirror_is_used(server: Server, tmp_path: Path, code: int) -> None:
    """A mirror that does not have the file is asked once, then the next one is."""
    mirrors = [Remote(server.at("/gone", status(code)), SHA256), Remote(server.at("/here", whole()), SHA256)]
    download(mirrors, tmp_path / "a")
    assert only_file(tmp_path) == BODY
    assert server.paths == ["/gone", "/here"]


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path, code: int) -> None:
    """Passing troubles are met with patience."""
    download([Remote(server.at("/a", status(code), status(code), whole()), SHA256)], tmp_path / "a")
    assert only_file(tmp_path) == BODY
    assert len(server.paths) == 3


def test_pauses_between_attempts_double(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy server is given more time after each attempt, and no pause follows the last."""
    pauses: list[float] = []
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 1.0)
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    with pytest.raises(UserError, match="status 503"):
        download([Remote(server.at("/a", status(503)), SHA256)], tmp_path / "a")
    assert pauses == [1, 2, 4]
    assert len(server.paths) == 4


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_broken_connection_is_resumed(server: Server, tmp_path: Path, sha256: str | None) -> None:
    """After a cut only the rest is asked for, also where no hash could tell that bytes are missing."""
    download([Remote(server.at("/a", cut(CUT), ranged), sha256)], tmp_path / "a")
    assert only_file(tmp_path) == BODY
    assert server.ranges == [None, f"bytes={CUT}-"]


def test_an_interrupted_run_is_resumed_by_the_next(server: Server, tmp_path: Path) -> None:
    """The part survives a run that gave up, and never has the file's own name."""
    remote = Remote(server.at("/a", cut(CUT), status(404)), SHA256)
    with pytest.raises(UserError, match="status 404"):
        download([remote], tmp_path / "a")
    assert not (tmp_path / "a").exists()
    server.at("/a", ranged)
    download([remote], tmp_path / "a")
    assert only_file(tmp_path) == BODY
    assert server.ranges[-1] == f"bytes={CUT}-"


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    """A whole answer to a request for the rest replaces the part instead of being appended to it."""
    download([Remote(server.at("/a", cut(CUT), whole()), SHA256)], tmp_path / "a")
    assert only_file(tmp_path) == BODY


def test_a_part_of_another_version_is_dropped(server: Server, tmp_path: Path) -> None:
    """When the resumed file has the wrong hash, it is downloaded anew."""
    other = bytes(CUT)
    start = lambda handler: handler.send(200, other, length=len(BODY))  # noqa: E731
    download([Remote(server.at("/a", start, ranged), SHA256)], tmp_path / "a")
    assert only_file(tmp_path) == BODY
    assert server.ranges == [None, f"bytes={CUT}-", None]


def test_a_part_longer_than_the_file_is_dropped(server: Server, tmp_path: Path) -> None:
    """A range the server cannot satisfy means that the part is of no use."""
    longer = lambda handler: handler.send(200, BODY + b"more", length=2 * len(BODY))  # noqa: E731
    download([Remote(server.at("/a", longer, ranged), SHA256)], tmp_path / "a")
    assert only_file(tmp_path) == BODY


def test_parts_of_two_mirrors_are_not_mixed(server: Server, tmp_path: Path) -> None:
    """Mirrors may hold different archives, so the second starts from nothing, with its own hash."""
    other = BODY[::-1]
    first = Remote(server.at("/1", cut(CUT), status(404)), SHA256)
    second = Remote(server.at("/2", whole(other)), hashlib.sha256(other).hexdigest())
    download([first, second], tmp_path / "a")
    assert only_file(tmp_path) == other
    assert server.ranges[-1] is None


def test_a_wrong_hash_is_an_error_that_shows_both(server: Server, tmp_path: Path) -> None:
    """Other bytes than published are never kept; the error names expected and found hash, address and remedy."""
    found = hashlib.sha256(b"other").hexdigest()
    url = server.at("/a", whole(b"other"))
    with pytest.raises(UserError) as caught:
        download([Remote(url, SHA256)], tmp_path / "a")
    for part in (SHA256, found, url, f"save it as {tmp_path / 'a'}"):
        assert part in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert len(server.paths) == 1


def test_all_mirrors_failing_names_every_address(server: Server, tmp_path: Path) -> None:
    """The last word lists what was tried and why it failed."""
    urls = [server.at("/1", status(404)), server.at("/2", status(503)), "http://127.0.0.1:1/closed"]
    with pytest.raises(UserError) as caught:
        download([Remote(url, SHA256) for url in urls], tmp_path / "a")
    for part in (*urls, "404", "503", "refused"):
        assert part in str(caught.value)


def test_a_web_page_is_not_taken_for_an_archive(server: Server, tmp_path: Path) -> None:
    """Where no hash is known, a page of HTML under a zip's address makes the next mirror's turn."""
    with zipfile.ZipFile(tmp_path / "source", "w") as file:
        file.writestr("a.png", b"1")
    data = (tmp_path / "source").read_bytes()
    mirrors = [Remote(server.at("/1", whole(b"<html>"))), Remote(server.at("/2", whole(data)))]
    download(mirrors, tmp_path / "out" / "a.zip")
    assert only_file(tmp_path / "out") == data


def test_an_unwritable_folder_is_named(server: Server, tmp_path: Path) -> None:
    """A target that cannot be written is an error about the target, not about the network."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot write"):
        download([Remote(server.at("/a", whole()), SHA256)], tmp_path / "file" / "a")


def test_first_use_locks_the_hash(server: Server, tmp_path: Path) -> None:
    """Without a published hash, the first download decides what later ones must be."""
    target = tmp_path / "a"
    url = server.at("/a", whole(), whole(b"changed"))
    download_locked([url], target)
    assert (tmp_path / "a.sha256").read_text() == f"{SHA256}  a\n"
    target.unlink()
    with pytest.raises(UserError, match=r"a\.sha256 says which file"):
        download_locked([url], target)
    assert not target.exists()
    server.at("/a", whole())
    download_locked([url], target)
    assert target.read_bytes() == BODY


def test_a_damaged_lock_is_named(server: Server, tmp_path: Path) -> None:
    """A lock without a hash is not ignored."""
    (tmp_path / "a.sha256").write_text("?")
    with pytest.raises(UserError, match=r"a\.sha256 holds no SHA-256"):
        download_locked([server.at("/a", whole())], tmp_path / "a")


@pytest.mark.network
def test_the_first_kodak_image_is_where_we_say(tmp_path: Path) -> None:
    """Both public addresses give the published bytes of kodim01."""
    from lic_tcm.datasets.fetch import get_dataset, known_images

    kodak = get_dataset("kodak")
    image = known_images(kodak)["kodim01"]
    for number, url in enumerate(kodak.file_urls):
        target = tmp_path / str(number)
        download([Remote(url.format(file=image.file, number="01"), image.sha256_file)], target)
        assert sha256_file(target) == image.sha256_file
