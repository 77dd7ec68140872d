"""A configuration is checked as a whole before anything runs."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lic_tcm import metrics
from lic_tcm.bench.config import parse
from lic_tcm.bench.methods import definition
from lic_tcm.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow/config.schema.yaml"


def _load(name: str) -> dict[str, Any]:
    raw = yaml.safe_load((ROOT / "config/methods.yaml").read_text(encoding="utf-8"))
    return {**raw, **yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", ["demo", "paper"])
def test_shipped_configurations_are_valid(name: str) -> None:
    """What we ship parses, and what the tables depend on survives as JSON."""
    config = parse(_load(name), SCHEMA)
    assert config.name == name
    assert json.loads(config.to_json())["methods"].keys() == {method.name for method in config.methods}


def test_the_paper_runs_its_datasets_and_webp_at_its_ten_qualities() -> None:
    """Kodak, Tecnick, CLIC; WebP at 5, 10, ..., 50 (appendix A.2)."""
    config = parse(_load("paper"), SCHEMA)
    assert config.datasets == ("kodak", "tecnick", "clic-pro-valid")
    assert config.method("webp").points == tuple(range(5, 51, 5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methodz": []}, "unknown key 'methodz'; did you mean 'methods'"),
        ({"datasets": ["kodiak"]}, "unknown datasets 'kodiak'; did you mean 'kodak'.*tecnick"),
        ({"methods": ["webq"]}, "unknown methods 'webq'; did you mean 'webp'.*jpeg2000"),
        ({"metrics": ["psnrr"]}, "config: metrics: there is no metric 'psnrr'; did you mean 'psnr'"),
        ({"bd_methods": ["linear"]}, "bd_methods.0: 'linear' is not one of"),
        ({"anchors": ["vtm-99"]}, "unknown anchors 'vtm-99'"),
        ({"published": ["tcm-huge"]}, "unknown published 'tcm-huge'"),
        ({"published_datasets": ["kodk"]}, "unknown published_datasets 'kodk'; did you mean 'kodak'"),
        ({"definitions": {"jpeg": {"codec": "jpeg", "points": [5], "quality": 1}}}, "definitions.jpeg 'quality'"),
        ({"definitions": {"jpeg": {"codec": "jpg", "points": [5]}}}, "unknown definitions.jpeg.codec 'jpg'.*'jpeg'"),
        ({"definitions": {"jpeg": {"codec": "jpeg", "points": [500]}}}, "definitions.jpeg: jpeg cannot code at 500"),
        (
            {"definitions": {"jpeg": {"codec": "jpeg", "points": [5], "options": {"subsamplin": 1}}}},
            "definitions.jpeg: jpeg has no option 'subsamplin'; did you mean 'subsampling'",
        ),
        ({"definitions": {"jpeg": {"codec": "jpeg", "points": []}}}, "definitions.jpeg.points"),
        ({"figures": {"pairs": [["jpeg", "webq"]]}}, "unknown figures.pairs 'webq'; did you mean 'webp'"),
        ({"figures": {"style": "cvrp"}}, "config: figures.style: 'cvrp' is not one of"),
        ({"figures": {"methods": ["webq"]}}, "unknown figures.methods 'webq'; did you mean 'webp'"),
        ({"figures": {"rate": [1, 1]}}, r"config: figures\.rate \[1, 1\] is no range"),
        ({"resamples": 0}, "resamples"),
        ({"name": "../up"}, "name"),
        ({"definitions": {"jpeg": {"codec": "jpeg", "points": [30.0000001]}}}, "point 30.0000001 is 30 in six digits"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_what_is_allowed(change: dict[str, Any], message: str) -> None:
    """One sentence that names the key, the value and the remedy."""
    raw = copy.deepcopy(_load("demo")) | {"methods": ["jpeg"], "anchors": ["jpeg"]} | change
    with pytest.raises(UserError, match=message):
        parse(raw, SCHEMA)


@pytest.mark.parametrize(
    "name", ["a/b", "..", ".", "a..b", "-x", "a b", "$(id)", "{x}", "a\nb", "é", "x.", "", "n" * 101]
)
def test_names_that_are_no_good_folders_are_refused_before_any_job(name: str) -> None:
    """Of methods and of folders: results lie under them, on every system and in every shell."""
    raw = copy.deepcopy(_load("demo")) | {"methods": [name], "anchors": ["jpeg"]}
    raw["definitions"] = raw["definitions"] | {name: {"codec": "jpeg", "points": [5]}}
    with pytest.raises(UserError, match=r"config: methods: .* would name folders and files; take at most 100 letters"):
        parse(raw, SCHEMA)
    raw = copy.deepcopy(_load("demo")) | {"datasets": [name], "folders": {name: "."}}
    with pytest.raises(UserError, match=r"config: folders: .* would name folders and files"):
        parse(raw, SCHEMA)


def test_names_that_differ_in_case_are_refused() -> None:
    """They are one folder on the file systems of macOS and Windows."""
    raw = copy.deepcopy(_load("demo")) | {"methods": ["jpeg", "JPEG"], "anchors": ["jpeg"]}
    raw["definitions"] = raw["definitions"] | {"JPEG": {"codec": "jpeg", "points": [5]}}
    with pytest.raises(UserError, match="'jpeg' and 'JPEG' are one name where case is ignored"):
        parse(raw, SCHEMA)


def test_an_anchor_without_points_on_a_dataset_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Where no anchor has any, the table of BD-rates would be empty, and the run ends before a job; else in a line."""
    raw = copy.deepcopy(_load("demo")) | {"methods": ["jpeg"], "datasets": ["mine"], "folders": {"mine": "."}}
    with pytest.raises(UserError, match=r"anchors: none of tcm-large has points on mine; add a method of the run"):
        parse(raw | {"anchors": ["tcm-large"]}, SCHEMA)
    parse(raw | {"anchors": ["jpeg"]}, SCHEMA)
    assert not caplog.text
    parse(raw | {"anchors": ["jpeg", "tcm-large"]}, SCHEMA)
    assert "mine: no points, so no BD-rates, against tcm-large" in caplog.text


