"""The paper's figures by number, those of pairs, and the lines that stand for figures whose inputs do not exist."""

import csv
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from lic_tcm.bench.records import Row
from lic_tcm.datasets.manifest import Original, write_manifest
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT
from lic_tcm.rd.published import load_published
from lic_tcm.report.figures import catalogue as paper
from lic_tcm.report.figures import crops, maps, names
from lic_tcm.report.figures import pairs as pairfigures
from lic_tcm.report.figures import rd as rdfigures
from lic_tcm.report.figures.canvas import MissingInputError
from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.looks import curves
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.schema import AblationRow, RDPoint, columns

ROOT = Path(__file__).resolve().parents[3]
BLACK, GREY, WHITE = 0, 128, 255


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables in results/tables/try, read."""
    folder = tables.parent / "results" / "tables" / "try"
    folder.parent.mkdir(parents=True)
    tables.rename(folder)
    return read_tables(folder)


def results(data: Tables) -> Path:
    """The folder `results`."""
    return data.folder.parents[1]


def choosing(data: Tables, **chosen: object) -> Tables:
    """The tables of a run whose configuration has these choices for figures."""
    return replace(data, run={**data.run, "figures": chosen})


def texts(figure: Figure) -> list[str]:
    """All texts of a figure."""
    return [artist.get_text() for artist in figure.findobj(Text) if artist.get_text()]


def check_inside(figure: Figure) -> None:
    """No text sticks out of the sheet, and no two texts outside the axes cover each other."""
    figure.draw_without_rendering()
    boxes = [artist.get_window_extent() for artist in figure.texts if artist.get_text()]
    boxes += [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
    for box in boxes:
        assert figure.bbox.x0 - 1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1
        assert figure.bbox.y0 - 1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


# --- published curves and ablations -------------------------------------------------------------------------------


def test_figures_7_to_9_fit_the_papers_curves(data: Tables) -> None:
    """The axes end where TCM's published curves do, whatever else goes further; ours are drawn with them."""
    drawing = rdfigures.published(data, "clic", "psnr")
    axes = drawing.figure.axes[0]
    assert axes.get_xlim() == (0, pytest.approx(0.9 * 1.06))
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
    labels = [curve.name for curve in curves(read_tables(data.folder).points, "kodak", "psnr") if curve.series in drawn]
    legends = " ".join(text.get_text() for legend in drawing.figure.legends for text in legend.get_texts())
    assert all(label in legends.replace("\n", " ").replace("- ", "-") for label in labels)


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
    """Variants are drawn on Kodak, the budget stands in the figure and its caption; the CSV is what was gathered."""
    ablation_file(results(data) / "ablations" / "smoke", "smoke")
    drawing = rdfigures.ablation(data, "fig10a")
    found = " ".join(texts(drawing.figure)).replace("\n", " ")
    assert "budget: smoke" in found
    assert {"TCM", "Conv_ChARM"} <= set(texts(drawing.figure))
    assert "budget: smoke; 6 images" in drawing.caption
    assert "All have ten slices." in drawing.caption
    assert len(drawing.figure.axes[0].lines) == 2
    assert drawing.table.count("\n") == 9


def test_the_configuration_chooses_between_budgets(data: Tables) -> None:
    """Two budgets are never mixed or guessed: without a choice the figure is skipped, with one it is drawn."""
    for budget in ("smoke", "small"):
        ablation_file(results(data) / "ablations" / budget, budget)
    with pytest.raises(MissingInputError, match=r"figures\.ablations"):
        rdfigures.ablation(data, "fig10a")
    chosen = choosing(data, ablations=str(results(data) / "ablations" / "small"))
    assert "budget: small" in rdfigures.ablation(chosen, "fig10a").caption


# --- pairs --------------------------------------------------------------------------------------------------------


def test_images_are_dots_and_the_mean_a_bar(data: Tables) -> None:
    """Each pair has a dot per image with a BD-rate and its mean; images without are named with the reason."""
    figure = pairfigures.image_rates(data, "clic", "psnr").figure
    dots = [list(line.get_xdata()) for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert dots == [[-20 + i for i in range(8)], [-14 + i for i in range(8)]]
    bars = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linewidth() == 2]
    assert bars == [-16.5, -10.5]
    assert any("without a BD-rate, not shown: img08 (" in text and "it falls" in text for text in texts(figure))
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


