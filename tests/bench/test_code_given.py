"""Coding and scoring what somebody else made: streams, decoded images, sizes."""

from pathlib import Path

import pytest
from support.decoding import DecodesHere

from lic_tcm.anchors import create
from lic_tcm.bench import decoder
from lic_tcm.bench.code import Method, code
from lic_tcm.bench.records import Row
from lic_tcm.bench.score import Coded, score, write_rows
from lic_tcm.bench.single import encode_file
from lic_tcm.datasets.manifest import Original, load
from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, sha256_rgb, write_png
from lic_tcm.rd.bdrate import bd_rate
from lic_tcm.rd.curves import ImageRD
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.series import measured_curve

POINTS = (20, 50, 80)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second process: a round takes milliseconds."""
    monkeypatch.setattr(decoder, "ProcessPoolExecutor", DecodesHere)


@pytest.fixture
def elsewhere(originals: list[Original], tmp_path: Path) -> Path:
    """What WebP made of the images, as somebody else's folder: streams, decoded images, a list of sizes."""
    webp, lines = create("webp"), ["image,point,num_bytes"]
    for original in originals:
        for point in POINTS:
            stream = webp.encode(load(original), point)
            path = tmp_path / f"theirs/{point}/{original.image}.webp"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stream)
            write_png(path.with_name(f"{original.image}.png"), webp.decode(stream))
            lines.append(f"{original.image},{point},{len(stream)}")
    (tmp_path / "theirs/sizes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "theirs"


def method(folder: Path, **options: str) -> Method:
    """A method of codec files."""
    return Method("theirs", "files", tuple(sorted({"decoded": f"{folder}/{{point}}/{{image}}.png", **options}.items())))


def rows_of(method: Method, originals: list[Original], out: Path) -> list[Row]:
    """Code all points and score them."""
    coded = [
        Coded(record, out / f"{point}")
        for point in POINTS
        for record in code(originals, method, point, out / f"{point}")
    ]
    return score(coded, originals)


def streams(folder: Path) -> dict[str, str]:
    """The option for the streams."""
    return {"streams": f"{folder}/{{point}}/{{image}}.webp"}


def test_given_files_score_as_the_codec_that_made_them(originals, elsewhere, tmp_path):
    """Rate, PSNR, MS-SSIM and stream hashes are WebP's own; nothing was timed; the rows say who decoded."""
    own = rows_of(Method("webp", "webp"), originals, tmp_path / "own")
    theirs = rows_of(method(elsewhere, **streams(elsewhere)), originals, tmp_path / "given")
    for mine, given in zip(own, theirs, strict=True):
        assert (given.num_bytes, given.values) == (mine.num_bytes, mine.values)
        assert given.sha256_stream == mine.sha256_stream
        assert (given.encode_s, given.decode_s, given.given) == (None, None, "decoded")
        assert given.codec_version == "decoded elsewhere, streams given"
        assert mine.given == ""


def test_sizes_alone_are_enough_and_leave_no_stream(originals, elsewhere, tmp_path):
    """The rate is the list's; there is no stream, so no hash of one, and no file."""
    rows = rows_of(method(elsewhere, sizes=f"{elsewhere}/sizes.csv"), originals, tmp_path / "given")
    own = rows_of(Method("webp", "webp"), originals, tmp_path / "own")
    assert [row.num_bytes for row in rows] == [row.num_bytes for row in own]
    assert {(row.sha256_stream, row.given) for row in rows} == {("", "size")}
    assert list((tmp_path / "given").rglob("*.bin")) == []


def test_every_number_says_that_this_suite_did_not_decode(originals, elsewhere, tmp_path):
    """Kind, notes and source in the tables, also where the series is only the anchor; values as if measured."""
    both = [
        *rows_of(method(elsewhere, sizes=f"{elsewhere}/sizes.csv"), originals, tmp_path / "given"),
        *rows_of(Method("webp", "webp"), originals, tmp_path / "own"),
    ]
    write_rows(both, tmp_path / "rows.csv")
    frame = read_rows([tmp_path / "rows.csv"])
    curve = measured_curve(frame[frame.method == "theirs"], "psnr")
    assert isinstance(curve, ImageRD)
    assert curve.mean_curve().kind == curve.image_curve("plain").kind == "given"
    bd = bd_rates(frame, (), ["theirs"], metrics=("psnr",), methods=("pchip",))
    assert set(zip(bd.series, bd.kind, bd.anchor_kind, strict=True)) == {
        ("theirs", "given", "given"),
        ("webp", "measured", "given"),
    }
    told = bd[(bd.series == "webp") & (bd.averaging == "mean curve")].iloc[0]
    assert told.bd_rate == pytest.approx(0)
    assert "theirs is given: this suite scored the images, it saw no stream and decoded none" in told.notes
    points = rd_points(frame, metrics=("psnr",))
    assert set(zip(points.series, points.kind, strict=True)) == {("theirs", "given"), ("webp", "measured")}
    assert set(points[points.kind == "given"].source) == {
        "given: this suite scored the images, it saw no stream and decoded none"
    }
    own = measured_curve(frame[frame.method == "webp"], "psnr")
    assert isinstance(own, ImageRD)
    assert bd_rate(curve.mean_curve(), own.mean_curve(), "pchip") == pytest.approx(0)


def test_a_replaced_file_is_taken_again(originals, elsewhere, tmp_path):
    """Also with the record of the earlier one beside: nothing of a given image is skipped."""
    given = method(elsewhere, **streams(elsewhere))
    code(originals, given, 50, tmp_path / "out")
    other = read_rgb(elsewhere / "80/plain.png")
    write_png(elsewhere / "50/plain.png", other)
    (elsewhere / "50/plain.webp").write_bytes(b"another stream")
    records = {record.image: record for record in code(originals, given, 50, tmp_path / "out")}
    assert records["plain"].num_bytes == 14
    assert records["plain"].sha256_decoded == sha256_rgb(other) == sha256_rgb(read_rgb(tmp_path / "out/plain.png"))


def test_another_images_file_and_a_missing_one_are_refused(originals, elsewhere, tmp_path):
    """A decoded image of another size, and a file that is not there, are named; what was finished before stays."""
    given = method(elsewhere, **streams(elsewhere))
    write_png(elsewhere / "50/plain.png", read_rgb(elsewhere / "50/café.png"))
    with pytest.raises(
        UserError, match=r"50/plain.png has 180x170 pixels instead of 180x171 of .*; is it another image's"
    ):
        code(originals, given, 50, tmp_path / "out")
    assert (tmp_path / "out/café.json").exists()
    (elsewhere / "50/plain.png").unlink()
    with pytest.raises(UserError, match=r"theirs at point 50, image .*plain.png: files: there is no .*50/plain.png"):
        code(originals, given, 50, tmp_path / "out")


def test_streams_are_decoded_by_the_codec_they_are_of(originals, vtm_options, tmp_path):
    """Given streams of VTM: decoded and timed here, not encoded; two conventions score the same streams."""
    coded = Method("vtm-paper", "vtm", tuple(sorted({**vtm_options, "convention": "paper"}.items())))
    code(originals, coded, 30, tmp_path / "coded")
    shared = {**vtm_options, "convention": "truncate-round", "streams": f"{tmp_path}/coded/{{image}}.bin"}
    Path(vtm_options["encoder"]).unlink()
    records = code(originals, Method("vtm-rounded", "vtm", tuple(sorted(shared.items()))), 30, tmp_path / "out")
    rows = score([Coded(record, tmp_path / "out") for record in records], originals)
    assert {(row.given, row.encode_s, row.psnr_reference) for row in rows} == {("stream", None, "rgb")}
    assert all(row.decode_s for row in rows)
    for original in originals:
        name = f"{original.image}.bin"
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "coded" / name).read_bytes()


def test_one_image_by_hand(originals, elsewhere, tmp_path):
    """`lic-tcm encode` takes the given stream of an image by its file's name; of a size alone there is none."""
    given = dict(method(elsewhere, **streams(elsewhere)).options)
    size, _ = encode_file(Path(originals[1].path), tmp_path / "x.bin", "files", given, 50)
    assert (tmp_path / "x.bin").read_bytes() == (elsewhere / "50/plain.webp").read_bytes()
    assert size == (tmp_path / "x.bin").stat().st_size
    sizes = dict(method(elsewhere, sizes=f"{elsewhere}/sizes.csv").options)
    with pytest.raises(UserError, match="only the size of this stream is given"):
        encode_file(Path(originals[1].path), tmp_path / "y.bin", "files", sizes, 50)
    assert not (tmp_path / "y.bin").exists()
