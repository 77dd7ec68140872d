"""Learned codecs of CompressAI's model zoo: Ballé 2018, Minnen 2018 and Cheng 2020, real bitstreams.

They are the codec `compressai` with an architecture and CompressAI's weights, under names of their own: their points
are the zoo's qualities, and the CDFs are those stored in the weights.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lic_tcm.anchors.checks import check_choice, check_integer
from lic_tcm.anchors.codec import CodecError, QualityRange
from lic_tcm.anchors.network_codec import NetworkCodec
from lic_tcm.anchors.networks import Source
from lic_tcm.anchors.pretrained import Pretrained


@dataclass(frozen=True)
class ZooCodec(NetworkCodec):
    """What the models share: they differ in name and number of qualities only."""

    metric: str = "mse"
    folder: str = ""  # of downloaded weight files; empty: torch's cache, filled from CompressAI's server
    check_hash: bool = True  # that a file has the SHA-256 its name begins to spell; False for weights of your own
    threads: int = 1

    name: ClassVar[str]
    label: ClassVar[str]
    quality_range: ClassVar[QualityRange]
    multiple: ClassVar[int] = 64  # type: ignore[misc]  # pixels a side per sample of z

    def __post_init__(self) -> None:
        check_choice(self.name, "metric", self.metric, ("mse", "ms-ssim"))
        check_choice(self.name, "check_hash", self.check_hash, (True, False))
        check_integer(self.name, "threads", self.threads, 1, 256)
        if not isinstance(self.folder, str):
            raise CodecError(f"{self.name}: option folder is {self.folder!r}: give a path")

    def version(self) -> str:
        """As of every network, and whether the weights are CompressAI's."""
        return super().version() + ("" if self.check_hash else ", unverified weights")

    def weights_at_hand(self, quality: float) -> Path | None:
        """The file in `folder`, or in torch's cache where files are not checked against their names; else None."""
        return self._pretrained().at_hand(self.quality_range.check(self.name, quality))

    def is_downloaded(self, quality: float) -> bool:  # noqa: ARG002  (of every point alike)
        """Whether CompressAI's server is where the weights come from."""
        return not self.folder

    def _source(self) -> Source:
        return Source(self.name, self.name)

    def _file(self, point: float) -> Path:
        return self._pretrained().fetched(point)

    def _family(self) -> str:
        return f"{self.name} {self.metric}"

    def _pretrained(self) -> Pretrained:
        return Pretrained(self.name, self.name, self.metric, self.folder, self.check_hash)


@dataclass(frozen=True)
class Bmshj2018Hyperprior(ZooCodec):
    """Ballé, Minnen, Singh, Hwang, Johnston 2018: a scale hyperprior."""

    name: ClassVar[str] = "bmshj2018-hyperprior"
    label: ClassVar[str] = "Ballé 2018"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 8, "quality")


@dataclass(frozen=True)
class Mbt2018(ZooCodec):
    """Minnen, Ballé, Toderici 2018: a hyperprior and an autoregressive context; serial, slow."""

    name: ClassVar[str] = "mbt2018"
    label: ClassVar[str] = "Minnen 2018"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 8, "quality")


@dataclass(frozen=True)
class Cheng2020Attn(ZooCodec):
    """Cheng, Sun, Takeuchi, Katto 2020 with attention, as CompressAI trained it; serial, slow."""

    name: ClassVar[str] = "cheng2020-attn"
    label: ClassVar[str] = "Cheng 2020"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 6, "quality")
