"""A user's own rows per image as rows of this suite: what `compare` puts beside measured ones, and the gate judges."""

import csv
import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.bench import against
from lic_tcm.bench.records import Row
from lic_tcm.compare.files import read_records
from lic_tcm.compare.problems import Problems
from lic_tcm.compare.roles import OURS
from lic_tcm.compare.series import UserSeries, read_series
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable
from lic_tcm.metrics import DEFAULT
from lic_tcm.metrics.wide import cells, columns
from lic_tcm.tables.rows import read_rows

if TYPE_CHECKING:
    import pandas as pd

UNNAMED = "given"  # dataset and method of a user's rows that name none: the file's name says nothing of them


def any_rows(path: Path) -> "pd.DataFrame":
    """Rows per image from a file: those this suite writes, or a user's in a form of `lic-tcm compare --help`.

    A user's rows without a column dataset or method are of dataset or method "given". Raises UserError for a file that
    is absent, that cannot be used, listing every bad line, or that holds points without images.
    """
    import pandas as pd

    if is_ours(path):
        return read_rows([path])
    series = read_series(path, None)
    without = [one.name for one in series if not one.images]
    if without:
        raise UserError(f"{path} has points of {without[0]} without images; give rows with the columns image and point")
    named = "method" in read_records(path, Problems(path))[1][0].cells
    lines = [
        line | ({} if named else {"method": UNNAMED})
        for one in series
        for line in image_lines(one, one.dataset or UNNAMED)
    ]
    given = [metric for one in series for metric in one.metrics()]
    return pd.DataFrame(lines, columns=list(columns(Row, [*DEFAULT, *given])))


def is_ours(path: Path) -> bool:
    """Whether a file holds rows this suite wrote; raises UserError where there is no file."""
    if not path.is_file():
        error = IsADirectoryError() if path.is_dir() else FileNotFoundError()
        raise unreadable(path, error, "give a file of rows: `lic-tcm run` makes one, or your program")
    return _columns(path) >= OURS


def _columns(path: Path) -> set[str]:
    """The cells of the first line; none where that is no text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {cell.strip() for cell in next(csv.reader(file), [])}
    except (OSError, UnicodeDecodeError):
        return set()


def image_lines(one: UserSeries, dataset: str) -> list[dict[str, Any]]:
    """A method's images as `records.Row`s; NaN and "" for what the user did not say."""
    _, total = against.images_of(dataset)
    said = {
        "dataset": dataset,
        "images_total": total or len({row.image for row in one.images}),
        "method": one.name,
        "codec": source_of(one),
        "psnr_reference": one.psnr_reference,
        "codec_version": "",
        "sha256_stream": "",
        "environment": "",
        "bpp_estimated": math.nan,
        "given": one.given,
    }
    return [
        said | {key: math.nan if value is None else value for key, value in cells(row).items()} for row in one.images
    ]


def source_of(one: UserSeries) -> str:
    """The user's files and their hashes, so that a number can be traced to what was given."""
    paths = map(Path, (one.source, *one.more))
    said = (f"{path.name}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths)
    return f"given by the user: {'; '.join(said)}"
