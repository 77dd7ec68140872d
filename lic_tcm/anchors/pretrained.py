"""The files of CompressAI's model zoo: where they come from, where they lie, and that they are the right ones."""

from pathlib import Path
from typing import NamedTuple

from lic_tcm.anchors import downloads, files
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.networks import compressai


class Pretrained(NamedTuple):
    """The weights of one of CompressAI's architectures, a file for each quality."""

    name: str  # of the codec, for messages
    architecture: str
    metric: str
    folder: str  # empty: torch's cache, filled from CompressAI's server
    check_hash: bool

    def fetched(self, quality: float) -> Path:
        """The file of a quality, downloaded if need be and checked; raises CodecError saying where to get it."""
        url = self._url(quality)
        path = self._place(url)
        remedy = f"download {url} and put it, as {path.name}, into {path.parent}"
        prefix = path.name.removesuffix(".pth.tar").rsplit("-", 1)[1]
        if not path.is_file():
            if self.folder:
                raise CodecError(f"{self.name}: no weights {path}: {remedy}")
            _download(self.name, url, path, prefix if self.check_hash else None, remedy)
        if self.check_hash and not files.fingerprint(path).startswith(prefix):
            raise CodecError(f"{self.name}: the SHA-256 of {path} does not begin with {prefix}: delete it and {remedy}")
        return path

    def at_hand(self, quality: float) -> Path | None:
        """The file in `folder`, or in torch's cache where files are not checked against their names; else None."""
        if not self.folder and self.check_hash:
            return None
        path = self._place(self._url(quality))
        return path if path.is_file() else None

    def _url(self, quality: float) -> str:
        """Where CompressAI keeps the weights of a quality. CompressAI and torch are loaded for it: seconds."""
        known = {**compressai("zoo.image").model_urls, **compressai("zoo.image_vbr").model_urls}
        urls = known.get(self.architecture, {}).get(self.metric, {})
        if isinstance(urls, str):
            return urls  # one file for all rates
        if quality not in urls:
            there = f"there are {', '.join(map(str, urls))}" if urls else "there are none: give the option checkpoints"
            raise CodecError(
                f"{self.name}: CompressAI has no weights of {self.architecture} ({self.metric}) for {quality:g}; "
                f"{there}"
            )
        return str(urls[quality])

    def _place(self, url: str) -> Path:
        """Where the weights of an address lie on this machine."""
        if self.folder:
            return Path(self.folder, url.rsplit("/", 1)[1])
        import torch

        return Path(torch.hub.get_dir(), "checkpoints", url.rsplit("/", 1)[1])


def _download(name: str, url: str, path: Path, prefix: str | None, remedy: str) -> None:
    """Fetch a weight file; raises CodecError with the remedy when that fails."""
    try:
        downloads.download([downloads.Remote(url, prefix)], path)
    except CodecError as error:
        raise CodecError(f"{name}: cannot download weights ({error}): {remedy}") from error
