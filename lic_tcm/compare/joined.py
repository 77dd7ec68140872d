"""One method in several files of a point each, as CompressAI's tools write one file for each quality."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from lic_tcm.compare.series import UserSeries
from lic_tcm.errors import UserError
from lic_tcm.layout import point as spelled
from lic_tcm.rd.curves import RDCurve

OTHERWISE = "if they are several methods, name each by its JSON's name or a column method"


def joined(series: Sequence[UserSeries]) -> list[UserSeries]:
    """The series of all files, those of one name that have one point each made one, in the first one's place.

    Raises UserError where such points are no rising curve, or images have one point's name twice.
    """
    found: list[UserSeries] = []
    for one in series:
        same = [other for other in series if other.name == one.name]
        if len(same) == 1 or not all(_points(other) == 1 for other in same):
            found.append(one)
        elif one is same[0]:
            found.append(_join(same))
    return found


def _points(one: UserSeries) -> int:
    if one.images:
        return len({row.point for row in one.images})
    return max(len(curve.bpp) for curve in one.curves)


def _join(parts: Sequence[UserSeries]) -> UserSeries:
    files = ", ".join(one.source for one in parts)
    try:
        whole = _of_images(parts) if all(one.images for one in parts) else _of_curves(parts)
    except UserError as error:
        raise UserError(f"{files} are all {parts[0].name!r} and have one point each: {error}; {OTHERWISE}") from error
    logging.info("%s: one method %r, a point each", files, whole.name)
    return replace(whole, more=tuple(one.source for one in parts[1:]))


def _of_images(parts: Sequence[UserSeries]) -> UserSeries:
    points = [one.images[0].point for one in parts]
    twice = next((point for point in points if points.count(point) > 1), None)
    if twice is not None:
        raise UserError(f"point {spelled(twice)} comes twice; give each file its own")
    _check_alike(parts)
    return replace(parts[0], images=tuple(row for one in parts for row in one.images))


def _of_curves(parts: Sequence[UserSeries]) -> UserSeries:
    """Curves of the metrics that all parts have."""
    if any(one.images for one in parts):
        raise UserError("some are rows of images and some are not")
    _check_alike(parts)
    groups = [[curve for one in parts for curve in one.curves if curve.metric == metric] for metric in _common(parts)]
    if not groups:
        raise UserError("they have no metric in common")
    return replace(parts[0], curves=tuple(_curve(group) for group in groups))


def _common(parts: Sequence[UserSeries]) -> list[str]:
    return [metric for metric in parts[0].metrics() if all(metric in one.metrics() for one in parts)]


def _curve(group: Sequence[RDCurve]) -> RDCurve:
    if len({curve.average for curve in group}) > 1:
        raise UserError(f"{group[0].metric} is averaged over images in two ways")
    bpp = tuple(rate for curve in group for rate in curve.bpp)
    return replace(group[0], bpp=bpp, distortion=tuple(place for curve in group for place in curve.distortion))


def _check_alike(parts: Sequence[UserSeries]) -> None:
    if len({(one.psnr_reference, one.given) for one in parts}) > 1:
        raise UserError("they differ in psnr_reference or given")
