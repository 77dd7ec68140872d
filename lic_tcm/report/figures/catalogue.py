"""All figures of a report, by name: one function each, drawn where their inputs exist, else a line that says why."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.progress import progress
from lic_tcm.report import words
from lic_tcm.report.choices import Choices, restyled
from lic_tcm.report.figures import canvas, crops, maps
from lic_tcm.report.figures import pairs as pairfigures
from lic_tcm.report.figures import rd as rdfigures
from lic_tcm.report.figures.canvas import Drawing, MissingInputError
from lic_tcm.report.figures.captions import bd_caption
from lic_tcm.report.figures.names import RD_FIGURES, TOPICS
from lic_tcm.report.figures.plots import bars, bd_rate_plot, rd_plot, shown_curves
from lic_tcm.report.figures.styles import STYLES
from lic_tcm.report.inputs import Tables, read_tables, table_csv
from lic_tcm.tables.schema import BDRow

INDEX = "index.json"


@dataclass(frozen=True)
class Item:
    """A figure that can be asked for by name."""

    title: str
    draw: Callable[[Tables], Drawing]
    section: str = "figures"  # of the page, by its id


@dataclass(frozen=True)
class Shown:
    """What became of a figure: its caption, or why it was skipped and what to run."""

    name: str
    title: str
    caption: str
    skipped: str
    section: str
    environment: str = ""  # of LaTeX; "" for one that is not drawn


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


def _rd(tables: Tables, dataset: str, metric: str) -> Drawing:
    title, choices = tables.dataset_label(dataset), Choices.of(tables)
    figure = rd_plot(tables.points, dataset, metric, title, choices)
    return rdfigures.drawing(tables, figure, shown_curves(tables.points, dataset, metric, choices), metric, title)


def _bd_rate(tables: Tables, dataset: str, metric: str) -> Drawing:
    title, choices = tables.dataset_label(dataset), Choices.of(tables)
    figure = bd_rate_plot(tables.bd, tables.points, dataset, metric, title, choices)
    rows = [row for row in tables.bd if (row.dataset, row.metric) == (dataset, metric)]
    caption = bd_caption(tables, title, metric, bars(tables.bd, dataset, metric, choices), choices)
    return Drawing(figure, table_csv(rows, BDRow), caption, STYLES[choices.style], choices.wide)


PLOTS: dict[str, tuple[str, Callable[[Tables, str, str], Drawing]]] = {
    "rd": ("Rate and distortion", _rd),
    "bd_rate": ("BD-rate", _bd_rate),
}
SECTIONS = {"rd": "curves", "bd_rate": "bd-rate"}
GROUPS = PLOTS | PAIRS


def items(tables: Tables) -> dict[str, Item]:
    """All figures of a run by name: plots of datasets, the paper's figures, other crops, then those of pairs.

    Plots and pairs are `<what>_<dataset>_<metric>`.
    """
    chosen = tables.run.get("figures", {}).get("crops", {})
    others = {name: Item(f"Crops: {name}", partial(crops.crops, name=name)) for name in chosen if name not in FIGURES}
    return dict(_group_items(tables, PLOTS)) | FIGURES | others | dict(_group_items(tables, PAIRS))


def _group_items(
    tables: Tables, group: dict[str, tuple[str, Callable[[Tables, str, str], Drawing]]]
) -> Iterator[tuple[str, Item]]:
    """A figure for each dataset, and each metric it has points in."""
    for what, (title, draw) in group.items():
        for dataset in tables.datasets():
            for metric in tables.metrics_of(dataset):
                where = f"{tables.dataset_label(dataset)}, {words.metric_name(metric)}"
                item = Item(f"{title}: {where}", _bound(draw, dataset, metric), SECTIONS.get(what, "figures"))
                yield f"{what}_{dataset}_{metric}", item


def _bound(draw: Callable[[Tables, str, str], Drawing], dataset: str, metric: str) -> Callable[[Tables], Drawing]:
    return lambda tables: draw(tables, dataset, metric)


def write_all(tables: Tables, folder: Path) -> list[Shown]:
    """Write every figure whose inputs exist as `<folder>/<name>` (PDF, SVG, PNG, CSV, caption), and index.json of all.

    A comparison has none of the paper's, and none of cost, which no user's numbers say.
    """
    shown = []
    wanted = _compared(tables) if tables.run.get("comparison") else items(tables)
    for name, item in progress(wanted.items(), len(wanted), "draw", "figure"):
        try:
            drawing = _write(tables, item, folder / name)
            shown.append(Shown(name, item.title, drawing.caption.plain, "", item.section, drawing.environment))
        except MissingInputError as error:
            shown.append(Shown(name, item.title, "", str(error), item.section))
    text = json.dumps([dataclasses.asdict(one) for one in shown], indent=1, ensure_ascii=False)
    write_text(folder / INDEX, text + "\n")
    return shown


def _compared(tables: Tables) -> dict[str, Item]:
    """The figures of a comparison."""
    pairs = {what: drawn for what, drawn in PAIRS.items() if what != "costs"}
    return {**dict(_group_items(tables, PLOTS)), **dict(_group_items(tables, pairs))}


def read_index(folder: Path) -> list[Shown]:
    """What `write_all` wrote into the folder; nothing where it has not been."""
    path = folder / INDEX
    return [Shown(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def write_figure(name: str, folder: Path, out: Path, style: str | None = None) -> str:
    """Write the figure `name` of some tables as `<out>/<name>` (PDF, SVG, PNG, CSV, caption); return its caption.

    "rd", "bd_rate", "image_rates", "local_rates" and "costs" write one for each dataset and metric that has it; a name
    of names.TOPICS stands for its figure. Raises UserError for an unknown name, and MissingInputError, which says what
    to run, when inputs do not exist.
    """
    name = TOPICS.get(name, name)
    tables = restyled(read_tables(folder), style)
    known = items(tables)
    if name in GROUPS:
        return _write_group(tables, {key: item for key, item in known.items() if key.startswith(f"{name}_")}, out)
    if name not in known:
        raise UserError(f"there is no figure {name!r}; {choose(name, [*known, *TOPICS, *GROUPS])}")
    return _write(tables, known[name], out / name).caption.plain


def draw(name: str, tables: Tables, out: Path) -> Drawing:
    """Write one of FIGURES as `write_figure` does; returns what was drawn."""
    return _write(tables, FIGURES[name], out / name)


def _write_group(tables: Tables, group: dict[str, Item], out: Path) -> str:
    captions, reasons = [], []
    for name, item in group.items():
        try:
            captions.append(_write(tables, item, out / name).caption.plain)
        except MissingInputError as error:
            reasons.append(error)
    if not captions:
        raise reasons[0] if reasons else MissingInputError("the run has no dataset; make its tables again")
    return "\n".join(captions)


def _write(tables: Tables, item: Item, stem: Path) -> Drawing:
    drawing = item.draw(tables)
    canvas.save(drawing, stem)
    return drawing
