"""A JSON text as a table of cells: CompressAI's results, bare lists, records, several methods or datasets in one."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lic_tcm import metrics
from lic_tcm.compare import roles
from lic_tcm.compare.problems import Problems, Table
from lic_tcm.datasets.fetch import dataset_names
from lic_tcm.errors import UserError

FORM = 'give {"name": ..., "results": {"bpp": [...], "psnr": [...]}}'


def read_document(path: Path, text: str, dataset: str | None, problems: Problems) -> Table:
    """The points of a JSON text; where it holds several datasets, those of `dataset`.

    Raises UserError for what is no JSON or of no known form, and lists what is wrong with the numbers in `problems`.
    """
    document = _parsed(path, text)
    if isinstance(document, list):
        return _of_records(str(path), document)
    if not isinstance(document, dict):
        raise UserError(f"{path} holds one value; {FORM}")
    if "results" in document or _is_results(document):
        return _of_one(str(path), document, problems)
    parts = {key: value for key, value in document.items() if _holds(value)}
    if not parts:
        raise UserError(f'{path} has no object "results"; {FORM}')
    if any(_dataset(key) for key in parts):
        return _of_dataset(path, parts, dataset, problems)
    tables = {key: _of_one(f"{path}: {key}", _object(value), problems) for key, value in parts.items()}
    problems.note(f"methods {', '.join(parts)}")
    return _joined(str(path), tables)


def _parsed(path: Path, text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise UserError(f"{path}: key {twice!r} comes twice in one object; keep one")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=unique)
    except RecursionError:
        raise UserError(f"{path}: not JSON of results (nested too deeply); {FORM}") from None
    except json.JSONDecodeError as error:
        before, after = text[: error.pos].rstrip(), text[error.pos :].lstrip()
        trailing = (before.endswith(",") and after[:1] in ("]", "}")) or "trailing comma" in error.msg.lower()
        what = "a comma before the closing bracket; remove it" if trailing else "fix it there"
        raise UserError(f"{path}:{error.lineno}: not JSON ({error.msg}); {what}") from error


def _is_results(value: Mapping[str, Any]) -> bool:
    """Whether an object has lists of a rate or a distortion itself."""
    found = [roles.role_of(key) for key, cells in value.items() if isinstance(cells, list)]
    return bool({one.role for one in found if one} & {"bpp", "kbps", *roles.distortions()})


def _holds(value: Any) -> bool:
    """Whether a part of a document is results: an object with lists, or records."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, dict) for one in value)
    return isinstance(value, dict) and ("results" in value or _is_results(value))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"results": value}


def _dataset(key: str) -> str:
    """The dataset that a key names; "" for none."""
    return key if roles.plain(key) in {*dataset_names(), "clic", "clic-pro"} else ""


def _of_dataset(path: Path, parts: Mapping[str, Any], dataset: str | None, problems: Problems) -> Table:
    """The part of a dataset, by its exact name; "CLIC" may be any of several and is refused where it is wanted."""
    named = {roles.plain(key): key for key in parts}
    if dataset is None or dataset not in named:
        none = f"none is called {dataset!r}; rename" if dataset else "and one is wanted; keep"
        raise UserError(f"{path} holds datasets {', '.join(parts)}, {none} the one that is meant")
    key = named[dataset]
    problems.note(f"dataset {key} of {', '.join(parts)}")
    return _of_one(f"{path}: {key}", _object(parts[key]), problems)


def _of_one(where: str, document: Mapping[str, Any], problems: Problems) -> Table:
    """The lists or records of one method."""
    results = document.get("results", document)
    name = str(document.get("name") or "")
    averages = [metrics.get(one).average_column for one in metrics.names() if metrics.get(one).bends]
    said = {key: str(document[key]) for key in ("psnr_reference", *averages) if document.get(key)}
    if isinstance(results, list):
        table = _of_records(where, results)
        return Table(table.where, table.columns, table.rows, name, said)
    if not isinstance(results, dict):
        raise UserError(f'{where} has no object "results"; {FORM}')
    place = f"{where}: results" if results is not document else where
    lists = {key: values for key, values in results.items() if _is_read(key, values)}
    scalars = [key for key, values in lists.items() if not (isinstance(values, list) and values)]
    if scalars and len(scalars) == len(lists):
        source = f" of {document['source']!r}" if isinstance(document.get("source"), str) else ""
        problems.add(
            place,
            f"single numbers, not lists: one point{source}; give lists with a number for each point, averaged over the "
            "dataset, or a CSV with a line for each image and point",
        )
    for key in scalars if len(scalars) < len(lists) or not results else ():
        problems.add(f"{where}: results.{key}", "not a list of numbers; give one number for each point")
    problems.stop()
    lengths = {key: len(values) for key, values in lists.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{count} in {key}" for key, count in lengths.items())
        problems.add(place, f"lists of different lengths, {counts}; give one number for each point")
        problems.stop()
    rows = list(zip(*([_text(value) for value in values] for values in lists.values()), strict=True))
    return Table(
        place,
        list(lists),
        [(f"{where}: point {k + 1} of results", list(cells)) for k, cells in enumerate(rows)],
        name,
        said,
    )


def _is_read(key: str, values: Any) -> bool:
    """Whether a key of results is looked at: it has a role, or may tell points apart."""
    texts = isinstance(values, list) and values and all(isinstance(value, str) for value in values)
    return bool(texts) or roles.role_of(key) is not None or roles.plain(key) in roles.NO_UNIT


def _of_records(where: str, records: Sequence[Any]) -> Table:
    """A list of objects, one for each point or image."""
    if not records or not all(isinstance(record, dict) for record in records):
        raise UserError(f'{where} has no object "results" and is no list of objects; {FORM}')
    columns = list(dict.fromkeys(key for record in records for key in record))
    rows = [
        (f"{where}: record {k + 1}", [_text(record[key]) if key in record else "" for key in columns])
        for k, record in enumerate(records)
    ]
    return Table(where, columns, rows)


def _joined(where: str, tables: Mapping[str, Table]) -> Table:
    """Several methods as one table with a column method."""
    columns = list(dict.fromkeys(column for table in tables.values() for column in table.columns))
    said = list(dict.fromkeys(key for table in tables.values() for key in table.said))
    rows = []
    for name, table in tables.items():
        for place, cells in table.rows:
            found = dict(zip(table.columns, cells, strict=True)) | dict(table.said)
            rows.append((place, [name, *(found.get(column, "") for column in [*columns, *said])]))
    return Table(where, ["method", *columns, *said], rows)


def _text(value: object) -> str:
    """A number or text as a cell; anything else, null and true too, is refused as text later."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return repr(value) if isinstance(value, float) else json.dumps(value)
