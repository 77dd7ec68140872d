"""Files of trained networks and of ablations."""

from pathlib import Path

from lic_tcm.layout.spelling import RESULTS, point


def models() -> Path:
    """Networks trained for the methods of runs."""
    return RESULTS / "models"


def weights(home: Path | str, model: str, lmbda: float | str) -> Path:
    """In a folder of trained networks: the weights of one at a lambda."""
    return Path(home, model, f"{point(lmbda)}.safetensors")


def training_record(home: Path | str, model: str, lmbda: float | str) -> Path:
    """Beside its weights: how one was trained."""
    return weights(home, model, lmbda).with_suffix(".json")


def latents(home: Path | str, lmbda: float | str) -> Path:
    """Beside a folder of trained networks: the latents that entropy models at a lambda were trained on."""
    return Path(home).parent / "latents" / f"{point(lmbda)}.safetensors"


def gpu() -> Path:
    """Where a session on a GPU machine leaves its trainings, in a folder named for the GPU."""
    return RESULTS / "gpu"


def measured_gpu() -> Path:
    """Where it leaves its tables, in a folder named for the GPU; in a checkout they are then the package's."""
    return RESULTS / "measured" / "gpu"


def gpu_crops() -> Path:
    """The crops such a session trains on."""
    return gpu() / "crops.npz"


def ablations(budget: str) -> Path:
    """Everything of the ablations that a budget paid for."""
    return RESULTS / "ablations" / budget


def ablation_models(budget: str) -> Path:
    """The networks of a budget's ablations."""
    return ablations(budget) / "models"


def ablation_speed(budget: str, model: str) -> Path:
    """How fast one of them trains on this machine."""
    return ablations(budget) / "speed" / f"{model}.txt"


def ablation(folder: Path, figure: str) -> Path:
    """In a budget's folder: the curves of one figure of ablations."""
    return folder / f"{figure}.csv"


def ablation_bd_rate(folder: Path, figure: str) -> Path:
    """In a budget's folder: the BD-rates of one figure of ablations."""
    return folder / f"{figure}_bd_rate.csv"


def ablation_variants(folder: Path, figure: str) -> Path:
    """In a budget's folder: the variants of one figure of ablations beside its reference, image by image, and costs."""
    return folder / f"{figure}_variants.csv"
