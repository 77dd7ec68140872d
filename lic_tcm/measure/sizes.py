"""The networks of the zoo with their size and work: what `lic-tcm models` prints.

The counts come with the package, since counting takes two seconds a network; a test counts them again.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, write_text
from lic_tcm.resources import NETWORKS

HEIGHT, WIDTH = 512, 768  # the paper counts on a Kodak image


def describe_models(names: Sequence[str] = (), count: bool = False) -> list[dict[str, Any]]:
    """Each network's name, parameters and MACs at 512x768, in the paper's convention and in full.

    All of the zoo without `names`; `count` counts them instead of reading the counts that come with the package.
    Raises UserError for an unknown name.
    """
    shipped = _shipped()
    for name in names:
        if name not in shipped:
            raise UserError(f"no network is called {name!r}; {choose(name, shipped)}")
    return [_counted(name) if count else shipped[name] for name in names or shipped]


def _shipped() -> dict[str, dict[str, Any]]:
    with NETWORKS.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    return {
        line["name"]: {key: value if key == "name" else int(value) for key, value in line.items()} for line in lines
    }


def _counted(name: str) -> dict[str, Any]:
    from lic_tcm.nn import zoo
    from lic_tcm.nn.complexity import complexity

    counts = complexity(zoo.config(name), HEIGHT, WIDTH)
    return {
        "name": name,
        "parameters": counts.parameters,
        "parameters_paper": counts.parameters_paper,
        "macs_paper": counts.macs_paper,
        "macs_all": counts.macs,
        "pixels": HEIGHT * WIDTH,
    }


def format_models(models: list[dict[str, Any]]) -> str:
    """The same as a text table."""
    lines = [
        f"{'':28} {'parameters':>12} {'MACs at ' + f'{HEIGHT}x{WIDTH}':>24}",
        f"{'network':28} {'all':>7} {'paper':>7} {'paper':>9} {'all':>9} {'kMAC/pixel':>11}",
    ]
    for model in models:
        parameters = [f"{model[key] / 1e6:6.2f}M" for key in ("parameters", "parameters_paper")]
        macs = [f"{model[key] / 1e9:8.2f}G" for key in ("macs_paper", "macs_all")]
        per_pixel = model["macs_all"] / (HEIGHT * WIDTH) / 1e3
        lines.append(f"{model['name']:28} {' '.join(parameters)} {' '.join(macs)} {per_pixel:11.1f}")
    lines.append(
        '"paper" counts convolutions and linear layers: weights and biases as parameters; as MACs convolutions with '
        'bias, linear layers, and one per ReLU output. "all" adds every parameter, attention products and GDN.'
    )
    return "\n".join(lines)


def write_models(names: Sequence[str], path: Path, count: bool = False) -> None:
    """Write `describe_models` as CSV; errors as there."""
    lines = describe_models(names, count)
    write_text(path, csv_text(list(lines[0]), lines))
