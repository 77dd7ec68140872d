"""Weights that codecs download, fetched before any job wants them: where the files lie, and their hashes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lic_tcm.anchors.codec import Anchor, CodecError
from lic_tcm.bench import codecs
from lic_tcm.bench.config import parse
from lic_tcm.bench.config_checks import complete, read
from lic_tcm.bench.methods import CATALOGUE, definition
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, write_text
from lic_tcm.progress import progress
from lic_tcm.resources import configs, home


class Wanted(NamedTuple):
    """A method whose weights may have to be downloaded."""

    name: str
    codec: Anchor
    points: Sequence[float]


class Fetched(NamedTuple):
    """A file of weights at hand, a line of `layout.fetched_weights`."""

    point: float
    path: str  # absolute
    num_bytes: int
    sha256: str


def fetch_weights(wanted: Wanted) -> list[Fetched]:
    """Have the files of a method's points that are downloaded, each once; files at hand are checked as when used.

    Raises UserError naming the addresses and where to put a file by hand.
    """
    found = []
    todo = [point for point in wanted.points if codecs.is_downloaded(wanted.codec, point)]
    for point in progress(todo, len(todo), f"weights of {wanted.name}", "file"):
        try:
            weights = codecs.weights_of(wanted.codec, point)
        except CodecError as error:
            raise UserError(f"{wanted.name} at point {point:g}: {error}") from error
        if weights:
            path = weights.path.absolute()
            found.append(Fetched(point, str(path), path.stat().st_size, weights.sha256))
    return found


def write_fetched(found: Iterable[Fetched], path: Path) -> None:
    """Write the list as CSV, atomically."""
    write_text(path, csv_text(Fetched._fields, [list(line) for line in found]))


def named(name: str) -> list[Wanted]:
    """The methods that a name means: one of the catalogue, or all of a configuration (a file, or shipped by name).

    Raises UserError where it is none of these, and for a configuration that is wrong.
    """
    path = Path(name) if Path(name).is_file() else configs().get(name)
    if path:
        config = parse(complete(read(path), CATALOGUE), home() / "workflow/config.schema.yaml")
        methods = [method for method in config.methods if not method.weights]
    else:
        methods = [definition(CATALOGUE, name)]
    return [Wanted(one.name, codecs.create(one.codec, dict(one.options)), one.points) for one in methods]
