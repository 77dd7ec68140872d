"""Named networks: the paper's models and every ablation, one entry each.

Section 4.1.3 of the paper gives five slices to all models with attention modules; those without keep the ten of Minnen
and Singh 2020. That its figures 13 and 14 follow this rule, and that w/o SWAtten then has ten slices, is our reading.

Of `swin-only` the paper's Table 1 prints 60.55 M parameters and 230.37 G MACs (SwinT-ChARM, the authors' own
reproduction, 512x768). By the same convention ours has 63.02 M and 252.61 G with ten slices, 4.1 % and 9.7 % more, and
46.56 M and 227.34 G with five, 23.1 % and 1.3 % less. No number of slices fits both: their transforms differ from Zhu
2022's appendix A2, which ours follow, in something the paper does not say. The parameters decide for ten.
"""

import dataclasses
import re
from typing import Any

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.nn.model import Config, Model

_MEDIUM = Config()
_CONV = Config(main_path="conv", hyper_path="conv", slices=10, attention="none")  # Minnen & Singh 2020
_CONV_SWATTEN = dataclasses.replace(_CONV, slices=5, attention="swatten")
_SWIN = Config(channels=128, main_path="swin-only", hyper_path="swin-only", slices=10, attention="none")  # Zhu 2022

ZOO: dict[str, Config] = {
    # Table 1
    "small": Config(channels=128),
    "medium": _MEDIUM,
    "large": Config(channels=256),
    "large-no-squeeze": Config(channels=256, squeeze=None),
    # small and quick, for the demo
    "nano": Config(channels=32, latent=96, hyper=48, slices=3, squeeze=32, context_widths=(48, 32)),
    # Figure 10a: transforms, without attention
    "medium-no-attention": Config(slices=10, attention="none"),
    "conv-only": Config(main_path="conv-only", hyper_path="conv-only", slices=10, attention="none"),
    "swin-only": _SWIN,
    "conv": _CONV,
    # Figures 10b, 10c: attention in the entropy model
    "medium-swatten-no-squeeze": Config(squeeze=None),
    "medium-nonlocal": Config(attention="nonlocal", squeeze=None),
    "medium-local": Config(attention="local", squeeze=None),
    "medium-watten": Config(attention="watten", squeeze=None),
    # Figure 12: main paths with the spatial entropy model of Minnen 2018
    "medium-spatial": Config(context="spatial", attention="none"),
    "swin-spatial": dataclasses.replace(_SWIN, context="spatial"),
    "cheng-spatial": Config(latent=192, main_path="cheng", hyper_path="cheng", context="spatial", attention="none"),
    # Figures 13, 14: slices, and parts of SWAtten, on the convolutional transforms
    "conv-swatten": _CONV_SWATTEN,
    **{f"conv-swatten-s{n}": dataclasses.replace(_CONV_SWATTEN, slices=n) for n in (2, 4, 8, 10)},
    "conv-swatten-no-cnn": dataclasses.replace(_CONV_SWATTEN, attention="swatten-no-cnn"),
    "conv-swatten-no-swin": dataclasses.replace(_CONV_SWATTEN, attention="local"),
}
FIELDS = tuple(field.name for field in dataclasses.fields(Config))


# The authors' parameter names and ours: (pattern, replacement), every one applied.
AUTHORS_KEYS: tuple[tuple[str, str], ...] = (
    (r"^module\.", ""),  # saved from DataParallel
    (r"^entropy_bottleneck\._matrix(\d)$", r"entropy_bottleneck.matrices.\1"),  # CompressAI before 1.2.5
    (r"^entropy_bottleneck\._bias(\d)$", r"entropy_bottleneck.biases.\1"),
    (r"^entropy_bottleneck\._factor(\d)$", r"entropy_bottleneck.factors.\1"),
    (r"^(atten_(?:mean|scale)\.\d+)\.0\.", r"context.\1."),
    (r"^(cc_mean|cc_scale|lrp)_transforms\.", r"context.\1_transforms."),
)


def our_key(authors_key: str) -> str:
    """Return our name of a parameter or buffer of the authors' checkpoints.

    >>> our_key("module.atten_mean.0.0.in_conv.weight")
    'context.atten_mean.0.in_conv.weight'
    """
    for pattern, replacement in AUTHORS_KEYS:
        authors_key = re.sub(pattern, replacement, authors_key)
    return authors_key


def config(name: str, **overrides: Any) -> Config:
    """Return a named config, some of its fields replaced.

    Raises UserError for an unknown name or field, listing the allowed ones, and for values that do not fit.
    """
    if name not in ZOO:
        raise UserError(f"there is no model named {name!r}; {choose(name, ZOO)}")
    unknown = sorted(set(overrides) - set(FIELDS))
    if unknown:
        raise UserError(f"a model has no field {unknown[0]!r}; {choose(unknown[0], FIELDS)}")
    return dataclasses.replace(ZOO[name], **overrides)


def build(name: str, **overrides: Any) -> Model:
    """Return a named model with fresh weights; errors as `config`."""
    return Model(config(name, **overrides))
