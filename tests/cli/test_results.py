"""`bdrate` and `curves` as a user types them: files, standard input and names of curves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lic_tcm.cli import app
from lic_tcm.compare.named import read_named
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import ImageRD

POINTS = "bpp,psnr\n0.1,28\n0.2,30\n0.4,33\n0.8,36\n"


def printed(*arguments: str, stdin: str | None = None) -> str:
    """The standard output of a command that ends well."""
    done = CliRunner().invoke(app, arguments, input=stdin, catch_exceptions=False)
    assert done.exit_code == 0
    return str(done.stdout)


def test_curves_are_compared_by_name() -> None:
    """TCM-Large against VTM-12.1: the classic cubic's -12.30, as in the paper's Table 2."""
    found = json.loads(printed("bdrate", "kodak/vtm-12.1-tcm-figure", "published:kodak/tcm-large", "--json"))
    assert found["bd_rate"]["cubic"] == pytest.approx(-12.30, abs=0.01)
    assert found["metric"] == "psnr"


def test_measured_curves_have_intervals() -> None:
    """Both with rows per image; in MS-SSIM the JSON names that metric."""
    arguments = ("bdrate", "measured:kodak/jpeg", "measured:kodak/webp", "--json", "--metric", "ms-ssim")
    found = json.loads(printed(*arguments))
    assert found["n_images"] == 24
    assert {"bd_rate", "bd_ms_ssim"} <= set(found)
    assert "bd_psnr" not in found


@pytest.mark.parametrize("text", [POINTS, json.dumps({"results": {"bpp": [0.1, 0.2, 0.4], "psnr": [28, 30, 33]}})])
def test_standard_input_is_read(text: str) -> None:
    """CSV or JSON, told apart by its first character."""
    assert "stdin against VTM" in printed("bdrate", "kodak/vtm", "-", stdin=text)


def test_a_file_comes_before_a_curve_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's kodak/vtm is theirs."""
    monkeypatch.chdir(tmp_path)
    Path("kodak").mkdir()
    Path("kodak/vtm").write_text(POINTS, encoding="utf-8")
    assert len(read_named("kodak/vtm", "psnr").bpp) == 4


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.csv", "none.csv does not exist; give a file, or the name of a curve"),
        ("kodak/vtmm", "'vtmm' has no curve on kodak; did you mean 'vtm'"),
        ("measured:kodk/avif", "did you mean 'kodak'"),
        ("measured:avif", "names no curve; a curve is named <dataset>/<name>"),
        ("kodak/webp", "put published: or measured: before the name"),
        (".", ". is a folder"),
    ],
)
def test_what_names_nothing_says_what_would(source: str, message: str) -> None:
    """The remedy is in the message: the form, near names, or the prefix."""
    with pytest.raises(UserError) as caught:
        read_named(source, "psnr")
    assert message in str(caught.value)


def test_a_curve_without_the_metric_names_those_it_has() -> None:
    """VTM of the paper's figure has PSNR only."""
    with pytest.raises(UserError, match="has no ms-ssim, only psnr"):
        read_named("kodak/vtm-12.1-tcm-figure", "ms-ssim")


def test_curves_are_listed_as_text_and_json() -> None:
    """Those whose key, label or source holds the text, each with its range and kind."""
    assert "vtm-12.1-tcm-figure" in printed("curves", "--dataset", "kodak", "--find", "TCM figure")
    found = json.loads(printed("curves", "--find", "elic", "--json"))
    elic = next(one for one in found if (one["dataset"], one["key"], one["metric"]) == ("kodak", "he2022-elic", "psnr"))
    assert (elic["year"], elic["points"], elic["kind"], elic["psnr_reference"]) == ("2022", 10, "published", "rgb")
    assert elic["bpp_lo"] == 0.0467614
    measured = json.loads(printed("curves", "--dataset", "kodak", "--find", "webp", "--json"))
    assert {one["images"] for one in measured if one["kind"] == "measured"} == {24}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--dataset", "kodack"], "did you mean 'kodak'"), (["--find", "elicc-nowhere"], "holds 'elicc-nowhere'")],
)
def test_a_list_of_nothing_is_an_error(arguments: list[str], message: str) -> None:
    """An unknown dataset, or a text nothing holds."""
    done = CliRunner().invoke(app, ["curves", *arguments])
    assert isinstance(done.exception, UserError)
    assert message in str(done.exception)


def test_the_example_can_be_compared(tmp_path: Path) -> None:
    """`compare --example` prints a file that gives an interval as it stands; it is of the rows that ship."""
    path = tmp_path / "mine.csv"
    path.write_text(printed("compare", "--example"), encoding="utf-8")
    found = json.loads(printed("bdrate", "measured:kodak/jpeg", str(path), "--json"))
    assert found["n_images"] == 5
    assert found["ci95"]["mean_curve"][0] < found["bd_rate"]["pchip"] < found["ci95"]["mean_curve"][1]
    whole = read_named("measured:kodak/webp", "psnr")
    assert isinstance(whole, ImageRD)
    own = read_named(str(path), "psnr")
    assert isinstance(own, ImageRD)
    assert own.image_curve("kodim01").bpp[0] == whole.image_curve("kodim01").bpp[0]
