"""What stands in the caption of a figure and not in it: what is drawn how, from whom, on what, and its notes."""

from collections.abc import Iterable, Sequence

from lic_tcm.report import words
from lic_tcm.report.choices import Choices, cite
from lic_tcm.report.inputs import Tables
from lic_tcm.report.looks import Curve, plot_notes
from lic_tcm.report.tex import Caption, Named, Sentence, listing
from lic_tcm.report.ways import choices as ways
from lic_tcm.tables.schema import BDRow, PairRow

SAID = {
    "measured": "measured by this suite",
    "given": "given, made by somebody else",
    "published": "published",
    "digitised": "digitised, read off a published figure",
    "reconstructed": "reconstructed from other published numbers",
}
DRAWN = {  # kind -> how its curve is drawn, see looks.DASHES and plots._look
    "measured": "Solid lines, filled markers",
    "given": "Solid lines, hollow markers",
    "published": "Dashed lines",
    "digitised": "Dotted lines",
    "reconstructed": "Dash-dotted lines",
}


def rd_caption(title: str, metric: str, found: Sequence[Curve], cut: float, first: str = "") -> Caption:
    """Of RD curves as they are drawn, with an axis of rates that ends at `cut`."""
    ways_of = {point.ci_method for curve in found for point in curve.points}
    bars = words.intervals(ways_of)
    references = _references(found) if metric == "psnr" else []
    return Caption(
        (
            (first or f"Rate and distortion in {words.metric_name(metric)} on {title}",),
            *_kinds([(curve.kind, _named(curve)) for curve in found], DRAWN),
            *([("Bars: ", bars)] if bars else []),
            *references,
            *((_begun(note),) for note in plot_notes(found, cut)),
        )
    )


def _begun(note: str) -> str:
    """A note as a sentence; one that begins with a method's name keeps it."""
    return note[0].upper() + note[1:] if note.startswith(("points ", "lossless ", "the ", "averaging ")) else note


def bd_caption(tables: Tables, title: str, metric: str, rows: Sequence[BDRow], choices: Choices) -> Caption:
    """Of BD-rates as they are drawn."""
    way = ways(rows)[0]
    anchor = choices.named(rows[0].dataset, way.anchor, way.anchor_kind, tables.label(way.anchor))
    names = [(row.kind, choices.named(row.dataset, row.series, row.kind, row.label)) for row in rows]
    counts = dict.fromkeys(words.images(row.n_images, row.images_total) for row in rows)
    partial = [row for row in rows if words.partial(row.n_images, row.images_total)]
    of = [
        f"{', '.join(choices.short(r.dataset, r.series, r.kind, r.label) for r in partial if _count(r) == count)}: "
        f"{count}"
        for count in dict.fromkeys(map(_count, partial))
    ]
    bars = words.intervals(row.ci_method for row in rows)
    marks = " ".join(dict.fromkeys(mark for row in rows for mark in row.marks.split()))
    return Caption(
        (
            (
                f"BD-rate in {words.metric_name(metric)} on {title} against ",
                anchor,
                f" ({way.anchor_kind}), {way.averaging}, {way.bd_method}; negative means fewer bits",
            ),
            *_kinds(names, {kind: f"{'Filled' if kind == 'measured' else 'Hollow'} markers" for kind in DRAWN}),
            *([("Bars: ", bars)] if bars else []),
            *((text,) for text in (of if partial else [text for text in counts if text][:1])),
            *([(f"{words.DAGGER} {words.mark_reasons(marks)}",)] if marks else []),
        )
    )


def _count(row: BDRow) -> str:
    return words.images(row.n_images, row.images_total)


def pair_names(rows: Sequence[PairRow], choices: Choices) -> list[str]:
    """The names of some pairs, a row each: of what they have in common the caption tells."""
    tests = [choices.short(row.dataset, row.series, row.kind, row.label) for row in rows]
    anchors = [choices.short(row.dataset, row.anchor, row.anchor_kind, row.anchor_label) for row in rows]
    if len(set(tests)) == 1:
        return [f"vs. {anchor}" for anchor in anchors]
    if len(set(anchors)) == 1:
        return tests
    return [f"{test} vs. {anchor}" for test, anchor in zip(tests, anchors, strict=True)]


def pair_sentence(rows: Sequence[PairRow], choices: Choices) -> Sentence:
    """Each pair with its kinds and what to cite, a row each."""
    parts: list[str | Named] = []
    for row in rows:
        kinds = " / ".join(dict.fromkeys((row.kind, row.anchor_kind)))
        test = choices.named(row.dataset, row.series, row.kind, row.label)
        anchor = choices.named(row.dataset, row.anchor, row.anchor_kind, row.anchor_label)
        parts += [*(["; "] if parts else []), test, " against ", anchor, f" ({kinds})"]
    return parts


def _kinds(names: Iterable[tuple[str, Named]], drawn: dict[str, str]) -> list[Sentence]:
    """A sentence for each kind: how it is drawn, what it means, and which methods are of it."""
    pairs = list(names)
    sentences: list[Sentence] = []
    for kind in words.kinds_in_order(kind for kind, _ in pairs):
        among = [name for other, name in pairs if other == kind]
        sentences.append([f"{drawn[kind]}: {SAID[kind]} (", *listing(among), ")"])
    return sentences


def _named(curve: Curve) -> Named:
    return Named(curve.name, cite(curve.points[0].dataset, curve.series, curve.kind))


def _references(found: Sequence[Curve]) -> list[Sentence]:
    """What PSNRs are taken against, of the curves that differ from the usual."""
    others = [(curve.points[0].psnr_reference, curve.name) for curve in found]
    return [
        (f"{words.REFERENCES.get(reference, reference)}: {', '.join(n for r, n in others if r == reference)}",)
        for reference in dict.fromkeys(reference for reference, _ in others)
        if reference not in ("rgb", "")
    ]
