"""The page: the tables and figures of a run in one file that opens from disk, without a network."""

import base64
from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lic_tcm.metrics import get
from lic_tcm.report import words
from lic_tcm.report.figures.catalogue import Shown, read_index
from lic_tcm.report.inputs import Tables
from lic_tcm.report.looks import COLOURS, DARK_COLOURS, Curve, curves, drawable, far_notes, plot_notes
from lic_tcm.report.page import data, points, topics
from lic_tcm.report.page import paper_tables as htmlpaper
from lic_tcm.report.page import tables as htmltables
from lic_tcm.report.page.answer import answer_data, first_answers
from lic_tcm.report.page.pictures import Pictures, picture_data
from lic_tcm.report.provenance import Sources, trace_data
from lic_tcm.report.times import times

# Written into the page as they are.
OWN = {
    "css": "report.css",
    "js": "report.js",
    "tables_js": "tables.js",
    "answer_js": "answer.js",
    "provenance_js": "provenance.js",
    "pictures_js": "pictures.js",
    "view_js": "view.js",
    "start_js": "start.js",
}


def page(sources: Sources, figures: Path, pictures: Pictures) -> str:
    """The whole page as HTML; `figures` is where the static figures lie, `pictures` what lies beside the page."""
    from plotly.offline import get_plotlyjs  # seconds to import, needed only here

    tables = sources.tables
    shown = {figure.name: figure for figure in read_index(figures)}
    images = data.image_data(sources) | {"thumbnails": pictures.thumbnails}
    return _render(
        "index.html.j2",
        run=tables.run,
        missing=_reasons(tables),
        comparison=bool(tables.run.get("comparison")),
        images_shown=_images_shown(tables),
        answer=first_answers(tables),
        answer_data=data.to_json(found) if (found := answer_data(tables)) else None,
        kinds=words.kinds_in_order(point.kind for point in tables.points),
        kinds_said=words.KINDS_SAID,
        facts=_facts(tables),
        datasets=_datasets(tables),
        times=times(tables),
        methods=htmltables.methods(tables),
        plots=[_plot(tables, dataset, shown) for dataset in tables.datasets()],
        plot_data=data.to_json(data.plot_data(tables)),
        bd_tables=htmltables.bd_tables(tables),
        bd_figures=_bd_figures(tables, figures, shown),
        points=points.section(tables),
        figures=list(shown.values()),
        figure_groups=topics.groups(shown.values()),
        sizes={name: _size(figures / f"{name}.png") for name, figure in shown.items() if not figure.skipped},
        table1=htmlpaper.table1(tables),
        table2=htmlpaper.table2(tables),
        sensitivity=htmlpaper.sensitivity(tables),
        image_data=data.to_json(images) if tables.images else None,
        image_titles=[get(name).value_title for name in data.scored(tables)],
        metric_data=data.to_json(data.metric_data(tables)),
        picture_data=data.to_json(picture_data(sources, pictures)) if pictures.kept else None,
        pictures_note=pictures.note,
        trace_data=data.to_json(trace_data(sources)),
        environments=htmltables.environments(tables),
        metrics=htmltables.metrics(tables),
        plotly=Markup(get_plotlyjs()),
    )


def bd_rate_fragment(tables: Tables) -> str:
    """A small page with the BD-rate tables only."""
    return _fragment(tables, "BD-rate", htmltables.bd_tables(tables), "bd_rate.csv")


def table2_fragment(tables: Tables) -> str:
    """A small page with Table 2 only."""
    table = htmlpaper.table2(tables)
    return _fragment(tables, "Table 2", [table] if table else [], "table2.csv")


def table1_fragment(tables: Tables) -> str:
    """A small page with Table 1 only."""
    table = htmlpaper.table1(tables)
    return _fragment(tables, "Table 1", [table] if table else [], "table1.csv")


def sensitivity_fragment(tables: Tables) -> str:
    """A small page with the anchor-sensitivity tables only."""
    return _fragment(tables, "Anchor sensitivity", htmlpaper.sensitivity(tables), "sensitivity.csv")


