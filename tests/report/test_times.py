"""Times on the page: medians, and the points that stand out."""

from dataclasses import replace
from pathlib import Path

import pytest

from lic_tcm.report.inputs import Tables
from lic_tcm.report.times import outliers, times
from lic_tcm.tables.schema import ImageRow

ROW = ImageRow(
    *("demo", "jpeg", "JPEG", "20", "a", 512, 768, 1000, 0.2, {}, "rgb", 0.1, 0.05, "env", 3),
)


def tables(rows: list[ImageRow]) -> Tables:
    """Tables of such rows."""
    return Tables(Path(), (), (), (), tuple(rows), {}, {}, {})


def test_times_are_medians_over_images_and_points() -> None:
    """One slow image changes nothing; what was not timed is not said."""
    rows = [replace(ROW, image=str(k), encode_s=value) for k, value in enumerate((0.1, 0.2, 60.0))]
    rows += [replace(ROW, method="given", encode_s=None, decode_s=None)]
    (found,) = times(tables(rows))
    assert (found.dataset, found.label, found.text) == ("demo", "JPEG", "encode 0.2 s, decode 0.1 s")
    assert found.notes == ()


def test_a_point_apart_from_both_neighbours_is_named() -> None:
    """Times that grow with the quality are none; an isolated point is, with its factor."""
    rows = [
        replace(ROW, point=str(point), image=image, encode_s=value)
        for point, value in ((10, 0.5), (20, 0.9), (30, 8.0), (40, 2.0), (50, 3.9))
        for image in "abc"
    ]
    (found,) = times(tables(rows))
    assert found.notes == ("encode at point 30: 8.0 s, 4.0 times the neighbours",)


@pytest.mark.parametrize(
    ("medians", "named"),
    [
        ({1: 1.0}, []),
        ({1: 2.1, 2: 1.0}, ["1: 2.1 s, 2.1 times the neighbours"]),
        ({1: 2.0, 2: 1.0}, []),
        ({1: 0.001, 2: 0.019, 3: 0.001}, []),  # a clock's doing
        ({1: 1.0, 2: 3.0, 3: 3.1}, []),  # a step, not a spike
    ],
)
def test_what_an_outlier_is(medians: dict[float, float], named: list[str]) -> None:
    """More than twice both neighbours, and long enough to be measured."""
    assert list(outliers(medians)) == named
