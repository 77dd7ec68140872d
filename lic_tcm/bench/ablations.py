"""The paper's ablations: which figure compares which networks, and what its tables hold.

All networks of a run are trained with one budget (`config/ablations.yaml`), each with every seed of it, coded and
scored like any other method; this module only gathers their rows. With `transforms` in the budget, entropy models alone
are trained (lic_tcm.training.frozen); networks that differ in their transforms only are then one.

`results/ablations/<budget>/<figure>.csv` has a line per variant, seed, dataset and lambda, variants in the order of
`FIGURES` and lambdas rising:

| column | |
| --- | --- |
| figure | fig10a, fig10b, fig10c, fig12, fig13 or fig14 |
| variant | name of the curve, a key of `FIGURES[figure].variants` |
| budget | such as paper, small, frozen or smoke: to be shown with the curve |
| seed | of the training; empty for a budget without seeds |
| dataset, lambda | |
| images | number of images the means are over |
| bpp | mean over images of the real streams' rates |
| psnr | mean over images, dB |
| ms_ssim and other metrics | mean over images; empty where an image is too small for it |

`<figure>_bd_rate.csv` beside it has the BD-rates against the figure's reference variant of the same seed: the columns
of `results/tables/<name>/bd_rate.csv`, with `figure`, `budget` and `seed` before them, `anchor` and `series` being
variants. `<figure>_variants.csv` has a line per variant, dataset and lambda: what it costs, and how it differs from the
reference, image by image, with the spread over seeds (lic_tcm.tables.variants).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lic_tcm import layout
from lic_tcm.anchors.hints import choose
from lic_tcm.bench.budgets import method_name
from lic_tcm.errors import UserError
from lic_tcm.training.names import entropy_model, seeded
from lic_tcm.training.settings import Training, training

DEFAULT_BUDGET = "paper"


@dataclass(frozen=True)
class Figure:
    """A figure of the paper that compares networks."""

    title: str
    reference: str  # the variant BD-rates are against
    variants: Mapping[str, str]  # name of the curve -> network of lic_tcm.nn.zoo
    claim: str  # of the paper, as its abstract, its Table 1 and its choice of a network state it
    note: str = ""  # what a reader must know, for the caption


TEN_OR_FIVE = "Networks with attention have five slices, those without ten (section 4.1.3)"


FIGURES: Mapping[str, Figure] = {
    "fig10a": Figure(
        "Main paths, without attention in the entropy model",
        "Conv_ChARM",
        {
            "TCM": "medium-no-attention",
            "TCM, convolutions alone": "conv-only",
            "Conv_ChARM": "conv",
            "SwinT_ChARM": "swin-only",
        },
        "TCM blocks beat convolutions alone and transformers alone",
        "All have ten slices",
    ),
    "fig10b": Figure(
        "Attention in the entropy model",
        "w/o SWAtten",
        {
            "SWAtten": "medium",
            "w/o SWAtten": "medium-no-attention",
            "SWAtten w/o squeeze": "medium-swatten-no-squeeze",
        },
        "SWAtten improves the entropy model, and squeezing channels saves parameters without a loss worth them",
        TEN_OR_FIVE,
    ),
    "fig10c": Figure(
        "Kinds of attention in the entropy model",
        "Local",
        {"SWAtten": "medium", "NonLocal": "medium-nonlocal", "Local": "medium-local", "WAtten": "medium-watten"},
        "SWAtten is the attention module of choice",
    ),
    "fig12": Figure(
        "Main paths with the spatial entropy model of Minnen 2018",
        "Cheng 2020",
        {"TCM": "medium-spatial", "SwinT-Hyperprior": "swin-spatial", "Cheng 2020": "cheng-spatial"},
        "TCM blocks are better than others with a spatial entropy model, too",
        "Main and hyper paths are those of Liu 2023, Zhu 2022, Cheng 2020. One Gaussian and a context of 5x5 for all "
        "three is our reading of the paper: by itself SwinT-Hyperprior has no context, Cheng 2020 three Gaussians",
    ),
    "fig13": Figure(
        "Number of slices",
        "s = 5",
        {
            "s = 2": "conv-swatten-s2",
            "s = 4": "conv-swatten-s4",
            "s = 5": "conv-swatten",
            "s = 8": "conv-swatten-s8",
            "s = 10": "conv-swatten-s10",
        },
        "five slices are what networks with attention need",
    ),
    "fig14": Figure(
        "Parts of SWAtten",
        "w/o SWAtten",
        {
            "SWAtten": "conv-swatten",
            "w/o convolutions": "conv-swatten-no-cnn",
            "w/o Swin": "conv-swatten-no-swin",
            "w/o SWAtten": "conv",
        },
        "both the Swin and the convolutional branch of SWAtten are worth having",
        f"{TEN_OR_FIVE}; that this holds here too is our reading of the paper",
    ),
}


def networks(figures: Sequence[str]) -> list[str]:
    """The networks that some figures compare, each once; raises UserError for an unknown figure."""
    unknown = [name for name in figures if name not in FIGURES]
    if unknown:
        raise UserError(f"there is no ablation {unknown[0]!r}; {choose(unknown[0], FIGURES)}")
    return list(dict.fromkeys(network for name in figures for network in FIGURES[name].variants.values()))


def name_of(network: str, trained: Training) -> str:
    """What a network is called when it is trained so, without its seed; raises UserError where it cannot be."""
    return network if trained.transforms is None else entropy_model(network)


def models(figures: Sequence[str], trained: Training) -> list[str]:
    """The networks that are trained for some figures, with their seeds in their names, each once."""
    found = dict.fromkeys(name_of(network, trained) for network in networks(figures))
    return [seeded(name, seed) for name in found for seed in trained.seeds] if trained.seeds else list(found)


def methods(figure: str, trained: Training) -> list[str]:
    """The methods that code with a figure's networks."""
    return [method_name(model, trained.budget) for model in models([figure], trained)]


