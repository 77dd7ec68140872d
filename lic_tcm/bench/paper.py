"""config/paper.yaml without methods of its own: what is known of the TCM paper's comparison beforehand."""

from lic_tcm import resources
from lic_tcm.bench.config import parse
from lic_tcm.bench.config_checks import complete, read

NAME = "paper-published"
TITLE = "Learned Image Compression with Mixed Transformer-CNN Architectures: from published points"


def settings(style: str | None = None) -> str:
    """The settings of that run, as the tables stage takes them: published curves, and methods whose rows ship.

    Anchors that the paper's run would code are those measured before, where they were; nothing else stands for them.
    `style` is that of figures and LaTeX; raises UserError for an unknown one.
    """
    home = resources.home()
    raw = read(home / "config/paper.yaml")
    anchors = [f"measured:{name}" if name in raw["methods"] else name for name in raw["anchors"]]
    raw["figures"] |= {"style": style} if style else {}
    raw |= {"name": NAME, "title": TITLE, "methods": [], "anchors": anchors}
    return parse(complete(raw, home / "config/methods.yaml"), home / "workflow/config.schema.yaml").to_json()
