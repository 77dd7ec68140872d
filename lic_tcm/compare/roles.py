"""What a column of a user's file is: one table of the names people write for rate, metrics, image, method and so on."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lic_tcm import metrics
from lic_tcm.compare.problems import Problems, Table, is_number

# Role -> names of it as `plain` writes them. The first is the role's own, which comes before the others of a file.
ROLES: Mapping[str, tuple[str, ...]] = {
    "bpp": ("bpp", "rate-bpp", "bitrate-bpp", "bit-rate-bpp", "bpp-rate", "bits-per-pixel", "bit-per-pixel"),
    "image": (
        *("image", "img", "img-name", "imgname", "image-name", "imagename", "image-id", "imageid", "image-file"),
        *("image-path", "img-path", "filename", "file-name", "file", "path", "seq-name", "seqname", "sequence"),
        *("sequence-name", "picture", "instance-id"),
    ),
    "method": ("method", "model", "codec", "algorithm", "approach", "network", "architecture", "arch", "compressor"),
    "point": ("point", "quality", "quality-level", "q", "qp", "qf", "crf", "lambda", "lmbda", "rd-lambda", "level"),
    "dataset": ("dataset", "data-set"),
    "height": ("height",),
    "width": ("width",),
    "num_bytes": ("num-bytes", "bytes", "size-bytes", "stream-bytes", "file-size-bytes", "bytes-per-image"),
    "kbps": ("kbps", "rate-kbps", "bitrate-kbps", "bit-rate-kbps", "kbit-s"),
    "fps": ("fps", "frame-rate", "framerate"),
}
NO_UNIT = frozenset({"rate", "bitrate", "bit-rate", "avg-rate", "size", "filesize", "file-size"})  # of the rate
LAMBDAS = frozenset({"lambda", "lmbda", "rd-lambda"})  # names of a point that say what it is
EITHER = "name"  # an image beside a point, else a method
PICKED = ("image", "method", "point", "dataset")  # roles of which a file may have several candidates
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".ppm", ".webp", ".yuv")
MEANS = frozenset({"average", "avg", "mean", "overall", "all", "std"})  # what a line of the others' mean is called
FILLERS = frozenset({"avg", "mean", "rgb"})  # words that change nothing in the name of a quantity


def is_mean(cell: str) -> bool:
    """Whether a cell says that its line is made of the others."""
    return plain(cell) in MEANS


@dataclass(frozen=True)
class Found:
    """What a column is."""

    role: str
    percent: bool = False


def plain(column: str) -> str:
    """A column's name in lower case, words joined by "-"; a unit is a word.

    >>> plain("PSNR [dB]"), plain("Rate (bpp)"), plain("MS_SSIM (%)"), plain("LPIPS ↓")
    ('psnr-db', 'rate-bpp', 'ms-ssim-percent', 'lpips')
    """
    return re.sub(r"[^a-z0-9]+", "-", column.lower().replace("%", " percent ")).strip("-")


def role_of(column: str) -> Found | None:
    """What a column is by its name alone: a role of ROLES, a metric by name, its axis by `axis_key`.

    >>> role_of("img_name"), role_of("MS-SSIM-dB-RGB"), role_of("comment")
    (Found(role='image', percent=False), Found(role='ms-ssim-db', percent=False), None)
    """
    name, known = plain(column), _known()
    if name in known:
        return Found(known[name])
    words = [word for word in name.split("-") if word not in FILLERS]
    percent = bool({"percent", "pct"} & {*words})
    words = [word for word in words if word not in ("percent", "pct", "db")] + ["db"] * ("db" in words)
    role = known.get("-".join(words))
    if percent and (role is None or role not in _shares()):
        return None
    return Found(role, percent) if role in {*distortions(), "bpp"} and role else None


def _known() -> Mapping[str, str]:
    """Every name of ROLES and of the metrics -> what it is a name of."""
    return _known_of(tuple(metrics.names()))


@lru_cache(maxsize=4)
def _known_of(names: tuple[str, ...]) -> Mapping[str, str]:
    found = {name: role for role, names in ROLES.items() for name in names}
    for metric in map(metrics.get, names):
        found |= dict.fromkeys(metric.axis_spellings() if metric.bends else (), metric.axis_key)
        found |= dict.fromkeys(metric.spellings(), metric.name)
    return found


def distortions() -> set[str]:
    """The roles of metrics: values by the metric's name, places on an axis that bends by its `axis_key`."""
    known = list(map(metrics.get, metrics.names()))
    return {one.name for one in known} | {one.axis_key for one in known if one.bends}


def _shares() -> set[str]:
    """The metrics of 0 to 1 that people write in per cent."""
    return {one.name for one in map(metrics.get, metrics.names()) if (one.floor, one.ceiling) == (0, 1)}


# --- the columns of a table ---------------------------------------------------------------------------------------


