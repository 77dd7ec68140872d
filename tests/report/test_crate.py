"""The RO-Crate: read back by the library it names every file, input, tool and command of the run."""

import hashlib
import json
from pathlib import Path

from rocrate.rocrate import ROCrate

from lic_tcm.report import render


def test_every_file_of_the_report_is_in_it_with_its_hash(traced: Path) -> None:
    """The library reads the folder as a crate; each file of the report is an entity with the hash it has on disk."""
    out = traced.parent
    crate = ROCrate(out)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    found = {str(entity["name"]): entity for entity in crate.data_entities}
    assert set(found) == files - {"ro-crate-metadata.json", "lic-tcm-report.json"}
    for name, entity in found.items():
        assert entity["sha256"] == hashlib.sha256((out / name).read_bytes()).hexdigest(), name
        assert entity["contentSize"] == str((out / name).stat().st_size)
        assert entity.source.resolve() == (out / name).resolve()
    assert crate.mainEntity.id == "index.html"


def test_every_command_has_tools_inputs_and_outputs(traced: Path) -> None:
    """Each coding command is an action with codec and version, suite and commit, originals by hash, and its result."""
    crate = ROCrate(traced.parent)
    actions = {action["description"]: action for action in crate.get_by_type("CreateAction")}
    assert {action.id for action in crate.root_dataset["mentions"]} == {action.id for action in actions.values()}
    assert len(actions) == 2 * 3 + 2
    coding = actions["lic-tcm code --method webp --point 50"]
    suite, codec = coding["instrument"]
    assert (codec["name"], codec["softwareVersion"]) == ("webp", "1.5")
    assert suite["processorRequirements"] == "Some <b>CPU</b>, 2 cores"
    assert [package["softwareVersion"] for package in suite["softwareRequirements"]] == ["1.26.4"]
    manifest = (traced.parents[2] / "results/datasets/clic.csv").read_text().splitlines()[1:]
    hashes = [f"sha256 of the RGB samples: {line.split(',')[-2]}" for line in manifest]
    assert [original["identifier"] for original in coding["object"]] == hashes
    assert coding["result"].id == "tables/images.csv"
    made = actions["snakemake --config 'a=<b>'"]
    assert made["instrument"]["softwareVersion"] == "abc123"
    curve = next(entity for entity in made["object"] if entity["name"] == "results/published/kodak/tcm-small.json")
    assert len(curve["sha256"]) == 64


def test_the_page_links_it_and_it_repeats(run: Path, traced: Path, tmp_path: Path) -> None:
    """The page has a link to the crate, and the same report gives the same crate."""
    assert '<a href="ro-crate-metadata.json">' in traced.read_text(encoding="utf-8")
    again = render(run, tmp_path / "try").with_name("ro-crate-metadata.json")
    assert json.loads(again.read_text()) == json.loads(traced.with_name("ro-crate-metadata.json").read_text())


def test_rows_without_records_say_that_the_command_is_unknown(report: Path) -> None:
    """Where no coding record is kept, tools and inputs are named and the command is not invented."""
    crate = ROCrate(report.parent)
    (coding,) = [action for action in crate.get_by_type("CreateAction") if action.id.startswith("#code")]
    assert coding["description"].startswith("the command is not recorded")
    assert len(coding["object"]) == 60
