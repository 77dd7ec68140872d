"""Optional packages: which extra of lic-tcm installs each, and what to say where one is missing. The one wording."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata

from lic_tcm.anchors.codec import CodecError

# Extra -> the names its packages are imported and installed by; a test compares them with pyproject.toml.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "codecs": ("imageio_ffmpeg", "imageio-ffmpeg", "pillow_jxl", "pillow-jxl-plugin"),
    "tcm": (
        *("compressai", "einops", "gdown", "pytorch_msssim", "pytorch-msssim", "safetensors", "timm"),
        *("torch", "torchvision"),
    ),
    "workflow": ("skimage", "scikit-image", "snakemake"),
    "slurm": ("snakemake_executor_plugin_slurm", "snakemake-executor-plugin-slurm"),
}


def needed(module: str | None) -> str | None:
    """What a missing module or package needs, as the end of a sentence; None for one of no extra.

    >>> needed("torch.nn")
    "needs lic-tcm[tcm]: pip install 'lic-tcm[tcm]'"
    >>> needed("numpy") is None
    True
    """
    top = (module or "").partition(".")[0]
    found = [extra for extra, names in EXTRAS.items() if top in names]
    return f"needs lic-tcm[{found[0]}]: pip install 'lic-tcm[{found[0]}]'" if found else None


@contextmanager
def needing(codec: str) -> Iterator[None]:
    """Around what imports an optional package: its absence is a CodecError that names the codec and the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        remedy = needed(error.name)
        if remedy is None:
            raise
        raise CodecError(f"{codec} {remedy}") from error


def version(codec: str, package: str) -> str:
    """The version of an optional package; raises CodecError as `needing` does."""
    with needing(codec):
        return metadata.version(package)
