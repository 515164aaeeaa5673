"""Backgrounds and marks, drawn from recipes in assets/backgrounds: quiet geometry that fades where words stand."""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin
from typing import Annotated, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from pydantic import BaseModel, ConfigDict, Field

from campaigns.paths import shipped
from campaigns.studio.recipes import read

Coverage: TypeAlias = npt.NDArray[np.float32]
"""How much of each pixel is inked, 0 to 1; shape (height, width)."""
Colour: TypeAlias = tuple[int, int, int]
Fade: TypeAlias = Literal["corners", "ends", "foot"]

_FINE = 4  # drawn this many times larger, then reduced


class Star(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["star"]
    points: int = Field(ge=3, le=24)
    outer: float
    inner: float
    turn: float = 0.0

    def outline(self) -> list[tuple[float, float]]:
        step = 180 / self.points
        corners = [
            (self.inner if at % 2 else self.outer, radians(self.turn + at * step)) for at in range(2 * self.points + 1)
        ]
        return [(radius * cos(angle), radius * sin(angle)) for radius, angle in corners]


class Arc(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["arc"]
    radius: float
    start: float = Field(alias="from")
    end: float = Field(alias="to")

    def outline(self) -> list[tuple[float, float]]:
        angles = np.radians(np.linspace(self.start, self.end, 49))
        return [(self.radius * float(np.cos(angle)), self.radius * float(np.sin(angle))) for angle in angles]


class Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    period: tuple[float, float]
    centres: tuple[tuple[float, float], ...]
    figures: tuple[Annotated[Star | Arc, Field(discriminator="kind")], ...]


def pattern(name: str, width: int, height: int, *, cell: float, stroke: float) -> Coverage:
    """The pattern over a whole picture; `cell` and `stroke` in pixels."""
    tile = _tile(name, cell, stroke)
    down, across = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    return np.tile(tile, (down, across))[:height, :width]


def drifting(name: str, width: int, height: int, *, cell: float, stroke: float) -> list[Coverage]:
    """The pattern at four heights, a quarter of a pixel apart, each tall enough to be moved by two periods."""
    fine = _fine_tile(name, cell, stroke)
    tiles = [_reduced(np.roll(fine, -step, axis=0)) for step in range(_FINE)]
    tall = height + 2 * tiles[0].shape[0] + 4
    down, across = -(-tall // tiles[0].shape[0]), -(-width // tiles[0].shape[1])
    return [np.tile(tile, (down, across))[:tall, :width] for tile in tiles]


def period(name: str, cell: float) -> int:
    """Pixels after which the pattern repeats downwards."""
    return _tile_size(_recipe(name), cell)[1]


@lru_cache(maxsize=32)
def _tile(name: str, cell: float, stroke: float) -> Coverage:
    return _reduced(_fine_tile(name, cell, stroke))


def _fine_tile(name: str, cell: float, stroke: float) -> npt.NDArray[np.uint8]:
    recipe = _recipe(name)
    wide, high = (side * _FINE for side in _tile_size(recipe, cell))
    sheet = Image.new("L", (wide, high))
    pen = ImageDraw.Draw(sheet)
    scale_x, scale_y = wide / recipe.period[0], high / recipe.period[1]
    for x, y in _repeated(recipe):
        for figure in recipe.figures:
            points = [(round((x + dx) * scale_x), round((y + dy) * scale_y)) for dx, dy in figure.outline()]
            pen.line(points, fill=255, width=max(1, round(stroke * _FINE)), joint="curve")
    return np.asarray(sheet)


def _reduced(fine: npt.NDArray[np.uint8]) -> Coverage:
    high, wide = fine.shape[0] // _FINE, fine.shape[1] // _FINE
    parts = fine.reshape(high, _FINE, wide, _FINE).astype(np.float32)
    return np.asarray(parts.mean(axis=(1, 3)) / 255, dtype=np.float32)


def _recipe(name: str) -> Recipe:
    return read(shipped("assets") / "backgrounds" / f"{name}.yaml", Recipe)


def _tile_size(recipe: Recipe, cell: float) -> tuple[int, int]:
    return max(2, round(recipe.period[0] * cell)), max(2, round(recipe.period[1] * cell))


def _repeated(recipe: Recipe) -> list[tuple[float, float]]:
    """Centres with their neighbours in the eight periods around, so that figures cross the edges."""
    wide, high = recipe.period
    around = [(dx * wide, dy * high) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return sorted({(round(x + dx, 6), round(y + dy, 6)) for x, y in recipe.centres for dx, dy in around})


def fade(kind: Fade, width: int, height: int, *, mirrored: bool) -> Coverage:
    """Where the pattern shows: 1 at its place, 0 where words stand. `mirrored` for right-to-left pictures."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = (x + 0.5) / width, (y + 0.5) / height
    if mirrored:
        x = 1 - x
    reach = min(width, height)
    if kind == "corners":
        top = _near((1 - x) * width, y * height, 0.56 * reach)
        bottom = _near(x * width, (1 - y) * height, 0.56 * reach)
        return np.maximum(top, bottom)
    if kind == "ends":
        return np.asarray(_smooth(1 - np.minimum(y, 1 - y) * height / (0.30 * reach)), dtype=np.float32)
    return np.asarray(_smooth(1 - (1 - y) * height / (0.52 * reach)), dtype=np.float32)


def _near(dx: Coverage, dy: Coverage, reach: float) -> Coverage:
    return _smooth((1 - np.hypot(dx, dy) / reach).astype(np.float32))


def _smooth(ramp: Coverage) -> Coverage:
    held = np.clip(ramp, 0, 1)
    return np.asarray(held * held * (3 - 2 * held), dtype=np.float32)


def wash(near: Colour, far: Colour, width: int, height: int) -> npt.NDArray[np.float32]:
    """A ground that is lightest above the middle and falls off softly; RGB, with grain against banding.

    Only its brightness changes, never its hue: networks keep so few steps of hue that a change shows as rings.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot((x / width - 0.5) * 0.9, y / height - 0.42) / 0.75
    middle = (np.asarray(near, np.float32) + np.asarray(far, np.float32)) / 2
    span = np.float32(_brightness(near) - _brightness(far))
    grain = np.random.default_rng(1).random((height, width), dtype=np.float32) - 0.5
    light = (0.5 - _smooth(away.astype(np.float32))) * span + grain
    return np.asarray(middle + light[..., None], dtype=np.float32)


def _brightness(colour: Colour) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def blend(ground: npt.NDArray[np.float32], colour: Colour, coverage: Coverage) -> npt.NDArray[np.float32]:
    share = coverage[..., None]
    return np.asarray(ground * (1 - share) + np.asarray(colour, np.float32) * share, dtype=np.float32)


def star(size: int, *, stroke: float) -> Image.Image:
    """The outline of an eight-pointed star, `size` pixels wide, as coverage."""
    radius = size / 2 - stroke / 2 - 0.5
    figure = Star(kind="star", points=8, outer=radius, inner=radius * 0.7654, turn=22.5)
    return _outlines(size, [figure.outline()], stroke)


def khatam(size: int, *, stroke: float) -> Image.Image:
    """The mark of the house: two squares, one turned, and a point in the middle; as coverage."""
    radius = size / 2 - stroke / 2 - 0.5
    squares = [
        [(radius * cos(radians(turn + 90 * at)), radius * sin(radians(turn + 90 * at))) for at in range(5)]
        for turn in (0, 45)
    ]
    point = Star(kind="star", points=8, outer=size * 0.11, inner=size * 0.11, turn=0)
    return _outlines(size, squares, stroke, filled=point.outline())


def _outlines(
    size: int,
    outlines: list[list[tuple[float, float]]],
    stroke: float,
    filled: list[tuple[float, float]] | None = None,
) -> Image.Image:
    """Closed lines about the middle of a square sheet, reduced from eight times the size."""
    sheet = Image.new("L", (size * 8, size * 8))
    pen = ImageDraw.Draw(sheet)
    for outline in outlines:
        points = [((size / 2 + x) * 8, (size / 2 + y) * 8) for x, y in outline]
        pen.line([*points, points[1]], fill=255, width=round(stroke * 8), joint="curve")
    if filled:
        pen.polygon([((size / 2 + x) * 8, (size / 2 + y) * 8) for x, y in filled], fill=255)
    return sheet.resize((size, size), Image.Resampling.BOX)


def pill(width: int, height: int, *, stroke: float) -> Image.Image:
    """The outline of a label with round ends, as coverage."""
    sheet = Image.new("L", (width * _FINE, height * _FINE))
    ImageDraw.Draw(sheet).rounded_rectangle(
        (1, 1, width * _FINE - 2, height * _FINE - 2),
        radius=height * _FINE // 2,
        outline=255,
        width=round(stroke * _FINE),
    )
    return sheet.resize((width, height), Image.Resampling.BOX)
