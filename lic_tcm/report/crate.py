"""The run as an RO-Crate: inputs with hashes, tools with versions, commands and outputs, for machines to read.

The form is RO-Crate 1.2 with the profile Process Run Crate: every command is a CreateAction whose instrument is the
software, whose object is what went in and whose result is what came out. Streams are not listed one by one; they are
the lines of tables/images.csv, which has the hash of each.
"""

import hashlib
import json
import mimetypes
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm import layout
from lic_tcm.environment import command_line, environment
from lic_tcm.files import write_text
from lic_tcm.report.provenance import Sources, published_file
from lic_tcm.tables.schema import ImageRow

if TYPE_CHECKING:
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

FOLDERS = (
    layout.compared_tables,
    layout.figures,
    layout.pictures,
    layout.report_tables,
)  # besides the page and the summary
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
LICENCE = "No licence is stated for the numbers; images stay under the licences of their datasets."


def write_crate(sources: Sources, out: Path) -> Path:
    """Describe the finished report in `out`; returns `out`/ro-crate-metadata.json. Same report, same bytes."""
    from rocrate.rocrate import ROCrate  # half a second to import

    crate = ROCrate(version="1.2")
    run = sources.tables.run
    crate.name = str(run.get("title") or run.get("name") or out.name)
    crate.description = "Report of a run of lic-tcm: rate, distortion, BD-rate and what they were made from."
    crate.license = LICENCE
    written = datetime.fromtimestamp((sources.tables.folder / "run.json").stat().st_mtime, UTC)
    crate.datePublished = written.replace(microsecond=0)
    profile = _add(crate, PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    crate.root_dataset["conformsTo"] = profile
    files = _files(crate, out)
    actions = [*_codings(crate, sources, files), *_tables(crate, sources, files)]
    crate.root_dataset["mainEntity"] = files[layout.page(Path()).as_posix()]
    crate.root_dataset["mentions"] = actions
    path = layout.crate(out)
    write_text(path, json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False) + "\n")
    return path


def _add(crate: "ROCrate", id_: str, type_: str, **properties: Any) -> "Entity":
    """A contextual entity, the one there is when the crate has it."""
    from rocrate.model.contextentity import ContextEntity

    known = crate.dereference(id_)
    if known is not None:
        return known
    kept = {key: value for key, value in properties.items() if value not in ("", None, [])}
    return crate.add(ContextEntity(crate, id_, properties={"@type": type_, **kept}))


def _files(crate: "ROCrate", out: Path) -> dict[str, "Entity"]:
    """Path from the report's folder -> entity, of every file of the report."""
    paths = [
        layout.page(out),
        layout.summary(out),
        layout.paper(out),
        *(path for folder in FOLDERS for path in sorted(folder(out).rglob("*"))),
    ]
    found = {}
    for path in paths:
        if path.is_file():
            name = path.relative_to(out).as_posix()
            properties = {"name": name, **_content(path)}
            found[name] = crate.add_file(path, dest_path=name, properties=properties)
    return found


def _content(path: Path) -> dict[str, str]:
    """Size, hash and media type of a file."""
    data = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"sha256": hashlib.sha256(data).hexdigest(), "contentSize": str(len(data)), "encodingFormat": media}


# --- coding -------------------------------------------------------------------------------------------------------


def _codings(crate: "ROCrate", sources: Sources, files: Mapping[str, "Entity"]) -> list["Entity"]:
    """An action for each command that coded, with the codec, the suite and machine, the originals and the weights."""
    groups: dict[tuple[str, ...], list[ImageRow]] = {}
    for row in sources.tables.images:
        record = sources.records.get(row)
        if row.codec:
            made = (record.command, record.weights) if record else ("", "")
            key = (row.dataset, row.method, row.point, row.codec, row.codec_version, row.environment, *made)
            groups.setdefault(key, []).append(row)
    return [_coding(crate, sources, i, key, rows, files) for i, (key, rows) in enumerate(groups.items())]


