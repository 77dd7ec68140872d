"""The verbs that make weights: `train`, `latents`, `train-entropy`, `pack`, `export`, `card`."""

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from lic_tcm.cli.options import parse_options


def train(
    model: Annotated[str, typer.Option(help="Name of the network, such as small or nano.")],
    lmbda: Annotated[float, typer.Option("--lambda", help="Weight of the distortion against the rate.")],
    data: Annotated[Path, typer.Option(help="Folder of images, a packed .npz from `pack`, or a folder of such files.")],
    out: Annotated[Path, typer.Option(help="Folder for weights.safetensors, log.csv and the state to resume from.")],
    recipe: Annotated[Path | None, typer.Option(help="YAML as in config/train; default: the paper's recipe.")] = None,
    valid: Annotated[Path | None, typer.Option(help="Folder of images to validate on.")] = None,
    init: Annotated[Path | None, typer.Option(help="Weights to start from, of another lambda.")] = None,
    time_budget: Annotated[str | None, typer.Option(help="Such as 20m; the schedule is fitted to it.")] = None,
    budget: Annotated[str | None, typer.Option(help="Budget of ablations these weights are part of.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="Field of the network, key=value; repeatable.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.", min=0)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure a few steps; write nothing.")] = False,
) -> None:
    """Train a network; run again, it goes on where it was stopped. Start it with torchrun for several processes."""
    from lic_tcm.training import run

    job = run.job(model, lmbda, data, out, parse_options(option), valid, init, time_budget, budget, seed)
    logging.info("%s", run.dry_run(job, recipe) if dry_run else run.train(job, recipe))


def latents(
    weights: Annotated[Path, typer.Argument(help="Weights whose transforms make them.")],
    data: Annotated[Path, typer.Option(help="Folder of images, a packed .npz from `pack`, or a folder of such files.")],
    recipe: Annotated[Path, typer.Option(help="YAML as config/train/frozen.yaml; its crop, seed and device count.")],
    out: Annotated[Path, typer.Option(help="File to write, .safetensors.")],
    crops: Annotated[int | None, typer.Option(help="How many; default: one of each image.", min=2)] = None,
) -> None:
    """Compute the latents of training crops, for `train-entropy`."""
    from lic_tcm.training.latents import make_latents
    from lic_tcm.training.recipe import read_recipe

    made = make_latents(weights, data, read_recipe(recipe), out, crops)
    logging.info("%s: latents of %d crops, %d of them to validate on", out, len(made), made.valid)


def train_entropy(
    model: Annotated[str, typer.Option(help="Name of the entropy model, such as swatten or no-attention.")],
    lmbda: Annotated[float, typer.Option("--lambda", help="Weight of the distortion against the rate.")],
    weights: Annotated[Path, typer.Option(help="Weights whose transforms stay.")],
    data: Annotated[Path, typer.Option(help="Their latents, from `latents`.")],
    recipe: Annotated[Path, typer.Option(help="YAML as config/train/frozen.yaml.")],
    out: Annotated[Path, typer.Option(help="Folder for weights.safetensors, log.csv and the state to resume from.")],
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.", min=0)] = None,
    budget: Annotated[str | None, typer.Option(help="Budget of ablations these weights are part of.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure a few steps; write nothing.")] = False,
) -> None:
    """Train an entropy model between frozen transforms; run again, it goes on from its last state."""
    from lic_tcm.training import frozen

    job = frozen.EntropyJob(model, lmbda, weights, data, out, seed, budget or "")
    logging.info("%s", frozen.dry_run(job, recipe) if dry_run else frozen.train_entropy(job, recipe))


def pack(
    folder: Annotated[Path, typer.Argument(help="Folder of images.")],
    out: Annotated[Path, typer.Option(help="File to write, .npz.")],
    size: Annotated[int, typer.Option(help="Side of the crops, pixels.", min=64)] = 320,
    max_mb: Annotated[float, typer.Option(help="Size of the file at most, MiB.")] = 64,
    seed: Annotated[int, typer.Option(help="Another one gives other crops.", min=0)] = 0,
) -> None:
    """Pack random crops of training images into one file, for a machine with little disk or network."""
    from lic_tcm.training import sources

    logging.info("%s: %d crops", out, sources.pack(folder, out, size, max_mb, seed=seed))


def export(
    weights: Annotated[Path, typer.Argument(help="Weights of `train`, or an authors' checkpoint.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .safetensors.")],
    dtype: Annotated[Literal["float16", "float32"], typer.Option(help="Half the size, or exact.")] = "float16",
) -> None:
    """Write weights in this suite's form, with their record of training."""
    from lic_tcm.nn import checkpoints

    loaded = checkpoints.load(weights)
    checkpoints.save(loaded.model, output, loaded.record, dtype)


def card(
    weights: Annotated[Path, typer.Argument(help="Weights with a record of training; the card goes beside them.")],
    points: Annotated[Path, typer.Option(help="rd_points.csv of a run that measured them.")],
    series: Annotated[str, typer.Option(help="Name of their method in that run.")],
    command: Annotated[str, typer.Option(help="What made the weights, to be repeated.")],
) -> None:
    """Write a model card: data, recipe, steps, hardware, and the PSNR and rate that were measured."""
    from lic_tcm.training.card import write_card

    logging.info("%s", write_card(weights, points, series, command))
