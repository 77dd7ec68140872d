"""Names, shapes and counts of the paper's models."""

import pytest
from support.reference import authors_keys

from lic_tcm.nn import zoo
from lic_tcm.nn.complexity import complexity


@pytest.mark.parametrize(("name", "column"), [("small", "N=64"), ("medium", "N=96"), ("large", "N=128")])
def test_keys_and_shapes_are_the_authors(name: str, column: str) -> None:
    """Every parameter and buffer has a counterpart of its shape in the authors' model, and none is left over."""
    ours = {key: "x".join(map(str, value.shape)) for key, value in zoo.build(name).state_dict().items()}
    theirs = {zoo.our_key(row["key"]): row[column] for row in authors_keys()}
    assert ours == theirs
    assert len(theirs) == len(authors_keys()) == 1293


@pytest.mark.parametrize(
    ("name", "parameters", "parameters_paper", "macs_paper", "macs"),
    [
        ("small", 45_180_752, 44_956_396, 211.537, 220.051),
        ("medium", 59_133_650, 58_715_500, 416.203, 431.943),
        ("large", 76_568_148, 75_882_476, 700.959, 726.048),
        ("large-no-squeeze", 161_298_148, 160_496_876, 830.898, 857.131),
    ],
)
def test_counts_are_the_reference_counts(
    name: str, parameters: int, parameters_paper: int, macs_paper: float, macs: float
) -> None:
    """Parameters and MACs at 512x768 are the reference's in both conventions (MACs in 10^9)."""
    found = complexity(zoo.ZOO[name])
    assert found.parameters == parameters
    assert found.parameters_paper == parameters_paper
    half_a_digit = 0.0005 + 1e-9
    assert found.macs_paper / 1e9 == pytest.approx(macs_paper, rel=0, abs=half_a_digit)
    assert found.macs / 1e9 == pytest.approx(macs, rel=0, abs=half_a_digit)


@pytest.mark.parametrize(("slices", "parameters_paper", "macs_paper"), [(10, 63.02, 252.61), (5, 46.56, 227.34)])
def test_swin_only_is_not_the_papers_swint_charm(slices: int, parameters_paper: float, macs_paper: float) -> None:
    """Neither number of slices gives the 60.55 M and 230.37 G that Table 1 prints; what they give is in zoo.py."""
    found = complexity(zoo.config("swin-only", slices=slices))
    assert found.parameters_paper / 1e6 == pytest.approx(parameters_paper, rel=0, abs=0.005)
    assert found.macs_paper / 1e9 == pytest.approx(macs_paper, rel=0, abs=0.005)
    text = " ".join((zoo.__doc__ or "").split())
    assert f"{parameters_paper:.2f} M" in text
    assert f"{macs_paper:.2f} G" in text


def test_macs_grow_with_the_picture() -> None:
    """Twice the image is twice the work, for the convolutional and for the raster-order model."""
    for config in (zoo.config("conv", channels=32, latent=32, slices=4, hyper=16), zoo.config("medium-spatial")):
        one, two = complexity(config, 256, 256), complexity(config, 256, 512)
        assert two.macs == 2 * one.macs > 0
        assert two.macs_paper == 2 * one.macs_paper > 0
