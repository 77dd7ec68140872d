"""How often the 95 % intervals hold the true BD-rate: a simulation fitted to measured rows, for docs/intervals.md.

Images are drawn from a population whose BD-rate is known, so that one can count how often each kind of interval holds
it. Two populations: "normal", a multivariate normal of log rate and PSNR of both methods at every point, fitted to the
rows, and "images", the images of the rows themselves, drawn with replacement. The first has longer tails than any set
of images seen, the second none beyond them. Run it with `make interval-coverage`, or on rows of your own:

    python -m lic_tcm.measure.coverage ROWS.csv ... --pair jpeg webp --pair vvenc avif
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Protocol

import numpy as np

from lic_tcm.errors import UserError
from lic_tcm.rd.curves import FloatArray, ImageRD
from lic_tcm.rd.intervals import (
    LEVEL,
    Averaging,
    How,
    bd_rate_intervals,
    image_bd_rates,
    leave_one_out,
    resample_weights,
)
from lic_tcm.rd.manycurves import IntervalInterpolation, gaps, mean_rows, percent
from lic_tcm.rd.pair import Pair
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.series import measured_curve

PAIRS = (("jpeg", "webp"), ("webp", "avif"), ("vvenc", "avif"), ("jpeg", "hevc"))
COUNTS = (2, 5, 10, 24, 41, 100)
KINDS = ("jackknife", "bootstrap", "BCa")
POPULATION = 100_000  # images that the true mean of the images' BD-rates is taken from
METHOD: IntervalInterpolation = "pchip"


class Population(Protocol):
    """What images are drawn from."""

    def draw(self, images: int, rng: np.random.Generator) -> tuple[ImageRD, ImageRD]:
        """Anchor and test on so many new images."""

    def truth(self, rng: np.random.Generator) -> Mapping[Averaging, float]:
        """The BD-rates of the population, in %."""


@dataclass(frozen=True)
class Images:
    """The images of some rows, each as likely as any other."""

    anchor: ImageRD
    test: ImageRD

    def draw(self, images: int, rng: np.random.Generator) -> tuple[ImageRD, ImageRD]:
        """Anchor and test on so many images, drawn with replacement and named anew."""
        columns = rng.integers(0, len(self.test.images), images)
        names = tuple(f"{k}" for k in range(images))
        anchor, test = (
            replace(data, images=names, bpp=data.bpp[:, columns], value=data.value[:, columns])
            for data in (self.anchor, self.test)
        )
        return anchor, test

    def truth(self, rng: np.random.Generator) -> Mapping[Averaging, float]:  # noqa: ARG002
        """The BD-rates of all images together."""
        found = bd_rate_intervals(self.anchor, self.test, METHOD)
        values = {averaging: one.value for averaging, one in found.items()}
        return {averaging: value for averaging, value in values.items() if value is not None}


@dataclass(frozen=True)
class Model:
    """Log rates and PSNRs of two methods at their points, of an image at random: a multivariate normal."""

    points: tuple[tuple[float, ...], tuple[float, ...]]
    mean: FloatArray  # (2 * points of anchor + 2 * points of test,)
    root: FloatArray  # (images it was fitted to, values): covariance = root.T @ root

    @classmethod
    def fitted(cls, anchor: ImageRD, test: ImageRD) -> "Model":
        """The model of two methods on the same images."""
        values = np.concatenate([np.log(anchor.bpp), anchor.value, np.log(test.bpp), test.value])
        centred = (values - values.mean(axis=1, keepdims=True)).T
        root = centred / np.sqrt(len(centred) - 1)
        return cls((anchor.points, test.points), values.mean(axis=1), root)

    def draw(self, images: int, rng: np.random.Generator) -> tuple[ImageRD, ImageRD]:
        """Anchor and test on so many new images."""
        values = (self.mean + rng.standard_normal((images, len(self.root))) @ self.root).T
        return self._pair(values)

    def _pair(self, values: FloatArray) -> tuple[ImageRD, ImageRD]:
        names = tuple(f"{k}" for k in range(values.shape[1]))
        made, start = [], 0
        for name, points in zip(("anchor", "test"), self.points, strict=True):
            n = len(points)
            rate, psnr = np.exp(values[start : start + n]), values[start + n : start + 2 * n]
            made.append(ImageRD(name, name, "model", "psnr", points, names, rate, psnr))
            start += 2 * n
        return made[0], made[1]

    def truth(self, rng: np.random.Generator) -> Mapping[Averaging, float]:
        """The BD-rate of the mean curve in closed form, and the mean of the images' BD-rates from POPULATION images."""
        variance = (self.root**2).sum(axis=0)
        rates = self.mean + variance / 2  # the log of a log-normal's mean
        n_anchor, n_test = (len(points) for points in self.points)
        values = self.mean.copy()
        for start, n in ((0, n_anchor), (2 * n_anchor, n_test)):
            values[start : start + n] = rates[start : start + n]
        anchor, test = self._pair(values[:, None])
        drawn = self.draw(POPULATION, rng)
        return {
            "mean curve": float(image_bd_rates(anchor, test, METHOD)[0]),
            "per image": float(np.nanmean(image_bd_rates(*drawn, METHOD))),
        }


