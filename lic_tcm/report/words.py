"""How numbers and counts are written for people, in the page, the figures and the LaTeX."""

import math
from collections.abc import Iterable, Sequence

from lic_tcm import metrics
from lic_tcm.layout import point as point  # tables spell a point as paths do
from lic_tcm.tables.schema import KINDS

MINUS = "−"
CI = "95 % interval"
DAGGER = "†"
MARKS = {  # lic_tcm.rd.pair.Mark, for a footnote
    "overlap": "the curves share less than 75 % of the method's range",
    "crossing": "the curves cross",
    "signs": "the mean curve and the mean of the images differ in sign",
    "images": "not every image has a BD-rate",
    "averages": "the two curves are averaged over images in two ways",
}
KINDS_SAID = {
    "measured": "coded and scored by this suite",
    "given": "made by somebody else and taken as given",
    "published": "as its authors published it",
    "digitised": "read off a published figure",
    "reconstructed": "from other published numbers",
}
AVERAGES = {
    "linear": "the dB of the mean over images",
    "db": "the mean of the images' dB",
    "unstated": "averaging over images not stated by the source",
}
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


def signed(value: float | None, decimals: int = 0) -> str:
    """A number with its sign, also where it is positive; "" for None.

    >>> signed(3.6), signed(-3.6), signed(0.2)
    ('+4', '−4', '0')
    """
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and float(text) else text


def decimals(low: float | None, high: float | None, most: int = 2) -> int:
    """How many decimals of a number its interval supports: two digits of the interval's half width, at most `most`.

    >>> decimals(-41.41, -33.88), decimals(-12.31, -12.02), decimals(-60.0, 20.0), decimals(None, None)
    (1, 2, 0, 2)
    """
    if low is None or high is None or not math.isfinite(half := (high - low) / 2) or half <= 0:
        return most
    return min(most, max(0, 1 - math.floor(math.log10(half))))


def marked(text: str, marks: str) -> str:
    """A number with the sign that says it must not be quoted alone, where it has marks.

    >>> marked("−6.2", "crossing overlap"), marked("−6.2", "")
    ('−6.2†', '−6.2')
    """
    return text + DAGGER if marks else text


def mark_reasons(marks: str) -> str:
    """What the marks of a number mean, in words; "" without any."""
    return ", ".join(MARKS[mark] for mark in marks.split())


def interval(low: float | None, high: float | None, decimals: int = 2) -> str:
    """Two ends, or "" when either is unknown.

    >>> interval(-13.1, -11.5, 1)
    '−13.1 to −11.5'
    """
    return "" if low is None or high is None else f"{number(low, decimals)} to {number(high, decimals)}"


def listed(texts: Sequence[str]) -> str:
    """Texts as a list in a sentence.

    >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"])
    ('A', 'A and B', 'A, B and C')
    """
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


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
    """A metric's name for people."""
    return metrics.get(metric).label


def axis_title(metric: str) -> str:
    """What stands at an axis of a metric, with its unit.

    >>> axis_title("psnr"), axis_title("vmaf")
    ('PSNR [dB]', 'VMAF')
    """
    return metrics.get(metric).axis_title


def scored(values: metrics.Values) -> str:
    """The values of an image, for a caption.

    >>> scored({"psnr": 30.123, "ssim": None})
    'PSNR 30.12 dB, SSIM none'
    """
    return ", ".join(f"{metrics.get(name).label} {_value(name, value)}" for name, value in values.items())


def _value(metric: str, value: float | None) -> str:
    of = metrics.get(metric)
    return " ".join(
        filter(None, [number(value, of.value_decimals) or "none", of.value_unit if value is not None else ""])
    )


def kinds_in_order(kinds: Iterable[str]) -> list[str]:
    """The kinds given, in the order they are shown."""
    return sorted(set(kinds), key=KINDS.index)


def intervals(used: Iterable[str]) -> str:
    """How some intervals were made and what they are over, for a caption; "" without any.

    >>> intervals(["", "jackknife, Student's t"])
    "95 % intervals over the images of the dataset, not over trainings (jackknife, Student's t)"
    """
    ways = sorted({way for way in used if way})
    return f"{CI}s over the images of the dataset, not over trainings ({'; '.join(ways)})" if ways else ""


def averages(metric: str, used: Iterable[tuple[str, str]]) -> str:
    """How a metric of some (label, average) is averaged, for a caption; "" when nothing is said.

    >>> averages("ms-ssim", [("A", "linear"), ("B", "db"), ("C", "linear")])
    "MS-SSIM: the dB of the mean over images (A, C); the mean of the images' dB (B)"
    """
    pairs = list(used)
    labels = {average: list(dict.fromkeys(label for label, a in pairs if a == average)) for average in AVERAGES}
    found = {AVERAGES[average]: names for average, names in labels.items() if names}
    if len(found) == 1:
        return f"{metric_name(metric)}: {next(iter(found))}"
    return (
        f"{metric_name(metric)}: " + "; ".join(f"{way} ({', '.join(names)})" for way, names in found.items())
        if found
        else ""
    )


def references(used: Iterable[str]) -> str:
    """What the PSNRs of a table refer to, for a caption; "" when nothing is said."""
    return "; ".join(REFERENCES.get(name, f"PSNR reference: {name}") for name in sorted(set(used) - {""}))
