"""The matrix of encoders and decoders: what it counts, and a small one of this machine."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lic_tcm.errors import UserError
from lic_tcm.measure import portability, portability_job
from lic_tcm.measure.portability import Found, Setting
from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import save

FOUND = Found("a", "b", "nano", 2, "one", 1000, refused=False, off=0, samples_off=0, scale_error=1e-14)


def of(**changes: object) -> Found:
    """A line with other values."""
    return dataclasses.replace(FOUND, **changes)  # type: ignore[arg-type]


def test_a_stream_is_portable_when_nobody_refuses_it() -> None:
    """Pixels within one grey level are; a refusal or two levels are not; version 1 is not judged."""
    assert portability.portable([FOUND, of(off=1, samples_off=9)])
    assert not portability.portable([FOUND, of(refused=True, off=None, samples_off=None)])
    assert not portability.portable([FOUND, of(off=2, samples_off=9)])
    assert portability.portable([FOUND, of(version=1, refused=True, off=None, samples_off=None)])


def test_the_tables_count_what_became_of_streams() -> None:
    """Exact / within 1 / refused of each encoder by each decoder; what is further off stands out."""
    own = [of(encoder=name, decoder=name) for name in "ab"]
    others = [FOUND, of(off=1, samples_off=4), of(image="two", refused=True, off=None, samples_off=None)]
    text = portability.format_tables([*own, *others, of(encoder="b", decoder="a", off=3, samples_off=5)])
    assert "**nano, version 2**" in text
    assert "2 images, 1 of 4 decodings by another setting refused" in text
    assert "differ by 1.0e-14 at most, up to 5 samples off" in text
    assert "| a | 1 / 0 / 0 | 1 / 1 / 1 |" in text
    assert "| b | 0 / 0 / 0 / 1 further off | 1 / 0 / 0 |" in text


def test_the_csv_comes_back(tmp_path: Path) -> None:
    """Refused lines have empty cells for what was not decoded."""
    found = [FOUND, of(refused=True, off=None, samples_off=None)]
    portability.write(found, tmp_path / "found.csv")
    assert portability.read(tmp_path / "found.csv") == found
    assert (tmp_path / "found.csv").read_text().splitlines()[2].endswith("True,,,1e-14")


def test_pictures_and_scales_are_compared() -> None:
    """The largest difference and how many samples differ; scales at or below the lowest level decide nothing."""
    own = np.full((2, 2, 3), 9, np.uint8)
    other = own.copy()
    other[0, 0] = (8, 9, 11)
    assert portability_job.compare(other, own) == {"refused": False, "off": 2, "samples_off": 2}
    assert portability_job.compare(None, own) == {"refused": True, "off": None, "samples_off": None}
    ours, theirs = np.array([1.0, 2.0, 0.05]), np.array([1.0, 2.5, 0.01, 7.0])
    assert portability_job.error(ours, theirs) == pytest.approx(0.2)
    assert portability_job.error(np.zeros(0), theirs) == 0


def test_settings_differ_in_one_thing_each() -> None:
    """Names are unique, the first is this process's own, and another Python is named by its torch."""
    found = portability.settings([Path(sys.executable)])
    assert found[0] == Setting("as it is")
    assert len({setting.name for setting in found}) == len(found) > 5
    assert found[-1].name == f"torch {torch.__version__}"
    with pytest.raises(UserError, match="does not import torch"):
        portability.settings([Path("/bin/false")])


def small(tmp_path: Path) -> tuple[list[Path], dict[str, Path]]:
    """A picture and a network."""
    torch.manual_seed(0)
    sizes = {"channels": 64, "latent": 32, "hyper": 16, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
    save(zoo.build("nano", **sizes), tmp_path / "tiny.safetensors", {})
    pixels = np.random.default_rng(0).integers(0, 256, (70, 100, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.v2.png")
    return [tmp_path / "noise.v2.png"], {"tiny 0.5": tmp_path / "tiny.safetensors"}


@pytest.mark.slow
def test_streams_of_this_machine_decode_under_its_oldest_kernels(tmp_path: Path) -> None:
    """And the other way round: version 2 is never refused, by processes that differ in all their kernels."""
    images, networks = small(tmp_path)
    wanted = [setting for setting in portability.settings() if setting.name in ("as it is", "all oldest", "oneDNN off")]
    found = portability.matrix(images, networks, wanted[:2], jobs=2)
    assert len(found) == 2 * len(wanted[:2]) ** 2
    assert portability.portable(found)
    assert all(one.off == 0 and one.scale_error == 0 for one in found if one.encoder == one.decoder)
    assert {one.image for one in found} == {"noise.v2"}
    assert max(one.scale_error for one in found if one.version == 2) < 1e-11
    assert max(one.scale_error for one in found if one.version == 1) > 1e-9


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    """Its last line, and which setting it was of."""
    images, networks = small(tmp_path)
    broken = Setting("other", python="/bin/false")
    with pytest.raises(UserError, match=r"process for 'other' failed \(it said nothing\)"):
        portability.matrix(images, networks, [broken])
