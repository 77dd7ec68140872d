"""Where the numbers come from: the coding records behind the rows, the originals, the published files, the commands."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lic_tcm.bench.records import Coding
from lic_tcm.rd.published import DEFAULT_FOLDER
from lic_tcm.report.inputs import Tables
from lic_tcm.report.words import point
from lic_tcm.tables.paper import TABLE2
from lic_tcm.tables.schema import ImageRow


@dataclass(frozen=True)
class Original:
    """An original image as the dataset's manifest lists it."""

    path: Path
    sha256_rgb: str


@dataclass(frozen=True)
class Sources:
    """The files behind a run's tables, named as the workflow names them, from the folder that holds `results`."""

    tables: Tables

    @cached_property
    def results(self) -> Path:
        """The folder `results` that `results/tables/<name>` lies in."""
        return self.tables.folder.resolve().parents[1]

    @property
    def folder(self) -> str:
        """The tables' folder as the workflow names it; its own name where it lies elsewhere."""
        name = self.tables.folder.name
        return f"results/tables/{name}" if self.results.name == "results" else name

    @cached_property
    def originals(self) -> Mapping[tuple[str, str], Original]:
        """(dataset, image) -> the original, of every dataset whose manifest is still there."""
        found = {}
        for dataset in dict.fromkeys(row.dataset for row in self.tables.images):
            manifest = self.results / self.manifest(dataset)
            if manifest.is_file():
                with manifest.open(encoding="utf-8", newline="") as file:
                    for line in csv.DictReader(file):
                        found[dataset, line["image"]] = Original(Path(line["path"]), line["sha256_rgb"])
        return found

    @cached_property
    def records(self) -> Mapping[ImageRow, Coding]:
        """The coding record of each row, where it is still there and describes the very stream the row counts.

        Raises UserError for a record that is torn.
        """
        found = {}
        for row in self.tables.images:
            path = self.results / self.coded(row, ".json")
            if path.is_file():
                record = Coding.read(path)
                if record.sha256_stream == row.sha256_stream:
                    found[row] = record
        return found

    def coded(self, row: ImageRow, suffix: str) -> Path:
        """The stream (".bin"), decoded picture (".png") or record (".json") of a row, from the folder `results`."""
        return Path("coded", row.dataset, row.method, point(row.point), row.image + suffix)

    def manifest(self, dataset: str) -> Path:
        """The list of a dataset's originals, from the folder `results`."""
        return Path("datasets", f"{dataset}.csv")

    def rows(self, dataset: str, method: str) -> Path:
        """The rows of a method, from the folder `results`."""
        return Path("rows", dataset, f"{method}.csv")

    @cached_property
    def published(self) -> Mapping[tuple[str, str], Path]:
        """(dataset, series) -> the published curve's file, from the folder `results`, of every such series shown."""
        tables = self.tables
        shown = {(p.dataset, p.series) for p in tables.points if p.kind != "measured"}
        shown |= {(r.dataset, s) for r in tables.sensitivity for s in (r.series, r.anchor)}
        shown |= {(r.dataset, s) for r in tables.bd for s in (r.series, r.anchor)}
        shown |= {(r.dataset, r.anchor) for r in tables.table2}
        shown |= {(cell.dataset, cell.series) for cell in TABLE2 if cell.series and tables.table2}
        files = {key: Path(key[0], f"{key[1]}.json") for key in sorted(shown)}
        return {key: Path("published") / path for key, path in files.items() if (DEFAULT_FOLDER / path).is_file()}


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
        "published": {f"{d}/{series}": f"results/{path.as_posix()}" for (d, series), path in sources.published.items()},
    }


def original_data(sources: Sources) -> dict[str, dict[str, list[str]]]:
    """{dataset: {image: [path, hash of its RGB pixels]}}."""
    found: dict[str, dict[str, list[str]]] = {}
    for (dataset, image), original in sources.originals.items():
        found.setdefault(dataset, {})[image] = [str(original.path), original.sha256_rgb]
    return found
