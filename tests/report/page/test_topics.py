"""Figures on the page: the paper's ablations under their topics."""

from lic_tcm.report.figures.catalogue import FIGURES, Shown
from lic_tcm.report.page.topics import ABLATIONS, groups


def shown(name: str, skipped: str = "", section: str = "figures") -> Shown:
    """A figure that was drawn, or not."""
    return Shown(name, f"Title of {name}", "", skipped, section)


def test_ablations_stand_under_their_topics() -> None:
    """Slices, attention, transforms, after what is of no topic; empty groups are none."""
    found = groups([shown("figure_13"), shown("costs_demo_psnr"), shown("figure_10c", "no rows"), shown("figure_12")])
    assert [(one.title, [f.name for f in one.drawn], [f.name for f in one.skipped]) for one in found] == [
        ("", ["costs_demo_psnr"], []),
        ("Ablation: slices", ["figure_13"], []),
        ("Ablation: attention", [], ["figure_10c"]),
        ("Ablation: transforms", ["figure_12"], []),
    ]


def test_figures_of_other_sections_are_left_out() -> None:
    """They stand there."""
    assert groups([shown("rd_demo_psnr", section="curves")]) == []


def test_every_ablation_of_the_catalogue_has_a_topic() -> None:
    """Figures 10 and 12 to 14 of the paper, each once."""
    named = [name for names in ABLATIONS.values() for name in names]
    known = [name for name in FIGURES if name.startswith(("figure_10", "figure_12", "figure_13", "figure_14"))]
    assert sorted(named) == sorted(known)
