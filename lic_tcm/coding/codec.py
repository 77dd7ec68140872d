"""TCM as a codec like any other. Importing it, and checking its options, needs no torch: networks load when used."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lic_tcm
from lic_tcm import layout
from lic_tcm.anchors import extras, files
from lic_tcm.anchors.checks import check_choice
from lic_tcm.anchors.codec import CodecError, QualityRange, UInt8Image, Weights
from lic_tcm.errors import UserError
from lic_tcm.nn.padding import PADDINGS
from lic_tcm.nn.released import RELEASED, fetch, find, release

if TYPE_CHECKING:
    from lic_tcm.coding.network import Ready

SHIPPED = Path(lic_tcm.__file__).parent / "weights"  # weights that come with the package


@dataclass(frozen=True)
class TCMCodec:
    """The TCM codec; the operating point is the lambda its weights were trained with.

    Weights of a lambda are `<folder>/<model>/<lambda>.safetensors`, as the workflow trains them, or
    `<folder>/<model>-<lambda>.safetensors`; else those shipped with the package under the latter name, else the
    authors' released ones. `checkpoint` names one file instead, whatever the lambda.
    """

    model: str = "small"  # name in the zoo
    folder: str = ""
    checkpoint: str = ""
    padding: str = "replicate"  # or "paper"
    device: str = "auto"  # a GPU where there is one; or "cpu", "cuda", ...
    portable: bool = True  # symbols are decided in float64, alike on every machine; False: float32, format version 1
    picture_checksum: bool = False  # the encoder decodes too, so that decoders can say whether their picture is its

    def __post_init__(self) -> None:
        check_choice(self.name, "padding", self.padding, list(PADDINGS))
        for option in ("model", "folder", "checkpoint", "device"):
            value = getattr(self, option)
            if not isinstance(value, str):
                raise CodecError(f"tcm: option {option} is {value!r}: give a text")
        for option in ("portable", "picture_checksum"):
            check_choice(self.name, option, getattr(self, option), [True, False])
        if self.picture_checksum and not self.portable:
            raise CodecError("tcm: option picture_checksum needs portable streams; leave one of the two options out")

    @property
    def name(self) -> str:
        """Registry name."""
        return "tcm"

    @property
    def label(self) -> str:
        """Name for tables and figures."""
        return f"TCM-{self.model.capitalize()}"

    @property
    def quality_range(self) -> QualityRange:
        """The lambdas `encode` looks for weights of."""
        return QualityRange(1e-6, 1e3, "lambda", integer=False)

    def version(self) -> str:
        """Versions of the software that decides the stream's bytes, together with the processor (docs/streams.md)."""
        return f"lic-tcm {lic_tcm.__version__} (torch {extras.version(self.name, 'torch')}, {self.device})"

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Code an RGB image (H, W, 3); raises CodecError for a lambda without weights or too large an image."""
        from lic_tcm.coding import network
        from lic_tcm.coding.bitstream import VERSION

        ready = network.load(self._path(quality), self.device)
        version = VERSION if self.portable else 1
        return network.encode_image(ready, image, PADDINGS[self.padding], version, self.picture_checksum)[0]

    def estimated_bytes(self, image: UInt8Image, quality: float) -> float:
        """The rate `forward` estimates for an image (H, W, 3), without coding it; errors as `encode`."""
        from lic_tcm.coding import estimate, network

        return estimate.estimated_bytes(network.load(self._path(quality), self.device), image, PADDINGS[self.padding])

    def weights(self, quality: float) -> Weights:
        """Which weights `encode` takes at this point; raises CodecError when there are none."""
        path = self._path(quality)
        try:
            sha256 = files.fingerprint(path)
            budget = _training_record(path).get("budget") if path.suffix == ".safetensors" else None
        except OSError as error:
            raise CodecError(f"tcm: cannot read {path} ({error.strerror}); check the path of the weights") from error
        return Weights(path, sha256, budget if isinstance(budget, str) else "")  # loading refuses another

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image; raises CodecError when the stream is damaged, or its weights are not at hand.

        The weights are found by the stream's fingerprint, whatever `model` says.
        """
        from lic_tcm.coding import network
        from lic_tcm.coding.bitstream import unpack

        parsed = unpack(stream)
        return network.decode_stream(self._by_fingerprint(parsed.fingerprint), parsed)

    def weights_at_hand(self, quality: float) -> Path | None:
        """The file of weights `encode` takes at this point; None for released ones, or where there is none."""
        lmbda = self.quality_range.check(self.name, quality)
        places = [Path(self.checkpoint)] if self.checkpoint else self._places(lmbda)
        return next((path for path in places if path.is_file()), None)

    def is_downloaded(self, quality: float) -> bool:
        """Whether the authors' released weights are taken at this point."""
        lmbda = self.quality_range.check(self.name, quality)
        if self.checkpoint or self.weights_at_hand(lmbda):
            return False
        return any((entry.model, entry.lmbda) == (self.model, lmbda) for entry in RELEASED)

    def _path(self, quality: float) -> Path:
        """The file of a lambda's weights."""
        lmbda = self.quality_range.check(self.name, quality)
        if self.checkpoint:
            return Path(self.checkpoint)
        own = self.weights_at_hand(lmbda)
        if own:
            return own
        try:
            return fetch(release(self.model, lmbda), Path(self.folder) if self.folder else None)
        except UserError as error:
            known = sorted(
                path.stem for folder in self._folders() for path in folder.glob(f"{self.model}-*.safetensors")
            )
            at_hand = f"at hand are {', '.join(known)}" if known else f"none of {self.model} are at hand"
            raise CodecError(f"tcm: there is no {self._places(lmbda)[0]} ({at_hand}), and {error}") from error

    def _places(self, lmbda: float) -> list[Path]:
        """Where weights of a lambda may lie, but for released ones."""
        places = [folder / f"{self.model}-{lmbda:g}.safetensors" for folder in self._folders()]
        if self.folder:
            places.insert(1, layout.weights(self.folder, self.model, lmbda))
        return places

    def _folders(self) -> list[Path]:
        return [*([Path(self.folder)] if self.folder else []), SHIPPED]

    def _by_fingerprint(self, wanted: bytes) -> "Ready":
        """The network a stream was made with, among those used last and the files at hand."""
        from lic_tcm.coding import network

        found = network.recent(wanted, self.device)
        if found:
            return found
        for path in self._files():
            if wanted in network.fingerprints_of(path).values():
                return network.load(path, self.device)
        raise CodecError(
            f"tcm: the stream was made with weights {wanted.hex()}, and none at hand are those; "
            "name the checkpoint or the folder of weights it was encoded with"
        )

    def _files(self) -> Iterator[Path]:
        """The files of weights at hand, those of `model` first in each place."""
        if self.checkpoint:
            yield Path(self.checkpoint)
            return
        if self.folder:
            yield from sorted(Path(self.folder, self.model).glob("*.safetensors"))
        for folder in self._folders():
            yield from sorted(folder.glob("*.safetensors"), key=lambda path: not path.name.startswith(self.model))
        where = Path(self.folder) if self.folder else None
        for entry in sorted(RELEASED, key=lambda entry: entry.model != self.model):
            if find(entry, where):
                yield fetch(entry, where)


def _training_record(path: Path) -> dict[str, Any]:
    """What a safetensors file of ours says of its training; empty for another file, which loading it will refuse."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        content = file.read(min(length, path.stat().st_size))
    try:
        header = json.loads(content)
        record = json.loads(header["__metadata__"]["record"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
