"""Which metrics there are, how they are found, and what a user's own must be."""

import importlib.metadata
import subprocess
import sys

import pytest

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.metrics import registry

OWN = "support.own_metric:MeanAbsolute"


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test makes known is forgotten after it."""
    monkeypatch.setattr(registry, "_own", {})


def test_importing_metrics_loads_no_library() -> None:
    """Configurations, tables and reports ask metrics for their names; torch would cost each of them a second."""
    heavy = ["torch", "piq", "lpips", "pycvvdp", "psnr_hvsm", "ssimulacra2", "DISTS_pytorch"]
    code = f"import sys, lic_tcm.metrics; lic_tcm.metrics.names(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_are_found_in_any_letter_case() -> None:
    """What people write is understood: capitals, and underscores for hyphens."""
    for written in ("ms-ssim", "MS-SSIM", "ms_ssim", "Ms_SSIM"):
        assert metrics.get(written).name == "ms-ssim"


def test_an_unknown_name_gets_the_nearest_one() -> None:
    """The message says what may have been meant, and all there is."""
    with pytest.raises(
        UserError, match=r"there is no metric 'vmfa'; did you mean 'vmaf'\? choose one of psnr, ms-ssim"
    ):
        metrics.get("vmfa")


def test_columns_names_and_spellings_are_unique() -> None:
    """A column of a file means one metric, however it is spelled, by value or on the axis."""
    found = [metrics.get(name) for name in metrics.names()]
    spelled = [spelling for one in found for spelling in (*one.spellings(), *one.axis_spellings())]
    assert len(spelled) == len(set(spelled))
    assert [metrics.of_column(one.column) for one in found] == found
    assert metrics.of_column("bpp") is None


def test_the_two_of_always_come_first() -> None:
    """Columns of files that exist keep their places: PSNR, MS-SSIM, then what is asked for besides."""
    assert metrics.names()[:2] == list(metrics.DEFAULT) == ["psnr", "ms-ssim"]
    assert metrics.in_order(["vmaf", "ms-ssim", "psnr", "vmaf"]) == ["psnr", "ms-ssim", "vmaf"]
    assert [metrics.get(name).column for name in metrics.DEFAULT] == ["psnr", "ms_ssim"]


def test_a_metric_of_ones_own_is_known_by_its_name_once_it_is_used() -> None:
    """A class is named once, in the configuration; everything after knows the metric as its own."""
    with pytest.raises(UserError, match="no metric 'mean-error'"):
        metrics.get("mean-error")
    metrics.use_classes({"metric_classes": [OWN]})
    assert metrics.get("mean-error").label == "Mean error"
    assert metrics.names()[-1] == "mean-error"
    assert metrics.use(OWN) is metrics.get("Mean-Error")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("support.own_metric", "no metric 'support.own_metric'"),
        ("support.own_metric:", 'not of the form "package.module:Class"'),
        ("support.nowhere:Metric", "cannot be used: No module named 'support.nowhere'"),
        ("support.own_metric:Missing", "cannot be used: module .* has no attribute 'Missing'"),
        ("support.own_metric:NoMetric", "is no subclass of lic_tcm.metrics.Metric"),
        ("support.own_metric:Nameless", "needs a name of a-z, 0-9 and -, and a label"),
        ("support.own_metric:Taken", "its name 'psnr' is that of lic_tcm.metrics.psnr_rgb"),
    ],
)
def test_a_class_that_will_not_do_is_explained(path: str, message: str) -> None:
    """One line says what is wrong with it."""
    with pytest.raises(UserError, match=message):
        metrics.use(path)


def test_an_installed_package_offers_metrics_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its metric is there without a word in any configuration."""
    entry = importlib.metadata.EntryPoint("mean-error", OWN, registry.GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    registry._known.cache_clear()
    try:
        assert metrics.get("mean-error").label == "Mean error"
    finally:
        monkeypatch.undo()
        registry._known.cache_clear()


def test_a_class_in_the_folder_of_the_run_is_found(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beside the configuration is enough; no package needs to be made of it."""
    (tmp_path / "beside_the_run.py").write_text(
        "from lic_tcm.metrics import Metric\n"
        "class Zero(Metric):\n"
        "    name, label = 'zero', 'Zero'\n"
        "    def measure(self, original, decoded):\n"
        "        return 0.0\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    assert metrics.use("beside_the_run:Zero").name == "zero"