def test_a_tilde_is_the_home_folder_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In folders, options and settings, as a shell would have it; YAML keeps it as it is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    raw = copy.deepcopy(_load("demo")) | {"methods": ["own"], "anchors": ["own"], "data_dir": "~/data"}
    raw |= {"datasets": ["mine"], "folders": {"mine": "~/pictures"}}
    raw["definitions"] = raw["definitions"] | {"own": {"codec": "tcm", "points": [1], "options": {"folder": "~/w"}}}
    config = parse(raw, SCHEMA)
    assert config.data_dir == str(tmp_path / "data")
    assert dict(config.folders) == {"mine": str(tmp_path / "pictures")}
    assert dict(config.method("own").options)["folder"] == str(tmp_path / "w")


def test_anchors_may_be_anything_that_compare_knows() -> None:
    """Measured rows that the run did not make, and short names, which mean the curve of each dataset."""
    raw = _load("demo") | {"methods": ["webp"], "datasets": ["kodak"], "published_datasets": ["clic-pro-valid"]}
    raw |= {"anchors": ["webp", "measured:vvenc", "vtm", "elic"], "published": ["tcm-large", "elic"]}
    config = parse(raw, SCHEMA)
    assert config.anchors == ("webp", "vvenc", "vtm", "vtm-17.0-jiang", "he2022-elic")
    assert config.published == ("tcm-large", "he2022-elic")
    assert config.measured == {"vvenc": ("kodak",), "vtm": ("kodak",)}
    assert next(rows.parts[-3:] for rows in config.measured_rows()) == ("kodak", "rows", "vvenc.csv")
    with pytest.raises(UserError, match=r"unknown anchors 'measured:vvemc'; did you mean 'measured:vvenc'\?"):
        parse(raw | {"anchors": ["measured:vvemc"]}, SCHEMA)
    with pytest.raises(UserError, match=r"unknown anchors 'measured:webp' is a method of this run; name it as webp"):
        parse(raw | {"anchors": ["measured:webp"]}, SCHEMA)


