"""Draw a film frame by frame, in the planes that the encoder takes.

What stands still is drawn once. A frame is the standing picture, the pattern moved by a quarter of a pixel, and
the hairline of progress.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from campaigns.studio import layout, ornament, planes, recipes
from campaigns.studio.planes import Plane
from campaigns.studio.storyboard import FPS, SIZES, Film, Scene, timeline
from platforms.contract import Shape

T = TypeVar("T", bound=np.generic)
_CROSSING = 0.64
"""Seconds in which one scene gives way to the next."""


class _Window(NamedTuple):
    """A part of the picture in which the pattern moves; rows and columns are even."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, plane: npt.NDArray[T], halves: int = 1) -> npt.NDArray[T]:
        return plane[self.top // halves : self.bottom // halves, self.left // halves : self.right // halves]


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """A scene as it stands without pattern: three planes, and how far the pattern may change each sample."""

    planes: tuple[Plane, Plane, Plane]
    leeway: tuple[npt.NDArray[np.int16], ...]


class Reel:
    """The film ready to be drawn, frame by frame; the same film gives the same frames.

    `small` is three quarters of the size each way, still as large as Facebook asks of a reel (540 by 960).
    """

    def __init__(self, film: Film, shape: Shape, *, small: bool = False) -> None:
        self.film = film
        self.width, self.height = (side * 3 // 8 * 2 if small else side for side in SIZES[shape])
        self.scenes = timeline(film)
        self.seconds = self.scenes[-1].end
        self.frames = round(self.seconds * FPS)
        self.template = recipes.template("films", "slides")
        ground = layout.choose_ground(self.template, film.title)
        self.sheet = layout.Sheet(
            width=self.width, height=self.height, shape=shape, language=film.language, ground=ground
        )
        self._ground = layout.paint_ground(self.sheet, pattern=False)
        self._standing = [self._draw(scene) for scene in self.scenes]
        self._bare = {name: self._draw(Scene(name, "", 0, 0)) for name in ("slide", "closing")}
        self._buffer = np.empty(self.width * self.height * 3 // 2, dtype=np.uint8)

    def frame(self, number: int) -> memoryview:
        """Frame `number` as yuv420p bytes, BT.709 limited range; valid until the next call."""
        standing = self._at(number / FPS)
        for plane, still in zip(self._planes, standing.planes, strict=True):
            np.copyto(plane, still)
        self._drift(standing, number)
        self._hairline(number)
        return self._buffer.data

    def picture(self, at: float) -> npt.NDArray[np.uint8]:
        """The frame at a moment in RGB, shape (height, width, 3)."""
        self.frame(min(self.frames - 1, int(at * FPS + 1e-6)))
        return planes.to_rgb(*self._planes)

    @cached_property
    def _planes(self) -> tuple[Plane, Plane, Plane]:
        """Views of the buffer: Y, U, V."""
        luma = self.width * self.height
        half = (self.height // 2, self.width // 2)
        return (
            self._buffer[:luma].reshape(self.height, self.width),
            self._buffer[luma : luma * 5 // 4].reshape(half),
            self._buffer[luma * 5 // 4 :].reshape(half),
        )

    def _draw(self, scene: Scene) -> _Standing:
        sheet = replace(self.sheet, verse=scene.name == "verse")
        picture = layout.to_picture(self._ground)
        field = {"title": "title", "closing": "name"}.get(scene.name, "slide")
        fields = {"kicker": self.film.kicker, "handle": self.film.handle, field: scene.words}
        if scene.name == "closing" and not scene.words:
            fields = {}
        layout.draw_scene(picture, sheet, self.template, scene.name, fields, rehearsal=self.film.rehearsal)
        drawn = self._unrounded(np.asarray(picture, dtype=np.float32))
        standing = planes.from_rgb(drawn)
        return _Standing(planes=standing, leeway=self._leeway(standing, drawn))

    def _unrounded(self, drawn: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The picture over the exact ground: rounded to bytes, its hue would flicker between two steps."""
        untouched = (_difference(drawn, self._ground) < 1)[..., None]
        return np.where(untouched, self._ground, drawn)

    def _leeway(
        self, standing: tuple[Plane, Plane, Plane], drawn: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.int16], ...]:
        """For every window and plane, how much a fully inked pattern changes it; nothing under words."""
        inked = np.clip(_difference(drawn, self._ground) / 60, 0, 1)
        room: npt.NDArray[np.float32] = np.asarray(self._fade * (1 - inked), dtype=np.float32)
        line = planes.from_rgb(np.full((2, 2, 3), recipes.house().colour(self.sheet.ground.line), np.float32))
        rooms = (room, planes.halved(room), planes.halved(room))
        found = []
        for window in self._windows:
            for at, (plane, share) in enumerate(zip(standing, rooms, strict=True)):
                halves = 2 if at else 1
                change = int(line[at][0, 0]) - window.of(plane, halves).astype(np.float32)
                change *= window.of(share, halves)
                found.append(np.rint(change).astype(np.int16))
        return tuple(found)

    @cached_property
    def _fade(self) -> ornament.Coverage:
        ground = self.sheet.ground
        shown = ornament.fade(ground.fade, self.width, self.height, mirrored=self.sheet.mirrored)
        return shown * np.float32(ground.strength)

    @cached_property
    def _windows(self) -> tuple[_Window, ...]:
        """The smallest even boxes, one in each half of the picture, outside which the pattern never shows."""
        half = self.height // 4 * 2
        return tuple(
            window
            for top, bottom in ((0, half), (half, self.height))
            if (window := _bounds(self._fade[top:bottom] > 0.004, top))
        )

    @cached_property
    def _patterns(self) -> tuple[tuple[npt.NDArray[np.int16], ...], ...]:
        """By quarter pixel (8 for two whole pixels): luma and chroma coverage, 0 to 128, one period too tall."""
        ground, unit = self.sheet.ground, self.sheet.unit
        steps = ornament.drifting(
            ground.pattern,
            self.width,
            self.height,
            cell=ground.cell * unit,
            stroke=max(1.2, 0.2 * unit),
        )
        shifted = [steps[at % 4][at // 4 :] for at in range(8)]
        return tuple(
            (np.rint(step * 128).astype(np.int16), np.rint(planes.halved(step) * 128).astype(np.int16))
            for step in shifted
        )

    @cached_property
    def _period(self) -> int:
        """Pixels after which the pattern repeats downwards, made even."""
        tall = ornament.period(self.sheet.ground.pattern, self.sheet.ground.cell * self.sheet.unit)
        return tall * (1 + tall % 2)

    def _at(self, moment: float) -> _Standing:
        """The scene that stands at a moment; at its beginning the one before goes first, then its words come."""
        at = next(at for at, scene in enumerate(self.scenes) if moment < scene.end or scene is self.scenes[-1])
        into = (moment - self.scenes[at].start) / _CROSSING
        if at == 0 or into >= 1:
            return self._standing[at]
        bare = self._bare["closing" if self.scenes[at].name == "closing" else "slide"]
        if into < 0.5:
            return _blend(self._standing[at - 1], bare, _eased(2 * into))
        return _blend(bare, self._standing[at], _eased(2 * into - 1))

    def _drift(self, standing: _Standing, number: int) -> None:
        """Add the pattern, a quarter of a pixel higher with every frame."""
        luma, chroma = self._patterns[number % 8]
        down = number // 8 * 2 % self._period
        leeway = iter(standing.leeway)
        for window in self._windows:
            for at, plane in enumerate(self._planes):
                halves = 2 if at else 1
                part = (chroma if at else luma)[down // halves :]
                change = window.of(part, halves) * next(leeway)
                change += 64
                change >>= 7
                target = window.of(plane, halves)
                np.add(target, change, out=target, casting="unsafe")

    def _hairline(self, number: int) -> None:
        """Progress along the foot, from where reading starts."""
        thick = max(2, round(0.5 * self.sheet.unit) // 2 * 2)
        done = (number + 1) / self.frames * self.width
        colour = planes.from_rgb(np.full((2, 2, 3), self.sheet.colour("accent"), np.float32))
        for at, plane in enumerate(self._planes):
            halves = 2 if at else 1
            length = done / halves
            rows = plane[-(thick // halves) :]
            if self.sheet.mirrored:
                rows = rows[:, ::-1]
            value = int(colour[at][0, 0])
            whole = int(length)
            rows[:, :whole] = value
            if whole < rows.shape[1]:
                share = length - whole
                rows[:, whole] = np.rint(rows[:, whole] * (1 - share) + value * share).astype(np.uint8)


def _difference(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The largest difference of the three colours, by pixel. Pairwise: numpy's own maximum over so short an
    axis takes five times as long."""
    apart = np.abs(one - other)
    largest: npt.NDArray[np.float32] = np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])
    return largest


def _bounds(shown: npt.NDArray[np.bool_], offset: int) -> _Window | None:
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not len(rows):
        return None
    return _Window(
        int(rows[0] + offset) // 2 * 2,
        (int(rows[-1] + offset) // 2 + 1) * 2,
        int(columns[0]) // 2 * 2,
        (int(columns[-1]) // 2 + 1) * 2,
    )


def _eased(share: float) -> int:
    """A share of 0 to 1 in parts of 128, slow at both ends."""
    return round(share * share * (3 - 2 * share) * 128)


def _blend(one: _Standing, other: _Standing, share: int) -> _Standing:
    """`share` of 128 parts of the other."""
    return _Standing(
        planes=tuple(_mixed(a, b, share) for a, b in zip(one.planes, other.planes, strict=True)),  # type: ignore[arg-type]
        leeway=tuple((a * (128 - share) + b * share) >> 7 for a, b in zip(one.leeway, other.leeway, strict=True)),
    )


def _mixed(one: Plane, other: Plane, share: int) -> Plane:
    mixed = one * np.uint16(128 - share)
    mixed += other * np.uint16(share)
    mixed += 64
    mixed >>= 7
    return mixed.astype(np.uint8)
