"""VMAF by the libvmaf inside the ffmpeg of imageio-ffmpeg."""

import functools
import json
import tempfile
from pathlib import Path

import numpy as np

from lic_tcm.anchors import ffmpeg, tool
from lic_tcm.anchors.codec import CodecError
from lic_tcm.errors import UserError
from lic_tcm.metrics.metric import ONE_AT_A_TIME, Image, Metric
from lic_tcm.metrics.psnr_yuv import planes

MODEL = "vmaf_v0.6.1"
TIMEOUT = 600.0  # seconds an image may take


class VMAF(Metric):
    """VMAF of luma, 0..100, by Netflix's model vmaf_v0.6.1 without enhancement-gain limits; equal images have about 97.

    Luma is BT.709 in 8 bits of limited range (16..235), what the model was trained on; it does not look at chroma.
    """

    name = "vmaf"
    label = "VMAF"
    floor = 0.0
    ceiling = 100.0
    tolerance = 0.05
    least_side = 32  # libvmaf's detail loss has four scales of wavelets
    needs = ("imageio-ffmpeg",)
    sources = ("lic_tcm.metrics.psnr_yuv",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The one frame's VMAF; raises UserError where ffmpeg fails."""
        if not self.fits(original, decoded):
            return None
        height, width = original.shape[:2]
        raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", "1")
        log = f"libvmaf=model=version={MODEL}:n_threads=1:log_fmt=json:log_path=/dev/stdout"
        try:
            with tempfile.TemporaryDirectory() as folder:
                files = [Path(folder, name) for name in ("decoded", "original")]  # the filter's first input is judged
                for file, image in zip(files, (decoded, original), strict=True):
                    file.write_bytes(_luma(image).tobytes() + bytes([128]) * (2 * -(-height // 2) * -(-width // 2)))
                inputs = [argument for file in files for argument in (*raw, "-i", str(file))]
                command = [ffmpeg.binary(self.name), *ffmpeg.COMMON, *inputs, "-lavfi", log, "-f", "null", "-"]
                found = json.loads(tool.run(self.name, command, TIMEOUT))
        except (CodecError, ValueError) as error:
            raise UserError(f"metric {self.name}: {error}") from error
        return float(found["frames"][0]["metrics"]["vmaf"])

    def version(self) -> str:
        """The ffmpeg and the model."""
        with ONE_AT_A_TIME:
            return _version(self.name)

    def missing(self) -> str:
        """Whether ffmpeg is there and has the filter."""
        try:
            _version(self.name)
        except UserError as error:
            return str(error)
        return ""


def _luma(image: Image) -> Image:
    """Luma (H, W) in 8 bits of limited range."""
    luma: Image = np.rint(16 + planes(image)[0] * (219 / 255)).astype(np.uint8)
    return luma


@functools.cache
def _version(name: str) -> str:
    try:
        binary = ffmpeg.binary(name)
        filters = tool.run(name, [binary, "-hide_banner", "-filters"], timeout=60).decode("utf-8", "replace")
        banner = tool.run(name, [binary, "-version"], timeout=60).decode("utf-8", "replace")
    except CodecError as error:
        raise UserError(f"metric {error}") from error
    if " libvmaf " not in filters:
        raise UserError(f"metric {name}: {binary} has no filter libvmaf: install the imageio-ffmpeg wheel from PyPI")
    return f"libvmaf in ffmpeg {banner.split()[2]}, {MODEL}"
