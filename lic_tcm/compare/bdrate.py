"""Two files compared: every BD method, the range they share, intervals where both hold images, and what to mind."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lic_tcm.compare.named import read_named
from lic_tcm.errors import UserError
from lic_tcm.metrics import get
from lic_tcm.rd.bdrate import DEFAULT_INTERPOLATION, INTERPOLATIONS, SMALL_OVERLAP, Interpolation
from lic_tcm.rd.curves import ImageRD, Metric, RDCurve
from lic_tcm.rd.intervals import JACKKNIFE, How
from lic_tcm.rd.pair import Delta, Mark, Pair

WIDE_SPREAD = 1.0  # percentage points between methods that deserve a note


@dataclass(frozen=True)
class Comparison:
    """All there is to say about two series; None where a method has no value, with a note saying why."""

    anchor: str  # label
    test: str
    metric: Metric
    bd_rate: Mapping[Interpolation, float | None]  # %
    bd_psnr: Mapping[Interpolation, float | None]  # on the metric's axis, PSNR or not
    overlap: tuple[float, float]  # on the axis
    overlap_share: float  # of the test curve's range
    points: tuple[int, int]  # anchor, test
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    per_image: float | None = None  # %, mean of the images' BD-rates; None without images
    ci95: Mapping[str, tuple[float, float] | None] | None = None  # averaging: (low, high), %; images only
    n_images: int | None = None

    def to_json(self) -> dict[str, object]:
        """The comparison as one JSON object; what concerns images is there only where both files hold them.

        The BD of the distortion is under the metric's name: bd_psnr or bd_ms_ssim, both in dB.
        """
        result: dict[str, object] = {
            "metric": self.metric,
            "bd_rate": dict(self.bd_rate),
            f"bd_{self.metric.replace('-', '_')}": dict(self.bd_psnr),
            "overlap": list(self.overlap),
            "overlap_share": self.overlap_share,
            "points": list(self.points),
            "marks": list(self.marks),
            "notes": list(self.notes),
        }
        if self.ci95 is not None:
            result["bd_rate_per_image"] = self.per_image
            result["n_images"] = self.n_images
            result["ci95"] = {name: None if pair is None else list(pair) for name, pair in self.ci95.items()}
        return result


def bdrate_report(anchor: str | Path, test: str | Path, metric: Metric = "psnr", how: How = JACKKNIFE) -> Comparison:
    """Compare two files or named curves, as `named.read_named` finds them, anchor first.

    Two sets of per-image rows are compared on the images both have and give 95 % intervals too.
    Raises UserError that lists every bad line.
    """
    return compare(read_named(anchor, metric), read_named(test, metric), how)


def compare(anchor: ImageRD | RDCurve, test: ImageRD | RDCurve, how: How = JACKKNIFE) -> Comparison:
    """Compare two series by every method; raises UserError when no method gives a BD-rate."""
    pair = Pair.of(anchor, test)
    deltas = list(pair.deltas(INTERPOLATIONS, how))
    curves = {delta.bd_method: delta for delta in deltas if delta.averaging == "mean curve"}
    images = {delta.bd_method: delta for delta in deltas if delta.averaging == "per image"}
    rates = {method: curves[method].bd_rate for method in INTERPOLATIONS}
    if all(value is None for value in rates.values()):
        raise UserError(f"no BD-rate of {pair.test} against {pair.anchor}: {curves[DEFAULT_INTERPOLATION].notes[0]}")
    first, single = curves[DEFAULT_INTERPOLATION], images.get(DEFAULT_INTERPOLATION)
    assert first.overlap_lo is not None
    assert first.overlap_hi is not None
    assert first.overlap_share is not None
    return Comparison(
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


def format_comparison(comparison: Comparison) -> str:
    """The comparison as plain text: a table of the methods, then the range and the notes."""
    low, high = comparison.overlap
    metric = get(comparison.metric)
    wide = max(14, 5 + len(metric.axis_name))
    lines = [
        f"{comparison.test} against {comparison.anchor} (anchor)",
        f"{'method':<8}{'BD-rate':>12}{'BD-' + metric.axis_name:>{wide}}",
    ]
    for method in INTERPOLATIONS:
        rate, gain = comparison.bd_rate[method], comparison.bd_psnr[method]
        lines.append(f"{method:<8}{_cell(rate, '.2f', ' %'):>12}{_cell(gain, '.3f', metric.per_unit):>{wide}}")
    places = f"{low:.{metric.decimals}f} to {high:.{metric.decimals}f}{metric.per_unit}"
    lines.append(f"common range {places}, {100 * comparison.overlap_share:.0f} % of the test curve's")
    lines.append(f"points {comparison.points[0]} (anchor), {comparison.points[1]} (test)")
    if comparison.ci95 is not None:
        values = {"mean_curve": comparison.bd_rate[DEFAULT_INTERPOLATION], "per_image": comparison.per_image}
        for name, pair in comparison.ci95.items():
            text = "no 95 % interval" if pair is None else f"95 % interval {pair[0]:.2f} to {pair[1]:.2f} %"
            lines.append(
                f"{name.replace('_', ' ')}, {DEFAULT_INTERPOLATION}: {_cell(values[name], '.2f', ' %')}, {text}"
            )
    return "\n".join([*lines, *(f"note: {note}" for note in comparison.notes)]) + "\n"


def _cell(value: float | None, form: str, unit: str) -> str:
    return "-" if value is None else f"{value:{form}}{unit}"
