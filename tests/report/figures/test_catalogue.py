"""The paper's figures by number, those of pairs, and the lines that stand for figures whose inputs do not exist."""

import csv
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.figures import check_inside, choosing, legend_texts, results, texts

from lic_tcm.bench.records import Row
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT
from lic_tcm.rd.published import load_published
from lic_tcm.report.choices import published
from lic_tcm.report.figures import catalogue as paper
from lic_tcm.report.figures import names
from lic_tcm.report.figures import pairs as pairfigures
from lic_tcm.report.figures import rd as rdfigures
from lic_tcm.report.figures.canvas import MissingInputError
from lic_tcm.report.inputs import Tables, read_tables, table_csv
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.schema import AblationRow, RDPoint, VariantRow, columns

ROOT = Path(__file__).resolve().parents[3]


# --- published curves and ablations -------------------------------------------------------------------------------


def test_figures_7_to_9_fit_the_papers_curves(data: Tables) -> None:
    """The axes fit TCM's published curves, whatever else goes further; ours are drawn with them."""
    drawing = rdfigures.published(data, "clic", "psnr")
    axes = drawing.figure.axes[0]
    assert axes.get_xlim() == (pytest.approx(0.15 - 0.9 * 0.06), pytest.approx(0.9 * 1.06))
    assert axes.get_ylim() == (pytest.approx(29 - 0.6), pytest.approx(39 + 0.6))
    assert {"TCM (small)", "WebP"} <= set(texts(drawing.figure))
    assert len(drawing.table.splitlines()) == 1 + len(
        [p for p in data.points if (p.dataset, p.metric) == ("clic", "psnr")]
    )


@pytest.mark.parametrize("configuration", ["paper", "demo"])
def test_figure_7_has_the_curves_of_the_papers(data: Tables, configuration: str) -> None:
    """With the curves a configuration chooses, Chen 2022 and the Ballé curve of the paper's figure are drawn."""
    raw = yaml.safe_load((ROOT / f"config/{configuration}.yaml").read_text(encoding="utf-8"))
    measured = pd.DataFrame(columns=list(Row.__dataclass_fields__))
    frame = rd_points(measured, load_published(keys=raw["published"]))
    frame.to_csv(data.folder / "rd_points.csv", index=False)
    drawing = paper.FIGURES["figure_7"].draw(read_tables(data.folder))
    drawn = {line["series"] for line in csv.DictReader(drawing.table.splitlines())}
    papers = {"tcm-large", "tcm-medium", "tcm-small", "xie2021", "cheng2020", "zou2022-stf", "vtm-12.1-tcm-figure"}
    assert papers | {"chen2022-figure", "balle2018-tcm-figure"} <= drawn
    shorts = {published("kodak", series).short for series in drawn}
    assert shorts == {text.replace("\n", " ") for text in legend_texts(drawing.figure)}
    for key in ("liu2023tcm", "chen2022twostage"):
        assert f"\\cite{{{key}}}" in drawing.caption.tex


def test_ms_ssim_shows_published_models_trained_for_it(data: Tables) -> None:
    """Of other people's curves only the MS-SSIM-optimised are drawn, and these not in PSNR."""

    def more(metric: str, target: str) -> list[RDPoint]:
        found = [p for p in data.points if p.series == "tcm-small"]
        return [replace(p, series=f"x-{target}", label=target, metric=metric, optimised_for=target) for p in found]

    points = (*data.points, *more("ms-ssim", "mse"), *more("ms-ssim", "ms-ssim"), *more("psnr", "ms-ssim"))
    changed = replace(data, points=points)
    found = texts(rdfigures.published(changed, "clic", "ms-ssim").figure)
    assert "ms-ssim" in found
    assert "mse" not in found
    assert "ms-ssim" not in texts(rdfigures.published(changed, "clic", "psnr").figure)
    said = "Published methods are those trained for MS-SSIM."
    assert said in rdfigures.published(changed, "clic", "ms-ssim").caption.plain


