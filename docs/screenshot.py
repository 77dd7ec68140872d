"""Make docs/report.png from a run's page: `PYTHONPATH=tests python docs/screenshot.py reports/demo/index.html`.

Shows the answer, the RD plot with a point of TCM-nano, and JPEG beside TCM-nano; the other sections are hidden.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from support.browsing import photograph

SCRIPT = """
  all("section").filter((s) => !["answer", "curves", "pictures"].includes(s.id)).forEach((s) => { s.hidden = true; });
  all("#curves .plot-block").slice(1).forEach((block) => { block.hidden = true; });
  const nano = plot().data.findIndex((t) => t.name === "TCM-nano");
  pointAt(plot(), nano, 2);
  scrollTo(0, 0);
  const option = (select, text) => all("option", select).find((o) => o.textContent.startsWith(text));
  const pick = (select, text) => choose(select, option(select, text).value);
  const [left, right] = all("#pictures fieldset").map((side) => one("select", side));
  pick(one("#pictures select"), "chelsea");
  pick(left, "JPEG");
  pick(right, "TCM-nano");
  await pause(500);
"""


def main() -> None:
    """Take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        picture = photograph(Path(sys.argv[1]).resolve(), Path(folder), SCRIPT, "--window-size=1200,2150")
        shutil.copy(picture, Path(__file__).with_name("report.png"))


if __name__ == "__main__":
    main()
