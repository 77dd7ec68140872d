"""The curves of the ablations: made of the right networks' rows, and never without their budget."""

import csv
import json
from pathlib import Path
from statistics import fmean

import pandas as pd
import pytest
from scipy import stats

from lic_tcm.bench.ablations import FIGURES, networks
from lic_tcm.bench.budgets import budget_of, labelled, method_name
from lic_tcm.bench.records import Row
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT
from lic_tcm.metrics.wide import cells
from lic_tcm.tables.ablations import write_figure
from lic_tcm.tables.schema import AblationRow, columns
from lic_tcm.training.names import seeded

LAMBDAS = (0.0025, 0.0067, 0.013, 0.05)


def rows_of(method: str, folder: Path, rate: float = 1.0, ms_ssim: float | None = 0.9) -> Path:
    """Per-image rows of a method: two images, four lambdas, a smooth curve whose rate is scaled by `rate`."""
    rows = [
        Row(
            dataset="kodak",
            images_total=2,
            method=method,
            codec="tcm",
            point=lmbda,
            image=f"image{i}",
            height=64,
            width=64,
            num_bytes=100,
            bpp=rate * 0.1 * (k + 1) * (1 + i),
            values={"psnr": 28.0 + 2 * k + i, "ms-ssim": ms_ssim},
            psnr_reference="rgb",
            encode_s=None,
            decode_s=None,
            codec_version="lic-tcm",
            sha256_stream="0" * 64,
            environment="abc",
        )
        for k, lmbda in enumerate(LAMBDAS)
        for i in (0, 1)
    ]
    path = folder / f"{method}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns(Row, DEFAULT))
        writer.writeheader()
        writer.writerows(cells(row) for row in rows)
    return path


def test_every_variant_is_a_network_of_the_zoo_and_every_reference_a_variant() -> None:
    """The figures name what exists; figure 13 has the paper's five numbers of slices, all else alike."""
    from lic_tcm.nn import zoo

    assert set(networks(list(FIGURES))) <= set(zoo.ZOO)
    for figure in FIGURES.values():
        assert figure.reference in figure.variants
        assert len(set(figure.variants.values())) == len(figure.variants)
    slices = {name: zoo.config(network).slices for name, network in FIGURES["fig13"].variants.items()}
    assert slices == {f"s = {n}": n for n in (2, 4, 5, 8, 10)}
    assert len({zoo.config(network, slices=5) for network in FIGURES["fig13"].variants.values()}) == 1


def test_figure_12_compares_main_paths_under_the_spatial_entropy_model() -> None:
    """TCM, Zhu 2022's transformers and Cheng 2020, all with the entropy model of Minnen 2018 and none with slices."""
    from lic_tcm.nn import zoo

    variants = {name: zoo.config(network) for name, network in FIGURES["fig12"].variants.items()}
    assert {name: config.main_path for name, config in variants.items()} == {
        "TCM": "tcm",
        "SwinT-Hyperprior": "swin-only",
        "Cheng 2020": "cheng",
    }
    assert {config.context for config in variants.values()} == {"spatial"}
    assert all(config.hyper_path == config.main_path for config in variants.values())


def test_notes_on_slices_say_what_the_networks_have() -> None:
    """Of the figures that tell numbers of slices, networks with attention have five, those without ten."""
    from lic_tcm.nn import zoo

    for name in ("fig10a", "fig10b", "fig14"):
        assert "ten" in FIGURES[name].note
        for network in FIGURES[name].variants.values():
            config = zoo.config(network)
            assert config.slices == (10 if config.attention == "none" else 5), network
    assert {zoo.config(network).attention for network in FIGURES["fig10a"].variants.values()} == {"none"}


