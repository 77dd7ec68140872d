"""Tables as whole numbers: what they are read from, and what is refused."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from lic_tcm.errors import UserError
from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import load, save
from lic_tcm.nn.tables import PRIOR, Tables, factorised

SOUND = Tables([[0, 5, 65536], [0, 1, 2, 65536]], [3, 4], [0, -1])


def test_tables_come_back_from_their_text() -> None:
    """Rows, lengths and offsets, whatever their lengths."""
    assert Tables.from_json(SOUND.to_json(), 2) == SOUND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        '{"cdfs":[[0,5,65536]]}',
        '{"cdfs":[[0,5,65536]],"offsets":[0]}',  # a row too few
        '{"cdfs":[[0,5,65536],[0,5,5,65536]],"offsets":[0,0]}',  # an entry nothing can be coded with
        '{"cdfs":[[0,5,65536],[0,7,5,65536]],"offsets":[0,0]}',
        '{"cdfs":[[0,5,65536],[0,65536]],"offsets":[0,0]}',  # no escape
        '{"cdfs":[[0,5,65536],[1,5,65536]],"offsets":[0,0]}',
        '{"cdfs":[[0,5,65536],[0,5,65535]],"offsets":[0,0]}',
        '{"cdfs":[[0,5,65536],[0,5.5,65536]],"offsets":[0,0]}',
        '{"cdfs":[[0,5,65536],[0,5,65536]],"offsets":[0,9999999]}',
        '{"cdfs":[[0,5,65536],[0,5,65536]],"offsets":[0,true]}',
        '{"cdfs":{"a":1,"b":2},"offsets":[0,0]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_table_is_refused(text: str) -> None:
    """Tables out of a file reach the coder only if every row rises from 0 to 2^16."""
    with pytest.raises(UserError, match="no cumulative distributions; get an intact copy"):
        Tables.from_json(text, 2)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_saved_weights_have_the_tables_of_what_was_saved(tmp_path: Path, dtype: str) -> None:
    """Those made of the parameters as they are in the file, rounded where it rounds them."""
    torch.manual_seed(0)
    model = zoo.build("nano")
    with torch.no_grad():
        model.entropy_bottleneck.quantiles.mul_(0.37)
    path = tmp_path / "nano.safetensors"
    save(model, path, {}, dtype)
    loaded = load(path)
    assert loaded.tables == factorised(dict(loaded.model.named_parameters()))


def test_tables_of_a_file_are_checked(tmp_path: Path) -> None:
    """Where they are not those of its channels the file is refused by name."""
    from safetensors.torch import save_file

    path = tmp_path / "nano.safetensors"
    save(zoo.build("nano"), path, {})
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    rows = json.loads(metadata["tables"])
    for broken in ({**rows, "cdfs": rows["cdfs"][1:]}, {**rows, "cdfs": [[0, 3, 2, 65536], *rows["cdfs"][1:]]}):
        save_file(tensors, path, metadata | {"tables": json.dumps(broken)})
        with pytest.raises(UserError, match=r"nano\.safetensors: the tables of its prior are no cumulative"):
            load(path)
    save_file(tensors, path, {key: value for key, value in metadata.items() if key != "tables"})
    assert load(path).tables is None


@pytest.mark.parametrize("value", [1e9, float("nan")])
def test_parameters_without_tables_are_named(value: float) -> None:
    """Quantiles no network has, or none at all, are the user's error, not a crash or a table of gigabytes."""
    parameters = dict(zoo.build("nano").named_parameters())
    quantiles = parameters[f"{PRIOR}quantiles"].detach().clone()
    quantiles[0, 0, 2] = value
    with pytest.raises(UserError, match=r"no trained network do.* get an intact copy"):
        factorised(parameters | {f"{PRIOR}quantiles": quantiles})
    with pytest.raises(UserError, match="no quantiles of a factorised prior"):
        factorised({})
    with pytest.raises(UserError, match="get an intact copy"):
        factorised({f"{PRIOR}quantiles": quantiles.fill_(0)})
