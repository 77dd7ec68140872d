"""How numbers and counts are written for people, in the page, the figures and the LaTeX."""

import math
from collections.abc import Iterable

from lic_tcm.report.inputs import KINDS, METRICS

MINUS = "−"
CI = "95 % interval"
REFERENCES = {
    "rgb": "PSNR against the original in RGB",
    "converted": "PSNR against the original converted to YCbCr and back",
    "unstated": "PSNR reference not stated by the source",
}


def number(value: float | None, decimals: int = 2) -> str:
    """Fixed decimals with a real minus sign; "" for None.

    >>> number(-12.304), number(None), number(float("inf"))
    ('−12.30', '', '∞')
    """
    if value is None:
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def interval(low: float | None, high: float | None, decimals: int = 2) -> str:
    """Two ends, or "" when either is unknown.

    >>> interval(-13.1, -11.5, 1)
    '−13.1 to −11.5'
    """
    return "" if low is None or high is None else f"{number(low, decimals)} to {number(high, decimals)}"


def images(n: int | None, total: int | None) -> str:
    """How many images stand behind a number.

    >>> images(8, 41), images(24, 24), images(None, None)
    ('8 of 41 images', '24 images', '')
    """
    if n is None:
        return ""
    return f"{n} of {total} images" if partial(n, total) else f"{n} image" + "s" * (n != 1)


def partial(n: int | None, total: int | None) -> bool:
    """Whether a number comes from a part of its dataset only."""
    return n is not None and total is not None and n < total


def point(text: str) -> str:
    """An operating point without needless zeros.

    >>> point("22.0"), point("0.0025"), point("q3")
    ('22', '0.0025', 'q3')
    """
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def seconds(value: float) -> str:
    """A duration for people.

    >>> seconds(0.4), seconds(75), seconds(7320)
    ('0.4 s', '1 min 15 s', '2 h 2 min')
    """
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def metric_name(metric: str) -> str:
    """PSNR or MS-SSIM."""
    return METRICS[metric]


def kinds_in_order(kinds: Iterable[str]) -> list[str]:
    """The kinds given, in the order they are shown."""
    return sorted(set(kinds), key=KINDS.index)


def references(used: Iterable[str]) -> str:
    """What the PSNRs of a table refer to, for a caption; "" when nothing is said."""
    return "; ".join(REFERENCES.get(name, f"PSNR reference: {name}") for name in sorted(set(used) - {""}))
