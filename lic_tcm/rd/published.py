"""Curves other people published, in `lic_tcm/data/published/<dataset>/<series>.json`."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT, Metric, get, names
from lic_tcm.rd.curves import Kind, RDCurve

DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / "data" / "published"  # results/published links to it


KINDS: Mapping[str, Kind] = {
    "published-numbers": "published",
    "derived-from-published-per-image": "published",
    "digitised-here": "digitised",
    "digitised-by-others": "digitised",
    "reconstructed-here": "reconstructed",
}


PSNR_REFERENCES = ("rgb", "converted", "unstated")  # the column psnr_reference of tables


SHORT = 22  # characters a label for legends has at most


_CITE = re.compile(r"[a-z][a-z0-9_]*|")  # a BibTeX key; empty for a thread without a paper


_PRINTED = 0.02  # dB; what a similarity printed to 4 decimals is uncertain by near 0.99


def load_published(folder: Path | None = None, keys: Iterable[str] | None = None) -> list[RDCurve]:
    """The curves below a folder of `<dataset>/<series>.json` files, by dataset, series and metric.

    Without `folder`, the one in this package; with `keys`, only those series. A file with two
    metrics gives two curves of one name, the file's. Raises UserError naming the folder when it is absent, a
    series that no dataset has, or the file that is not a curve.
    """
    wanted = None if keys is None else set(keys)
    files = _files(folder)
    unknown = sorted((wanted or set()) - {file.stem for file in files})
    if unknown:
        raise UserError(f"no published curve is named {unknown[0]!r}; published_keys() lists them")
    return [curve for file in files if wanted is None or file.stem in wanted for curve in read_published(file)]


def published_keys() -> tuple[str, ...]:
    """The names of the published series of all datasets, sorted; raises UserError when their folder is absent."""
    return tuple(sorted({file.stem for file in _files(None)}))


def _files(folder: Path | None) -> list[Path]:
    folder = folder or DEFAULT_FOLDER
    files = sorted(folder.glob("*/*.json"))
    if not files:
        raise UserError(f"{folder} holds no published curves (<dataset>/<series>.json); give the folder that does")
    return files


def read_published(path: Path) -> list[RDCurve]:
    """The curves of one file, in the order of metrics; raises UserError naming the file and the field that is wrong."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        common = _common(path, document)
        found = [_curve(get(name), document, common) for name in names()]
        curves = [curve for curve in found if curve is not None]
    except KeyError as error:
        raise UserError(f"{path} lacks the field {error}; see the README there") from error
    except (OSError, ValueError, TypeError, UserError) as error:
        raise UserError(f"{path} is not a published curve ({error}); see the README there") from error
    if not curves:
        keys = [get(name).axis_key if get(name).bends else f"{name}-rgb" for name in DEFAULT]
        raise UserError(f"{path} has neither {' nor '.join(map(_quoted, keys))} in results; give one")
    return curves


def _quoted(key: str) -> str:
    return f'"{key}"'


