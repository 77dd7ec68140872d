"""The paper's RD figures: 7 to 9 from published and measured curves, 10 and 12 to 14 from trained ablations."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from matplotlib.figure import Figure

from lic_tcm import layout
from lic_tcm.metrics import get
from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.choices import Choices
from lic_tcm.report.figures.canvas import Drawing, MissingInputError
from lic_tcm.report.figures.captions import rd_caption
from lic_tcm.report.figures.plots import Limits, all_for, rd_plot, shown_curves
from lic_tcm.report.figures.styles import STYLES
from lic_tcm.report.figures.variants import variants_plot
from lic_tcm.report.inputs import Tables, read_table, table_csv
from lic_tcm.report.looks import Curve, curves
from lic_tcm.report.tex import Caption, said
from lic_tcm.tables.schema import AblationRow, RDPoint, VariantRow

MARGIN = 0.06  # of the paper's curves' extent, on each side


def published(tables: Tables, dataset: str, metric: str) -> Drawing:
    """RD curves of a dataset on the axes of the paper's own curves, of models trained for the metric.

    Measured curves of other targets stay in the figure, marked by their names. Raises MissingInputError
    when the run has no curve of the dataset.
    """
    found = [curve for curve in curves(tables.points, dataset, metric) if _belongs(curve)]
    if not found:
        raise MissingInputError(
            f"the run has no {words.metric_name(metric)} curve on {dataset}; add {dataset} to datasets and curves to "
            "published in the configuration (config/paper.yaml has them)"
        )
    title, choices, limits = tables.dataset_label(dataset), Choices.of(tables), _limits(found)
    figure = rd_plot(tables.points, dataset, metric, title, choices, only=_belongs, limits=limits)
    drawn = shown_curves(tables.points, dataset, metric, choices, _belongs)
    axes = "The axes fit the paper's curves" if limits else "The paper's curves are not among them"
    return drawing(tables, figure, drawn, metric, title, axes)


def drawing(
    tables: Tables, figure: Figure, drawn: Sequence[Curve], metric: str, title: str, *more: str, first: str = ""
) -> Drawing:
    """A plot of RD curves with its caption; `more` are further sentences, `first` is another first one."""
    choices, dataset = Choices.of(tables), drawn[0].points[0].dataset
    named = {(curve.series, curve.kind) for curve in drawn}
    among = [curve for curve in curves(tables.points, dataset, metric) if (curve.series, curve.kind) in named]
    trained = f"Published methods are those trained for {words.metric_name(metric)}" if all_for(metric, among) else ""
    caption = rd_caption(title, metric, drawn, figure.axes[0].get_xlim()[1], first)
    caption = Caption((*caption.sentences, *((text,) for text in (trained, *more) if text)))
    rows = [point for curve in drawn for point in curve.points]
    return Drawing(figure, table_csv(rows, RDPoint), caption, STYLES[choices.style], choices.wide)


def _belongs(curve: Curve) -> bool:
    """Curves of models trained for the metric of the plot; measured ones in any case, their names tell the target."""
    return curve.kind in OWN or curve.optimised_for == get(curve.points[0].metric).loss


def _limits(found: Sequence[Curve]) -> tuple[Limits, Limits] | None:
    """Axes that the paper's own published curves fill; None where they are not among the curves."""
    points = [p for curve in found if curve.series.startswith("tcm-") and curve.kind not in OWN for p in curve.points]
    if not points:
        return None
    low, high = min(p.value for p in points), max(p.value for p in points)
    margin = MARGIN * (high - low)
    first, last = min(p.bpp for p in points), max(p.bpp for p in points)
    return (max(0.0, first - MARGIN * last), (1 + MARGIN) * last), (low - margin, high + margin)


# --- ablations ----------------------------------------------------------------------------------------------------


