"""The README beside the published curves says what the files say."""

import json
import re
from collections import Counter, defaultdict

from lic_tcm.bench.against import VTM
from lic_tcm.rd.bdrate import bd_rate
from lic_tcm.rd.published import DEFAULT_FOLDER, load_published

TEXT = (DEFAULT_FOLDER / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {path: json.loads(path.read_text(encoding="utf-8")) for path in DEFAULT_FOLDER.glob("*/*.json")}
DATASETS = {"kodak": "K", "tecnick": "T", "clic-pro-valid": "C"}


def _table(header: str) -> dict[str, list[str]]:
    """First cell -> further cells of the lines below a header."""
    lines = TEXT[TEXT.index(f"| {header} |") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: rest for first, *rest in cells}


def test_the_counts_are_those_of_the_files():
    """The total, and the files of each provenance."""
    assert TEXT.splitlines()[2].startswith(f"{len(DOCUMENTS)} files")
    counts = Counter(document["provenance"] for document in DOCUMENTS.values())
    found = {}
    for names, (_, number, _) in _table("`provenance` | kind shown").items():
        found[names.strip("`")] = int(number)
    assert found == counts


def test_every_field_is_described():
    """The table and the example have exactly the fields of the files."""
    fields = {frozenset(document) for document in DOCUMENTS.values()}
    (expected,) = fields
    assert set(re.findall(r"`([a-z_]+)`", " ".join(_table("field")))) == expected
    example = json.loads(TEXT.split("```json\n")[1].split("```")[0])
    assert set(example) == expected


def test_every_series_stands_under_its_paper():
    """The list of sources has each key once, with its series, their datasets and how MS-SSIM was averaged."""
    series, averages = defaultdict(lambda: defaultdict(set)), defaultdict(set)
    for path, document in DOCUMENTS.items():
        key = f"`{document['cite']}`" if document["cite"] else "none"
        model = path.stem.removesuffix("_ms-ssim").removesuffix("_msssim-metric")
        series[key][model].add(DATASETS[path.parent.name])
        averages[key] |= {document["ms_ssim_average"]} - {None}
    found = _table("`cite` | series")
    assert found.keys() == series.keys()
    for key, (listed, _, averaged) in found.items():
        marks = {name: set(marks) for name, marks in re.findall(r"([^ ,]+) \(([KTC]+)\)", listed)}
        assert marks == series[key], key
        assert set(averaged.split(", ")) - {"–"} == averages[key], key


def test_the_vtm_table_is_what_the_curves_give():
    """TCM-L against every VTM curve of every dataset by PCHIP, to the last digit, with the default in bold."""
    curves = {(c.dataset, c.name): c for c in load_published() if c.metric == "psnr"}
    found = _table("curve | kind")
    assert found.keys() == {name for _, name in curves if name.startswith("vtm-")}
    for name, (kind, reference, *cells) in found.items():
        for dataset, cell in zip(DATASETS, cells, strict=True):
            curve = curves.get((dataset, name))
            assert (cell == "–") == (curve is None)
            if curve:
                value = f"{bd_rate(curve, curves[dataset, 'tcm-large'], 'pchip'):.2f}"
                assert (cell, kind, reference) == (
                    f"**{value}**" if VTM[dataset] == name else value,
                    curve.kind,
                    curve.psnr_reference,
                )
