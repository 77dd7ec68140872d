"""What the trainings of a run amount to: how many, and how long at speeds measured on this machine. Without torch."""

from collections.abc import Callable, Sequence
from pathlib import Path

from lic_tcm import layout
from lic_tcm.progress import format_seconds
from lic_tcm.training.recipe import parse_duration, read_recipe
from lic_tcm.training.settings import Training


def describe(training: Training, models: Sequence[str], lambdas: Sequence[float], locate: Callable[[str], str]) -> str:
    """Say in words what training these networks at these lambdas takes.

    `locate` finds a recipe's file. Speeds are what `lic-tcm train --dry-run` printed into the files of
    `layout.ablation_speed`; where one is missing the time is not known, and nothing is guessed. Raises UserError for
    a bad recipe.
    """
    lambdas = sorted({*lambdas, *([training.base] if training.base else [])})
    steps = {lmbda: read_recipe(Path(locate(training.recipe_of(lmbda)))).steps for lmbda in lambdas}
    seeds = max(1, len(training.seeds))
    total = len(models) * seeds * sum(steps.values())
    text = (
        f"{training.budget or 'no'} budget: {len(models)} networks at {len(lambdas)} lambdas with {seeds} seeds,"
        f" {len(models) * len(lambdas) * seeds} trainings of {total} steps in all"
    )
    known = {model: _speed(layout.ablation_speed(training.budget, model)) for model in models}
    unknown = [model for model, speed in known.items() if speed is None]
    if unknown:
        return (
            f"{text}; their time is not known on this machine, as {len(unknown)} networks have not been measured:"
            " `snakemake training_speeds` with the same configuration does that"
        )
    seconds = seeds * sum(
        min(steps[lmbda] / speed, _limit(training, lmbda)) for speed in known.values() if speed for lmbda in lambdas
    )
    speeds = layout.ablation_speed(training.budget, "*")
    return f"{text}; one after another {format_seconds(seconds)} at the speeds in {speeds.parent}"


def _speed(path: Path) -> float | None:
    """Steps per second, the first number of the file; None where it was not measured."""
    try:
        return float(path.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _limit(training: Training, lmbda: float) -> float:
    """Seconds a training may take."""
    budget = training.time_budget_of(lmbda)
    return parse_duration(budget) if budget else float("inf")