def test_a_run_may_code_nothing() -> None:
    """Without methods there are published curves and rows measured before."""
    raw = _load("paper") | {"methods": [], "anchors": ["measured:vtm", "vtm-12.1-tcm"], "datasets": ["kodak"]}
    config = parse(raw, SCHEMA)
    assert config.methods == ()
    assert config.measured == {"vtm": ("kodak",)}
    assert "tcm-large" in config.published


def test_options_of_users_codecs_are_checked_before_any_job(tmp_path: Path) -> None:
    """Tables with numbers for keys survive, and a missing checkpoint or a wrong template names the definition."""
    (tmp_path / "w.pth").touch()
    mine = {"codec": "compressai", "points": [0.013], "options": {"architecture": "mbt2018-mean"}}
    raw = _load("demo") | {"methods": ["mine"], "anchors": ["mine"]}
    raw["definitions"]["mine"] = mine | {"options": mine["options"] | {"checkpoints": {0.013: str(tmp_path / "w.pth")}}}
    config = parse(raw, SCHEMA)
    assert json.loads(config.to_json())["methods"]["mine"]["options"]["checkpoints"] == {
        "0.013": str(tmp_path / "w.pth")
    }
    raw["definitions"]["mine"]["options"]["checkpoints"] = "gone/{point}.pth"
    with pytest.raises(UserError, match=r"definitions\.mine: compressai: there is no checkpoint gone/0\.013\.pth"):
        parse(raw, SCHEMA)
    raw["definitions"]["mine"] = {"codec": "command", "points": [1], "options": {"encode": "x {input}", "decode": "y"}}
    with pytest.raises(UserError, match=r"definitions\.mine: command: option encode is .*it lacks \{output\}"):
        parse(raw, SCHEMA)


def test_one_definition_is_read_over_the_catalogue(tmp_path: Path) -> None:
    """`check-codec` finds a method in a file, shipped or the user's, and says what a file lacks."""
    path = tmp_path / "mine.yaml"
    path.write_text("definitions: {webp: {points: [3]}, bare: {codec: webp}}", encoding="utf-8")
    assert definition(path, "webp").points == (3,)
    assert definition(path, "jpeg").codec == "jpeg"
    for name, message in (("wepb", "unknown method 'wepb'; did you mean 'webp'"), ("bare", "bare has no points")):
        with pytest.raises(UserError, match=message):
            definition(path, name)
    for text in ("[1]", "a: [", "definitions: 3"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=r"mine\.yaml"):
            definition(path, "webp")


def test_figures_leave_out_what_the_run_leaves_out() -> None:
    """With fewer methods than the file has, its pairs and crops keep those that run."""
    raw = _load("demo") | {"methods": ["jpeg", "webp"], "anchors": ["jpeg"]}
    raw["figures"]["pairs"] = [["jpeg", "webp"], ["webp", "avif"]]
    figures = parse(raw, SCHEMA).figures
    assert figures["pairs"] == [["jpeg", "webp"]]
    assert figures["crops"]["crops_demo"]["methods"] == ["jpeg", "webp"]


def test_fine_points_of_crops_are_coded() -> None:
    """A figure of crops may name points of its methods, which the run codes with the others, each once."""
    raw = _load("demo")
    crop = {"dataset": "demo", "bpp": 0.3, "methods": ["jpeg"], "boxes": {"astronaut": [0, 0, 8, 8]}}
    raw["figures"] = {
        "crops": {"one": crop | {"points": {"jpeg": [21, 23.0]}}, "two": crop | {"points": {"jpeg": [23]}}}
    }
    before = parse(_load("demo"), SCHEMA).method("jpeg").points
    assert parse(raw, SCHEMA).method("jpeg").points == tuple(sorted({*before, 21, 23}))
    raw["figures"]["crops"]["one"]["points"] = {"webp": [12]}
    with pytest.raises(UserError, match=r"unknown figures\.crops\.one\.points 'webp'"):
        parse(raw, SCHEMA)
    raw["figures"]["crops"]["one"]["points"] = {"jpeg": [500]}
    with pytest.raises(UserError, match="jpeg cannot code at 500"):
        parse(raw, SCHEMA)


