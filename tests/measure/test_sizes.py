"""The counts of networks that come with the package."""

from pathlib import Path

import pytest

from lic_tcm.errors import UserError
from lic_tcm.measure.sizes import describe_models, write_models
from lic_tcm.nn import zoo

CHEAP = ("nano", "small", "large", "large-no-squeeze")


def test_every_network_of_the_zoo_is_counted_in_the_order_of_the_zoo() -> None:
    """A network added to the zoo needs its line: `lic-tcm models --count --out lic_tcm/data/networks.csv`."""
    assert [model["name"] for model in describe_models()] == list(zoo.ZOO)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEAP)
def test_counting_gives_what_is_shipped(name: str) -> None:
    """The shipped line of a network is what counting its layers gives today."""
    assert describe_models([name], count=True) == describe_models([name])


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(zoo.ZOO) - set(CHEAP)))
def test_counting_gives_what_is_shipped_for_all_others(name: str) -> None:
    """As above, two seconds a network."""
    assert describe_models([name], count=True) == describe_models([name])


def test_an_unknown_network_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    """And nothing is written."""
    with pytest.raises(UserError, match="no network is called 'larg'; did you mean 'large'"):
        write_models(["larg"], tmp_path / "networks.csv")
    assert not (tmp_path / "networks.csv").exists()
