"""The verbs that run the whole workflow: `init`, which writes a configuration, and `run`."""

import logging
from typing import Annotated

import typer


def init(
    ci: Annotated[bool, typer.Option("--ci", help="Also a GitHub workflow and a folder for the baseline.")] = False,
) -> None:
    """Write a commented configuration, lic-tcm.yaml, into the current folder; `lic-tcm run` then runs it."""
    from lic_tcm.bench.starter import write_starter

    for path in write_starter(ci):
        logging.info("written: %s", path)


def run(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONFIG] [SNAKEMAKE OPTIONS]...",
            help="A file or a shipped one: tiny, demo, paper; default: lic-tcm.yaml. Then any of snakemake's.",
        ),
    ] = None,
) -> None:
    """Run the workflow in the current folder, from images to the report: fetch, code, score, tables, page.

    Results go to results/ and reports/ of this folder; what is finished is kept, so that a stopped run goes on when
    started again. All cores are used unless --cores says how many. Settings: --config name=mine methods='[jpeg,webp]'.

    \b
    lic-tcm run tiny                     seconds, offline
    lic-tcm run demo --cores 4           minutes, offline; needs lic-tcm[all]
    lic-tcm run my.yaml --dry-run        what it would do
    lic-tcm run paper --profile slurm    as jobs of a Slurm cluster; needs lic-tcm[slurm]
    """
    from lic_tcm.bench.launch import run as start

    code = start(arguments or [])
    if code:
        raise typer.Exit(code)
