"""`references.bib`: an entry for every published curve a report shows, made of what its JSON says of its source."""

import re
from collections.abc import Iterable, Sequence

from lic_tcm.rd.curves import OWN, RDCurve
from lic_tcm.report.choices import cite, published
from lic_tcm.report.inputs import Tables
from lic_tcm.report.tex import escape, plain_ascii
from lic_tcm.tables.paper import series_of
from lic_tcm.tables.schema import BDRow, SensitivityRow

HEAD = r"""% Where the published curves of the report come from, an entry for each key that captions and tables cite.
% It says where the numbers were taken from; authors and year are those of the curve's label. Where your bibliography
% has the paper itself, give that entry the same key and leave this one out.
@preamble{"\providecommand{\url}[1]{\texttt{\detokenize{#1}}}"}
"""


def bibliography(tables: Tables) -> str:
    """The entries of all published series of a report's tables, by key."""
    groups: dict[str, list[RDCurve]] = {}
    for dataset, series, kind in sorted(_shown(tables)):
        found = published(dataset, series) if kind not in OWN else None
        if found:
            groups.setdefault(cite(dataset, series, kind), []).append(found)
    return HEAD + "".join(_entry(key, curves) for key, curves in sorted(groups.items()))


def _shown(tables: Tables) -> set[tuple[str, str, str]]:
    """Dataset, series and kind of everything that figures and tables name."""
    found = {(p.dataset, p.series, p.kind) for p in tables.points}
    compared: list[BDRow | SensitivityRow] = [*tables.bd, *tables.pairs, *tables.sensitivity]
    for row in compared:
        found |= {(row.dataset, row.series, row.kind), (row.dataset, row.anchor, row.anchor_kind)}
    for cell in tables.table2:
        series = series_of(cell.method, cell.dataset)
        found |= {(cell.dataset, series, "published")} if series else set()
    return found


def _entry(key: str, curves: Sequence[RDCurve]) -> str:
    sources = list(dict.fromkeys(curve.source for curve in curves))
    addresses = list(dict.fromkeys(filter(None, map(_address, sources))))
    shorts = list(dict.fromkeys(curve.short or curve.label for curve in curves))
    author, year = _author(key, curves)
    fields = {
        "author": author,
        "key": "" if author else key,
        "title": f"{{Rate-distortion points of {_listed(shorts)}}}",
        "year": year,
        "howpublished": ", ".join(rf"\url{{{address}}}" for address in addresses),
        "note": "" if addresses else _listed(sources),
        "source": _listed(sources),  # a field that styles do not print
    }
    body = "".join(f"  {name} = {{{text}}},\n" for name, text in fields.items() if text)
    return f"\n@misc{{{key},\n{body}}}\n"


def _listed(texts: Iterable[str]) -> str:
    return escape("; ".join(re.sub(r"[{}\\\"]", "", text) for text in texts))  # BibTeX counts braces, escaped ones too


def _address(source: str) -> str:
    """The web address of a source of the form "github:owner/repository@commit:path" or "github issue owner/name#1"."""
    code = re.match(r"github:([\w.-]+/[\w.-]+?)(?:@([0-9a-f]+))?(?=[:@ ]|$)", source)
    issue = re.match(r"github issue ([\w.-]+/[\w.-]+)#(\d+)", source)
    if code:
        return f"https://github.com/{code[1]}" + (f"/tree/{code[2]}" if code[2] else "")
    return f"https://github.com/{issue[1]}/issues/{issue[2]}" if issue else ""


def _author(key: str, curves: Sequence[RDCurve]) -> tuple[str, str]:
    """First author and year, as a key of the form liu2023tcm and the labels say; "" for a thread or a repository."""
    named = re.match(r"([a-z]+)((?:19|20)\d\d)", key)
    if not named:
        return "", ""
    first = next(
        (word for curve in curves if plain_ascii(word := curve.label.split()[0]).lower() == named[1]),
        named[1].capitalize(),
    )
    return f"{escape(first)} and others", named[2]
