"""Nested lists of strings, and the shapes beside them, as bytes: what a network's `compress` returns, as it returns it.

Each item begins with a number of 7 bits a byte, the low ones first, whose lowest two bits say what it is: bytes, a
list, a whole number or a table. The others are its length, or the number.
"""

from collections.abc import Mapping
from typing import Any

BYTES, LIST, NUMBER, TABLE = range(4)


def pack(value: Any) -> bytes:
    """The bytes of lists, tuples, tables, bytes and whole numbers; raises TypeError for anything else.

    >>> unpack(pack([[b"yy"], [b"z"], (2, 3), {"hyper": 300}]))
    [[b'yy'], [b'z'], [2, 3], {'hyper': 300}]
    """
    if isinstance(value, bytes):
        return _head(BYTES, len(value)) + value
    if isinstance(value, Mapping):
        items = b"".join(pack(str(key).encode()) + pack(item) for key, item in value.items())
        return _head(TABLE, len(value)) + items
    if isinstance(value, list | tuple):
        return _head(LIST, len(value)) + b"".join(map(pack, value))
    if isinstance(value, int) or hasattr(value, "__index__"):
        return _head(NUMBER, int(value))
    raise TypeError(f"a {type(value).__name__}")


def unpack(data: bytes) -> Any:
    """The value of `pack`, lists for tuples; raises ValueError when the bytes are not those of one value."""
    value, end = _unpack(data, 0)
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes too many")
    return value


def leaves(value: Any) -> list[bytes]:
    """The strings in a nested value, in order."""
    if isinstance(value, bytes):
        return [value]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [leaf for item in items for leaf in leaves(item)]


def _head(kind: int, number: int) -> bytes:
    if number < 0:
        raise TypeError("a negative number")
    rest, digits = number << 2 | kind, bytearray()
    while rest > 127:
        digits.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*digits, rest])


def _unpack(data: bytes, at: int) -> tuple[Any, int]:
    number, shift = 0, 0
    while True:
        if at >= len(data) or shift > 56:
            raise ValueError("it is cut")
        number |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            break
    kind, number = number & 3, number >> 2
    if kind == NUMBER:
        return number, at
    if number > len(data) - at:  # of bytes, or of items of a byte at least
        raise ValueError("it is cut")
    if kind == BYTES:
        return data[at : at + number], at + number
    items = []
    for _ in range(number * (2 if kind == TABLE else 1)):
        item, at = _unpack(data, at)
        items.append(item)
    return (items if kind == LIST else _table(items)), at


def _table(items: list[Any]) -> dict[str, Any]:
    if not all(isinstance(key, bytes) for key in items[::2]):
        raise ValueError("a table without names")
    return {key.decode("utf-8", "replace"): item for key, item in zip(items[::2], items[1::2], strict=True)}
