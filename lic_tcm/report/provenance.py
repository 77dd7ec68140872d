"""Where the numbers come from: the coding records behind the rows, the originals, the published files, the commands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lic_tcm import layout
from lic_tcm.bench.records import Coding
from lic_tcm.datasets.manifest import Original, read_manifest
from lic_tcm.rd.curves import OWN
from lic_tcm.rd.published import DEFAULT_FOLDER
from lic_tcm.report.inputs import Tables
from lic_tcm.tables.paper import TABLE2
from lic_tcm.tables.schema import ImageRow


@dataclass(frozen=True)
class Sources:
    """The files behind a run's tables, named as the workflow names them."""

    tables: Tables

    @cached_property
    def run(self) -> Path | None:
        """The folder of the run; None for tables that lie in no run's results, as those of `compare` do."""
        return layout.run_folder(self.tables.folder)

    @property
    def folder(self) -> str:
        """The tables' folder as the workflow names it; its own name where it lies elsewhere."""
        name = self.tables.folder.name
        return layout.tables(name).as_posix() if self.run else name

    @cached_property
    def originals(self) -> Mapping[tuple[str, str], Original]:
        """(dataset, image) -> the original, of every dataset whose manifest is still there.

        Raises UserError for a manifest that is torn.
        """
        if not self.run:
            return {}
        found: dict[tuple[str, str], Original] = {}
        for dataset in dict.fromkeys(row.dataset for row in self.tables.images):
            manifest = self.file(layout.manifest(dataset))
            if manifest.is_file():
                found |= {(dataset, original.image): original for original in read_manifest(manifest)}
        return found

    @cached_property
    def records(self) -> Mapping[ImageRow, Coding]:
        """The coding record of each row, where it is still there and describes the very stream the row counts.

        Raises UserError for a record that is torn.
        """
        if not self.run:
            return {}
        found = {}
        for row in self.tables.images:
            path = self.coded(row, ".json")
            if path.is_file():
                record = Coding.read(path)
                if record.sha256_stream == row.sha256_stream:
                    found[row] = record
        return found

    def coded(self, row: ImageRow, suffix: str) -> Path:
        """The stream (".bin"), decoded image (".png") or record (".json") of a row; errors as `file`."""
        return self.file(layout.coded(row.dataset, row.method, row.point, row.image, suffix))

    def file(self, path: Path) -> Path:
        """A file of the run, from its path in `layout`; raises UserError for tables that lie in no run's results."""
        return layout.required_run_folder(self.tables.folder) / path

    @cached_property
    def published(self) -> Mapping[tuple[str, str], Path]:
        """(dataset, series) -> the file of the published curve, as `layout` names it, of every such series shown."""
        tables = self.tables
        shown = {(p.dataset, p.series) for p in tables.points if p.kind not in OWN}
        shown |= {(r.dataset, s) for r in tables.sensitivity for s in (r.series, r.anchor)}
        shown |= {(r.dataset, s) for r in tables.bd for s in (r.series, r.anchor)}
        shown |= {(r.dataset, r.anchor) for r in tables.table2}
        shown |= {(cell.dataset, cell.series) for cell in TABLE2 if cell.series and tables.table2}
        files = {key: layout.published(*key) for key in sorted(shown)}
        return {key: path for key, path in files.items() if published_file(path).is_file()}


def published_file(path: Path) -> Path:
    """Where a file of `layout.published` lies: in the package, wherever that is installed."""
    return DEFAULT_FOLDER / path.relative_to(layout.published_folder())


def trace_data(sources: Sources) -> dict[str, Any]:
    """What the page's provenance panel is filled from, besides the rows of `data.image_data`."""
    tables = sources.tables
    run = tables.run
    return {
        "tables": sources.folder,
        "command": run.get("command") or "",
        "commit": run.get("commit") or "",
        "environments": dict(tables.environments),
        "methods": {
            series: {
                "label": tables.label(series),
                "codec": str(method.get("codec", "")),
                "version": str(method.get("codec_version", "")),
                "options": json.dumps(method.get("options") or {}, sort_keys=True),
            }
            for series, method in run.get("methods", {}).items()
        },
        "published": {f"{d}/{series}": path.as_posix() for (d, series), path in sources.published.items()},
        "files": {
            "image": layout.coded("{dataset}", "{method}", "{point}", "{image}", "").as_posix(),
            "rows": layout.rows("{dataset}", "{method}").as_posix(),
        },
    }


def original_data(sources: Sources) -> dict[str, dict[str, list[str]]]:
    """{dataset: {image: [path, hash of its RGB pixels]}}."""
    found: dict[str, dict[str, list[str]]] = {}
    for (dataset, image), original in sources.originals.items():
        found.setdefault(dataset, {})[image] = [original.path, original.sha256_rgb]
    return found
