"""A file for `lic-tcm compare` to start from: five images of Kodak at four points, WebP as measured by this suite."""

import csv

from lic_tcm.files import csv_text
from lic_tcm.rd.measured import rows_files

COLUMNS = ("image", "point", "bpp", "psnr", "ms_ssim")
IMAGES = 5  # the fewest that give an interval
POINTS = ("5", "15", "30", "50")  # of webp


def example() -> str:
    """The file's text, in the form of images."""
    with rows_files("kodak")["webp"].open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if f"{float(row['point']):g}" in POINTS]
    images = sorted({row["image"] for row in rows})[:IMAGES]
    lines = ([row[name] for name in COLUMNS] for row in rows if row["image"] in images)
    return csv_text(COLUMNS, lines)
