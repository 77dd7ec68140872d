"""Values of metrics are computed once: kept, taken up again, computed anew when anything they depend on has changed."""

import json
import logging
import math
from pathlib import Path

import numpy as np
import pytest
from support.pictures import photo

from lic_tcm import metrics
from lic_tcm.bench.measure import Absent, Measurer, fingerprints
from lic_tcm.errors import UserError
from lic_tcm.metrics import Image, Metric, registry

ORIGINAL = photo(170, 180)
DECODED = np.clip(ORIGINAL.astype(int) + 3, 0, 255).astype(np.uint8)


class Counting(Metric):
    """A metric that counts how often it is asked."""

    name, label = "counting", "Counting"
    calls = 0
    gives: float | None = 7.0

    def measure(self, original: Image, decoded: Image) -> float | None:  # noqa: ARG002
        """The same, always."""
        type(self).calls += 1
        return self.gives


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The counting metric, known for a test."""
    monkeypatch.setattr(Counting, "calls", 0)
    monkeypatch.setattr(registry, "_own", {"counting": Counting()})
    return metrics.get("counting")


def values(names, path: Path, pixels: str = "a b", absent: Absent | None = None, prints=None):
    """What a new process would find."""
    measurer = Measurer(ORIGINAL, prints or fingerprints(names), absent or Absent())
    return measurer.values("img", DECODED, pixels, path)


def test_values_are_kept_and_a_new_metric_is_computed_alone(counting: Counting, tmp_path: Path) -> None:
    """The second time nothing is computed, and the numbers are the same to the last digit."""
    path = tmp_path / "img.scores.json"
    first = values(["psnr", "counting"], path)
    assert first == {"psnr": metrics.psnr(ORIGINAL, DECODED), "counting": 7.0}
    more = values(["psnr", "ssim", "counting"], path)
    assert counting.calls == 1
    assert more == first | {"ssim": metrics.get("ssim").measure(ORIGINAL, DECODED)}
    assert values(["ssim"], path) == {"ssim": more["ssim"]}
    assert set(json.loads(path.read_text())) == {"psnr", "ssim", "counting"}


def test_other_pixels_another_version_and_a_torn_file_are_computed_anew(counting: Counting, tmp_path: Path) -> None:
    """A kept value is of the very images and of the very program; else it is no value."""
    path = tmp_path / "img.scores.json"
    values(["counting"], path)
    values(["counting"], path, pixels="a c")
    assert counting.calls == 2
    values(["counting"], path, pixels="a c", prints={"counting": "counting 2.0"})
    assert counting.calls == 3
    path.write_text(path.read_text()[:-9])
    assert values(["counting"], path) == {"counting": 7.0}
    assert counting.calls == 4


def test_a_changed_source_is_another_fingerprint(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only the version counts but the text of the modules the value is computed in."""
    before = counting.fingerprint()
    assert counting.fingerprint() == before
    monkeypatch.setattr(Counting, "sources", ("lic_tcm.metrics.structure",))
    assert counting.fingerprint() != before


@pytest.mark.usefixtures("counting")
def test_what_one_metric_found_outlives_the_failure_of_the_next(tmp_path: Path) -> None:
    """Hours of scoring are not lost by an error at the end."""
    path = tmp_path / "img.scores.json"
    Counting.gives = -math.inf
    try:
        with pytest.raises(UserError, match=r"metric counting gave -inf, which is not a Counting; correct the metric"):
            values(["psnr", "counting"], path)
    finally:
        Counting.gives = 7.0
    assert set(json.loads(path.read_text())) == {"psnr"}


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("nothing", [None, math.nan])
def test_no_value_is_an_empty_cell_and_one_line(
    nothing: float | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """NaN is none; the other metrics are given, and one line names the images that lack it."""
    Counting.gives = nothing
    absent = Absent()
    try:
        found = values(["psnr", "counting"], tmp_path / "img.scores.json", absent=absent)
        again = values(["psnr", "counting"], tmp_path / "img.scores.json", absent=absent)
    finally:
        Counting.gives = 7.0
    assert found == again == {"psnr": metrics.psnr(ORIGINAL, DECODED), "counting": None}
    with caplog.at_level(logging.WARNING):
        absent.report()
    assert caplog.messages == ["metric counting: 1 image without a value, such as img: the metric is not defined there"]


def test_an_image_too_small_for_a_metric_has_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The line says how large it would have to be."""
    absent, small = Absent(), ORIGINAL[:30, :40]
    measurer = Measurer(small, fingerprints(["psnr", "ssim", "ms-ssim"]), absent)
    found = measurer.values("img", DECODED[:30, :40], "a b", tmp_path / "img.scores.json")
    assert found["ms-ssim"] is None
    assert found["ssim"] is not None
    with caplog.at_level(logging.WARNING):
        absent.report()
    assert caplog.messages == ["metric ms-ssim: 1 image without a value, such as img: smaller than 161 pixels a side"]


def test_equal_images_are_infinite_in_the_file_too(tmp_path: Path) -> None:
    """JSON has no infinity; what is kept reads as the same number."""
    measurer = Measurer(ORIGINAL, fingerprints(["psnr"]), Absent())
    path = tmp_path / "img.scores.json"
    assert [measurer.values("img", ORIGINAL, "a a", path) for _ in range(2)] == [{"psnr": math.inf}] * 2


def test_a_metric_this_machine_lacks_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the metric and the remedy."""
    monkeypatch.setattr(metrics.get("vif"), "missing", lambda: "it needs piq: pip install 'lic-tcm[metrics]'")
    with pytest.raises(UserError, match=r"metric vif: it needs piq: pip install 'lic-tcm\[metrics\]'"):
        fingerprints(["psnr", "vif"])
