"""Cards: a whole card beside copying and encoding a picture of the same size, which no card can do without."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from PIL import Image

from campaigns.languages import Language
from campaigns.scripture import verse
from campaigns.studio.design import SIZES, Card, render_card
from platforms.contract import Shape
from tests.bench.measured import Row, cpu_seconds, side_by_side

ROUNDS = 15


def measure(folder: Path) -> list[Row]:
    numbers = count()
    words = f"﴿{verse(49, 13).text}﴾"
    ground = Image.open(_card(folder, words, next(numbers))).convert("RGB")

    def ours() -> None:
        _card(folder, words, next(numbers))

    def limit() -> None:
        ground.copy().save(folder / "limit.jpg", "JPEG", quality=92, subsampling=0, optimize=True)

    taken, floor = side_by_side(ours, limit, rounds=ROUNDS, clock=cpu_seconds)
    what = f"a verse card, {SIZES[Shape.SQUARE][0]} px square ({1 / taken:.0f} cards a CPU second)"
    return [Row(what=what, ours=taken, against="copy and encode the picture", limit=floor, unit="CPU s")]


def _card(folder: Path, words: str, number: int) -> Path:
    """A kicker that differs each time, so that nothing but the ground comes from a cache."""
    card = Card(
        language=Language.AR,
        quote=words,
        reference="الحجرات: 13",
        kicker=f"حملة {number}",
        handle="صوت الحكمة",
        verse=True,
    )
    return render_card(card, shape=Shape.SQUARE, out=folder / "card.jpg").path
