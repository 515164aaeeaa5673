"""Pictures as the planes that video takes: yuv420p, BT.709, limited range."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Plane: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]

_RED, _BLUE = 0.2126, 0.0722
_GREEN = 1 - _RED - _BLUE
"""Shares of brightness (ITU-R BT.709-6)."""


def from_rgb(picture: Floats) -> tuple[Plane, Plane, Plane]:
    """Y, U, V of an RGB picture, shape (height, width, 3), even sides; U and V are half as wide and high."""
    red, green, blue = (picture[..., at] for at in range(3))
    bright = _RED * red + _GREEN * green + _BLUE * blue
    luma = 16 + bright * (219 / 255)
    blueness = 128 + halved(blue - bright) * (224 / 255 / (2 - 2 * _BLUE))
    redness = 128 + halved(red - bright) * (224 / 255 / (2 - 2 * _RED))
    return _bytes(luma), _bytes(blueness), _bytes(redness)


def to_rgb(luma: Plane, blueness: Plane, redness: Plane) -> npt.NDArray[np.uint8]:
    """The RGB picture of three planes, shape (height, width, 3)."""
    bright = (luma.astype(np.float32) - 16) * (255 / 219)
    blue = bright + _doubled(blueness) * ((2 - 2 * _BLUE) * 255 / 224)
    red = bright + _doubled(redness) * ((2 - 2 * _RED) * 255 / 224)
    green = (bright - _RED * red - _BLUE * blue) / _GREEN
    return _bytes(np.stack([red, green, blue], axis=2))


def halved(plane: Floats) -> Floats:
    """Means of two by two samples."""
    tall, wide = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    even = plane[:tall, :wide]
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4, dtype=np.float32)


def _doubled(plane: Plane) -> Floats:
    return np.repeat(np.repeat(plane.astype(np.float32) - 128, 2, axis=0), 2, axis=1)


def _bytes(values: Floats) -> npt.NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
