"""A user's files: every form is read, every bad line is named with what would be right."""

import json
from pathlib import Path

import pytest
from support.user_series import IMAGE_ROWS, one_of, problems_of, read_text

from lic_tcm.compare.series import read_one, read_series
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import Metric, RDCurve
from lic_tcm.rd.published import DEFAULT_FOLDER


def test_points_in_any_order_and_spelling_give_sorted_curves(tmp_path: Path) -> None:
    """One curve per metric; MS-SSIM goes to dB; comments and blank lines are not points."""
    text = "# ours\nMS_SSIM, Bits per pixel ,remark,PSNR-RGB\n0.99,0.8,x,36\n\n0.9,0.2,x,30\n"
    (series,) = read_text(tmp_path, text)
    psnr, ms_ssim = series.curves
    assert (series.name, series.metrics()) == ("mine", ["psnr", "ms-ssim"])
    assert (psnr.bpp, psnr.distortion, psnr.kind, psnr.dataset) == ((0.2, 0.8), (30, 36), "measured", "kodak")
    assert ms_ssim.distortion == pytest.approx((10, 20))


def test_a_column_method_gives_several_methods(tmp_path: Path) -> None:
    """Points of methods may be mixed; a psnr_reference is kept."""
    text = "method,bpp,psnr,psnr_reference\na,0.1,30,rgb\nb,0.1,31,converted\na,0.2,32,rgb\nb,0.2,33,converted\n"
    a, b = read_text(tmp_path, text)
    assert [curve.distortion for one in (a, b) for curve in one.curves] == [(30, 32), (31, 33)]
    assert [curve.psnr_reference for one in (a, b) for curve in one.curves] == ["rgb", "converted"]


def test_a_result_of_compressai_is_read(tmp_path: Path) -> None:
    """The form of its bench and its model evaluation; lists that are neither rate nor distortion are ignored."""
    results = {"psnr-rgb": [30, 33.5], "ms-ssim-rgb": [0.9, 0.99], "bpp": [0.1, 0.3], "encoding_time": [1, 2]}
    document = {"name": "bmshj2018", "description": "Inference (ans)", "results": results}
    (series,) = read_text(tmp_path, json.dumps(document), "x.json")
    assert series.name == "bmshj2018"
    assert [curve.distortion for curve in series.curves] == [(30, 33.5), pytest.approx((10, 20))]


def test_a_published_file_keeps_its_psnr_reference(tmp_path: Path) -> None:
    """A JSON may say what its PSNR is taken against; another word is refused, none means the RGB original."""
    path = DEFAULT_FOLDER / "kodak" / "vtm-12.1-tcm-figure.json"
    (found,) = read_series(path, "kodak")
    assert [curve.psnr_reference for curve in found.curves] == ["converted"]
    wrong = tmp_path / "wrong.json"
    wrong.write_text(path.read_text(encoding="utf-8").replace('"converted"', '"yuv"'), encoding="utf-8")
    with pytest.raises(UserError, match="psnr_reference 'yuv' is none of rgb, converted, unstated"):
        read_series(wrong, "kodak")


