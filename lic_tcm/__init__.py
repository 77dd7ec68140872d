"""lic-tcm: benchmarking and reproducibility suite for learned image compression.

The names below are the Python API; see `lic_tcm.api`, which is loaded when the first of them is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lic_tcm.api import (
        bd_rate,
        compare_files,
        curve,
        curves,
        decode,
        encode,
        loss_differences,
        plot_rd,
        point_differences,
        read_curves,
        score,
    )

__version__ = "0.2.0"
__all__ = [
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


def __getattr__(name: str) -> Any:
    """Load the API at first use: the rooms below it must not pay for it, nor may VTM's small environment."""
    if name not in __all__:
        raise AttributeError(f"module 'lic_tcm' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module("lic_tcm.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