@pytest.fixture
def coded(data: Tables) -> Tables:
    """A run with images of evil at two points: the original is black, its images are grey and white."""

    def picture(path: Path, grey: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((96, 128, 3), grey, np.uint8)).save(path)

    original = results(data) / "original.png"
    picture(original, BLACK)
    write_manifest(
        [Original("clic", "img00", str(original), 96, 128, "0" * 64, 41)], results(data) / "datasets/clic.csv"
    )
    row = replace(data.images[0], image="img00")
    rows = (replace(row, point="10.0", bpp=0.2), replace(row, point="30.0", bpp=0.8))
    for found, grey in zip(rows, (GREY, WHITE), strict=True):
        picture(results(data) / "coded" / "clic" / "evil" / f"{float(found.point):g}" / "img00.png", grey)
    chosen = {"dataset": "clic", "bpp": 0.5, "methods": ["evil", "vtm"], "boxes": {"img00": [10, 20, 60, 40]}}
    return choosing(replace(data, images=rows), crops={"figure_1": chosen})


def test_crops_are_matched_in_rate_and_captioned(coded: Tables) -> None:
    """The point nearest in the ratio of rates is shown, with method, bpp, PSNR, MS-SSIM; absent methods are named."""
    drawing = crops.crops(coded, "figure_1")
    pictures = [axes.images[0].get_array() for axes in drawing.figure.axes]
    assert [picture.shape for picture in pictures] == [(40, 60, 3)] * 2
    assert [int(picture.mean()) for picture in pictures] == [BLACK, WHITE]  # 0.8 is nearer to 0.5 than 0.2 is
    found = " ".join(texts(drawing.figure)).replace("\n", " ")
    assert "| 0.800 | 28.00 | 0.9500" in found
    assert "Not coded by this run: vtm." in drawing.caption
    lines = list(csv.DictReader(drawing.table.splitlines()))
    assert [line["method"] for line in lines] == ["original", "evil"]
    check_inside(drawing.figure)


def test_tables_that_lie_elsewhere_have_no_crops_and_no_maps(coded: Tables) -> None:
    """Nothing is taken from beside them, where another run's files may lie; the reason says what the folder must be."""
    elsewhere = replace(coded, folder=results(coded))
    for draw in (lambda: crops.crops(elsewhere, "figure_1"), lambda: maps.receptive(elsewhere)):
        with pytest.raises(MissingInputError, match="do not lie in a folder results/tables/<name>"):
            draw()
    with pytest.raises(MissingInputError, match="no rows of this ablation"):
        rdfigures.ablation(elsewhere, "fig10a")


def test_a_crop_outside_its_picture_is_explained(coded: Tables) -> None:
    """The message names the box, the image and its size."""
    coded.run["figures"]["crops"]["figure_1"]["boxes"]["img00"] = [100, 0, 60, 40]
    with pytest.raises(UserError, match=r"\[100, 0, 60, 40\] does not lie within img00 \(128x96\)"):
        crops.crops(coded, "figure_1")


def test_crops_without_pictures_say_what_to_run(data: Tables) -> None:
    """Neither a missing choice nor missing images is a crash."""
    with pytest.raises(MissingInputError, match=r"figures\.crops\.figure_1"):
        crops.crops(data, "figure_1")
    chosen = {"dataset": "clic", "bpp": 0.5, "methods": ["evil"], "boxes": {"img00": [0, 0, 60, 40]}}
    with pytest.raises(MissingInputError, match="no coded images of img00; run the workflow with evil on clic"):
        crops.crops(choosing(data, crops={"figure_1": chosen}), "figure_1")


# --- maps ---------------------------------------------------------------------------------------------------------


def write_maps(data: Tables, name: str, about: dict[str, object], **found: np.ndarray) -> None:
    """A file of maps as lic_tcm.measure.maps writes it."""
    path = results(data) / "maps" / "try" / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, about=np.array(json.dumps(about)), **{key: value.astype(np.float32) for key, value in found.items()})


def test_figure_3_clips_each_network_at_each_level(data: Tables) -> None:
    """A panel per network and clipping level; the CSV tells how much of the field lies within each radius."""
    field = np.zeros((48, 64))
    field[20, 30], field[20, 50] = 3.0, 1.0  # 20 columns apart
    about = {"image": "kodim04", "position": [30, 20], "clips": [0.01, 0.0001]}
    about |= {"labels": ["TCM", "conv"], "checkpoints": {"TCM": "a/tcm.safetensors", "conv": "a/conv.safetensors"}}
    write_maps(data, "receptive", about, TCM=field, conv=field)
    drawing = maps.receptive(data)
    assert [axes.images[0].get_clim() for axes in drawing.figure.axes] == [(0, 0.01)] * 2 + [(0, 0.0001)] * 2
    lines = {(line["network"], line["radius"]): line for line in csv.DictReader(drawing.table.splitlines())}
    assert lines["TCM", "16"]["share"] == "0.75"
    assert lines["TCM", "32"]["share"] == "1"
    assert "p = (30, 20)" in drawing.caption
    assert "tcm.safetensors" in drawing.caption
    check_inside(drawing.figure)


