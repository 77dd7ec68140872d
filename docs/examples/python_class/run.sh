#!/bin/sh
# A Python class: from nothing to a LaTeX table against WebP, VVenC and TCM.
#   sh docs/examples/python_class/run.sh FOLDER      all of Kodak
set -eu
. "$(dirname "$0")/../common.sh"

lic-tcm check-codec config.yaml blocks # does it keep the contract? Each line says what was tried
workflow "$@"
