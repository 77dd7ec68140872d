"""What a metric is: how good a decoded image is against its original, as one number, and all that is said of it.

The rest of the suite knows metrics by this class only. A metric of your own is a subclass of `Metric`, `Similarity` or
`Distance` with a name, a label and a `measure`; docs/metrics.md has an example.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import math
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lic_tcm import __version__
from lic_tcm.errors import UserError

Image = npt.NDArray[Any]  # (H, W, 3) on 0..255; uint8, or float where `takes_floats`
FloatArray = npt.NDArray[np.float64]
Measure = Callable[[Image], float | None]  # a decoded image -> its value against one original; None where undefined

ONE_AT_A_TIME = (
    threading.RLock()
)  # for libraries that are loaded, or keep a state, in a way that threads must not share
OURS = f"lic-tcm {__version__}"


class Metric(ABC):
    """A full-reference metric of RGB images; an instance has no state of its own.

    A *value* is what `measure` gives and what rows hold. On the *axis* of plots and of BD-rates stands `axis(value)`,
    which rises with the quality. Where `formula` is not empty the two are not proportional, so that the mean over
    images may be taken of values ("linear") or on the axis ("db").
    """

    name: ClassVar[str]  # in configurations, files and URLs: lower case, digits and "-"
    label: ClassVar[str]  # for people
    unit: ClassVar[str] = ""  # of the axis, such as "dB"
    value_unit: ClassVar[str] = ""  # of values
    higher_is_better: ClassVar[bool] = True  # of values; on the axis higher is always better
    formula: ClassVar[str] = ""  # how the axis is made of a value x, where it bends: "-10 log10(1 - x)"
    average_gap: ClassVar[str] = ""  # by how much the two means are known to differ, for a note
    floor: ClassVar[float] = -math.inf  # the least value there is
    ceiling: ClassVar[float] = math.inf
    decimals: ClassVar[int] = 2  # shown of the axis
    value_decimals: ClassVar[int] = 2  # shown of a value
    tolerance: ClassVar[float] = 0.01  # on the axis: a smaller fall of a point's mean is no regression
    least_side: ClassVar[int] = 1  # pixels; smaller images have no value
    takes_floats: ClassVar[bool] = False  # also of images that are not rounded to 8 bits
    aliases: ClassVar[tuple[str, ...]] = ()  # other spellings of the name in users' files
    target: ClassVar[str] = ""  # what a training for it is called in `optimised_for`; default: the name
    needs: ClassVar[tuple[str, ...]] = ()  # distributions besides the base installation
    imports: ClassVar[tuple[str, ...]] = ()  # their modules, so that `missing` can tell without importing them
    sources: ClassVar[tuple[str, ...]] = ()  # modules besides its own that its values are computed in

    @abstractmethod
    def measure(self, original: Image, decoded: Image) -> float | None:
        """The value of a decoded image; inf for what is beyond measure, None where it is not defined."""

    def against(self, original: Image) -> Measure:
        """`measure` with this original; a metric that can keep what depends on the original alone does so here."""
        return lambda decoded: self.measure(original, decoded)

    def axis(self, values: npt.ArrayLike) -> FloatArray:
        """Values as they stand on the axis, same shape; NaN stays."""
        return np.asarray(values, dtype=float)

    def value_of(self, axis: float) -> float:
        """The value that stands there on the axis."""
        return axis

    def version(self) -> str:
        """What makes the values: name and version of the implementation; raises UserError where `missing` says why."""
        return distributions(self.needs) if self.needs else OURS

    def missing(self) -> str:
        """What this machine lacks for the metric, and what to do about it; "" for nothing. Imports no library."""
        absent = [module for module in self.imports if importlib.util.find_spec(module) is None]
        return f"it needs {' and '.join(self.needs)}: pip install 'lic-tcm[metrics]'" if absent else ""

    def fits(self, original: Image, decoded: Image) -> bool:
        """Whether images are large enough to have a value; raises ValueError for images of different shape."""
        checked(original, decoded)
        return bool(min(original.shape[:2]) >= self.least_side)

    # --- what follows from the above ------------------------------------------------------------------------------

    @property
    def column(self) -> str:
        """The column of values in CSV files."""
        return self.name.replace("-", "_")

    @property
    def average_column(self) -> str:
        """What a file calls how the metric was averaged over images."""
        return f"{self.column}_average"

    @property
    def bends(self) -> bool:
        """Whether the mean of values and the mean on the axis are two things."""
        return bool(self.formula)

    @property
    def loss(self) -> str:
        """What `optimised_for` says of a method trained for this metric."""
        return self.target or self.name

    @property
    def axis_title(self) -> str:
        """Label and unit of the axis."""
        return f"{self.axis_name} [{self.unit}]" if self.unit else self.axis_name

    @property
    def axis_name(self) -> str:
        """What stands on the axis."""
        return self.label if self.higher_is_better or self.bends else f"−{self.label}"

    @property
    def axis_words(self) -> str:
        """How an axis that bends is made, for a note."""
        return f"a {self.unit} axis, {self.formula}" if self.unit else f"an axis, {self.formula}"

    @property
    def value_title(self) -> str:
        """Label and unit of values."""
        return f"{self.label} [{self.value_unit}]" if self.value_unit else self.label

    @property
    def place_decimals(self) -> int:
        """Decimals of places on the axis, where differences do not count."""
        return max(1, self.decimals - 1)

    @property
    def per_unit(self) -> str:
        """The axis's unit after a number, with a space: " dB"; "" without one."""
        return f" {self.unit}" if self.unit else ""

    def problem(self, value: float) -> str:
        """What is wrong with a number as a value of this metric; "" for nothing."""
        if self.floor <= value <= self.ceiling and value != -math.inf:
            return ""
        if math.isfinite(self.floor) and math.isfinite(self.ceiling):
            return f"is not in {self.floor:g}..{self.ceiling:g}"
        return f"is not a {self.label}" + (f" in {self.value_unit}" if self.value_unit else "")

    def spellings(self) -> frozenset[str]:
        """Columns and keys of users' files that hold values, in lower case with "-"."""
        plain = {self.name, *self.aliases}
        decibel = {f"{name}-db" for name in plain} if self.value_unit == "dB" else set()
        return frozenset({*plain, *(f"{name}-rgb" for name in plain), *decibel})

    def axis_spellings(self) -> frozenset[str]:
        """Those that hold what stands on the axis, where that bends."""
        plain = {self.name, *self.aliases}
        return (
            frozenset({f"{name}{end}" for name in plain for end in ("-db", "-rgb-db")}) if self.bends else frozenset()
        )

    @property
    def axis_key(self) -> str:
        """The first of `axis_spellings`."""
        return f"{self.name}-db"

    def fingerprint(self) -> str:
        """What a kept value is valid for: the version, and the text of the modules it is computed in."""
        files = [inspect.getfile(type(self)), *(str(importlib.import_module(name).__file__) for name in self.sources)]
        text = b"".join(Path(file).read_bytes() for file in files)
        return f"{self.version()}, source {hashlib.sha256(text).hexdigest()[:12]}"


