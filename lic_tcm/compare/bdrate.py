"""Two files compared: every BD method, the range they share, intervals where both hold images, and what to mind."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from lic_tcm.compare.named import read_named
from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import DEFAULT_INTERPOLATION, INTERPOLATIONS, SMALL_OVERLAP, Interpolation
from lic_tcm.rd.curves import ImageRD, Metric, RDCurve
from lic_tcm.rd.intervals import JACKKNIFE, How
from lic_tcm.rd.loss import LossDifference, loss_differences
from lic_tcm.rd.pair import Delta, Mark, Pair
from lic_tcm.rd.points import LEAST_ANCHOR, PointDifference, point_differences

WIDE_SPREAD = 1.0  # percentage points between methods that deserve a note
FEW = LEAST_ANCHOR  # points below which a curve may do without a BD-rate
SAY_LAMBDA = "; if both were trained for one lambda, say which (--lambda, or call the column lambda)"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Comparison:
    """All there is to say about two series; None where a method has no value, with a note saying why."""

    anchor: str  # label
    test: str
    metric: Metric
    bd_rate: Mapping[Interpolation, float | None]  # %
    bd_psnr: Mapping[Interpolation, float | None]  # on the metric's axis, PSNR or not
    overlap: tuple[float, float] | None  # on the axis; None without a BD-rate
    overlap_share: float | None  # of the test curve's range
    points: tuple[int, int]  # anchor, test
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    per_image: float | None = None  # %, mean of the images' BD-rates; None without images
    ci95: Mapping[str, tuple[float, float] | None] | None = None  # averaging: (low, high), %; images only
    n_images: int | None = None
    at_points: tuple[PointDifference, ...] = ()  # of each point of the test against the anchor's curve
    losses: tuple[LossDifference, ...] = ()  # at each lambda that both are known to be trained for

    def to_json(self) -> dict[str, object]:
        """The comparison as one JSON object; what concerns images or losses is there only where both files say it.

        The BD of the distortion is under the metric's name: bd_psnr or bd_ms_ssim, both in dB.
        """
        result: dict[str, object] = {
            "metric": self.metric,
            "bd_rate": dict(self.bd_rate),
            f"bd_{self.metric.replace('-', '_')}": dict(self.bd_psnr),
            "overlap": None if self.overlap is None else list(self.overlap),
            "overlap_share": self.overlap_share,
            "points": list(self.points),
            "marks": list(self.marks),
            "notes": list(self.notes),
            "at_points": [_document(one) for one in self.at_points],
        }
        if self.losses:
            result["losses"] = [_document(one) for one in self.losses]
        if self.ci95 is not None:
            result["bd_rate_per_image"] = self.per_image
            result["n_images"] = self.n_images
            result["ci95"] = {name: None if pair is None else list(pair) for name, pair in self.ci95.items()}
        return result


def _document(one: PointDifference | LossDifference) -> dict[str, object]:
    cells = {name.rstrip("_"): value for name, value in asdict(one).items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in cells.items()}


def bdrate_report(
    anchor: str | Path, test: str | Path, metric: Metric = "psnr", how: How = JACKKNIFE, lambda_: float | None = None
) -> Comparison:
    """Compare two files or named curves, as `named.read_named` finds them, anchor first.

    Two sets of per-image rows are compared on the images both have and give 95 % intervals too; `lambda_` is what both
    were trained for, where their points do not say it. Raises UserError that lists every bad line.
    """
    return compare(read_named(anchor, metric), read_named(test, metric), how, lambda_)


def compare(
    anchor: ImageRD | RDCurve, test: ImageRD | RDCurve, how: How = JACKKNIFE, lambda_: float | None = None
) -> Comparison:
    """Compare two series: BD-rates by every method, single points against the anchor's curve, losses at one lambda.

    Raises UserError when there is none of them, and for a `lambda_` that cannot be used.
    """
    pair = Pair.of(anchor, test)
    losses = _losses(anchor, test, lambda_, how)
    at_points, no_points = _attempt(lambda: point_differences(pair, how))
    found, no_rate = _attempt(lambda: _of_curves(pair, how))
    counts = len(pair.anchor.bpp), len(pair.test.bpp)
    if found:
        (comparison,) = found
        more = [no_points] if no_points else []
    elif not losses and (not at_points or counts[1] >= FEW):
        raise UserError((no_points or no_rate) + (SAY_LAMBDA if no_points and pair.images else ""))
    else:
        points = f"{counts[1]} point{'s' * (counts[1] != 1)}"
        why = f"no BD-rate: {pair.test.label} has {points}" if counts[1] < FEW else f"no BD-rate: {no_rate}"
        nothing: dict[Interpolation, float | None] = dict.fromkeys(INTERPOLATIONS)
        named = pair.anchor.label, pair.test.label, pair.anchor.metric
        comparison = Comparison(*named, nothing, nothing, None, None, counts, (), (why,))
        more = [no_points] if no_points and counts[0] >= FEW else []
    notes = tuple(dict.fromkeys([*comparison.notes, *more]))
    return replace(comparison, notes=notes, at_points=tuple(at_points), losses=tuple(losses))


def _attempt(what: Callable[[], Sequence[Found]]) -> tuple[Sequence[Found], str]:
    """What a computation gives, or nothing and why."""
    try:
        return what(), ""
    except UserError as error:
        return (), str(error)


def _losses(
    anchor: ImageRD | RDCurve, test: ImageRD | RDCurve, lambda_: float | None, how: How
) -> Sequence[LossDifference]:
    """The losses at lambdas both are known to be trained for; raises UserError for a `lambda_` that cannot be used."""
    if isinstance(anchor, ImageRD) and isinstance(test, ImageRD):
        if lambda_ is not None:
            return loss_differences(anchor, test, lambda_, how)
        return _attempt(lambda: loss_differences(anchor, test, None, how))[0]
    if lambda_ is not None:
        raise UserError("--lambda compares losses image by image; give rows per image on both sides")
    return []


def _of_curves(pair: Pair, how: How) -> list[Comparison]:
    """The BD-rates; raises UserError when no method gives one."""
    deltas = list(pair.deltas(INTERPOLATIONS, how))
    curves = {delta.bd_method: delta for delta in deltas if delta.averaging == "mean curve"}
    images = {delta.bd_method: delta for delta in deltas if delta.averaging == "per image"}
    rates = {method: curves[method].bd_rate for method in INTERPOLATIONS}
    if all(value is None for value in rates.values()):
        raise UserError(f"no BD-rate of {pair.test} against {pair.anchor}: {curves[DEFAULT_INTERPOLATION].notes[0]}")
    first, single = curves[DEFAULT_INTERPOLATION], images.get(DEFAULT_INTERPOLATION)
    assert first.overlap_lo is not None
    assert first.overlap_hi is not None
    return [
        Comparison(
            anchor=pair.anchor.label,
            test=pair.test.label,
            metric=pair.anchor.metric,
            bd_rate=rates,
            bd_psnr={method: curves[method].bd_distortion for method in INTERPOLATIONS},
            overlap=(first.overlap_lo, first.overlap_hi),
            overlap_share=first.overlap_share,
            points=(len(pair.anchor.bpp), len(pair.test.bpp)),
            marks=tuple(dict.fromkeys([*first.marks, *(single.marks if single else ())])),
            notes=tuple(_notes(pair, curves, single, how)),
            per_image=single.bd_rate if single else None,
            ci95={delta.averaging.replace(" ", "_"): _bounds(delta) for delta in (first, single)} if single else None,
            n_images=pair.n_images if single else None,
        )
    ]


def _notes(pair: Pair, curves: Mapping[Interpolation, Delta], single: Delta | None, how: How) -> list[str]:
    """What a reader must know: of the pair, of its rates, of the methods that fail, of the intervals."""
    failures = [
        note for method in INTERPOLATIONS for note in curves[method].notes if note.startswith(("bd_rate", "bd_psnr"))
    ]
    reasons = [*curves[DEFAULT_INTERPOLATION].notes, *failures]
    reasons += [*_rate_range_note(pair.anchor, pair.test), *_spread_note([delta.bd_rate for delta in curves.values()])]
    if single:
        reasons += [f"per image: {note}" for note in single.notes if note not in reasons]
        if _bounds(curves[DEFAULT_INTERPOLATION]):
            reasons.append(f"95 % intervals: {DEFAULT_INTERPOLATION}, {how}, over {pair.n_images} images")
    return list(dict.fromkeys(reasons))


def _bounds(delta: Delta) -> tuple[float, float] | None:
    return None if delta.ci_lo is None or delta.ci_hi is None else (delta.ci_lo, delta.ci_hi)


def _rate_range_note(anchor: RDCurve, test: RDCurve) -> list[str]:
    """A note where BD-PSNR, an integral over the common rates, rests on a small part of the test curve."""
    low, high = max(anchor.bpp[0], test.bpp[0]), min(anchor.bpp[-1], test.bpp[-1])
    if high <= low:
        return []  # then bd_psnr itself says so
    share = math.log(high / low) / math.log(test.bpp[-1] / test.bpp[0])
    return [f"the common rates are only {100 * share:.0f} % of the test curve's"] if share < SMALL_OVERLAP else []


def _spread_note(rates: Sequence[float | None]) -> list[str]:
    values = [value for value in rates if value is not None]
    spread = max(values) - min(values)
    return [f"the methods differ by {spread:.2f} percentage points"] if spread > WIDE_SPREAD else []
