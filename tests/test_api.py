"""The functions of `import lic_tcm`: what they return, and that importing costs nothing."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from support.pictures import photo

import lic_tcm
from lic_tcm.errors import UserError
from lic_tcm.images import write_png

ANCHOR = {"bpp": [0.1, 0.2, 0.4, 0.8], "psnr": [28.0, 31.0, 34.0, 37.0]}


def mine(share: float) -> "lic_tcm.api.Curve":
    """ANCHOR with its rates multiplied."""
    table = {**ANCHOR, "bpp": [share * rate for rate in ANCHOR["bpp"]]}
    return lic_tcm.read_curves(table, name=f"at {share:g}")[f"at {share:g}"]


def test_importing_loads_nothing_heavy() -> None:
    """Neither torch nor pandas nor matplotlib come with the package or with its first function."""
    heavy = {"torch", "pandas", "matplotlib", "scipy.ndimage"}
    code = f"import sys, lic_tcm; lic_tcm.bd_rate; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_name_is_there_and_no_other() -> None:
    """`dir` shows the API, and a wrong name is an AttributeError as anywhere."""
    assert set(lic_tcm.__all__) <= set(dir(lic_tcm))
    assert all(callable(getattr(lic_tcm, name)) for name in lic_tcm.__all__)
    with pytest.raises(AttributeError, match="bd_rat"):
        lic_tcm.bd_rat  # noqa: B018


def test_the_paper_s_number_is_found_by_name() -> None:
    """TCM-L against VTM-12.1 on Kodak: -12.30 by the classic cubic; points alone give no interval."""
    found = lic_tcm.bd_rate(lic_tcm.curve("kodak/vtm-12.1-tcm-figure"), lic_tcm.curve("tcm-large", dataset="kodak"))
    assert found.all["cubic"] == pytest.approx(-12.30, abs=0.01)
    assert float(found) == found.value == found.all["pchip"] == pytest.approx(-12.31, abs=0.01)
    assert (found.interval, found.per_image, found.n_images) == (None, None, None)
    assert any("PSNR references differ" in note for note in found.notes)


def test_rows_per_image_give_intervals() -> None:
    """WebP against JPEG on Kodak, both measured: the golden jackknife interval."""
    found = lic_tcm.bd_rate(lic_tcm.curve("measured:kodak/jpeg"), lic_tcm.curve("measured:kodak/webp"))
    assert found.interval == pytest.approx((-41.41, -33.88), abs=0.01)
    assert found.n_images == 24
    assert str(found).startswith("WebP against JPEG: BD-rate -37.")


def test_tables_of_any_form_are_one_curve(tmp_path: Path) -> None:
    """A file, a DataFrame and arrays give the same points; a column method splits them."""
    frame = pd.DataFrame(ANCHOR)
    frame.to_csv(tmp_path / "mine.csv", index=False)
    curves = [lic_tcm.read_curves(source)["mine"] for source in (tmp_path / "mine.csv", frame, ANCHOR)]
    assert {one.bpp for one in curves} == {tuple(ANCHOR["bpp"])}
    both = pd.concat([frame.assign(method="a"), frame.assign(method="b")])
    assert list(lic_tcm.read_curves(both)) == ["a", "b"]


def test_bad_tables_are_refused_with_the_line() -> None:
    """As files are: the message names the place."""
    with pytest.raises(UserError, match="mine:3: bpp"):
        lic_tcm.read_curves({"bpp": [0.1, "x"], "psnr": [28.0, 31.0]})  # type: ignore[dict-item]


def test_a_tenth_less_rate_is_minus_ten_percent() -> None:
    """Whatever the interpolation."""
    assert list(lic_tcm.bd_rate(mine(1), mine(0.9)).all.values()) == pytest.approx([-10] * 4)


def test_curves_lists_what_curve_takes() -> None:
    """Each line of the list is a curve by its dataset and key, with the number of points the list says."""
    listed = lic_tcm.curves("tecnick")
    assert len(listed) > 10
    for row in listed.itertuples():
        found = lic_tcm.curve(row.key, row.dataset, row.metric)
        assert len(found.bpp) == row.points, row.key


def test_a_comparison_returns_its_tables_and_page(tmp_path: Path) -> None:
    """The tables of the report as DataFrames; the number is that of `bd_rate`."""
    path = tmp_path / "mine.csv"
    pd.DataFrame({"bpp": [0.1, 0.2, 0.4, 0.8], "psnr": [27.5, 29.9, 32.7, 35.9]}).to_csv(path, index=False)
    found = lic_tcm.compare_files([path], "kodak", ["tcm-large"], out=tmp_path / "report")
    assert found.page.is_file()
    row = found.bd_rate.query("series == 'mine' and anchor == 'tcm-large' and bd_method == 'pchip'").iloc[0]
    alone = lic_tcm.bd_rate(lic_tcm.curve("kodak/tcm-large"), lic_tcm.read_curves(path, dataset="kodak")["mine"])
    assert row.bd_rate == pytest.approx(alone.value)
    assert {"mine", "tcm-large"} <= set(found.rd_points["series"])
    with pytest.raises(UserError, match="no file is given"):
        lic_tcm.compare_files([], "kodak")


def test_curves_are_drawn_with_their_labels_and_unit() -> None:
    """One line for each curve; two metrics do not share an axis."""
    mpl.use("agg")
    axes = lic_tcm.plot_rd([lic_tcm.curve("kodak/tcm-large"), lic_tcm.curve("measured:kodak/webp")])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Liu 2023 TCM-L", "WebP"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("rate (bpp)", "PSNR [dB]")
    ours = lic_tcm.curve("measured:kodak/webp", metric="ms-ssim")
    with pytest.raises(UserError, match="ms-ssim and psnr"):
        lic_tcm.plot_rd([ours, lic_tcm.curve("kodak/tcm-large")])
    with pytest.raises(UserError, match="none"):
        lic_tcm.plot_rd([])


def test_an_image_goes_through_a_codec_and_is_scored(tmp_path: Path) -> None:
    """From a file and from an array; MS-SSIM only where the picture is large enough."""
    image = photo(170, 180)
    write_png(tmp_path / "a.png", image)
    stream = lic_tcm.encode(tmp_path / "a.png", "webp", 60, method=4)
    assert stream == lic_tcm.encode(image, "webp", 60, method=4)
    (tmp_path / "a.webp").write_bytes(stream)
    decoded = lic_tcm.decode(tmp_path / "a.webp", "webp")
    assert np.array_equal(decoded, lic_tcm.decode(stream, "webp"))
    found = lic_tcm.score(image, decoded, len(stream))
    assert set(found) == {"psnr", "ms-ssim", "bpp"}
    assert found["bpp"] == 8 * len(stream) / (170 * 180)
    assert 20 < found["psnr"] < 50
    assert set(lic_tcm.score(image[:100], decoded[:100])) == {"psnr"}
    with pytest.raises(UserError, match="two sizes"):
        lic_tcm.score(image, decoded[:100])
    with pytest.raises(UserError, match="does not exist"):
        lic_tcm.decode(tmp_path / "none.webp", "webp")


def test_one_point_is_told_what_to_call() -> None:
    """`bd_rate` of a single point names the function that compares it, which gives its numbers."""
    anchor = lic_tcm.read_curves(ANCHOR)["mine"]
    one = lic_tcm.read_curves({"bpp": [0.18], "psnr": [31.0]})["mine"]
    with pytest.raises(UserError, match=r"no BD-rate: mine has 1 point; lic_tcm\.point_differences compares"):
        lic_tcm.bd_rate(anchor, one)
    (found,) = lic_tcm.point_differences(anchor, one)
    assert found.rate_difference == pytest.approx(-10)
    assert found.averaging == "mean curve"


def test_losses_from_python() -> None:
    """Rows of images of one lambda, by a column or said; points without images are refused."""
    table = {"image": list("abcde"), "lambda": [0.01] * 5, "bpp": [0.5, 0.3, 0.8, 0.4, 0.6], "psnr": [30.0] * 5}
    sides = [lic_tcm.read_curves(table | {"bpp": [f * b for b in table["bpp"]]})["mine"] for f in (1, 0.9)]
    (found,) = lic_tcm.loss_differences(*sides)
    assert found.difference == pytest.approx(-0.052)
    assert lic_tcm.loss_differences(*sides, lambda_=0.01) == (found,)
    with pytest.raises(UserError, match="give rows per image on both sides"):
        lic_tcm.loss_differences(lic_tcm.read_curves(ANCHOR)["mine"], sides[0])
    points = [lic_tcm.read_curves({"point" if k == "lambda" else k: v for k, v in table.items()})["mine"]] * 2
    with pytest.raises(UserError, match="nothing says for which lambda"):
        lic_tcm.loss_differences(*points)
