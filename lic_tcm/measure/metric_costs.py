"""What a metric costs: processor seconds per megapixel, for docs/metrics.md and `lic-tcm metrics --cost`.

Processor seconds, of this process and of programs it starts, hardly depend on what else the machine is doing.
"""

import io
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.images import read_rgb
from lic_tcm.metrics import Metric, get

REPEATS = 3
QUALITY = 50  # of the JPEG that is measured
HEIGHT, WIDTH = 512, 768  # of the generated image


@dataclass(frozen=True)
class Cost:
    """Processor seconds per megapixel of one metric on this machine."""

    metric: str
    original_s: float  # once for each original
    decoded_s: float  # for each decoded image
    value: float | None  # of the image measured, so that two tables can be told to be of one


def costs(names: Sequence[str], image: Path | None = None) -> list[Cost]:
    """Measure metrics on an image, by default a generated one, against itself as JPEG of quality 50."""
    original = read_rgb(image) if image else generated()
    file = io.BytesIO()
    Image.fromarray(original).save(file, "JPEG", quality=QUALITY)
    decoded = np.asarray(Image.open(file).convert("RGB"))
    return [_cost(get(name), original, decoded) for name in names]


def _cost(metric: Metric, original: UInt8Image, decoded: UInt8Image) -> Cost:
    megapixels = original.shape[0] * original.shape[1] / 1e6
    metric.measure(original, decoded)  # loads what it needs
    start = _seconds()
    measure = metric.against(original)
    kept = _seconds() - start
    times = []
    for _ in range(REPEATS):
        start = _seconds()
        value = measure(decoded)
        times.append(_seconds() - start)
    return Cost(metric.name, kept / megapixels, median(times) / megapixels, value)


def _seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def generated() -> UInt8Image:
    """An image with edges, gradients and grain, 768x512, the same everywhere."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = 128 + 90 * np.sin(x / 31)[..., None] * np.cos(y / 23)[..., None]
    edges = 40.0 * ((x // 64 + y // 64) % 2)[..., None]
    grain = rng.normal(0, 5, (HEIGHT, WIDTH, 3))
    image: UInt8Image = np.clip(smooth + edges - 20 + grain, 0, 255).astype(np.uint8)
    return image


def table(found: Sequence[Cost]) -> str:
    """The costs as a table for a terminal."""
    lines = [f"{'metric':14}{'original':>10}{'decoded':>10}   CPU s per megapixel{'value':>10}"]
    for cost in found:
        value = "none" if cost.value is None else f"{cost.value:.6g}"
        lines.append(f"{cost.metric:14}{cost.original_s:10.3f}{cost.decoded_s:10.3f}{value:>32}")
    return "\n".join(lines)
