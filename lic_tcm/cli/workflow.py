"""The verbs of the stages, which the rules of the workflow call, one each."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from lic_tcm import layout
from lic_tcm.cli.options import CodecName, Options, Points, Style, parse_batch, parse_options


def fetch(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="kodak, tecnick, clic-pro-valid, demo, tecnick-40, or a name for --folder."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Manifest to write: images, sizes and hashes. Default: one in the cache, whose path is printed."
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder searched before the network.", envvar="LIC_TCM_DATA")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="A folder of your own images.")] = None,
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Accept an incomplete dataset.")] = False,
    weights: Annotated[
        bool,
        typer.Option("--weights", help="The released weights of a method, or of all of a configuration, instead."),
    ] = False,
) -> None:
    """Find or download a dataset, verify every image and list them; or download weights, for nodes without network.

    \b
    lic-tcm fetch kodak
    lic-tcm fetch --weights tcm-small
    lic-tcm fetch --weights paper
    """
    from lic_tcm.datasets.fetch import fetch
    from lic_tcm.folders import cache_folder

    if weights:
        _fetch_weights(dataset)
        return
    manifest = out or cache_folder("manifests") / f"{dataset}.csv"
    fetch(dataset, manifest, data_dir=data_dir, folder=folder, allow_partial=allow_partial)
    if out is None:
        print(manifest)


def _fetch_weights(name: str) -> None:
    """Fetch what a method or configuration downloads, and say where it lies."""
    from lic_tcm.bench.weights import fetch_weights, named

    for wanted in named(name):
        for point, path, _, sha256 in fetch_weights(wanted):
            print(f"{wanted.name} {layout.point(point)}: {path} (sha256 {sha256[:16]})", flush=True)


def weights(
    codec: CodecName,
    point: Points,
    out: Annotated[Path, typer.Option(help="List to write: points, files, sizes and hashes.")],
    option: Options = None,
) -> None:
    """Find or download other people's weights that a codec takes at these points, check and list them."""
    from lic_tcm.bench import codecs
    from lic_tcm.bench.weights import Wanted, fetch_weights, write_fetched

    wanted = Wanted(codec, codecs.create(codec, parse_options(option)), point)
    write_fetched(fetch_weights(wanted), out)


def download(
    url: Annotated[str, typer.Argument(help="Where the file is.")],
    out: Annotated[Path, typer.Option(help="File to write; its sha256 is locked beside it at first use.")],
) -> None:
    """Download one file with retries and resume, checked against the hash locked at first use."""
    from lic_tcm.datasets import download as downloads

    downloads.download_locked([url], out)


def code(
    images: Annotated[Path, typer.Argument(help="Manifest of a dataset, from `fetch`.")],
    codec: CodecName,
    point: Points,
    out: Annotated[
        Path,
        typer.Option(
            help="Table to write; streams, images and records go beside it, those of several points into a folder each."
        ),
    ],
    method: Annotated[
        str | None, typer.Option(help="Name of the codec with these options; default: the codec.")
    ] = None,
    option: Options = None,
    batch: Annotated[str, typer.Option(help="i/n: only every n-th image, from the i-th.")] = "0/1",
) -> None:
    """Code images and decode them in another process; finished images are kept."""
    from lic_tcm.bench import code as coding
    from lic_tcm.bench.score import write_coded
    from lic_tcm.datasets.manifest import read_manifest

    index, count = parse_batch(batch)
    settings = coding.Method(method or codec, codec, tuple(sorted(parse_options(option).items())))
    folders = coding.folders_of(point, out.parent)
    records = coding.code_points(read_manifest(images)[index::count], settings, folders)
    write_coded(records, out, folders)


def score(
    images: Annotated[Path, typer.Argument(help="Manifest of the dataset.")],
    coded: Annotated[list[Path], typer.Argument(help="Tables written by `code`.")],
    out: Annotated[Path, typer.Option(help="CSV of per-image rows to write.")],
    threads: Annotated[int, typer.Option(help="Images measured at a time.", min=1)] = 1,
    metrics: Annotated[
        str, typer.Option(help="Besides the default ones, with commas; `lic-tcm metrics` lists them, or package:Class.")
    ] = "",
) -> None:
    """Measure rate and metrics of decoded images; codes nothing, and computes no value a second time."""
    from lic_tcm.bench import score as scoring
    from lic_tcm.datasets.manifest import read_manifest
    from lic_tcm.metrics import use

    items = scoring.read_coded(coded)
    wanted = [use(name.strip()).name for name in metrics.split(",") if name.strip()]
    rows = scoring.score(items, read_manifest(images), threads, wanted)
    scoring.write_environments(items, layout.environments(out))
    scoring.write_versions(rows, layout.metric_versions(out))
    scoring.write_rows(rows, out)


def tables(
    settings: Annotated[Path, typer.Option(help="JSON of the run's settings: anchors, metrics, labels, ...")],
    out: Annotated[Path, typer.Option(help="Folder for rd_points, bd_rate, table1, table2, ... (CSV) and run.json.")],
    rows: Annotated[list[Path] | None, typer.Argument(help="Per-image rows written by `score`; may be none.")] = None,
    networks: Annotated[Path | None, typer.Option(help="CSV of `lic-tcm models --out`, for Table 1.")] = None,
) -> None:
    """Make RD points, BD-rates with intervals, and the paper's Tables 1 and 2."""
    from lic_tcm.tables.write import write_tables

    write_tables(rows or [], settings, out, networks)


def report(
    tables: Annotated[Path, typer.Argument(help="Folder written by `tables`.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    style: Style = None,
) -> None:
    """Draw figures, LaTeX tables and the page from the tables."""
    from lic_tcm.report import render

    logging.info("report: %s", render(tables, out, style))


def figure(
    name: Annotated[
        str, typer.Argument(help="figure_7, figure_slices, image_rates, costs, ...; a wrong one lists all.")
    ],
    tables: Annotated[Path, typer.Argument(help="Folder written by `tables`.")],
    out: Annotated[Path, typer.Option(help="Folder for <name>.pdf, .svg, .png, .csv and .tex.")],
    style: Style = None,
) -> None:
    """Draw one figure of the paper, or of the configuration's pairs of methods."""
    from lic_tcm.report.figures.catalogue import write_figure

    logging.info("%s: %s", name, write_figure(name, tables, out, style))


def ablation(
    figure: Annotated[str, typer.Argument(help="fig10a, fig10b, fig10c, fig12, fig13 or fig14.")],
    rows: Annotated[list[Path], typer.Argument(help="Per-image rows of its networks, written by `score`.")],
    budget: Annotated[str, typer.Option(help="What they were trained with: paper, small, frozen or smoke.")],
    out: Annotated[Path, typer.Option(help="Folder for <figure>.csv, _bd_rate.csv and _variants.csv.")],
    models: Annotated[
        Path | None, typer.Option(help="Folder of their records of training; says what they cost.")
    ] = None,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Entropy models were trained, on frozen transforms.")
    ] = False,
) -> None:
    """Gather the curves, BD-rates and differences image by image of one of the paper's ablations."""
    from lic_tcm.tables.ablations import write_figure

    write_figure(figure, budget, rows, out, models, frozen=frozen)
