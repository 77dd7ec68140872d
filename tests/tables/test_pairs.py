"""What stands behind the figures of pairs."""

import pandas as pd
import pytest

from lic_tcm.bench.records import Row
from lic_tcm.rd.curves import RDCurve
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.costs import costs
from lic_tcm.tables.pairs import POSITIONS, image_rates, local_rates
from lic_tcm.tables.schema import ImageRateRow, columns

PSNR = (28.0, 31.0, 34.0, 37.0, 40.0)
ANCHOR = RDCurve("paper", "Paper", "kodak", "psnr", "published", (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0))


def rows_of(method: str, saving: float, decode_s: float | None = 0.5) -> list[dict[str, object]]:
    """Rows of a method that needs `saving` times the rate of the one with saving 1, on three images."""
    blank: dict[str, object] = dict.fromkeys(Row.__dataclass_fields__, "x")
    return [
        blank
        | {"dataset": "kodak", "images_total": 3, "method": method, "point": float(k), "image": f"img{i}"}
        | {"height": 500, "width": 1000, "num_bytes": 1, "bpp": 0.1 * 2**k * saving * (i + 1), "psnr": psnr - i}
        | {"ms_ssim": 0.9, "psnr_reference": "rgb", "encode_s": 1.0, "decode_s": decode_s, "environment": "env1"}
        for k, psnr in enumerate(PSNR)
        for i in range(3)
    ]


FRAME = pd.DataFrame([*rows_of("vtm", 1.0), *rows_of("tcm-large", 0.9)])


def test_each_image_has_its_bd_rate() -> None:
    """A method that takes 0.9 times the rate on each image has -10 % on each."""
    found = image_rates(FRAME, [("vtm", "tcm-large")], ["psnr"])
    assert list(found["image"]) == ["img0", "img1", "img2"]
    assert list(found["bd_rate"]) == pytest.approx([-10.0] * 3)
    assert tuple(found.columns) == columns(ImageRateRow)


def test_the_difference_along_the_curve_is_that_of_the_curves() -> None:
    """At each position the rates' ratio stands, over the common range only; a pair without both curves is no line."""
    pairs = [("vtm", "tcm-large"), ("paper", "vtm"), ("vtm", "absent")]
    found = local_rates(FRAME, [ANCHOR], pairs, ["psnr"])
    measured = found[found["anchor"] == "vtm"]
    assert list(measured["difference"]) == pytest.approx([-10.0] * POSITIONS)
    assert (measured["distortion"].min(), measured["distortion"].max()) == (27.0, 39.0)
    assert set(found[found["anchor"] == "paper"]["kind"]) == {"measured"}
    assert "absent" not in set(found["series"])


def test_costs_are_per_pixel_and_only_what_is_known() -> None:
    """MACs come from the counted network, seconds from the rows; what nobody measured stays empty."""
    bd = bd_rates(FRAME, [ANCHOR], ["vtm"], metrics=["psnr"], methods=["pchip"])
    counts = {"large": {"macs_all": 4e9, "pixels": 2e6}}
    found = costs(bd, FRAME, {"tcm-large": "large"}, counts).set_index("series")
    assert found.loc["tcm-large", "kmacs_per_pixel"] == pytest.approx(2.0)
    assert found.loc["tcm-large", "decode_s_per_megapixel"] == pytest.approx(1.0)
    assert pd.isna(found.loc["vtm", "kmacs_per_pixel"])
    assert pd.isna(found.loc["paper", "decode_s_per_megapixel"])
