"""Curves and what is said of two of them, comparisons and plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import ImageRD, Metric, RDCurve
from lic_tcm.rd.intervals import IntervalKind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from lic_tcm.rd.loss import LossDifference
    from lic_tcm.rd.points import PointDifference

Curve = RDCurve | ImageRD


@dataclass(frozen=True)
class BDRate:
    """The BD-rate of one curve against another; `float(it)` is `value`.

    Attributes:
        anchor: label of the anchor's curve.
        test: label of the tested curve.
        metric: the distortion at whose equal values the rates are compared.
        value: % more bits of the mean curve; negative means fewer.
        interval: its 95 % interval over images, %; None where a curve has no rows per image, or under five.
        per_image: mean of the images' own BD-rates, %; None without images.
        per_image_interval: that one's 95 % interval.
        n_images: images both have; None without images.
        overlap: range of distortions that both curves have, dB.
        overlap_share: its share of the test curve's range.
        marks: reasons why the value must not be quoted alone ("overlap", "crossing", ...).
        notes: what a reader must know, in sentences.
        all: value by interpolation: cubic, pchip, akima and spline; None where one has none.
    """

    anchor: str
    test: str
    metric: str
    value: float
    interval: tuple[float, float] | None
    per_image: float | None
    per_image_interval: tuple[float, float] | None
    n_images: int | None
    overlap: tuple[float, float]
    overlap_share: float
    marks: tuple[str, ...]
    notes: tuple[str, ...]
    all: Mapping[str, float | None]

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        interval = "" if self.interval is None else f" [{self.interval[0]:.2f}, {self.interval[1]:.2f}]"
        return f"{self.test} against {self.anchor}: BD-rate {self.value:.2f} %{interval} (pchip, {self.metric})"


@dataclass(frozen=True)
class Comparison:
    """A finished comparison: the page, and each table of `reports/<name>/tables` as a DataFrame by name."""

    page: Path
    tables: "Mapping[str, pd.DataFrame]"

    @property
    def bd_rate(self) -> "pd.DataFrame":
        """All BD-rates: a line for each series, anchor, metric, averaging and interpolation."""
        return self.tables["bd_rate"]

    @property
    def rd_points(self) -> "pd.DataFrame":
        """All points of all series."""
        return self.tables["rd_points"]

    @property
    def point_differences(self) -> "pd.DataFrame":
        """Every point of every series against the curves it is compared with: what one to three points give."""
        return self.tables["point_differences"]

    @property
    def loss_differences(self) -> "pd.DataFrame":
        """R + lambda * 255^2 * MSE of every two methods with images and a lambda in common."""
        return self.tables["loss_differences"]


def curve(name: str, dataset: str | None = None, metric: Metric = "psnr") -> Curve:
    """A curve that comes with the suite, or that a run in this folder measured.

    `name` is <dataset>/<key>, such as "kodak/vtm" or "measured:kodak/webp", or with `dataset` the key alone; `curves`
    lists them. Raises UserError for an unknown name, naming near ones, and for a metric the curve lacks.

    Examples:
        >>> len(curve("elic", dataset="kodak").bpp)
        10
    """
    from lic_tcm.compare import named

    return named.read_named(name, metric) if dataset is None else named.curve(name, dataset, metric)


def curves(dataset: str | None = None, find: str = "") -> "pd.DataFrame":
    """The list of all curves: dataset, key, label, year, metric, points, ranges, kind, PSNR reference, source.

    Raises UserError for a dataset without curves and for a text `find` that no key, label or source holds.

    Examples:
        >>> curves("kodak", find="tcm-large")["key"].tolist()
        ['tcm-large']
    """
    import pandas as pd

    from lic_tcm.compare import catalogue

    return pd.DataFrame(catalogue.rows_of(catalogue.catalogue(dataset, find)), columns=catalogue.COLUMNS)


def read_curves(
    source: "str | Path | pd.DataFrame | Mapping[str, Sequence[float]]",
    name: str = "mine",
    dataset: str = "",
    metric: Metric = "psnr",
) -> dict[str, Curve]:
    """Your own results by method, from a file, a DataFrame, or arrays by column.

    The forms are those of `lic-tcm compare --help`: columns bpp and psnr (dB) or ms_ssim (0..1) or ms_ssim_db, with
    image and point for rows per image, and method for several methods. `name` is the method of a table that names
    none. Methods without the metric are left out. Raises UserError that lists every bad line, or when no method is
    left.

    Examples:
        >>> mine = read_curves({"bpp": [0.1, 0.2, 0.4, 0.8], "psnr": [28, 31, 34, 37]})["mine"]
        >>> mine.distortion
        (28.0, 31.0, 34.0, 37.0)
    """
    import pandas as pd

    from lic_tcm.compare.series import read_series

    if isinstance(source, str | Path):
        found = read_series(Path(source).expanduser(), dataset or None, only=(metric,))
    else:
        table = pd.DataFrame(source).to_csv(index=False)
        found = read_series(Path(name), dataset or None, only=(metric,), text=table)
    return {one.name: one.data(metric) for one in found}


def bd_rate(anchor: Curve, test: Curve, intervals: IntervalKind = "jackknife") -> BDRate:
    """How many percent more bits `test` needs than `anchor` at equal distortion; negative means fewer.

    Bjøntegaard's difference of log rates over the common range of distortions (VCEG-M33), by PCHIP; `all` has the
    other interpolations. With rows per image on both sides, the images that both have are compared, and the
    result has 95 % intervals over images: "jackknife" (delete-one, Student's t) or "bootstrap" (percentiles).
    Raises UserError for curves of two metrics or datasets, without a common range, or with too few points: one to three
    are compared by `point_differences`.

    Examples:
        >>> anchor, test = ({"bpp": [0.1 * k, 0.2 * k, 0.4 * k, 0.8 * k], "psnr": [28, 31, 34, 37]} for k in (1, 0.9))
        >>> round(float(bd_rate(read_curves(anchor)["mine"], read_curves(test)["mine"])), 6)
        -10.0
    """
    from lic_tcm.compare.bdrate import compare
    from lic_tcm.rd.bdrate import DEFAULT_INTERPOLATION
    from lic_tcm.rd.intervals import How

    found = compare(anchor, test, How(intervals))
    value = found.bd_rate[DEFAULT_INTERPOLATION]
    if value is None or found.overlap is None or found.overlap_share is None:
        call = "point_differences compares single points" if found.at_points else "loss_differences compares losses"
        raise UserError(f"no BD-rate of {found.test} against {found.anchor}: {'; '.join(found.notes)}; lic_tcm.{call}")
    bounds = found.ci95 or {}
    return BDRate(
        anchor=found.anchor,
        test=found.test,
        metric=found.metric,
        value=value,
        interval=bounds.get("mean_curve"),
        per_image=found.per_image,
        per_image_interval=bounds.get("per_image"),
        n_images=found.n_images,
        overlap=found.overlap,
        overlap_share=found.overlap_share,
        marks=tuple(map(str, found.marks)),
        notes=found.notes,
        all={str(method): value for method, value in found.bd_rate.items()},
    )


def point_differences(
    anchor: Curve, test: Curve, intervals: IntervalKind = "jackknife"
) -> "tuple[PointDifference, ...]":
    """Each point of `test` against the curve of `anchor`: one to three points are enough, and it is no BD-rate.

    By rate, a `PointDifference` for each point: `rate_difference`, how many percent more bits it needs than the
    anchor's curve (PCHIP of log rate) at its quality, negative for fewer, and `quality_difference`, how much better it
    is at its rate; None beyond the anchor's range. With rows per image on both sides each has its 95 % interval, and
    the mean of the images follows. Raises UserError for curves of two metrics or datasets, and for an anchor of fewer
    than four points.

    Examples:
        >>> anchor = read_curves({"bpp": [0.1, 0.2, 0.4, 0.8], "psnr": [28, 31, 34, 37]})["mine"]
        >>> (found,) = point_differences(anchor, read_curves({"bpp": [0.18], "psnr": [31]})["mine"])
        >>> f"at {found.distortion} dB {found.rate_difference:.1f} %"
        'at 31.0 dB -10.0 %'
    """
    from lic_tcm.rd import points
    from lic_tcm.rd.intervals import How
    from lic_tcm.rd.pair import Pair

    return tuple(points.point_differences(Pair.of(anchor, test), How(intervals)))


def loss_differences(
    anchor: Curve, test: Curve, lambda_: float | None = None, intervals: IntervalKind = "jackknife"
) -> "tuple[LossDifference, ...]":
    """R + lambda * 255^2 * MSE of two networks trained for one lambda, image by image, in bpp; no curve is needed.

    A `LossDifference` for each lambda that both have, where their points are known to be lambdas (a column of that
    name, rows of TCM); with `lambda_`, for that one. Raises UserError for what is not rows per image in PSNR, for
    methods of two datasets, and where nothing says the lambda.
    """
    from lic_tcm.rd import loss
    from lic_tcm.rd.intervals import How

    if not (isinstance(anchor, ImageRD) and isinstance(test, ImageRD)):
        raise UserError("losses are compared image by image; give rows per image on both sides")
    found = tuple(loss.loss_differences(anchor, test, lambda_, How(intervals)))
    if not found:
        raise UserError(f"nothing says for which lambda {anchor.name} and {test.name} were both trained; give lambda_")
    return found


def compare_files(
    files: Sequence[str | Path], dataset: str, against: Sequence[str] = (), out: str | Path | None = None
) -> Comparison:
    """Compare the methods of your files with published and measured curves: tables, figures and a page.

    As `lic-tcm compare`: `against` are names of curves on the dataset, without which the first method is the anchor;
    the report goes to `out`, by default reports/<first file>. A method of one to three points has no BD-rate, but lines
    in `point_differences`, and in `loss_differences` against networks of the same lambda. Raises UserError for files or
    names that cannot be used, and when `out` holds a report of something else.
    """
    import pandas as pd

    from lic_tcm.compare.compare import compare

    paths = [Path(file).expanduser() for file in files]
    if not paths:
        raise UserError("no file is given to compare; name at least one")
    folder = Path(out).expanduser() if out is not None else layout.report(paths[0].stem)
    page = compare(paths, dataset, list(against), folder).page
    tables = sorted(layout.compared_tables(folder).glob("*.csv"))
    return Comparison(page, {path.stem: pd.read_csv(path) for path in tables if path.stat().st_size})


def plot_rd(curves: Sequence[Curve], ax: "Axes | None" = None) -> "Axes":
    """Draw curves into axes, new ones by default: rate in bpp against distortion in dB; returns the axes.

    Measured methods are drawn with solid lines, other people's numbers dashed. Raises UserError without curves and
    for curves of two metrics.
    """
    import matplotlib.pyplot as plt

    from lic_tcm.metrics import get

    means = [one.mean_curve() if isinstance(one, ImageRD) else one for one in curves]
    metrics = sorted({one.metric for one in means})
    if len(metrics) != 1:
        raise UserError(f"curves of one metric can be drawn together, not of {' and '.join(metrics) or 'none'}")
    axes: Axes = plt.subplots()[1] if ax is None else ax
    for one in means:
        axes.plot(one.bpp, one.distortion, "o-" if one.kind == "measured" else "o--", markersize=3, label=one.label)
    axes.set_xlabel("rate (bpp)")
    axes.set_ylabel(get(metrics[0]).axis_title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    return axes
