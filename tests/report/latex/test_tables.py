"""The LaTeX tables."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.latex import bd_rate as latexbd
from lic_tcm.report.latex.sensitivity import sensitivity
from lic_tcm.report.latex.table1 import table1
from lic_tcm.report.latex.table2 import table2


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables, read."""
    return read_tables(tables)


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each line of a table by its first cell."""
    lines = [line.removesuffix(r" \\").split(" & ") for line in text.splitlines() if line.endswith(r" \\")]
    return {cells[0]: cells[1:] for cells in lines}


def test_the_fragment_is_well_formed(data: Tables) -> None:
    """Environments and braces balance, every line has as many cells as there are columns, specials are escaped."""
    found = latexbd.bd_rate(data), latexbd.bd_rate(data, everything=True), table2(data)
    for text in (*found, table1(data), sensitivity(data)):
        opened: list[str] = []
        for verb, name in re.findall(r"\\(begin|end){(.*?)}", text):
            assert verb == "begin" or opened.pop() == name
            opened += [name] * (verb == "begin")
        assert opened == []
        plain = re.sub(r"\\[{}]", "", text)
        assert plain.count("{") == plain.count("}")
        assert not re.search(r"(?<!\\)[#_]", re.sub(r"\\(label|input|cite){.*?}", "", text))
        assert "−" not in text
        for columns, lines in re.findall(r"\\begin{tabular}{(l(?:[lr]|@{.*?})*)}(.*?)\\end{tabular}", text, re.DOTALL):
            body = [line for line in lines.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
            assert {line.count(" & ") for line in body} == {len(re.sub(r"@{.*?}", "", columns)) - 1}


def test_numbers_intervals_and_marks_stand_where_they_belong(data: Tables) -> None:
    """A method's line has its BD-rate with the digits its interval supports, the interval, and the mark of a doubt."""
    text = latexbd.bd_rate(data)
    cells = rows(text)
    name = r"Évil \textless{}script\textgreater{}alert('x')\textless{}/script\textgreater{} \& 100 \%\_of a name"
    evil = next(values for first, values in cells.items() if first.startswith(name))
    assert evil == ["$-16.7$$^{1}$", r"{\scriptsize [$-18.5$, $-15.2$]}"]
    assert r"$^{1}$ the curves share less than 75 \% of the method's range." in text
    assert cells["TCM (small)"] == ["$-31.40$", ""]
    assert "JPEG XL" not in cells  # no number: the CSV says why
    assert r"CLIC\_pro: 8 of 41 images." in text  # all of them, so no line needs to say it


def test_neither_an_anchors_own_zero_nor_a_lone_entry_is_bold(data: Tables) -> None:
    """The anchor's line has a plain 0 without an interval; the lowest is bold only among several of a kind."""
    text = latexbd.bd_rate(data)
    assert rows(text)["WebP"] == ["$0$", ""]
    assert "mathbf" not in text  # one measured method beside the anchor, one published
    assert "in bold" not in text
    more = [replace(row, series="other", label="Other", bd_rate=-3.0) for row in data.bd if row.series == "evil"]
    text = latexbd.bd_rate(replace(data, bd=(*data.bd, *more)))
    assert text.count("mathbf") == 1
    assert r"$\mathbf{-16.7}$" in text
    assert "The lowest of each kind in bold." in text


def test_kinds_are_blocks_and_the_caption_names_every_convention(data: Tables) -> None:
    """Measured and published stand apart; anchor, BD method, averaging and PSNR reference are in the caption."""
    text = latexbd.bd_rate(data)
    assert (
        text.index(r"\emph{measured}") < text.index("WebP &") < text.index(r"\emph{published}") < text.index("TCM (sm")
    )
    caption = re.search(r"\\caption{(.*)}\n", text)
    assert caption
    for words in (
        "against WebP (measured); negative means fewer bits",
        "BD method: pchip",
        "averaging: mean curve",
        "original in RGB",
        "not over trainings",
    ):
        assert words in caption[1]


def test_a_psnr_reference_is_stated_where_it_differs(data: Tables) -> None:
    """The caption has that of most, a mark at a method's name its own."""
    other = [replace(p, psnr_reference="converted") if p.series == "evil" else p for p in data.points]
    text = latexbd.bd_rate(replace(data, points=tuple(other)))
    assert "PSNR against the original in RGB unless marked." in text
    assert r"wide$^{1}$ & $-16.7$$^{2}$ &" in text
    assert "$^{1}$ PSNR against the original converted to YCbCr and back." in text
    assert "unless marked" not in latexbd.bd_rate(data)


def several(data: Tables, anchors: int, datasets: int) -> Tables:
    """BD-rates of the two methods against so many anchors on so many datasets."""
    rows = [
        replace(row, dataset=f"set-{k}", anchor=f"codec-{i}", bd_rate=row.bd_rate - i - 10 * k)
        for k in range(datasets)
        for i in range(anchors)
        for row in data.bd
        if row.series in ("evil", "tcm-small") and row.bd_rate is not None
    ]
    points = [replace(p, series="evil", label="Mine") if p.series == "evil" else p for p in data.points]
    short = [replace(row, label="Mine") if row.series == "evil" else row for row in rows]
    return replace(data, bd=tuple(short), points=tuple(points))


