"""A user's own results against published curves and measured methods: the same tables, figures and page as of a run.

Needs no image and no network: curves are those in the package, images come from the user's rows.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm import layout
from lic_tcm.bench import against
from lic_tcm.bench.figure_choices import read_choices
from lic_tcm.bench.records import Row
from lic_tcm.compare.joined import joined
from lic_tcm.compare.own_rows import image_lines, is_ours, source_of
from lic_tcm.compare.series import UserSeries, read_series
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT, in_order
from lic_tcm.metrics.wide import columns
from lic_tcm.rd import measured
from lic_tcm.rd.bdrate import INTERPOLATIONS
from lic_tcm.rd.curves import Metric, RDCurve
from lic_tcm.rd.intervals import RESAMPLES
from lic_tcm.rd.published import load_published
from lic_tcm.report import words
from lic_tcm.report.folder import owner, renewed
from lic_tcm.report.inputs import read_tables
from lic_tcm.report.latex.compiled import check_tex, compile_paper
from lic_tcm.report.summary import closing, small_table
from lic_tcm.report.write import draw
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.schema import BDRow
from lic_tcm.tables.series import NUMBERS, given_notes
from lic_tcm.tables.write import write_run

if TYPE_CHECKING:
    import pandas as pd

BD_METHODS = ("pchip", *(method for method in INTERPOLATIONS if method != "pchip"))  # the tables lead with the first


@dataclass(frozen=True)
class Comparison:
    """A finished comparison: its page, the user's methods against each target in both averages, and all that it ends
    with in plain text.
    """

    page: Path
    rates: tuple[BDRow, ...]
    text: str


def compare(
    files: Sequence[Path],
    dataset: str,
    names: Sequence[str],
    out: Path,
    figures: tuple[Path | None, str | None] = (None, None),
    pdf: bool = False,
) -> Comparison:
    """Compare the methods of a user's files with the named ones on a dataset; the report goes under `out`.

    Without names the first method of the files is what the others are compared with. The tables behind the report
    lie in `layout.compared_tables(out)`. `figures` are a file of choices for figures and LaTeX, and a style; with
    `pdf` paper.tex is compiled, too. Raises UserError for files, names or a dataset that cannot be used, listing
    all bad lines, and when `out` holds a report of something else: a run, or a comparison of another first file or
    dataset.
    """
    if pdf:
        check_tex()
    targets = against.find(names, dataset) if names else []
    series = _read(files, dataset)
    _check_names(series, targets)
    metrics = in_order(metric for one in series for metric in one.metrics())
    published = _published(targets, dataset, metrics)
    rows = _rows(series, targets, dataset)
    anchors = [target.name for target in targets] or [series[0].name]
    machines: dict[str, Any] = {}
    for target in targets:
        machines |= against.environments(target.rows) if target.rows else {}
    curves = [_given(one, curve) for one in series for curve in one.curves]
    run = _settings(series, targets, anchors, dataset, metrics, out)
    run["figures"] |= read_choices(*figures, [*(one.name for one in series), *(target.name for target in targets)])
    run["comparison"] = f"{os.path.relpath(files[0].resolve(), out.resolve())} on {dataset}"
    with renewed(out, owner(run)) as part:
        tables = layout.compared_tables(part)
        write_run(rows, [*curves, *published], run, machines, tables)
        data = read_tables(tables)
        draw(data, part)
        if pdf:
            compile_paper(part)
    return Comparison(layout.page(out), tuple(small_table(data)), closing(data))


def _read(files: Sequence[Path], dataset: str) -> list[UserSeries]:
    """The methods of all files; every bad file is explained, not only the first."""
    known, _ = against.images_of(dataset)
    series, problems = [], []
    for path in files:
        try:
            series += read_series(path, dataset, known)
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))
    return joined(series)


def _given(one: UserSeries, curve: RDCurve) -> RDCurve:
    """A curve of a user's points: a number given to the suite is no number of it."""
    notes = (*curve.notes, *given_notes(one.name, NUMBERS))
    return replace(curve, kind="given", source=source_of(one), notes=notes)


