"""The verbs of `lic-tcm` that judge results: `bdrate`, `compare`, `curves`, `paper` and `check`."""

import json
import logging
from pathlib import Path
from typing import Annotated

import typer

from lic_tcm import layout
from lic_tcm.cli.options import Style, parse_options
from lic_tcm.errors import UserError

Pdf = Annotated[bool, typer.Option("--pdf", help="Compile paper.tex to paper.pdf, which needs TeX.")]
Tolerated = Annotated[float | None, typer.Option(help="Tolerance, see above.", min=0, show_default=False)]


def bdrate(
    anchor: Annotated[str, typer.Argument(help="The anchor: a file (CSV, CompressAI JSON), - or a curve, see below.")],
    test: Annotated[str, typer.Argument(help="The tested codec, in the same way.")],
    metric: Annotated[str, typer.Option(help="What to compare at; `lic-tcm metrics` lists them.")] = "psnr",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    lambda_: Annotated[
        float | None, typer.Option("--lambda", help="What both were trained for, where their points do not say it.")
    ] = None,
) -> None:
    """BD-rate and BD-PSNR of a test codec against an anchor, by every method, with the overlap and notes.

    Each point of the test codec is compared with the anchor's curve too: one is enough to start, against an anchor of
    four or more. Rows per image of two networks trained for one lambda (a column lambda in both, or --lambda) also
    give the difference of R + lambda * 255^2 * MSE.

    Each is a file of the forms `compare --help` shows, - for standard input, or a curve by its dataset and name:
    kodak/vtm, published:kodak/he2022-elic, measured:kodak/webp. `lic-tcm curves` lists them. Two sets of rows per
    image give 95 % intervals too.
    """
    from lic_tcm.compare.bdrate import bdrate_report
    from lic_tcm.compare.bdrate_text import format_comparison
    from lic_tcm.metrics import use

    comparison = bdrate_report(anchor, test, use(metric).name, lambda_=lambda_)
    print(json.dumps(comparison.to_json(), indent=1) if as_json else format_comparison(comparison))


def _example(wanted: bool) -> None:
    if wanted:
        from lic_tcm.compare.example import example

        print(example(), end="")
        raise typer.Exit


