#!/bin/sh
# Decoded images that exist -> a LaTeX table with intervals against WebP, VVenC and TCM's published curve.
# Run it in an empty folder, with Kodak at hand (LIC_TCM_DATA) or the network:  sh existing-decodes.sh
# Nothing is encoded: rates are the sizes of the streams beside the images, and every number says that this suite did not decode them.
set -eu
SUITE=$(cd "$(dirname "$0")/../.." && pwd)

# 1. Which images the dataset has, and where they lie.
lic-tcm fetch kodak --out kodak.csv

# 2. What you have already; here JPEG stands for it: their/<point>/<image>.jpg and .png.
python - <<'MAKE'
import csv
from pathlib import Path

from PIL import Image

for line in csv.DictReader(open("kodak.csv")):
    for point in (10, 30, 50, 80):
        stream = Path(f"their/{point}/{line['image']}.jpg")
        stream.parent.mkdir(parents=True, exist_ok=True)
        Image.open(line["path"]).save(stream, quality=point, subsampling=0)
        Image.open(stream).save(stream.with_suffix(".png"), compress_level=1)
MAKE

# 3. One entry in a configuration.
cat > theirs.yaml <<'CONFIG'
name: theirs
datasets: [kodak]
methods: [theirs]
anchors: [theirs]
definitions:
  theirs:
    codec: files
    label: Theirs
    points: [10, 30, 50, 80]
    options: {decoded: "their/{point}/{image}.png", streams: "their/{point}/{image}.jpg"}
CONFIG
snakemake --snakefile "$SUITE/Snakefile" --configfile theirs.yaml --cores 2 results/rows/kodak/theirs.csv

# 4. Against measured codecs, with intervals, and published curves, without.
lic-tcm compare results/rows/kodak/theirs.csv --dataset kodak --against measured:webp,vvenc,vtm,tcm-large --out report
cat report/tables/bd_rate.tex
