"""Lay a template's scene out on a picture: every part measured first, then drawn where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from campaigns.languages import Language
from campaigns.studio import lettering, ornament, recipes
from platforms.contract import Shape

Fields: TypeAlias = Mapping[str, str | tuple[str, ...]]
Draw: TypeAlias = Callable[[Image.Image, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What is drawn on: size in pixels, language, colours, and whether the quotation is a verse."""

    width: int
    height: int
    shape: Shape
    language: Language
    ground: recipes.Ground
    verse: bool = False
    modest: bool = False
    """Whether words that do not grow are set at their smallest."""

    @property
    def unit(self) -> float:
        """One hundredth of the shorter side, in pixels."""
        return min(self.width, self.height) / 100

    @property
    def mirrored(self) -> bool:
        return self.language.direction == "rtl"

    def colour(self, role: recipes.Role) -> ornament.Colour:
        return recipes.house().colour(getattr(self.ground, role))


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A part that knows its height and how to draw itself with its ink's top at (left, top)."""

    height: int
    draw: Draw


def choose_ground(template: recipes.Template, text: str) -> recipes.Ground:
    """One of the template's grounds, always the same for the same words, so that a feed does not look stamped."""
    name = template.grounds[int.from_bytes(sha256(text.encode()).digest()[:4], "big") % len(template.grounds)]
    return recipes.house().grounds[name]


def paint_ground(sheet: Sheet, *, pattern: bool = True) -> npt.NDArray[np.float32]:
    """The ground in RGB, shape (height, width, 3), with its pattern or (for films, where it moves) without."""
    house, ground = recipes.house(), sheet.ground
    canvas = ornament.wash(house.colour(ground.near), house.colour(ground.far), sheet.width, sheet.height)
    if not pattern:
        return canvas
    lines = ornament.pattern(
        ground.pattern,
        sheet.width,
        sheet.height,
        cell=ground.cell * sheet.unit,
        stroke=max(1.0, 0.16 * sheet.unit),
    )
    shown = ornament.fade(ground.fade, sheet.width, sheet.height, mirrored=sheet.mirrored)
    return ornament.blend(canvas, house.colour(ground.line), lines * shown * ground.strength)


def ground_picture(sheet: Sheet) -> Image.Image:
    """The ground with its pattern, ready to be drawn on."""
    side = Language.AR if sheet.mirrored else Language.EN
    return _ground_picture(replace(sheet, language=side, verse=False, modest=False)).copy()


@lru_cache(maxsize=18)  # every ground in every shape that the networks take, for both directions
def _ground_picture(sheet: Sheet) -> Image.Image:
    return to_picture(paint_ground(sheet))


def to_picture(canvas: npt.NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(canvas), 0, 255).astype(np.uint8), "RGB")


def draw_scene(
    canvas: Image.Image, sheet: Sheet, template: recipes.Template, scene: str, fields: Fields, *, rehearsal: bool
) -> None:
    """Every layer of the scene, then the rehearsal label. Raises lettering's errors for words that do not fit."""
    for layer, box in template.layers(scene, sheet.shape):
        _draw_layer(canvas, sheet, layer, box, fields)
    if rehearsal:
        _draw_stamp(canvas, sheet, template)


