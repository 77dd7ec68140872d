"""Fill the tables of docs/vtm-anchor.md from the measured rows and the published curves.

`python docs/vtm_anchor.py` writes them; with `--check` it only says whether they are what would be written.
"""

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from lic_tcm.anchors.pixels import CONVENTIONS
from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import bd_rate, overlap_share
from lic_tcm.rd.curves import ImageRD, RDCurve
from lic_tcm.rd.measured import rows_files
from lic_tcm.rd.pair import Pair
from lic_tcm.rd.published import DEFAULT_FOLDER, load_published
from lic_tcm.report.words import decimals, interval, marked, number
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.series import measured_curve

PAGE = Path(__file__).with_name("vtm-anchor.md")
BEGIN, END = "<!-- {name}: written by docs/vtm_anchor.py -->", "<!-- end of {name} -->"
METHODS: Mapping[str, str] = {  # measured method -> convention, in the order of the tables
    "vtm": "rgb-10bit",
    "vtm-rounded": "truncate-round",
    "vtm-paper": "paper",
    "vtm-truncated": "compressai-2021",
}
QPS = (40, 36, 32, 28)
SAME_STREAMS = ("vtm-12.1-bench-hifivric", "vtm-12.1-tcm-figure")  # published curves of VTM-12.1
OTHERS = ("he2022-elic-compressai", "xie2021", "cheng2020", "zou2022-stf")
CODECS = ("vvenc", "hevc", "avif", "webp")
PEAK = 255**2


def images(method: str) -> ImageRD:
    """A method's measured points on Kodak, image by image, in PSNR."""
    found = measured_curve(read_rows([rows_files("kodak")[method]]), "psnr")
    assert isinstance(found, ImageRD), found
    return found


def curves() -> dict[str, RDCurve]:
    """The measured curves of the conventions."""
    return {method: images(method).mean_curve() for method in METHODS}


def published() -> dict[str, RDCurve]:
    """The published curves on Kodak in PSNR."""
    return {curve.name: curve for curve in load_published() if (curve.dataset, curve.metric) == ("kodak", "psnr")}


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are aligned to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *lines))


def conventions() -> str:
    """Rate and PSNR of each convention at each QP, means over Kodak."""
    lines = []
    for method, curve in curves().items():
        one = CONVENTIONS[METHODS[method]]
        back = "float, not clipped" if one.reference == "converted" else one.back
        against = "RGB original" if one.reference == "rgb" else "converted original"
        points = dict(zip(curve.points or (), zip(curve.bpp, curve.distortion, strict=True), strict=True))
        cells = [f"{points[qp][0]:.5f}, {points[qp][1]:.4f}" for qp in QPS]
        lines.append([f"`{method}`", f"{one.forward}, {one.bits} bit", back, against, *cells])
    return table(["method", "RGB to YCbCr", "back", "PSNR against", *(f"QP {qp}" for qp in QPS)], lines)


def nearest(curve: RDCurve, bpp: float) -> tuple[float, float]:
    """The point of a curve whose rate is nearest."""
    return min(zip(curve.bpp, curve.distortion, strict=True), key=lambda point: abs(point[0] - bpp))


def beside() -> str:
    """Published curves of VTM-12.1 less each measured convention of the same streams, in dB, at the same rates."""
    given, lines = published(), []
    for name in SAME_STREAMS:
        for method in ("vtm-rounded", "vtm-paper", "vtm-truncated"):
            curve = curves()[method]
            points = sorted(zip(curve.points or (), curve.bpp, curve.distortion, strict=True), reverse=True)
            gaps = [nearest(given[name], bpp)[1] - value for _, bpp, value in points]
            worst = max(abs(gap) for gap in gaps)
            lines.append([f"`{name}`", f"`{method}`", *(number(gap, 3) for gap in gaps), f"{worst:.3f}"])
    return table(["published", "less measured", *(f"QP {qp}" for qp in QPS), "largest"], lines)


def rates() -> str:
    """BD-rate of TCM and of four other methods against each convention."""
    given, measured = published(), curves()
    lines = []
    for name in ("tcm-large", "tcm-medium", "tcm-small", *OTHERS):
        values = [rate(curve, given[name]) for curve in measured.values()]
        lines.append([f"`{name}`", *values])
    return table(["BD-rate [%]", *(f"`{method}`" for method in measured)], lines)


def rate(anchor: RDCurve, test: RDCurve) -> str:
    """A BD-rate by PCHIP, with the sign of numbers that do not stand alone."""
    return marked(number(bd_rate(anchor, test, "pchip")), "overlap" if overlap_share(anchor, test) < 0.75 else "")


