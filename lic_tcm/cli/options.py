"""Options that several verbs share, and how their text is read."""

import json
from typing import Annotated, Any

import typer

from lic_tcm.errors import UserError

CodecName = Annotated[str, typer.Option(help="Codec name; `lic-tcm doctor` lists them.")]
Points = Annotated[
    list[float],
    typer.Option("--point", help="Operating point in the codec's unit: QP, quality or lambda; may be repeated."),
]
Options = Annotated[list[str] | None, typer.Option("--option", help="Codec option, key=value; may be repeated.")]

Style = Annotated[str | None, typer.Option(help="Of figures and LaTeX: cvpr, ieee-single, ieee-double, slides.")]


def parse_options(pairs: list[str] | None, flag: str = "--option") -> dict[str, Any]:
    """`key=value` pairs; a value is JSON where it parses as JSON, else text."""
    options: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UserError(f"{flag} {pair!r} is not of the form key=value")
        try:
            options[key] = json.loads(value)
        except ValueError:
            options[key] = value
    return options


def parse_batch(text: str) -> tuple[int, int]:
    """`i/n`: which part of how many."""
    index, slash, count = text.partition("/")
    if not (slash and index.isdigit() and count.isdigit() and int(index) < int(count)):
        raise UserError(f"--batch {text!r} is not of the form i/n with 0 <= i < n")
    return int(index), int(count)
