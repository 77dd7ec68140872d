"""The variants of an ablation beside their reference: cost image by image, spread over seeds, what they take."""

import itertools
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lic_tcm import layout
from lic_tcm.bench.ablations import FIGURES
from lic_tcm.errors import UserError
from lic_tcm.files import read_json
from lic_tcm.rd.curves import FloatArray
from lic_tcm.rd.intervals import JACKKNIFE, interval
from lic_tcm.rd.loss import losses
from lic_tcm.tables.schema import VariantRow, as_frame

if TYPE_CHECKING:
    import pandas as pd

REFERENCE, BETTER, WORSE = "reference", "better", "worse"
NOT_SEPARABLE = "not separable"  # the interval or the seeds hold both signs
ONE_SEED = "one seed"  # nothing is known of the spread over trainings
NO_INTERVAL = "too few images"
VERDICTS = (REFERENCE, BETTER, WORSE, NOT_SEPARABLE, ONE_SEED, NO_INTERVAL)


def variant_rows(name: str, budget: str, rows: "pd.DataFrame", models: Path | None) -> "pd.DataFrame":
    """A line (schema.VariantRow) per dataset, lambda and variant, in the order of the figure.

    `rows` are per image, with the variants as methods, `seed` and `model` beside them. `models` is the folder with
    their records of training; without it parameters and work stay empty.
    """
    figure, lines = FIGURES[name], []
    for (dataset, lmbda), points in rows.groupby(["dataset", "point"], sort=True):
        group = points.assign(
            cost=losses(points["bpp"].to_numpy(), points["psnr"].to_numpy(), float(points["point"].iloc[0]))
        )
        reference = _per_image(group[group["method"] == figure.reference])
        for variant in figure.variants:
            own = group[group["method"] == variant]
            found = _per_image(own)
            if list(found["cost"].index) != list(reference["cost"].index):
                raise UserError(f"{variant} and {figure.reference} have rows of other images; code both on the same")
            lines.append(
                {
                    "figure": name,
                    "variant": variant,
                    "budget": budget,
                    "dataset": dataset,
                    "point": lmbda,
                    "reference": figure.reference,
                    "images": len(found["cost"]),
                    "seeds": len(found["cost"].columns),
                    "bpp": float(found["bpp"].to_numpy().mean()),
                    "psnr": float(found["psnr"].to_numpy().mean()),
                    **_differences(found, reference, is_reference=variant == figure.reference),
                    **_counts(models, str(own["model"].iloc[0]), lmbda),
                    "encode_s": _median(own["encode_s"]),
                    "decode_s": _median(own["decode_s"]),
                }
            )
    return as_frame(lines, VariantRow)


def _per_image(rows: "pd.DataFrame") -> dict[str, "pd.DataFrame"]:
    """Cost, rate and PSNR of a variant: images down, seeds across."""
    rows = rows.assign(seed=rows["seed"].fillna(-1))
    return {column: rows.pivot(index="image", columns="seed", values=column) for column in ("cost", "bpp", "psnr")}


def _differences(
    found: dict[str, "pd.DataFrame"], reference: dict[str, "pd.DataFrame"], *, is_reference: bool
) -> dict[str, Any]:
    """Means over images of variant less reference; a reference differs from itself by nothing."""
    if is_reference:
        return {"verdict": REFERENCE}
    unit = 100 / float(reference["bpp"].to_numpy().mean())
    own, theirs = found["cost"].to_numpy(), reference["cost"].to_numpy()  # images x seeds
    by_image: FloatArray = unit * (own.mean(1) - theirs.mean(1))
    pairs = [unit * float((a - b).mean()) for a, b in itertools.product(own.T, theirs.T)]
    over_images = interval(lambda weights: weights @ by_image, len(by_image), JACKKNIFE)
    return {
        "difference": float(by_image.mean()),
        "ci_lo": over_images.low,
        "ci_hi": over_images.high,
        "seed_lo": min(pairs),
        "seed_hi": max(pairs),
        "difference_bpp": unit * float(found["bpp"].to_numpy().mean() - reference["bpp"].to_numpy().mean()),
        "difference_psnr": float(found["psnr"].to_numpy().mean() - reference["psnr"].to_numpy().mean()),
        "verdict": _verdict(over_images.bounds, pairs, min(own.shape[1], theirs.shape[1])),
    }


def _verdict(bounds: tuple[float, float] | None, pairs: list[float], seeds: int) -> str:
    """Better or worse only where the interval over images and all pairs of seeds have one sign."""
    if bounds is None:
        return NO_INTERVAL
    if seeds < 2:
        return ONE_SEED
    if max(*bounds, *pairs) < 0:
        return BETTER
    return WORSE if min(*bounds, *pairs) > 0 else NOT_SEPARABLE


def _counts(models: Path | None, model: str, lmbda: Hashable) -> dict[str, float]:
    """Parameters and work of a network, from the record of its training."""
    if models is None:
        return {}
    record = read_json(
        layout.training_record(models, model, str(lmbda)), "train the network first: snakemake ablations"
    )
    found: dict[str, float] = record.get("counts", {})
    return {key: found[key] for key in ("parameters", "kmacs_per_pixel") if key in found}


def _median(seconds: "pd.Series[float]") -> float | None:
    """The median; None where nothing was timed."""
    known = seconds.dropna()
    return None if known.empty else float(np.median(known))
