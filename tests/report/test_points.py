"""Single points and losses in words: sentences by quality, the closing tables, and who is shown."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from lic_tcm.report.answer import answers, footnotes
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.points import points as latex
from lic_tcm.report.page.points import section
from lic_tcm.report.points import few_points, format_losses, format_points, shown_losses
from lic_tcm.report.summary import closing
from lic_tcm.tables.schema import BDRow, LossRow, PointRow, RDPoint

POINT = PointRow(
    *("kodak", "psnr", "vtm", "measured", "mine", "mine", "given", "mean curve", "1", 0.152, 32.104),
    *(-8.42, -10.8, -5.9, 0.31, 0.21, 0.4, "jackknife, Student's t", 26.0, 40.0, 0.05, 1.2, 24, 24, "", "", ""),
)
LOSS = LossRow(
    *(
        "kodak",
        "vtm",
        "VTM & more",
        "measured",
        "mine",
        "mine",
        "given",
        0.013,
        1.3594,
        1.3264,
        -0.033,
        -0.0411,
        -0.025,
    ),
    *("jackknife, Student's t", -0.022, -0.011, 24, 24, ""),
)
BD = BDRow(
    *("kodak", "psnr", "vtm", "measured", "mine", "mine", "given", "mean curve", "pchip"),
    *(None, None, None, "", None, None, None, None, 24, 24, "", "", "RD curve 'mine' has 1 point"),
)
RD = RDPoint(
    *("kodak", "mine", "mine", "given", "psnr", "mse", "1", 0.152, 32.104, None, None, None, None, "", 24, 24, "rgb"),
    *("", None, "", None, None),
)


def tables(points: list[PointRow], bd: list[BDRow] | None = None, rd: int = 1, **more: Any) -> Tables:
    """Tables of a comparison of `mine`, which has `rd` points in its curve."""
    run = {"own": ["mine"], "anchors": ["vtm"], "datasets": {"kodak": {"label": "Kodak"}}, "comparison": "mine.csv"}
    bd = [BD] if bd is None else bd
    of_curve = tuple(replace(RD, bpp=0.1 + k) for k in range(rd))
    return Tables(
        *(Path(), of_curve, tuple(bd), (), (), run, {}, {}),
        pairs=tuple(bd),
        point_differences=tuple(points),
        **more,
    )


def test_a_sentence_for_each_point_begins_with_its_quality() -> None:
    """Bits at the point's quality with the interval, anchors in turn, points by rate; never a BD-rate."""
    other = replace(POINT, anchor="jpeg", rate_difference=3.0, rate_lo=-1.0, rate_hi=7.0)
    beyond = replace(POINT, anchor="old", anchor_kind="published", rate_difference=None, rate_lo=None, rate_hi=None)
    high = replace(POINT, bpp=0.5, distortion=36.0, rate_difference=12.0, rate_lo=None, rate_hi=None, ci_method="")
    found = answers(tables([high, POINT, other, beyond]))
    assert [one.text for one in found] == [
        "On Kodak at 32.10 dB (PSNR), mine (given) needs 8.4 % fewer bits than vtm [−10.8, −5.9]; "
        "it is not separable from jpeg; it lies outside of the range of old (published).",
        "On Kodak at 36.00 dB (PSNR), mine (given) needs, without an interval, 12.00 % more bits than vtm.",
    ]
    notes = footnotes(found)
    assert notes[0] == "At one quality: the mean rate against the anchor's curve there, which is no BD-rate"
    assert not any(note.startswith("BD-rates of") for note in notes)


def test_a_bd_rate_leads_where_there_is_one() -> None:
    """Then the sentence is its, whatever points there are."""
    found = answers(tables([POINT], [replace(BD, bd_rate=-7.0)], rd=4))
    assert [one.text for one in found] == [
        "On Kodak in PSNR, mine (given) needs, without an interval, 7.00 % fewer bits than vtm."
    ]


def test_points_that_are_compared_with_nothing_say_so() -> None:
    """Without any number the sentence is that of the BD-rate, and the reason stands in the closing text."""
    none = replace(
        POINT, bpp=None, distortion=None, rate_difference=None, rate_lo=None, rate_hi=None, quality_difference=None,
        quality_lo=None, quality_hi=None, notes="vtm is the anchor and has 1 point",
    )  # fmt: skip
    found = tables([none])
    assert answers(found)[0].text == "On Kodak in PSNR, mine (given) has no BD-rate against vtm."
    assert closing(found).endswith("note: vtm is the anchor and has 1 point (mine against vtm)")
    assert section(found).reasons == ("vtm is the anchor and has 1 point",)
    rated = tables([none], [replace(BD, bd_rate=-7.0)], rd=3)
    assert "has 1 point" not in closing(rated)  # three points have a BD-rate, which says it all


