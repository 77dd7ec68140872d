"""What a run says while it works: a CSV log, TensorBoard where installed, a bar on a terminal, else plain lines."""

import csv
import io
import logging
import math
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tqdm import tqdm

from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, write_text
from lic_tcm.progress import format_seconds
from lic_tcm.training.state import State
from lic_tcm.training.validation import Quality


class StepResult(NamedTuple):
    """What one step measured, over the whole batch."""

    loss: float
    bpp: float
    mse: float  # on [0, 1]
    aux_loss: float
    grad_norm: float  # before clipping


class LogRow(NamedTuple):
    """A line of log.csv: means over the steps since the line before; the last two when there was a validation."""

    step: int
    seconds: float
    lr: float
    loss: float
    bpp: float
    psnr: float  # dB, of the mean squared error on the crops, unrounded
    aux_loss: float
    grad_norm: float
    steps_per_s: float
    valid_bpp: float | None = None
    valid_psnr: float | None = None


def format_row(row: LogRow, seconds_left: float) -> str:
    """One line for people."""
    parts = []
    if not math.isnan(row.loss):
        parts.append(
            f"loss {row.loss:.4f}, {row.bpp:.4f} bpp, {row.psnr:.2f} dB, lr {row.lr:.2e}, "
            f"{row.steps_per_s:.2f} steps/s, {format_seconds(seconds_left)} left"
        )
    if row.valid_bpp is not None and row.valid_psnr is not None:
        parts.append(f"validation {row.valid_bpp:.4f} bpp, {row.valid_psnr:.2f} dB")
    return f"step {row.step}: {'; '.join(parts)}"


class Progress:
    """Collects steps and writes a row of the log now and then. Use as a context manager, in one process only."""

    def __init__(self, out: Path, state: State, steps: int, time_budget: float) -> None:
        self.path = out / "log.csv"
        self.rows = [row for row in _read_log(self.path) if state.step and int(row["step"]) <= state.step]
        self._pending: list[StepResult] = []
        self._steps = steps
        self._time_budget = time_budget
        self._since = time.monotonic()
        self._bar: Any = None
        if sys.stderr.isatty():
            self._bar = tqdm(total=steps, initial=state.step, unit="step", dynamic_ncols=True)
        self._board = _tensorboard(out)
        if self.path.exists():
            self._rewrite()  # without rows of steps that a kill undid, or half a row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for resource in (self._bar, self._board):
            if resource is not None:
                resource.close()

    def add(self, result: StepResult) -> None:
        """Note one step."""
        self._pending.append(result)
        if self._bar is not None:
            self._bar.set_postfix(loss=f"{result.loss:.3f}", bpp=f"{result.bpp:.3f}", psnr=f"{_psnr(result.mse):.2f}")
            self._bar.update()

    def write(self, state: State, quality: Quality | None) -> None:
        """Write and show the means of the steps noted since the last time, and a validation."""
        if not self._pending and self.rows and int(self.rows[-1]["step"]) == state.step:
            self._amend(quality)
            return
        count = len(self._pending)
        loss, bpp, mse, aux_loss, grad_norm = (
            [sum(column) / count for column in zip(*self._pending, strict=True)] if count else [math.nan] * 5
        )
        speed = round(count / max(time.monotonic() - self._since, 1e-9), 4)
        lr = state.optimiser.lr
        row = LogRow(state.step, round(state.seconds, 3), lr, loss, bpp, _psnr(mse), aux_loss, grad_norm, speed)
        row = row if quality is None else row._replace(valid_bpp=quality.bpp, valid_psnr=quality.psnr)
        self._pending, self._since = [], time.monotonic()
        self._append(row)
        self._show(row)

    def _amend(self, quality: Quality | None) -> None:
        """Add a validation to the last row."""
        if quality is not None:
            self.rows[-1] |= {"valid_bpp": str(quality.bpp), "valid_psnr": str(quality.psnr)}
            self._rewrite()

    def _show(self, row: LogRow) -> None:
        steps_left = (self._steps - row.step) / row.steps_per_s if row.steps_per_s else math.inf
        text = format_row(row, min(steps_left, max(self._time_budget - row.seconds, 0.0)))
        if self._bar is None:
            logging.info("%s", text)
        elif row.valid_psnr is not None:
            self._bar.write(text, file=sys.stderr)

    def _append(self, row: LogRow) -> None:
        fields = {key: "" if value is None or math.isnan(value) else str(value) for key, value in row._asdict().items()}
        self.rows.append(fields)
        if self._board is not None:
            for key, value in row._asdict().items():
                if value is not None and not math.isnan(value) and key != "step":
                    self._board.add_scalar(key, value, row.step)
        if not self.path.exists():
            self._rewrite()
            return
        try:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, LogRow._fields, lineterminator="\n").writerow(fields)
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}; free the disk") from error

    def _rewrite(self) -> None:
        write_text(self.path, csv_text(LogRow._fields, self.rows))


def _psnr(mse: float) -> float:
    """PSNR in dB of a mean squared error on [0, 1]."""
    if math.isnan(mse):
        return math.nan
    return -10 * math.log10(mse) if mse > 0 else math.inf


def _read_log(path: Path) -> list[dict[str, str]]:
    """Rows of an earlier run; a torn last line is dropped."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = text[: text.rfind("\n") + 1]
    return [row for row in csv.DictReader(io.StringIO(whole)) if set(row) == set(LogRow._fields)]


def _tensorboard(out: Path) -> Any:
    """A writer below `out`, where TensorBoard is installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None  # not a dependency: the CSV has the same values
    return SummaryWriter(str(out / "tensorboard"))
