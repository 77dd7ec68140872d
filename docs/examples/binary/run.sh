#!/bin/sh
# Any binary: from nothing to a LaTeX table against WebP, VVenC and TCM.
#   sh docs/examples/binary/run.sh FOLDER                                       all of Kodak
#   sh docs/examples/binary/run.sh FOLDER --config methods='[script,webp]'      without cwebp and ffmpeg
set -eu
. "$(dirname "$0")/../common.sh"

ffmpeg=$(python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())') # any other ffmpeg will do
ln -sf "$ffmpeg" ffmpeg

lic-tcm check-codec config.yaml script # does it keep the contract? Each line says what was tried
workflow "$@"
