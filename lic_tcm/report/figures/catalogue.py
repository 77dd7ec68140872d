"""The paper's figures by number, and those of the user's pairs: one function each, drawn where their inputs exist."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.report import words
from lic_tcm.report.figures import canvas, crops, maps
from lic_tcm.report.figures import pairs as pairfigures
from lic_tcm.report.figures import rd as rdfigures
from lic_tcm.report.figures.canvas import Drawing, MissingInputError
from lic_tcm.report.figures.names import RD_FIGURES
from lic_tcm.report.inputs import Tables, read_tables

INDEX = "index.json"


@dataclass(frozen=True)
class Item:
    """A figure that can be asked for by name."""

    title: str
    draw: Callable[[Tables], Drawing]


@dataclass(frozen=True)
class Shown:
    """What became of a figure: its caption, or why it was skipped and what to run."""

    name: str
    title: str
    caption: str
    skipped: str


def _published(name: str) -> Callable[[Tables], Drawing]:
    dataset, metric = RD_FIGURES[name]
    return partial(rdfigures.published, dataset=dataset, metric=metric)


FIGURES: dict[str, Item] = {
    "figure_1": Item("Figure 1: crops by method", partial(crops.crops, name="figure_1")),
    "figure_3": Item("Figure 3: effective receptive fields", maps.receptive),
    "figure_5": Item("Figure 5: scaled deviation with and without SWAtten", maps.deviation),
    "figure_7": Item("Figure 7: Kodak, PSNR", _published("figure_7")),
    "figure_7_ms_ssim": Item("Figure 7: Kodak, MS-SSIM", _published("figure_7_ms_ssim")),
    "figure_8": Item("Figure 8: CLIC, PSNR", _published("figure_8")),
    "figure_9": Item("Figure 9: Tecnick, PSNR", _published("figure_9")),
    "figure_10a": Item("Figure 10a: main paths", partial(rdfigures.ablation, name="fig10a")),
    "figure_10b": Item("Figure 10b: attention in the entropy model", partial(rdfigures.ablation, name="fig10b")),
    "figure_10c": Item("Figure 10c: kinds of attention", partial(rdfigures.ablation, name="fig10c")),
    "figure_12": Item("Figure 12: main paths with a spatial entropy model", partial(rdfigures.ablation, name="fig12")),
    "figure_13": Item("Figure 13: number of slices", partial(rdfigures.ablation, name="fig13")),
    "figure_14": Item("Figure 14: parts of SWAtten", partial(rdfigures.ablation, name="fig14")),
    "figure_15": Item("Figure 15: crops by method", partial(crops.crops, name="figure_15")),
}
PAIRS: dict[str, tuple[str, Callable[[Tables, str, str], Drawing]]] = {
    "image_rates": ("BD-rate image by image", pairfigures.image_rates),
    "local_rates": ("Rate difference along the curve", pairfigures.local_rates),
    "costs": ("BD-rate and cost", pairfigures.costs),
}


def items(tables: Tables) -> dict[str, Item]:
    """All figures of a run by name: the paper's, other crops, then those of pairs, `<what>_<dataset>_<metric>`."""
    chosen = tables.run.get("figures", {}).get("crops", {})
    others = {name: Item(f"Crops: {name}", partial(crops.crops, name=name)) for name in chosen if name not in FIGURES}
    return FIGURES | others | dict(_pair_items(tables))


def _pair_items(tables: Tables) -> Iterator[tuple[str, Item]]:
    for what, (title, draw) in PAIRS.items():
        for dataset in tables.datasets():
            for metric in tables.metrics_of(dataset):
                where = f"{tables.dataset_label(dataset)}, {words.metric_name(metric)}"
                yield f"{what}_{dataset}_{metric}", Item(f"{title}: {where}", _bound(draw, dataset, metric))


def _bound(draw: Callable[[Tables, str, str], Drawing], dataset: str, metric: str) -> Callable[[Tables], Drawing]:
    return lambda tables: draw(tables, dataset, metric)


def write_all(tables: Tables, folder: Path) -> list[Shown]:
    """Write every figure whose inputs exist as `<folder>/<name>` (PDF, SVG, PNG, CSV), and index.json of all."""
    shown = []
    for name, item in items(tables).items():
        try:
            shown.append(Shown(name, item.title, _write(tables, item, folder / name), ""))
        except MissingInputError as error:
            shown.append(Shown(name, item.title, "", str(error)))
    text = json.dumps([dataclasses.asdict(one) for one in shown], indent=1, ensure_ascii=False)
    write_text(folder / INDEX, text + "\n")
    return shown


def read_index(folder: Path) -> list[Shown]:
    """What `write_all` wrote into the folder; nothing where it has not been."""
    path = folder / INDEX
    return [Shown(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def write_figure(name: str, folder: Path, out: Path) -> str:
    """Write the figure `name` of the tables in `folder` as `<out>/<name>` (PDF, SVG, PNG, CSV); return its caption.

    "image_rates", "local_rates" and "costs" write one for each dataset and metric that has it. Raises UserError for
    an unknown name, and MissingInputError, which says what to run, when inputs do not exist.
    """
    tables = read_tables(folder)
    known = items(tables)
    if name in PAIRS:
        return _write_group(tables, {key: item for key, item in known.items() if key.startswith(f"{name}_")}, out)
    if name not in known:
        raise UserError(f"there is no figure {name!r}; {choose(name, [*known, *PAIRS])}")
    return _write(tables, known[name], out / name)


def _write_group(tables: Tables, group: dict[str, Item], out: Path) -> str:
    captions, reasons = [], []
    for name, item in group.items():
        try:
            captions.append(_write(tables, item, out / name))
        except MissingInputError as error:
            reasons.append(error)
    if not captions:
        raise reasons[0] if reasons else MissingInputError("the run has no dataset; make its tables again")
    return "\n".join(captions)


def _write(tables: Tables, item: Item, stem: Path) -> str:
    drawing = item.draw(tables)
    canvas.save(drawing.figure, stem, drawing.table)
    return drawing.caption
