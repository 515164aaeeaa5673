"""Draw cards: a quotation or a few numbered points, in one language and one shape, as a JPEG that is ready to send."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image

from campaigns.languages import Language
from campaigns.studio import layout, recipes
from platforms.contract import Shape

SIZES = {
    Shape.SQUARE: (1080, 1080),
    Shape.PORTRAIT: (1080, 1350),
    Shape.STORY: (1080, 1920),
    Shape.WIDE: (1600, 900),
}
"""Width and height in pixels."""
LARGEST = 1_500_000
"""Bytes of one card at most."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A quotation or a statement. With `verse`, an Arabic quote is set as scripture, exactly as given."""

    language: Language
    quote: str
    reference: str = ""
    kicker: str = ""
    handle: str = ""
    rehearsal: bool = False
    verse: bool = False


@dataclass(frozen=True, kw_only=True)
class Points:
    """A title over three or four short points."""

    language: Language
    title: str
    points: tuple[str, ...]
    reference: str = ""
    kicker: str = ""
    handle: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, kw_only=True)
class RenderedPicture:
    path: Path
    width: int
    height: int
    sha256: str
    size: int


def render_card(card: Card, *, shape: Shape, out: Path) -> RenderedPicture:
    """Draw a quotation card. Raises lettering.LetteringError, whose message says what to change."""
    if not card.quote.strip():
        raise ValueError("This card has no words; write the quotation first.")
    fields = {"quote": card.quote, "reference": card.reference, "kicker": card.kicker, "handle": card.handle}
    return _render(
        "quotation", fields, card.language, shape, out, seed=card.quote, rehearsal=card.rehearsal, verse=card.verse
    )


def render_points(points: Points, *, shape: Shape, out: Path) -> RenderedPicture:
    """Draw an infographic card. Raises as render_card does."""
    if not 2 <= len(points.points) <= 5 or not all(point.strip() for point in points.points):
        raise ValueError(f"An infographic shows 2 to 5 points; this one has {len(points.points)}.")
    fields: layout.Fields = {
        "title": points.title,
        "points": points.points,
        "reference": points.reference,
        "kicker": points.kicker,
        "handle": points.handle,
    }
    return _render("points", fields, points.language, shape, out, seed=points.title, rehearsal=points.rehearsal)


def _render(
    design: str,
    fields: layout.Fields,
    language: Language,
    shape: Shape,
    out: Path,
    *,
    seed: str,
    rehearsal: bool,
    verse: bool = False,
) -> RenderedPicture:
    template = recipes.template("designs", design)
    width, height = SIZES[shape]
    sheet = layout.Sheet(
        width=width,
        height=height,
        shape=shape,
        language=language,
        ground=layout.choose_ground(template, seed),
        verse=verse,
    )
    picture = layout.ground_picture(sheet)
    layout.draw_scene(picture, sheet, template, "card", fields, rehearsal=rehearsal)
    return _save(picture, out)


def _save(picture: Image.Image, out: Path) -> RenderedPicture:
    """Write a JPEG without metadata, full colour resolution, at the best quality that keeps it small enough."""
    for quality in (92, 86, 80):
        stream = BytesIO()
        picture.save(stream, "JPEG", quality=quality, subsampling=0, optimize=True)
        if stream.tell() <= LARGEST:
            break
    content = stream.getvalue()
    draft = out.with_name(f".{out.name}")
    draft.write_bytes(content)
    draft.replace(out)
    return RenderedPicture(
        path=out,
        width=picture.width,
        height=picture.height,
        sha256=sha256(content).hexdigest(),
        size=len(content),
    )
