"""Every curve that comes with the suite, or that runs of this folder measured: what `lic-tcm curves` lists."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from lic_tcm.anchors.hints import choose
from lic_tcm.bench import against
from lic_tcm.compare.named import measured
from lic_tcm.errors import UserError
from lic_tcm.metrics import get
from lic_tcm.rd.curves import METRICS, ImageRD, Metric, RDCurve
from lic_tcm.rd.measured import FOLDER
from lic_tcm.rd.published import load_published


@dataclass(frozen=True)
class Entry:
    """One curve in one metric."""

    dataset: str
    key: str  # what --against and `<dataset>/<key>` call it
    label: str
    year: str  # of the publication; "" where the source names none
    metric: Metric
    points: int
    images: int | None  # with rows per image, their number: only these give intervals
    bpp_lo: float
    bpp_hi: float
    distortion_lo: float  # dB
    distortion_hi: float  # dB
    kind: str  # published, digitised, reconstructed or measured
    psnr_reference: str
    average: str  # over images, "" where the axis does not bend
    source: str


def catalogue(dataset: str | None = None, find: str = "") -> list[Entry]:
    """The curves by dataset, key and metric; only those of a dataset, or whose key, label or source holds a text.

    Capital letters do not count in `find`. Raises UserError for a dataset without curves and for a text that nothing
    holds.
    """
    known = against.datasets()
    if dataset is not None and dataset not in known:
        raise UserError(f"no curve is of dataset {dataset!r}; {choose(dataset, known)}")
    entries = [entry for name in known if dataset in (None, name) for entry in _of_dataset(name)]
    found = [one for one in entries if find.casefold() in f"{one.key}\n{one.label}\n{one.source}".casefold()]
    if not found:
        keys = dict.fromkeys(entry.key for entry in entries)
        raise UserError(f"no curve's key, label or source holds {find!r}; {choose(find, keys)}")
    return found


def _of_dataset(dataset: str) -> list[Entry]:
    """The published and the measured curves of a dataset."""
    published = {path.stem for path in against.published_files(dataset)}
    curves = [one for one in load_published(keys=published) if one.dataset == dataset] if published else []
    entries = [_entry(dataset, one.name, one) for one in curves]
    for name, path in against.measured_rows(dataset).items():
        for metric in METRICS:
            try:
                entries.append(_entry(dataset, name, measured(path, metric), path))
            except UserError:
                continue  # not measured in this metric
    return sorted(entries, key=lambda entry: (entry.key, METRICS.index(entry.metric)))


def _entry(dataset: str, key: str, data: RDCurve | ImageRD, rows: Path | None = None) -> Entry:
    mean = data.mean_curve() if isinstance(data, ImageRD) else data
    year = re.search(r"(?:19|20)\d\d", f"{mean.cite} {key} {mean.label}")
    return Entry(
        dataset=dataset,
        key=key,
        label=mean.label,
        year=year.group() if year else "",
        metric=mean.metric,
        points=len(mean.bpp),
        images=len(data.images) if isinstance(data, ImageRD) else None,
        bpp_lo=mean.bpp[0],
        bpp_hi=mean.bpp[-1],
        distortion_lo=mean.distortion[0],
        distortion_hi=mean.distortion[-1],
        kind=mean.kind,
        psnr_reference=mean.psnr_reference,
        average=mean.average if get(mean.metric).bends else "",
        source=mean.source or (f"rows per image: {_shown(rows)}" if rows else ""),
    )


def _shown(rows: Path) -> str:
    """The rows' file; one of the package from there, since nobody wants to read where that is installed."""
    package = FOLDER.parents[1]
    return str(rows.relative_to(package.parent)) if rows.is_relative_to(package) else str(rows)


def format_catalogue(entries: Sequence[Entry]) -> str:
    """A text table, a line for each curve."""
    lines = [("dataset", "key", "year", "metric", "points", "bpp", "dB", "kind", "PSNR reference", "label")]
    for one in entries:
        points = f"{one.points} x {one.images} images" if one.images else str(one.points)
        rates = f"{one.bpp_lo:.3f}-{one.bpp_hi:.3f}"
        range_ = f"{one.distortion_lo:.2f}-{one.distortion_hi:.2f}"
        reference = one.psnr_reference if one.metric == "psnr" else ""
        lines.append(
            (one.dataset, one.key, one.year, one.metric, points, rates, range_, one.kind, reference, one.label)
        )
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def rows_of(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """The entries as JSON objects or rows of a table."""
    return [asdict(entry) for entry in entries]


COLUMNS = [field.name for field in fields(Entry)]