def test_a_figure_has_the_means_over_images_and_the_bd_rates(tmp_path: Path) -> None:
    """Means, order and columns of the curves are as documented; half the rate is a BD-rate of -50 %."""
    rates = {"medium": 0.5, "medium-no-attention": 1.0, "medium-swatten-no-squeeze": 0.75}
    rows = [rows_of(method_name(name, "small"), tmp_path, rate) for name, rate in rates.items()]
    write_figure("fig10b", "small", rows, tmp_path / "out")
    curves = pd.read_csv(tmp_path / "out/fig10b.csv")
    assert tuple(curves.columns) == columns(AblationRow, DEFAULT)
    assert list(dict.fromkeys(curves.variant)) == list(FIGURES["fig10b"].variants)
    first = curves.iloc[0]
    assert (first["variant"], first["point"], first["images"]) == ("SWAtten", 0.0025, 2)
    assert first["bpp"] == pytest.approx(0.5 * 0.15)
    assert first["psnr"] == pytest.approx(28.5)
    assert set(curves.budget) == {"small"}
    bd = pd.read_csv(tmp_path / "out/fig10b_bd_rate.csv")
    assert (set(bd.budget), set(bd.anchor), set(bd.figure)) == ({"small"}, {"w/o SWAtten"}, {"fig10b"})
    mean = bd[(bd.averaging == "mean curve") & (bd.bd_method == "pchip") & (bd.metric == "psnr")]
    found = dict(zip(mean.series, mean.bd_rate, strict=True))
    assert found == pytest.approx({"SWAtten": -50.0, "w/o SWAtten": 0.0, "SWAtten w/o squeeze": -25.0})


def seeded_rows(folder: Path, costs: dict[str, tuple[float, float]], images: int = 6) -> list[Path]:
    """Rows of one lambda, two seeds each: the rate of a network and seed is given, images differ, PSNR is one."""
    paths = []
    for network, rates in costs.items():
        for seed, rate in enumerate(rates):
            method = method_name(seeded(network, seed), "frozen")
            frame = pd.read_csv(rows_of(method, folder))
            frame = frame[frame["point"] == 0.013].iloc[[0] * images].copy()
            frame["image"] = [f"image{i}" for i in range(images)]
            frame["bpp"] = [rate * (1 + 0.1 * i) for i in range(images)]
            frame["psnr"] = 30.0
            frame.to_csv(folder / f"{method}.csv", index=False)
            paths.append(folder / f"{method}.csv")
    return paths


RATES = {
    "swatten": (0.80, 0.82),
    "swatten-no-cnn": (0.99, 1.03),
    "swatten-no-swin": (1.20, 1.10),
    "no-attention": (1.00, 1.01),
}


def test_variants_are_compared_image_by_image_and_over_seeds(tmp_path: Path) -> None:
    """The difference is that of the means, in % of the reference's rate; a word says whether chance is excluded."""
    write_figure("fig14", "frozen", seeded_rows(tmp_path, RATES), tmp_path, frozen=True)
    table = pd.read_csv(tmp_path / "fig14_variants.csv").set_index("variant")
    assert list(table.verdict) == ["better", "not separable", "worse", "reference"]
    first = table.loc["SWAtten"]
    assert first["difference"] == pytest.approx(100 * (0.81 - 1.005) / 1.005)
    assert first["difference_bpp"] == pytest.approx(first["difference"])  # PSNR is the same
    pairs = (100 * (0.80 - 1.01) / 1.005, 100 * (0.82 - 1.00) / 1.005)
    assert (first["seed_lo"], first["seed_hi"]) == pytest.approx(pairs)
    by_image = [100 * (0.81 - 1.005) * (1 + 0.1 * i) / (1.005 * 1.25) for i in range(6)]
    half = stats.t.ppf(0.975, 5) * stats.sem(by_image)
    assert (first["ci_lo"], first["ci_hi"]) == pytest.approx((fmean(by_image) - half, fmean(by_image) + half))
    assert (first["seeds"], first["images"], first["budget"]) == (2, 6, "frozen")


def test_distortion_counts_with_lambda(tmp_path: Path) -> None:
    """At the same rate, a worse PSNR costs lambda times the difference of the squared errors of 8-bit values."""
    paths = seeded_rows(tmp_path, RATES | {"swatten": (1.0, 1.01)})
    for path in paths[:2]:
        frame = pd.read_csv(path)
        frame["psnr"] = 29.0
        frame.to_csv(path, index=False)
    write_figure("fig14", "frozen", paths, tmp_path, frozen=True)
    found = pd.read_csv(tmp_path / "fig14_variants.csv").set_index("variant").loc["SWAtten"]
    errors = [255**2 * 10 ** (-psnr / 10) for psnr in (29.0, 30.0)]
    assert found["difference"] == pytest.approx(100 * 0.013 * (errors[0] - errors[1]) / (1.005 * 1.25))
    assert (found["difference_psnr"], found["difference_bpp"]) == pytest.approx((-1.0, 0.0))


