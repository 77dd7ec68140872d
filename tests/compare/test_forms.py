"""The forms of file that people have: each is read with a line that says how, or refused with its readings."""

import json
import logging
from pathlib import Path

import pytest
from support.user_files import curve, read, refusal

from lic_tcm.compare.series import read_one, read_series
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import RDCurve

BPP, PSNR = (0.21, 0.41, 0.62, 0.95), (28.5, 31.9, 33.6, 35.5)
SHARES = (0.93, 0.955, 0.97, 0.981)


def lines(separator: str, head: str, comma: bool = False) -> str:
    """The points as a table."""
    rows = [separator.join(map(str, pair)) for pair in zip(BPP, PSNR, strict=True)]
    return "\n".join([head, *(row.replace(".", ",") if comma else row for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("text", "name", "note"),
    [
        (lines("\t", "bpp\tpsnr"), "a.tsv", "cells separated by tabs"),
        (lines("\t", "Rate (bpp)\tPSNR (dB)", comma=True), "a.csv", "cells separated by tabs; decimal commas"),
        (lines(";", "bpp;psnr", comma=True), "a.csv", "cells separated by semicolons; decimal commas"),
        (lines(";", "bpp;psnr"), "a.csv", "cells separated by semicolons"),
        (lines(" ", "bpp psnr"), "a.txt", "cells separated by blanks"),
        (lines("   ", "Rate (bpp)   PSNR [dB]"), "a.txt", "cells separated by blanks"),
        (lines(" | ", "| **BPP** | `PSNR` |\n|:---|---:|").replace("\n0", "\n| 0"), "a.md", "a Markdown table"),
        (lines(" | ", "bpp | psnr\n--- | ---"), "a.md", "a Markdown table"),
        (lines(",", "Bitrate (bpp),PSNR [dB]"), "a.csv", ""),
        (lines(",", "BPP,Avg. PSNR (RGB)"), "a.csv", ""),
        (lines(", ", "0.1, 25.5"), "a.csv", "no header: bpp, psnr by the numbers"),
        (lines(", ", "# bits per pixel, PSNR (dB)"), "a.txt", "the comment above the numbers as header"),
        (json.dumps({"psnr": PSNR[::-1], "bpp": BPP[::-1]}), "a.json", ""),
        (json.dumps([{"bpp": b, "PSNR": p} for b, p in zip(BPP, PSNR, strict=True)]), "a.json", ""),
        (json.dumps({"results": [{"bpp": b, "psnr": p} for b, p in zip(BPP, PSNR, strict=True)]}), "a.json", ""),
        (
            json.dumps({"Kodak": {"bpp": BPP, "PSNR": PSNR}, "CLIC": {"bpp": [1, 2], "PSNR": [30, 33]}}),
            "a.json",
            "dataset Kodak of Kodak, CLIC",
        ),
    ],
)
def test_a_form_is_read_and_said(
    tmp_path: Path, text: str, name: str, note: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The points come out as they are, and one line says how they were read, none where nothing was guessed."""
    caplog.set_level(logging.INFO)
    found = curve(read(tmp_path, text, name))
    assert (found.bpp[-4:], found.distortion[-4:]) == (BPP, PSNR)
    assert (note in caplog.text) if note else (caplog.text == "")
    assert len(caplog.records) == bool(note)


def test_three_columns_without_header_hold_ms_ssim(tmp_path: Path) -> None:
    """By its range of 0 to 1; what has two readings is refused with both."""
    assert curve(read(tmp_path, "0.2,30,0.95\n0.4,33,0.97\n"), "ms-ssim").distortion == pytest.approx(
        (13.0103, 15.2288)
    )
    assert "MS-SSIM in dB or in %" in refusal(tmp_path, "0.2,30,12\n0.4,33,14\n")
    assert "may be MS-SSIM or SSIM" in refusal(tmp_path, "0.2,0.95\n0.4,0.97\n")
    assert "may count the lines or be a quality" in refusal(tmp_path, "1,30,0.95\n2,33,0.97\n")
    assert "4 columns without a header" in refusal(tmp_path, "0.2,30,0.9,1\n0.4,33,0.91,2\n")


def test_a_comment_names_the_columns_of_numbers(tmp_path: Path) -> None:
    """Also where the second is MS-SSIM; a comment that names none does not."""
    text = "# bits per pixel, MS-SSIM\n0.115, 0.905\n0.186, 0.931\n0.302, 0.954\n"
    assert curve(read(tmp_path, text, "tfc.txt"), "ms-ssim").bpp == (0.115, 0.186, 0.302)
    assert "no header" in refusal(tmp_path, text.replace("bits per pixel, MS-SSIM", "from the figure, by hand"))


def test_commas_that_may_mean_thousands_are_refused(tmp_path: Path) -> None:
    """In a column with decimal points, and where all of a column have three digits after them; others are decimal."""
    said = "1,234 may be 1.234 or 1234; write decimals with a point, thousands with nothing"
    assert said in refusal(tmp_path, "bpp;psnr\n1,234;30\n1,534;32\n")
    assert "0,5 may be 0.5 or 05" in refusal(tmp_path, "bpp;psnr\n0,5;30.5\n0.6;32,5\n")
    assert curve(read(tmp_path, "bpp;psnr\n0,234;30\n1,534;32\n")).bpp == (0.234, 1.534)
    assert curve(read(tmp_path, "lambda\tbpp\tpsnr\n0.0018\t0,234\t30\n0.0035\t0,534\t32\n")).bpp == (0.234, 0.534)


# --- MS-SSIM ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ("ms_ssim", (93.0, 95.5, 97.0, 98.1)),
        ("MS-SSIM (%)", (93.0, 95.5, 97.0, 98.1)),
        ("ms_ssim_percent", (93.0, 95.5, 97.0, 98.1)),
        ("ms_ssim", ("93.0%", "95.5 %", "97%", "98.1%")),
        ("ms_ssim", SHARES),
    ],
)
def test_ms_ssim_in_per_cent_is_a_share(
    tmp_path: Path, head: str, values: tuple[object, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """By its header, its cells, or numbers that no dB reach; the same curve in every way."""
    caplog.set_level(logging.INFO)
    text = f"bpp,{head}\n" + "".join(f"{b},{v}\n" for b, v in zip(BPP, values, strict=True))
    shares = read_one_of(tmp_path, "bpp,ms_ssim\n" + "".join(f"{b},{v}\n" for b, v in zip(BPP, SHARES, strict=True)))
    assert curve(read(tmp_path, text), "ms-ssim").distortion == shares.distortion
    assert ("ms_ssim in per cent" in caplog.text) == (values != SHARES)


def read_one_of(tmp_path: Path, text: str) -> RDCurve:
    """The curve in MS-SSIM of another file."""
    (tmp_path / "other.csv").write_text(text, encoding="utf-8")
    found = read_one(tmp_path / "other.csv", "ms-ssim")
    assert isinstance(found, RDCurve)
    return found


def test_the_advice_for_wrong_units_can_be_followed(tmp_path: Path) -> None:
    """Per cent in a column of dB, shares in one, and dB in one of shares: each message names the column that works."""
    percent = "bpp,ms_ssim_db\n0.21,93.0\n0.41,95.5\n0.62,97.0\n"
    assert "93.0 exceeds 60 dB; values in % go under ms_ssim_percent" in refusal(tmp_path, percent)
    assert read(tmp_path, percent.replace("ms_ssim_db", "ms_ssim_percent"))
    share = "bpp,ms_ssim_db\n0.21,0.930\n0.41,0.955\n0.62,0.970\n"
    assert "shares, not dB; call the column ms_ssim" in refusal(tmp_path, share)
    assert read(tmp_path, share.replace("ms_ssim_db", "ms_ssim"))
    decibel = "bpp,ms_ssim\n0.21,11.5\n0.41,13.5\n0.62,15.2\n"
    assert "a column in dB is called ms_ssim_db, in % ms_ssim_percent" in refusal(tmp_path, decibel)
    assert read(tmp_path, decibel.replace("ms_ssim", "ms_ssim_db"))


def test_a_column_of_db_may_say_rgb_anywhere(tmp_path: Path) -> None:
    """As CompressAI-based code writes it."""
    text = json.dumps({"name": "m", "results": {"bpp": [0.12, 0.2, 0.33], "ms-ssim-db-rgb": [11.5, 13.2, 15.4]}})
    assert curve(read(tmp_path, text, "m.json"), "ms-ssim").distortion == (11.5, 13.2, 15.4)


@pytest.mark.parametrize("head", ["", "image,point,"])
def test_a_column_of_no_use_does_not_stop_psnr(tmp_path: Path, head: str, caplog: pytest.LogCaptureFixture) -> None:
    """MS-SSIM that cannot be read is left out with its reason; it is an error for who asks for it, and so is PSNR."""
    caplog.set_level(logging.INFO)
    before = ("kodim01,1,", "kodim01,2,") if head else ("", "")
    text = f"{head}bpp,psnr,ms_ssim\n{before[0]}0.2,30,12\n{before[1]}0.4,33,14\n"
    (one,) = read(tmp_path, text)
    assert one.metrics() == ["psnr"]
    assert "ms-ssim is left out, " in caplog.text
    assert "mine.csv:2: ms-ssim 12 is not in 0..1" in caplog.text
    with pytest.raises(UserError, match="2: ms-ssim 12 is not in"):
        read_one(tmp_path / "mine.csv", "ms-ssim")
    assert "psnr 'x' is not a number" in refusal(tmp_path, text.replace("30", "x"))


# --- rates --------------------------------------------------------------------------------------------------------


def test_bytes_and_kbits_become_bpp_with_a_size(tmp_path: Path) -> None:
    """8 bytes / pixels; 1000 kbit/s / frames per second / pixels; without the size it is said what lacks."""
    sized = read(tmp_path, "bytes,height,width,psnr\n4915.2,512,768,28\n9830.4,512,768,31\n")
    assert curve(sized).bpp == pytest.approx((0.1, 0.2))
    video = read(tmp_path, "Bitrate (kbps),fps,height,width,psnr\n2359.296,30,512,768,28\n4718.592,30,512,768,31\n")
    assert curve(video).bpp == pytest.approx((0.2, 0.4))
    assert "'bytes' gives no bpp without height and width" in refusal(tmp_path, "bytes,psnr\n4915,28\n9830,31\n")
    assert "'kbps' gives no bpp without fps, height and width" in refusal(tmp_path, "kbps,psnr\n4915,28\n9830,31\n")


def test_a_rate_without_unit_has_its_readings_named(tmp_path: Path) -> None:
    """One line, whatever the numbers."""
    results = {"bitrate": [26000, 17000, 6900, 3000], "psnr-rgb": [39.5, 38.9, 37.0, 35.0]}
    said = refusal(tmp_path, json.dumps({"name": "m", "results": results}), "m.json")
    assert "1 problem:" in said
    assert "'bitrate' has no unit: call it bpp where it is bits per pixel; where it is kbit/s, kbps" in said
    assert read(tmp_path, "bpp,rate,psnr\n0.1,5,28\n0.2,6,31\n")  # not needed


# --- roles --------------------------------------------------------------------------------------------------------


# --- JSON ---------------------------------------------------------------------------------------------------------


def test_methods_at_the_top_of_a_json_are_methods(tmp_path: Path) -> None:
    """Each key a curve."""
    document = {"A": {"bpp": BPP, "psnr": PSNR}, "B": {"bpp": [0.2, 0.4], "psnr": [28.5, 31.9]}}
    found = read(tmp_path, json.dumps(document), "m.json")
    assert [(one.name, len(one.curves[0].bpp)) for one in found] == [("A", 4), ("B", 2)]


def test_records_of_images_are_images(tmp_path: Path) -> None:
    """By the roles of their keys, as in a table."""
    records = [
        {"rd_lambda": lam, "instance_id": k, "bpp": lam + k, "psnr": 30 + k} for lam in (0.1, 0.2) for k in (0, 1)
    ]
    (one,) = read(tmp_path, json.dumps(records), "r.json")
    assert [(row.image, row.point) for row in one.images] == [("0", 0.1), ("1", 0.1), ("0", 0.2), ("1", 0.2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"source": "kodim01", "name": "m", "results": {"psnr-rgb": 28.1, "ms-ssim-rgb": 0.93, "bpp": 0.21}}',
            "single numbers, not lists: one point of 'kodim01'; give lists",
        ),
        ('{"results": {"bpp": [0.2, 0.4,], "psnr": [30, 33]}}', "a comma before the closing bracket; remove it"),
        ('{"bpp": [0.2, 0.4], "bpp": [0.3, 0.5], "psnr": [30, 33]}', "key 'bpp' comes twice in one object; keep one"),
        (
            '{"CLIC": {"bpp": [1, 2], "psnr": [30, 33]}}',
            "holds datasets CLIC, none is called 'kodak'; rename the one that is meant",
        ),
        ("[]", "is no list of objects"),
        ("[" * 100000, "nested too deeply"),
        ('{"a": {"b": {"bpp": [1]}}}', 'has no object "results"'),
    ],
)
def test_a_json_that_cannot_be_used_is_explained(tmp_path: Path, text: str, message: str) -> None:
    """By what is wrong with it, not by what a library says."""
    assert message in refusal(tmp_path, text, "m.json")


# --- spreadsheets -------------------------------------------------------------------------------------------------


def test_a_spreadsheet_is_read_or_said_to_need_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first sheet, where openpyxl is installed."""
    path = tmp_path / "mine.xlsx"
    path.write_bytes(b"no spreadsheet")
    with monkeypatch.context() as patched:
        patched.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(
            UserError, match="spreadsheets need openpyxl; pip install openpyxl, or save the sheet as CSV"
        ):
            read_series(path, "kodak")
    openpyxl = pytest.importorskip("openpyxl")
    with pytest.raises(UserError, match=r"cannot read .*mine\.xlsx"):
        read_series(path, "kodak")
    book = openpyxl.Workbook()
    for row in [("Rate (bpp)", "PSNR (dB)"), *zip(BPP, PSNR, strict=True)]:
        book.active.append(row)
    book.save(path)
    found = curve(read_series(path, "kodak"))
    assert (found.bpp, found.distortion) == (BPP, PSNR)


def test_a_spreadsheets_unicode_text_is_read(tmp_path: Path) -> None:
    """UTF-16 with tabs, as it is saved by that name."""
    (tmp_path / "mine.txt").write_text(lines("\t", "bpp\tPSNR (dB)", comma=True), encoding="utf-16")
    assert curve(read_series(tmp_path / "mine.txt", "kodak")).bpp == BPP


@pytest.mark.parametrize("head", ["bpp,psnr,a;b", "bpp,\tpsnr,\tx"])
def test_commas_stay_separators_beside_other_marks(tmp_path: Path, head: str) -> None:
    """The header has more commas, or tabs after them."""
    assert curve(read(tmp_path, f"{head}\n0.1,28,1\n0.2,31,2\n")).bpp == (0.1, 0.2)
