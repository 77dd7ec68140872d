"""The verbs about codecs and networks: code one image, list, count and time networks, the maps of figures."""

import json
import logging
from pathlib import Path
from typing import Annotated

import typer

from lic_tcm.cli.options import Options, parse_options


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

    options = {**parse_options(option), **single.flag_options(codec, model, checkpoint)}
    num_bytes, bpp = single.encode_file(image, output, codec, options, point)
    logging.info("%s: %d bytes, %.4f bpp", output, num_bytes, bpp)


def decode(
    stream: Annotated[Path, typer.Argument(help="Stream to decode.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG to write.")],
    codec: Annotated[str, typer.Option(help="Codec name.")] = "tcm",
    checkpoint: Annotated[Path | None, typer.Option(help="TCM: file of weights; else found by fingerprint.")] = None,
    option: Options = None,
) -> None:
    """Decode one stream to an 8-bit PNG."""
    from lic_tcm.bench import single

    options = {**parse_options(option), **single.flag_options(codec, None, checkpoint)}
    single.decode_file(stream, output, codec, options)


def check_codec(
    config: Annotated[Path, typer.Argument(help="Configuration that defines the method.")],
    method: Annotated[str, typer.Argument(help="Name of the method in its `definitions`.")],
    timeout: Annotated[float, typer.Option(help="Seconds that each call may take.", min=1)] = 120,
) -> None:
    """Check that a codec of yours can be compared fairly: exit code 0, 1 when a check fails.

    Round trip in another process, odd sizes, determinism, thread counts, damaged streams, size accounting: each line
    says what was done, or why it fails.
    """
    from lic_tcm.bench import check_codec
    from lic_tcm.bench.methods import definition

    logging.getLogger().setLevel(logging.WARNING)  # what the stages say of themselves is not a finding
    failed = False
    for finding in check_codec.check(definition(config, method), timeout):
        print(finding, flush=True)
        failed |= not finding.passed
    if failed:
        raise typer.Exit(1)


def models(
    names: Annotated[list[str] | None, typer.Argument(help="Names of networks; default: all.")] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write instead of printing.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    count: Annotated[
        bool, typer.Option("--count", help="Count anew instead of using the counts that come with the package.")
    ] = False,
) -> None:
    """List the networks with parameters and multiply-accumulates at 512x768, in the paper's convention and in full."""
    from lic_tcm.measure.sizes import describe_models, format_models, write_models

    if out:
        write_models(names or [], out, count)
        return
    found = describe_models(names or [], count)
    print(json.dumps(found, indent=1) if as_json else format_models(found))


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


def deviation(
    images: Annotated[Path, typer.Argument(help="Manifest of a dataset, from `fetch`.")],
    checkpoint: Annotated[list[str], typer.Option(help="label=path of a trained network; repeatable.")],
    out: Annotated[Path, typer.Option(help="File of maps to write, .npz.")],
    image: Annotated[list[str] | None, typer.Option(help="Picture of the manifest; repeatable.")] = None,
) -> None:
    """Compute how far rounding y - mu moves it, scaled, and what y costs: the maps of figure 5."""
    from lic_tcm.measure import maps

    maps.write_deviation(images, image or ["kodim01", "kodim05"], maps.labelled(checkpoint), out)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say what is installed, which codecs work, whether there is a GPU, and which datasets are at hand offline."""
    from lic_tcm.bench.doctor import examine, format_findings

    findings = examine()
    print(json.dumps(findings, indent=1) if as_json else format_findings(findings))


def portability(
    images: Annotated[
        list[Path],
        typer.Argument(help="Pictures to code, small ones of several sizes will do; or a manifest of `fetch`."),
    ],
    out: Annotated[Path, typer.Option(help="CSV to write: every stream under every decoder.")],
    checkpoint: Annotated[
        list[str] | None, typer.Option(help="label=path of weights; repeatable. Default: those of the package.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Network of the zoo with seeded random weights; repeatable.")
    ] = None,
    python: Annotated[
        list[Path] | None, typer.Option(help="Python of an environment with another torch; repeatable.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes at a time, 1 GB each.", min=1)] = 1,
) -> None:
    """Encode pictures under every kernel setting this machine offers, decode each under every other: exit code 0 or 1.

    Prints how many came out exact, within one grey level, or were refused, for streams of version 2, which are meant
    to decode anywhere, and of version 1. Exit code 1: one of version 2 was refused or is further off.
    """
    import tempfile

    from lic_tcm.measure import maps
    from lic_tcm.measure import portability as measured

    with tempfile.TemporaryDirectory() as folder:
        networks = dict(maps.labelled(checkpoint or []))
        networks |= {f"{name}-seeded": measured.seeded(name, Path(folder)) for name in model or []}
        chosen = networks or measured.shipped()
        found = measured.matrix(measured.pictures(images), chosen, measured.settings(python or []), jobs=jobs)
    measured.write(found, out)
    print(measured.format_tables(found))
    if not measured.portable(found):
        raise typer.Exit(1)