def ablation_file(folder: Path, budget: str) -> None:
    """Rows of figure 10a."""
    folder.mkdir(parents=True)
    lines = [
        ["fig10a", variant, budget, seed, dataset, point, 6, (k + 1) * (0.2 + 0.02 * seed), 28 + 2 * k, ""]
        for variant in ("TCM", "Conv_ChARM")
        for dataset in ("clic", "kodak")
        for k, point in enumerate((0.0025, 0.025))
        for seed in (0, 1)
    ]
    with (folder / "fig10a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns(AblationRow, DEFAULT), *lines])


def test_an_ablation_names_its_budget_in_the_figure(data: Tables) -> None:
    """Variants are drawn on Kodak, the budget stands in the caption; the CSV is what was gathered."""
    ablation_file(results(data) / "ablations" / "smoke", "smoke")
    drawing = rdfigures.ablation(data, "fig10a")
    assert {"TCM", "Conv_ChARM"} <= set(texts(drawing.figure))
    assert "budget: smoke, 2 seeds." in drawing.caption.plain
    assert " 6 images. All networks were trained with this budget" in drawing.caption.plain
    assert "The paper's claim: " in drawing.caption.plain
    assert "All have ten slices." in drawing.caption.plain
    assert list(drawing.figure.axes[0].lines[0].get_xdata()) == pytest.approx([0.21, 0.42])  # means over seeds
    assert len(drawing.figure.axes[0].lines) == 2
    assert drawing.table.count("\n") == 17


def variant(name: str, difference: float | None, verdict: str, kmacs: float | None) -> VariantRow:
    """A variant of figure 14 at one lambda."""
    ends = (None,) * 4 if difference is None else (difference - 1, difference + 1, difference - 2, difference + 2)
    moved = (None, None) if difference is None else (difference, 0.0)
    start = ("fig14", name, "frozen", "kodak", 0.013, "w/o SWAtten", 24, 2, 0.4, 30.0)
    return VariantRow(*start, difference, *ends, *moved, verdict, 2e6, kmacs, 0.5, 0.6)


@pytest.mark.parametrize("costed", [True, False])
def test_an_ablation_at_one_lambda_is_dots_with_intervals(data: Tables, costed: bool) -> None:
    """Each variant has a dot, its interval, its seeds and its verdict; work is a second panel where it is known."""
    folder = results(data) / "ablations" / "frozen"
    folder.mkdir(parents=True)
    found = [("SWAtten", -3.5, "better", 90.0), ("w/o Swin", -0.5, "not separable", 70.0)]
    found += [("w/o convolutions", 4.0, "worse", 60.0), ("w/o SWAtten", None, "reference", 50.0)]  # type: ignore[list-item]
    rows = [variant(*line[:3], line[3] if costed else None) for line in found]
    (folder / "fig14_variants.csv").write_text(table_csv(rows, VariantRow))
    lines = [["fig14", row.variant, "frozen", s, "kodak", 0.013, 24, 0.4, 30.0, ""] for row in rows for s in (0, 1)]
    with (folder / "fig14.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns(AblationRow, DEFAULT), *lines])
    drawing = rdfigures.ablation(data, "fig14")
    dots = drawing.figure.axes[0]
    assert [label.get_text() for label in dots.get_yticklabels()] == [f"{row.variant}\n{row.verdict}" for row in rows]
    drawn = [list(line.get_xdata()) for line in dots.lines]
    for row in rows:
        assert [row.difference or 0.0] in drawn
        if row.difference is not None:
            assert [row.ci_lo, row.ci_hi] in drawn
            assert [row.seed_lo, row.seed_hi] in drawn
    assert len(drawing.figure.axes) == (2 if costed else 1)
    assert "budget: frozen, 2 seeds. 24 images." in drawing.caption.plain
    check_inside(drawing.figure)


def test_the_configuration_chooses_between_budgets(data: Tables) -> None:
    """Two budgets are never mixed or guessed: without a choice the figure is skipped, with one it is drawn."""
    for budget in ("smoke", "small"):
        ablation_file(results(data) / "ablations" / budget, budget)
    with pytest.raises(MissingInputError, match=r"figures\.ablations"):
        rdfigures.ablation(data, "fig10a")
    chosen = choosing(data, ablations=str(results(data) / "ablations" / "small"))
    assert "budget: small" in rdfigures.ablation(chosen, "fig10a").caption.plain


# --- pairs --------------------------------------------------------------------------------------------------------


def test_images_are_dots_and_the_mean_a_bar(data: Tables) -> None:
    """Each pair has a dot per image with a BD-rate and its mean; images without are named with the reason."""
    drawing = pairfigures.image_rates(data, "clic", "psnr")
    figure = drawing.figure
    dots = [list(line.get_xdata()) for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert dots == [[-20 + i for i in range(8)], [-14 + i for i in range(8)]]
    bars = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linewidth() == 2]
    assert bars == [-16.5, -10.5]
    assert "Without a BD-rate, not shown: img08 (" in drawing.caption.plain
    assert "it falls" in drawing.caption.plain
    assert {text for text in texts(figure) if "JPEG" in text} == {"JPEG XL"}  # against WebP, as all of them
    check_inside(figure)


def test_rate_differences_are_drawn_along_the_distortion(data: Tables) -> None:
    """The line goes through the table's points."""
    figure = pairfigures.local_rates(data, "clic", "psnr").figure
    lines = figure.axes[0].lines
    assert list(lines[0].get_xdata()) == [30 + i for i in range(6)]
    assert list(lines[1].get_ydata()) == [-12 + i / 2 for i in range(6)]
    check_inside(figure)


def test_costs_have_a_panel_for_what_is_known(data: Tables) -> None:
    """A method is in the panels whose cost is known of it, with its interval; all have an entry in the legend."""
    figure = pairfigures.costs(data, "clic", "psnr").figure
    macs, times = ({line.get_xdata()[0] for line in axes.lines if line.get_marker() != "None"} for axes in figure.axes)
    assert macs == {300, 559.6}
    assert times == {0.01, 2.5}
    legend = " ".join(text.get_text() for text in figure.legends[0].get_texts())
    assert "TCM (small)" in legend
    check_inside(figure)


# --- crops --------------------------------------------------------------------------------------------------------


# --- maps ---------------------------------------------------------------------------------------------------------


# --- all of them --------------------------------------------------------------------------------------------------


def test_every_figure_is_drawn_or_says_what_to_run(data: Tables, tmp_path: Path) -> None:
    """The index has each figure once, drawn with a caption or skipped with a reason, and only drawn ones have files."""
    ablation_file(results(data) / "ablations" / "smoke", "smoke")
    shown = {one.name: one for one in paper.write_all(data, tmp_path / "figures")}
    assert set(names.PAPER_FIGURES) <= set(shown)
    assert all(bool(one.caption) != bool(one.skipped) for one in shown.values())
    assert not shown["figure_10a"].skipped
    assert not shown["costs_clic_psnr"].skipped
    assert "config/paper.yaml" in shown["figure_9"].skipped
    assert "config/ablations.yaml" in shown["figure_14"].skipped
    for one in shown.values():
        forms = ("pdf", "svg", "png", "csv", "tex")
        assert [(tmp_path / "figures" / f"{one.name}.{form}").is_file() for form in forms] == [not one.skipped] * 5
        assert (one.environment in ("figure", "figure*")) == (not one.skipped)
    assert paper.read_index(tmp_path / "figures") == list(shown.values())


def test_the_workflow_knows_the_same_names() -> None:
    """Named targets and the figures that exist are the same."""
    assert tuple(paper.FIGURES) == names.PAPER_FIGURES
    assert tuple(paper.PAIRS) == names.PAIR_FIGURES


def test_figures_can_be_asked_for_by_topic(data: Tables, tmp_path: Path) -> None:
    """A topic is another name of one figure, whose files have the figure's own; a wrong name lists them."""
    assert set(names.TOPICS.values()) <= set(names.PAPER_FIGURES)
    ablation_file(results(data) / "ablations" / "smoke", "smoke")
    assert "budget: smoke" in paper.write_figure("figure_transforms", data.folder, tmp_path / "figures")
    assert (tmp_path / "figures/figure_10a.pdf").is_file()
    with pytest.raises(UserError, match="figure_slices"):
        paper.write_figure("figure_slice", data.folder, tmp_path / "figures")


def test_one_figure_can_be_asked_for(data: Tables, tmp_path: Path) -> None:
    """A name draws that figure, a group's name all of the group; unknown names and missing inputs are explained."""
    paper.write_figure("local_rates_clic_psnr", data.folder, tmp_path)
    assert sorted(path.suffix for path in tmp_path.glob("local_rates*")) == [".csv", ".pdf", ".png", ".svg", ".tex"]
    paper.write_figure("costs", data.folder, tmp_path)
    assert {path.stem for path in tmp_path.glob("costs*")} == {"costs_clic_psnr"}
    with pytest.raises(UserError, match="did you mean 'figure_10a'"):
        paper.write_figure("figure_10_a", data.folder, tmp_path)
    with pytest.raises(MissingInputError, match="no rows of this ablation"):
        paper.write_figure("figure_13", data.folder, tmp_path)