def _fragment(tables: Tables, title: str, found: list[htmltables.Table], name: str) -> str:
    return _render("tables.html.j2", run=tables.run, title=title, tables=found, reason=_reasons(tables)[name])


def _reasons(tables: Tables) -> Mapping[str, str]:
    """Why a table is not shown: it is not there, or it has nothing but lines of the anchor itself."""
    return defaultdict(lambda: "it has no line to show; code a second method, or name another anchor", tables.missing)


def _render(template: str, **values: Any) -> str:
    environment = Environment(
        loader=PackageLoader("lic_tcm.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    folder = files("lic_tcm.report.page") / "templates"
    own = {name: Markup((folder / file).read_text(encoding="utf-8")) for name, file in OWN.items()}
    return environment.get_template(template).render(colours=COLOURS, dark_colours=DARK_COLOURS, **own, **values)


def _facts(tables: Tables) -> list[tuple[str, str]]:
    """What identifies the run."""
    run = tables.run
    pairs = [(name, htmltables.plain(run.get(name))) for name in ("commit", "command", "created")]
    return htmltables.plain_lines([("name", str(run.get("name", ""))), *pairs])


def _images_shown(tables: Tables) -> bool:
    """Whether there is a section of images: of a comparison only where the user gave some."""
    own = {row.method for row in tables.images} & {*tables.run.get("own", ())}
    return bool(own) or not tables.run.get("comparison")


def _datasets(tables: Tables) -> list[dict[str, str]]:
    described, shown = tables.run.get("datasets", {}), tables.run.get("published_datasets", ())
    counts = {name: words.images(one.get("n_images"), one.get("images_total")) for name, one in described.items()}
    return [
        {
            "label": tables.dataset_label(name),
            "images": "published curves only" if name in shown and not counts[name] else counts[name],
            "notes": htmltables.plain(one.get("notes")),
        }
        for name, one in described.items()
    ]


def _plot(tables: Tables, dataset: str, shown: Mapping[str, Shown]) -> dict[str, Any]:
    """A dataset's interactive plot: its legend, notes and downloads."""
    found = {metric: curves(tables.points, dataset, metric) for metric in tables.metrics()}
    legend: dict[str, Curve] = {curve.key: curve for some in found.values() for curve in some}
    return {
        "dataset": dataset,
        "label": tables.dataset_label(dataset),
        "metrics": [(metric, words.metric_name(metric)) for metric in found if drawable(found[metric])],
        "absent": [words.metric_name(metric) for metric in found if not drawable(found[metric])],
        "legend": sorted(legend.values(), key=lambda curve: curve.look),
        "kinds": words.kinds_in_order(curve.kind for curve in legend.values()),
        "notes": [
            (metric, note, "linear" if note in far_notes(some) else "")
            for metric, some in found.items()
            if some
            for note in plot_notes(some)
        ],
        "figures": [
            (stem, words.metric_name(metric), words.axis_title(metric))
            for metric in tables.metrics_of(dataset)
            if _drawn(shown, stem := f"rd_{dataset}_{metric}")
        ],
    }


def _drawn(shown: Mapping[str, Shown], stem: str) -> bool:
    return stem in shown and not shown[stem].skipped


def _bd_figures(tables: Tables, figures: Path, shown: Mapping[str, Shown]) -> dict[str, dict[str, Any]]:
    """The drawn BD-rates by the id of their table, embedded: no plot of the page shows them."""
    found = {}
    for table in htmltables.bd_tables(tables):
        line = table.lines[0].data
        stem = f"bd_rate_{line['dataset']}_{line['metric']}"
        if not _drawn(shown, stem):
            continue
        source = base64.b64encode((figures / f"{stem}.svg").read_bytes()).decode("ascii")
        size = _size(figures / f"{stem}.png")
        found[table.id] = {"stem": stem, "source": f"data:image/svg+xml;base64,{source}", "size": size}
    return found


def _size(png: Path) -> tuple[int, int]:
    """Width and height in pixels of a figure, from the head of its PNG (PNG specification, 11.2.2)."""
    with png.open("rb") as file:
        head = file.read(24)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
