"""`lic-tcm run`: the workflow on a configuration, in the current folder, from a checkout or an installed package."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from lic_tcm import layout, resources
from lic_tcm.anchors.hints import choose
from lic_tcm.bench.config import parse
from lic_tcm.bench.config_checks import complete, merged, read
from lic_tcm.bench.relay import relay
from lic_tcm.errors import UserError
from lic_tcm.extras import require

STARTER = Path("lic-tcm.yaml")  # what `lic-tcm init` writes and `lic-tcm run` looks for
RUN_LOCK = Path(".snakemake-run.lock")
LOGS = Path(".snakemake", "log")
FAILURES = re.compile(
    r"^(?:Error in rule|lic-tcm: |\w+(?:Error|Exception) in ).*$", re.MULTILINE
)  # of a log, what says why


def run(arguments: Sequence[str]) -> int:
    """Run snakemake; returns its exit code, after the report's summary and its place on stdout.

    `arguments` are a configuration, shipped by name or a file (without one: STARTER), then snakemake's. Raises
    UserError for a configuration that is not there or not right, when snakemake is not installed, and while another
    run goes on in this folder.
    """
    require("snakemake")
    _check_conda(arguments)
    config, options = _configuration(arguments)
    report = layout.report(run_name(config, options))
    with _alone() as lock:
        before = _newest_log()
        code = _snakemake(command(config, options), lock)
    if code:
        _explain(before)
    elif layout.page(report).is_file() and not {"-n", "--dry-run", "--dryrun"} & set(options):
        _tell(report)
    return code


def _check_conda(arguments: Sequence[str]) -> None:
    """Raise UserError where conda is asked for and not there: snakemake would say so job by job."""
    wanted = {"--use-conda", "--sdm", "--software-deployment-method"} & set(arguments)
    if wanted and ("--use-conda" in wanted or "conda" in arguments) and shutil.which("conda") is None:
        raise UserError("conda is asked for and not in PATH; install it, or leave it out: jobs then run in this Python")


def command(config: Path, options: Sequence[str]) -> list[str]:
    """The snakemake command; an option given twice counts as it was given last, so the user's win."""
    # Our own lock ends with the process; snakemake's would outlive a kill.
    ours = ["--snakefile", str(resources.home() / "Snakefile"), "--configfile", str(config), "--nolock"]
    start = [sys.executable, "-m", "snakemake", *ours, "--quiet", "host", "reason", "--cores", "all"]
    return [*start, *_with_profile(options)]


def _with_profile(options: Sequence[str]) -> list[str]:
    """The options, `--profile NAME` of a shipped profile in snakemake's words; one of the user's stays as it is."""
    found = list(options)
    for number, (option, name) in enumerate(pairwise(options)):
        shipped = _file("profiles") / name
        if option == "--profile" and (shipped / "config.yaml").is_file() and not Path(name).exists():
            found[number : number + 2] = ["--workflow-profile", str(shipped)]
            if name == "slurm":
                require("snakemake_executor_plugin_slurm")
    return found


def run_name(config: Path, options: Sequence[str]) -> str:
    """The name of the run, with snakemake's `--config key=value` taken into account; UserError as for `parse`."""
    return parse(complete(merged(read(config), _settings(options)), _file("config/methods.yaml")), _schema()).name


def _configuration(arguments: Sequence[str]) -> tuple[Path, Sequence[str]]:
    """The file of the configuration, and the rest of the arguments."""
    if {"--configfile", "--configfiles"} & set(arguments):
        raise UserError("name the configuration first, without --configfile: lic-tcm run FILE")
    if not arguments or arguments[0].startswith("-"):
        if not STARTER.is_file():
            raise UserError(f"there is no {STARTER} here; write one with `lic-tcm init`, or try `lic-tcm run tiny`")
        return STARTER, arguments
    given, shipped = arguments[0], resources.configs()
    if Path(given).is_file():
        return Path(given), arguments[1:]
    if given not in shipped:
        raise UserError(
            f"the configuration {given!r} is no file, and none of that name is shipped; {choose(given, shipped)}"
        )
    return shipped[given], arguments[1:]


def _settings(options: Sequence[str]) -> dict[str, Any]:
    """What `--config` or `-C` sets."""
    import yaml

    found: dict[str, Any] = {}
    inside = False
    for option in options:
        if option.startswith("-"):
            inside = option in ("--config", "-C")
        elif inside and "=" in option:
            key, _, value = option.partition("=")
            try:
                found[key] = yaml.safe_load(value)
            except yaml.YAMLError:
                continue  # snakemake says so
    return found


def _schema() -> Path:
    return _file("workflow/config.schema.yaml")


def _file(name: str) -> Path:
    return resources.home() / name


@contextmanager
def _alone() -> Iterator[int]:
    """The only run in this folder, until this process and snakemake have ended; yields the lock's descriptor."""
    descriptor = os.open(RUN_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another run goes on in {Path.cwd()}; wait until it has ended, or run in another folder"
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)


def _snakemake(command: Sequence[str], lock: int) -> int:
    """Run it to its end; an interrupt from the terminal reaches it too, and it is given the time to stop its jobs."""
    with subprocess.Popen(command, pass_fds=(lock,), stderr=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stderr is not None
        while True:
            try:
                relay(process.stderr)
                return process.wait()
            except KeyboardInterrupt:
                continue


def _tell(report: Path) -> None:
    """What the report says in short, as far as it has a summary, and where its page lies."""
    summary = layout.summary(report)
    said = summary.read_text(encoding="utf-8") + "\n" if summary.is_file() else ""
    print(f"{said}Report: {layout.page(report).absolute()}", flush=True)


def _newest_log() -> Path | None:
    return max(LOGS.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, default=None)


def _explain(before: Path | None) -> None:
    """What failed, from the log of this run, on stderr; nothing where no log says anything."""
    log = _newest_log()
    if log is None or log == before:
        return
    found = list(dict.fromkeys(FAILURES.findall(log.read_text(encoding="utf-8", errors="replace"))))
    if found:
        print("\n".join(["What failed:", *found]), file=sys.stderr)
