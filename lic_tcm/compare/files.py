"""A user's file as records, whatever its form: what each column is, and every bad line explained at once.

A file is read to its end before it is refused, so one look at the message is enough to fix all of it.
"""

import importlib.util
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from lic_tcm import metrics
from lic_tcm.anchors.hints import nearest
from lic_tcm.compare import roles, units
from lic_tcm.compare.documents import read_document
from lic_tcm.compare.forms import read_table, table_of, with_points
from lic_tcm.compare.problems import Problems, Record, Table
from lic_tcm.datasets.fetch import dataset_names
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable
from lic_tcm.tables.series import LAMBDA

POINT_UNIT = "point_unit"  # not a column of a file
STDIN = Path("-")  # where a file is expected: standard input
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how a spreadsheet's "Unicode text" begins
SHEETS = (".xlsx", ".xlsm")


def read_records(
    path: Path,
    problems: Problems,
    text: str | None = None,
    dataset: str | None = None,
    images: Collection[str] = (),
) -> tuple[str, list[Record]]:
    """The method's name and the records of a user's file, in a form of `lic-tcm compare --help`.

    `-` is standard input; `text` stands for what the file would hold. Of several datasets in one file those of
    `dataset` are read; `images` are the names of its images, if known. What is wrong and how it was
    understood is noted in `problems`. Raises UserError for a file without any record.
    """
    table = _table(path, problems, text, dataset)
    if not table.columns:
        problems.stop()
    before = len(problems.found)
    name = table.name or ("stdin" if path == STDIN else path.stem if text is None else str(path))
    names, percent = roles.assign(table, problems, images)
    said = dict(table.said) | _unit(table, names)
    records = [Record(where, dict(zip(names, cells, strict=True)) | said) for where, cells in table.rows]
    known = len(problems.found)
    records = units.rates(table, names, records, problems)
    derived = [*names, *(["bpp"] if records and "bpp" in records[0].cells and "bpp" not in names else [])]
    _check_quantities(table.where, derived, problems, rate=len(problems.found) == known)
    if "image" in names and "point" not in names:
        problems.add(
            table.where,
            "no column 'point', which rows of images need: its number (quality, qp, lambda) says which lines belong "
            f"together; where the lines are RD points, remove {table.columns[names.index('image')]!r}",
        )
    if len(problems.found) > before or not records:
        problems.stop()
    records = units.without_means(records, problems)
    if "dataset" in names:
        records = [_with_dataset(record) for record in records]
    records = units.shares(records, percent, problems)
    if not records:
        problems.add(table.where, "no line but means; give one for each image and point")
        problems.stop()
    return name, records


def _unit(table: Table, names: Sequence[str]) -> dict[str, str]:
    """A cell of all records that says what their points are, where the column's name does."""
    columns = [column for column, name in zip(table.columns, names, strict=True) if name == "point"]
    return {POINT_UNIT: LAMBDA} if columns and roles.plain(columns[0]) in roles.LAMBDAS else {}


def _table(path: Path, problems: Problems, text: str | None, dataset: str | None) -> Table:
    if text is None and path.suffix.lower() in SHEETS:
        return _sheet(path, problems)
    text = _text(path) if text is None else text
    if path.suffix.lower() == ".json" or text.lstrip().startswith(("{", "[")):
        return read_document(path, text, dataset, problems)
    return read_table(path, text, problems)


def _text(path: Path) -> str:
    """A file's text; raises UserError for one that is absent, or is no text."""
    if path == STDIN:
        return sys.stdin.read().removeprefix("\ufeff")
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content.startswith(UTF16) else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error, "give a UTF-8 text file of results") from error


def _sheet(path: Path, problems: Problems) -> Table:
    """The first sheet of a spreadsheet; raises UserError where nothing here reads it."""
    import pandas as pd

    save = "save the sheet as CSV"
    if not path.is_file():
        raise unreadable(path, FileNotFoundError(), "check the path")
    if importlib.util.find_spec("openpyxl") is None:
        raise UserError(f"{path}: spreadsheets need openpyxl; pip install openpyxl, or {save}")
    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            sheet = book.sheet_names[0]
            frame = book.parse(sheet, header=None, dtype=object).dropna(how="all").dropna(how="all", axis="columns")
            others = [str(name) for name in book.sheet_names[1:]]
    except Exception as error:  # openpyxl's own, zipfile's, and those of XML
        raise unreadable(path, error, save) from error
    if frame.empty:
        raise UserError(f"{path} is empty; give a header such as bpp,psnr and a line for each point")
    problems.note(f"sheet {sheet!r}" + (f", not {', '.join(map(repr, others))}" if others else ""))
    cells = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
    rows = [
        (f"{path}:{index + 1}", [str(cell).strip() for cell in row])
        for index, row in zip(frame.index, cells, strict=True)
    ]
    return table_of(with_points(rows, problems), problems)


def _with_dataset(record: Record) -> Record:
    """A record whose dataset is written as the suite does, where it knows one of that name."""
    known = {roles.plain(name): name for name in dataset_names()}
    said = record.text("dataset")
    return Record(record.where, {**record.cells, "dataset": known.get(roles.plain(said), said)})


def spellings() -> list[str]:
    """The quantities: the rate first, then each metric's values by its name, its axis by `axis_key`."""
    known = list(map(metrics.get, metrics.names()))
    return ["bpp", *(key for one in known for key in ([one.name, one.axis_key] if one.bends else [one.name]))]


def _check_quantities(where: str, names: Iterable[str], problems: Problems, rate: bool) -> None:
    """There must be a rate, unless more was said of it, and a distortion; the nearest name is pointed at."""
    names, quantities = list(names), spellings()
    usual = [name for name in quantities if name.removesuffix("-db") in metrics.DEFAULT]
    for wanted, among in ((["bpp"], ["bpp"]), (usual, quantities[1:])):
        if not set(among) & set(names) and (rate or wanted != ["bpp"]):
            near = [name for name in names if nearest(name, wanted, cutoff=0.5)]
            hint = f"; is {near[0]!r} meant?" if near else f", only {', '.join(names) or 'none'}; add one"
            problems.add(where, f"no {' or '.join(wanted)} among the columns{hint}")
