"""`lic-tcm <verb>`: one verb per public function of the package; no logic of its own.

A user's mistake prints one line on stderr and exits with code 2; anything else is a bug and shows its traceback.
"""

import logging
import sys
from typing import Annotated

import typer

from lic_tcm.anchors.codec import CodecError
from lic_tcm.cli import codecs, results, training, workflow
from lic_tcm.errors import UserError

app = typer.Typer(
    name="lic-tcm",
    help="Benchmark learned image compression: fetch, code, score, compare, report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
PANELS = {
    "Your results": (results.compare, results.bdrate, results.check),
    "Codecs and networks": (
        codecs.encode,
        codecs.decode,
        codecs.check_codec,
        codecs.models,
        codecs.complexity,
        codecs.receptive,
        codecs.deviation,
        codecs.doctor,
    ),
    "Stages of a run": (
        workflow.fetch,
        workflow.download,
        workflow.code,
        workflow.score,
        workflow.tables,
        workflow.report,
        workflow.figure,
        workflow.ablation,
    ),
    "Training": (training.train, training.pack, training.export, training.card),
}  # how `--help` groups the verbs


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


for _panel, _verbs in PANELS.items():
    for _verb in _verbs:
        app.command(rich_help_panel=_panel)(_verb)
