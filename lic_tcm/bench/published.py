"""Curves other people published, as committed in `results/published/<dataset>/<series>.json`, and TCM's tables."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lic_tcm.bench.curves import Kind, RDCurve, ms_ssim_db
from lic_tcm.errors import UserError

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "results" / "published"

KINDS: Mapping[str, Kind] = {
    "published-numbers": "published",
    "derived-from-published-per-image": "published",
    "digitised-here": "digitised",
    "digitised-by-others": "digitised",
    "reconstructed-here": "reconstructed",
}

MS_SSIM = ("ms-ssim-rgb", "ms-ssim-db")  # keys of results: the mean of the values, in dB
PSNR_REFERENCES = ("rgb", "converted", "unstated")  # the column psnr_reference of tables
SHORT = 22  # characters a label for legends has at most
_CITE = re.compile(r"[a-z][a-z0-9_]*|")  # a BibTeX key; empty for a thread without a paper
_PRINTED = 0.02  # dB; what MS-SSIM printed to 4 decimals is uncertain by near 0.99


def load_published(folder: Path | None = None, keys: Iterable[str] | None = None) -> list[RDCurve]:
    """The curves below a folder of `<dataset>/<series>.json` files, by dataset, series and metric.

    Without `folder`, the one of the checkout this package lies in; with `keys`, only those series. A file with PSNR
    and MS-SSIM gives two curves of one name, the file's. Raises UserError naming the folder when it is absent, a
    series that no dataset has, or the file that is not a curve.
    """
    wanted = None if keys is None else set(keys)
    files = _files(folder)
    unknown = sorted((wanted or set()) - {file.stem for file in files})
    if unknown:
        raise UserError(f"no published curve is named {unknown[0]!r}; published_keys() lists them")
    return [curve for file in files if wanted is None or file.stem in wanted for curve in read_published(file)]


def published_keys(folder: Path | None = None) -> tuple[str, ...]:
    """The names of the published series of all datasets, sorted; raises UserError when the folder is absent."""
    return tuple(sorted({file.stem for file in _files(folder)}))


def _files(folder: Path | None) -> list[Path]:
    folder = folder or DEFAULT_FOLDER
    files = sorted(folder.glob("*/*.json"))
    if not files:
        raise UserError(f"{folder} holds no published curves (<dataset>/<series>.json); give the folder that does")
    return files


def read_published(path: Path) -> list[RDCurve]:
    """The curves of one file, PSNR first; raises UserError naming the file and the field that is wrong."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        results = document["results"]
        common = _common(path, document)
        curves = (
            [RDCurve(metric="psnr", distortion=tuple(results["psnr-rgb"]), **common)] if "psnr-rgb" in results else []
        )
        decibel, average = _ms_ssim(results), document["ms_ssim_average"]
        if (average is None) != (decibel is None):
            raise UserError(f"ms_ssim_average is {average!r}; give linear, db or unstated with MS-SSIM, else null")
        if decibel is not None:
            if {*MS_SSIM} <= results.keys() and average != "db":
                raise UserError(f"ms_ssim_average is {average!r}, but with both lists the curve is ms-ssim-db; give db")
            curves.append(RDCurve(metric="ms-ssim", distortion=decibel, ms_ssim_average=average, **common))
    except KeyError as error:
        raise UserError(f"{path} lacks the field {error}; see the README there") from error
    except (OSError, ValueError, TypeError, UserError) as error:
        raise UserError(f"{path} is not a published curve ({error}); see the README there") from error
    if not curves:
        raise UserError(f'{path} has neither "psnr-rgb" nor "ms-ssim-db" in results; give one')
    return curves


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