def test_one_seed_or_few_images_separate_nothing(tmp_path: Path) -> None:
    """However large a difference, without a second seed or an interval no variant is called better."""
    one = {name: rates[:1] for name, rates in RATES.items()}
    write_figure("fig14", "frozen", seeded_rows(tmp_path, one), tmp_path / "one", frozen=True)
    assert set(pd.read_csv(tmp_path / "one/fig14_variants.csv").verdict) == {"one seed", "reference"}
    write_figure("fig14", "frozen", seeded_rows(tmp_path, RATES, images=4), tmp_path / "few", frozen=True)
    assert set(pd.read_csv(tmp_path / "few/fig14_variants.csv").verdict) == {"too few images", "reference"}


def test_a_variant_that_lacks_a_seed_is_refused(tmp_path: Path) -> None:
    """Means over seeds are of the same seeds for all; curves have a line per seed, BD-rates are within a seed."""
    paths = seeded_rows(tmp_path, RATES)
    with pytest.raises(UserError, match="lacks the rows of no-attention-seed1@frozen"):
        write_figure("fig14", "frozen", paths[:-1], tmp_path, frozen=True)
    write_figure("fig14", "frozen", paths, tmp_path, frozen=True)
    assert list(pd.read_csv(tmp_path / "fig14.csv").seed) == [0, 1] * 4
    assert set(pd.read_csv(tmp_path / "fig14_bd_rate.csv").seed) == {0, 1}


def test_what_a_variant_takes_is_from_its_record(tmp_path: Path) -> None:
    """Parameters and work come from the records of training; without a record the message says what to do."""
    paths = seeded_rows(tmp_path, RATES)
    for name in RATES:
        for seed in (0, 1):
            record = {"counts": {"parameters": 1000 + len(name), "kmacs_per_pixel": 12.5}}
            path = tmp_path / "models" / seeded(name, seed) / "0.013.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(record))
    write_figure("fig14", "frozen", paths, tmp_path, tmp_path / "models", frozen=True)
    table = pd.read_csv(tmp_path / "fig14_variants.csv").set_index("variant")
    assert (table.loc["SWAtten", "parameters"], table.loc["SWAtten", "kmacs_per_pixel"]) == (1007, 12.5)
    with pytest.raises(UserError, match="train the network first"):
        write_figure("fig14", "frozen", paths, tmp_path, tmp_path / "none", frozen=True)


def test_an_ms_ssim_that_is_not_known_stays_empty(tmp_path: Path) -> None:
    """Images too small for MS-SSIM leave its cell empty instead of a mean over the others."""
    names = FIGURES["fig12"].variants.values()
    rows = [rows_of(method_name(name, "smoke"), tmp_path, ms_ssim=None) for name in names]
    write_figure("fig12", "smoke", rows, tmp_path)
    assert pd.read_csv(tmp_path / "fig12.csv")["ms_ssim"].isna().all()


def test_rows_of_another_budget_are_refused(tmp_path: Path) -> None:
    """A small row cannot enter the paper's figure, nor can a figure lack a variant."""
    names = list(FIGURES["fig12"].variants.values())
    rows = [rows_of(method_name(name, "paper"), tmp_path) for name in names]
    with pytest.raises(UserError, match="lacks the rows of cheng-spatial@paper"):
        write_figure("fig12", "paper", rows[:2], tmp_path)
    rows[2] = rows_of(method_name(names[2], "small"), tmp_path)
    with pytest.raises(UserError, match="small budget, not paper"):
        write_figure("fig12", "paper", rows, tmp_path)
    with pytest.raises(UserError, match="no ablation 'fig11'"):
        write_figure("fig11", "paper", rows, tmp_path)


@pytest.mark.parametrize("label", ["TCM-M", "", "TCM (paper budget)", "TCM (small budget)"])
def test_a_label_always_ends_with_the_budget_of_the_method(label: str) -> None:
    """Whatever a config calls it, and however often it is labelled."""
    once = labelled("medium@small", label)
    assert once.endswith("(small budget)")
    assert labelled("medium@small", once) == once
    assert (budget_of("medium@small"), labelled("medium", label)) == ("small", label)
