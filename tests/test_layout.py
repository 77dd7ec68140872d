"""Paths of a run's files: what rules, stages and the report agree on."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lic_tcm import layout
from lic_tcm.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
FORMS = re.compile(
    r"results/(datasets|coded|rows|tables|maps|portability|models|ablations|vtm|logs|benchmarks)/|reports/"
    r"|environment-|\.environments\.json|index\.html$|ro-crate-metadata\.json"
)


def test_every_artefact_has_its_path() -> None:
    """The mission's layout: DESIGN.md and config/README.md send people to these places."""
    assert [
        path.as_posix()
        for path in (
            layout.manifest("kodak"),
            layout.pixel_lock(layout.manifest("tecnick")),
            layout.coded("kodak", "webp", 30.0, "kodim01.v2", ".png"),
            layout.batch("kodak", "tcm", 0.0025, 0, 4),
            layout.environment(layout.point_folder("kodak", "webp", "5"), "ab12"),
            layout.rows("kodak", "webp"),
            layout.environments(layout.rows("kodak", "medium@small")),
            layout.table("demo", "bd_rate"),
            layout.settings("demo"),
            layout.description("demo"),
            layout.machines("demo"),
            layout.maps("paper", "receptive"),
            layout.portability("kodak"),
            layout.weights(layout.models(), "medium", 0.05),
            layout.training_record(layout.ablation_models("small"), "conv", 0.013),
            layout.ablation(layout.ablations("small"), "fig10a"),
            layout.ablation_bd_rate(layout.ablations("small"), "fig10a"),
            layout.ablation_speed("small", "conv"),
            layout.vtm_archive(),
            *layout.vtm_files().values(),
            layout.log("code", "kodak", "webp", "30", "batch-0-of-1"),
            layout.benchmark(str(layout.ablation_models("small")), "conv", "0.013"),
            layout.page(layout.report("demo")),
            layout.report_tables(layout.report("demo")),
        )
    ] == [
        "results/datasets/kodak.csv",
        "results/datasets/tecnick.lock",
        "results/coded/kodak/webp/30/kodim01.v2.png",
        "results/coded/kodak/tcm/0.0025/batch-0-of-4.csv",
        "results/coded/kodak/webp/5/environment-ab12.json",
        "results/rows/kodak/webp.csv",
        "results/rows/kodak/medium@small.environments.json",
        "results/tables/demo/bd_rate.csv",
        "results/tables/demo/settings.json",
        "results/tables/demo/run.json",
        "results/tables/demo/environments.json",
        "results/maps/paper/receptive.npz",
        "results/portability/kodak.csv",
        "results/models/medium/0.05.safetensors",
        "results/ablations/small/models/conv/0.013.json",
        "results/ablations/small/fig10a.csv",
        "results/ablations/small/fig10a_bd_rate.csv",
        "results/ablations/small/speed/conv.txt",
        "results/vtm/VTM-12.1.tar.gz",
        "results/vtm/bin/EncoderAppStatic",
        "results/vtm/bin/DecoderAppStatic",
        "results/vtm/cfg/encoder_intra_vtm.cfg",
        "results/logs/code/kodak/webp/30/batch-0-of-1.log",
        "results/benchmarks/ablations/small/models/conv/0.013.tsv",
        "reports/demo/index.html",
        "reports/demo/tables",
    ]


def test_wildcards_pass_through() -> None:
    """Rules give the same functions wildcards instead of names."""
    path = layout.batch("{dataset}", "{method}", "{point}", "{batch}", "{batches}")
    assert str(path) == "results/coded/{dataset}/{method}/{point}/batch-{batch}-of-{batches}.csv"
    assert str(layout.weights("results/models", "{model}", "{lmbda}")) == "results/models/{model}/{lmbda}.safetensors"
    assert str(layout.log("results/models", "{model}", "{lmbda}")) == "results/logs/models/{model}/{lmbda}.log"


def test_a_point_has_one_spelling() -> None:
    """However a table wrote it, its files are found."""
    for spelling in (0.0025, "0.0025", "0.00250", "2.5e-3"):
        assert layout.point(spelling) == "0.0025"
    assert (layout.point("22.0"), layout.point(-0.0), layout.point(1e-5)) == ("22", "-0", "1e-05")


def test_a_run_is_found_from_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a relative path, from inside, and where `results` or the tables are links to another disk."""
    tables = tmp_path / "run" / layout.tables("demo")
    tables.mkdir(parents=True)
    assert layout.run_folder(tables) == layout.required_run_folder(tables) == tmp_path / "run"
    monkeypatch.chdir(tmp_path / "run")
    assert layout.run_folder(layout.tables("demo")) == tmp_path / "run"
    monkeypatch.chdir(tables)
    assert layout.run_folder(Path()) == tmp_path / "run"
    disk = tmp_path / "disk"
    (tmp_path / "run" / "results").rename(disk)
    (tmp_path / "run" / "results").symlink_to(disk)
    assert layout.run_folder(tables) == tmp_path / "run"
    (tmp_path / "link").symlink_to(tables)
    (tmp_path / "run" / "results").unlink()
    disk.rename(tmp_path / "run" / "results")
    assert layout.run_folder(tmp_path / "link") == tmp_path / "run"


@pytest.mark.parametrize("place", ["tables", "reports/mine/data", "results/rows/demo", "tables/demo", "results/demo"])
def test_tables_that_lie_elsewhere_have_no_run(tmp_path: Path, place: str) -> None:
    """Nothing is guessed: where what lies beside the tables is needed, the error says what the folder should be."""
    (tmp_path / place).mkdir(parents=True)
    assert layout.run_folder(tmp_path / place) is None
    with pytest.raises(
        UserError, match=rf"{place}: these tables do not lie in a folder results/tables/<name>.*give the folder"
    ):
        layout.required_run_folder(tmp_path / place)


def test_committed_rows_are_told_from_those_of_a_run() -> None:
    """Only the former have settings and machines in the folder above."""
    assert layout.committed_set(Path("results/measured/kodak/rows/webp.csv")) == Path("results/measured/kodak")
    assert layout.committed_set(layout.rows("kodak", "webp")) is None


def test_it_loads_nothing_heavy() -> None:
    """Every command and every rule imports it."""
    code = "import sys, lic_tcm.layout; sys.exit(any(name in sys.modules for name in ('numpy', 'pandas', 'torch')))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def _paths(path: Path) -> list[str]:
    """The string constants of a module that spell a path of a run; docstrings, help and messages may."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [f"{path.name}:{node.lineno}: {node.value}" for node in strings if FORMS.match(node.value)]


def test_no_module_spells_a_path_of_its_own() -> None:
    """Another spelling of a place is a file that is written here and looked for there."""
    modules = [path for path in (ROOT / "lic_tcm").rglob("*.py") if "layout" not in path.parts]
    assert [found for path in modules for found in _paths(path)] == []


def test_no_rule_spells_a_path_of_its_own() -> None:
    """Rules name their files by the functions the stages use."""
    rules = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    lines = [line.strip() for path in rules for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if re.search(r"\b(results|reports)/", line)] == []