def _ms_ssim(results: Mapping[str, Sequence[float]]) -> tuple[float, ...] | None:
    """The MS-SSIM of a file in dB; None where it has none.

    Of two lists the one in dB is the mean of per-image dB. -10 log10(1 - x) is convex in x, so that by Jensen's
    inequality this mean is at least the dB of the mean: raises UserError where a point lies below.
    """
    linear, decibel = (results.get(key) for key in MS_SSIM)
    if linear is None:
        return None if decibel is None else tuple(decibel)
    of_mean = ms_ssim_db(linear)
    if decibel is None:
        return tuple(of_mean)
    for rate, mean, bound in zip(results["bpp"], decibel, of_mean, strict=True):
        if mean < bound - _PRINTED:
            raise UserError(
                f"ms-ssim-db {mean:g} at {rate:g} bpp is below the {bound:.3f} dB of ms-ssim-rgb, but a mean of dB "
                "cannot be below the dB of the mean: one of the lists is of other pictures; keep the right one"
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
    others = "; ".join(f"{other} ({what})" for other, what in known.items() if other != name)
    return f"{name} is {known[name]}; other VTM curves on {dataset}, which give other BD-rates: {others or 'none'}"


@lru_cache(maxsize=16)
def _vtm_curves(dataset: str, folder: Path | None) -> dict[str, str]:
    """The VTM curves of a dataset, and what to know of each."""
    curves = [read_published(path)[0] for path in _files(folder) if path.match(f"{dataset}/vtm-*.json")]
    return {curve.name: f"{curve.kind}, PSNR reference {curve.psnr_reference}" for curve in curves}


# --- the paper's Table 2 ------------------------------------------------------------------------------------------

PAPER_SOURCE = "Liu, Sun, Katto, Learned Image Compression with Mixed Transformer-CNN Architectures, CVPR 2023, Table 2"


@dataclass(frozen=True)
class PaperCell:
    """A BD-rate the paper prints, in % against VTM-12.1, and the published points it can be recomputed from."""

    method: str  # as the paper names it
    dataset: str
    bd_rate: float
    series: str | None  # published series of the method's points; None when nobody published them
    measured: str | None  # the measured method that repeats it
    note: str = ""


# The published curve that stands for the paper's VTM-12.1 on each dataset.
PAPER_ANCHORS: Mapping[str, str] = {
    "kodak": "vtm-12.1-tcm-figure",
    "tecnick": "vtm-12.1-oldbench-reconstructed",
    "clic-pro-valid": "vtm-12.1-tcm",
}

UNPUBLISHED = "no published points"
TABLE2: tuple[PaperCell, ...] = (
    PaperCell("TCM large", "kodak", -12.30, "tcm-large", "tcm-large"),
    PaperCell("TCM medium", "kodak", -9.65, "tcm-medium", "tcm-medium"),
    PaperCell("TCM small", "kodak", -7.39, "tcm-small", "tcm-small"),
    PaperCell("ELIC (He 2022)", "kodak", -7.49, "he2022-elic-compressai", None),
    PaperCell("Xie 2021", "kodak", -1.65, "xie2021", None),
    PaperCell("Cheng 2020", "kodak", 3.16, "cheng2020", "cheng2020-attn"),
    PaperCell(
        "Chen 2022", "kodak", -6.21, "chen2022-figure", None, "points digitised from the TCM repository's figure"
    ),
    PaperCell("TCM large", "tecnick", -13.71, "tcm-large", "tcm-large"),
    PaperCell("TCM medium", "tecnick", -11.29, "tcm-medium", "tcm-medium"),
    PaperCell("TCM small", "tecnick", -9.53, "tcm-small", "tcm-small"),
    PaperCell("Xie 2021", "tecnick", -4.07, "xie2021", None),
    PaperCell("Ballé 2018", "tecnick", 30.66, "balle2018-hyperprior", "bmshj2018-hyperprior"),
    PaperCell("Kim 2022", "tecnick", 6.98, None, None, UNPUBLISHED),
    PaperCell("TCM large", "clic-pro-valid", -11.85, "tcm-large", "tcm-large"),
    PaperCell("TCM medium", "clic-pro-valid", -10.27, "tcm-medium", "tcm-medium"),
    PaperCell("TCM small", "clic-pro-valid", -8.94, "tcm-small", "tcm-small"),
    PaperCell("Xie 2021", "clic-pro-valid", -2.60, "xie2021", None),
    PaperCell("Cheng 2020", "clic-pro-valid", 6.77, "cheng2020", "cheng2020-attn"),
    PaperCell("Zou 2022 (STF)", "clic-pro-valid", -3.68, "zou2022-stf", None),
    PaperCell("Chen 2022", "clic-pro-valid", -7.15, None, None, UNPUBLISHED),
)


# --- the paper's Table 1 ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaperCost:
    """A row of the paper's Table 1, as printed: sizes of a 512x768 picture, times on one RTX 3090."""

    encode_s: float
    decode_s: float
    parameters: float  # millions
    macs: float  # 10^9, what the paper calls FLOPs
    bd_rate: float  # %, on Kodak against VTM-12.1


PAPER_DEVICE = "one RTX 3090"
# By the name of the network in lic_tcm.nn.zoo, where it has one, in the paper's order.
TABLE1: Mapping[str, PaperCost] = {
    "xie2021": PaperCost(2.346, 5.212, 47.55, 408.21, -1.65),
    "swin-only": PaperCost(0.132, 0.084, 60.55, 230.37, -4.02),  # SwinT-ChARM, the authors' own reproduction
    "large-no-squeeze": PaperCost(0.151, 0.141, 160.45, 830.90, -12.54),
    "large": PaperCost(0.150, 0.140, 75.89, 700.96, -12.30),
    "medium": PaperCost(0.130, 0.122, 58.72, 415.20, -9.65),
    "small": PaperCost(0.109, 0.102, 44.96, 211.54, -7.39),
}
COUNTED = ("swin-only", "large-no-squeeze", "large", "medium", "small")  # the rows that this suite has a network for
# The method of Table 2 whose points on Kodak are those of the row.
IN_TABLE2: Mapping[str, str] = {
    "xie2021": "Xie 2021",
    "large": "TCM large",
    "medium": "TCM medium",
    "small": "TCM small",
}


def series_of(method: str, dataset: str) -> str | None:
    """The published series of a method of Table 2 on a dataset; None where its points are not published."""
    return next((cell.series for cell in TABLE2 if (cell.method, cell.dataset) == (method, dataset)), None)


# --- the paper's figure 5 -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaperDeviation:
    """What the paper's figure 5 prints under a map of scaled deviation."""

    psnr: float  # dB
    bpp: float
    epsilon: float  # epsilon_s of equations 6 and 7


WITH, WITHOUT = "with SWAtten", "w/o SWAtten"
DEVIATIONS: Mapping[tuple[str, str], PaperDeviation] = {  # by image and network
    ("kodim01", WITHOUT): PaperDeviation(29.61, 0.503, 0.451),
    ("kodim01", WITH): PaperDeviation(29.95, 0.501, 0.389),
    ("kodim05", WITHOUT): PaperDeviation(30.07, 0.537, 0.422),
    ("kodim05", WITH): PaperDeviation(31.03, 0.534, 0.365),
}
