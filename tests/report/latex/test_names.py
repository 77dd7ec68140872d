"""What names from a user's file become in LaTeX: text, labels, macros, keys."""

import re
from dataclasses import replace

import pytest

from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.latex.bibliography import bibliography
from lic_tcm.report.latex.numbers import named, numbers
from lic_tcm.report.latex.tables import table_line
from lic_tcm.report.latex.widths import table_width, width
from lic_tcm.report.tex import escape, macro, slug

EVIL = "a}\\input{/etc/hostname}"


@pytest.fixture
def data(tables):  # type: ignore[no-untyped-def]
    """The small tables, read."""
    return read_tables(tables)


@pytest.mark.parametrize("text", [EVIL, "\\write18{ls}", "^^5cinput{x}", "$x$ & #1 ~ %", "a\nb\x00c\u202ed", "{", "\\"])
def test_no_text_is_a_command(text: str) -> None:
    """Of any text, LaTeX sees braces in pairs, commands of ours only, and no character that starts a comment."""
    found = escape(text)
    ours = r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|licunicode)\{"
    rest = re.sub(ours, "{", found)
    rest = re.sub(r"\\[{}$&#_%]", "", rest)
    assert "\\" not in rest
    assert not set("$&#%~^\n\x00\u202e") & set(rest)
    assert rest.count("{") == rest.count("}")


@pytest.mark.parametrize("text", [EVIL, "字体", "", "a b_c.d", "Évil", "x" * 99])
def test_labels_and_macros_are_letters(text: str) -> None:
    """Labels have letters, digits and hyphens; macros letters only."""
    assert re.fullmatch(r"[A-Za-z0-9-]+", slug(text))
    assert re.fullmatch(r"[A-Za-z]+", macro(text))


def test_names_that_look_alike_stay_apart() -> None:
    """What is lost of a name is made up for by letters of a hash."""
    alike = ["MLIC", "MLIC+", "MLIC++", "字", "体", "Ballé", "Balle"]
    assert len({slug(name) for name in alike}) == len(alike)
    assert len({macro(name) for name in alike}) == len(alike)


def test_a_line_does_not_begin_with_an_argument() -> None:
    """A method called [3] would be taken for the argument of the line break before it."""
    assert table_line("[3] ours", ["1"]) == r"{}[3] ours & 1 \\"
    assert table_line("* ours", ["1"]) == r"{}* ours & 1 \\"


def test_each_bd_rate_is_a_macro(data: Tables) -> None:
    """Its name has dataset, method and anchor; its value the digits of the table; an interval has its own."""
    text = numbers(data)
    assert "\\newcommand{\\bdClicEvilVsWebp}{\\ensuremath{-16.7^{\\dagger}}}  % not to be quoted alone: " in text
    assert "\\newcommand{\\bdClicEvilVsWebpInterval}{\\ensuremath{[-18.5, -15.2]}}\n" in text
    assert "\\newcommand{\\bdClicTcmSmallVsWebp}{\\ensuremath{-31.40}}\n" in text
    assert "\\newcommand{\\bdClicMsSsimEvilVsWebp}{\\ensuremath{-2.0}}\n" in text
    assert "\\bdClicEvilVsWebpPerImage}" in text
    assert "WebpVsWebp" not in text  # an anchor's own 0
    defined = re.findall(r"\\newcommand{\\([A-Za-z]+)}", text)
    assert len(defined) == len(set(defined)) == text.count("\\newcommand")


def test_macros_that_would_collide_are_all_renamed(data: Tables) -> None:
    """vtm-12.1 and vtm-121 would both be VtmOneTwoOne: neither keeps the name, so no text means the wrong one."""
    (row,) = [row for row in data.bd if row.series == "evil" and row.bd_method == "pchip" and row.ci_lo == -18.5]
    rows = (replace(row, series="vtm-12.1", bd_rate=-1.0), replace(row, series="vtm-121", bd_rate=-2.0))
    found = named(replace(data, bd=rows, pairs=()))
    assert len(found) == 2
    assert all(re.fullmatch(r"bdClicVtmOneTwoOneVsWebp[a-p]{4}", name) for name in found)
    other = named(replace(data, bd=rows[::-1], pairs=()))
    assert {name: row.series for name, row in other.items()} == {name: row.series for name, row in found.items()}


def test_every_curve_shown_has_an_entry(data: Tables) -> None:
    """An entry per paper with the address of its source; a curve without a paper has a key of its own name."""
    shown = ("tcm-large", "tcm-small", "vtm-12.1-bench-hifivric")
    (point,) = [p for p in data.points if p.series == "vtm" and p.bpp == 0.2]
    points = tuple(replace(point, series=name, kind="published") for name in shown)
    text = bibliography(replace(data, points=points, bd=(), pairs=(), table2=(), sensitivity=()))
    assert re.findall(r"^@misc{(.*),$", text, re.MULTILINE) == ["liu2023tcm", "vtm-12-1-bench-hifivric"]
    assert "author = {Liu and others}," in text
    assert "title = {{Rate-distortion points of TCM-L; TCM-S}}," in text
    assert r"howpublished = {\url{https://github.com/jmliu206/LIC_TCM/tree/6c6d7a364817}}," in text
    assert r"\url{https://github.com/CaiShilv/HiFi-VRIC/issues/3}" in text
    assert text.count("{") == text.count("}")


def test_keys_cited_are_keys_listed(data: Tables) -> None:
    """Every \\cite of the tables is an entry."""
    from lic_tcm.report.latex import bd_rate, sensitivity, table2

    rows = tuple(replace(row, dataset="kodak", series="tcm-large") for row in data.bd if row.series == "tcm-small")
    changed = replace(data, bd=rows)
    text = "".join((bd_rate.bd_rate(changed), table2.table2(changed), sensitivity.sensitivity(changed)))
    cited = set(re.findall(r"\\cite{(.*?)}", text))
    assert "liu2023tcm" in cited
    assert cited <= set(re.findall(r"^@misc{(.*),$", bibliography(changed), re.MULTILINE))


def test_widths_are_about_those_of_the_fonts() -> None:
    """Digits of 8 pt are 4 pt wide, commands nothing, and each column has space on both sides."""
    assert width("$000000$") * 72 == pytest.approx(24, rel=0.1)
    assert width(r"\textsuperscript{}") == 0
    assert table_width([["$1$"], ["$1$"]]) == pytest.approx(2 * (width("$1$") + 8 / 72))