def compare(
    files: Annotated[list[Path], typer.Argument(help="Your results: CSV, TSV, JSON, ..., one or more files.")],
    dataset: Annotated[str, typer.Option(help="The dataset they are on: kodak, tecnick, clic-pro-valid or your own.")],
    against: Annotated[
        list[str] | None,
        typer.Option(help="Names, with commas or repeated: published curves, vtm (see below), measured methods."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default: reports/<first file>.")] = None,
    style: Style = None,
    figures: Annotated[Path | None, typer.Option(help="YAML of choices for figures and LaTeX, see below.")] = None,
    pdf: Pdf = False,
    example: Annotated[  # noqa: ARG001
        bool, typer.Option("--example", callback=_example, is_eager=True, help="Print a file to start from, and exit.")
    ] = False,
) -> None:
    """Compare your own results with published curves and measured methods: tables, figures and a page.

    Needs no network and no images. Without --against, the first method of the files is the anchor.

    \b
    vtm is VTM-12.1 as measured by this suite where it was, else a curve
    that somebody published, against RGB where there is one:
      kodak           measured, 10 bit, against RGB, with rows per image
      tecnick         vtm-18.0-duan   (PSNR against the RGB original)
      clic-pro-valid  vtm-17.0-jiang  (the source does not say)
    VTM curves differ by 4 to 9 points of BD-rate. The paper's anchors:
      kodak vtm-paper (measured) or vtm-12.1-tcm-figure (digitised),
      clic-pro-valid vtm-12.1-tcm (digitised),
      tecnick vtm-12.1-oldbench-reconstructed (reconstructed).

    \b
    RD points, one line each; other columns of numbers are ignored:
      bpp,psnr,ms_ssim
      0.152,30.02,0.9521
    bpp is the rate over the dataset, psnr in dB against the RGB original.
    ms_ssim is 0..1; a column in dB is ms_ssim_db. One metric is enough;
    any that `lic-tcm metrics` lists will do.
    Several methods in one file: a column method. Another PSNR: a column
    psnr_reference with rgb, converted or unstated.

    \b
    Images, one line for each image and point, which gives 95 % intervals:
      image,point,bpp,psnr,ms_ssim
      kodim01,1,0.181,27.91,0.9387
    Also read: height, width, num_bytes, encode_s, decode_s, and the rows
    of this suite. Every point needs the same images.

    \b
    JSON as CompressAI writes it:
      {"name": "mine", "results": {"bpp": [0.152], "psnr-rgb": [30.02]}}

    \b
    Also read, with a line that says how: a paste from a spreadsheet (tabs),
    semicolons with decimal commas, Markdown tables, columns in blanks, xlsx,
    headers such as Rate (bpp) or img_name, bare JSON lists and records.

    \b
    --figures is a file with keys of the configuration's `figures`:
      style, width, methods (and their order), labels, colours, rate,
      legend, inset; see docs/paper-output.md.
    """
    from lic_tcm.compare.compare import compare as comparison

    names = [name.strip() for text in against or [] for name in text.split(",") if name.strip()]
    found = comparison(files, dataset, names, out or layout.report(files[0].stem), (figures, style), pdf)
    print(found.text)
    logging.info("report: %s", found.page)


def curves(
    dataset: Annotated[str | None, typer.Option(help="Only those of a dataset, such as kodak.")] = None,
    find: Annotated[str, typer.Option(help="Only those whose key, label or source holds this text.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the curves that `compare` and `bdrate` know: published ones, and methods measured by the suite."""
    from lic_tcm.compare import catalogue

    found = catalogue.catalogue(dataset, find)
    print(json.dumps(catalogue.rows_of(found), indent=1) if as_json else catalogue.format_catalogue(found))


def paper(
    out: Annotated[
        Path | None, typer.Option(help="Folder for figures/, tables/ and data/; default: reports/paper-published.")
    ] = None,
    style: Style = None,
    pdf: Pdf = False,
) -> None:
    """Make the TCM paper's Tables 1 and 2 and Figures 7 to 9 from published points and shipped rows.

    Takes seconds, without images, network or GPU; prints Table 2 as the paper has it, as its points give it when they
    are computed again, and the same points against the VTM-12.1 that this suite measured. `lic-tcm report` with the
    folder data/ makes the whole page of it.
    """
    from lic_tcm.bench.paper import NAME, settings
    from lic_tcm.report.plain import table2_text
    from lic_tcm.report.published import write_paper

    found = write_paper(out or layout.report(NAME), settings(style), pdf)
    print(table2_text(found.table2, found.labels))
    logging.info("figures and tables: %s", found.folder)


def check(
    baseline: Annotated[Path, typer.Option(help="Rows to compare with, committed.")],
    fresh: Annotated[
        Path | None,
        typer.Argument(help="Rows of the fresh run; default: results/tables/<baseline's name>/images.csv."),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Make the fresh rows the baseline.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for check.md, check.json and check.xml (JUnit).")] = None,
    bd_rate: Tolerated = None,
    bpp: Tolerated = None,
    psnr: Tolerated = None,
    value: Annotated[
        list[str] | None, typer.Option("--value", help="Tolerance of a metric, such as vmaf=0.1; may be repeated.")
    ] = None,
) -> None:
    """Compare a fresh run with a baseline: exit code 0, 1 on a regression, 2 when they cannot be compared.

    A method is judged in each metric of the run. It regresses when its BD-rate rises by more than --bd-rate (%), the
    rate of a point by more than --bpp (%), its PSNR falls by more than --psnr (dB) or another metric by more than its
    --value, or it has other points. What is not given is the `gate` of the run's configuration, else 0.1 %, 0.1 %,
    0.01 dB and what `lic-tcm metrics` says. Times are shown, never judged; new methods are information.
    """
    from lic_tcm.compare import gate, gate_text

    rows = fresh or layout.table(baseline.stem, "images")
    if update:
        logging.info("%s: %d rows", baseline, gate.update(baseline, rows))
        return
    tolerance = gate.tolerance_of(rows, bd_rate=bd_rate, bpp=bpp, **(_values(value) | {"psnr": psnr}))
    verdicts = gate.check(baseline, rows, tolerance)
    print(gate_text.markdown(verdicts))
    if out:
        gate_text.write_results(verdicts, out)
    if gate.failed(verdicts):
        raise typer.Exit(1)


def _values(pairs: list[str] | None) -> dict[str, float | None]:
    """Tolerances by metric; raises UserError for what is no number of at least 0."""
    found: dict[str, float | None] = {}
    for name, value in parse_options(pairs, "--value").items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise UserError(f"--value {name}={value} is not a tolerance; write it like {name}=0.1")
        found[name] = float(value)
    return found
