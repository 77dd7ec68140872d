"""The score stage: originals and decoded images -> one row per image x point. Codes nothing."""

import dataclasses
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from csv import DictReader
from pathlib import Path

from lic_tcm import layout
from lic_tcm.anchors import pixels
from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.bench import codecs
from lic_tcm.bench.measure import Absent, Measurer, fingerprints, measured
from lic_tcm.bench.records import Coding, Row
from lic_tcm.datasets.manifest import Original, load
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, read_json, write_text
from lic_tcm.images import read_rgb, sha256_rgb
from lic_tcm.metrics import DEFAULT, Values, get, in_order
from lic_tcm.metrics.wide import cells, columns, used
from lic_tcm.progress import progress


@dataclasses.dataclass(frozen=True)
class Coded:
    """A coding record and the folder its files lie in."""

    record: Coding
    folder: Path

    def file(self, suffix: str) -> Path:
        """Path of the stream (".bin"), the decoded image (".png") or the decoded planes (".ycbcr.png")."""
        return layout.image_file(self.folder, self.record.image, suffix)


def score(
    coded: Iterable[Coded], originals: Sequence[Original], threads: int = 1, metrics: Iterable[str] = ()
) -> list[Row]:
    """Measure every decoded image against its original; rows in the order of `originals`, then of points.

    Rows have the default metrics and those named. Raises UserError when a point lacks an image, an image or stream is
    not the one its record describes, or has no original, and for a metric that cannot be computed here.
    """
    wanted, absent = fingerprints(in_order([*DEFAULT, *metrics])), Absent()
    by_image: dict[str, list[Coded]] = defaultdict(list)
    for item in coded:
        by_image[item.record.image].append(item)
    _check_complete([item for items in by_image.values() for item in items], originals)
    work = [(original, by_image[original.image]) for original in originals if by_image[original.image]]
    with ThreadPoolExecutor(threads) as pool:  # numpy and Pillow release the interpreter lock
        found = pool.map(lambda pair: _score_image(pair[0], pair[1], wanted, absent), work)
        rows = [row for image_rows in progress(found, len(work), "score", "image") for row in image_rows]
    absent.report()
    return rows


def _score_image(original: Original, coded: list[Coded], wanted: Mapping[str, str], absent: Absent) -> list[Row]:
    """Rows of one image: what metrics need of the original is computed once for all points."""
    measurer = Measurer(load(original), wanted, absent)
    return [_score_one(original, measurer, item) for item in sorted(coded, key=lambda item: item.record.point)]


def _score_one(original: Original, measurer: Measurer, item: Coded) -> Row:
    record = item.record
    if record.sha256_original != original.sha256_rgb:
        raise UserError(f"{item.file('.png')} was made from another image than {original.path}; code it again")
    decoded = read_rgb(item.file(".png"))
    if sha256_rgb(decoded) != record.sha256_decoded:
        raise UserError(f"{item.file('.png')} is not the image its record describes; delete it and code it again")
    _check_stream(item)
    convention = codecs.converted_convention(codecs.create(record.codec, json.loads(record.options)))
    pixels_of_both, kept = f"{record.sha256_original} {record.sha256_decoded}", item.file(".scores.json")
    values = dict(measurer.values(original.image, decoded, pixels_of_both, kept))
    if convention is not None:
        values |= _score_converted(measurer.original, item, convention, values)
    return Row(
        dataset=original.dataset,
        images_total=original.images_total,
        method=record.method,
        codec=record.codec,
        point=record.point,
        image=original.image,
        height=original.height,
        width=original.width,
        num_bytes=record.num_bytes,
        bpp=8 * record.num_bytes / (original.height * original.width),
        values=values,
        psnr_reference="converted" if convention else "rgb",
        encode_s=record.encode_s,
        decode_s=record.decode_s,
        codec_version=record.codec_version,
        sha256_stream=record.sha256_stream,
        environment=record.environment,
        bpp_estimated=(
            None if record.estimated_bytes is None else 8 * record.estimated_bytes / (original.height * original.width)
        ),
        given=record.given,
    )


def _check_stream(item: Coded) -> None:
    """Raise UserError unless the stream is the one its record describes; of some only the size was ever given."""
    if not item.record.sha256_stream:
        return
    path = item.file(".bin")
    stream = path.read_bytes() if path.is_file() else b""
    if len(stream) != item.record.num_bytes:
        raise UserError(f"{path} has {len(stream)} bytes, its record says {item.record.num_bytes}; code it again")
    if hashlib.sha256(stream).hexdigest() != item.record.sha256_stream:
        raise UserError(f"{path} is not the stream its record describes; delete it and code it again")


