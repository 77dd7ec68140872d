"""RD points: means with intervals, and everything that is partial or impossible in sight."""

import math

import numpy as np
import pytest
from support.rows import DIFFICULTY, EMPTY, FRAME, IMAGES, PSNR, pick

from lic_tcm.rd import intervals
from lic_tcm.rd.curves import to_axis
from lic_tcm.rd.published import load_published
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.schema import RDPoint, columns
from lic_tcm.tables.series import Naming


def test_points_are_means_with_intervals():
    """A point has the mean rate and PSNR over its images, inside their intervals, and says where it is from."""
    naming = Naming({"vtm": "VTM-12.1"}, {"vtm": "ms-ssim"})
    points = rd_points(FRAME, naming=naming)
    assert tuple(points.columns) == columns(RDPoint)
    assert len(points) == 2 * 2 * len(PSNR)
    line = pick(points, series="vtm", metric="psnr", point=20)
    assert line.bpp == pytest.approx(0.4 * DIFFICULTY.mean())
    assert line.value == pytest.approx(34 - np.arange(IMAGES).mean())
    assert line.bpp_lo < line.bpp < line.bpp_hi
    assert line.value_lo < line.value < line.value_hi
    assert (line.label, line.kind, line.optimised_for) == ("VTM-12.1", "measured", "ms-ssim")
    assert (line.n_images, line.images_total) == (IMAGES, IMAGES)
    assert line.source == "codec webp, environment env1"


def test_ms_ssim_points_are_in_decibel_of_the_mean():
    """MS-SSIM is averaged first and then put on the dB axis; the mean of the images' dB is beside it."""
    line = pick(rd_points(FRAME), series="vtm", metric="ms-ssim", point=0)
    ms_ssim = FRAME[(FRAME.method == "vtm") & (FRAME.point == 0)]["ms_ssim"].to_numpy()
    interval = intervals.quality_interval("ms-ssim", ms_ssim)
    assert line.value == pytest.approx(float(to_axis("ms-ssim", ms_ssim.mean())))
    assert (line.value_lo, line.value_hi) == pytest.approx(interval.bounds)
    assert line.value_db_average == pytest.approx(to_axis("ms-ssim", ms_ssim).mean())
    assert line.value_db_average > line.value
    assert (line.value_average, line.ci_method) == ("linear", "jackknife, Student's t")


def test_published_points_have_no_interval():
    """Published points are listed with their kind and source, and nothing invented beside them."""
    points = rd_points(EMPTY, load_published(keys=["tcm-large", "vtm-12.1-tcm-figure"]))
    assert set(points["kind"]) == {"published", "digitised"}
    assert points["source"].str.startswith("github").all()
    unknown = ["point", "bpp_lo", "bpp_hi", "value_lo", "value_hi", "n_images", "images_total"]
    assert points[unknown].isna().all(axis=None)


def test_lossless_and_missing_points():
    """A lossless point is infinite without bounds; a point with a missing MS-SSIM has no MS-SSIM line."""
    frame = FRAME.copy()
    last = (frame.method == "vtm") & (frame.point == 40) & (frame.image == "img0")
    frame.loc[last, ["psnr", "ms_ssim"]] = [math.inf, math.nan]
    points = rd_points(frame)
    line = pick(points, series="vtm", metric="psnr", point=40)
    assert line.value == math.inf
    assert math.isnan(line.value_lo)
    assert line.bpp_lo < line.bpp
    assert len(points[(points.series == "vtm") & (points.metric == "ms-ssim")]) == len(PSNR) - 1


def test_a_wholly_lossless_point_is_listed():
    """A point where every image is exact has infinite PSNR and MS-SSIM in dB, and no error."""
    frame = FRAME.copy()
    frame.loc[frame.point == 40, ["psnr", "ms_ssim"]] = [math.inf, 1.0]
    points = rd_points(frame)
    assert np.isinf(points[points.point == 40]["value"]).all()
