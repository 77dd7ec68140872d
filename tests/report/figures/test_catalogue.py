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
from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.schema import AblationRow, RDPoint, columns

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
        ["fig10a", variant, budget, dataset, point, 6, (k + 1) * 0.2, 28 + 2 * k, ""]
        for variant in ("TCM", "Conv_ChARM")
        for dataset in ("clic", "kodak")
        for k, point in enumerate((0.0025, 0.025))
    ]
    with (folder / "fig10a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns(AblationRow, DEFAULT), *lines])


def test_an_ablation_names_its_budget_in_the_figure(data: Tables) -> None:
    """Variants are drawn on Kodak, the budget stands in the caption; the CSV is what was gathered."""
    ablation_file(results(data) / "ablations" / "smoke", "smoke")
    drawing = rdfigures.ablation(data, "fig10a")
    assert {"TCM", "Conv_ChARM"} <= set(texts(drawing.figure))
    assert "budget: smoke." in drawing.caption.plain
    assert " 6 images. All networks were trained with this budget" in drawing.caption.plain
    assert "All have ten slices." in drawing.caption.plain
    assert len(drawing.figure.axes[0].lines) == 2
    assert drawing.table.count("\n") == 9


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
