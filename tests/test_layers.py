"""DESIGN.md's table of packages says what the import contracts of pyproject.toml enforce."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAD = "| layer | what is in there | torch |"


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict[str, list[str]]]:
    """The contracts of import-linter by their id."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in document["tool"]["importlinter"]["contracts"]}


@pytest.fixture(scope="module")
def table() -> list[tuple[list[str], str]]:
    """The rows of the table in DESIGN.md: the modules of a layer, and whether they may need torch."""
    lines = (ROOT / "DESIGN.md").read_text(encoding="utf-8").splitlines()
    assert HEAD in lines, f"DESIGN.md has no table with the head {HEAD}"
    rows = []
    for line in lines[lines.index(HEAD) + 2 :]:
        if not line.startswith("|"):
            break
        layer, _, torch = line.strip("| ").split(" | ")
        rows.append((re.findall(r"`([^`]+)`", layer), torch))
    return rows


def test_the_table_has_the_layers_in_their_order(
    table: list[tuple[list[str], str]], contracts: dict[str, dict[str, list[str]]]
) -> None:
    """From the command line down to the ground floor, and the other codecs, which know nobody, last."""
    layers = [re.findall(r"\w+", layer) for layer in contracts["layers"]["layers"]]
    assert [sorted(modules) for modules, _ in table] == [sorted(layer) for layer in layers]


def test_the_table_says_who_needs_no_torch(
    table: list[tuple[list[str], str]], contracts: dict[str, dict[str, list[str]]]
) -> None:
    """A layer says "no" where the contract forbids torch to all its modules, "yes" where to none, else to whom."""
    without = {module.removeprefix("lic_tcm.") for module in contracts["torch"]["source_modules"]}
    for modules, said in table:
        there = [module for module in modules if _is_there(module)]
        allowed = [module for module in there if module not in without]
        expected = "no" if not allowed else "yes" if allowed == there else f"only {', '.join(allowed)}"
        assert said == expected, modules


def test_the_contracts_name_modules_that_are_there(contracts: dict[str, dict[str, list[str]]]) -> None:
    """Every package and module of lic_tcm has a layer, and every layer is there unless it is optional."""
    text = " ".join(contracts["layers"]["layers"])
    named, optional = set(re.findall(r"\w+", text)), set(re.findall(r"\((\w+)\)", text))
    assert {module for module in named if not _is_there(module)} <= optional
    there = {path.stem for path in (ROOT / "lic_tcm").glob("*.py")} - {"__init__"}
    assert there | {path.parent.name for path in (ROOT / "lic_tcm").glob("*/__init__.py")} <= named


def _is_there(module: str) -> bool:
    paths = [f"lic_tcm/{module}.py", f"lic_tcm/{module}/__init__.py", f"{module}/__init__.py"]
    return any((ROOT / path).is_file() for path in paths)