def test_several_anchors_and_datasets_are_one_table(data: Tables) -> None:
    """Methods down, datasets and anchors across, as the paper's Table 2; each number stands under its anchor."""
    text = latexbd.bd_rate(several(data, anchors=2, datasets=2))
    assert text.count(r"\begin{tabular}") == 1
    assert r"& \multicolumn{4}{c}{set-0} & \multicolumn{4}{c}{set-1} \\" in text
    assert text.count(r"\multicolumn{2}{c}{vs.\ codec-1}") == 2
    rates = [cell for cell in rows(text)["Mine"] if cell.startswith("$")]
    assert rates == ["$-16.7$$^{1}$", "$-17.7$$^{1}$", "$-26.7$$^{1}$", "$-27.7$$^{1}$"]
    assert "against" not in re.search(r"\\caption{(.*?);", text)[1]  # the heads say it


def test_one_dataset_a_column_has_the_form_of_table_2(data: Tables) -> None:
    """With one anchor, datasets alone are the heads, and the caption names the anchor."""
    text = latexbd.bd_rate(several(data, anchors=1, datasets=3))
    assert text.count(r"\multicolumn{2}{c}{set-") == 3
    assert "vs." not in text
    assert "on set-0, set-1 and set-2 against codec-0 (measured)" in text


def test_the_width_decides_between_one_column_and_both(data: Tables) -> None:
    """A narrow table is a table, a wider one a table*, one wider than the page several; no number is lost."""
    few, more, many = (several(data, anchors, 1) for anchors in (1, 4, 9))
    assert r"\begin{table}[tb]" in latexbd.bd_rate(few)
    assert r"\begin{table*}[tb]" in latexbd.bd_rate(more)
    text = latexbd.bd_rate(many)
    assert text.count(r"\begin{table*}") > 1
    assert len(re.findall(r"vs\.\\ codec-\d", text)) == 9
    labels = re.findall(r"\\label{(.*?)}", text)
    assert len(set(labels)) == len(labels) > 1


def test_methods_are_chosen_ordered_and_named_as_in_figures(data: Tables) -> None:
    """`figures.methods` and `figures.labels` hold for tables, too."""
    more = [replace(row, series="other", label="Other") for row in data.bd if row.series == "evil"]
    run = {**data.run, "figures": {"methods": ["other", "evil"], "labels": {"evil": "Ours"}}}
    cells = list(rows(latexbd.bd_rate(replace(data, bd=(*data.bd, *more), run=run))))
    assert cells.index("Other") < cells.index("Ours")
    assert "TCM (small)" not in cells


def test_published_methods_are_cited_and_short(data: Tables) -> None:
    """A published curve has its short name with the key of its paper."""
    kodak = [replace(row, dataset="kodak", series="tcm-large") for row in data.bd if row.series == "tcm-small"]
    assert r"TCM-L~\cite{liu2023tcm} &" in latexbd.bd_rate(replace(data, bd=tuple(kodak)))


def test_other_ways_go_to_the_appendix(data: Tables) -> None:
    """The first averaging and BD method are the main table; the others have tables of their own."""
    main, appendix = latexbd.bd_rate(data), latexbd.bd_rate(data, everything=True)
    assert main.count(r"\begin{tabular}") == 1
    assert appendix.count(r"\begin{tabular}") == 2
    assert "BD method: cubic, averaging: mean curve" in appendix
    assert "BD method: pchip, averaging: per image" in appendix
    labels = re.findall(r"\\label{(.*?)}", main + appendix)
    assert len(set(labels)) == 3


def test_table_2_has_paper_recomputed_and_measured_side_by_side(data: Tables) -> None:
    """Each dataset has the columns it has values for; unknown cells are dashes; notes and partial sets are stated."""
    text = table2(data)
    cells = rows(text)
    assert cells["TCM (small)\\textsuperscript{a}"] == [
        *("$-8.94$", "$-9.08$", "$-9.2$", "[$-10.5$, $-7.9$]"),
        *("$-7.39$", "$-7.40$", "$-7.05$", "$-5.10$"),  # paper, recomputed, against the two measured anchors
    ]
    assert cells["Chen 2022"] == ["$-7.15$", *["--"] * 7]
    assert text.count("10-bit anchor") == 2  # a column and the caption
    assert r"CLIC\_pro measured on 8 of 41 images" in text
    assert r"a note with 100 \%" in text


def test_empty_tables_are_a_comment_with_the_reason(data: Tables) -> None:
    """A document that inputs them still compiles."""
    empty = replace(
        data, bd=(), table2=(), missing={"bd_rate.csv": "bd_rate.csv is missing", "table2.csv": "has no rows"}
    )
    assert latexbd.bd_rate(empty) == "% No BD-rates: bd_rate.csv is missing.\n"
    assert table2(empty).startswith("% ")
