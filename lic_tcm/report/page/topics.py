"""The page's figures by what they are about: the paper's ablations by topic, all others as they come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lic_tcm.report.figures.catalogue import Shown

ABLATIONS: Mapping[str, tuple[str, ...]] = {
    "slices": ("figure_13",),
    "attention": ("figure_10b", "figure_10c", "figure_14"),
    "transforms": ("figure_10a", "figure_12"),
}


@dataclass(frozen=True)
class Group:
    """Some figures under a heading, "" for none."""

    title: str
    drawn: tuple[Shown, ...]
    skipped: tuple[Shown, ...]


def groups(figures: Iterable[Shown], section: str = "figures") -> list[Group]:
    """The figures of a section: those of no topic first, then the ablations, a group each; without empty ones."""
    shown = [figure for figure in figures if figure.section == section]
    topic = {name: f"Ablation: {title}" for title, names in ABLATIONS.items() for name in names}
    titles = ["", *(f"Ablation: {title}" for title in ABLATIONS)]
    found = [_group(title, [one for one in shown if topic.get(one.name, "") == title]) for title in titles]
    return [group for group in found if group.drawn or group.skipped]


def _group(title: str, figures: Sequence[Shown]) -> Group:
    drawn, skipped = ([one for one in figures if bool(one.skipped) is skip] for skip in (False, True))
    return Group(title, tuple(drawn), tuple(skipped))
