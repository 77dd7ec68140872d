#!/bin/sh
# Trained models with CompressAI's interface: from nothing to a LaTeX table against WebP, VVenC and TCM.
#   sh docs/examples/compressai_checkpoint/run.sh FOLDER      all of Kodak, after some minutes of training
# STEPS sets the length of a training; yours are there already, so drop those lines and correct the paths in config.yaml.
set -eu
. "$(dirname "$0")/../common.sh"

lic-tcm fetch demo --out demo.csv # photographs from installed packages, to train on
lambdas="0.0018 0.0067 0.025 0.0932"
python train.py demo.csv $lambdas --steps "${STEPS:-2000}" --out 'run/{point}/checkpoint_best.pth.tar'
python train.py demo.csv $lambdas --steps "${STEPS:-2000}" --own --out 'own/{point}.pth'

# Does it keep the contract? Each line says what was tried. A few steps of training give no picture yet, which it says.
lic-tcm check-codec config.yaml trained || [ "${STEPS:-2000}" -lt 1000 ]
workflow "$@"
