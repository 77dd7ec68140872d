"""Figures 3 and 5: receptive fields and deviations of trained networks."""

import csv
import json

import numpy as np
import pytest
from support.figures import check_inside, results

from lic_tcm.errors import UserError
from lic_tcm.report.figures import maps
from lic_tcm.report.figures.canvas import MissingInputError
from lic_tcm.report.inputs import Tables


def write_maps(data: Tables, name: str, about: dict[str, object], **found: np.ndarray) -> None:
    """A file of maps as lic_tcm.measure.maps writes it."""
    path = results(data) / "maps" / "try" / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, about=np.array(json.dumps(about)), **{key: value.astype(np.float32) for key, value in found.items()})


def test_figure_3_clips_each_network_at_each_level(data: Tables) -> None:
    """A panel per network and clipping level; the CSV tells how much of the field lies within each radius."""
    field = np.zeros((48, 64))
    field[20, 30], field[20, 50] = 3.0, 1.0  # 20 columns apart
    about = {"image": "kodim04", "position": [30, 20], "clips": [0.01, 0.0001]}
    about |= {"labels": ["TCM", "conv"], "checkpoints": {"TCM": "a/tcm.safetensors", "conv": "a/conv.safetensors"}}
    write_maps(data, "receptive", about, TCM=field, conv=field)
    drawing = maps.receptive(data)
    assert [axes.images[0].get_clim() for axes in drawing.figure.axes] == [(0, 0.01)] * 2 + [(0, 0.0001)] * 2
    lines = {(line["network"], line["radius"]): line for line in csv.DictReader(drawing.table.splitlines())}
    assert lines["TCM", "16"]["share"] == "0.75"
    assert lines["TCM", "32"]["share"] == "1"
    assert "p = (30, 20)" in drawing.caption.plain
    assert "tcm.safetensors" in drawing.caption.plain
    check_inside(drawing.figure)


def write_deviations(data: Tables) -> None:
    """Maps of a network with SWAtten and of one without, of kodim01."""
    numbers = {"gamma": 2.0, "channel": 7, "channel_bits": 12.0, "bits": 99.0, "bpp": 0.56, "psnr": 27.5}
    about = {
        "images": ["kodim01"],
        "labels": ["with", "without"],
        "checkpoints": {"with": "w"},
        "numbers": {
            "kodim01/with": {**numbers, "epsilon_s": 0.5, "attention": "swatten"},
            "kodim01/without": {**numbers, "epsilon_s": 0.75, "attention": "none"},
        },
    }
    found = {
        f"{what}/kodim01/{label}": np.full((4, 6), k + 1.0)
        for what in maps.WHAT
        for k, label in enumerate(("with", "without"))
    }
    write_maps(data, "deviation", about, **found)


def test_figure_5_has_epsilon_beside_the_papers(data: Tables) -> None:
    """Both maps of each network stand side by side on one scale; PSNR, rate and epsilon_s of each are there, with
    those the paper prints of the network with the same attention, in the figure, the caption and the CSV."""
    write_deviations(data)
    drawing = maps.deviation(data)
    panels = [axes for axes in drawing.figure.axes if axes.images]
    assert [axes.images[0].get_clim() for axes in panels] == [(0, 2.0)] * 4
    titles = [axes.get_title() for axes in panels]
    assert titles[0] == "kodim01, with:\n27.50 dB @ 0.560 @ 0.500\npaper: 29.95 dB @ 0.501 @ 0.389"
    assert titles[1] == "kodim01, without:\n27.50 dB @ 0.560 @ 0.750\npaper: 29.61 dB @ 0.503 @ 0.451"
    assert titles[2] == "kodim01, with:\nchannel 7"
    assert "0.5000 (kodim01, with); 0.7500 (kodim01, without)" in drawing.caption.plain
    assert (
        "kodim01 w/o SWAtten 29.61 dB @ 0.503 @ 0.451; kodim01 with SWAtten 29.95 dB @ 0.501" in drawing.caption.plain
    )
    assert "kodim05" not in drawing.caption.plain
    assert drawing.table.splitlines()[1:] == [
        "here,kodim01,with,0.5,2,7,12,99,0.56,27.5",
        "here,kodim01,without,0.75,2,7,12,99,0.56,27.5",
        "paper,kodim01,w/o SWAtten,0.451,,,,,0.503,29.61",
        "paper,kodim01,with SWAtten,0.389,,,,,0.501,29.95",
    ]
    check_inside(drawing.figure)


def test_maps_of_another_quantity_are_not_drawn_as_figure_5(data: Tables) -> None:
    """A file that an older version wrote, which held (y - mu) / sigma, is refused."""
    write_deviations(data)
    path = results(data) / "maps" / "try" / "deviation.npz"
    with np.load(path) as file:
        about = json.loads(str(file["about"]))
        found = {key: file[key] for key in file.files if key != "about"}
    about["numbers"]["kodim01/with"]["deviation"] = about["numbers"]["kodim01/with"].pop("epsilon_s")
    write_maps(data, "deviation", about, **found)
    with pytest.raises(UserError, match="lack epsilon_s of kodim01/with; delete"):
        maps.deviation(data)


def test_a_damaged_file_of_maps_is_an_error_and_a_missing_one_a_line(data: Tables) -> None:
    """What is broken is not passed over as if it had not been made."""
    with pytest.raises(MissingInputError, match=r"figures\.receptive"):
        maps.receptive(data)
    path = results(data) / "maps" / "try" / "receptive.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no maps")
    with pytest.raises(UserError, match="does not hold maps") as caught:
        maps.receptive(data)
    assert not isinstance(caught.value, MissingInputError)
