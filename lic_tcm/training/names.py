"""What the networks of ablations are called: a network and the seed it was trained with, or an entropy model alone.

Without torch, since configurations are checked by these names.
"""

from lic_tcm.errors import UserError

SEED_MARK = "-seed"

# Entropy models that are trained on frozen transforms, and the networks of lic_tcm.nn.zoo whose entropy model they are.
# Such networks differ in their transforms only, so frozen ones make them one.
ENTROPY_MODELS: dict[str, tuple[str, ...]] = {
    "no-attention": ("medium-no-attention", "conv"),
    "swatten": ("medium", "conv-swatten"),
    "swatten-no-squeeze": ("medium-swatten-no-squeeze",),
    "swatten-no-cnn": ("conv-swatten-no-cnn",),
    "swatten-no-swin": ("conv-swatten-no-swin",),
    "swatten-s2": ("conv-swatten-s2",),
    "swatten-s4": ("conv-swatten-s4",),
    "swatten-s8": ("conv-swatten-s8",),
    "swatten-s10": ("conv-swatten-s10",),
    "local": ("medium-local",),
    "watten": ("medium-watten",),
    "nonlocal": ("medium-nonlocal",),
}


def seeded(network: str, seed: int) -> str:
    """Name of a network trained with a seed."""
    return f"{network}{SEED_MARK}{seed}"


def split_seed(name: str) -> tuple[str, int | None]:
    """The network and the seed in a name; None for a name without a seed.

    >>> split_seed(seeded("conv-swatten-s2", 1)), split_seed("medium")
    (('conv-swatten-s2', 1), ('medium', None))
    """
    network, mark, seed = name.rpartition(SEED_MARK)
    return (network, int(seed)) if mark and seed.isdigit() else (name, None)


def entropy_model(network: str) -> str:
    """The entropy model of a network, as it is called on frozen transforms; raises UserError where there is none."""
    found = [name for name, networks in ENTROPY_MODELS.items() if network in networks]
    if not found:
        raise UserError(
            f"the network {network!r} is compared for its transforms, which the frozen protocol does not train; "
            "leave its figure out of the budget's figures, or choose another budget"
        )
    return found[0]
