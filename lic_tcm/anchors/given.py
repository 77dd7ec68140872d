"""Files that somebody else made, found by the name of their image and the point: `{image}` and `{point}` in a path."""

import re
from glob import escape
from pathlib import Path

from lic_tcm.anchors.codec import CodecError

FIELDS = ("image", "point")


def check_template(name: str, option: str, template: object) -> None:
    """Raise CodecError unless the option's value is a path with {image} in it and no other braces but {point}."""
    fields = re.findall(r"[{}][^{}]*[{}]?", template) if isinstance(template, str) else []
    known = {f"{{{field}}}" for field in FIELDS}
    if "{image}" not in fields or not set(fields) <= known:
        raise CodecError(
            f"{name}: option {option} is {template!r}: give a path with {{image}} in it, and {{point}} where there are "
            "several, such as decoded/{point}/{image}.png"
        )


def path_of(template: str, image: str, quality: float) -> Path:
    """Where the file of an image at a point lies.

    >>> path_of("decoded/{point}/{image}.png", "kodim01", 0.0250).as_posix()
    'decoded/0.025/kodim01.png'
    """
    return Path(template.replace("{point}", f"{quality:g}").replace("{image}", image))


def read(name: str, option: str, path: Path) -> bytes:
    """The bytes of a file; raises CodecError naming it and the option when it cannot be read or is empty."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CodecError(
            f"{name}: cannot read {path} ({error.strerror}): correct the option {option}, or put the file there"
        ) from error
    if not content:
        raise CodecError(f"{name}: {path} is empty: put the file of the option {option} there")
    return content


def files_at(template: str, quality: float) -> list[Path]:
    """The files there are for a point, of whatever images, sorted."""
    root = Path(template).anchor
    parts = template.removeprefix(root).replace("{point}", f"{quality:g}").split("{image}")
    return sorted(Path(root).glob("*".join(escape(part) for part in parts)))
