"""Values of metrics, image by image, kept beside the decoded images so that none is computed twice.

Beside a coded image lies `<image>.scores.json`: for each metric its value and what it is valid for, the pixels of both
images and the fingerprint of the metric. What agrees is kept, so that adding a metric computes that metric alone and a
broken run goes on where it was.
"""

import json
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.metrics import Image, Measure, Metric, Values, get

LOSSLESS, UNDEFINED = "Infinity", None  # what JSON lacks


@dataclass
class Absent:
    """Which metrics had no value of some images, to be reported once each; may be told by several threads."""

    images: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    lock: Lock = field(default_factory=Lock)

    def add(self, metric: Metric, image: str, reason: str) -> None:
        """Note an image without a value."""
        with self.lock:
            self.images[metric.name].append(image)
            self.reasons[metric.name][reason] += 1

    def report(self) -> None:
        """One line for each metric."""
        for name, images in self.images.items():
            reason = self.reasons[name].most_common(1)[0][0]
            distinct = sorted(set(images))
            count = f"{len(distinct)} image" + "s" * (len(distinct) != 1)
            logging.warning("metric %s: %s without a value, such as %s: %s", name, count, distinct[0], reason)


class Measurer:
    """The metrics of a scoring against one original; what they need of it is computed when the first of them asks."""

    def __init__(self, original: Image, fingerprints: Mapping[str, str], absent: Absent) -> None:
        self.original = original
        self.fingerprints = fingerprints  # of the metrics wanted
        self.absent = absent
        self._against: dict[str, Measure] = {}

    def values(self, image: str, decoded: Image, pixels: str, kept: Path) -> Values:
        """All values of one decoded image; `pixels` names both images' pixels, `kept` is the file values are kept in.

        Raises UserError for a metric that cannot be computed here.
        """
        known = _read(kept)
        found = {name: known[name] for name in self.fingerprints if self._holds(known.get(name), name, pixels)}
        lacking = [name for name in self.fingerprints if name not in found]
        try:
            for name in lacking:
                value = self._value(get(name), decoded)
                found[name] = {"value": _plain(value), "pixels": pixels, "metric": self.fingerprints[name]}
        finally:  # what one metric found is not lost by the failure of the next
            if set(lacking) & set(found):
                _write(kept, known | found)
        values = {name: _number(found[name]["value"]) for name in self.fingerprints}
        for name, value in values.items():
            if value is None:
                self.absent.add(get(name), image, reason(get(name), self.original))
        return values

    def _holds(self, entry: Any, name: str, pixels: str) -> bool:
        expected = {"pixels": pixels, "metric": self.fingerprints[name]}
        return isinstance(entry, dict) and {key: entry.get(key) for key in expected} == expected and "value" in entry

    def _value(self, metric: Metric, decoded: Image) -> float | None:
        if metric.name not in self._against:
            self._against[metric.name] = metric.against(self.original)
        return measured(metric, self._against[metric.name], decoded)


def measured(metric: Metric, measure: Measure, decoded: Image) -> float | None:
    """A value of a decoded image, None for NaN; raises UserError for one that the metric cannot have."""
    value = measure(decoded)
    if value is None or math.isnan(value):
        return None
    if problem := metric.problem(value):
        raise UserError(f"metric {metric.name} gave {value:g}, which {problem}; correct the metric or leave it out")
    return float(value)


def reason(metric: Metric, original: Image) -> str:
    """Why an image has no value."""
    side = min(original.shape[:2])
    if side < metric.least_side:
        return f"smaller than {metric.least_side} pixels a side"
    return "the metric is not defined there"


def fingerprints(names: Iterable[str]) -> dict[str, str]:
    """The fingerprints of metrics, by name; raises UserError for one that this machine cannot compute."""
    found = {}
    for metric in map(get, names):
        if why := metric.missing():
            raise UserError(f"metric {metric.name}: {why}")
        found[metric.name] = metric.fingerprint()
    return found


def _read(path: Path) -> dict[str, Any]:
    """What is kept; nothing where the file is not there or torn."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, scores: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(scores, indent=1, sort_keys=True, allow_nan=False) + "\n")


def _plain(value: float | None) -> float | str | None:
    return LOSSLESS if value == math.inf else value


def _number(value: Any) -> float | None:
    return UNDEFINED if value is None else float(value)
