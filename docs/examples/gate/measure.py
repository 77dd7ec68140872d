"""Code every picture at every point and write rows.csv: `python measure.py`. Any program that writes such rows does."""

import csv
from collections.abc import Iterator

import codec
import numpy as np
import numpy.typing as npt

import lic_tcm

STEPS = (8, 16, 32, 64)


def pictures() -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """Six drawn pictures, so that this repository holds none. Read yours from a folder instead."""
    rows, columns = np.mgrid[:192, :256]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        waves = sum(np.sin(rng.normal(0, 0.08) * rows + rng.normal(0, 0.08) * columns + k) for k in range(6))
        edges = 60.0 * ((rows - 96) ** 2 + (columns - 40 * seed) ** 2 < 50**2)
        noise = rng.normal(0, 4, (192, 256, 3))
        picture = 128 + 14 * waves[..., None] * np.array([1.0, 0.9, 0.7]) + edges[..., None] + noise
        yield f"drawn-{seed}", np.clip(picture, 0, 255).astype(np.uint8)


def main() -> None:
    """Rates are those of the streams, distortions those of what is decoded from them."""
    with open("rows.csv", "w", newline="", encoding="utf-8") as file:  # noqa: PTH123
        rows = csv.writer(file)
        rows.writerow(["method", "image", "point", "bpp", "psnr", "ms_ssim"])
        for name, picture in pictures():
            for step in STEPS:
                stream = codec.encode(picture, step)
                found = lic_tcm.score(picture, codec.decode(stream), len(stream))
                rows.writerow(["dct", name, step, *(f"{found[key]:.10g}" for key in ("bpp", "psnr", "ms-ssim"))])


if __name__ == "__main__":
    main()