def assign(table: Table, problems: Problems, images: Collection[str] = ()) -> tuple[list[str], set[str]]:
    """The role of each column, or its own name, and the roles that are in per cent.

    `images` are names of images that a column is known by. What comes twice is a problem; a column that is known by
    another name than its role's is noted, and so is one of text that is not read.
    """
    found = [role_of(column) for column in table.columns]
    names = [one.role if one else column for one, column in zip(found, table.columns, strict=True)]
    percent = {one.role for one in found if one and one.percent}
    names = [_by_content(table, k, name, names, images) for k, name in enumerate(names)]
    names = [_either(table, name, names, problems) for name in names]
    for role in PICKED:
        names = _pick(table, names, role, problems)
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        same = [column for column, one in zip(table.columns, names, strict=True) if one == name]
        if len(set(same)) == 1:
            problems.add(table.where, f"column {same[0]!r} comes twice; keep one")
        else:
            problems.add(table.where, f"{' and '.join(map(repr, same))} are both {name}; keep one")
    taken = [f"{column} as {name}" for column, name in zip(table.columns, names, strict=True) if _renamed(column, name)]
    if taken:
        problems.note(", ".join(taken))
    _check_unread(table, names, problems)
    return names, percent


def _renamed(column: str, name: str) -> bool:
    """Whether a reader may not expect that the column is taken for this."""
    return name in ROLES and name != "bpp" and plain(column) != plain(name)


def _cells(table: Table, k: int) -> list[str]:
    return [cells[k] for _, cells in table.rows]


def _by_content(table: Table, k: int, name: str, names: Sequence[str], images: Collection[str]) -> str:
    """A column of no role whose cells are all names of images is one of images."""
    if "image" in names or name in _roles() or not table.rows:
        return name
    cells = _cells(table, k)
    looks = all(cell.lower().endswith(SUFFIXES) for cell in cells) or (images and all(c in images for c in cells))
    return "image" if looks else name


def _either(table: Table, name: str, names: Sequence[str], problems: Problems) -> str:
    """What a column `name` is: images beside a point, methods where names repeat; a problem where it may be both."""
    if plain(name) != EITHER or {"image", "method"} <= {*names}:
        return name
    if "image" in names:
        keys = [tuple(cells[k] for k, one in enumerate(names) if one in ("image", "point")) for _, cells in table.rows]
        return "method" if len(set(keys)) < len(keys) else name  # what tells no lines apart is but noted
    if "point" not in names and "method" not in names and _repeats(table, names.index(name)):
        return "method"
    if "point" in names or "method" in names:
        return "image"
    if len(table.rows) > 1 and len(set(_cells(table, names.index(name)))) > 1:
        problems.add(
            table.where,
            f"column {name!r} may name images or methods, one on each line; call it image, with a column point, or "
            "method, or remove it",
        )
    return name


def _repeats(table: Table, k: int) -> bool:
    cells = _cells(table, k)
    return len(set(cells)) < len(cells)


def _pick(table: Table, names: list[str], role: str, problems: Problems) -> list[str]:
    """Leave one of several columns of a role: that of the role's own name, else the one that tells lines apart."""
    places = [k for k, name in enumerate(names) if name == role]
    if len(places) < 2:
        return names
    own = [k for k in places if plain(table.columns[k]) == role]
    varied = [k for k in places if len(set(_cells(table, k))) > 1]
    kept = (own or varied or places)[0]
    pairs = {tuple(cells[k] for k in varied) for _, cells in table.rows}
    if not own and any(len(set(_cells(table, k))) != len(pairs) for k in varied):
        said = " or ".join(repr(table.columns[k]) for k in places)
        problems.add(table.where, f"{said} may be the {role}, and they differ; call one {role} and remove the others")
    return [table.columns[k] if k in places and k != kept else name for k, name in enumerate(names)]


def _roles() -> set[str]:
    return {*ROLES, *distortions(), *OTHERS, *(metrics.get(name).average_column for name in metrics.names())}


OTHERS = frozenset({"psnr_reference", "given", "encode_s", "decode_s"})  # columns that are read by their names alone
OURS = frozenset({"dataset", "codec", "images_total"})  # columns by which rows of this suite are known


def _check_unread(table: Table, names: Sequence[str], problems: Problems) -> None:
    """A note for columns of text that are not read; a problem where one would make several curves of the lines."""
    if {*table.columns} >= OURS:
        return
    unread = []
    for k, name in enumerate(names):
        cells = _cells(table, k)
        if (
            name in _roles()
            or plain(name) in NO_UNIT
            or all(is_number(cell) or is_mean(cell) for cell in cells if cell)
        ):
            continue
        unread.append(name)
        if "image" in names or not _splits(table, k, names):
            continue
        some = " and ".join(map(repr, list(dict.fromkeys(cells))[:2]))
        problems.add(
            table.where,
            f"column {name!r} is not read, but has lines of {some}; call it method (a curve for each) or image (with a "
            "column point), or remove it",
        )
    if unread:
        problems.note(f"not read: {', '.join(map(repr, unread))}")


def _splits(table: Table, k: int, names: Sequence[str]) -> bool:
    """Whether the values of a column put lines of one method into groups."""
    method = names.index("method") if "method" in names else None
    groups = [("" if method is None else cells[method], cells[k]) for _, cells in table.rows if not is_mean(cells[k])]
    methods = {group[0] for group in groups}
    return len(methods) < len({*groups}) < len(groups)
