"""Set words in ink: Arabic, English and French, shaped, wrapped, fitted and drawn the same on every machine.

Nothing here asks the system for a font, a library or a setting. A character that the font lacks and words
that do not fit are errors: an editor shortens them, the studio never cuts.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

from PIL import Image

from campaigns.languages import Language
from campaigns.studio import direction

Align = Literal["start", "center", "end"]
NBSP = "\u00a0"
_SPACES = (" ", NBSP)
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff\u2066\u2067\u2068\u2069")
_WORD = re.compile("(?:\ufd3f +)?[^ ]+(?: +\ufd3e)?")  # an ornate bracket stays with its word
_SIGNS = re.compile(r"[\u200e\u200f\u061c\u2066-\u2069]")


class LetteringError(ValueError):
    """These words cannot be set as they are; the message says what to change."""


class MissingGlyph(LetteringError):
    def __init__(self, character: str, family: str) -> None:
        self.character = character
        name = unicodedata.name(character, "unnamed")
        super().__init__(f"{family} has no sign for “{character}” (U+{ord(character):04X} {name}); please remove it.")


class DoesNotFit(LetteringError):
    def __init__(self, texts: Sequence[str], *, lines: int, smallest: int) -> None:
        longest = _SIGNS.sub("", max(texts, key=len))
        opening = " ".join(longest.split()[:5])
        what = f"“{opening} …” ({len(longest)} characters) does"
        if len(texts) > 1:
            what = f"These {len(texts)} texts (the longest: “{opening} …”, {len(longest)} characters) do"
        super().__init__(
            f"{what} not fit, even at the smallest size ({smallest} px, {lines} line{'s' * (lines > 1)} at most); "
            f"please shorten."
        )


class Scrambled(LetteringError):
    def __init__(self, character: str, why: str) -> None:
        super().__init__(f"U+{ord(character):04X} {unicodedata.name(character, 'control')} {why}; remove it.")


@dataclass(frozen=True, kw_only=True)
class Face:
    """A cut of a typeface and how it likes to be set: `leading` is the line pitch in em.

    `space` narrows the spaces between Latin words, for a typeface whose space was cut for Arabic.
    """

    family: str
    weight: int = 400
    leading: float = 1.4
    space: float = 1.0


class Ink(NamedTuple):
    """What is black, relative to the pen at the left end of the baseline; y grows upwards. In em or pixels."""

    left: float
    bottom: float
    right: float
    top: float


class Glyph(NamedTuple):
    """`number` in its font and where its origin stands, in em from the left end of the baseline.

    `cluster` is the place in the line's text that it was made from.
    """

    number: int
    x: float
    y: float
    cluster: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """One set line: glyphs from left to right, with advance and ink in em."""

    text: str
    face: Face
    glyphs: tuple[Glyph, ...]
    advance: float
    ink: Ink

    def mask(self, size: float, shift: float = 0.0) -> tuple[Image.Image, int, int]:
        """Coverage (mode L) and its left and top in pixels from the pen, y growing downwards.

        `shift` moves the pen by a part of a pixel to the right.
        """
        raster = _raster(self, size, shift)
        box = raster.extents
        if not box.width or not box.height:
            return Image.new("L", (1, 1)), 0, 0
        stencil = Image.frombuffer("L", (box.width, box.height), raster.buffer, "raw", "L", box.stride, -1)
        return stencil, box.x_origin, -(box.y_origin + box.height)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Lines at one size, `pitch` pixels apart; `width` of the column and `height` of the ink in pixels."""

    lines: tuple[Line, ...]
    size: int
    pitch: int
    width: int
    height: int
    align: Align
    rightward: bool

    def draw(self, canvas: Image.Image, left: int, top: int, colour: tuple[int, int, int]) -> None:
        """Ink the lines on an RGB canvas; the ink of the first line begins at `top`."""
        for stencil, x, y in self.stencils():
            canvas.paste(colour, (left + x, top + y), stencil)

    def stencils(self) -> Iterator[tuple[Image.Image, int, int]]:
        """Every line's coverage with its place from the block's top left corner."""
        baseline = round(self.lines[0].ink.top * self.size)
        for line in self.lines:
            pen = self._pen(line)
            stencil, x, y = line.mask(self.size, pen - int(pen))
            yield stencil, int(pen) + x, baseline + y
            baseline += self.pitch

    def _pen(self, line: Line) -> float:
        """Where the line's pen starts so that its ink, not its advance, meets the column."""
        slack = self.width - (line.ink.right - line.ink.left) * self.size
        leftmost = -line.ink.left * self.size
        if self.align == "center":
            return leftmost + slack / 2
        return leftmost + (slack if (self.align == "start") is not self.rightward else 0)


