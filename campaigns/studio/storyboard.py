"""What a film says and when: its slides, and how long each stands by the time it takes to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from campaigns.languages import Language
from platforms.contract import Shape

SIZES = {
    Shape.STORY: (720, 1280),
    Shape.WIDE: (1280, 720),
    Shape.SQUARE: (720, 720),
    Shape.PORTRAIT: (720, 900),
}
"""Width and height in pixels. X takes at most 1280 by 1024, so it is given the wide one."""
SLIDES = range(3, 6)
"""How many a film has."""
FPS = 25
SHORTEST, LONGEST = 9.0, 25.0
"""Seconds of a whole film."""
_LEAST, _CLOSING = 2.6, 2.4
"""Seconds that a slide stands at least, and the closing card."""
_UNHURRIED, _BRISK = 2.5, 3.4
"""Words read in a second."""


class FilmError(RuntimeError):
    """The film could not be made; the message says why in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """A title and three to five slides of one or two sentences; `handle` is the Centre's name.

    An Arabic slide with a verse between ornate brackets is set as scripture.
    """

    language: Language
    title: str
    slides: tuple[str, ...]
    kicker: str = ""
    handle: str = ""
    rehearsal: bool = False
    music: bool = True


class Scene(NamedTuple):
    """What is on the screen from `start` to `end`, in seconds: which scene of the template, and its words."""

    name: str
    words: str
    start: float
    end: float


def timeline(film: Film) -> tuple[Scene, ...]:
    """When each scene stands, by the time it takes to read it. Raises FilmError where the film is too long."""
    if len(film.slides) not in SLIDES or not all(slide.strip() for slide in film.slides):
        raise FilmError(
            f"A film has {SLIDES[0]} to {SLIDES[-1]} slides with words; this one has {len(film.slides)}. "
            "Leave an empty line between one slide and the next."
        )
    words = [film.title, *film.slides]
    lengths = _lengths(words, _UNHURRIED)
    if sum(lengths) + _CLOSING > LONGEST:
        lengths = _lengths(words, _BRISK)
    if (needed := sum(lengths) + _CLOSING) > LONGEST:
        raise FilmError(
            f"Read at a brisk pace this film takes {needed:.0f} s; {LONGEST:.0f} s is the most. Shorten its slides."
        )
    slower = max(1.0, (SHORTEST - _CLOSING) / sum(lengths))
    kinds = ("verse" if film.language is Language.AR and "\ufd3f" in slide else "slide" for slide in film.slides)
    names = ["title", *kinds, "closing"]
    return tuple(_laid(names, [*words, film.handle], [*(length * slower for length in lengths), _CLOSING]))


def _lengths(texts: list[str], pace: float) -> list[float]:
    return [max(_LEAST, 0.9 + len(text.split()) / pace) for text in texts]


def _laid(names: list[str], words: list[str], lengths: list[float]) -> Iterator[Scene]:
    """Scenes one after another, each beginning on a whole frame."""
    start = 0.0
    for name, text, length in zip(names, words, lengths, strict=True):
        end = round((start + length) * FPS) / FPS
        yield Scene(name, text, start, end)
        start = end
