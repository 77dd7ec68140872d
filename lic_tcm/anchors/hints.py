"""What to say of a name that is not known: the nearest known ones. The one wording of codecs and suite."""

import difflib
from collections.abc import Iterable, Sequence

CUTOFF = 0.6  # how alike two names are at least, as difflib counts it
SHOWN = 40  # names a message lists


def did_you_mean(name: object, known: Iterable[str], most: int = 1) -> str:
    """A question with the nearest known names, at most so many; "" where none is near.

    >>> did_you_mean("wepb", ["jpeg", "webp"])
    "did you mean 'webp'?"
    >>> did_you_mean("jpeg", ["jpg", "jpeg2000", "webp"], most=2)
    "did you mean 'jpg' or 'jpeg2000'?"
    >>> did_you_mean("bpg", ["webp"])
    ''
    """
    return question(nearest(name, known, most))


def question(names: Sequence[str]) -> str:
    """The question itself, for those who find near names otherwise; "" without any."""
    return f"did you mean {' or '.join(map(repr, names))}?" if names else ""


def choose(name: object, known: Iterable[str]) -> str:
    """What to give instead of an unknown name: the nearest one, then all there are.

    >>> choose("kodk", ["kodak", "tecnick"])
    "did you mean 'kodak'? choose one of kodak, tecnick"
    >>> choose("x", [])
    'there is none'
    """
    names = list(known)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    all_of_them = f"choose one of {', '.join(names[:SHOWN])}{more}" if names else "there is none"
    return " ".join(filter(None, [did_you_mean(name, names), all_of_them]))


def nearest(name: object, known: Iterable[str], most: int = 1, cutoff: float = CUTOFF) -> list[str]:
    """The known names most like a name, the nearest first; capital letters do not count.

    >>> nearest("Kodak", ["kodak", "tecnick"])
    ['kodak']
    """
    plain: dict[str, str] = {}
    for one in known:
        plain.setdefault(one.casefold(), one)
    return [plain[found] for found in difflib.get_close_matches(str(name).casefold(), plain, most, cutoff)]
