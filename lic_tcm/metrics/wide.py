"""Rows with a column for each metric: a dataclass field of type `Values` stands for all of them."""

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from lic_tcm.metrics.registry import get, in_order

Values = Mapping[str, float | None]  # name of a metric -> value; None where it is not defined or not known


def columns(form: type[Any], metrics: Iterable[str] = ()) -> tuple[str, ...]:
    """The columns of a table of such rows, in order; those of the metrics stand where the form has its `Values`."""
    hints = typing.get_type_hints(form)
    found: list[str] = []
    for field in dataclasses.fields(form):
        found += [get(name).column for name in in_order(metrics)] if hints[field.name] == Values else [field.name]
    return tuple(found)


def cells(row: Any) -> dict[str, Any]:
    """A row as {column: value}, its metrics' values among them."""
    hints = typing.get_type_hints(type(row))
    found: dict[str, Any] = {}
    for field in dataclasses.fields(row):
        value = getattr(row, field.name)
        if hints[field.name] == Values:
            found |= {get(name).column: one for name, one in value.items()}
        else:
            found[field.name] = value
    return found


def used(rows: Iterable[Any]) -> list[str]:
    """The metrics that some rows have values of, in the order they are shown."""
    return in_order(name for row in rows for name in row.values)
