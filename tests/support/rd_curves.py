"""Curves as a user gives them, for tests of what is done with curves."""

from dataclasses import replace

from lic_tcm.rd.curves import RDCurve


def curve(bpp, distortion, name="test", **fields):
    """A PSNR curve of a user, with some fields changed."""
    return replace(
        RDCurve(name, name, "", "psnr", "measured", (1.0,), (30.0,)), bpp=bpp, distortion=distortion, **fields
    )


ANCHOR = curve((0.1, 0.2, 0.4, 0.8, 1.6), (28.0, 31.0, 34.1, 37.0, 40.0), "anchor")
TEST = curve((0.09, 0.17, 0.37, 0.70, 1.5), (28.2, 31.0, 34.4, 37.3, 40.1))
