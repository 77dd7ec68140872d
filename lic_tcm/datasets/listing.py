"""Images of a folder on Hugging Face: the server is asked which there are, then they are downloaded one by one."""

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lic_tcm.datasets.download import Remote, download
from lic_tcm.errors import UserError

SERVER = "https://huggingface.co"


@dataclass(frozen=True)
class Listing:
    """A folder of a repository of datasets on Hugging Face."""

    repository: str
    folder: str
    server: str = SERVER

    @property
    def url(self) -> str:
        """Where the server lists the folder's files, as JSON."""
        return f"{self.server}/api/datasets/{self.repository}/tree/main/{self.folder}"

    def file_url(self, name: str) -> str:
        """Where a file of the folder lies."""
        return f"{self.server}/datasets/{self.repository}/resolve/main/{self.folder}/{name}"


def download_listing(listing: Listing, folder: Path, wanted: re.Pattern[str]) -> None:
    """Download the files whose names match `wanted` in full into a folder; those there already stay.

    Each is checked against the hash the server states. Raises UserError as `download` does.
    """
    for name, sha256 in _files(listing, folder).items():
        if wanted.fullmatch(name):
            download([Remote(listing.file_url(name), sha256)], folder / name)


def _files(listing: Listing, folder: Path) -> dict[str, str | None]:
    """Names and SHA-256 (None where the server states none) of a folder's files."""
    path = folder.with_name(f"{folder.name}.files.json")
    path.unlink(missing_ok=True)  # of a run that was stopped
    download([Remote(listing.url)], path)
    try:
        found = [entry for entry in json.loads(path.read_text(encoding="utf-8")) if entry["type"] == "file"]
        return {PurePosixPath(entry["path"]).name: _sha256(entry) for entry in found}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{listing.url} is no list of files ({error!r})") from error
    finally:
        path.unlink(missing_ok=True)


def _sha256(entry: dict[str, Any]) -> str | None:
    """The hash of a large file; that of a small one, which is git's, is no SHA-256 of its bytes."""
    stated = entry.get("lfs", {}).get("oid")
    return None if stated is None else str(stated)