def test_the_closing_table_has_every_number() -> None:
    """Two decimals of a rate, the metric's of a quality, its sign, both intervals, and notes with their pairs."""
    text = format_points([replace(POINT, marks="averages", notes="a note; another"), replace(POINT, anchor="jpeg")])
    head, first, second, *notes = text.splitlines()
    assert head.split("  ")[0] == "metric"
    for part in ("PSNR", "32.10 dB", "0.1520 bpp", "vtm", "mean curve", "8.42 % fewer bits†", "−10.80 to −5.90"):
        assert part in first
    assert "+0.31 dB" in first
    assert first.endswith("0.21 to 0.40")
    assert "†" not in second
    assert notes == ["note: a note (mine against vtm)", "note: another (mine against vtm)"]


def test_few_points_replace_lines_without_a_bd_rate() -> None:
    """The closing text has no line of "none" for what the points say; from four points on it has no points."""
    text = closing(tables([POINT]))
    assert text.startswith("no BD-rate of mine, too few points; point by point:\n\nmetric")
    assert "has 1 point" not in text
    assert few_points(tables([POINT], rd=4)) == []
    assert "8.42" not in closing(tables([POINT], [replace(BD, bd_rate=-7.0)], rd=4))
    assert len(few_points(tables([POINT], rd=3))) == 1


def test_only_methods_a_report_is_about_are_shown() -> None:
    """Anchors' points against each other are in the CSV, not in text and page; a loss counts from either side."""
    foreign = replace(POINT, series="jpeg", label="JPEG", kind="measured")
    found = tables(
        [POINT, foreign],
        loss_differences=(LOSS, replace(LOSS, series="x", anchor="y"), replace(LOSS, series="x", anchor="mine")),
    )
    assert few_points(found) == [POINT]
    assert [(one.anchor, one.series) for one in shown_losses(found)] == [("vtm", "mine"), ("mine", "x")]


def test_losses_are_written_with_their_parts() -> None:
    """Both losses, the difference with its interval and its parts, signs included."""
    line = format_losses([LOSS]).splitlines()[2]
    for part in ("0.013", "VTM & more", "1.3264 against 1.3594", "−0.0330", "−0.0411 to −0.0250", "−0.0220", "−0.0110"):
        assert part in line


def test_the_page_opens_with_points_only_where_they_lead() -> None:
    """A method with few points, or all have enough; the table's cells are the row's numbers, marked where doubtful."""
    found = section(tables([replace(POINT, marks="averages")], loss_differences=(LOSS,)))
    assert (found.leads, found.losses, found.reasons) == (True, True, ())
    points, losses = found.tables
    assert [cell.text for cell in points.lines[0].cells[:8]] == [
        *("mine", "32.10", "0.1520", "−8.4†", "−10.8 to −5.9", "+0.31", "0.21 to 0.40", "24 images"),
    ]
    assert "no BD-rate" in points.caption
    assert [cell.text for cell in losses.lines[0].cells[1:6]] == [
        *("0.013", "1.3264", "1.3594", "−0.0330", "−0.0411 to −0.0250"),
    ]
    assert not section(tables([POINT], rd=4)).leads


def test_latex_has_a_line_for_each_anchor() -> None:
    """One table of all anchors, mean curves only, columns without any value left out, text escaped."""
    bare = replace(POINT, anchor="a_b", rate_lo=None, rate_hi=None, quality_lo=None, quality_hi=None)
    text = latex(tables([POINT, bare, replace(POINT, averaging="per image", rate_difference=-77.0)]))
    assert r"mine & $32.10$ & $0.1520$ & vtm & $-8.4$ & [$-10.8$, $-5.9$] & $0.31$ & [$0.21$, $0.40$] \\" in text
    assert r"mine & $32.10$ & $0.1520$ & a\_b & $-8.42$ & -- & $0.31$ & -- \\" in text
    assert "77" not in text
    assert "interval" not in latex(tables([bare])).split(r"\toprule")[1].split(r"\midrule")[0]
    losses = latex(tables([], loss_differences=(LOSS,)))
    assert r"mine & VTM \& more & $0.013$ & $1.3264$ & $1.3594$ & $-0.0330$ & [$-0.0411$, $-0.0250$] \\" in losses
    assert latex(tables([])).endswith("% No point of a method is compared with an anchor.\n")
