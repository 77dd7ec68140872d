import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import SharedFSUsage
from snakemake_interface_executor_plugins.settings import DeploymentMethod

# The package beside this workflow; in a wheel the workflow lies in the package, which then is installed.
# (`workflow.basedir` would be the caller's where this is a module of another workflow.)
BASE = Path(workflow.current_basedir.get_path_or_uri(secret_free=False)).parents[1]
if (BASE / "lic_tcm/__init__.py").is_file():
    sys.path.insert(0, str(BASE))

from lic_tcm import gpus, layout, resources
from lic_tcm.bench.codecs import TCM, create, files_at_hand, is_downloaded
from lic_tcm.bench.config import parse as checked
from lic_tcm.bench.config_checks import complete
from lic_tcm.bench.edits import code_of, code_of_module
from lic_tcm.bench.measure import fingerprints
from lic_tcm.datasets.state import dataset_state
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT, in_order
from lic_tcm.training.settings import located

HOME = resources.home()
if {"{", "}"} & set(str(HOME)):
    raise WorkflowError(
        f"snakemake takes braces in the path of a workflow, {HOME}, for wildcards; move it to a folder without"
    )
CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
shell.prefix(resources.job_prefix(CONDA).replace("{", "{{").replace("}", "}}"))

try:
    CONFIG = checked(
        complete(config, HOME / "config/methods.yaml"),
        HOME / "workflow/config.schema.yaml",
    )
except UserError as error:
    raise WorkflowError(str(error)) from None

REPORT = layout.report(CONFIG.name)

STORAGE = workflow.storage_settings
if (
    STORAGE.default_storage_provider
    or SharedFSUsage.INPUT_OUTPUT not in STORAGE.shared_fs_usage
):
    raise WorkflowError(
        "all jobs must see one file system: streams and images of `code` lie beside its tables and are not declared; "
        "leave out --default-storage-provider and --shared-fs-usage (docs/cluster.md)"
    )

# As many GPU jobs at a time as this machine has GPUs; a cluster's scheduler knows its own.
if workflow.resource_settings.nodes is None and "gpu" not in workflow.global_resources:
    wanted = [
        method.gpu or bool(method.weights and CONFIG.training.gpus)
        for method in CONFIG.methods
    ]
    workflow.register_resource("gpu", gpus.limit() if any(wanted) else 1)


wildcard_constraints:
    dataset="[^/]+",
    method="[^/]+",
    point=r"-?[0-9.e+-]+",
    batch="[0-9]+",
    batches="[0-9]+",


def method_of(wildcards):
    """The configured method a job belongs to, as it is on the job's dataset."""
    return CONFIG.method(wildcards.method).on(wildcards.dataset)


def growing(amount):
    """A resource that grows with every time a job is tried again."""
    return lambda wildcards, attempt: attempt * amount


def on_gpus(count, hidden=False):
    """What a job's command starts with, for it to have GPUs to itself; with `hidden` it sees none where it wants none."""
    return f"python -m lic_tcm.gpus {count} " if count or hidden else ""


def codec_arguments(wildcards):
    """Codec and options of a job's method, as command-line arguments."""
    return options_of(method_of(wildcards))


def options_of(method):
    """Codec and options of a method, as command-line arguments."""
    options = [
        f"--option {shlex.quote(f'{key}={json.dumps(value)}')}"
        for key, value in method.options
    ]
    return " ".join([f"--codec {method.codec}", *options])


def fetch_arguments(wildcards):
    """Where a dataset may be found, as command-line arguments."""
    folder = dict(CONFIG.folders).get(wildcards.dataset)
    arguments = [f"--folder {shlex.quote(located(folder, HOME))}"] if folder else []
    arguments += (
        [f"--data-dir {shlex.quote(CONFIG.data_dir)}"] if CONFIG.data_dir else []
    )
    return " ".join(arguments + ["--allow-partial"] * CONFIG.allow_partial)


def fetch_state(wildcards):
    """What changes when a picture comes to, goes from or is replaced in the folder of a dataset."""
    folder = dict(CONFIG.folders).get(wildcards.dataset)
    return dataset_state(
        wildcards.dataset,
        Path(located(folder, HOME)) if folder else None,
        Path(CONFIG.data_dir) if CONFIG.data_dir else None,
    )


def code_state(wildcards):
    """What changes when the Python of a method's codec is edited, or a file of its weights replaced by an older one."""
    method = method_of(wildcards)
    options = dict(method.options)
    files = []
    if not (method.weights or method.streams_of):  # those are made by jobs
        for point in points_of(wildcards):
            files += files_at_hand(method.codec, options, point)
    files = list(dict.fromkeys(files))
    states = [f"{path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return " ".join([code_of(create(method.codec, options)), *states])


def metric_state(wildcards):
    """What changes when the code of a metric, or the library it is computed by, does."""
    return json.dumps(fingerprints(in_order([*DEFAULT, *CONFIG.metrics])))


def points_of(wildcards):
    """The points a code job codes at: the one in its wildcards, or all of its method."""
    point = wildcards.get("point")
    return method_of(wildcards).points if point is None else [float(point)]


def point_arguments(wildcards):
    """The points of a code job, as command-line arguments."""
    return points_arguments(points_of(wildcards))


def points_arguments(points):
    """Points as command-line arguments."""
    return " ".join(f"--point {layout.point(point)}" for point in points)


def batches_at(method, dataset, points):
    """The tables of the code jobs of a method on a dataset at some of its points."""
    batches = range(method.batches)
    if method.one_job:
        return [
            layout.batch_of_all(dataset, method.name, i, method.batches)
            for i in batches
        ]
    return [
        layout.batch(dataset, method.name, point, i, method.batches)
        for point in points
        for i in batches
    ]


def batches_of(wildcards):
    """Every code job's table of one method on one dataset."""
    method = method_of(wildcards)
    return batches_at(method, wildcards.dataset, method.points)


def tools_of(wildcards):
    """What a code job waits for, or is done again for when it changes: streams, weights, a user's code, VTM's binaries."""
    method = method_of(wildcards)
    found = [path for point in points_of(wildcards) for path in tools_at(method, point)]
    if method.streams_of:
        other = CONFIG.method(method.streams_of).on(wildcards.dataset)
        found += batches_at(other, wildcards.dataset, points_of(wildcards))
    return list(dict.fromkeys(found))


def tools_at(method, point):
    """The files that a method codes with at a point."""
    options = dict(method.options)
    if method.weights:
        return [CONFIG.training.weights(options["model"], point)]
    if method.streams_of:
        return []
    files = [str(path) for path in files_at_hand(method.codec, options, point)]
    if is_downloaded(create(method.codec, options), point):
        files.append(str(layout.fetched_weights(method.name)))
    if files:
        return files
    built = [options.get(key, "") for key in ("encoder", "decoder", "cfg")]
    return [path for path in built if Path(path).is_relative_to(layout.vtm())]