def conversions() -> str:
    """What a convention costs: BD-rate of each measured anchor against each other."""
    measured = curves()
    lines = [
        [f"`{name}`", *("–" if one is test else number(bd_rate(one, test, "pchip")) for one in measured.values())]
        for name, test in measured.items()
    ]
    return table(["BD-rate [%], against", *(f"`{method}`" for method in measured)], lines)


def codecs() -> str:
    """Measured codecs against the anchor, with intervals over images."""
    lines = []
    for name in CODECS:
        delta = next(iter(Pair.of(images("vtm"), images(name)).deltas(["pchip"])))
        digits = decimals(delta.ci_lo, delta.ci_hi)
        value = marked(number(delta.bd_rate, digits), " ".join(delta.marks))
        lines.append([f"`{name}`", value, interval(delta.ci_lo, delta.ci_hi, digits)])
    return table(["BD-rate [%], against `vtm`", "mean curve", "95 % interval over the 24 images"], lines)


def learned() -> str:
    """Every published learned method on Kodak against the recommended anchor, best first, those without a rate last."""
    anchor, lines = curves()["vtm"], []
    for name, curve in published().items():
        document = json.loads((DEFAULT_FOLDER / "kodak" / f"{name}.json").read_text(encoding="utf-8"))
        if document["kind"] != "learned" or curve.optimised_for != "mse":
            continue
        try:
            share = overlap_share(anchor, curve)
            lines.append((bd_rate(anchor, curve, "pchip"), [f"`{name}`", rate(anchor, curve), f"{100 * share:.0f} %"]))
        except UserError:
            lines.append((math.inf, [f"`{name}`", "none", "too little"]))
    return table(["published", "BD-rate [%] against `vtm`", "of its range"], [cells for _, cells in sorted(lines)])


# What people asked: thread, what they ran, rate and PSNR they found, rate and PSNR they expected.
ASKED = (
    (
        "CompressAI #210",
        "VTM-9.1, QP 12",
        (3.6326090494791665, 43.09287911591),
        (3.6326090494791665, 46.59176008512777),
    ),
    (
        "CompressAI #324",
        "VTM-17.0, QP 27",
        (0.8748474121093751, 36.89079529766054),
        (0.8748101128472224, 37.419793158067485),
    ),
)


def questions() -> str:
    """The two numbers of each thread, and the mean squared error that lies between them; beside it what we measured."""
    lines = []
    for thread, ran, (bpp, found), (expected_bpp, expected) in ASKED:
        lines.append(
            [
                thread,
                ran,
                f"{bpp:.6f}",
                f"{found:.4f}",
                f"{expected_bpp:.6f}",
                f"{expected:.4f}",
                between(found, expected),
            ]
        )
    bench, paper = published()["vtm-12.1-bench-hifivric"], curves()["vtm-paper"]
    for qp, bpp, expected in sorted(zip(paper.points or (), paper.bpp, paper.distortion, strict=True)):
        rate_found, found = nearest(bench, bpp)
        cells = [f"{rate_found:.6f}", f"{found:.4f}", f"{bpp:.6f}", f"{expected:.4f}", between(found, expected)]
        lines.append(["HiFi-VRIC #3", f"VTM-12.1, QP {qp:g}", *cells])
    head = ["thread", "program", "bpp found", "PSNR found", "bpp of the other", "its PSNR", "MSE between"]
    return table(head, lines)


def between(found: float, expected: float) -> str:
    """The difference of the mean squared errors that two PSNRs in dB stand for."""
    return f"{PEAK * (10 ** (-found / 10) - 10 ** (-expected / 10)):.2f}"


TABLES: Mapping[str, Callable[[], str]] = {
    "conventions": conventions,
    "beside": beside,
    "rates": rates,
    "conversions": conversions,
    "codecs": codecs,
    "questions": questions,
    "learned": learned,
}


def filled(text: str) -> str:
    """The page with its tables made anew."""
    for name, make in TABLES.items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, found, rest = text.partition(begin)
        if not found or end not in rest:
            raise SystemExit(f"{PAGE} has no place for the table {name}")
        text = f"{before}{begin}\n\n{make()}\n\n{end}{rest.partition(end)[2]}"
    return text


def main() -> int:
    """Write the page, or compare it."""
    old = PAGE.read_text(encoding="utf-8")
    new = filled(old)
    if "--check" in sys.argv[1:]:
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