def test_what_figures_show_is_kept_for_the_report() -> None:
    """Style, labels and the like reach the tables; a method that this run leaves out is left out of `methods`."""
    raw = _load("demo")
    raw["figures"] = {"style": "slides", "methods": ["jpeg", "bmshj2018-hyperprior"], "labels": {"tcm-large": "TCM"}}
    figures = json.loads(parse(raw, SCHEMA).to_json())["figures"]
    assert figures == {"style": "slides", "methods": ["jpeg"], "labels": {"tcm-large": "TCM"}}


def test_own_vtm_binaries_reach_the_codec() -> None:
    """`vtm:` in the config replaces the binaries the workflow would build."""
    raw = _load("paper") | {"vtm": {"encoder": "/opt/EncoderAppStatic", "decoder": None, "cfg": None}}
    options = dict(parse(raw, SCHEMA).method("vtm").options)
    assert options["encoder"] == "/opt/EncoderAppStatic"
    assert options["decoder"] == "results/vtm/bin/DecoderAppStatic"


def test_given_streams_are_taken_where_there_are_some() -> None:
    """On Kodak the methods of the paper need nothing of VTM; on Tecnick, and with `streams: coded`, they encode."""
    config = parse(_load("paper"), SCHEMA)
    for name, convention in (("vtm", "rgb-10bit"), ("vtm-paper", "paper")):
        method = config.method(name)
        kodak = method.on("kodak")
        assert dict(kodak.options) == {"convention": convention, "streams": "given", "decoder": "ffmpeg"}
        assert (kodak.points, kodak.batches) == ((28, 32, 36, 40), 1)
        assert method.on("tecnick") == method
        assert len(method.points) == 8
        assert json.loads(config.to_json())["methods"][name]["given"] == {"kodak": [28, 32, 36, 40]}
    for change in ({"streams": "coded"}, {"encoder": "/opt/EncoderAppStatic"}):
        method = parse(_load("paper") | {"vtm": change}, SCHEMA).method("vtm")
        assert method.on("kodak") == method
    with pytest.raises(UserError, match=r"vtm.streams: 'gven' is not one of"):
        parse(_load("paper") | {"vtm": {"streams": "gven"}}, SCHEMA)


def test_given_streams_are_of_their_dataset_and_convention_only() -> None:
    """Not of a folder of that name, not of another convention, not where a method names its own or has other points."""
    raw = _load("paper") | {"methods": ["vtm-8bit"], "anchors": ["vtm-8bit"]}
    assert parse(raw, SCHEMA).method("vtm-8bit").given == ()
    raw = _load("paper") | {"folders": {"kodak": "mine"}}
    assert parse(raw, SCHEMA).method("vtm").given == ()
    raw = _load("paper")
    raw["definitions"]["vtm"] = raw["definitions"]["vtm"] | {"points": [22, 28, 34]}
    assert parse(raw, SCHEMA).method("vtm").given == (("kodak", (28,)),)
    raw["definitions"]["vtm"]["options"] = {"convention": "rgb-10bit", "streams": "mine/{point}/{image}.266"}
    assert parse(raw, SCHEMA).method("vtm").given == ()