def font_path(family: str, weight: int) -> Path:
    """The font's file: from the folder named by SAWT_FONTS where set, else from the installed font packages."""
    if folder := os.environ.get("SAWT_FONTS"):
        wanted = Path(folder) / f"{family.replace(' ', '')}-{_WEIGHTS[weight]}.ttf"
        if not wanted.is_file():
            raise FileNotFoundError(f"SAWT_FONTS is set, but {wanted} is not there; put the font in that folder.")
        return wanted
    import fontpkg

    return Path(fontpkg.path(family, weight=weight))


_WEIGHTS = {300: "Light", 400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}


def prepare(text: str, language: Language) -> str:
    """The text with what keeps its order and its spaces: isolates, and French spaces that do not break.

    Raises Scrambled for embeddings and overrides, with which a stranger can turn a sentence round.
    """
    for character in text:
        if character in direction.REFUSED:
            raise Scrambled(character, "turns the order of letters")
    if language is Language.FR:
        text = re.sub(r"[ \u202f]+(?=[:;!?»])", NBSP, text)
        text = re.sub(r"(?<=«)[ \u202f]+", NBSP, text)
    text = text.replace("\r\n", "\n").replace("\t", " ").replace("\u202f", NBSP)
    return direction.isolate(text, base_level(language))


def prepare_verse(text: str) -> str:
    """A verse as it is, to the last mark. Raises Scrambled where a control character has crept in."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf") and character not in "\n\u06dd":
            raise Scrambled(character, "has no place in a verse")
    if "\u0640\u0640" in text:
        raise Scrambled("\u0640", "stretches a verse")
    return text


def base_level(language: Language) -> int:
    return 1 if language.direction == "rtl" else 0


def check_coverage(text: str, face: Face) -> None:
    """Raise MissingGlyph for the first character that the face cannot draw."""
    covered = _font(face.family, face.weight).face.unicodes
    for character in text:
        if character not in _INVISIBLE and character != "\n" and ord(character) not in covered:
            raise MissingGlyph(character, face.family)


def fit(
    text: str,
    face: Face,
    language: Language,
    *,
    width: int,
    height: int,
    sizes: tuple[int, int],
    max_lines: int,
    align: Align = "center",
) -> Block:
    """The largest setting of a prepared text, from sizes[0] to sizes[1] px, whose ink fits width and height.

    Lines are evened out, so that no single word is left over. Raises DoesNotFit, MissingGlyph.
    """
    one = fit_together(
        (text,),
        face,
        language,
        width=width,
        height=height,
        sizes=sizes,
        max_lines=max_lines,
        align=align,
    )
    return one[0]


def fit_together(
    texts: Sequence[str],
    face: Face,
    language: Language,
    *,
    width: int,
    height: int,
    sizes: tuple[int, int],
    max_lines: int,
    gap: float = 0.0,
    least: float = 0.0,
    align: Align = "start",
) -> tuple[Block, ...]:
    """Several texts at one size, `gap` em between them; `max_lines` for each. Raises as `fit` does.

    `least` is the height in em that the first line of a text takes at least, for what stands beside it.
    """
    for text in texts:
        check_coverage(text, face)
    smallest, largest = sizes
    best: tuple[Block, ...] | None = None
    while smallest <= largest:
        size = (smallest + largest) // 2
        blocks = [_set(text, face, language, size, width, align) for text in texts]
        fitting = tuple(block for block in blocks if block and len(block.lines) <= max_lines)
        used = sum(_room(block, least) for block in fitting) + round(gap * size) * (len(texts) - 1)
        if len(fitting) == len(texts) and used <= height:
            best, smallest = fitting, size + 1
        else:
            largest = size - 1
    if best is None:
        raise DoesNotFit(texts, lines=max_lines, smallest=sizes[0])
    return best


def _room(block: Block, least: float) -> int:
    return max(block.height, round(least * block.size) + block.pitch * (len(block.lines) - 1))


def _set(text: str, face: Face, language: Language, size: int, width: int, align: Align) -> Block | None:
    """The text at one size, or None where a word or a line is wider than the column."""
    lines: list[Line] = []
    for paragraph in text.strip("\n").split("\n"):
        broken = _break(paragraph, face, language, width / size)
        if broken is None:
            return None
        lines += broken
    if any((line.ink.right - line.ink.left) * size > width for line in lines):
        return None
    pitch = round(max(face.leading, _closest(lines)) * size)
    height = round((lines[0].ink.top - lines[-1].ink.bottom) * size) + pitch * (len(lines) - 1)
    rightward = language.direction == "ltr"
    return Block(
        lines=tuple(lines), size=size, pitch=pitch, width=width, height=height, align=align, rightward=rightward
    )


def _closest(lines: Sequence[Line]) -> float:
    """The smallest pitch, in em, at which no ink of a line comes near its neighbour's."""
    return max((lower.ink.top - upper.ink.bottom + 0.06 for upper, lower in pairwise(lines)), default=0.0)


