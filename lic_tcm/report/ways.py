"""The ways a BD-rate table states its numbers, and the one to show first."""

from collections.abc import Sequence
from dataclasses import dataclass

from lic_tcm.tables.schema import BDRow


@dataclass(frozen=True)
class Choice:
    """What a BD-rate is relative to and how it was found: all of it belongs beside the number."""

    anchor: str
    anchor_kind: str
    averaging: str
    bd_method: str

    def text(self, anchor_label: str) -> str:
        """In words, for a caption."""
        return f"against {anchor_label} ({self.anchor_kind}), {self.averaging}, {self.bd_method}"


def choice(row: BDRow) -> Choice:
    """The way a row states its number."""
    return Choice(row.anchor, row.anchor_kind, row.averaging, row.bd_method)


def choices(rows: Sequence[BDRow]) -> list[Choice]:
    """All ways the rows use, in the table's order; the first is the one to show first."""
    return list(dict.fromkeys(choice(row) for row in rows))


def chosen(rows: Sequence[BDRow]) -> list[BDRow]:
    """The rows that use the first way."""
    return [row for row in rows if choice(row) == choice(rows[0])]
