"""Part `table1`: Table 1's times on the device, the plain path beside them, and what graphs or compiling would gain."""

import functools
import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lic_tcm.files import write_text
from lic_tcm.measure.gpu.session import Session
from lic_tcm.measure.speed_tcm import make_naive
from lic_tcm.measure.times import SEED, in_own_process, measure, now, to_csv
from lic_tcm.nn import zoo
from lic_tcm.nn.complexity import FreeCoder
from lic_tcm.nn.model import Model

SECONDS = 180.0
MODELS = ("small", "medium", "large", "large-no-squeeze")
SIZE = (512, 768)
REPEATS = 20
TINY: dict[str, Any] = {"channels": 64, "latent": 32, "hyper": 16, "slices": 2, "context_widths": (16, 16)}
QUICK = ("eager", "plain", "CUDA graph")
COMPILE = "torch.compile"
COMPILE_SECONDS = 60.0  # left, or compiling is not begun; of one network only


def run(session: Session) -> None:
    """Write table1.csv, as `lic-tcm complexity --out` does, then ways.csv; models not reached are left out."""
    until = time.monotonic() + SECONDS
    size, repeats = ((64, 128), 1) if session.rehearsal else (SIZE, REPEATS)
    models = MODELS[:1] if session.rehearsal else MODELS
    rows = []
    for model in models:
        if session.left(until) > 0:
            rows.append(in_own_process(_measured, model, size, repeats, session.device, session.rehearsal))
            write_text(session.out / "table1.csv", to_csv(rows))
            session.note("table1", models=len(rows), of=len(models))
    lines: list[dict[str, Any]] = []
    for model, tried in [*((model, QUICK) for model in models), (models[-1], (COMPILE,))]:
        if session.left(until) > (COMPILE_SECONDS if COMPILE in tried and not session.rehearsal else 0):
            lines += in_own_process(ways, model, size, session.device, repeats, session.rehearsal, tried)
            session.write_csv("ways.csv", lines)
    session.note("table1", done=len(rows) == len(models), compared=len(lines))


def _measured(model: str, size: tuple[int, int], repeats: int, device: str, tiny: bool) -> Any:
    return measure(model, size, repeats, device, **(TINY if tiny else {}))


def ways(
    model: str, size: tuple[int, int], device: str, repeats: int, tiny: bool, tried: Sequence[str]
) -> list[dict[str, Any]]:
    """Milliseconds of each part of the networks by each way to run it; a way that cannot be had says why.

    "plain" computes attention as it is written in the paper (lic_tcm.measure.speed_tcm); "largest_difference" is to the
    eager values, relative to the largest of these.
    """
    torch.manual_seed(SEED)
    own = TINY if tiny else {}
    network = zoo.build(model, **own).eval().to(device)
    plain = make_naive(zoo.build(model, **own).eval().to(device))
    plain.load_state_dict(network.state_dict())
    pixels = np.random.default_rng(SEED).integers(0, 256, (1, 3, *size), dtype=np.uint8)
    x = torch.from_numpy(pixels).to(device).float() / 255
    lines = []
    with torch.inference_mode():
        y = network.analyse(x)
        z_hat = network.round_z(network.h_a(y))
        parts: dict[str, Callable[[Any], Callable[[Tensor], Tensor]]] = {
            "analysis": lambda net: functools.partial(inspect.unwrap(Model.analyse), net),
            "entropy model": lambda net: lambda z: net.context.reconstruct(net.hyper(z), FreeCoder(y)),
            "synthesis": lambda net: functools.partial(inspect.unwrap(Model.synthesise), net),
        }
        inputs = {"analysis": x, "entropy model": z_hat, "synthesis": y}
        for part, of in parts.items():
            base = of(network)(inputs[part])
            for way in tried:
                line: dict[str, Any] = {
                    "model": model,
                    "part": part,
                    "way": way,
                    "ms": None,
                    "largest_difference": None,
                    "note": "",
                }
                try:
                    work, note = _way(way, of(plain if way == "plain" else network), inputs[part], device, tiny)
                    found = work()
                    line["largest_difference"] = float((found - base).abs().max() / base.abs().max())
                    line |= {"ms": 1000 * _median(work, repeats, torch.device(device)), "note": note}
                except Exception as error:  # what a compiler or driver may raise is not ours to list
                    line["note"] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
                lines.append(line)
    return lines


def _way(
    way: str, function: Callable[[Tensor], Tensor], x: Tensor, device: str, tiny: bool
) -> tuple[Callable[[], Tensor], str]:
    """A call that runs a function of x in a way, and what to know of it."""
    if way in ("eager", "plain"):
        return (lambda: function(x)), ""
    if way == COMPILE:
        start = time.perf_counter()
        # a rehearsal looks at the plumbing: compiling for a CPU takes minutes
        compiled = torch.compile(function, backend="eager" if tiny else "inductor")
        compiled(x)
        return (lambda: compiled(x)), f"compiled in {time.perf_counter() - start:.1f} s"
    if device != "cuda":
        raise RuntimeError("needs a GPU")
    return _graph(function, x), "captured once, for this size of picture"


def _graph(function: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], Tensor]:
    """A CUDA graph of a function of x."""
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            function(x)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = function(x)

    def replay() -> Tensor:
        graph.replay()
        return out

    return replay


def _median(work: Callable[[], Tensor], repeats: int, device: torch.device) -> float:
    """Median seconds of a call."""
    seconds = []
    for _ in range(1 + repeats):
        start = now(device)
        work()
        seconds.append(now(device) - start)
    return float(np.median(seconds[1:]))
