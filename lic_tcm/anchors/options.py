"""Options whose values are tables or lists, as codecs keep them; and how options are named.

A codec is a frozen dataclass that can be hashed, and so must be its options. A field that would have the name of a
method or a word of Python (`encode`, `class`) ends in an underscore that the option lacks.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lic_tcm.anchors.codec import CodecError


class Table(dict[str, Any]):
    """A mapping among a codec's options; it can be hashed, so nobody may change it once it is made.

    >>> Table(a=1) == {"a": 1}, hash(Table(a=1)) == hash(Table(a=1))
    (True, True)
    """

    def __hash__(self) -> int:  # type: ignore[override]  # dict has none
        return hash(tuple(sorted(self.items())))


def frozen(value: Any) -> Any:
    """A value of JSON or YAML in a form that can be hashed: tables with text for keys, tuples for lists.

    >>> frozen({0.0130: ["a", "b"], 2: None})
    {'0.013': ('a', 'b'), '2': None}
    """
    if isinstance(value, Mapping):
        return Table({point_text(key): frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


def point_text(point: object) -> str:
    """A point as commands, file names and tables of options spell it; anything but a number as text.

    >>> point_text(30.0), point_text(0.0130), point_text("0.0130"), point_text("best")
    ('30', '0.013', '0.0130', 'best')
    """
    if isinstance(point, float):
        return str(int(point)) if point.is_integer() else repr(point)
    return str(point)


def field_name(option: str, fields: Sequence[str]) -> str:
    """The field of an option among those of a codec.

    >>> field_name("class", ["class_", "path"])
    'class_'
    """
    return f"{option}_" if f"{option}_" in fields else option


def option_name(field: str) -> str:
    """The option of a field; undoes `field_name`."""
    return field.removesuffix("_")


def check_text(name: str, option: str, value: object, remedy: str, empty: bool = True) -> None:
    """Raise CodecError unless the option's value is text, and not empty where it must not be."""
    if not isinstance(value, str) or not (value or empty):
        raise CodecError(f"{name}: option {option} is {value!r}: {remedy}")


def check_files(name: str, option: str, value: object) -> None:
    """Raise CodecError unless the option's value is a list of paths, as `frozen` makes it."""
    if not isinstance(value, tuple) or not all(isinstance(path, str) and path for path in value):
        raise CodecError(f"{name}: option {option} is {value!r}: give a list of paths")


def check_texts(name: str, option: str, value: object) -> None:
    """Raise CodecError unless the option's value is a table of texts."""
    if not isinstance(value, Table) or not all(isinstance(text, str) for text in value.values()):
        raise CodecError(f"{name}: option {option} is {value!r}: give a table of texts, such as {{NAME: value}}")


def existing(name: str, option: str, paths: Sequence[str]) -> list[Path]:
    """The files of an option; raises CodecError naming the first that is none."""
    for path in paths:
        if not Path(path).is_file():
            raise CodecError(f"{name}: option {option}: there is no file {path}: correct the path")
    return [Path(path) for path in paths]
