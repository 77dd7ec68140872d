"""What the paper prints: Tables 1 and 2, the maps of Figure 5, and the curves its numbers can be recomputed from."""

from collections.abc import Mapping
from dataclasses import dataclass

# --- the paper's Table 2 ------------------------------------------------------------------------------------------


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
    """A row of the paper's Table 1, as printed: sizes of a 512x768 image, times on one RTX 3090."""

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
