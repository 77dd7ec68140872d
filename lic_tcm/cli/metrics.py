"""The verb that says which metrics there are: `metrics`."""

from pathlib import Path
from typing import Annotated

import typer


def metrics(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names, or package.module:Class; default: all.", show_default=False)
    ] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Measure processor seconds per megapixel; minutes for all.")
    ] = False,
    image: Annotated[Path | None, typer.Option(help="Image to measure them on; default: a generated one.")] = None,
) -> None:
    """List the metrics: unit, direction, what the gate tolerates, version, or what this machine lacks for them."""
    from lic_tcm import metrics as known

    found = [known.use(name) for name in names or known.names()]
    if cost:
        from lic_tcm.measure.metric_costs import costs, table

        print(table(costs([metric.name for metric in found if not metric.missing()], image)))
        return
    for metric in found:
        lacks = metric.missing()
        state = f"missing  {lacks}" if lacks else f"ok       {metric.version()}"
        better = "higher" if metric.higher_is_better else "lower"
        set_ = "JPEG AI" if metric.name in known.JPEG_AI else ""
        gate = f"gate {metric.tolerance:<6g}{metric.unit:5}"
        print(f"{metric.name:13}{metric.value_title:16}{better:8}{gate}{set_:9}{state}")
