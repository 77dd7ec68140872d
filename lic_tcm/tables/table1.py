"""The paper's Table 1. Every cell that cannot be had is a line with its reason.

Sizes and work of the networks come from the CSV `lic-tcm models --out` writes, times from that of `lic-tcm complexity
--out`, so no torch is needed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.errors import UserError
from lic_tcm.tables.cells import read_cells
from lic_tcm.tables.paper import COUNTED, IN_TABLE2, PAPER_DEVICE, TABLE1, UNPUBLISHED, PaperCost
from lic_tcm.tables.schema import Table1Row, as_frame

if TYPE_CHECKING:
    import pandas as pd


LABELS = {
    "xie2021": "Xie 2021",
    "swin-only": "SwinT-ChARM",
    "large-no-squeeze": "TCM-L, no squeeze",
    "large": "TCM-L",
    "medium": "TCM-M",
    "small": "TCM-S",
}


# Networks that are not the paper's own, and why a count that differs is no misprint.
OTHERS = {"swin-only": "its authors' own reproduction of Zhu 2022; ours, network swin-only, follows Zhu's appendix"}


NOT_MEASURED = "not measured by this run"


MISPRINT = ", which looks like a misprint"


PRINTED = 0.00501  # half of the paper's last digit


Line = dict[str, Any]


# --- Table 1 ------------------------------------------------------------------------------------------------------


def table1(
    table2: "pd.DataFrame", counts: Mapping[str, Mapping[str, float]], times: Mapping[str, Mapping[str, str]]
) -> "pd.DataFrame":
    """The paper's Table 1 (schema.Table1Row), a line per model and quantity.

    `table2` has the BD-rates, `counts` are those of `read_counts`, `times` those of `read_times`; both may lack models.
    """
    rates = {row["method"]: row for row in table2[table2["dataset"] == "kodak"].to_dict("records")}
    lines: list[Line] = []
    for model, paper in TABLE1.items():
        found = [*_sizes(model, paper, counts.get(model)), *_times(paper, times.get(model))]
        found.append(_rate(model, paper, rates.get(IN_TABLE2.get(model, ""))))
        lines += [{"model": model, "label": LABELS[model]} | line for line in found]
    return as_frame(lines, Table1Row)


def _sizes(model: str, paper: PaperCost, counts: Mapping[str, float] | None) -> list[Line]:
    """Parameters and MACs by both conventions; the paper prints one of them."""
    quantities = (
        ("parameters, paper's convention", "M", paper.parameters, "parameters_paper", 1e6),
        ("parameters, all", "M", None, "parameters", 1e6),
        ("MACs, paper's convention", "G", paper.macs, "macs_paper", 1e9),
        ("MACs, all", "G", None, "macs_all", 1e9),
    )
    absent = "`lic-tcm models --out` lists it" if model in COUNTED else "this suite does not build the network"
    return [
        {
            "quantity": quantity,
            "unit": unit,
            "paper": printed,
            "measured": counts[key] / scale if counts else None,
            "note": _size_note(model, printed, counts[key] / scale) if counts else f"not counted: {absent}",
        }
        for quantity, unit, printed, key, scale in quantities
    ]


def _size_note(model: str, printed: float | None, counted: float) -> str:
    if printed is None:
        return "counted; the paper does not print it"
    if abs(printed - counted) <= PRINTED:
        return "counted"
    why = OTHERS.get(model)
    return f"counted {counted:.3f}, the paper prints {printed:.2f}" + (f" of {why}" if why else MISPRINT)


def _times(paper: PaperCost, measured: Mapping[str, str] | None) -> list[Line]:
    lines = []
    for quantity, printed in (("encode", paper.encode_s), ("decode", paper.decode_s)):
        seconds = float(measured[f"{quantity}_total_s"]) if measured else None
        notes = [f"paper: {PAPER_DEVICE}"]
        notes.append(_time_note(measured) if measured else "not timed here: `lic-tcm complexity --out` does")
        lines.append(
            {
                "quantity": quantity,
                "unit": "ms",
                "paper": round(1000 * printed),
                "measured": None if seconds is None else 1000 * seconds,
                "device": measured["device"] if measured else "",
                "note": "; ".join(notes),
            }
        )
    return lines


def _time_note(row: Mapping[str, str]) -> str:
    return f"here: {row['device']}, {row['threads']} threads, {row['height']}x{row['width']}, weights {row['weights']}"


def _rate(model: str, paper: PaperCost, row: Mapping[Any, Any] | None) -> Line:
    line = {"quantity": "BD-rate", "unit": "%", "paper": paper.bd_rate}
    if row is None:
        return line | {"note": "; ".join(filter(None, ["Kodak", UNPUBLISHED, OTHERS.get(model), NOT_MEASURED]))}
    kept = {key: row[key] for key in ("recomputed", "measured", "ci_lo", "ci_hi")}
    absent = [] if row["measured"] == row["measured"] else [NOT_MEASURED]  # NaN differs from itself
    ways = f"Kodak, against {row['anchor']}, {row['bd_method']}, PSNR reference of the anchor {row['psnr_reference']}"
    return line | kept | {"note": "; ".join(filter(None, [ways, row["note"], *absent]))}


def read_counts(path: Path | None) -> dict[str, dict[str, float]]:
    """{network: counts} of a CSV of `lic-tcm models --out`; {} without a path. Raises UserError for another form."""
    keys = ("parameters", "parameters_paper", "macs_paper", "macs_all", "pixels")
    return {name: {key: float(row[key]) for key in keys} for name, row in _by(path, "name", keys).items()}


def read_times(path: Path | None) -> dict[str, dict[str, str]]:
    """{network: line} of a CSV of `lic-tcm complexity --out`; {} without a path. Raises UserError for another form."""
    keys = ("encode_total_s", "decode_total_s", "device", "threads", "height", "width", "weights")
    return _by(path, "model", keys)


def _by(path: Path | None, key: str, columns: Iterable[str]) -> dict[str, dict[str, str]]:
    if path is None:
        return {}
    lines = read_cells(path)
    absent = [name for name in (key, *columns) if name not in lines[0]]
    if absent:
        raise UserError(f"{path} lacks the column(s) {', '.join(absent)}; make it again")
    return {line[key].text: {name: cell.text for name, cell in line.items()} for line in lines}
