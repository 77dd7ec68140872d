"""Which metrics there are: those of this package, those of installed packages, and those a configuration names.

A configuration names a metric by its name, in any letter case, or by its class, "package.module:Class". Packages offer
theirs as entry points of the group `lic_tcm.metrics`.
"""

import functools
import importlib
import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.metrics.cvvdp import CVVDP
from lic_tcm.metrics.dists import DISTS
from lic_tcm.metrics.fsim import FSIM
from lic_tcm.metrics.iw_ssim import IWSSIM
from lic_tcm.metrics.lpips import LPIPS
from lic_tcm.metrics.metric import Metric
from lic_tcm.metrics.ms_ssim import MultiScaleSSIM
from lic_tcm.metrics.nlpd import NLPD
from lic_tcm.metrics.psnr_hvs_m import PSNRHVSM
from lic_tcm.metrics.psnr_rgb import PSNR
from lic_tcm.metrics.psnr_yuv import PSNRYUV
from lic_tcm.metrics.ssim import SSIM
from lic_tcm.metrics.ssimulacra2 import SSIMULACRA2
from lic_tcm.metrics.vif import VIF
from lic_tcm.metrics.vmaf import VMAF

GROUP = "lic_tcm.metrics"
# In the order of columns, plots and tables.
BUILT_IN: tuple[type[Metric], ...] = (
    *(PSNR, MultiScaleSSIM, PSNRYUV, SSIM, VMAF, VIF, FSIM, IWSSIM, NLPD),
    *(PSNRHVSM, SSIMULACRA2, CVVDP, LPIPS, DISTS),
)
DEFAULT = (PSNR.name, MultiScaleSSIM.name)  # what rows always hold, and what a run compares that asks for nothing else
# The objective metrics of the JPEG AI common test conditions.
JPEG_AI = tuple(one.name for one in (MultiScaleSSIM, VMAF, VIF, FSIM, IWSSIM, NLPD, PSNRHVSM))
GROUPS = {"jpeg-ai": JPEG_AI}  # names that mean several metrics, in a configuration

_own: dict[str, Metric] = {}  # of classes that a configuration has named in this process


def names() -> list[str]:
    """The names of all metrics, in the order they are shown."""
    return [*_known(), *_own]


def known(name: str) -> bool:
    """Whether a metric has this very name."""
    return name in _known() or name in _own


def get(name: str) -> Metric:
    """The metric of that name, in any letter case; raises UserError with the nearest names for an unknown one."""
    plain = name.lower().replace("_", "-")
    found = _own.get(name) or _known().get(name) or _own.get(plain) or _known().get(plain)
    if found is None:
        raise UserError(f"there is no metric {name!r}; {choose(plain, names())}")
    return found


def use(reference: str) -> Metric:
    """The metric of a name, or of a class "package.module:Class", which is known by its name from then on.

    Raises UserError for an unknown name, and for a class that is not importable or no metric.
    """
    if ":" not in reference:
        return get(reference)
    path = reference
    metric = _made(path)
    taken = _own.get(metric.name) or _known().get(metric.name)
    if taken is not None and type(taken) is not type(metric):
        raise UserError(f"metric {path}: its name {metric.name!r} is that of {type(taken).__module__}; give it another")
    if metric.name not in _known():
        _own[metric.name] = metric
    return metric


def use_classes(run: Mapping[str, Any]) -> None:
    """Make known the metrics that a run's settings name by class (`metric_classes`); errors as `use`."""
    for path in run.get("metric_classes", ()):
        use(path)


def in_order(found: Iterable[str]) -> list[str]:
    """Names of metrics, each once, in the order they are shown."""
    wanted = set(found)
    return [name for name in names() if name in wanted]


def of_column(column: str) -> Metric | None:
    """The metric whose values stand in a column of that name."""
    return next((one for one in (*_known().values(), *_own.values()) if one.column == column), None)


@functools.cache
def _known() -> Mapping[str, Metric]:
    found = {one.name: one() for one in BUILT_IN}
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        metric = _made(entry.value)
        if metric.name in found:
            raise UserError(
                f"entry point {entry.value}: there is a metric {metric.name!r} already; give it another name"
            )
        found[metric.name] = metric
    return found


@functools.cache
def _made(path: str) -> Metric:
    """An instance of the class at "package.module:Class"; the current folder is searched, too."""
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise UserError(f'metric class {path!r} is not of the form "package.module:Class"')
    here = str(Path.cwd())
    searched = here not in sys.path
    try:
        if searched:
            sys.path.append(here)
        made = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise UserError(f"metric class {path!r} cannot be used: {error}") from error
    finally:
        if searched:
            sys.path.remove(here)
    if not isinstance(made, Metric):
        raise UserError(f"metric class {path!r} is no subclass of lic_tcm.metrics.Metric; derive it from that")
    absent = [field for field in ("name", "label") if not getattr(made, field, "")]
    if absent or made.name != made.name.lower() or not made.column.isidentifier():
        raise UserError(f"metric class {path!r} needs a name of a-z, 0-9 and -, and a label")
    return made
