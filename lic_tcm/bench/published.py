"""Curves other people published, as committed in `results/published/<dataset>/<series>.json`, and TCM's tables."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lic_tcm.bench.curves import Kind, Metric, RDCurve, ms_ssim_db
from lic_tcm.errors import UserError

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "results" / "published"

KINDS: Mapping[str, Kind] = {
    "published-numbers": "published",
    "derived-from-published-per-image": "published",
    "digitised-here": "digitised",
    "digitised-by-others": "digitised",
    "reconstructed-here": "reconstructed",
}

# Learned codecs work on RGB. For the others the colour conversion decides up to 0.56 dB (see the README beside the
# curves): what is known of it is here, the rest is "unstated".
PSNR_REFERENCES: Mapping[str, str] = {
    "kodak/vtm-12.1-tcm-figure": "converted",
    "kodak/vtm-compressai": "converted",
    "kodak/vtm-12.1-bench-hifivric": "rgb",
    "clic-pro-valid/vtm-12.1-tcm": "converted",
    "tecnick/vtm-12.1-oldbench-reconstructed": "converted",
    "tecnick/vtm-12.1-cca-figure": "rgb",
}


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
        curves = [_curve(path, document, "psnr", results["psnr-rgb"])] if "psnr-rgb" in results else []
        if "ms-ssim-rgb" in results or "ms-ssim-db" in results:
            decibel = results["ms-ssim-db"] if "ms-ssim-db" in results else ms_ssim_db(results["ms-ssim-rgb"])
            curves.append(_curve(path, document, "ms-ssim", decibel))
    except KeyError as error:
        raise UserError(f"{path} lacks the field {error}, or its value is not known; see the README there") from error
    except (OSError, ValueError, TypeError, UserError) as error:
        raise UserError(f"{path} is not a published curve ({error}); see the README there") from error
    if not curves:
        raise UserError(f'{path} has neither "psnr-rgb" nor "ms-ssim-db" in results; give one')
    return curves


def _curve(path: Path, document: Mapping[str, Any], metric: Metric, distortion: Iterable[float]) -> RDCurve:
    if document["dataset"] != path.parent.name:
        raise UserError(f"dataset {document['dataset']!r} is not its folder's name {path.parent.name!r}")
    reference = "rgb" if document["kind"] == "learned" else "unstated"
    return RDCurve(
        name=path.stem,
        label=document["name"],
        dataset=document["dataset"],
        metric=metric,
        kind=KINDS[document["provenance"]],
        bpp=tuple(document["results"]["bpp"]),
        distortion=tuple(distortion),
        source=document["source"],
        optimised_for=document["optimised_for"],
        psnr_reference=PSNR_REFERENCES.get(f"{path.parent.name}/{path.stem}", reference),
        notes=(document["note"],) if document["note"] else (),
    )


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
