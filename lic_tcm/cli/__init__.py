"""`lic-tcm <verb>`: one verb per public function of the package; no logic of its own.

A user's mistake prints one line on stderr and exits with code 2; anything else is a bug and shows its traceback.
"""

import logging
import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from lic_tcm import __version__
from lic_tcm.anchors.codec import CodecError
from lic_tcm.cli import codecs, metrics, results, runs, training, workflow
from lic_tcm.errors import UserError
from lic_tcm.extras import explained

HOME = re.compile(r"(^|=)~(?=/|$)")  # shells leave it alone in --out=~/x and key=~/x

app = typer.Typer(
    name="lic-tcm",
    help="Benchmark learned image compression: fetch, code, score, compare, report.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
PANELS = {
    "Your results": (results.compare, results.bdrate, results.curves, results.paper, results.check, metrics.metrics),
    "Runs of the workflow": (runs.init, runs.run),
    "Codecs and networks": (
        codecs.encode,
        codecs.decode,
        codecs.check_codec,
        codecs.models,
        codecs.complexity,
        codecs.portability,
        codecs.receptive,
        codecs.deviation,
        codecs.doctor,
    ),
    "Stages of a run": (
        workflow.fetch,
        workflow.weights,
        workflow.download,
        workflow.code,
        workflow.score,
        workflow.tables,
        workflow.report,
        workflow.figure,
        workflow.ablation,
    ),
    "Training": (
        training.train,
        training.latents,
        training.train_entropy,
        training.pack,
        training.export,
        training.card,
    ),
}  # how `--help` groups the verbs
PASSES_ON = {"ignore_unknown_options": True}  # of a verb that hands options it does not know to another program


def main() -> None:
    """Run the command line; exit code 2 and one line on stderr for a user's mistake."""
    # Threads of torch that spin while they wait are what a shared machine has least room for: a network that codes in a
    # second then takes minutes. Read when torch is loaded, which is later; a user's own setting stays.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table of every font in a PDF
    try:
        with explained():
            app(args=[HOME.sub(lambda found: found[1] + str(Path.home()), argument) for argument in sys.argv[1:]])
    except (UserError, CodecError) as error:
        print(f"lic-tcm: {error}", file=sys.stderr)
        sys.exit(2)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"lic-tcm {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    if quiet:
        logging.getLogger().setLevel(logging.ERROR)


for _panel, _verbs in PANELS.items():
    for _verb in _verbs:
        app.command(rich_help_panel=_panel, context_settings=PASSES_ON if _verb is runs.run else None)(_verb)
