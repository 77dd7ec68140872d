"""Two networks trained for one lambda, by what they were trained for: R + lambda * 255^2 * MSE, image by image.

R is the rate of the stream in bpp and MSE that of the decoded 8-bit image, samples of 0 to 1, which is what PSNR says:
255^2 * MSE = 255^2 * 10^(-PSNR / 10). The loss is in bpp, as R is; TCM (Liu et al. 2023) and CompressAI train for it,
with the rate their likelihoods give. One point on each side is enough, and no curve is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lic_tcm.errors import UserError
from lic_tcm.layout import point as spelled
from lic_tcm.rd.curves import FloatArray, ImageRD
from lic_tcm.rd.intervals import JACKKNIFE, How, interval

PEAK = 255.0
MOST = 1.0  # a lambda of this loss; those that people train for are below 0.5
METRIC = "psnr"  # the only one that says the MSE


@dataclass(frozen=True)
class LossDifference:
    """The mean losses of two methods at one lambda, and their difference with its 95 % interval over images; in bpp."""

    lambda_: float
    anchor_loss: float
    test_loss: float
    difference: float  # test - anchor; negative: the test codec is better
    ci_lo: float | None
    ci_hi: float | None
    ci_method: str  # "" where there is no interval
    rate_part: float  # of the difference
    distortion_part: float
    n_images: int
    notes: tuple[str, ...]


def losses(bpp: FloatArray, psnr: FloatArray, lambda_: float) -> FloatArray:
    """R + lambda * 255^2 * MSE of images in bpp, same shape; an infinite PSNR has no MSE.

    >>> losses(np.array([0.5]), np.array([30.0]), 0.01).round(6).tolist()
    [1.15025]
    """
    return np.asarray(bpp + lambda_ * PEAK**2 * 10 ** (-psnr / 10))


def loss_differences(
    anchor: ImageRD, test: ImageRD, lambda_: float | None = None, how: How = JACKKNIFE
) -> list[LossDifference]:
    """The paired difference of the losses at every lambda both have, rising, over the images both have.

    Points are lambdas where `ImageRD.unit` says so; with `lambda_` they need not be: then the point of that number is
    taken, or a method's only one. Raises UserError for methods of two datasets, of another metric than PSNR or trained
    for another loss, without a common image, and where `lambda_` is no positive number or names no point.
    """
    _check(anchor, test)
    shared = sorted(set(anchor.images) & set(test.images))
    if not shared:
        raise UserError(f"{anchor.name} and {test.name} share no image of {test.dataset}; code the same ones")
    whole = len(shared) == len(anchor.images) == len(test.images)
    notes = () if whole else (f"on the {len(shared)} images both have",)
    sides = anchor.select(shared), test.select(shared)
    if lambda_ is not None:
        places = [(lambda_, _place(sides[0], lambda_), _place(sides[1], lambda_))]
    else:
        found = common_lambdas(anchor, test)
        places = [(value, _index(anchor.points, value), _index(test.points, value)) for value in found]
    return [_difference(value, _arrays(sides[0], k), _arrays(sides[1], m), how, notes) for value, k, m in places]


def common_lambdas(anchor: ImageRD, test: ImageRD) -> list[float]:
    """The lambdas that both methods have a point of, rising; none where a method's points are not known to be any.

    Numbers above MOST are lambdas of another loss: of MS-SSIM, or of the MSE without 255^2.
    """
    if not anchor.unit == test.unit == "lambda":
        return []
    known = {spelled(point) for point in anchor.points}
    return sorted(point for point in test.points if spelled(point) in known and 0 < point <= MOST)


def _check(anchor: ImageRD, test: ImageRD) -> None:
    for one in (anchor, test):
        if one.metric != METRIC:
            raise UserError(f"{one.name} is in {one.metric}; R + lambda * 255^2 * MSE is in psnr")
        if one.optimised_for != "mse":
            raise UserError(f"{one.name} was trained for {one.optimised_for}, not for R + lambda * 255^2 * MSE")
    if anchor.dataset and test.dataset and anchor.dataset != test.dataset:
        raise UserError(f"{anchor.name} and {test.name} are of two datasets; compare methods on one")


def _place(data: ImageRD, lambda_: float) -> int:
    """Which point is meant by a lambda that a user says: the one of that number, else the only one."""
    if not (np.isfinite(lambda_) and lambda_ > 0):
        raise UserError(f"lambda {lambda_:g} is not a positive number; give the one the networks were trained for")
    k = _index(data.points, lambda_)
    if k < 0 and len(data.points) > 1:
        points = ", ".join(map(spelled, data.points))
        raise UserError(f"{data.name} has no point {lambda_:g} but {points}; call its points by their lambdas")
    return max(k, 0)


def _index(points: Sequence[float], value: float) -> int:
    names = [spelled(point) for point in points]
    return names.index(spelled(value)) if spelled(value) in names else -1


def _arrays(data: ImageRD, k: int) -> tuple[FloatArray, FloatArray]:
    return data.bpp[k], data.value[k]


Arrays = tuple[FloatArray, FloatArray]  # bpp and PSNR in dB of each image, (images,)


def _difference(lambda_: float, anchor: Arrays, test: Arrays, how: How, notes: tuple[str, ...]) -> LossDifference:
    of_anchor, of_test = losses(*anchor, lambda_), losses(*test, lambda_)
    gaps = of_test - of_anchor
    found = interval(lambda weights: weights @ gaps, len(gaps), how)
    rate = float((test[0] - anchor[0]).mean())
    return LossDifference(
        lambda_=lambda_,
        anchor_loss=float(of_anchor.mean()),
        test_loss=float(of_test.mean()),
        difference=float(gaps.mean()),
        ci_lo=found.low,
        ci_hi=found.high,
        ci_method=str(how) if found.bounds else "",
        rate_part=rate,
        distortion_part=float(gaps.mean()) - rate,
        n_images=len(gaps),
        notes=(*found.notes(), *notes),
    )