def _common(path: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the curves of a file share; raises UserError naming the one that is wrong."""
    if document["dataset"] != path.parent.name:
        raise UserError(f"dataset {document['dataset']!r} is not its folder's name {path.parent.name!r}")
    for field, allowed in (("provenance", tuple(KINDS)), ("psnr_reference", PSNR_REFERENCES)):
        if document[field] not in allowed:
            raise UserError(f"{field} {document[field]!r} is none of {', '.join(allowed)}")
    if not 0 < len(document["short"]) <= SHORT:
        raise UserError(f"short {document['short']!r} has {len(document['short'])} characters, not 1 to {SHORT}")
    if not _CITE.fullmatch(document["cite"]):
        raise UserError(f"cite {document['cite']!r} is not a BibTeX key of a-z, 0-9 and _, like liu2023tcm")
    return {
        "name": path.stem,
        "label": document["name"],
        "dataset": document["dataset"],
        "kind": KINDS[document["provenance"]],
        "bpp": tuple(document["results"]["bpp"]),
        "source": document["source"],
        "optimised_for": document["optimised_for"],
        "psnr_reference": document["psnr_reference"],
        "notes": (document["note"],) if document["note"] else (),
        "short": document["short"],
        "cite": document["cite"],
    }


def _curve(metric: Metric, document: Mapping[str, Any], common: Mapping[str, Any]) -> RDCurve | None:
    """The curve of a file in one metric, and how it was averaged; None where it has none."""
    results = document["results"]
    linear = next((results[key] for key in (f"{metric.name}-rgb", metric.name) if key in results), None)
    if not metric.bends:
        if linear is None:
            return None
        return RDCurve(metric=metric.name, distortion=tuple(map(float, metric.axis(linear))), **common)
    decibel = results.get(metric.axis_key)
    required = metric.name in DEFAULT
    average = document[metric.average_column] if required else document.get(metric.average_column)
    if (average is None) != (linear is None and decibel is None):
        raise UserError(
            f"{metric.average_column} is {average!r}; give linear, db or unstated with {metric.label}, else null"
        )
    if average is None:
        return None
    if linear is not None and decibel is not None and average != "db":
        raise UserError(
            f"{metric.average_column} is {average!r}, but with both lists the curve is {metric.axis_key}; give db"
        )
    distortion = _in_decibel(metric, results["bpp"], linear, decibel)
    return RDCurve(metric=metric.name, distortion=distortion, average=average, **common)


def _in_decibel(
    metric: Metric, rates: Sequence[float], linear: Sequence[float] | None, decibel: Sequence[float] | None
) -> tuple[float, ...]:
    """The values of a file on an axis that bends.

    Of two lists the one in dB is the mean of per-image dB. -10 log10(1 - x) is convex in x, so that by Jensen's
    inequality this mean is at least the dB of the mean: raises UserError where a point lies below.
    """
    if linear is None:
        return tuple(decibel or ())
    of_mean = metric.axis(linear)
    if decibel is None:
        return tuple(of_mean)
    for rate, mean, bound in zip(rates, decibel, of_mean, strict=True):
        if mean < bound - _PRINTED:
            raise UserError(
                f"{metric.axis_key} {mean:g} at {rate:g} bpp is below the {bound:.3f} dB of {metric.name}-rgb, but a "
                "mean of dB cannot be below the dB of the mean: one of the lists is of other images; keep the right one"
            )
    return tuple(decibel)


def vtm_note(name: str, dataset: str, folder: Path | None = None) -> str:
    """What a table says of a published VTM curve it uses as anchor: its kind, and the others there are.

    "" for a curve that is not VTM's. VTM curves of one dataset differ by several points of BD-rate, mostly by what
    their PSNR is taken against.

    >>> vtm_note("tcm-large", "kodak")
    ''
    """
    known = _vtm_curves(dataset, folder)
    if name not in known:
        return ""
    others = ", ".join(other for other in known if other != name)
    return f"{name} is {known[name]}; other VTM curves on {dataset} give other BD-rates: {others or 'none'}"


def measured_vtm_note(name: str, dataset: str, reference: str) -> str:
    """As `vtm_note`, of a measured VTM method (`vtm`, `vtm-paper`, ...) whose PSNR is against `reference`.

    >>> measured_vtm_note("webp", "kodak", "rgb")
    ''
    """
    known = _vtm_curves(dataset, None)
    if name.partition("-")[0] != "vtm" or not known:
        return ""
    return (
        f"{name} is measured, PSNR reference {reference}; other VTM curves on {dataset} give other BD-rates: "
        f"{', '.join(known)}"
    )


@lru_cache(maxsize=16)
def _vtm_curves(dataset: str, folder: Path | None) -> dict[str, str]:
    """The VTM curves of a dataset, and what to know of each."""
    curves = [read_published(path)[0] for path in _files(folder) if path.match(f"{dataset}/vtm-*.json")]
    return {curve.name: f"{curve.kind}, PSNR reference {curve.psnr_reference}" for curve in curves}
