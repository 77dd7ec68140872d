"""Rows of made-up methods, for tests of the tables."""

import math

import numpy as np
import pandas as pd

from lic_tcm.bench.records import Row
from lic_tcm.metrics import DEFAULT
from lic_tcm.metrics.wide import columns

COLUMNS = list(columns(Row, DEFAULT))
IMAGES = 6
PSNR = (28.0, 31.0, 34.0, 37.0, 40.0)
DIFFICULTY = np.random.default_rng(3).uniform(0.5, 2, size=IMAGES)


def rows_of(method, saving=1.0, dataset="kodak", images=IMAGES, total=IMAGES, reference="rgb"):
    """Rows of a method that needs `saving` times the rate of the method with saving 1, on the first images."""
    return [
        {
            "dataset": dataset,
            "images_total": total,
            "method": method,
            "codec": "webp",
            "point": 10.0 * k,
            "image": f"img{i}",
            "height": 200,
            "width": 200,
            "num_bytes": 1000,
            "bpp": 0.1 * 2**k * DIFFICULTY[i] * saving,
            "psnr": psnr - i,
            "ms_ssim": 1 - 10 ** (-(psnr - 18 - i) / 10),
            "psnr_reference": reference,
            "encode_s": 1.5,
            "decode_s": math.nan,
            "codec_version": "1.0",
            "sha256_stream": "00",
            "environment": "env1",
            "given": "",
        }
        for k, psnr in enumerate(PSNR)
        for i in range(images)
    ]


def frame_of(*parts):
    """One data frame of the rows of several methods."""
    return pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)


FRAME = frame_of(rows_of("vtm"), rows_of("tcm-large", 0.9))
EMPTY = frame_of()


def pick(frame, **values):
    """The one line that has these values."""
    for column, value in values.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]
