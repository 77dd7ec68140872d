"""`lic-tcm run`: which configuration, the command it becomes, one run at a time, what is said at the end."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lic_tcm import extras, resources
from lic_tcm.bench import launch
from lic_tcm.errors import UserError

TINY = resources.configs()["tiny"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder with a space in its name."""
    folder = tmp_path / "my run"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been run; each succeeds."""
    found: list[list[str]] = []

    def record(command: list[str], _lock: int) -> int:
        found.append(command)
        return 0

    monkeypatch.setattr(launch, "_snakemake", record)
    return found


def _configs(commands: list[list[str]]) -> list[str]:
    return [command[command.index("--configfile") + 1] for command in commands]


def test_a_configuration_is_a_file_or_a_shipped_name_or_the_starter(place: Path, commands: list[list[str]]) -> None:
    """A file of the folder goes before a shipped one of its name."""
    launch.run(["tiny"])
    (place / "tiny").write_bytes(TINY.read_bytes())
    launch.run(["tiny"])
    (place / "lic-tcm.yaml").write_bytes(TINY.read_bytes())
    launch.run([])
    launch.run(["--cores", "3"])
    assert _configs(commands) == [str(TINY), "tiny", "lic-tcm.yaml", "lic-tcm.yaml"]
    assert commands[-1][-2:] == ["--cores", "3"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "there is no lic-tcm.yaml here; write one with `lic-tcm init`"),
        (["tinny"], "'tinny' is no file.*did you mean 'tiny'"),
        (["methods"], "'methods' is no file.*choose one of ablations, demo, paper, tiny"),
        (["list.yaml"], "list.yaml is no mapping"),
        (["torn.yaml"], "cannot read torn.yaml"),
        (["tiny", "--configfile", "x.yaml"], "name the configuration first, without --configfile: lic-tcm run FILE"),
        (["tiny", "--config", "methods=[jpg]"], "unknown methods 'jpg'; did you mean 'jpeg'"),
    ],
)
def test_a_configuration_that_cannot_be_run_is_refused(arguments: list[str], message: str, place: Path) -> None:
    """Before snakemake starts, in one sentence with the remedy."""
    (place / "list.yaml").write_text("[1, 2]")
    (place / "torn.yaml").write_text("a: [")
    with pytest.raises(UserError, match=message):
        launch.run(arguments)
    assert not (place / ".snakemake").exists()


def test_the_remedy_for_no_configuration_works(place: Path) -> None:
    """`lic-tcm init`, which the message names, writes what `lic-tcm run` then finds."""
    for verb, code in (("run", 2), ("init", 0), ("run", 0)):
        command = [sys.executable, "-m", "lic_tcm", verb, *(["--dry-run"] if verb == "run" else [])]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=place)
        assert done.returncode == code, done.stderr
    assert "reports/mine/index.html" in done.stdout + done.stderr


def test_a_second_run_in_the_same_folder_says_so(commands: list[list[str]]) -> None:
    """While the lock is held; the end of its holder, in whatever way, frees it."""
    descriptor = os.open(launch.RUN_LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(UserError, match=r"another run goes on in .*my run; wait until it has ended"):
        launch.run(["tiny"])
    assert commands == []
    os.close(descriptor)
    assert launch.run(["tiny"]) == 0
    assert len(commands) == 1


def test_the_lock_lives_as_long_as_snakemake() -> None:
    """A run whose `lic-tcm` was killed goes on, and nothing else may start beside it."""
    code = "import fcntl, os; fcntl.flock(os.open('.snakemake-run.lock', os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with launch._alone() as lock:
        holder = subprocess.Popen(["sleep", "60"], pass_fds=(lock,))  # as snakemake gets it
    attempt = [sys.executable, "-c", code]
    assert subprocess.run(attempt, check=False, capture_output=True).returncode == 1
    holder.kill()
    holder.wait()
    assert subprocess.run(attempt, check=False, capture_output=True).returncode == 0


def test_a_shipped_profile_is_found_by_its_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder, `--profile slurm` is the suite's; a user's profile of that name, or of another, stays theirs."""
    monkeypatch.setattr(launch, "require", lambda _module: None)
    shipped = resources.home() / "profiles/slurm"
    assert launch.command(TINY, ["--profile", "slurm", "-n"])[-3:] == ["--workflow-profile", str(shipped), "-n"]
    assert launch.command(TINY, ["--profile", "lsf"])[-2:] == ["--profile", "lsf"]
    (place / "slurm").mkdir()
    assert launch.command(TINY, ["--profile", "slurm"])[-2:] == ["--profile", "slurm"]


