"""The suite from Python: curves, BD-rates with intervals, comparisons, plots, and one image through one codec.

Examples:
    >>> import lic_tcm
    >>> vtm = lic_tcm.curve("kodak/vtm-12.1-tcm-figure")
    >>> tcm = lic_tcm.curve("kodak/tcm-large")
    >>> print(lic_tcm.bd_rate(vtm, tcm))
    Liu 2023 TCM-L against VTM-12.1 (TCM figure): BD-rate -12.31 % (pchip, psnr)

A curve is an `RDCurve` (points) or, with rows per image, an `ImageRD`; only two of the latter give intervals.
What a function needs is imported when it is called: `import lic_tcm` itself takes no time, and loads no torch.
"""

from lic_tcm.api.coding import Image, decode, encode, score
from lic_tcm.api.comparing import (
    BDRate,
    Comparison,
    Curve,
    bd_rate,
    compare_files,
    curve,
    curves,
    loss_differences,
    plot_rd,
    point_differences,
    read_curves,
)

__all__ = [
    "BDRate",
    "Comparison",
    "Curve",
    "Image",
    "bd_rate",
    "compare_files",
    "curve",
    "curves",
    "decode",
    "encode",
    "loss_differences",
    "plot_rd",
    "point_differences",
    "read_curves",
    "score",
]
