"""Codecs by name."""

import pytest

from lic_tcm import anchors
from lic_tcm.anchors.codec import CodecError


def test_unknown_codec_is_refused_with_the_closest_name():
    """A misspelt codec is answered with its nearest neighbour and the whole list."""
    with pytest.raises(CodecError, match=r"no codec 'wepb'; did you mean 'webp'\? choose one of .*vvenc"):
        anchors.create("wepb")
    with pytest.raises(CodecError, match=r"no codec 'bpg'; choose one of avc, "):
        anchors.create("bpg")


def test_unknown_option_is_refused_with_the_closest_name():
    """A misspelt option is answered with its nearest neighbour and the codec's options."""
    with pytest.raises(CodecError, match=r"hevc has no option 'prest'; did you mean 'preset'\? choose one of preset, "):
        anchors.create("hevc", prest="slow")