def test_conventions_that_differ_after_decoding_share_streams() -> None:
    """`streams_of` holds where the other method runs, codes alike and has the points; given streams come first."""
    raw = _load("paper") | {"methods": ["vtm-paper", "vtm-truncated", "vtm"]}
    method = parse(raw, SCHEMA).method("vtm-truncated")
    tecnick = dict(method.on("tecnick").options)
    assert tecnick["streams"] == "results/coded/tecnick/vtm-paper/{point}/{image}.bin"
    assert tecnick["decoder"] == "results/vtm/bin/DecoderAppStatic"
    assert (method.on("tecnick").streams_of, method.on("tecnick").points) == ("vtm-paper", method.points)
    assert (method.on("kodak").streams_of, dict(method.on("kodak").options)["streams"]) == (None, "given")
    alone = parse(raw | {"methods": ["vtm-truncated", "vtm"], "anchors": ["vtm"]}, SCHEMA).method("vtm-truncated")
    assert alone.streams_of is None
    truncated = raw["definitions"]["vtm-truncated"]
    for change, message in (
        ({"streams_of": "vtm"}, "vtm codes other streams; streams_of is for two methods"),
        ({"points": [22, 28]}, "vtm-paper, whose streams it takes, has no point 22"),
    ):
        definitions = raw["definitions"] | {"vtm-truncated": truncated | change}
        with pytest.raises(UserError, match=f"definitions.vtm-truncated: {message}"):
            parse(raw | {"definitions": definitions}, SCHEMA)


def test_conda_pins_are_those_of_the_lock() -> None:
    """The conda environment and the venv run the same versions; only numpy does pip keep below 2, for compressai."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    environment = yaml.safe_load((ROOT / "envs/python.yaml").read_text(encoding="utf-8"))
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip
    locked = {re.sub(r" ; python_full_version < '3.12'", "", line).removesuffix(" \\") for line in lock.splitlines()}
    assert [pin for pin in pip if pin not in locked] == ["numpy==1.26.4"]
    assert "numpy>=2" in (ROOT / "requirements.override").read_text(encoding="utf-8").splitlines()


def test_metrics_are_named_in_any_way_and_kept_in_their_order() -> None:
    """Any letter case, a set by its name, a class of one's own; a class is given to other processes as a class."""
    own = "support.own_metric:MeanAbsolute"
    config = parse(_load("demo") | {"metrics": [{"class": own}, "NLPD", "PSNR", "psnr_yuv"]}, SCHEMA)
    assert config.metrics == ("psnr", "psnr-yuv", "nlpd", "mean-error")
    assert config.metric_references == ("psnr", "psnr-yuv", "nlpd", own)
    assert json.loads(config.to_json())["metric_classes"] == [own]


def test_the_jpeg_ai_set_is_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """`jpeg-ai` means the metrics of its common test conditions."""
    for name in metrics.JPEG_AI:
        monkeypatch.setattr(type(metrics.get(name)), "missing", lambda _: "")
    config = parse(_load("demo") | {"metrics": ["psnr", "jpeg-ai"]}, SCHEMA)
    assert config.metrics == ("psnr", "ms-ssim", "vmaf", "vif", "fsim", "iw-ssim", "nlpd", "psnr-hvs-m")


def test_a_metric_that_cannot_be_computed_here_stops_the_run_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the metric, what it lacks and the remedy."""
    monkeypatch.setattr(type(metrics.get("fsim")), "missing", lambda _: "it needs piq: pip install 'lic-tcm[metrics]'")
    with pytest.raises(UserError, match=r"config: metrics: fsim: it needs piq: pip install .*, or leave it out"):
        parse(_load("demo") | {"metrics": ["fsim"]}, SCHEMA)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gate": {"vmfa": 1}}, "config: gate.vmfa is neither bd_rate nor bpp, and there is no metric 'vmfa'"),
        ({"metrics": [{"class": "nowhere:Metric"}]}, "config: metrics: metric class 'nowhere:Metric' cannot be used"),
        ({"metrics": [{"clas": "x:Y"}]}, "config: "),
        ({"metrics": []}, "config: metrics"),
    ],
)
def test_wrong_metrics_are_explained(change: dict, message: str) -> None:
    """As any other key."""
    with pytest.raises(UserError, match=message):
        parse(_load("demo") | change, SCHEMA)


def test_the_gate_tolerates_by_metric() -> None:
    """Tolerances of metrics stand under their names, in any letter case."""
    assert parse(_load("demo") | {"gate": {"bpp": 1, "VMAF": 0.2}}, SCHEMA).gate == {"bpp": 1, "vmaf": 0.2}
