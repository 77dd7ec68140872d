"""Model card of a file of weights: what it is, how it came to be, how it does."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lic_tcm.anchors.files import sha256_file
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable, write_text
from lic_tcm.metrics import DEFAULT
from lic_tcm.nn import checkpoints

MEASURED = DEFAULT


def write_card(weights: Path, points: Path, series: str, command: str) -> Path:
    """Write `<weights>.md` beside the weights; returns its path.

    `points` is a table of RD points the suite has written (`rd_points.csv`), `series` the method of it that stands for
    these weights, `command` what made them. Raises UserError when weights or table cannot be read, or when the table
    has no measured point of the series at the weights' lambda.
    """
    loaded = checkpoints.load(weights)
    record = loaded.record
    if "lambda" not in record:
        raise UserError(f"{weights} has no record of its training; only weights trained by this suite get a card")
    lines = _points(points, series, float(record["lambda"]))
    size, sha256 = weights.stat().st_size, sha256_file(weights)
    parameters = sum(p.numel() for p in loaded.model.parameters())
    text = "\n".join(
        [
            f"# {record['model']}, lambda {record['lambda']:g}",
            "",
            f"{parameters:,} parameters, {size / 1e6:.2f} MB, sha256 `{sha256}`.",
            "",
            *_results(lines, points),
            "",
            *_training(record),
            "",
            "```sh",
            command.strip(),
            "```",
            "",
        ]
    )
    path = weights.with_suffix(".md")
    write_text(path, text)
    return path


def _points(path: Path, series: str, lmbda: float) -> list[dict[str, str]]:
    """Lines of the table that are this series' measured points at this lambda."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        found = [line for line in table if line["series"] == series and line["kind"] == "measured"]
        found = [line for line in found if float(line["point"]) == lmbda and line["metric"] in MEASURED]
    except OSError as error:
        raise unreadable(path, error, "name an rd_points.csv of the suite") from error
    except (UnicodeDecodeError, KeyError, ValueError) as error:
        raise UserError(f"cannot read RD points from {path} ({error}); name an rd_points.csv of the suite") from error
    if not found:
        raise UserError(f"{path} has no measured point of {series} at lambda {lmbda:g}; run the suite with it first")
    return found


def _results(lines: Iterable[dict[str, str]], points: Path) -> list[str]:
    """The Markdown table of what was measured."""
    rows = sorted((line["dataset"], line["metric"], line) for line in lines)
    return [
        f"Measured by this suite (`{points.name}`), means over the images:",
        "",
        "| dataset | images | bpp | metric | value, dB |",
        "|---|---:|---:|---|---:|",
        *(
            f"| {dataset} | {line['n_images']} | {float(line['bpp']):.4f} | {metric} | {float(line['value']):.2f} |"
            for dataset, metric, line in rows
        ),
    ]


def _training(record: dict[str, Any]) -> list[str]:
    """What the record says of the training, as Markdown."""
    data, machine = record["data"], record["environment"]
    start = record["init_sha256"]
    return [
        f"- Data: `{data['name']}`, {data['images']} images, {data['left_out']} left out, checksum `{data['sha256']}`.",
        f"- Start: {f'weights with sha256 `{start}`' if start else 'random weights'}, seed {record['seed']}.",
        f"- Training: {record['steps']:,} steps in {record['seconds'] / 60:.1f} minutes, loss {record['loss']}.",
        f"- Machine: {machine['cpu']}, device {record['device']}, {record['processes']} process(es).",
        f"- Recipe: `{json.dumps(record['recipe'], sort_keys=True)}`",
    ]
