"""The sentences a report begins with: each word follows from a number of the tables."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lic_tcm.report.answer import Answer, answers, footnotes
from lic_tcm.report.inputs import Tables
from lic_tcm.report.summary import format_rates, small_table, summary
from lic_tcm.tables.schema import BDRow

ROW = BDRow(
    *("kodak", "psnr", "jpeg", "measured", "nano", "TCM-nano", "measured", "mean curve", "pchip"),
    *(-51.3, -54.2, -48.1, "jackknife", 2.0, 28.0, 38.0, 0.9, 24, 24, "", "", ""),
)
METHODS = {name: {"label": name.upper(), "options": {}} for name in ("jpeg", "webp", "avif")}
LEARNED = METHODS | {"nano": {"label": "TCM-nano", "options": {"model": "nano"}}}


def line(
    anchor: str = "jpeg", rate: float | None = -51.3, ends: tuple[float, float] | None = None, **more: Any
) -> BDRow:
    """A line against an anchor."""
    low, high = ends or (None, None)
    return replace(ROW, anchor=anchor, bd_rate=rate, ci_lo=low, ci_hi=high, **more)


def tables(pairs: list[BDRow], bd: list[BDRow] | None = None, **run: Any) -> Tables:
    """Tables with such lines: in `all_pairs.csv`, and in `bd_rate.csv` those against jpeg unless said."""
    run = {"methods": LEARNED, "anchors": ["jpeg"], "datasets": {"kodak": {"label": "Kodak"}}} | run
    bd = [row for row in pairs if row.anchor == "jpeg"] if bd is None else bd
    return Tables(Path(), (), tuple(bd), (), (), run, {}, {}, pairs=tuple(pairs))


def texts(*arguments: Any, **more: Any) -> list[str]:
    """The sentences of such tables."""
    return [one.text for one in answers(tables(*arguments, **more))]


def test_the_anchor_comes_first_then_the_other_methods_by_bd_rate() -> None:
    """Each with its interval; those whose interval contains 0 are named apart, whatever their BD-rate."""
    pairs = [
        line("webp", 75.0, (26.0, 143.0)),
        line("avif", 13.5, (-5.9, 36.9)),
        line("hevc", -60.4, (-61.0, -59.8)),
        line("jpeg", -51.3, (-54.2, -48.1)),
    ]
    assert texts(pairs) == [
        "On Kodak in PSNR, TCM-nano needs 51.3 % fewer bits than JPEG [−54.2, −48.1], "
        "60.40 % fewer than hevc [−61.00, −59.80] and 75 % more than WEBP [26, 143]; it is not separable from AVIF."
    ]


@pytest.mark.parametrize(
    ("ends", "word"), [((-3.0, 0.0), "not separable"), ((0.0, 2.0), "not separable"), ((-3.0, -0.1), "needs 1.5 %")]
)
def test_separable_means_that_the_interval_leaves_out_0(ends: tuple[float, float], word: str) -> None:
    """An end at 0 counts as inside."""
    (text,) = texts([line("jpeg", -1.5, ends)])
    assert word in text


def test_without_an_interval_nothing_is_said_to_differ_surely() -> None:
    """Published anchors and pairs without a BD-rate are spoken of as what they are."""
    pairs = [
        line("vtm", 12.3, anchor_kind="published"),
        line("jpeg", None, notes="the curves do not overlap"),
        line("webp", -0.001),
    ]
    (text,) = texts(pairs, anchors=["jpeg", "vtm"])
    assert text == (
        "On Kodak in PSNR, TCM-nano needs, without an interval, as many bits as WEBP and 12.30 % more than vtm "
        "(published); it has no BD-rate against JPEG."
    )
    assert "Without an interval: rows per image are needed on both sides" in footnotes(
        [Answer("kodak", "psnr", text, tuple(pairs))]
    )


def test_why_there_is_no_interval_is_what_the_line_says() -> None:
    """Too few images are another reason than none."""
    few = line("jpeg", -20.0, notes="no interval: 2 images, and it needs 5; more")
    notes = footnotes(answers(tables([few])))
    assert "Without an interval: 2 images, and it needs 5" in notes
    assert not [note for note in notes if "rows per image" in note]


def test_what_must_not_be_quoted_alone_has_the_dagger_and_its_reason() -> None:
    """Also where the methods are not separable."""
    pairs = [line("jpeg", -51.3, (-54.2, -48.1), marks="overlap"), line("webp", 1.0, (-9.0, 9.0), marks="crossing")]
    found = answers(tables(pairs))
    assert "51.3 %† fewer bits than JPEG" in found[0].text
    assert "not separable from WEBP†" in found[0].text
    note = footnotes(found)[-1]
    assert note == "† not to be quoted alone: the curves share less than 75 % of the method's range, the curves cross"


def test_a_part_of_the_images_is_said() -> None:
    """Once where all lines have the same images, else at each."""
    some = line("jpeg", -51.3, (-54.2, -48.1), n_images=8)
    assert texts([some])[0].startswith("On 8 of 24 images of Kodak in PSNR, ")
    other = line("webp", -20.0, (-24.0, -16.0), n_images=5, anchor_kind="given")
    (text,) = texts([some, other])
    assert "than JPEG (8 of 24 images) [" in text
    assert "than WEBP (given, 5 of 24 images) [" in text


def test_published_curves_that_are_no_anchors_are_left_to_the_plot() -> None:
    """A sentence is on what was scored here and on the anchors that were asked for."""
    pairs = [line("jpeg", -51.3, (-54.2, -48.1)), line("elic", -3.0, anchor_kind="published")]
    assert "elic" not in texts(pairs)[0]
    assert "elic (published)" in texts(pairs, anchors=["jpeg", "elic"])[0]


def test_the_methods_spoken_of_are_the_users_then_the_learned_then_the_best() -> None:
    """Never a published curve."""
    of = {"webp": "WebP", "avif": "AVIF", "nano": "TCM-nano"}
    pairs = [
        line("jpeg", rate, (rate - 1, rate + 1), series=name, label=of[name])
        for name, rate in (("webp", -30.0), ("avif", -60.0), ("nano", -50.0))
    ]
    pairs.append(line("jpeg", -90.0, series="elic", label="ELIC", kind="published"))
    spoken = [text.split(", ")[1].split(" needs")[0] for text in texts(pairs)]
    assert spoken == ["TCM-nano"]
    assert [text.split(", ")[1].split(" needs")[0] for text in texts(pairs, methods=METHODS)] == ["AVIF"]
    asked = texts(pairs, own=["avif", "webp"])
    assert [text.split(", ")[1].split(" needs")[0] for text in asked] == ["AVIF", "WebP"]
    assert texts([pairs[-1]]) == []


def test_the_small_table_holds_the_subjects_against_the_anchors() -> None:
    """By the first BD method, in both averages, without the anchor itself; the same sentences stand above it."""
    first = line("jpeg", -51.3, (-54.2, -48.1))
    bd = [
        replace(first, series="jpeg", label="JPEG", bd_rate=0.0),
        first,
        replace(first, bd_method="cubic"),
        replace(first, averaging="per image", bd_rate=-52.0),
        replace(first, series="webp", label="WebP"),
    ]
    found = tables([first], bd)
    assert [(row.series, row.averaging) for row in small_table(found)] == [
        ("nano", "mean curve"),
        ("nano", "per image"),
    ]
    said, empty, *table = summary(found).splitlines()
    assert said.startswith("On Kodak in PSNR, TCM-nano needs 51.3 %")
    assert empty == ""
    assert table == format_rates(small_table(found)).splitlines()
    assert "no BD-rates: no method scored here meets an anchor" in summary(tables([], []))


def test_several_datasets_have_a_column() -> None:
    """One dataset needs none."""
    first = line()
    assert format_rates([first]).startswith("metric ")
    found = format_rates([replace(first, marks="overlap"), replace(first, dataset="clic")]).splitlines()
    assert found[0].startswith("dataset  metric ")
    assert [line.split()[0] for line in found[1:3]] == ["kodak", "clic"]
    assert found[3].endswith("TCM-nano against jpeg in PSNR on kodak")
