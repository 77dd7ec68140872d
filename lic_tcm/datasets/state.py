"""Which pictures a user's folder holds, in one word, for a scheduler: fetch again when one comes, goes or changes."""

import hashlib
from pathlib import Path

from lic_tcm.datasets.fetch import get_dataset
from lic_tcm.errors import UserError
from lic_tcm.folders import data_folder
from lic_tcm.images import images_in


def folder_state(folder: Path) -> str:
    """A hash of the paths, sizes and times of change of a folder's images; "" where there is no such folder.

    A folder that cannot be looked through has its error for a state: the job that fetches it will say so.
    """
    if not folder.is_dir():
        return ""
    listed = hashlib.sha256()
    try:
        images = images_in(folder)
    except UserError as error:
        return str(error)
    for path in images:
        status = path.stat()
        listed.update(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return listed.hexdigest()[:16]


def dataset_state(name: str, folder: Path | None, data_dir: Path | None) -> str:
    """The state of where a dataset's images are looked for first: the user's `folder`, else the folders of that set in
    `data_dir` (default: $LIC_TCM_DATA). Downloads do not count: they are checked against their hashes.

    Raises UserError for a dataset nobody knows.
    """
    if folder is not None:
        return folder_state(folder)
    data = data_dir or data_folder()
    if data is None or not data.is_dir():
        return ""
    known = get_dataset(name).folders
    return "-".join(folder_state(path) for path in sorted(data.iterdir()) if path.name.casefold() in known)
