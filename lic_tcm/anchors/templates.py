"""Command lines with placeholders: split once into arguments, checked as a whole, filled without a shell."""

import functools
import re
import shlex
import string
from collections.abc import Collection, Mapping

from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.hints import choose

SHELL = re.compile(
    r"^(\|{1,2}|&{1,2}|;|[0-9]?>{1,2}(&[0-9])?|<{1,2})$|^~(/|$)|\$\(|^`"
)  # what only a shell understands


@functools.cache
def arguments(
    name: str, option: str, template: str, required: frozenset[str], allowed: frozenset[str]
) -> tuple[str, ...]:
    """Split a command line of codec `name` into its arguments, as a shell would but without being one.

    Every placeholder, such as {input}, must be among `allowed`, and all of `required` must occur; {{ and }} stand for
    braces. Raises CodecError naming what is wrong and what to write instead.

    >>> files = frozenset({"input", "output"})
    >>> arguments("command", "encode", "tool '{input}' -o {output}", files, files)
    ('tool', '{input}', '-o', '{output}')
    """
    where = f"{name}: option {option} is {template!r}"
    try:
        words = tuple(shlex.split(template))
    except ValueError as error:
        raise CodecError(f"{where}: {str(error).lower()}: close the quotes") from error
    if not words:
        raise CodecError(f"{where}: it is empty: give a command such as 'tool {{input}} {{output}}'")
    used = set()
    for word in words:
        used |= _placeholders(where, word, allowed)
        if SHELL.search(word):
            raise CodecError(
                f"{where}: {word!r} needs a shell, and there is none: put the line into a script, name that"
            )
    if missing := sorted(required - used):
        raise CodecError(f"{where}: it lacks {{{missing[0]}}}: write it where the command takes that file")
    if _placeholders(where, words[0], allowed):
        raise CodecError(f"{where}: the program itself is a placeholder: name the program")
    return words


def placeholders(words: Collection[str]) -> set[str]:
    """The placeholders in arguments that were checked."""
    return {field for word in words for _, field, _, _ in string.Formatter().parse(word) if field}


def fill(words: Collection[str], values: Mapping[str, object]) -> list[str]:
    """The arguments with their placeholders filled."""
    return [word.format_map(values) for word in words]


def _placeholders(where: str, word: str, allowed: Collection[str]) -> set[str]:
    try:
        parts = list(string.Formatter().parse(word))
    except ValueError as error:
        raise CodecError(f"{where}: {error} in {word!r}: write {{{{ and }}}} for braces") from error
    used = set()
    for _, field, form, conversion in parts:
        if field is None:
            continue
        if field not in allowed:
            hint = choose(field, sorted(allowed)) if field else f"choose one of {', '.join(sorted(allowed))}"
            raise CodecError(
                f"{where}: there is no placeholder {{{field}}} here; {hint}; {{{{ and }}}} stand for braces"
            )
        if form or conversion:
            raise CodecError(f"{where}: {{{field}}} takes no format: write it as {{{field}}}")
        used.add(field)
    return used
