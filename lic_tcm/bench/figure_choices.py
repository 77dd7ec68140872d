"""The key `figures` of a configuration: what figures and LaTeX show of whom and how, checked before any job starts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lic_tcm import resources
from lic_tcm.bench.config_checks import check_known, check_structure, read
from lic_tcm.errors import UserError

SCHEMA = resources.home() / "workflow/config.schema.yaml"
NAMING = ("methods", "labels", "colours")  # keys that name series
FOR_PAPERS = ("style", "width", *NAMING, "rate", "legend", "inset")  # keys that a comparison has, too


def choices(raw: Mapping[str, Any], series: Sequence[str], defined: Iterable[str]) -> dict[str, Any]:
    """The choices for figures, of methods and published series; what this run leaves out is left out of them, too.

    Raises UserError for a name that is neither in `series` nor in `defined`, and for a range without extent.
    """
    known = sorted({*series, *defined})
    for pair in raw.get("pairs", []):
        check_known("figures.pairs", pair, known)
    for key in NAMING:
        check_known(f"figures.{key}", raw.get(key, ()), known)
    _check_ranges(raw)
    crops = dict(raw.get("crops", {}))
    for name, crop in crops.items():
        check_known(f"figures.crops.{name}.methods", crop["methods"], known)
        check_known(f"figures.crops.{name}.points", crop.get("points", ()), crop["methods"])
        crops[name] = crop | {"methods": [method for method in crop["methods"] if method in series]}
    found = dict(raw)
    if "pairs" in raw:
        found["pairs"] = [pair for pair in raw["pairs"] if set(pair) <= set(series)]
    if "methods" in raw:
        found["methods"] = [method for method in raw["methods"] if method in series]
    return found | ({"crops": crops} if crops else {})


def _check_ranges(raw: Mapping[str, Any]) -> None:
    ranges = {"rate": raw.get("rate"), "inset.rate": (raw.get("inset") or {}).get("rate")}
    for key, ends in ranges.items():
        if ends and not ends[0] < ends[1]:
            raise UserError(f"config: figures.{key} {list(ends)} is no range; give the lower rate first")


def with_fine_points(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration whose methods also have the points that figures of crops ask for, to match rates more closely.

    They are coded like the others and are points of the methods' curves.
    """
    definitions = dict(raw["definitions"])
    for crop in raw.get("figures", {}).get("crops", {}).values():
        for method, points in crop.get("points", {}).items():
            if method in definitions:
                every = [*definitions[method]["points"], *points]
                definitions[method] = {**definitions[method], "points": sorted(set(every))}
    return {**raw, "definitions": definitions}


def read_choices(path: Path | None, style: str | None, series: Sequence[str]) -> dict[str, Any]:
    """The choices of a comparison of some series: a YAML file's, which may be a whole configuration, and a style.

    Raises UserError for a file that cannot be read, and for keys, values or names that do not fit.
    """
    raw = read(path) if path else {}
    whole = isinstance(raw.get("figures"), Mapping)
    raw = dict(raw["figures"] if whole else raw) | ({"style": style} if style else {})
    check_structure({"figures": raw}, SCHEMA, ("figures",))
    foreign = sorted(set(raw) - set(FOR_PAPERS))
    if foreign and not whole:
        raise UserError(f"{path}: {foreign[0]} is not for a comparison; it takes {', '.join(FOR_PAPERS)}")
    return choices({key: value for key, value in raw.items() if key in FOR_PAPERS}, series, ())