def row_files(figure: str, trained: Training, datasets: Sequence[str]) -> list[Path]:
    """The files of rows a figure is made from."""
    return [layout.rows(dataset, method) for dataset in datasets for method in methods(figure, trained)]


def chosen_figures(raw: Mapping[str, Any]) -> list[str]:
    """The figures of a configuration that its budget is for; raises UserError where there is none."""
    budget, wanted = raw.get("budget", DEFAULT_BUDGET), raw["ablations"]["figures"]
    possible = raw["ablations"]["budgets"][budget].get("figures", wanted)
    networks([*wanted, *possible])
    found = [figure for figure in wanted if figure in possible]
    if not found:
        raise UserError(f"config: the {budget} budget is for {', '.join(possible)} only; ask for these, or use another")
    return found


def expand(raw: Mapping[str, Any]) -> tuple[dict[str, Any], Training]:
    """A configuration's ablations as ordinary methods of a run named for the budget, and how they are trained.

    Raises UserError for an unknown figure.
    """
    budget = raw.get("budget", DEFAULT_BUDGET)
    chosen = raw["ablations"]["budgets"][budget]
    figures = chosen_figures(raw)
    trained = training({**raw.get("training", {}), **chosen}, str(layout.ablation_models(budget)), budget)
    names = {model: method_name(model, budget) for model in models(figures, trained)}
    references = [name_of(FIGURES[figure].variants[FIGURES[figure].reference], trained) for figure in figures]
    seed = trained.seeds[0] if trained.seeds else None
    anchors = [method_name(name if seed is None else seeded(name, seed), budget) for name in references]
    common = {"codec": "tcm", "points": chosen["lambdas"], "weights": "trained", "mem_mb": 8000}
    common |= {"threads": trained.threads, "runtime": 240, "gpu": min(1, trained.gpus)}
    methods = {name: common | {"label": model, "options": {"model": model}} for model, name in names.items()}
    run = {
        "name": f"{raw['name']}-{budget}",
        "title": f"{raw.get('title', raw['name'])} ({budget} budget)",
        "methods": [*raw.get("methods", []), *methods],
        "anchors": raw.get("anchors") or list(dict.fromkeys(anchors)),
        "definitions": {**raw["definitions"], **methods},
    }
    return {**raw, **run, "ablations": {**raw["ablations"], "figures": figures}}, trained