def ablation(tables: Tables, name: str) -> Drawing:
    """RD curves in PSNR of a figure's variants, its training budget in the caption; `name` is such as "fig10a".

    With one lambda there are no curves: then each variant's difference to the reference. Points are means over seeds.
    Of several datasets Kodak is drawn, or else the first; the CSV has all. Raises MissingInputError without its rows.
    """
    from lic_tcm.bench.ablations import FIGURES

    path = _file(tables, name)
    rows = read_table(path, AblationRow) if path else None
    if path is None or not rows:
        raise MissingInputError(
            "no rows of this ablation; run `snakemake ablations --configfile config/ablations.yaml --config "
            f"budget=small`, then name the folder of {name}.csv, {layout.ablations('small')}, under figures.ablations"
        )
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    dataset = "kodak" if "kodak" in datasets else datasets[0]
    among = [row for row in rows if row.dataset == dataset]
    budgets = ", ".join(dict.fromkeys(row.budget for row in among))
    seeds = len({row.seed for row in among})
    of = "one seed: chance is not excluded" if seeds == 1 else f"{seeds} seeds"
    title, choices = tables.dataset_label(dataset), Choices.of(tables)
    first = f"{FIGURES[name].title}. {title}, budget: {budgets}, {of}"
    counts = ", ".join(dict.fromkeys(words.images(row.images, None) for row in among))
    trained = f"{counts}. All networks were trained with this budget, the paper's only if it says so"
    more = (trained, FIGURES[name].note, f"The paper's claim: {FIGURES[name].claim}")
    if len({row.point for row in among}) == 1:
        return _at_one_lambda(layout.ablation_variants(path.parent, name), dataset, said(first, *more), choices)
    points = [_point(row) for row in _over_seeds(among)]
    figure = rd_plot(points, dataset, "psnr", title, choices)
    drawn = shown_curves(points, dataset, "psnr", choices)
    whole = drawing(tables, figure, drawn, "psnr", title, *more, first=first)
    return replace(whole, table=path.read_text(encoding="utf-8"))


def _at_one_lambda(path: Path, dataset: str, caption: Caption, choices: Choices) -> Drawing:
    """Differences to the reference, from the table of variants beside the curves."""
    rows = [row for row in read_table(path, VariantRow) or [] if row.dataset == dataset]
    if not rows:
        raise MissingInputError(f"{path} has no row of {dataset}; make the ablation's tables again")
    dots = (
        "A dot is the mean over images of the difference in bpp + lambda MSE, a thick bar its 95 % t interval over "
        "images, the thin line below it the least and greatest difference over pairs of seeds. A variant is called "
        "better or worse only where all of these have one sign"
    )
    whole = Caption((*caption.sentences, *said(dots).sentences))
    table = path.read_text(encoding="utf-8")
    return Drawing(variants_plot(rows, choices), table, whole, STYLES[choices.style], choices.wide)


def _over_seeds(rows: Sequence[AblationRow]) -> list[AblationRow]:
    """The rows of one seed as they are, of several their means."""
    groups: dict[tuple[str, float], list[AblationRow]] = {}
    for row in rows:
        groups.setdefault((row.variant, row.point), []).append(row)
    return [_mean(group) for group in groups.values()]


def _mean(rows: Sequence[AblationRow]) -> AblationRow:
    """A row with the means of bpp and PSNR; a PSNR that one row lacks stays unknown."""
    found = [row.values.get("psnr") for row in rows]
    values = [value for value in found if value is not None]
    psnr = fmean(values) if len(values) == len(rows) else None
    return replace(rows[0], seed=None, bpp=fmean(row.bpp for row in rows), values={"psnr": psnr})


def _file(tables: Tables, name: str) -> Path | None:
    """The CSV of an ablation: in the folder the configuration names, or else of the one budget there is."""
    folder = tables.run.get("figures", {}).get("ablations")
    if folder:
        path = layout.ablation(Path(folder), name)
        return path if path.is_file() else None
    run = layout.run_folder(tables.folder)
    found = sorted(run.glob(str(layout.ablation(layout.ablations("*"), name)))) if run else []
    return found[0] if len(found) == 1 else None


def _point(row: AblationRow) -> RDPoint:
    value = row.values.get("psnr")
    if value is None:
        raise MissingInputError(
            f"the row of {row.variant} at {row.point:g} has no PSNR; make the ablation's tables again"
        )
    return RDPoint(
        dataset=row.dataset,
        series=row.variant,
        label=row.variant,
        kind="measured",
        metric="psnr",
        optimised_for="mse",
        point="",
        bpp=row.bpp,
        value=value,
        bpp_lo=None,
        bpp_hi=None,
        value_lo=None,
        value_hi=None,
        ci_method="",
        n_images=row.images,
        images_total=None,
        psnr_reference="rgb",
        value_average="",
        value_db_average=None,
        bpp_estimated=None,
        rate_gap=None,
        source=f"budget {row.budget}",
    )
