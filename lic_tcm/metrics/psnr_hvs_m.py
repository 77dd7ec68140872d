"""PSNR-HVS-M by the package psnr-hvsm."""

import contextlib
import io

import numpy as np

from lic_tcm.metrics.metric import ONE_AT_A_TIME, FloatArray, Image, Metric, library


class PSNRHVSM(Metric):
    """PSNR-HVS-M of luma in dB: errors weighted by contrast sensitivity and masking, 8x8 blocks of a DCT.

    Ponomarenko and others, "On between-coefficient contrast masking of DCT basis functions", 2007. Luma is BT.601's in
    8 bits of limited range, as in the authors' script; what lies beyond the last whole block is cut off.
    """

    name = "psnr-hvs-m"
    label = "PSNR-HVS-M"
    unit = value_unit = "dB"
    least_side = 8
    aliases = ("psnr-hvsm", "psnrhvsm")
    needs = ("psnr-hvsm",)
    imports = ("psnr_hvsm",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """PSNR-HVS-M in dB, infinite where no error is visible by its model."""
        if not self.fits(original, decoded):
            return None
        with ONE_AT_A_TIME, contextlib.redirect_stdout(io.StringIO()):  # at import it advertises its torch backend
            package = library(self, "psnr_hvsm").BACKENDS["numpy"]  # what an environment variable chooses elsewhere
        first, second = (_whole(package["bt601ycbcr"](image)[0]) for image in (original, decoded))
        with np.errstate(divide="ignore", invalid="ignore"):  # blocks without any contrast: it takes them as unmasked
            _, mse = package["hvs_hvsm_mse"](first, second)
        return float(-10 * np.log10(mse)) if mse > 0 else float("inf")


def _whole(luma: FloatArray) -> FloatArray:
    height, width = luma.shape
    return luma[: height // 8 * 8, : width // 8 * 8]