class Similarity(Metric):
    """A metric that is 1 for equal images; on the axis as -10 log10(1 - x) dB, since good codecs differ near 1 only."""

    unit = "dB"
    formula = "-10 log10(1 - x)"
    floor = 0.0
    ceiling = 1.0
    value_decimals = 4

    def axis(self, values: npt.ArrayLike) -> FloatArray:
        """-10 log10(1 - x) of values x; 1 gives infinity, NaN stays. Raises UserError for what is no value."""
        x = np.asarray(values, dtype=float)
        if np.any(x < self.floor) or np.any(x > self.ceiling):
            wrong = x[(x < self.floor) | (x > self.ceiling)].ravel()[0]
            raise UserError(f"{self.label} {wrong:g} {self.problem(wrong)}; values in dB go under {self.axis_key}")
        with np.errstate(divide="ignore"):
            return np.asarray(-10 * np.log10(1 - x))

    def value_of(self, axis: float) -> float:
        """The value of so many dB."""
        return 1 - 10 ** (-axis / 10)


class Distance(Metric):
    """A metric that is 0 for equal images and grows with what is wrong; its negative stands on the axis."""

    higher_is_better = False
    floor = 0.0
    decimals = 4
    value_decimals = 4
    tolerance = 0.001

    def axis(self, values: npt.ArrayLike) -> FloatArray:
        """-x of values x."""
        return -np.asarray(values, dtype=float)

    def value_of(self, axis: float) -> float:
        """The value whose negative this is."""
        return -axis


def library(metric: Metric, module: str) -> ModuleType:
    """A module that a metric needs, imported when it is used; raises UserError saying how to install it."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "invalid escape sequence")  # in a library, when it is compiled first
            return importlib.import_module(module)
    except ImportError as error:
        needed = " and ".join(metric.needs)
        raise UserError(f"metric {metric.name} needs {needed} ({error}): pip install 'lic-tcm[metrics]'") from error


def distributions(names: tuple[str, ...]) -> str:
    """Installed distributions with their versions; raises UserError for one that is not installed."""
    try:
        return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    except importlib.metadata.PackageNotFoundError as error:
        raise UserError(f"{error.name} is not installed: pip install 'lic-tcm[metrics]'") from error


def checked(original: Image, decoded: Image) -> None:
    """Raise ValueError for images of different shape: broadcasting must never produce a number."""
    if original.shape != decoded.shape:
        raise ValueError(f"images of different shape: {original.shape} and {decoded.shape}")