def write_deviations(data: Tables) -> None:
    """Maps of a network with SWAtten and of one without, of kodim01."""
    numbers = {"gamma": 2.0, "channel": 7, "channel_bits": 12.0, "bits": 99.0, "bpp": 0.56, "psnr": 27.5}
    about = {
        "images": ["kodim01"],
        "labels": ["with", "without"],
        "checkpoints": {"with": "w"},
        "numbers": {
            "kodim01/with": {**numbers, "epsilon_s": 0.5, "attention": "swatten"},
            "kodim01/without": {**numbers, "epsilon_s": 0.75, "attention": "none"},
        },
    }
    found = {
        f"{what}/kodim01/{label}": np.full((4, 6), k + 1.0)
        for what in maps.WHAT
        for k, label in enumerate(("with", "without"))
    }
    write_maps(data, "deviation", about, **found)


def test_figure_5_has_epsilon_beside_the_papers(data: Tables) -> None:
    """Both maps of each network stand side by side on one scale; PSNR, rate and epsilon_s of each are there, with
    those the paper prints of the network with the same attention, in the figure, the caption and the CSV."""
    write_deviations(data)
    drawing = maps.deviation(data)
    panels = [axes for axes in drawing.figure.axes if axes.images]
    assert [axes.images[0].get_clim() for axes in panels] == [(0, 2.0)] * 4
    titles = [axes.get_title() for axes in panels]
    assert titles[0] == "kodim01, with:\n27.50 dB @ 0.560 @ 0.500\npaper: 29.95 dB @ 0.501 @ 0.389"
    assert titles[1] == "kodim01, without:\n27.50 dB @ 0.560 @ 0.750\npaper: 29.61 dB @ 0.503 @ 0.451"
    assert titles[2] == "kodim01, with:\nchannel 7"
    assert "0.5000 (kodim01, with); 0.7500 (kodim01, without)" in drawing.caption
    assert "kodim01 w/o SWAtten 29.61 dB @ 0.503 @ 0.451; kodim01 with SWAtten 29.95 dB @ 0.501" in drawing.caption
    assert "kodim05" not in drawing.caption
    assert drawing.table.splitlines()[1:] == [
        "here,kodim01,with,0.5,2,7,12,99,0.56,27.5",
        "here,kodim01,without,0.75,2,7,12,99,0.56,27.5",
        "paper,kodim01,w/o SWAtten,0.451,,,,,0.503,29.61",
        "paper,kodim01,with SWAtten,0.389,,,,,0.501,29.95",
    ]
    check_inside(drawing.figure)


def test_maps_of_another_quantity_are_not_drawn_as_figure_5(data: Tables) -> None:
    """A file that an older version wrote, which held (y - mu) / sigma, is refused."""
    write_deviations(data)
    path = results(data) / "maps" / "try" / "deviation.npz"
    with np.load(path) as file:
        about = json.loads(str(file["about"]))
        found = {key: file[key] for key in file.files if key != "about"}
    about["numbers"]["kodim01/with"]["deviation"] = about["numbers"]["kodim01/with"].pop("epsilon_s")
    write_maps(data, "deviation", about, **found)
    with pytest.raises(UserError, match="lack epsilon_s of kodim01/with; delete"):
        maps.deviation(data)


def test_a_damaged_file_of_maps_is_an_error_and_a_missing_one_a_line(data: Tables) -> None:
    """What is broken is not passed over as if it had not been made."""
    with pytest.raises(MissingInputError, match=r"figures\.receptive"):
        maps.receptive(data)
    path = results(data) / "maps" / "try" / "receptive.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no maps")
    with pytest.raises(UserError, match="does not hold maps") as caught:
        maps.receptive(data)
    assert not isinstance(caught.value, MissingInputError)


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
        forms = [(tmp_path / "figures" / f"{one.name}.{form}").is_file() for form in ("pdf", "svg", "png", "csv")]
        assert forms == [not one.skipped] * 4
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
    assert sorted(path.suffix for path in tmp_path.glob("local_rates*")) == [".csv", ".pdf", ".png", ".svg"]
    paper.write_figure("costs", data.folder, tmp_path)
    assert {path.stem for path in tmp_path.glob("costs*")} == {"costs_clic_psnr"}
    with pytest.raises(UserError, match="did you mean 'figure_10a'"):
        paper.write_figure("figure_10_a", data.folder, tmp_path)
    with pytest.raises(MissingInputError, match="no rows of this ablation"):
        paper.write_figure("figure_13", data.folder, tmp_path)
