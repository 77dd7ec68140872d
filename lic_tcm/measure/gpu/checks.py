"""Part `checks`: the golden vectors on the device, and streams from one device decoded on the other.

A stream that another device reads either gives exactly the picture its encoder would, or one that rounds otherwise in
g_s alone, with the same symbols, or is refused by its checksum. What may never happen is another picture.
"""

import csv
import importlib.util
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lic_tcm import resources
from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.coding.bitstream import unpack
from lic_tcm.coding.gaussian import scale_indexes
from lic_tcm.coding.network import Ready, decode_stream, encode_image, prepare
from lic_tcm.images import read_rgb
from lic_tcm.measure.gpu.session import Session, counted
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.entropy import Region
from lic_tcm.nn.padding import PADDINGS
from lic_tcm.training.sources import Packed

SECONDS = 90.0
GOLDEN = resources.PACKAGE.parent / "tests" / "golden"
CROPS = 12  # of the packed file, besides the two pictures of config/tiny
EXACT, ROUNDED, REFUSED, WRONG = "exact", "same symbols, picture rounds otherwise", "refused", "another picture"
LARGEST = 2  # 8-bit steps by which g_s may round otherwise on another device


def run(session: Session) -> None:
    """Write golden.csv and decoding.csv; what is left when the time is up is left out, and run.json says so."""
    until = time.monotonic() + SECONDS
    golden = golden_lines(session.device)
    if golden:
        session.write_csv("golden.csv", golden)
    lines: list[dict[str, Any]] = []
    work = list(itertools.product(sorted(resources.WEIGHTS.glob("nano-*.safetensors")), _pictures(session)))
    work = work[:1] if session.rehearsal else work
    for number, (weights, (name, image)) in enumerate(work):
        if session.left(until) < 0:
            break
        lines += [
            {"weights": weights.stem, "image": name, **line} for line in both_ways(weights, image, session.device)
        ]
        session.write_csv("decoding.csv", lines)
        session.note("checks", codings=number + 1, of=len(work), outcomes=counted(lines, "outcome"))
    session.note(
        "checks", done=len(lines) == 4 * len(work), golden="compared" if golden else "needs a checkout's tests/"
    )


def both_ways(weights: Path, image: UInt8Image, device: str) -> Iterator[dict[str, Any]]:
    """Encode on each of two devices and decode on each: what became of the picture."""
    places = {"cpu": _ready(weights, "cpu"), "device": _ready(weights, device)}
    for source, ready in places.items():
        stream, _ = encode_image(ready, image, PADDINGS["replicate"])
        own = decode_stream(ready, unpack(stream))
        for target, reader in places.items():
            outcome, differing, most = _compared(reader, stream, own)
            yield {
                "encoded_on": source if source == "cpu" else device,
                "decoded_on": target if target == "cpu" else device,
                "outcome": outcome,
                "differing_samples": differing,
                "largest_difference": most,
                "num_bytes": len(stream),
            }


def _compared(reader: Ready, stream: bytes, own: UInt8Image) -> tuple[str, int | None, int | None]:
    """What a device makes of a stream: outcome, samples that differ from the encoder's own picture, by how much."""
    try:
        picture = decode_stream(reader, unpack(stream))
    except CodecError:
        return REFUSED, None, None
    steps = np.abs(picture.astype(int) - own.astype(int))
    if not steps.any():
        return EXACT, 0, 0
    most = int(steps.max())
    return ROUNDED if most <= LARGEST else WRONG, int(np.count_nonzero(steps)), most


def _ready(weights: Path, device: str) -> Ready:
    return prepare(checkpoints.load(weights).model.to(device))


def _pictures(session: Session) -> list[tuple[str, UInt8Image]]:
    """The two pictures of config/tiny, and some packed crops where there are some."""
    found = [(path.stem, read_rgb(path)) for path in sorted((resources.home() / "config/tiny").glob("*.png"))]
    if session.rehearsal:
        return [(name, image[:64, :64].copy()) for name, image in found[:1]]
    if session.crops.is_file():
        packed = Packed([session.crops], 64)
        found += [(packed.name(i), packed.image(i)) for i in range(min(CROPS, len(packed)))]
    return found


class _Recorder:
    """Coder that rounds and keeps the symbols and the indexes of their scales."""

    guess = None

    def __init__(self, y: Tensor) -> None:
        self.y = y
        self.symbols: list[Tensor] = []
        self.indexes: list[Tensor] = []

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Round about the mean."""
        self.symbols.append(torch.round(self.y[region] - mean))
        self.indexes.append(scale_indexes(scale))
        return self.symbols[-1] + mean


@torch.inference_mode()
def golden_lines(device: str) -> list[dict[str, Any]]:
    """The reference implementation's golden vectors beside the device's values; none where there is no checkout.

    A line per tensor: its size, how many values differ (of whole numbers), and the largest difference (of others).
    """
    if not (GOLDEN / "generate_weights.py").is_file():
        return []
    expected = _vectors("tcm_N32_latents") | _vectors("tcm_N32_recon")
    model = _golden_model().to(device)
    x = torch.from_numpy(expected["x_u8"]).to(device).permute(2, 0, 1)[None].float() / 255
    y = model.analyse(x)
    z = model.h_a(y)
    coder = _Recorder(y)
    y_hat = model.context.reconstruct(model.hyper(model.round_z(z)), coder)
    found = {"y": y, "z": z, "y_hat": y_hat, "x_hat": model.synthesise(y_hat)}
    found |= {"y_symbols": torch.cat(coder.symbols, 1), "y_indexes": torch.cat(coder.indexes, 1)}
    lines = []
    for name, value in found.items():
        if name in expected:
            steps = np.abs(value.double().cpu().numpy().reshape(-1) - expected[name].astype(float).reshape(-1))
            whole = name in ("y_symbols", "y_indexes")
            lines.append(
                {
                    "tensor": name,
                    "values": steps.size,
                    "differing": int(np.count_nonzero(steps)) if whole else None,
                    "largest_difference": float(steps.max()),
                }
            )
    return lines


def _vectors(name: str) -> dict[str, Any]:
    with np.load(GOLDEN / f"{name}.npz", allow_pickle=False) as file:
        return {key: np.asarray(file[key]) for key in file.files}


def _golden_model() -> Any:
    """The small network of the golden vectors, read as a file of the authors'."""
    spec = importlib.util.spec_from_file_location("generate_weights", GOLDEN / "generate_weights.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    with (GOLDEN / "state_dicts.tsv").open(encoding="utf-8", newline="") as file:
        names = [row["key"] for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "parameter"]
    shapes = {name: p.shape for name, p in zoo.build("small", channels=64).named_parameters()}
    weights = {name: torch.from_numpy(generate.one(name, shapes[zoo.our_key(name)])) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "authors.pth.tar")
        torch.save({"state_dict": weights}, path)
        return checkpoints.load(path).model
