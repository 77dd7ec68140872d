"""`python -m lic_tcm.measure.gpu`: all parts in 13 minutes, or some of them; docs/gpu.md says what to carry there."""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lic_tcm import layout, resources
from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.measure.gpu import checks, speeds, trainings
from lic_tcm.measure.gpu.session import Session, check_device, device_name, folder_name
from lic_tcm.training import sources

PARTS: dict[str, Callable[[Session], None]] = {
    "checks": checks.run,
    "table1": speeds.run,
    "nano": trainings.run_nano,
    "small": trainings.run_small,
}
MINUTES = 13.0
CROPS_MB = 60.0  # of 64 that such a machine may take
log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run parts in order; a part that fails says why and the next one goes on, and the exit code is then 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    given = _parser().parse_args(arguments)
    try:
        if "pack" in given.parts:
            _pack(given.images, given.crops, given.rehearse)
        unknown = [part for part in given.parts if part not in (*PARTS, "pack")]
        if unknown:
            raise UserError(f"there is no part {unknown[0]!r}; {choose(unknown[0], [*PARTS, 'pack'])}")
        parts = [part for part in given.parts or PARTS if part != "pack"]
        device = check_device(given.device)
        if not parts:
            return
        if given.rehearse and not given.crops.is_file():
            _pack(resources.home() / "config/tiny", given.crops, True)
        folder = "rehearsal" if given.rehearse else folder_name(device_name(device))
        out, states = (given.states if given.rehearse else given.out) / folder, given.states / folder
        session = Session(device, out, states, given.crops, given.rehearse, time.monotonic() + 60 * given.minutes)
        failed = [part for part in parts if not _run(session, part, given.again)]
    except UserError as error:
        sys.exit(f"lic-tcm: {error}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}; run.json in {session.out} has what was finished")


def _run(session: Session, part: str, again: bool) -> bool:
    """Run a part; whether it went well. One that an earlier call has finished is left alone."""
    if session.done(part) and not again:
        log.info("%s: done before", part)
        return True
    if session.left() <= 0:
        log.info("%s: no time left", part)
        return True
    start = time.monotonic()
    log.info("%s: starts, %.0f s left", part, session.left())
    try:
        PARTS[part](session)
    except Exception as error:  # the minutes that are left belong to the other parts
        log.exception("%s failed", part)
        session.note(part, failed=f"{type(error).__name__}: {error}")
        return False
    session.note(part, seconds=round(time.monotonic() - start, 1))
    return True


def _pack(images: Path | None, crops: Path, rehearsal: bool) -> None:
    """Make the file of crops."""
    if images is None:
        raise UserError("the part pack needs --images, a folder of training images")
    size, most = (64, 1.0) if rehearsal else (320, CROPS_MB)
    log.info("%s: %d crops", crops, sources.pack(images, crops, size, most))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lic_tcm.measure.gpu", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} or pack; default: all but pack")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu", "auto"])
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of all parts together")
    parser.add_argument(
        "--out", type=Path, default=layout.measured_gpu(), help="of tables, in a folder named for the GPU"
    )
    parser.add_argument("--states", type=Path, default=layout.gpu(), help="of trainings, and of all of a rehearsal")
    parser.add_argument("--crops", type=Path, default=layout.gpu_crops(), help="file of packed crops")
    parser.add_argument("--images", type=Path, help="of pack: folder of training images")
    parser.add_argument("--again", action="store_true", help="parts that are done, too")
    parser.add_argument("--rehearse", action="store_true", help="everything tiny, to see that all parts run")
    return parser


if __name__ == "__main__":
    main()
