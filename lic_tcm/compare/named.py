"""One series by what a user writes for it: a file, `-` for standard input, or a curve's name with its dataset."""

from pathlib import Path

from lic_tcm.anchors.hints import choose, nearest
from lic_tcm.bench import against
from lic_tcm.compare.files import STDIN
from lic_tcm.compare.series import read_one
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable
from lic_tcm.rd.curves import ImageRD, Metric, RDCurve
from lic_tcm.rd.measured import described
from lic_tcm.rd.published import load_published
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.series import Naming, measured_curve

FORM = "a curve is named <dataset>/<name>, such as kodak/vtm or measured:kodak/webp (`lic-tcm curves` lists them)"


def read_named(source: str | Path, metric: Metric) -> RDCurve | ImageRD:
    """The series of a file, of standard input (`-`), or of a curve named as in `FORM`, in one metric.

    A file that exists comes before a curve of that name. Raises UserError for a file that cannot be used, and for a
    name that no curve has.
    """
    source = str(source)
    if source == str(STDIN) or Path(source).expanduser().is_file():
        return read_one(Path(source).expanduser(), metric)
    if Path(source).expanduser().is_dir():
        raise unreadable(Path(source), IsADirectoryError(), "give a file of results in it")
    prefix = next((prefix for prefix in against.PREFIXES if source.startswith(prefix)), "")
    dataset, slash, name = source.removeprefix(prefix).partition("/")
    if slash and "/" not in name and dataset in against.datasets():
        return curve(prefix + name, dataset, metric)
    if prefix:
        known = f"; {choose(dataset, against.datasets())}" if slash else ""
        raise UserError(f"{source!r} names no curve; {FORM}{known}")
    known = f"; {choose(dataset, against.datasets())}" if slash and nearest(dataset, against.datasets()) else ""
    raise UserError(f"{source} does not exist; give a file, or the name of a curve: {FORM}{known}")


def curve(name: str, dataset: str, metric: Metric) -> RDCurve | ImageRD:
    """A published curve, or the images of a measured method, by the names of `against.find`.

    Raises UserError for an unknown name and for a curve without the metric, naming those it has.
    """
    (target,) = against.find([name], dataset)
    if target.rows:
        return measured(target.rows, metric)
    curves = {one.metric: one for one in load_published(keys=[target.name]) if one.dataset == dataset}
    if metric not in curves:
        raise UserError(f"{dataset}/{target.name} has no {metric}, only {', '.join(curves)}; choose another --metric")
    return curves[metric]


def measured(rows: Path, metric: Metric) -> ImageRD:
    """The images of one method's rows; raises UserError where they give no curve in the metric."""
    said = described(rows)
    naming = Naming({rows.stem: said["label"]}, {rows.stem: said["optimised_for"]})
    found = measured_curve(read_rows([rows]), metric, naming)
    if isinstance(found, str):
        raise UserError(found)
    return found