def _draw_layer(canvas: Image.Image, sheet: Sheet, layer: recipes.Layer, box: recipes.Box, fields: Fields) -> None:
    start, end = box.end if sheet.mirrored else box.start, box.start if sheet.mirrored else box.end
    left = round(start * sheet.width / 100)
    width = round(sheet.width - left - end * sheet.width / 100)
    top, height = round(box.top * sheet.height / 100), round(box.height * sheet.height / 100)
    parts = _present(layer, fields)
    gap = round(layer.gap * sheet.unit)
    placed = _measure(parts, sheet, fields, width, height - gap * (len(parts) - 1))
    used = sum(part.height for part in placed) + gap * (len(placed) - 1)
    y = top + {"top": 0, "middle": (height - used) // 2, "bottom": height - used}[layer.stand]
    for part in placed:
        part.draw(canvas, left, y)
        y += part.height + gap


def _present(layer: recipes.Layer, fields: Fields) -> list[recipes.Part]:
    """Parts that have something to show; a rule between words goes when the words after it are empty."""
    shown = [
        part
        for part in layer.parts
        if not isinstance(part, recipes.Words | recipes.Points) or _written(fields.get(part.field, ""))
    ]
    while shown and isinstance(shown[-1], recipes.Rule):
        shown.pop()
    return [] if all(isinstance(part, recipes.Rule | recipes.Mark) for part in shown) else shown


def _written(field: str | tuple[str, ...]) -> bool:
    return any(text.strip() for text in ((field,) if isinstance(field, str) else field))


def _measure(parts: list[recipes.Part], sheet: Sheet, fields: Fields, width: int, height: int) -> list[_Placed]:
    """Parts that keep their size first; the one that grows takes what is left.

    Where that is too little, the first are set at their smallest.
    """
    try:
        return _share(parts, sheet, fields, width, height)
    except lettering.DoesNotFit:
        return _share(parts, replace(sheet, modest=True), fields, width, height)


def _share(parts: list[recipes.Part], sheet: Sheet, fields: Fields, width: int, height: int) -> list[_Placed]:
    fixed = {at: _place(part, sheet, fields, width, height) for at, part in enumerate(parts) if not _grows(part)}
    left = height - sum(part.height for part in fixed.values())
    return [fixed[at] if at in fixed else _place(part, sheet, fields, width, left) for at, part in enumerate(parts)]


def _grows(part: recipes.Part) -> bool:
    return isinstance(part, recipes.Words | recipes.Points) and part.grows


def _place(part: recipes.Part, sheet: Sheet, fields: Fields, width: int, height: int) -> _Placed:
    if isinstance(part, recipes.Words):
        return _place_words(part, sheet, str(fields[part.field]), width, height)
    if isinstance(part, recipes.Points):
        return _place_points(part, sheet, tuple(fields[part.field]), width, height)
    if isinstance(part, recipes.Rule):
        return _place_rule(part, sheet, width)
    return _place_mark(part, sheet, width)


def _place_words(part: recipes.Words, sheet: Sheet, text: str, width: int, height: int) -> _Placed:
    style = recipes.house().styles[part.style]
    verse = sheet.verse and "verse" in style.faces
    ready = lettering.prepare_verse(text) if verse and sheet.mirrored else lettering.prepare(text, sheet.language)
    block = lettering.fit(
        ready,
        _face(style.cut(sheet.language, verse=verse)),
        sheet.language,
        width=width,
        height=height,
        sizes=_sizes(style, sheet, grows=part.grows),
        max_lines=style.lines,
        align=part.align,
    )
    colour = sheet.colour(part.colour)
    return _Placed(height=block.height, draw=lambda canvas, x, y: block.draw(canvas, x, y, colour))


def _place_points(part: recipes.Points, sheet: Sheet, points: tuple[str, ...], width: int, height: int) -> _Placed:
    style = recipes.house().styles[part.style]
    face = _face(style.cut(sheet.language))
    column = round(style.sizes[1] * 2.3 * sheet.unit)
    blocks = lettering.fit_together(
        [lettering.prepare(point, sheet.language) for point in points],
        face,
        sheet.language,
        width=width - column,
        height=height,
        sizes=_sizes(style, sheet),
        max_lines=style.lines,
        gap=part.gap,
        least=_BADGE,
    )
    size = blocks[0].size
    badge, gap = round(_BADGE * size), round(part.gap * size)
    heights = [badge + block.pitch * (len(block.lines) - 1) for block in blocks]

    def draw(canvas: Image.Image, left: int, top: int) -> None:
        text_left, badge_left = (left, left + width - badge) if sheet.mirrored else (left + column, left)
        for number, (block, height) in enumerate(zip(blocks, heights, strict=True), start=1):
            baseline = top + badge // 2 + round(0.33 * size)
            ascent = round(block.lines[0].ink.top * size)
            block.draw(canvas, text_left, baseline - ascent, sheet.colour("text"))
            _draw_badge(canvas, sheet, number, badge_left, top, badge)
            top += height + gap

    return _Placed(height=sum(heights) + gap * (len(blocks) - 1), draw=draw)


_BADGE = 1.75
"""Width of a numbered star, in em of the point beside it; its middle is level with the first line's letters."""


def _draw_badge(canvas: Image.Image, sheet: Sheet, number: int, left: int, top: int, size: int) -> None:
    """A numeral of the language inside the outlined star."""
    accent = sheet.colour("accent")
    canvas.paste(accent, (left, top), ornament.star(size, stroke=max(1.2, 0.2 * sheet.unit)))
    digits = recipes.house().numerals[sheet.language]
    numeral = "".join(digits[int(digit)] for digit in str(number))
    face = lettering.Face(family="IBM Plex Sans Arabic", weight=600)
    line = lettering.set_line(numeral, face, sheet.language)
    stencil, _, _ = line.mask(size * 0.46)
    wide, high = stencil.size
    canvas.paste(accent, (left + (size - wide) // 2, top + (size - high) // 2), stencil)


def _place_rule(part: recipes.Rule, sheet: Sheet, width: int) -> _Placed:
    length, thick = round(part.length * sheet.unit), max(2, round(part.thickness * sheet.unit))
    colour = sheet.colour("accent")

    def draw(canvas: Image.Image, left: int, top: int) -> None:
        x = left + _aside(part.align, sheet, width - length)
        canvas.paste(colour, (x, top, x + length, top + thick))

    return _Placed(height=thick, draw=draw)


def _place_mark(part: recipes.Mark, sheet: Sheet, width: int) -> _Placed:
    size = round(part.size * sheet.unit)
    colour, stencil = sheet.colour("accent"), ornament.khatam(size, stroke=max(1.2, size * 0.055))

    def draw(canvas: Image.Image, left: int, top: int) -> None:
        canvas.paste(colour, (left + _aside(part.align, sheet, width - size), top), stencil)

    return _Placed(height=size, draw=draw)


def _aside(align: lettering.Align, sheet: Sheet, slack: int) -> int:
    if align == "center":
        return slack // 2
    return slack if (align == "start") is sheet.mirrored else 0


def _draw_stamp(canvas: Image.Image, sheet: Sheet, template: recipes.Template) -> None:
    """The label that says this is a rehearsal, small and legible, at the top."""
    style = recipes.house().styles[template.stamp.style]
    text = lettering.prepare(recipes.house().rehearsal[sheet.language], sheet.language)
    line = lettering.set_line(text, _face(style.cut(sheet.language)), sheet.language)
    stencil, _, _ = line.mask(template.stamp.size * sheet.unit)
    height = round(template.stamp.size * sheet.unit * 1.85)
    width = stencil.width + round(height * 1.1)
    left = (sheet.width - width) // 2
    top = round(template.stamps.get(sheet.shape, template.stamp.top) * sheet.height / 100)
    colour = sheet.colour("quiet")
    canvas.paste(colour, (left, top), ornament.pill(width, height, stroke=max(1.0, 0.14 * sheet.unit)))
    canvas.paste(colour, (left + (width - stencil.width) // 2, top + (height - stencil.height) // 2), stencil)


def _face(cut: recipes.Cut) -> lettering.Face:
    return lettering.Face(family=cut.family, weight=cut.weight, leading=cut.leading, space=cut.space)


def _sizes(style: recipes.Style, sheet: Sheet, *, grows: bool = True) -> tuple[int, int]:
    least, most = style.sizes
    return round(least * sheet.unit), round((least if sheet.modest and not grows else most) * sheet.unit)
