"""The page and the whole report, as files."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lic_tcm.errors import UserError
from lic_tcm.report import render
from lic_tcm.report.page.tables import Cell, Column, Line, Table, with_footnotes

TABLES = ("bd_rate", "table1", "table2", "sensitivity")

VOID = {"meta", "link", "input", "img", "br", "path"}


class Page(HTMLParser):
    """What a browser would find in the page, and whether its tags nest."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag; a line or a cell of a table begins."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        """Every tag closes the one opened last."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text belongs to the script, cell or page it stands in."""
        if "script" in self.open:
            self.scripts[-1] += data
        elif {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(report: Path) -> Page:
    """The rendered page of the small tables."""
    return Page(report)


def test_the_page_needs_nothing_but_itself(page: Page) -> None:
    """No script, style or picture comes from elsewhere; links to files are relative and the files are there."""
    assert all(set(script) <= {"type", "id"} for script in page.of("script"))
    assert all(link["href"] == "data:," for link in page.of("link"))
    assert all((image["src"] or "").startswith(("data:image/svg+xml", "figures/")) for image in page.of("img"))
    assert all(not re.match(r"\w+:|/", link["href"] or "") for link in page.of("a"))


def test_a_run_of_the_anchor_alone_has_a_page_that_says_so(tables: Path, tmp_path: Path) -> None:
    """One method scored is no comparison, and no error: its curve is drawn, and each empty place says why."""
    for name in ("bd_rate", "all_pairs"):
        lines = (tables / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        own = [line for line in lines[1:] if line.startswith("clic,psnr,webp,measured,webp,")]
        (tables / f"{name}.csv").write_text("".join([lines[0], *own]), encoding="utf-8")
    text = Page(render(tables, tmp_path / "report")).text
    assert text.count("it has no line to show; code a second method, or name another anchor") == 2


def test_every_download_exists(page: Page, report: Path) -> None:
    """What the page links to lies beside it, or is a place in the page."""
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    targets = [link["href"] or "" for link in page.of("a")] + [image["src"] or "" for image in page.of("img")]
    files = [target for target in targets if not target.startswith(("#", "data:"))]
    assert len(files) > 20
    assert all((report.parent / file).is_file() for file in files)
    assert all(target[1:] in ids for target in targets if target.startswith("#"))


def test_ids_are_unique_and_pictures_described(page: Page) -> None:
    """No id occurs twice, every id that is referred to exists, and every picture has a text."""
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert max(ids.values()) == 1
    assert all(a["aria-labelledby"] in ids for _, a in page.tags if "aria-labelledby" in a)
    assert all(image.get("alt") for image in page.of("img"))


def test_nothing_a_user_wrote_becomes_markup(page: Page) -> None:
    """Names with tags appear as text, also inside the embedded JSON; no element of theirs exists."""
    assert "Évil <script>alert('x')</script> & 100 %_of" in page.text
    assert "A <i>run</i> & more" in page.text
    assert "Some <b>CPU</b>" in page.text
    assert "snakemake --config 'a=<b>'" in page.text
    assert len(page.scripts) == 7
    assert not page.of("i")
    assert not any("alert('x')</script" in script or "<script>alert" in script for script in page.scripts[:3])
    assert json.loads(page.scripts[0])["clic"]["metrics"]["psnr"]["curves"][1]["label"].startswith("Évil <script>")


def test_every_bd_rate_carries_kind_images_and_way(page: Page) -> None:
    """No line without its kind, its number of images, anchor, averaging and BD method."""
    lines = [row for row in page.rows if len(row) == 11 and row[0] != "Method"]
    assert len(lines) == 7  # of nine in the table: an anchor against itself says nothing
    for row in lines:
        assert row[3] in ("measured", "published")
        assert row[4] == "8 of 41 images"
        assert row[5] == "WebP (measured)"
        assert row[6] in ("mean curve", "per image")
        assert row[7] in ("pchip", "cubic")
    evil = next(row for row in lines if row[0].startswith("Évil"))
    assert evil[1:3] == ["−16.7†", "−18.5 to −15.2"]  # as many digits as the interval supports
    assert evil[9] == "28.2 to 37.2 (90 %)"
    assert evil[10] == "1"
    lossless = next(row for row in lines if row[0] == "JPEG XL")
    assert lossless[1] == "none"
    assert lossless[10] == "2, 3"
    assert [row[1] for row in lines[:3]] == ["−31.40", "−16.7†", "none"]  # by BD-rate, within each way to state it


def test_notes_are_footnotes_that_their_marks_lead_to(page: Page) -> None:
    """A mark is a link to the note; each note stands once, however many lines it is of."""
    notes = [attributes for attributes in page.of("li") if str(attributes.get("id")).startswith("bd-clic-psnr-note-")]
    refs = [a["href"] for a in page.of("a") if a.get("class") == "ref" and str(a["href"]).startswith("#bd-clic-psnr")]
    assert [note["value"] for note in notes] == ["1", "2", "3"]
    assert {f"#{note['id']}" for note in notes} == set(refs)
    assert len(refs) > len(notes)
    assert page.text.count("JPEG XL is lossless") == 1


def test_what_all_lines_of_a_table_say_stands_in_its_caption() -> None:
    """It is no footnote, and a table without any has no column for their marks."""
    columns = (Column("Method"), Column("Notes"))
    lines = tuple(Line((Cell(name), Cell(note))) for name, note in (("A", "same; of A"), ("B", "same")))
    found = with_footnotes(Table("t", "Caption.", columns, lines))
    assert found.caption == "Caption. Of all lines: same."
    assert found.footnotes == ("of A",)
    assert [line.cells[1].refs for line in found.lines] == [(1,), ()]
    bare = with_footnotes(Table("t", "Caption.", columns, lines[1:] * 2))
    assert (bare.footnotes, len(bare.columns), len(bare.lines[0].cells)) == ((), 1, 1)
    lone = with_footnotes(Table("t", "Caption.", columns, lines[:1]))
    assert (lone.caption, lone.footnotes) == ("Caption.", ("same", "of A"))


def test_the_page_answers_first(page: Page) -> None:
    """The first section has a sentence per dataset and metric, whose words follow from the numbers of all pairs."""
    assert page.of("section")[0]["id"] == "answer"
    name = "Évil <script>alert('x')</script> & 100 %_of a name longer than any telephone is wide"
    for text in (
        f"On 8 of 41 images of CLIC_pro in PSNR, {name} needs 16.7 %† fewer bits than WebP [−18.5, −15.2].",
        f"On 8 of 41 images of CLIC_pro in MS-SSIM, {name} is not separable from WebP.",
        "Not separable: the interval contains 0.",
    ):
        assert text in page.text
    found = json.loads(page.scripts[4], parse_constant=pytest.fail)["clic"]["metrics"]
    assert [side["label"] for side in found["psnr"]["sides"]] == [name, "WebP", "TCM (small)", "JPEG XL"]
    assert found["psnr"]["anchor"] == 1
    assert found["psnr"]["pairs"]["0"][0] == [1, 20.01, 18.0, 22.7, "20.0", "18.0 to 22.7", ""]
    assert found["ms-ssim"]["pairs"]["1"] == [[0, -2.0, -5.0, 1.5, "−2.0", "−5.0 to 1.5", "not separable"]]


def test_pictures_have_a_size(page: Page) -> None:
    """The page does not jump when one is loaded."""
    assert len(page.of("img")) > 4
    for picture in page.of("img"):
        if picture.get("class") == "figure":
            assert int(picture["width"] or 0) > 100
            assert int(picture["height"] or 0) > 100


def test_table_2_tells_paper_recomputed_and_measured_apart(page: Page) -> None:
    """The numbers have their own columns, also per anchor, and only the measured one names its images."""
    lines = [row for row in page.rows if len(row) == 13 and row[1] in ("CLIC_pro", "Kodak")]
    assert lines[0][2:9] == ["−8.94", "−9.08", "", "", "−9.2", "−10.5 to −7.9", "8 of 41 images"]
    assert lines[1][2:9] == ["−7.15", "", "", "", "not measured", "", ""]
    assert lines[2][2:9] == ["−7.39", "−7.40", "−7.05", "−5.10", "not measured", "", ""]


def test_the_plot_data_are_the_points(page: Page) -> None:
    """Each finite point is embedded once, with its interval; the JSON is valid and without NaN."""
    plots = json.loads(page.scripts[0], parse_constant=pytest.fail)
    curves = {curve["key"]: curve for curve in plots["clic"]["metrics"]["psnr"]["curves"]}
    webp = curves["webp|measured|mse"]
    assert webp["points"][0] == {
        "name": "10",
        **{"bpp": 0.24, "value": 28.25, "bpp_lo": 0.21, "bpp_hi": 0.27, "value_lo": 27.25, "value_hi": 29.25},
        **{"bpp_estimated": None, "rate_gap": None},
    }
    estimated = curves["evil|measured|mse"]["points"][0]
    assert (estimated["bpp_estimated"], estimated["rate_gap"]) == (0.199, 0.5)
    assert (webp["kind"], webp["images"], webp["dash"]) == ("measured", "8 of 41 images", "solid")
    assert curves["tcm-small|published|mse"]["dash"] == "dash"
    assert len(curves["jxl|measured|mse"]["points"]) == 1
    images = json.loads(page.scripts[1], parse_constant=pytest.fail)
    assert len(images["rows"]) == 60
    assert images["datasets"] == ["CLIC_pro, 8 of 41 images"]
    rows = [dict(zip(images["columns"], row, strict=True)) for row in images["rows"]]
    assert rows[3]["psnr"] == "Infinity"
    assert rows[4]["ms_ssim"] is None


def test_sections_without_data_say_why(tables: Path, tmp_path: Path) -> None:
    """A missing or empty table leaves its section with the reason, never a hole or an error."""
    for name in ("rd_points", "bd_rate"):
        path = tables / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n")
    for name in ("table2.csv", "images.csv", "environments.json"):
        (tables / name).unlink()
    page = Page(render(tables, tmp_path / "out"))
    for reason in (
        "No curves: rd_points.csv has no rows.",
        "No BD-rates: bd_rate.csv has no rows.",
        "No Table 2: table2.csv is missing.",
        "No rows per image: images.csv is missing.",
        "No machine: environments.json is missing.",
    ):
        assert reason in page.text
    assert "No BD-rates" in (tmp_path / "out/tables/bd_rate.tex").read_text()
    assert not [*(tmp_path / "out/figures").glob("rd_*"), *(tmp_path / "out/figures").glob("bd_rate_*")]
    for plot in ("Rate and distortion: CLIC_pro, PSNR", "BD-rate: Kodak, MS-SSIM"):
        assert f"{plot}: no " in page.text


def test_a_metric_without_values_is_named(page: Page) -> None:
    """Kodak has PSNR points only, and the page says so."""
    assert "No MS-SSIM values on Kodak." in page.text


def test_all_declared_files_are_written(report: Path) -> None:
    """Figures for each dataset and metric that has points, and the tables; no empty one, as of BD-rates on Kodak."""
    out = report.parent
    plots = ("clic_psnr", "clic_ms-ssim", "kodak_psnr")
    stems = [*(f"rd_{plot}" for plot in plots), "bd_rate_clic_psnr"]
    stems += [f"{what}_clic_psnr" for what in ("image_rates", "local_rates", "costs")]
    stems += ["figure_7"]
    expected = {f"figures/{stem}.{form}" for stem in stems for form in ("pdf", "svg", "png", "csv", "tex")}
    expected |= {"figures/index.json"}
    expected |= {f"tables/{name}.{form}" for name in TABLES for form in ("csv", "tex", "html")}
    expected |= {"tables/images.csv", "tables/bd_rate_all.tex", "tables/tables.tex", "tables/points.tex"}
    expected |= {"tables/point_differences.csv", "tables/loss_differences.csv"}
    expected |= {"tables/numbers.tex", "tables/references.bib", "paper.tex"}
    expected |= {"index.html", "ro-crate-metadata.json", "summary.txt", "lic-tcm-report.json"}
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == expected
    assert (out / "tables/bd_rate.csv").read_text(encoding="utf-8").count("\n") == 10


def test_rendering_again_gives_the_same_bytes(report: Path, tables: Path, tmp_path: Path) -> None:
    """Same tables, same report, byte for byte, wherever they lie."""
    again = render(tables, tmp_path / "elsewhere").parent
    files = [path.relative_to(again) for path in again.rglob("*") if path.is_file()]
    assert [file for file in files if (again / file).read_bytes() != (report.parent / file).read_bytes()] == []


def test_the_fragments_stand_alone(report: Path) -> None:
    """bd_rate.html and the like are pages of their own, without a script."""
    for name in TABLES:
        fragment = Page(report.parent / "tables" / f"{name}.html")
        assert fragment.scripts == []
        assert not fragment.of("button")
        assert len(fragment.rows) > 3


def test_a_folder_that_cannot_be_written_is_named(tables: Path, tmp_path: Path) -> None:
    """The error says which folder could not be written."""
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"cannot write .*out: .*choose a writable folder"):
        render(tables, tmp_path / "out")


def test_machines_of_any_age_are_shown(tables: Path, tmp_path: Path) -> None:
    """What newer records hold of the processor stands beside the gaps of older ones."""
    path = tables / "environments.json"
    old = json.loads(path.read_text(encoding="utf-8"))
    new = {"cpu": "Another", "cpu_id": "Maker family 6 model 1 stepping 2", "instruction_sets": "avx2 avx512f"}
    new |= {"libraries": {"torch": "AVX512, 2 threads"}, "settings": {}}
    path.write_text(json.dumps(old | {"cd34": new}), encoding="utf-8")
    page = Page(render(tables, tmp_path / "out"))
    for text in ("Some <b>CPU</b>", "Maker family 6 model 1 stepping 2", "avx2 avx512f", "torch AVX512, 2 threads"):
        assert text in page.text
