import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir)
# Jobs find the package through this, in the project's venv and in a conda environment alike.
shell.prefix(
    f'set -euo pipefail; export PYTHONPATH="{BASE}${{{{PYTHONPATH:+:$PYTHONPATH}}}}"; '
)
sys.path.insert(0, str(BASE))

from lic_tcm import layout
from lic_tcm.bench.codecs import files_at_hand
from lic_tcm.bench.config import parse as checked
from lic_tcm.errors import UserError

try:
    CONFIG = checked(config, BASE / "workflow/config.schema.yaml")
except UserError as error:
    raise WorkflowError(str(error)) from None

REPORT = layout.report(CONFIG.name)


wildcard_constraints:
    dataset="[^/]+",
    method="[^/]+",
    point=r"-?[0-9.e+-]+",
    batch="[0-9]+",
    batches="[0-9]+",


def method_of(wildcards):
    """The configured method a job belongs to."""
    return CONFIG.method(wildcards.method)


def codec_arguments(wildcards):
    """Codec and options of a method, as command-line arguments."""
    method = method_of(wildcards)
    options = [
        f"--option {shlex.quote(f'{key}={json.dumps(value)}')}"
        for key, value in method.options
    ]
    return " ".join([f"--codec {method.codec}", *options])


def fetch_arguments(wildcards):
    """Where a dataset may be found, as command-line arguments."""
    folder = dict(CONFIG.folders).get(wildcards.dataset)
    arguments = [f"--folder {shlex.quote(folder)}"] if folder else []
    arguments += (
        [f"--data-dir {shlex.quote(CONFIG.data_dir)}"] if CONFIG.data_dir else []
    )
    return " ".join(arguments + ["--allow-partial"] * CONFIG.allow_partial)


def batches_of(wildcards):
    """Every code job's table of one method on one dataset."""
    method = method_of(wildcards)
    return [
        layout.batch(wildcards.dataset, method.name, point, batch, method.batches)
        for point in method.points
        for batch in range(method.batches)
    ]


def tools_of(wildcards):
    """What a code job waits for, or is done again for when it changes: VTM's binaries, weights, a user's code."""
    method = method_of(wildcards)
    options = dict(method.options)
    if method.weights:
        return [CONFIG.training.weights(options["model"], float(wildcards.point))]
    files = files_at_hand(method.codec, options, float(wildcards.point))
    if files:
        return [str(file) for file in files]
    built = [options.get(key, "") for key in ("encoder", "decoder", "cfg")]
    return [path for path in built if Path(path).is_relative_to(layout.vtm())]
