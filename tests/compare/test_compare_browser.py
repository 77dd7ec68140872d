"""The page of a comparison in a real browser: the user's numbers, and nothing that is not of the comparison."""

from pathlib import Path

import pytest
from support.browsing import NEEDS_CHROMIUM, browse

from lic_tcm.compare.compare import compare

pytestmark = NEEDS_CHROMIUM


def test_the_page_of_a_users_points_is_about_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences, the first plot and the table speak of the user's method; images of others have no section."""
    monkeypatch.chdir(tmp_path)
    points = "bpp,psnr\n0.152,30.02\n0.28,32.3\n0.45,34.4\n0.7,36.6\n"
    (tmp_path / "mine.csv").write_text(points, encoding="utf-8")
    found = compare([tmp_path / "mine.csv"], "kodak", ["tcm-large", "measured:webp"], tmp_path / "out")
    script = """
      return { sections: all("section").map((s) => s.id), links: all("nav a").map((a) => a.hash.slice(1)),
        said: all(".sentence").map((p) => p.textContent), ticks: one(".dots").layout.yaxis.ticktext,
        first: all("[id^=bd-] tbody tr:not([hidden])").map((r) => [r.cells[0].textContent, r.cells[3].textContent]),
        looks: plot().data.map((t) => [t.name, t.line.dash, t.line.width]) };
    """
    page = browse(found.page, tmp_path, script)
    assert page["sections"] == ["answer", "curves", "bd-rate", "points", "figures", "overview", "machine"]
    assert page["links"] == page["sections"]
    (said,) = page["said"]
    assert said.startswith("On Kodak in PSNR, mine (given) needs, without an interval, ")
    assert said.count("%") == 2
    assert "than Liu 2023 TCM-L (published)" in said
    assert page["ticks"][0].strip() == "<b>mine</b>"
    assert page["first"] == [["mine", "given"], ["WebP", "measured"]]
    assert ["mine", "solid", 1.5] in page["looks"]
