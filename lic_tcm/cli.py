"""`lic-tcm <verb>`: one verb per public function of the package; no logic of its own.

A user's mistake prints one line on stderr and exits with code 2; anything else is a bug and shows its traceback.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lic_tcm import cli_results, layout
from lic_tcm.anchors.codec import CodecError
from lic_tcm.errors import UserError

app = typer.Typer(
    name="lic-tcm",
    help="Benchmark learned image compression: fetch, code, score, compare, report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CodecName = Annotated[str, typer.Option(help="Codec name; `lic-tcm doctor` lists them.")]
Point = Annotated[float, typer.Option(help="Operating point in the codec's unit: QP, quality or lambda.")]
Options = Annotated[list[str] | None, typer.Option("--option", help="Codec option, key=value; may be repeated.")]


def main() -> None:
    """Run the command line; exit code 2 and one line on stderr for a user's mistake."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table of every font in a PDF
    try:
        app()
    except (UserError, CodecError) as error:
        print(f"lic-tcm: {error}", file=sys.stderr)
        sys.exit(2)


@app.callback()
def _common(quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False) -> None:
    if quiet:
        logging.getLogger().setLevel(logging.ERROR)


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(help="kodak, tecnick, clic-pro-valid, demo, or a name for --folder.")],
    out: Annotated[Path, typer.Option(help="Manifest to write: the dataset's images, sizes and hashes.")],
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder searched before the network.", envvar="LIC_TCM_DATA")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="A folder of your own images.")] = None,
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Accept an incomplete dataset.")] = False,
) -> None:
    """Find or download a dataset, verify every image and list them."""
    from lic_tcm.datasets.fetch import fetch

    fetch(dataset, out, data_dir=data_dir, folder=folder, allow_partial=allow_partial)


@app.command()
def download(
    url: Annotated[str, typer.Argument(help="Where the file is.")],
    out: Annotated[Path, typer.Option(help="File to write; its sha256 is locked beside it at first use.")],
) -> None:
    """Download one file with retries and resume, checked against the hash locked at first use."""
    from lic_tcm.datasets import download as downloads

    downloads.download_locked([url], out)


@app.command()
def code(
    images: Annotated[Path, typer.Argument(help="Manifest of a dataset, from `fetch`.")],
    codec: CodecName,
    point: Point,
    out: Annotated[Path, typer.Option(help="Table to write; streams, images and records go beside it.")],
    method: Annotated[
        str | None, typer.Option(help="Name of the codec with these options; default: the codec.")
    ] = None,
    option: Options = None,
    batch: Annotated[str, typer.Option(help="i/n: only every n-th image, from the i-th.")] = "0/1",
) -> None:
    """Code images at one point and decode them in another process; finished images are kept."""
    from lic_tcm.bench import code as coding
    from lic_tcm.bench.score import write_coded
    from lic_tcm.datasets.manifest import read_manifest

    index, count = _batch(batch)
    settings = coding.Method(method or codec, codec, tuple(sorted(_options(option).items())))
    records = coding.code(read_manifest(images)[index::count], settings, point, out.parent)
    write_coded(records, out)


@app.command()
def score(
    images: Annotated[Path, typer.Argument(help="Manifest of the dataset.")],
    coded: Annotated[list[Path], typer.Argument(help="Tables written by `code`.")],
    out: Annotated[Path, typer.Option(help="CSV of per-image rows to write.")],
    threads: Annotated[int, typer.Option(help="Images measured at a time.", min=1)] = 1,
) -> None:
    """Measure bpp, PSNR and MS-SSIM of decoded images; codes nothing."""
    from lic_tcm.bench import score as scoring
    from lic_tcm.datasets.manifest import read_manifest

    items = scoring.read_coded(coded)
    rows = scoring.score(items, read_manifest(images), threads)
    scoring.write_environments(items, layout.environments(out))
    scoring.write_rows(rows, out)


@app.command()
def tables(
    rows: Annotated[list[Path], typer.Argument(help="Per-image rows written by `score`.")],
    settings: Annotated[Path, typer.Option(help="JSON of the run's settings: anchors, metrics, labels, ...")],
    out: Annotated[Path, typer.Option(help="Folder for rd_points, bd_rate, table1, table2, ... (CSV) and run.json.")],
    networks: Annotated[Path | None, typer.Option(help="CSV of `lic-tcm models --out`, for Table 1.")] = None,
) -> None:
    """Make RD points, BD-rates with intervals, and the paper's Tables 1 and 2."""
    from lic_tcm.tables.write import write_tables

    write_tables(rows, settings, out, networks)