def test_every_bad_line_is_named_in_order_with_what_would_be_right(tmp_path: Path) -> None:
    """Not only the first, whatever is wrong with it."""
    text = 'bpp,psnr\n0.15,30.2\n0.3,abc\n0,31\n0.5,35.1,9\n0.6,29\n"0,7",36\n0.6,37\n40,38\n,39\n0.9,nan\n'
    problems = problems_of(tmp_path, text)
    assert [problem.split(": ")[0] for problem in problems] == [f"mine.csv:{line}" for line in range(3, 12)]
    for problem, part in zip(
        problems,
        [
            "psnr 'abc' is not a number; write it like",
            "bpp 0 is not a positive rate; give bits per pixel",
            "3 cells, but the header has 2; write decimals with a point",
            "psnr 29 dB at 0.6 bpp does not exceed the 30.2 dB at 0.15 bpp",
            "bpp '0,7' is not a number",
            "0.6 bpp is already at",
            "bpp 40 exceeds 24",
            "bpp is empty; give",
            "psnr nan is not a number; leave unknown values empty",
        ],
        strict=True,
    ):
        assert part in problem


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("bits,pnsr\n1,2\n", ["mine.csv:1: no bpp among", "mine.csv:1: no psnr or ms-ssim or ms-ssim-db", "'pnsr'"]),
        ("30,0.15\n32,0.25\n", ["mine.csv:1: no header, and the numbers do not look like bpp", "in another order"]),
        ("bpp,psnr,psnr-rgb\n1,30,30\n", ["mine.csv:1: 'psnr' and 'psnr-rgb' are both psnr; keep one"]),
        ("bpp,psnr,psnr\n1,30,30\n", ["mine.csv:1: column 'psnr' comes twice; keep one"]),
        ("bpp,psnr\n", ["mine.csv:1: no line follows the header"]),
        ("bpp,psnr\n0.5,\n", ["mine.csv:2: no point of mine has a psnr or ms-ssim"]),
        ("bpp,ms_ssim\n0.5,12.5\n", ["mine.csv:2: ms-ssim 12.5 is not in 0..1; a column in dB is called ms_ssim_db"]),
        ("bpp,ms_ssim\n0.5,1\n", ["mine.csv:2: ms-ssim 1 is infinite in dB"]),
        ("bpp,psnr\n9,0.3\n10,0.4\n", ["mine.csv: RD curve 'mine' (kodak): every rate exceeds", "swapped"]),
        ("dataset,bpp,psnr\ntecnick,0.5,30\n", ["mine.csv:2: dataset 'tecnick' is not the 'kodak' of --dataset"]),
        ("bpp,psnr,psnr_reference\n0.5,30,ycc\n", ["mine.csv:2: psnr_reference 'ycc' is none of rgb"]),
        ("image,bpp,psnr\nkodim01,1,30\n", ["mine.csv:1: no column 'point', which rows of images need"]),
        ("image,point,bpp,psnr\nkodim1,1,0.5,30\n", ["mine.csv:2: image 'kodim1' is not", "did you mean 'kodim01'?"]),
        (
            "image,point,bpp,psnr\nkodim01,1,0.5,30\nkodim01,1,0.6,31\n",
            ["mine.csv:3: image 'kodim01' at point 1 is already at", "mine.csv:2; keep one"],
        ),
        (
            "image,point,bpp,psnr\nkodim01,1,0.5,30\nkodim02,1,0.5,30\nkodim01,2,0.6,31\n",
            ["mine.csv: point 2 of mine lacks 1 images that other points have, such as 'kodim02'"],
        ),
        (
            "image,point,bpp,psnr,height,width,num_bytes\nkodim01,1,0.5,30,512,768,49152\n",
            ["mine.csv:2: bpp 0.5 is not 8 num_bytes / (width height) = 1.0000"],
        ),
        ("image,point,bpp,psnr,decode_s\nkodim01,1,0.5,30,2\n", ["mine.csv:2: a time needs the image's height"]),
    ],
)
def test_a_bad_csv_is_refused_with_the_place(tmp_path: Path, text: str, problems: list[str]) -> None:
    """Structure, units, names and contradictions alike."""
    found = "\n".join(problems_of(tmp_path, text))
    assert all(problem in found for problem in problems), found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"name": 1,\n', "x.json:2: not JSON"),
        ("[1]", 'has no object "results"'),
        ('{"results": {"bpp": [1], "psnr-rgb": [30, 31]}}', "lists of different lengths, 1 in bpp, 2 in psnr-rgb"),
        ('{"results": {"bpp": [1], "psnr-rgb": 30}}', "results.psnr-rgb: not a list of numbers"),
        ('{"results": {"bpp": [1, true], "psnr-rgb": [30, null]}}', "point 2 of results: psnr 'null' is not a number"),
        ('{"results": {"bpp": [1], "mse": [30]}}', "results: no psnr or ms-ssim"),
    ],
)
def test_a_bad_json_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    """By line for what is not JSON, by point for what is no number."""
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read_series(path, "kodak")
    assert message in str(refusal.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(UserError, match=r"none\.csv does not exist"):
        read_series(tmp_path / "none.csv", "kodak")


def test_one_method_is_read_whatever_its_dataset(tmp_path: Path) -> None:
    """Of RD points only the wanted metric must be right; of images the file's dataset is kept."""
    path = tmp_path / "mine.csv"
    path.write_text("bpp,psnr,ms_ssim\n0.1,28,0.9\n0.2,31,0.8\n", encoding="utf-8")
    curve = read_one(path, "psnr")
    assert isinstance(curve, RDCurve)
    assert (curve.name, curve.dataset, curve.distortion) == ("mine", "", (28, 31))


@pytest.mark.parametrize(
    ("old", "new", "metric", "message"),
    [
        (
            "36,,converted\n",
            "36,,converted\nd,n,1,a,1,30,,converted\n",
            "psnr",
            r"rows.csv has several methods \(m, n\); give one per file",
        ),
        ("d,m,2,b", "e,m,2,b", "psnr", r"rows.csv:5: dataset 'e' is not the 'd' of .*rows.csv:2"),
        (",0.9,", ",,", "ms-ssim", r"has no usable point for ms-ssim"),
    ],
)
def test_one_method_of_one_dataset_is_wanted(tmp_path: Path, old: str, new: str, metric: Metric, message: str) -> None:
    """Mixed files and a metric that is not there are errors that name what is wrong."""
    with pytest.raises(UserError, match=message):
        one_of(tmp_path, IMAGE_ROWS.replace(old, new), metric)


def test_a_metric_that_the_points_lack_is_said(tmp_path: Path) -> None:
    """With the file's name."""
    path = tmp_path / "mine.csv"
    path.write_text("bpp,psnr\n0.1,28\n0.2,31\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"mine.csv.* no point of mine has a ms-ssim"):
        read_one(path, "ms-ssim")
    (series,) = read_series(path, None)
    with pytest.raises(UserError, match=r"mine.csv has no ms-ssim; add a column"):
        series.data("ms-ssim")


@pytest.mark.parametrize(
    ("metric", "rate", "column", "values"),
    [
        ("psnr", "BPP", "PSNR_RGB", (28, 31)),
        ("psnr", "bits per pixel", "psnr-db", (28, 31)),
        ("ms-ssim", "bpp", "MS-SSIM-RGB", (0.9, 0.99)),
        ("ms-ssim", "bpp", "ms_ssim_rgb", (0.9, 0.99)),
        ("ms-ssim", "bpp", "ms_ssim_db", (10, 20)),
    ],
)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_every_spelling_is_read(
    tmp_path: Path, metric: Metric, rate: str, column: str, values: tuple[float, float], form: str
) -> None:
    """In both forms of file; MS-SSIM lands on the dB axis whichever way it is given."""
    path = tmp_path / f"mine.{form}"
    lines = "\n".join(f"{bpp},{value}" for bpp, value in zip((0.1, 0.2), values, strict=True))
    document = {"name": "mine", "results": {rate: [0.1, 0.2], column: list(values)}}
    path.write_text(f"{rate},{column}\n{lines}\n" if form == "csv" else json.dumps(document), encoding="utf-8")
    curve = read_one(path, metric)
    assert isinstance(curve, RDCurve)
    assert curve.bpp == (0.1, 0.2)
    assert curve.distortion == pytest.approx((28, 31) if metric == "psnr" else (10, 20))


def test_a_binary_file_is_said(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"cannot read .*binary\.csv"):
        read_one(tmp_path / "binary.csv", "psnr")


@pytest.mark.parametrize(
    ("metric", "column", "values", "axis"),
    [
        ("vmaf", "VMAF", (60, 80), (60, 80)),
        ("psnr-yuv", "psnr_yuv", (30, 33), (30, 33)),
        ("ssim", "SSIM_dB", (10, 20), (10, 20)),
        ("ssim", "ssim", (0.9, 0.99), (10, 20)),
        ("lpips", "lpips", (0.3, 0.1), (-0.3, -0.1)),
        ("ssimulacra2", "SSIMULACRA2", (-5, 60), (-5, 60)),
    ],
)
def test_any_metric_is_read(
    tmp_path: Path, metric: str, column: str, values: tuple[float, float], axis: tuple[float, float]
) -> None:
    """A column of its name is enough; what is better stands higher on its axis."""
    path = tmp_path / "mine.csv"
    path.write_text(f"bpp,{column}\n0.1,{values[0]}\n0.2,{values[1]}\n", encoding="utf-8")
    curve = read_one(path, metric)
    assert isinstance(curve, RDCurve)
    assert (curve.metric, curve.distortion) == (metric, pytest.approx(axis))
