"""Where training pixels come from: a folder tree of images, or packed files of crops for machines with little disk."""

import hashlib
import io
import threading
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.images import FORMATS, LOSSLESS_MODES, SUFFIXES, images_in, is_readable, read_rgb

PACK_FORMAT = "lic-tcm crops 1"


class Source(Protocol):
    """Images by number."""

    left_out: int  # images that do not fit and were skipped, as the recipe allows

    def __len__(self) -> int:
        """How many images."""
        ...

    def name(self, i: int) -> str:
        """What to call image i in messages."""
        ...

    def image(self, i: int) -> UInt8Image:
        """Pixels of image i (H, W, 3); raises UserError naming the file when it is damaged."""
        ...

    def fingerprint(self) -> str:
        """Sha256 over the names and sizes of the files."""
        ...


class Folder:
    """The images of a folder tree (`images_in`), named by their paths; decoded ones are kept while there is room."""

    def __init__(self, root: Path, crop: int, skip_unfit: bool, workers: int = 2, cache_mb: int = 0) -> None:
        paths = images_in(root)
        if not paths:
            raise UserError(f"{root} has no images ({', '.join(SUFFIXES)}); choose another folder for --data")
        with ThreadPoolExecutor(workers) as pool:
            reasons = list(pool.map(lambda path: _unfit(path, crop), paths))
        unfit = [(path, reason) for path, reason in zip(paths, reasons, strict=True) if reason]
        self.root = root
        self.paths = [path for path, reason in zip(paths, reasons, strict=True) if not reason]
        self.left_out = len(unfit)
        if unfit and not (skip_unfit and self.paths):
            path, reason = unfit[0]
            remedy = "choose other images" if skip_unfit else "remove them or set skip_unfit: true in the recipe"
            raise UserError(
                f"{len(unfit)} of {len(paths)} images do not fit, the first being {path}: {reason}; {remedy}"
            )
        self._cache: dict[int, UInt8Image] = {}
        self._room = cache_mb * 2**20
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many images."""
        return len(self.paths)

    def name(self, i: int) -> str:
        """Path of image i below the folder."""
        return self.paths[i].relative_to(self.root).as_posix()

    def image(self, i: int) -> UInt8Image:
        """Pixels of image i (H, W, 3)."""
        if i in self._cache:
            return self._cache[i]
        image = read_rgb(self.paths[i])
        with self._lock:
            if i not in self._cache and image.nbytes <= self._room:
                self._cache[i] = image
                self._room -= image.nbytes
        return image

    def fingerprint(self) -> str:
        """Sha256 over the names and sizes of the files."""
        return _sha256(f"{self.name(i)} {path.stat().st_size}" for i, path in enumerate(self.paths))


class Packed:
    """Crops of packed files, decoded once and held in memory."""

    left_out = 0

    def __init__(self, paths: Sequence[Path], crop: int, workers: int = 2) -> None:
        packs = [_read_pack(path) for path in paths]
        self._digest = _sha256([hashlib.sha256(pack.data.tobytes()).hexdigest() for pack in packs])
        self._names = [f"{path.name}[{i}]" for path, pack in zip(paths, packs, strict=True) for i in range(len(pack))]
        streams = [stream for pack in packs for stream in pack.streams()]
        with ThreadPoolExecutor(workers) as pool:
            self._crops = list(pool.map(_decode, streams))
        small = next((i for i, image in enumerate(self._crops) if min(image.shape[:2]) < crop), None)
        if small is not None:
            height, width = self._crops[small].shape[:2]
            raise UserError(
                f"{self._names[small]} is {width}x{height}, smaller than the crop ({crop}); pack larger ones"
            )

    def __len__(self) -> int:
        """How many crops."""
        return len(self._crops)

    def name(self, i: int) -> str:
        """File and number of crop i."""
        return self._names[i]

    def image(self, i: int) -> UInt8Image:
        """Pixels of crop i (H, W, 3)."""
        return self._crops[i]

    def fingerprint(self) -> str:
        """Sha256 over the streams."""
        return self._digest


def open_source(path: Path, crop: int, skip_unfit: bool, workers: int, cache_mb: int) -> Source:
    """Open a folder of images, a packed file, or a folder of packed files.

    Raises UserError when there is nothing to train on, or an image is no image or smaller than the crop.
    """
    if path.is_file():
        return Packed([path], crop, workers)
    if not path.is_dir():
        raise UserError(f"--data {path} does not exist; choose a folder of images or a packed .npz")
    packed = sorted(path.glob("*.npz"))
    return Packed(packed, crop, workers) if packed else Folder(path, crop, skip_unfit, workers, cache_mb)


class Pack(NamedTuple):
    """Lossless WebP streams, one after another, and where each ends."""

    data: npt.NDArray[np.uint8]  # uint8, all streams
    ends: npt.NDArray[np.int64]  # int64

    def __len__(self) -> int:
        return len(self.ends)

    def streams(self) -> Iterator[bytes]:
        """Each stream."""
        start = 0
        for end in self.ends:
            yield self.data[start:end].tobytes()
            start = int(end)


def pack(folder: Path, out: Path, size: int = 320, max_mb: float = 64, rounds: int = 4, seed: int = 0) -> int:
    """Write random crops of a folder's images as one .npz of at most `max_mb` MiB; returns how many.

    `rounds` times a crop of size x size pixels (or all of a smaller image) is cut from every image, in random order,
    until the file is full. Crops are lossless WebP: half the size of deflated pixels. Raises UserError for a folder
    without images, a damaged image, and when writing fails.
    """
    source = Folder(folder, 1, skip_unfit=False)
    rng = np.random.default_rng(seed)
    room = int(max_mb * 2**20) - 4096  # the container's own bytes
    streams: list[bytes] = []
    for i in np.concatenate([rng.permutation(len(source)) for _ in range(rounds)]):
        stream = _encode(random_crop(source.image(int(i)), size, rng))
        room -= len(stream) + 8
        if room < 0:
            break
        streams.append(stream)
    if not streams:
        raise UserError(f"{max_mb} MiB hold no crop of {size}x{size}; allow more or make crops smaller")
    buffer = io.BytesIO()
    ends = np.cumsum([len(stream) for stream in streams])
    data = np.frombuffer(b"".join(streams), np.uint8)
    np.savez(buffer, format=np.array(PACK_FORMAT), data=data, ends=ends)
    write_bytes(out, buffer.getvalue())
    return len(streams)


def random_crop(image: UInt8Image, size: int, rng: np.random.Generator) -> UInt8Image:
    """Cut size x size pixels (or fewer, of a smaller image) out at a random place."""
    height, width = image.shape[:2]
    top = int(rng.integers(max(height - size, 0) + 1))
    left = int(rng.integers(max(width - size, 0) + 1))
    return image[top : top + size, left : left + size]


def _encode(image: UInt8Image) -> bytes:
    # quality and method are effort: at 100 and 4 the file is 2 % smaller and takes fifteen times as long
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "WEBP", lossless=True, quality=50, method=2)
    return buffer.getvalue()


def _decode(stream: bytes) -> UInt8Image:
    with Image.open(io.BytesIO(stream), formats=("WEBP",)) as image:
        return np.array(image.convert("RGB"))


def _read_pack(path: Path) -> Pack:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            if str(content["format"]) != PACK_FORMAT:
                raise ValueError(f"its format is {content['format']}")
            return Pack(content["data"], content["ends"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is no intact file of packed crops ({error}); make it with lic-tcm pack") from error


def _unfit(path: Path, crop: int) -> str | None:
    """Why an image cannot be trained on, by its name and header, or None."""
    if not is_readable(path):
        return "it has a format that is not read"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                if min(image.size) < crop:
                    return f"it is {image.width}x{image.height}, smaller than the crop ({crop})"
                return None if image.mode in LOSSLESS_MODES else f"it has colour mode {image.mode}, not 8-bit RGB"
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return "it cannot be read as an image"


def _sha256(lines: Iterator[str] | Sequence[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