def test_the_slurm_profile_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without snakemake's plugin the error names the extra that brings it."""
    monkeypatch.setattr(extras, "installed", lambda module: module != "snakemake_executor_plugin_slurm")
    with pytest.raises(UserError, match=r"needs lic-tcm\[slurm\]: pip install"):
        launch.run(["tiny", "--profile", "slurm"])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([], "tiny"),
        (["--config", "name=other"], "other"),
        (["--config", "definitions={webp: {label: Another}}", "gate={bpp: 1}"], "tiny"),
        (["-C", "metrics=[psnr]", "name=other", "--cores", "2"], "other"),
        (["results/rows/tiny/jpeg.csv", "--set-threads", "name=4"], "tiny"),
    ],
)
def test_the_name_of_a_run_is_what_its_configuration_says(options: list[str], name: str) -> None:
    """That of its file, unless `--config` gives another."""
    assert launch.run_name(TINY, options) == name


@pytest.mark.usefixtures("commands")
def test_the_reports_own_path_is_printed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After its summary, by the run's name, not the file's; nothing where there is no report or none was to be made."""
    config = yaml.safe_load(TINY.read_text(encoding="utf-8")) | {"name": "another"}
    (place / "file.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    launch.run(["file.yaml"])
    assert capsys.readouterr().out == ""
    (place / "reports/another").mkdir(parents=True)
    (place / "reports/another/index.html").touch()
    launch.run(["file.yaml", "--dry-run"])
    assert capsys.readouterr().out == ""
    launch.run(["file.yaml"])
    place_of_page = f"Report: {place / 'reports/another/index.html'}\n"
    assert capsys.readouterr().out == place_of_page
    (place / "reports/another/summary.txt").write_text("On Kodak, less.\n", encoding="utf-8")
    launch.run(["file.yaml"])
    assert capsys.readouterr().out == f"On Kodak, less.\n\n{place_of_page}"


def _failing(place: Path, monkeypatch: pytest.MonkeyPatch, log: str | None) -> None:
    """A run that fails, with a log or without any."""
    (place / launch.LOGS).mkdir(parents=True)
    (place / launch.LOGS / "earlier.snakemake.log").write_text("Error in rule old:\n")

    def fail(_command: list[str], _lock: int) -> int:
        if log is not None:
            (place / launch.LOGS / "later.snakemake.log").write_text(log)
        return 1

    monkeypatch.setattr(launch, "_snakemake", fail)
    assert launch.run(["tiny"]) == 1


def test_what_failed_is_said_once(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rules and their reasons, from this run's log."""
    log = (
        "Building DAG\nError in rule fetch:\n    message: x\nlic-tcm: a.png is torn; replace it\nError in rule fetch:\n"
    )
    _failing(place, monkeypatch, log)
    assert capsys.readouterr().err == "What failed:\nError in rule fetch:\nlic-tcm: a.png is torn; replace it\n"


@pytest.mark.parametrize("log", [None, "Building DAG\nShutting down\n"])
def test_nothing_is_said_where_nothing_is_known(
    log: str | None, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No heading without lines, and no reasons of an earlier run."""
    _failing(place, monkeypatch, log)
    assert capsys.readouterr().err == ""
