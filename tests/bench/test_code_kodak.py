"""Our numbers on the real Kodak images against published ones."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lic_tcm.bench import codecs
from lic_tcm.datasets.catalogue import KNOWN
from lic_tcm.datasets.fetch import resolve
from lic_tcm.datasets.manifest import load
from lic_tcm.metrics import psnr

PUBLISHED = Path(__file__).resolve().parents[2] / "results/published/kodak"


def test_what_the_measured_rows_say_of_jpeg_is_so() -> None:
    """results/measured/kodak/README.md: 0.072 to 0.131 dB above CompressAI's curve at q 5 to 90, 0.004 dB at q 95."""
    results = json.loads((PUBLISHED / "jpeg.json").read_text(encoding="utf-8"))["results"]
    published = dict(zip(range(5, 100, 5), zip(results["psnr-rgb"], results["bpp"], strict=True), strict=True))
    rows = pd.read_csv(PUBLISHED.parents[1] / "measured/kodak/rows/jpeg.csv")
    means = rows.groupby("point")[["psnr", "bpp"]].mean()
    assert set(rows.groupby("point").size()) == {24}
    above = {int(q): psnr - published[int(q)][0] for q, psnr in means["psnr"].items()}
    cheaper = {int(q): 1 - bpp / published[int(q)][1] for q, bpp in means["bpp"].items()}
    assert above.pop(95) == pytest.approx(0.004, abs=5e-4)
    assert cheaper.pop(95) == pytest.approx(0.0028, abs=5e-5)
    assert above[5] == min(above.values()) == pytest.approx(0.072, abs=5e-4)
    assert above[80] == max(above.values()) == pytest.approx(0.131, abs=5e-4)
    assert max(cheaper.values()) == pytest.approx(0.0017, abs=6e-5)


@pytest.mark.skipif("LIC_TCM_DATA" not in os.environ, reason="LIC_TCM_DATA is not set: no Kodak images")
@pytest.mark.parametrize("quality", [5, 50])
def test_webp_on_kodak_gives_the_published_points(quality: int, tmp_path: Path) -> None:
    """CompressAI's published WebP curve to 0.005 dB and 0.1 % of bpp, at the ends of the paper's range."""
    results = json.loads((PUBLISHED / "webp.json").read_text(encoding="utf-8"))["results"]
    index = quality // 5 - 1  # published at qualities 5, 10, ..., 95
    codec = codecs.create("webp", {})
    measured = []
    for original in resolve(KNOWN["kodak"], Path(os.environ["LIC_TCM_DATA"]), tmp_path):
        picture = load(original)
        stream = codec.encode(picture, quality)
        measured.append((8 * len(stream) / (picture.shape[0] * picture.shape[1]), psnr(picture, codec.decode(stream))))
    assert len(measured) == 24
    bpp, distortion = np.mean(measured, axis=0)
    assert bpp == pytest.approx(results["bpp"][index], rel=1e-3)
    assert distortion == pytest.approx(results["psnr-rgb"][index], abs=0.005)
