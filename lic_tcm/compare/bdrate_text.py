"""Two files compared, as plain text."""

from collections.abc import Sequence

from lic_tcm.compare.bdrate import Comparison
from lic_tcm.layout import point as spelled
from lic_tcm.metrics import Metric, get
from lic_tcm.rd.bdrate import DEFAULT_INTERPOLATION, INTERPOLATIONS
from lic_tcm.rd.loss import LossDifference
from lic_tcm.rd.points import PointDifference


def format_comparison(comparison: Comparison) -> str:
    """The comparison as plain text: a table of the methods, then the range, points, losses and the notes."""
    lines = [f"{comparison.test} against {comparison.anchor} (anchor)"]
    if comparison.overlap is not None:
        lines += _of_curves(comparison, comparison.overlap)
    metric = get(comparison.metric)
    notes = list(comparison.notes)
    if comparison.at_points:
        lines += ["each point against the anchor's curve, which is no BD-rate:", *_points(comparison.at_points, metric)]
        notes += [note for one in comparison.at_points for note in one.notes]
    if comparison.losses:
        lines += ["R + lambda * 255^2 * MSE in bpp, test - anchor over the same images:", *_losses(comparison.losses)]
        notes += [note for one in comparison.losses for note in one.notes]
    return "\n".join([*lines, *(f"note: {note}" for note in dict.fromkeys(notes))]) + "\n"


def _of_curves(comparison: Comparison, overlap: tuple[float, float]) -> list[str]:
    """The BD-rates, the common range and the intervals."""
    low, high = overlap
    metric, share = get(comparison.metric), comparison.overlap_share or 0.0
    wide = max(14, 5 + len(metric.axis_name))
    lines = [f"{'method':<8}{'BD-rate':>12}{'BD-' + metric.axis_name:>{wide}}"]
    for method in INTERPOLATIONS:
        rate, gain = comparison.bd_rate[method], comparison.bd_psnr[method]
        lines.append(f"{method:<8}{_cell(rate, '.2f', ' %'):>12}{_cell(gain, '.3f', metric.per_unit):>{wide}}")
    places = f"{low:.{metric.decimals}f} to {high:.{metric.decimals}f}{metric.per_unit}"
    lines.append(f"common range {places}, {100 * share:.0f} % of the test curve's")
    lines.append(f"points {comparison.points[0]} (anchor), {comparison.points[1]} (test)")
    if comparison.ci95 is not None:
        values = {"mean_curve": comparison.bd_rate[DEFAULT_INTERPOLATION], "per_image": comparison.per_image}
        for name, pair in comparison.ci95.items():
            text = "no 95 % interval" if pair is None else f"95 % interval {pair[0]:.2f} to {pair[1]:.2f} %"
            lines.append(
                f"{name.replace('_', ' ')}, {DEFAULT_INTERPOLATION}: {_cell(values[name], '.2f', ' %')}, {text}"
            )
    return lines


def _points(found: Sequence[PointDifference], metric: Metric) -> list[str]:
    """A line for each point and average: rate difference and interval at its quality, then quality at its rate."""
    rows = [["at", "rate", "average", "rate there", "95 % interval", f"{metric.axis_name} at its rate", "interval"]]
    for one in found:
        rate = "none" if one.rate_difference is None else f"{one.rate_difference:+.2f} %"
        places = f".{metric.decimals}f"
        gain = "none" if one.quality_difference is None else f"{one.quality_difference:+{places}}{metric.per_unit}"
        rows.append(
            [
                *(f"{one.distortion:{places}}{metric.per_unit}", f"{one.bpp:.4f} bpp", one.averaging),
                *(rate, _ends(one.rate_lo, one.rate_hi, "+.2f")),
                *(gain, _ends(one.quality_lo, one.quality_hi, f"+{places}")),
            ]
        )
    return _aligned(rows)


def _losses(found: Sequence[LossDifference]) -> list[str]:
    rows = [["lambda", "anchor", "test", "difference", "95 % interval", "of rate", "of distortion", "images"]]
    for one in found:
        rows.append(
            [
                *(spelled(one.lambda_), f"{one.anchor_loss:.4f}", f"{one.test_loss:.4f}", f"{one.difference:+.4f}"),
                _ends(one.ci_lo, one.ci_hi, "+.4f"),
                *(f"{one.rate_part:+.4f}", f"{one.distortion_part:+.4f}", str(one.n_images)),
            ]
        )
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _ends(low: float | None, high: float | None, form: str) -> str:
    return "none" if low is None or high is None else f"{low:{form}} to {high:{form}}"


def _cell(value: float | None, form: str, unit: str) -> str:
    return "-" if value is None else f"{value:{form}}{unit}"