def _check_names(series: Sequence[UserSeries], targets: Sequence[against.Target]) -> None:
    """Two series of one name could not be distinguished in a table."""
    taken: dict[str, str] = {target.name: "--against" for target in targets}
    for one in series:
        if one.name in taken:
            raise UserError(
                f"{one.source}: method {one.name!r} has the name of one of {taken[one.name]}; name it otherwise, "
                "by the file's name, a column method or the JSON's name"
            )
        taken[one.name] = one.source
    twice = [target.name for target in targets if [t.name for t in targets].count(target.name) > 1]
    if twice:
        raise UserError(f"--against names {twice[0]!r} both published and measured; give one of them")
    if not targets and len(series) < 2:
        raise UserError(f"{series[0].source} has one method; say with --against what to compare it with")


def _published(targets: Sequence[against.Target], dataset: str, metrics: Sequence[Metric]) -> list[RDCurve]:
    """The published curves of the targets; one without any of the metrics is refused, not left out."""
    wanted = [target.name for target in targets if not target.rows]
    curves = [c for c in load_published(keys=wanted) if c.dataset == dataset and c.metric in metrics] if wanted else []
    useless = [name for name in wanted if name not in {curve.name for curve in curves}]
    if useless:
        given = " or ".join(words.metric_name(metric) for metric in metrics)
        raise UserError(f"{useless[0]!r} has no {given} on {dataset}, which is what your files give; leave it out")
    return curves


def _rows(series: Sequence[UserSeries], targets: Sequence[against.Target], dataset: str) -> "pd.DataFrame":
    """Rows of the measured targets and of the user's methods that are given image by image."""
    import pandas as pd

    of_targets = read_rows([target.rows for target in targets if target.rows])
    lines = [line for one in series for line in _image_lines(one, dataset)]
    if not lines:
        return of_targets
    given = [metric for one in series if one.images for metric in one.metrics()]
    own = pd.DataFrame(lines, columns=list(columns(Row, [*DEFAULT, *given])))
    return own if of_targets.empty else pd.concat([own, of_targets], ignore_index=True)


def _image_lines(one: UserSeries, dataset: str) -> list[dict[str, Any]]:
    """A user's images as rows: given, unless this suite wrote them, in which case they say themselves what they are."""
    given = {} if not one.images or is_ours(Path(one.source)) else {"given": one.given or NUMBERS}
    return [line | given for line in image_lines(one, dataset)]


def _settings(
    series: Sequence[UserSeries],
    targets: Sequence[against.Target],
    anchors: Sequence[str],
    dataset: str,
    metrics: Sequence[Metric],
    out: Path,
) -> dict[str, Any]:
    """The settings of the comparison, as a run's."""
    own = [one.name for one in series]
    given = {one.name: (one.name, source_of(one), one.images) for one in series if one.images}
    methods = {
        name: {"label": label, "codec": codec, "options": {}, "points": sorted({row.point for row in images})}
        for name, (label, codec, images) in given.items()
    }
    for one in series:
        if one.unit:
            methods[one.name]["unit"] = one.unit
    for target in targets:
        if target.rows:
            points = sorted(set(read_rows([target.rows])["point"]))
            said: dict[str, Any] = {"codec": target.name, "options": {}, "points": points}
            methods[target.name] = said | measured.described(target.rows)
    return {
        "name": out.name,
        "title": f"{', '.join(own)} on {dataset}",
        "datasets": [dataset],
        "anchors": list(anchors),
        "published": [target.name for target in targets if not target.rows],
        "metrics": list(metrics),
        "bd_methods": list(BD_METHODS),
        "intervals": "jackknife",
        "resamples": RESAMPLES,
        "own": own,
        "figures": {"pairs": [[anchor, name] for name in own for anchor in anchors if anchor != name]},
        "methods": methods,
    }