@app.command()
def report(
    tables: Annotated[Path, typer.Argument(help="Folder written by `tables`.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
) -> None:
    """Draw figures, LaTeX tables and the page from the tables."""
    from lic_tcm.report import render

    logging.info("report: %s", render(tables, out))


@app.command()
def figure(
    name: Annotated[str, typer.Argument(help="figure_7, figure_10a, image_rates, costs, ...; a wrong one lists all.")],
    tables: Annotated[Path, typer.Argument(help="Folder written by `tables`.")],
    out: Annotated[Path, typer.Option(help="Folder for <name>.pdf, .svg, .png and .csv.")],
) -> None:
    """Draw one figure of the paper, or of the configuration's pairs of methods."""
    from lic_tcm.report.figures.catalogue import write_figure

    logging.info("%s: %s", name, write_figure(name, tables, out))


@app.command()
def receptive(
    images: Annotated[Path, typer.Argument(help="Manifest of a dataset, from `fetch`.")],
    checkpoint: Annotated[list[str], typer.Option(help="label=path of a trained network; repeatable.")],
    out: Annotated[Path, typer.Option(help="File of maps to write, .npz.")],
    image: Annotated[str, typer.Option(help="Picture of the manifest.")] = "kodim04",
    position: Annotated[tuple[int, int], typer.Option(help="Column and row of p.")] = (70, 700),
    clip: Annotated[list[float] | None, typer.Option(help="Where a figure clips; repeatable.")] = None,
) -> None:
    """Compute effective receptive fields, |d x_hat_p / d x|: the maps of figure 3."""
    from lic_tcm.measure import maps

    maps.write_receptive(images, image, position, clip or [0.01, 0.0001], maps.labelled(checkpoint), out)


@app.command()
def deviation(
    images: Annotated[Path, typer.Argument(help="Manifest of a dataset, from `fetch`.")],
    checkpoint: Annotated[list[str], typer.Option(help="label=path of a trained network; repeatable.")],
    out: Annotated[Path, typer.Option(help="File of maps to write, .npz.")],
    image: Annotated[list[str] | None, typer.Option(help="Picture of the manifest; repeatable.")] = None,
) -> None:
    """Compute how far rounding y - mu moves it, scaled, and what y costs: the maps of figure 5."""
    from lic_tcm.measure import maps

    maps.write_deviation(images, image or ["kodim01", "kodim05"], maps.labelled(checkpoint), out)


for _verb in (cli_results.compare, cli_results.check, cli_results.bdrate):
    app.command()(_verb)


@app.command()
def encode(
    image: Annotated[Path, typer.Argument(help="Picture to code.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Stream to write.")],
    point: Annotated[float | None, typer.Option("--point", "--lambda", help="QP, quality or, for TCM, lambda.")] = None,
    codec: Annotated[str, typer.Option(help="Codec name.")] = "tcm",
    model: Annotated[str | None, typer.Option(help="TCM: name of the network, see `lic-tcm models`.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="TCM: file of weights, instead of model and lambda.")] = None,
    option: Options = None,
) -> None:
    """Code one image with any codec of the suite."""
    from lic_tcm.bench import single

    options = {**_options(option), **single.flag_options(codec, model, checkpoint)}
    num_bytes, bpp = single.encode_file(image, output, codec, options, point)
    logging.info("%s: %d bytes, %.4f bpp", output, num_bytes, bpp)


@app.command()
def decode(
    stream: Annotated[Path, typer.Argument(help="Stream to decode.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG to write.")],
    codec: Annotated[str, typer.Option(help="Codec name.")] = "tcm",
    checkpoint: Annotated[Path | None, typer.Option(help="TCM: file of weights; else found by fingerprint.")] = None,
    option: Options = None,
) -> None:
    """Decode one stream to an 8-bit PNG."""
    from lic_tcm.bench import single

    options = {**_options(option), **single.flag_options(codec, None, checkpoint)}
    single.decode_file(stream, output, codec, options)


@app.command()
def models(
    names: Annotated[list[str] | None, typer.Argument(help="Networks to count; default: all.")] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write instead of printing.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the networks with parameters and multiply-accumulates at 512x768, in the paper's convention and in full."""
    from lic_tcm.measure.sizes import describe_models, format_models, write_models

    if out:
        write_models(names or [], out)
        return
    found = describe_models(names or [])
    print(json.dumps(found, indent=1) if as_json else format_models(found))


@app.command()
def complexity(
    models: Annotated[list[str], typer.Argument(help="Names of networks, such as small medium large.")],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
    size: Annotated[str, typer.Option(help="Height x width of the image.")] = "512x768",
    repeats: Annotated[int, typer.Option(help="Codings timed, after one that is not.", min=1)] = 20,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:<number>, or auto: a GPU where there is one.")] = "auto",
) -> None:
    """Measure networks as in the paper's Table 1: times by part, parameters, multiply-accumulates, memory."""
    from lic_tcm.measure import times as measured

    rows = measured.table1(models, measured.parse_size(size), repeats, device, out)
    print(measured.format_rows(rows))


@app.command()
def train(
    model: Annotated[str, typer.Option(help="Name of the network, such as small or nano.")],
    lmbda: Annotated[float, typer.Option("--lambda", help="Weight of the distortion against the rate.")],
    data: Annotated[Path, typer.Option(help="Folder of images, a packed .npz from `pack`, or a folder of such files.")],
    out: Annotated[Path, typer.Option(help="Folder for weights.safetensors, log.csv and the state to resume from.")],
    recipe: Annotated[Path | None, typer.Option(help="YAML as in config/train; default: the paper's recipe.")] = None,
    valid: Annotated[Path | None, typer.Option(help="Folder of images to validate on.")] = None,
    init: Annotated[Path | None, typer.Option(help="Weights to start from, of another lambda.")] = None,
    time_budget: Annotated[str | None, typer.Option(help="Such as 20m; the schedule is fitted to it.")] = None,
    budget: Annotated[str | None, typer.Option(help="Budget of ablations these weights are part of.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="Field of the network, key=value; repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure a few steps; write nothing.")] = False,
) -> None:
    """Train a network; run again, it goes on where it was stopped. Start it with torchrun for several processes."""
    from lic_tcm.training import run

    job = run.job(model, lmbda, data, out, _options(option), valid, init, time_budget, budget)
    logging.info("%s", run.dry_run(job, recipe) if dry_run else run.train(job, recipe))


@app.command()
def ablation(
    figure: Annotated[str, typer.Argument(help="fig10a, fig10b, fig10c, fig12, fig13 or fig14.")],
    rows: Annotated[list[Path], typer.Argument(help="Per-image rows of its networks, written by `score`.")],
    budget: Annotated[str, typer.Option(help="What they were trained with: paper, small or smoke.")],
    out: Annotated[Path, typer.Option(help="Folder for <figure>.csv and <figure>_bd_rate.csv.")],
) -> None:
    """Gather the curves and BD-rates of one of the paper's ablations."""
    from lic_tcm.tables.ablations import write_figure

    write_figure(figure, budget, rows, out)


@app.command()
def export(
    weights: Annotated[Path, typer.Argument(help="Weights of `train`, or an authors' checkpoint.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .safetensors.")],
    dtype: Annotated[Literal["float16", "float32"], typer.Option(help="Half the size, or exact.")] = "float16",
) -> None:
    """Write weights in this suite's form, with their record of training."""
    from lic_tcm.nn import checkpoints

    loaded = checkpoints.load(weights)
    checkpoints.save(loaded.model, output, loaded.record, dtype)


@app.command()
def card(
    weights: Annotated[Path, typer.Argument(help="Weights with a record of training; the card goes beside them.")],
    points: Annotated[Path, typer.Option(help="rd_points.csv of a run that measured them.")],
    series: Annotated[str, typer.Option(help="Name of their method in that run.")],
    command: Annotated[str, typer.Option(help="What made the weights, to be repeated.")],
) -> None:
    """Write a model card: data, recipe, steps, hardware, and the PSNR and rate that were measured."""
    from lic_tcm.training.card import write_card

    logging.info("%s", write_card(weights, points, series, command))


@app.command()
def pack(
    folder: Annotated[Path, typer.Argument(help="Folder of images.")],
    out: Annotated[Path, typer.Option(help="File to write, .npz.")],
    size: Annotated[int, typer.Option(help="Side of the crops, pixels.", min=64)] = 320,
    max_mb: Annotated[float, typer.Option(help="Size of the file at most, MiB.")] = 64,
    seed: Annotated[int, typer.Option(help="Another one gives other crops.", min=0)] = 0,
) -> None:
    """Pack random crops of training images into one file, for a machine with little disk or network."""
    from lic_tcm.training import sources

    logging.info("%s: %d crops", out, sources.pack(folder, out, size, max_mb, seed=seed))


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say what is installed, which codecs work, whether there is a GPU, and which datasets are at hand offline."""
    from lic_tcm.bench.doctor import examine, format_findings

    findings = examine()
    print(json.dumps(findings, indent=1) if as_json else format_findings(findings))


def _options(pairs: list[str] | None) -> dict[str, Any]:
    """`key=value` pairs; a value is JSON where it parses as JSON, else text."""
    options: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UserError(f"--option {pair!r} is not of the form key=value")
        try:
            options[key] = json.loads(value)
        except ValueError:
            options[key] = value
    return options


def _batch(text: str) -> tuple[int, int]:
    index, slash, count = text.partition("/")
    if not (slash and index.isdigit() and count.isdigit() and int(index) < int(count)):
        raise UserError(f"--batch {text!r} is not of the form i/n with 0 <= i < n")
    return int(index), int(count)
