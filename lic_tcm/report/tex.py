"""Any text as LaTeX, and what LaTeX calls things: labels and macros made of names that a user may have written."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lic_tcm.report import words

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    words.MINUS: "$-$",
    words.DAGGER: r"\dag{}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "∞": r"$\infty$",
    "γ": r"$\gamma$",
    "μ": r"$\mu$",
    "µ": r"$\mu$",
}
# Of the letters up to U+017F these need T1 fonts or packages: a paper's class may have neither.
_NOT_IN_OT1 = set("ĄąĘęĮįŲųĐđŊŋÐðÞþ«»ĦħĸĿŀŉŦŧſĲĳ¤¦¨¬¯´¸¹²³¼½¾ªº")
UNICODE = "\\licunicode"
DEFINITION = (  # of UNICODE: the text where the engine reads Unicode (and a font has it), else code points
    "\\providecommand{\\licunicode}[2]{\\ifdefined\\directlua#1\\else\\ifdefined\\XeTeXversion#1\\else#2\\fi\\fi}\n"
)
NUMERALS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def escape(text: str) -> str:
    r"""Any text as LaTeX; letters that pdflatex lacks become their code points there, and stay for lualatex.

    Control characters, and those that turn the direction of writing, are left out.

    >>> escape("100 % of a_b & c"), escape("字")
    ('100 \\% of a\\_b \\& c', '\\licunicode{字}{U+5B57}')
    """
    parts: list[str] = []
    unread = ""
    for character in [*text, ""]:
        if character and not _is_read(character):
            unread += "" if _is_dropped(character) else character
            continue
        if unread:
            points = " ".join(f"U+{ord(one):04X}" for one in unread)
            parts.append(f"{UNICODE}{{{unread}}}{{{points}}}")
            unread = ""
        parts.append(" " if character.isspace() else SPECIAL.get(character, character))
    return "".join(parts)


def _is_read(character: str) -> bool:
    """Whether every engine and class reads a character, perhaps by its command."""
    if character in SPECIAL or character.isspace():
        return True
    return " " <= character <= "ſ" and character not in _NOT_IN_OT1 and not _is_dropped(character)


def _is_dropped(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Cn")


def plain_ascii(text: str) -> str:
    """A text without accents and without what is left of other letters.

    >>> plain_ascii("Ballé 2018")
    'Balle 2018'
    """
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def slug(text: str) -> str:
    r"""Letters, digits and hyphens that stand for a name in \label and \cite; what the name loses, a hash keeps apart.

    >>> slug("clic-pro-valid"), slug("vtm-12.1"), slug("a}\\input{/etc/hostname}")
    ('clic-pro-valid', 'vtm-12-1', 'a-input-etc-hostname-7bc8c1')
    """
    found = "-".join(re.findall(r"[A-Za-z0-9]+", plain_ascii(text)))
    return found if _is_plain(text) else "-".join(filter(None, [found, _digest(text)[:6]]))


def _is_plain(text: str) -> bool:
    """Whether `slug` and `macro` lose nothing of a name but how its words are divided."""
    return bool(re.fullmatch(r"[A-Za-z0-9]+([ ._-][A-Za-z0-9]+)*", text))


def macro(text: str) -> str:
    r"""A name as a part of a macro's name, which are letters only: digits are spelled out, words begin with a capital.

    >>> macro("tcm-nano"), macro("vtm-12.1"), macro("MLIC+")
    ('TcmNano', 'VtmOneTwoOne', 'MLICdcba')
    """
    pieces = re.findall(r"[A-Za-z]+|[0-9]", plain_ascii(text))
    found = "".join(NUMERALS[int(piece)] if piece.isdigit() else piece[0].upper() + piece[1:] for piece in pieces)
    return found if _is_plain(text) else found + apart(text)


def apart(text: str) -> str:
    """Four letters that tell a name from others that `macro` makes alike."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in _digest(text)[:4])


@dataclass(frozen=True)
class Named:
    """A method in a sentence, and the key it is cited by; "" where there is nothing to cite."""

    text: str
    cite: str = ""

    def tex(self) -> str:
        """As LaTeX."""
        return escape(self.text) + (rf"~\cite{{{self.cite}}}" if self.cite else "")


Sentence = Sequence[str | Named]


@dataclass(frozen=True)
class Caption:
    """Sentences without their full stops, for people and for LaTeX."""

    sentences: tuple[Sentence, ...]

    @property
    def plain(self) -> str:
        """For people."""
        return _joined("".join(part if isinstance(part, str) else part.text for part in one) for one in self.sentences)

    @property
    def tex(self) -> str:
        """For LaTeX, with citations."""
        return _joined(
            "".join(escape(part) if isinstance(part, str) else part.tex() for part in one) for one in self.sentences
        )


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(text if text.endswith(".") else f"{text}." for text in sentences if text)


def said(*texts: str) -> Caption:
    """A caption of plain sentences."""
    return Caption(tuple((text,) for text in texts if text))


def listing(names: Sequence[Named]) -> list[str | Named]:
    """Names with commas between."""
    found: list[str | Named] = []
    for name in names:
        found += [", ", name] if found else [name]
    return found


def defined(text: str) -> str:
    """A text with the definition of what `escape` put into it."""
    return DEFINITION + text if UNICODE in text else text