def coverage(
    population: Population, images: int, sets: int, resamples: int, seed: int
) -> dict[tuple[str, Averaging], float]:
    """The share of `sets` draws of so many images whose interval holds the truth, by kind of interval and average."""
    rng = np.random.default_rng(seed)
    truth = population.truth(rng)
    hits: dict[tuple[str, Averaging], int] = {}
    for _ in range(sets):
        pair = population.draw(images, rng)
        for kind, averaging, (low, high) in _ends(*pair, resamples):
            hits[kind, averaging] = hits.get((kind, averaging), 0) + (low <= truth[averaging] <= high)
    return {key: count / sets for key, count in hits.items()}


def _ends(anchor: ImageRD, test: ImageRD, resamples: int) -> Iterator[tuple[str, Averaging, tuple[float, float]]]:
    """The ends of each kind of interval of one draw; a set that has none counts as a miss."""
    nowhere = (np.inf, -np.inf)
    for how in (How("jackknife", least=2), How("bootstrap", resamples, least=2)):
        for averaging, interval in bd_rate_intervals(anchor, test, METHOD, how).items():
            yield how.kind, averaging, interval.bounds or nowhere
    yield "BCa", "mean curve", _bca(anchor, test, resamples) or nowhere


def _bca(anchor: ImageRD, test: ImageRD, resamples: int) -> tuple[float, float] | None:
    """The bias-corrected and accelerated bootstrap (Efron, 1987) of the mean curve's BD-rate, in %."""

    def rate(weights: FloatArray) -> FloatArray:
        return gaps(mean_rows(anchor, weights), mean_rows(test, weights), METHOD).log_ratio

    n, normal = len(test.images), NormalDist()
    value, drawn = rate(np.full((1, n), 1 / n))[0], rate(resample_weights(n, resamples))
    left_out, below = rate(leave_one_out(n)), float(np.mean(drawn < value))
    if np.isnan(drawn).any() or np.isnan(left_out).any() or not 0 < below < 1:
        return None
    bias, skewed = normal.inv_cdf(below), left_out.mean() - left_out
    scale = 6 * (skewed**2).sum() ** 1.5
    acceleration = (skewed**3).sum() / scale if scale else 0.0
    shares = []
    for tail in ((1 - LEVEL) / 2, 1 - (1 - LEVEL) / 2):
        z = bias + normal.inv_cdf(tail)
        shares.append(normal.cdf(bias + z / (1 - acceleration * z)))
    low, high = percent(np.quantile(drawn, shares))
    return float(low), float(high)


POPULATIONS: Mapping[str, Callable[[ImageRD, ImageRD], Population]] = {"normal": Model.fitted, "images": Images}


def simulate(
    rows: Sequence[Path], pairs: Sequence[tuple[str, str]], kind: str, sets: int, resamples: int, seed: int
) -> dict[tuple[int, str, Averaging], list[float]]:
    """Coverage by number of images, kind of interval and average: one value for each pair. `kind` is in POPULATIONS.

    Raises UserError for a method the rows lack.
    """
    frame = read_rows(rows)
    found: dict[tuple[int, str, Averaging], list[float]] = {}
    for names in pairs:
        data = [
            measured_curve(frame[frame["method"] == name], "psnr") for name in names if name in set(frame["method"])
        ]
        if len(data) != 2 or not all(isinstance(one, ImageRD) for one in data):
            raise UserError(f"the rows give no curves of both {' and '.join(names)}; name other methods with --pair")
        shared = Pair.of(*(one for one in data if isinstance(one, ImageRD))).images
        assert shared is not None
        population = POPULATIONS[kind](*shared)
        for images in COUNTS:
            for (interval, averaging), share in coverage(population, images, sets, resamples, seed).items():
                found.setdefault((images, interval, averaging), []).append(share)
            print(f"{' '.join(names)}, {images} images: done", file=sys.stderr)
    return found


def markdown(found: Mapping[tuple[int, str, Averaging], Sequence[float]]) -> str:
    """A table of coverage in %, lowest and highest over the pairs.

    >>> print(markdown({(5, "jackknife", "mean curve"): [0.95, 0.93], (5, "bootstrap", "mean curve"): [0.8]}))
    | images | jackknife, mean curve | bootstrap, mean curve |
    |---:|---:|---:|
    | 5 | 93-95 | 80 |
    """
    columns = list(dict.fromkeys((kind, averaging) for _, kind, averaging in found))
    lines = [
        "| images | " + " | ".join(", ".join(column) for column in columns) + " |",
        "|---:" * (len(columns) + 1) + "|",
    ]
    for images in dict.fromkeys(n for n, _, _ in found):
        cells = []
        for kind, averaging in columns:
            shares = [f"{100 * share:.0f}" for share in sorted(found[images, kind, averaging])]
            cells.append("-".join(dict.fromkeys((shares[0], shares[-1]))))
        lines.append(f"| {images} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table for the rows given on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", nargs="+", type=Path, help="per-image rows, CSV")
    parser.add_argument("--pair", nargs=2, action="append", metavar=("ANCHOR", "TEST"), help="repeatable")
    parser.add_argument("--population", choices=list(POPULATIONS), default="normal")
    parser.add_argument("--sets", type=int, default=500, help="draws for each pair and number of images")
    parser.add_argument("--resamples", type=int, default=2000, help="of the bootstrap")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    pairs = [(anchor, test) for anchor, test in given.pair] if given.pair else PAIRS
    print(markdown(simulate(given.rows, pairs, given.population, given.sets, given.resamples, given.seed)))


if __name__ == "__main__":
    main()
