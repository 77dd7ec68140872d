"""Any image model with CompressAI's interface, from trained weights in any form people have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lic_tcm.anchors import networks, sources
from lic_tcm.anchors.checks import check_choice, check_integer
from lic_tcm.anchors.codec import ANY_POINT, CodecError, QualityRange
from lic_tcm.anchors.network_codec import NetworkCodec
from lic_tcm.anchors.options import Table, check_text, point_text
from lic_tcm.anchors.pretrained import Pretrained

POINT = "{point}"


@dataclass(frozen=True)
class CompressAI(NetworkCodec):
    """One of CompressAI's architectures, or a class of your own, with its checkpoints or with CompressAI's weights.

    Weights are read as tensors, never as code (checkpoint_files.py). The tables of the entropy coder are made of them
    by `update()`, as CompressAI's evaluation does, unless `update` is false and the file has some; CompressAI's own
    weights keep theirs. Streams are those of `compress`, framed (network_codec.py).
    """

    architecture: str = ""  # of CompressAI's image models: mbt2018-mean, cheng2020-anchor, ...
    class_: str = ""  # instead: "package.module:Model"; "Model" beside a path
    path: str = ""  # of that class's file, where it cannot be imported
    arguments: Table = Table()  # noqa: RUF009  of the class (nobody may change a Table)
    checkpoints: str | Table = ""  # {point: file}, or a path with {point} in it; empty: CompressAI's weights by quality
    key: str = ""  # where the weights lie in the file, where it holds several networks
    point_as: str = ""  # of models of variable rate, one file for all points: their argument, "s" or "inputscale"
    update: bool = True
    multiple: int = 64  # pixels a side, to which images are padded
    metric: str = "mse"  # of CompressAI's weights
    folder: str = ""  # of CompressAI's weights; empty: torch's cache, filled from CompressAI's server
    check_hash: bool = True  # that a file of theirs has the SHA-256 its name begins to spell
    threads: int = 1

    name: ClassVar[str] = "compressai"
    label: ClassVar[str] = "CompressAI model"
    quality_range: ClassVar[QualityRange] = ANY_POINT

    def __post_init__(self) -> None:
        for option in ("architecture", "key", "point_as"):
            check_text(self.name, option, getattr(self, option), "give a name")
        check_text(self.name, "folder", self.folder, "give a path")
        check_choice(self.name, "metric", self.metric, ("mse", "ms-ssim"))
        for option in ("check_hash", "update"):
            check_choice(self.name, option, getattr(self, option), (True, False))
        check_integer(self.name, "multiple", self.multiple, 1, 4096)
        check_integer(self.name, "threads", self.threads, 1, 256)
        if not isinstance(self.arguments, Table):
            raise CodecError(f"{self.name}: option arguments is {self.arguments!r}: give a table of keyword arguments")
        if self.class_ != "" or self.path != "":
            sources.check_reference(self.name, self.class_, self.path)
        if bool(self.architecture) == bool(self.class_):
            raise CodecError(
                f"{self.name}: option architecture is {self.architecture!r}, class {self.class_!r}: give one of them"
            )
        self._check_checkpoints()

    def check_points(self, points: Sequence[float]) -> None:
        """Find the class, and the file of every point."""
        networks.class_of(self._source())
        for point in points:
            if self.checkpoints:
                self._file(point)
            else:
                self._pretrained().at_hand(point)
        if len(points) > 1 and self._is_one_file() and not self.point_as:
            raise CodecError(
                f"{self.name}: option checkpoints is {self.checkpoints!r}, one file for {len(points)} points: write "
                "{point} in it, a file for each, or say with point_as how a model of variable rate takes the point"
            )

    def weights_at_hand(self, quality: float) -> Path | None:
        """The checkpoint of a point, where it is there; None for CompressAI's own, which do not change."""
        if not self.checkpoints:
            return self._pretrained().at_hand(quality)
        try:
            return self._file(quality)
        except CodecError:
            return None

    def is_downloaded(self, quality: float) -> bool:  # noqa: ARG002  (of every point alike)
        """Whether CompressAI's server is where the weights come from."""
        return not self.checkpoints and not self.folder

    def files_at_hand(self, quality: float) -> tuple[Path, ...]:  # noqa: ARG002  (of every point alike)
        """The files of the class."""
        return tuple(self._sources())

    def version(self) -> str:
        """As of every network, and whether CompressAI's weights were checked."""
        unverified = not self.checkpoints and not self.check_hash
        return super().version() + (", unverified weights" if unverified else "")

    def _check_checkpoints(self) -> None:
        value = self.checkpoints
        if isinstance(value, Table) and value and all(isinstance(path, str) and path for path in value.values()):
            try:
                points = [float(point) for point in value]
            except ValueError as error:
                raise CodecError(f"{self.name}: option checkpoints: {error}: its keys are points, numbers") from error
            if len(set(points)) < len(points):
                raise CodecError(f"{self.name}: option checkpoints has a point twice: {', '.join(value)}: keep one")
        elif not isinstance(value, str) or (self.class_ and not value):
            raise CodecError(
                f"{self.name}: option checkpoints is {value!r}: give a table {{point: file}}, or a path with {{point}}"
            )

    def _source(self) -> networks.Source:
        return networks.Source(
            self.name,
            self.architecture,
            self.class_,
            self.path,
            self.arguments,
            self.key,
            update=self.update and bool(self.checkpoints),
            point_as=self.point_as,
        )

    def _file(self, point: float) -> Path:
        if not self.checkpoints:
            return self._pretrained().fetched(point)
        if isinstance(self.checkpoints, Table):
            found = {float(key): path for key, path in self.checkpoints.items()}
            if point not in found:
                raise CodecError(
                    f"{self.name}: option checkpoints has no file for the point {point_text(point)}; "
                    f"there are {', '.join(self.checkpoints)}"
                )
            path = Path(found[point])
        else:
            path = Path(self.checkpoints.replace(POINT, point_text(point)))
        if not path.is_file():
            raise CodecError(f"{self.name}: there is no checkpoint {path}: correct the option checkpoints")
        return path

    def _is_one_file(self) -> bool:
        return isinstance(self.checkpoints, str) and bool(self.checkpoints) and POINT not in self.checkpoints

    def _pretrained(self) -> Pretrained:
        return Pretrained(self.name, self.architecture, self.metric, self.folder, self.check_hash)

    def _family(self) -> str:
        return f"{self.name} {self.architecture or self.class_}"
