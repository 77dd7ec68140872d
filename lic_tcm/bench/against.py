"""What methods are compared with beside each other: published curves and measured methods, found by name."""

import contextlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lic_tcm import layout
from lic_tcm.anchors.hints import choose, nearest, question
from lic_tcm.datasets.fetch import dataset_names, get_dataset, known_images
from lic_tcm.errors import UserError
from lic_tcm.files import read_json
from lic_tcm.rd import measured
from lic_tcm.rd.published import DEFAULT_FOLDER, measured_vtm_note, published_keys, vtm_note

# What `published:vtm` means, and `vtm` where no method of that name was measured, as one was on Kodak
# (docs/vtm-anchor.md): a curve whose numbers somebody published, with PSNR against the RGB original where there is one,
# as learned codecs have it; of those the newest VTM. results/published/README.md has what the others give.
VTM: Mapping[str, str] = {
    "kodak": "vtm-18.0-duan",
    "tecnick": "vtm-18.0-duan",
    "clic-pro-valid": "vtm-17.0-jiang",
}
Measured = Mapping[str, tuple[str, ...]]  # measured methods, each with the datasets that it is wanted on
SPECIAL = {"vtm": VTM}  # names that mean another curve on each dataset
PREFIXES = ("published:", "measured:")


class UnknownNameError(UserError):
    """A name that means nothing on a dataset."""


@dataclass(frozen=True)
class Target:
    """A published curve, or the file of rows of a measured method."""

    name: str
    rows: Path | None = None  # None: published
    note: str = ""  # what the comparison must say of it


def find(names: Collection[str], dataset: str) -> list[Target]:
    """The targets of the names, in their order.

    A name is that of a measured method, or of a published curve of the dataset (or its last part: elic for
    he2022-elic); `vtm` that of `VTM` where no such method was measured. A VTM curve has a note that names its kind and
    the others. Raises UserError that lists every name that is unknown, or is both and has no prefix published: or
    measured:.
    """
    published, rows = published_names(dataset), measured_rows(dataset)
    if not published and not rows:
        raise UserError(
            f"no published curve and no measured method is of dataset {dataset!r}; {choose(dataset, datasets())}"
        )
    found, problems = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(_target(name, dataset, published, rows))
        except UserError as error:
            problems.append(str(error))
        else:
            _say(name, found[-1])
    if problems:
        raise UserError("\n  ".join(["--against cannot be used:", *problems] if len(problems) > 1 else problems))
    return list(dict.fromkeys(found))


def _say(name: str, target: Target) -> None:
    """Which curve a name was taken for."""
    if target.rows:
        where = "measured, " + ("shipped rows" if target.rows.is_relative_to(measured.FOLDER) else str(target.rows))
    else:
        where = f"published curve {target.name}"
    logging.info("against %s: %s%s", name, where, f"; {target.note}" if target.note else "")


def series_named(names: Collection[str], own: Collection[str], datasets: Collection[str]) -> tuple[list[str], Measured]:
    """The series that names mean on some datasets, in their order, and the measured ones among them.

    A name may be one of a run's `own` methods, or whatever `find` knows on one of the datasets. Raises UserError for a
    name that none of them has, and for a measured method that the run has as well.
    """
    series: list[str] = []
    shipped: dict[str, list[str]] = {}
    for name in names:
        if name in own or name in published_keys():
            series.append(name)
            continue
        found = []
        for dataset in datasets:
            with contextlib.suppress(UnknownNameError):
                found.append((dataset, _target(name, dataset, published_names(dataset), measured_rows(dataset))))
        if not found:
            there = [*published_keys(), *(f"measured:{method}" for one in datasets for method in measured_rows(one))]
            raise UserError(f"{name!r}; {choose(name, [*own, *there])}")
        for dataset, target in found:
            series.append(target.name)
            if target.rows and target.name in own:
                raise UserError(
                    f"{name!r} is a method of this run; name it as {target.name}, or leave it out of methods"
                )
            if target.rows:
                shipped.setdefault(target.name, []).append(dataset)
    return list(dict.fromkeys(series)), {name: tuple(of) for name, of in shipped.items()}


def _target(name: str, dataset: str, published: Collection[str], there: Mapping[str, Path]) -> Target:
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    plain = name.removeprefix(prefix)
    curve = None if prefix == "measured:" else _curve(plain, dataset, published)
    rows = None if prefix == "published:" else there.get(plain)
    if curve and rows:
        if curve != plain:
            curve = None  # a measured method is named in full, the curve in part
        else:
            raise UserError(
                f"{name!r} is a published curve and a measured method; put published: or measured: before the name"
            )
    if rows:
        note = measured_vtm_note(plain, dataset, measured.psnr_reference(rows))
        return Target(plain, rows, note)
    if curve:
        return Target(curve, note=vtm_note(curve, dataset))
    raise UnknownNameError(_unknown(plain, dataset, [*published, *there]))


def _unknown(name: str, dataset: str, allowed: Collection[str]) -> str:
    """One sentence for an unknown name, with the nearest ones by all of their name or a part of it."""
    parts = {key.partition("-")[2]: key for key in allowed} | {key: key for key in [*allowed, *SPECIAL]}
    near = [parts[part] for part in nearest(name, parts, 3)]
    near = near or sorted(key for key in allowed if name and name in key)[:5]
    hint = question(near) or choose(name, sorted(set(allowed)))
    return f"{name!r} has no curve on {dataset}; {hint}"


def _curve(name: str, dataset: str, published: Collection[str]) -> str | None:
    """The published curve of that name, or whose name ends in it after the authors and the year."""
    if name in published:
        return name
    if dataset in SPECIAL.get(name, {}):
        return SPECIAL[name][dataset]
    found = [key for key in published if key.partition("-")[2] == name and key.partition("-")[0][-4:].isdigit()]
    if len(found) > 1:
        raise UserError(f"{name!r} may be {' or '.join(found)} on {dataset}; give the name in full")
    return found[0] if found else None


def datasets() -> list[str]:
    """The datasets that have a published curve or a measured method."""
    files = [*DEFAULT_FOLDER.glob("*/*.json"), *Path().glob(str(layout.rows("*", "*")))]
    return sorted({*(path.parent.name for path in files), *measured.datasets()})


def published_names(dataset: str) -> list[str]:
    """The names of the published curves on a dataset, sorted."""
    return [path.stem for path in published_files(dataset)]


def published_files(dataset: str) -> list[Path]:
    """The files of the published curves on a dataset, sorted."""
    return sorted((DEFAULT_FOLDER / dataset).glob("*.json"))


def measured_rows(dataset: str) -> dict[str, Path]:
    """The files of rows of the measured methods on a dataset: of this folder's runs, then of the package."""
    own = {path.stem: path for path in sorted(layout.rows_folder(dataset).glob("*.csv"))}
    return measured.rows_files(dataset) | own


def environments(rows: Path) -> dict[str, Any]:
    """The machines that rows name: beside the rows, or of the whole set of them; empty where neither is there."""
    committed = layout.committed_set(rows)
    for path in (layout.environments(rows), *([committed / "environments.json"] if committed else [])):
        if path.is_file():
            return read_json(path, measured.REMEDY)
    return {}


def images_of(dataset: str) -> tuple[frozenset[str], int | None]:
    """The names of a dataset's images and their number, where the suite knows the dataset."""
    if dataset not in dataset_names():
        return frozenset(), None
    known = get_dataset(dataset)
    return frozenset(known_images(known)), known.count
