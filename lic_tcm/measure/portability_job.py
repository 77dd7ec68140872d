"""The process that codes for `lic-tcm portability` under one setting of the kernels.

Only what an environment variable or switch changes differs between these processes; another Python, with another
torch, runs this very file.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.coding import coders
from lic_tcm.coding.bitstream import unpack
from lic_tcm.coding.network import Ready, decode_stream, encode_image, load, picture
from lic_tcm.images import read_rgb
from lic_tcm.nn.entropy import Coder, Hyper, Region
from lic_tcm.nn.padding import PADDINGS

PADDING = PADDINGS["replicate"]


class Noting(nn.Module):
    """An entropy model that notes the scales it decides by."""

    def __init__(self, context: nn.Module) -> None:
        super().__init__()
        self.context = context
        self.scales: list[Tensor] = []

    def reconstruct(self, hyper: Hyper, coder: Coder) -> Tensor:
        """As the model does."""
        self.scales.clear()

        def noting(region: Region, mean: Tensor, scale: Tensor) -> Tensor:
            self.scales.append(scale.double().flatten().cpu())
            return coder(region, mean, scale)

        noting.guess = None  # type: ignore[attr-defined]
        y_hat: Tensor = self.context.reconstruct(hyper, noting)  # type: ignore[operator]
        return y_hat

    def noted(self) -> np.ndarray[Any, Any]:
        """All scales, in the order they were used."""
        return torch.cat(self.scales).numpy() if self.scales else np.zeros(0)


def switch(switches: dict[str, Any]) -> None:
    """Set what no environment variable sets."""
    if "threads" in switches:  # whatever the image's size
        coders.ONE_THREAD_PIXELS, coders.THREADS = -1, switches["threads"]
    if switches.get("onednn") is False:
        torch.backends.mkldnn.set_flags(_enabled=False)  # type: ignore[no-untyped-call]
    if switches.get("tf32"):
        torch.backends.cuda.matmul.allow_tf32 = True
    torch.set_flush_denormal(bool(switches.get("flush")))


def network(path: str, switches: dict[str, Any]) -> tuple[Ready, Noting, Noting]:
    """A network that notes its scales: in float64, and in float32."""
    ready = load(Path(path), switches.get("device", "cpu"))
    noting = ready.exact.context if isinstance(ready.exact.context, Noting) else Noting(ready.exact.context)
    noting32 = ready.model.context if isinstance(ready.model.context, Noting) else Noting(ready.model.context)
    ready.model.context = noting32  # type: ignore[assignment]
    if switches.get("channels_last"):
        for part in (ready.model, ready.exact.h_mean_s, ready.exact.h_scale_s, noting):
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    noted = replace(ready.exact, context=noting)  # type: ignore[arg-type]
    return ready._replace(exact=noted), noting, noting32


def encode(job: dict[str, Any], out: Path) -> None:
    """Encode every case: stream, this machine's own picture of it, the scales."""
    for label, path in job["networks"].items():
        ready, *noting = network(path, job["switches"])
        for name, source in job["images"].items():
            image = read_rgb(Path(source))
            for version in job["versions"]:
                stream, y_hat = encode_image(ready, image, PADDING, version)
                file = out / f"{label}_{name}_v{version}.tcm"
                file.write_bytes(stream)
                np.save(file.with_suffix(".npy"), picture(ready.model, y_hat, PADDING, *image.shape[:2]))
                np.save(file.with_suffix(".scales.npy"), noting[0 if version > 1 else 1].noted())


def decode(job: dict[str, Any], out: Path) -> None:
    """Decode what every setting encoded; equal streams once. Writes one JSON line per case and encoder."""
    lines = []
    for label, path in job["networks"].items():
        ready, *noting = network(path, job["switches"])
        known: dict[str, tuple[UInt8Image | None, np.ndarray[Any, Any]]] = {}
        for encoder in job["encoders"]:
            for stream in sorted((out.parent / encoder).glob(f"{label}_*.tcm")):
                version = int(stream.stem[-1])
                data = stream.read_bytes()
                key = sha256(data).hexdigest()
                if key not in known:
                    known[key] = _decoded(ready, data), noting[0 if version > 1 else 1].noted()
                image, scales = known[key]
                found = compare(image, np.load(stream.with_suffix(".npy")))
                found |= {"scale_error": error(scales, np.load(stream.with_suffix(".scales.npy")))}
                case = {"encoder": encoder, "decoder": out.name, "network": label, "version": version}
                lines.append(case | {"image": stream.stem[len(label) + 1 : -3], "bytes": len(data)} | found)
    (out / "found.json").write_text(json.dumps(lines))


def _decoded(ready: Ready, data: bytes) -> UInt8Image | None:
    try:
        return decode_stream(ready, unpack(data))
    except CodecError:
        return None


def compare(image: UInt8Image | None, own: UInt8Image) -> dict[str, Any]:
    """What became of a picture: refused, or by how many grey levels at most it is off, in how many samples."""
    if image is None:
        return {"refused": True, "off": None, "samples_off": None}
    difference = np.abs(image.astype(int) - own.astype(int))
    return {"refused": False, "off": int(difference.max()), "samples_off": int((difference > 0).sum())}


def error(scales: np.ndarray[Any, Any], own: np.ndarray[Any, Any]) -> float:
    """The largest relative difference of two machines' scales, as far as both went."""
    count = min(len(scales), len(own))
    ours, theirs = scales[:count], own[:count]
    beyond = (np.abs(theirs) > 0.1) & np.isfinite(theirs)  # what is below is the lowest level anyway
    return float(np.max(np.abs(ours[beyond] / theirs[beyond] - 1), initial=0.0))


TASKS: dict[str, Callable[[dict[str, Any], Path], None]] = {"encode": encode, "decode": decode}


def main() -> None:
    """Do the task of a JSON file in its folder."""
    file = Path(sys.argv[1])
    job = json.loads(file.read_text())
    switch(job["switches"])
    TASKS[job["task"]](job, file.parent)


if __name__ == "__main__":
    main()