def _check_complete(coded: Iterable[Coded], originals: Sequence[Original]) -> None:
    """Raise UserError unless every point has every image: a mean over fewer is another number."""
    by_point: dict[float, set[str]] = defaultdict(set)
    for item in coded:
        by_point[item.record.point].add(item.record.image)
    known = {original.image for original in originals}
    for point, images in sorted(by_point.items()):
        if unknown := sorted(images - known):
            raise UserError(f"coded images {unknown[:3]} are not in the dataset's manifest; run fetch and code again")
        if lacking := sorted(known - images):
            count = f"{len(lacking)} of {len(known)} images, such as {lacking[0]}"
            raise UserError(f"point {point:g} lacks {count}; give the tables of all its batches, or code them again")


def _score_converted(picture: UInt8Image, item: Coded, convention: pixels.Convention, names: Iterable[str]) -> Values:
    """Values under the convention that compares floats with the converted original, of metrics that take floats."""
    planes = read_rgb(item.file(".ycbcr.png")).transpose(2, 0, 1)
    decoded = pixels.planes_to_float_rgb(planes, convention)
    original = pixels.converted_reference(picture, convention)
    able = [metric for metric in map(get, names) if metric.takes_floats]
    return {metric.name: measured(metric, metric.against(original), decoded) for metric in able}


def read_coded(tables: Iterable[Path]) -> list[Coded]:
    """The records listed in `batch-<i>-of-<n>.csv` files.

    Raises UserError when one is missing or torn, or a file that lay beside it is missing.
    """
    found = []
    for table in tables:
        try:
            with table.open(encoding="utf-8", newline="") as file:
                places = [line["record"] for line in DictReader(file)]
        except (OSError, KeyError) as error:
            raise UserError(f"{table} does not list coded images ({error}); run the code stage again") from error
        found += [_whole(table, table.parent / place) for place in places]
    return found


def _whole(table: Path, path: Path) -> Coded:
    """The record at a path and its folder; raises UserError unless all files are there that it needs to be scored."""
    _check_there(table, path)
    item = Coded(Coding.read(path), path.parent)
    codec = codecs.create(item.record.codec, json.loads(item.record.options))
    for suffix in codecs.made_files(codec):
        if suffix != ".bin" or item.record.sha256_stream:  # of some streams only the size was ever given
            _check_there(table, item.file(suffix))
    _check_there(table, layout.environment(item.folder, item.record.environment))
    return item


def _check_there(table: Path, path: Path) -> None:
    if not path.is_file():
        raise UserError(
            f"{path} is missing, which was made with {table}: streams, images and records of `code` stay beside its "
            f"tables, where all jobs see them; delete {table} and run again, which codes only what is missing"
        )


def write_coded(records: Iterable[Coding], path: Path, folders: Mapping[float, Path]) -> None:
    """List what a code job finished at points, each in its folder: the file the scheduler waits for."""
    fields = ("image", "point", "num_bytes", "encode_s", "decode_s", "sha256_stream", "sha256_decoded")
    lines = [
        [
            *(getattr(record, field) for field in fields),
            layout.image_file(folders[record.point], record.image, ".json").relative_to(path.parent).as_posix(),
        ]
        for record in records
    ]
    write_text(path, csv_text([*fields, "record"], lines))


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write rows as CSV, atomically; numbers in their shortest exact form."""
    fields = columns(Row, used(rows) or DEFAULT)
    write_text(path, csv_text(fields, [cells(row) for row in rows]))


def write_versions(rows: Sequence[Row], path: Path) -> None:
    """Write what made the values of the rows into one JSON object: metric -> version."""
    write_text(path, json.dumps({name: get(name).version() for name in used(rows)}, indent=1) + "\n")


def write_environments(coded: Iterable[Coded], path: Path) -> None:
    """Gather the machine descriptions the rows refer to into one JSON object: id -> description."""
    files = {item.record.environment: layout.environment(item.folder, item.record.environment) for item in coded}
    found = {key: read_json(file, "run the code stage again") for key, file in sorted(files.items())}
    write_text(path, json.dumps(found, indent=1, sort_keys=True) + "\n")
