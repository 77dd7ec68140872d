"""The suite from Python: curves, BD-rates with intervals, comparisons, plots, and one image through one codec.

Examples:
    >>> import lic_tcm
    >>> vtm = lic_tcm.curve("kodak/vtm-12.1-tcm-figure")
    >>> tcm = lic_tcm.curve("kodak/tcm-large")
    >>> print(lic_tcm.bd_rate(vtm, tcm))
    Liu 2023 TCM-L against VTM-12.1 (TCM figure): BD-rate -12.31 % (pchip, psnr)

A curve is an `RDCurve` (points) or, with rows per image, an `ImageRD`; only two of the latter give intervals.
What a function needs is imported when it is called: `import lic_tcm` itself takes no time, and loads no torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.extras import explained
from lic_tcm.rd.curves import METRICS, ImageRD, Metric, RDCurve
from lic_tcm.rd.intervals import IntervalKind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Curve = RDCurve | ImageRD
Image = npt.NDArray[np.uint8]


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
    Raises UserError for curves of two metrics or datasets, without a common range, or with too few points.

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
    if value is None:
        raise UserError(f"no BD-rate of {found.test} against {found.anchor}: {'; '.join(found.notes)}")
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


def compare_files(
    files: Sequence[str | Path], dataset: str, against: Sequence[str] = (), out: str | Path | None = None
) -> Comparison:
    """Compare the methods of your files with published and measured curves: tables, figures and a page.

    As `lic-tcm compare`: `against` are names of curves on the dataset, without which the first method is the anchor;
    the report goes to `out`, by default reports/<first file>. Raises UserError for files or names that cannot be
    used, and when `out` holds a report of something else.
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


@explained()
def encode(image: Image | str | Path, codec: str, point: float, **options: Any) -> bytes:
    """The stream of an image: uint8 RGB (H, W, 3), or a file of one.

    `point` is in the codec's unit: QP, quality, or TCM's lambda; `options` are those of the codec, such as
    `model="nano"`. Raises UserError or CodecError for an image, codec, point or option that does not fit.

    Examples:
        >>> stream = encode(np.full((16, 24, 3), 128, np.uint8), "webp", 80)
        >>> decode(stream, "webp").shape
        (16, 24, 3)
    """
    from lic_tcm.bench import codecs

    return codecs.create(codec, options).encode(_pixels(image), point)


@explained()
def decode(stream: bytes | str | Path, codec: str, **options: Any) -> Image:
    """The picture of a stream or of a file of one: uint8 RGB (H, W, 3). Raises UserError or CodecError."""
    from lic_tcm.bench import codecs
    from lic_tcm.files import unreadable

    if not isinstance(stream, bytes):
        path = Path(stream).expanduser()
        try:
            stream = path.read_bytes()
        except OSError as error:
            raise unreadable(path, error, "check the path") from error
    return codecs.create(codec, options).decode(stream)


@explained()
def score(
    original: Image | str | Path,
    decoded: Image | str | Path,
    num_bytes: int | None = None,
    metrics: Sequence[str] = METRICS,
) -> dict[str, float]:
    """A decoded picture's value in each metric, by default PSNR in dB and MS-SSIM in 0..1; with `num_bytes` "bpp".

    Both are uint8 RGB (H, W, 3) of one size, or files; `num_bytes` is the size of the stream. A metric is absent where
    the pictures are too small for it, as for MS-SSIM under 161 pixels. `lic-tcm metrics` lists what there is.
    Raises UserError for pictures of two sizes, and for a metric that is unknown or lacks its library.
    """
    from lic_tcm.metrics import use

    a, b = _pixels(original), _pixels(decoded)
    if a.shape != b.shape:
        raise UserError(f"the pictures are of two sizes, {a.shape} and {b.shape}; score a decoded picture of the same")
    values = {metric.name: metric.measure(a, b) for metric in map(use, metrics)}
    found = {name: value for name, value in values.items() if value is not None}
    if num_bytes is not None:
        found["bpp"] = 8 * num_bytes / (a.shape[0] * a.shape[1])
    return found


def _pixels(image: Image | str | Path) -> Image:
    from lic_tcm.images import read_rgb

    return read_rgb(Path(image).expanduser()) if isinstance(image, str | Path) else image