def _break(paragraph: str, face: Face, language: Language, measure: float) -> list[Line] | None:
    """Lines of one paragraph, `measure` em wide, as even as their number allows; None if a word is wider."""
    base = base_level(language)
    depths = direction.levels(paragraph, base)
    words = [(match.start(), match.end()) for match in _WORD.finditer(paragraph)]
    spans = [_advance(paragraph[start:end], tuple(depths[start:end]), face, language, base) for start, end in words]
    space = _advance(" ", (base,), face, language, base)
    counted = _fill(spans, space, measure)
    if counted is None:
        return None
    rows = _even(spans, space, measure, counted)
    return [
        _line(paragraph, tuple(depths), words[first][0], words[last - 1][1], face, language) for first, last in rows
    ]


def _fill(spans: Sequence[float], space: float, measure: float) -> list[tuple[int, int]] | None:
    """First and last word (exclusive) of every line when each takes as many words as it can."""
    rows: list[tuple[int, int]] = []
    first, width = 0, 0.0
    for at, span in enumerate(spans):
        if span > measure:
            return None
        wider = width + (space if at > first else 0.0) + span
        if at > first and wider > measure:
            rows.append((first, at))
            first, wider = at, span
        width = wider
    return [*rows, (first, len(spans))] if spans else []


def _even(spans: Sequence[float], space: float, measure: float, rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same number of lines over the narrowest measure that still holds them."""
    low, high, best = measure / 3, measure, rows
    for _ in range(10):
        middle = (low + high) / 2
        tried = _fill(spans, space, middle)
        if tried is not None and len(tried) == len(rows):
            best, high = tried, middle
        else:
            low = middle
    return best


@lru_cache(maxsize=4096)
def _advance(word: str, depths: tuple[int, ...], face: Face, language: Language, base: int) -> float:
    runs = direction.visual(word, depths, base, 0, len(word))
    return sum(sum(advance for *_, advance in _shape(word, run, face, language)) for run in runs)


@lru_cache(maxsize=1024)
def _line(paragraph: str, depths: tuple[int, ...], start: int, end: int, face: Face, language: Language) -> Line:
    pen = 0.0
    glyphs: list[Glyph] = []
    for run in direction.visual(paragraph, depths, base_level(language), start, end):
        for number, cluster, x, y, advance in _shape(paragraph, run, face, language):
            glyphs.append(Glyph(number, pen + x, y, cluster - start))
            pen += advance
    return Line(text=paragraph[start:end], face=face, glyphs=tuple(glyphs), advance=pen, ink=_ink(glyphs, face))


def set_line(text: str, face: Face, language: Language) -> Line:
    """A prepared text on one line, however long."""
    check_coverage(text, face)
    depths = tuple(direction.levels(text, base_level(language)))
    return _line(text, depths, 0, len(text), face, language)


def _shape(
    text: str, run: direction.Run, face: Face, language: Language
) -> Iterator[tuple[int, int, float, float, float]]:
    """Glyph number, cluster, x and y offset and advance (em) of one run, from left to right.

    The shaper sees what stands before and after the run, so that letters keep their joins.
    """
    import uharfbuzz as hb

    font = _font(face.family, face.weight)
    buffer = hb.Buffer()
    buffer.add_str(text, run.start, run.end - run.start)
    buffer.direction = "rtl" if run.level % 2 else "ltr"
    buffer.script = "Arab" if _looks_arabic(text[run.start : run.end], language) else "Latn"
    buffer.language = language.value
    hb.shape(font, buffer)
    em = font.face.upem
    for glyph, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        if glyph.codepoint == 0 and text[glyph.cluster] not in _INVISIBLE:
            raise MissingGlyph(text[glyph.cluster], face.family)
        before, after = _AROUND.get(text[glyph.cluster], (0.0, 0.0))
        advance = before + place.x_advance / em + after
        if text[glyph.cluster] in _SPACES and not run.level % 2:
            advance *= face.space
        yield glyph.codepoint, glyph.cluster, before + place.x_offset / em, place.y_offset / em, advance


_AROUND = {"\ufd3f": (0.09, 0.0), "\ufd3e": (0.0, 0.09)}
"""Air, in em, at the left and the right of an ornate bracket, so that it does not touch the verse."""


def _looks_arabic(text: str, language: Language) -> bool:
    """Whether Arabic letters or digits stand in the run; a run of signs alone follows the paragraph."""
    kinds = {unicodedata.bidirectional(character) for character in text}
    return bool(kinds & {"AL", "AN"}) or (language is Language.AR and "L" not in kinds and "EN" not in kinds)


def _ink(glyphs: Sequence[Glyph], face: Face) -> Ink:
    font = _font(face.family, face.weight)
    em = font.face.upem
    left, bottom, right, top = [], [], [], []
    for glyph in glyphs:
        box = font.get_glyph_extents(glyph.number)
        if box is None or not box.width:
            continue
        left.append(glyph.x + box.x_bearing / em)
        right.append(glyph.x + (box.x_bearing + box.width) / em)
        top.append(glyph.y + box.y_bearing / em)
        bottom.append(glyph.y + (box.y_bearing + box.height) / em)
    return Ink(min(left), min(bottom), max(right), max(top)) if left else Ink(0.0, 0.0, 0.0, 0.0)


def _raster(line: Line, size: float, shift: float) -> Any:
    """The union of a line's outlines, so that no seam shows between joined letters."""
    import uharfbuzz as hb

    font = _font(line.face.family, line.face.weight)
    scale = size / font.face.upem
    pen = hb.RasterDraw()
    for glyph in line.glyphs:
        pen.transform = (scale, 0.0, 0.0, scale, glyph.x * size + shift, glyph.y * size)
        pen.draw_glyph(font, glyph.number)
    return pen.render()


@lru_cache(maxsize=16)
def _font(family: str, weight: int) -> Any:
    import uharfbuzz as hb

    return hb.Font(hb.Face(hb.Blob.from_file_path(str(font_path(family, weight)))))
