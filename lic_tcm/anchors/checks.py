"""Checks of images and options that every codec makes, with one wording."""

from collections.abc import Sequence

import numpy as np

from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.anchors.hints import choose


def check_image(name: str, image: UInt8Image) -> None:
    """Raise CodecError unless `image` is a non-empty uint8 array (H, W, 3)."""
    if not isinstance(image, np.ndarray):
        raise CodecError(f"{name} codes numpy arrays, not {type(image).__name__}: pass uint8 RGB (H, W, 3)")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        got = f"{image.dtype} {image.shape}"
        raise CodecError(f"{name} codes uint8 RGB images (H, W, 3), not {got}: convert the image first")


def check_sides(name: str, image: UInt8Image, most: int) -> None:
    """Raise CodecError for an image with a side above what a format or its encoder allows."""
    height, width = image.shape[:2]
    if max(height, width) > most:
        raise CodecError(f"{name} codes sides of at most {most} pixels, not {width}x{height}: cut the image")


def check_choice(name: str, option: str, value: object, choices: Sequence[object]) -> None:
    """Raise CodecError unless the option's value is one of the choices (1 is not True, "1" is not 1)."""
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        names = [choice if isinstance(choice, str) else repr(choice) for choice in choices]
        raise CodecError(f"{name}: option {option} is {value!r}: {choose(value, names)}")


def check_integer(name: str, option: str, value: object, low: int, high: int) -> None:
    """Raise CodecError unless the option's value is a whole number from low to high."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise CodecError(f"{name}: option {option} is {value!r}: choose a whole number from {low} to {high}")


def check_timeout(name: str, value: object) -> None:
    """Raise CodecError unless the option timeout is a positive number of seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise CodecError(f"{name}: option timeout is {value!r}: choose a positive number of seconds")