def _coding(
    crate: "ROCrate",
    sources: Sources,
    number: int,
    key: tuple[str, ...],
    rows: Iterable[ImageRow],
    files: Mapping[str, "Entity"],
) -> "Entity":
    dataset, method, point, codec, version, machine, command, weights = key
    tool = _add(crate, f"#codec/{codec}/{_short(version)}", "SoftwareApplication", name=codec, softwareVersion=version)
    suite = _suite(crate, machine, sources.tables.environments.get(machine, {}))
    inputs = [_original(crate, sources, row) for row in rows]
    if weights:
        inputs.append(_add(crate, f"#weights/{weights}", "MediaObject", name=f"weights of {method}", sha256=weights))
    return _add(
        crate,
        f"#code/{number}",
        "CreateAction",
        name=f"code {dataset} with {method} at point {point}",
        description=command or "the command is not recorded: the coding record is gone",
        instrument=[suite, tool],
        object=inputs,
        result=files["tables/images.csv"],
    )


def _original(crate: "ROCrate", sources: Sources, row: ImageRow) -> "Entity":
    original = sources.originals.get((row.dataset, row.image))
    identifier = f"sha256 of the RGB samples: {original.sha256_rgb}" if original else None
    id_ = f"#original/{row.dataset}/{row.image}"
    return _add(crate, id_, "ImageObject", name=f"{row.image} of {row.dataset}", identifier=identifier)


def _suite(crate: "ROCrate", id_: str, described: Mapping[str, Any]) -> "Entity":
    """The suite on a machine, with the packages it used."""
    packages = [
        _add(crate, f"#package/{name}/{version}", "SoftwareApplication", name=name, softwareVersion=version)
        for name, version in described.get("packages", {}).items()
    ]
    cores, memory = described.get("cores"), described.get("memory_gib")
    processor = [described.get("cpu_id"), described.get("instruction_sets")]  # not in older records
    hardware = [described.get("cpu"), *processor, f"{cores} cores" if cores else "", described.get("gpu")]
    return _add(
        crate,
        f"#lic-tcm/{id_}",
        "SoftwareApplication",
        name="lic-tcm",
        softwareVersion=described.get("commit") or "not recorded",
        operatingSystem=described.get("os"),
        processorRequirements=", ".join(filter(None, hardware)),
        memoryRequirements=f"{memory} GiB" if memory else "",
        softwareRequirements=packages,
    )


# --- tables and report --------------------------------------------------------------------------------------------


def _tables(crate: "ROCrate", sources: Sources, files: Mapping[str, "Entity"]) -> list["Entity"]:
    """The actions that made the tables from rows and published curves, and the report from the tables."""
    run = sources.tables.run
    tables = [entity for name, entity in files.items() if name.startswith("tables/") and name.endswith(".csv")]
    rest = [entity for name, entity in files.items() if entity not in tables]
    made = _add(
        crate,
        "#tables",
        "CreateAction",
        name="make the tables",
        description=run.get("command"),
        instrument=_add(
            crate,
            "#lic-tcm/tables",
            "SoftwareApplication",
            name="lic-tcm",
            softwareVersion=run.get("commit") or "not recorded",
        ),
        object=[*_rows(crate, sources), *_published(crate, sources)],
        result=tables,
    )
    here = environment()
    suite = _suite(crate, here.id(), {**vars(here)})
    drawn = _add(
        crate,
        "#report",
        "CreateAction",
        name="draw the report",
        description=command_line(),
        instrument=suite,
        object=tables,
        result=rest,
    )
    return [made, drawn]


def _rows(crate: "ROCrate", sources: Sources) -> list["Entity"]:
    """The files of rows; none for tables that lie in no run's results, whose rows came from elsewhere."""
    if not sources.run:
        return []
    names = dict.fromkeys(layout.rows(row.dataset, row.method) for row in sources.tables.images)
    return [_outside(crate, name.as_posix(), sources.file(name)) for name in names]


def _published(crate: "ROCrate", sources: Sources) -> list["Entity"]:
    return [_outside(crate, path.as_posix(), published_file(path)) for path in sources.published.values()]


def _outside(crate: "ROCrate", name: str, path: Path) -> "Entity":
    """A file that went in and is not part of the crate; without a hash where it is gone."""
    return _add(crate, f"#{name}", "MediaObject", name=name, **(_content(path) if path.is_file() else {}))


def _short(text: str) -> str:
    """Eight digits that stand for a text in an identifier."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
