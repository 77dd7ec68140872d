"""How a network is trained: one frozen config, read from YAML; the defaults are the paper's values."""

import dataclasses
import math
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable

STRIDE = 64  # crops are multiples of it, as the networks want; a test compares it with lic_tcm.nn.model.STRIDE
MS_SSIM_MIN_SIDE = 161  # five scales of an 11-tap window
LAMBDAS: dict[str, tuple[float, ...]] = {  # Liu 2023, section 4.1, by loss
    "mse": (0.0025, 0.0035, 0.0067, 0.0130, 0.0250, 0.0500),
    "ms-ssim": (3, 5, 8, 16, 36, 64),
}
SCHEDULES = ("steps", "cosine")
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Recipe:
    """Everything of a training run but the network, lambda and the data.

    Raises UserError, naming the key, for values that do not fit.
    """

    # what is minimised
    loss: str = "mse"  # lambda * 255^2 * MSE + bpp; "ms-ssim": lambda * (1 - MS-SSIM) + bpp
    # data
    crop: int = 256  # side of the square crops, pixels
    batch: int = 8  # crops per step, over all processes
    parts: int | None = None  # a batch is worked off in so many parts, each with its own noise; None: one per process
    skip_unfit: bool = False  # leave out images that are too small or not 8-bit RGB, instead of refusing the folder
    seed: int = 0  # of the weights, the crops and the noise
    # optimiser
    steps: int = 2_000_000
    lr: float = 1e-4  # of Adam on the weights
    muon_lr: float | None = None  # of Muon on the matrices among them, with the same schedule; None: Adam on all
    schedule: str = "steps"  # lr times `decay` from each of `decay_at` on; "cosine": smoothly down to lr times `decay`
    decay_at: tuple[float, ...] = (0.9,)  # fractions of the training: 1.8 of 2.0 million steps
    decay: float = 0.1
    warmup: int = 0  # steps over which lr rises linearly
    clip: float = 1.0  # largest norm of the gradient
    aux_lr: float = 1e-3  # of Adam on the quantiles of the factorised prior
    ema: float | None = None  # decay of the running mean of the weights that is validated and exported; None: no mean
    # speed
    device: str = "auto"  # "cuda" where there is one
    bf16: bool = False  # analysis and synthesis transforms in bfloat16 while training
    gradient_checkpointing: bool = False  # recompute these transforms going backward: half the memory
    workers: int = 2  # threads that decode images
    cache_mb: int = 1024  # decoded images kept in memory, per process
    # bookkeeping, in steps
    log_every: int = 100
    checkpoint_every: int = 1000
    validate_every: int = 5000

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check_type(field.name, getattr(self, field.name), _HINTS[field.name])
        self._check_choices()
        self._check_numbers()
        self._check_optimiser()

    def _check_choices(self) -> None:
        choices = {"loss": tuple(LAMBDAS), "schedule": SCHEDULES, "device": DEVICES}
        for key, allowed in choices.items():
            if getattr(self, key) not in allowed:
                raise UserError(f"{key}: {getattr(self, key)!r} is unknown; {choose(getattr(self, key), allowed)}")

    def _check_numbers(self) -> None:
        positive = ("crop", "batch", "steps", "log_every", "checkpoint_every", "validate_every", "workers")
        for key in positive:
            _require(getattr(self, key) >= 1, key, getattr(self, key), "at least 1")
        for key in ("warmup", "cache_mb", "seed"):
            _require(getattr(self, key) >= 0, key, getattr(self, key), "at least 0")
        _require(self.crop % STRIDE == 0, "crop", self.crop, f"a multiple of {STRIDE}")
        _require(self.loss != "ms-ssim" or self.crop >= MS_SSIM_MIN_SIDE, "crop", self.crop, "at least 192 for ms-ssim")
        parts_fit = self.parts is None or (self.parts >= 1 and self.batch % self.parts == 0)
        _require(parts_fit, "parts", self.parts, f"a divisor of the batch ({self.batch})")
        # so that a resumed run logs the same means over the same steps
        in_step = self.checkpoint_every % self.log_every == 0
        _require(in_step, "checkpoint_every", self.checkpoint_every, f"a multiple of log_every ({self.log_every})")

    def _check_optimiser(self) -> None:
        _require(self.muon_lr is None or 0 < self.muon_lr < math.inf, "muon_lr", self.muon_lr, "positive, or null")
        for key in ("lr", "aux_lr", "clip"):
            _require(0 < getattr(self, key) < math.inf, key, getattr(self, key), "positive")
        _require(0 <= self.decay <= 1, "decay", self.decay, "between 0 and 1")
        _require(all(0 < at < 1 for at in self.decay_at), "decay_at", self.decay_at, "fractions between 0 and 1")
        _require(self.ema is None or 0 < self.ema < 1, "ema", self.ema, "between 0 and 1, or null")

    def lr_at(self, step: int, progress: float) -> float:
        """Learning rate of a step (from 0) at a progress (0..1) through the training."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.schedule == "cosine":
            fall = self.decay + (1 - self.decay) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
        else:
            fall = self.decay ** sum(progress >= at for at in self.decay_at)
        return self.lr * rise * fall


_HINTS = typing.get_type_hints(Recipe)
KEYS = tuple(field.name for field in dataclasses.fields(Recipe))
# What may change between a run and its resumption: nothing of these alters the weights.
FREE_KEYS = ("device", "workers", "cache_mb", "log_every", "checkpoint_every", "validate_every")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; keys that are left out have the paper's values.

    Raises UserError when the file is missing, is no YAML mapping, has an unknown key or a value that does not fit.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise unreadable(path, error, "write the recipe as in config/train/paper.yaml") from error
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise UserError(f"{path} is no mapping of keys to values; write it as in config/train/paper.yaml")
    unknown = [str(key) for key in content if key not in KEYS]
    if unknown:
        raise UserError(f"{path}: a recipe has no key {unknown[0]!r}; {choose(unknown[0], KEYS)}")
    try:
        return Recipe(**{key: _plain(value, _HINTS[key]) for key, value in content.items()})
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def to_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON values."""
    return dataclasses.asdict(recipe) | {"decay_at": list(recipe.decay_at)}


