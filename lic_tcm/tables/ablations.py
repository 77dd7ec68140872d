"""The curves and BD-rates of one of the paper's ablations, gathered from rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm import layout
from lic_tcm.bench.budgets import budget_of, method_name
from lic_tcm.errors import UserError
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.rows import metrics_in, read_rows
from lic_tcm.tables.schema import AblationRow, as_frame, write_csv

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.bench.ablations import FIGURES, networks


def write_figure(name: str, budget: str, rows: Sequence[Path], out: Path) -> None:
    """Write `<name>.csv` and `<name>_bd_rate.csv` into the folder `out` from the per-image rows of its networks.

    Raises UserError when the rows are of other methods than the figure's networks with this budget, or lack one.
    """
    networks([name])
    frame = read_rows(rows)
    variants = {method_name(network, budget): variant for variant, network in FIGURES[name].variants.items()}
    _check_methods(name, budget, set(frame["method"]), set(variants))
    frame["method"] = frame["method"].map(variants)
    reference = FIGURES[name].reference
    bd = bd_rates(frame, (), [reference])
    bd.insert(0, "figure", name)
    bd.insert(1, "budget", budget)
    write_csv(_curves(name, budget, frame), layout.ablation(out, name))
    write_csv(bd, layout.ablation_bd_rate(out, name))


def _check_methods(name: str, budget: str, found: set[str], wanted: set[str]) -> None:
    """Refuse rows of other methods, most of all of another budget, and missing ones."""
    foreign, absent = sorted(found - wanted), sorted(wanted - found)
    if foreign:
        stated = budget_of(foreign[0])
        why = f"is of the {stated} budget, not {budget}" if stated not in ("", budget) else f"is none of {name}'s"
        raise UserError(f"the rows of {foreign[0]} do not belong here: it {why}; give rows of {', '.join(wanted)}")
    if absent:
        raise UserError(f"{name} lacks the rows of {absent[0]}; train and code it first: snakemake ablations")


def _curves(name: str, budget: str, rows: "pd.DataFrame") -> "pd.DataFrame":
    """The means over images (schema.AblationRow)."""
    order = list(FIGURES[name].variants)
    lines: list[dict[str, Any]] = []
    measured = metrics_in(rows.columns)
    for (dataset, variant, lmbda), group in rows.groupby(["dataset", "method", "point"], sort=True):
        lines.append(
            {
                "figure": name,
                "variant": variant,
                "budget": budget,
                "dataset": dataset,
                "point": lmbda,
                "images": len(group),
                "bpp": group["bpp"].mean(),
                **{metric.column: group[metric.column].mean(skipna=False) for metric in measured},
            }
        )
    lines.sort(key=lambda line: (line["dataset"], order.index(line["variant"]), line["point"]))
    return as_frame(lines, AblationRow, [metric.name for metric in measured])
