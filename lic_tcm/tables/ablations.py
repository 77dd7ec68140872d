"""The curves and BD-rates of one of the paper's ablations, gathered from rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm import layout
from lic_tcm.bench.budgets import MARK, budget_of, method_name
from lic_tcm.errors import UserError
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.rows import metrics_in, read_rows
from lic_tcm.tables.schema import AblationRow, as_frame, write_csv
from lic_tcm.tables.variants import variant_rows
from lic_tcm.training.names import entropy_model, seeded, split_seed

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.bench.ablations import FIGURES, networks


def write_figure(
    name: str, budget: str, rows: Sequence[Path], out: Path, models: Path | None = None, *, frozen: bool = False
) -> None:
    """Write `<name>.csv`, `<name>_bd_rate.csv` and `<name>_variants.csv` into the folder `out`.

    `rows` are the per-image rows of the figure's networks, of each with every seed, or, where they are `frozen`, of
    their entropy models; `models` is the folder of their records of training. Raises UserError when the rows are of
    other methods than these with this budget, or lack one.
    """
    networks([name])
    frame = read_rows(rows)
    called = {variant: entropy_model(net) if frozen else net for variant, net in FIGURES[name].variants.items()}
    names = {method: _parsed(method) for method in frame["method"].unique()}
    known = sorted({seed for _, seed in names.values() if seed is not None})
    seeds: Sequence[int | None] = known or [None]
    wanted = {
        method_name(network if seed is None else seeded(network, seed), budget): (variant, seed)
        for variant, network in called.items()
        for seed in seeds
    }
    _check_methods(name, budget, set(names), set(wanted))
    frame["seed"] = frame["method"].map(lambda method: wanted[method][1])
    frame["model"] = frame["method"].map(lambda method: method.rpartition(MARK)[0])
    frame["method"] = frame["method"].map(lambda method: wanted[method][0])
    write_csv(_curves(name, budget, frame), layout.ablation(out, name))
    write_csv(_bd_rates(name, budget, frame), layout.ablation_bd_rate(out, name))
    write_csv(variant_rows(name, budget, frame, models), layout.ablation_variants(out, name))


def _parsed(method: str) -> tuple[str, int | None]:
    """The network and the seed in a method's name."""
    return split_seed(method.rpartition(MARK)[0])


def _bd_rates(name: str, budget: str, rows: "pd.DataFrame") -> "pd.DataFrame":
    """Every variant against the reference of the same seed."""
    import pandas as pd

    parts = []
    for seed, group in rows.groupby("seed", dropna=False, sort=True):
        part = bd_rates(group, (), [FIGURES[name].reference])
        part.insert(0, "figure", name)
        part.insert(1, "budget", budget)
        part.insert(2, "seed", seed)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


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
    keys = ["dataset", "method", "point", "seed"]
    for (dataset, variant, lmbda, seed), group in rows.groupby(keys, sort=True, dropna=False):
        lines.append(
            {
                "figure": name,
                "variant": variant,
                "budget": budget,
                "seed": seed,
                "dataset": dataset,
                "point": lmbda,
                "images": len(group),
                "bpp": group["bpp"].mean(),
                **{metric.column: group[metric.column].mean(skipna=False) for metric in measured},
            }
        )
    lines.sort(key=lambda line: (line["dataset"], order.index(line["variant"]), line["point"], line["seed"] or 0))
    return as_frame(lines, AblationRow, [metric.name for metric in measured])