def check_lambda(lmbda: float, loss: str) -> bool:
    """Return whether lambda is one of the paper's for this loss; raises UserError when it is not positive."""
    if not 0 < lmbda < math.inf:
        raise UserError(f"lambda = {lmbda} does not fit; it must be a positive number such as {LAMBDAS[loss][3]}")
    return lmbda in LAMBDAS[loss]


def parse_duration(text: str) -> float:
    """Return the seconds of "90s", "20m", "1.5h", "2d" or "1200"; raises UserError for anything else.

    >>> parse_duration("20m")
    1200.0
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    try:
        seconds = float(number) * unit
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UserError(f"{text!r} is no duration; write it as 90s, 20m or 1.5h")
    return seconds


def _require(fits: bool, key: str, value: object, what: str) -> None:
    if not fits:
        raise UserError(f"{key}: {value!r} does not fit; it must be {what}")


def _plain(value: Any, hint: Any) -> Any:
    """A YAML value in the form of its field: lists as tuples, 1e-4 (text, to YAML 1.1) as a number."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, str) and float in _kinds(hint):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The types a hint allows."""
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def _check_type(key: str, value: Any, hint: Any) -> None:
    """Refuse a value that is not of its field's type; whole numbers pass for float, truth values for nothing else."""
    kinds = _kinds(hint)
    if isinstance(value, tuple):
        fits = hint == tuple[float, ...] and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    elif isinstance(value, bool) or value is None:
        fits = type(value) in kinds
    else:
        fits = type(value) in kinds or (isinstance(value, int) and float in kinds)
    if not fits:
        names = " or ".join("null" if kind is type(None) else getattr(kind, "__name__", str(kind)) for kind in kinds)
        raise UserError(f"{key}: {value!r} does not fit; it must be of type {names}")
