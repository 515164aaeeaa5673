"""Cards: right size, nothing cut, nothing touching the edge, the same bytes everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont
from quran_text import Mushaf

from campaigns.languages import Language
from campaigns.studio import design, layout, lettering, recipes
from campaigns.studio.design import Card, Points, render_card, render_points
from platforms.contract import Shape

MERCY = "﴿" + Mushaf.hafs().ayah(21, 107).text + "﴾"
QUOTES = {
    Language.AR: Card(
        language=Language.AR, quote=MERCY, reference="الأنبياء: ١٠٧", kicker="رحمة", handle="صوت الحكمة", verse=True
    ),
    Language.EN: Card(
        language=Language.EN, quote="Mercy is strength; it never shouts.", reference="A saying", kicker="Mercy",
        handle="Voice of Wisdom",
    ),
    Language.FR: Card(
        language=Language.FR, quote="« La miséricorde est une force » : qui en doute ?", reference="Un dicton",
        kicker="Miséricorde", handle="Voix de la Sagesse",
    ),
}  # fmt: skip
CHECKS = Points(
    language=Language.AR,
    title="ثلاث خطوات قبل المشاركة",
    points=("تحقّق من المصدر", "ابحث في موقعين موثوقين على الأقل", "هل في نشره نفع؟"),
    kicker="الوعي الرقمي",
    handle="صوت الحكمة",
)


def inked(card: Card, shape: Shape) -> npt.NDArray[np.bool_]:
    """Where words and marks stand on the card, as a mask."""
    width, height = design.SIZES[shape]
    ground = recipes.house().grounds["night"]
    sheet = layout.Sheet(
        width=width, height=height, shape=shape, language=card.language, ground=ground, verse=card.verse
    )
    canvas = Image.new("RGB", (width, height))
    fields = {"quote": card.quote, "reference": card.reference, "kicker": card.kicker, "handle": card.handle}
    template = recipes.template("designs", "quotation")
    layout.draw_scene(canvas, sheet, template, "card", fields, rehearsal=card.rehearsal)
    return np.asarray(np.asarray(canvas).max(axis=2) > 20)


@pytest.mark.parametrize("shape", list(Shape))
def test_a_card_is_a_clean_jpeg_of_its_shape(shape: Shape, tmp_path: Path) -> None:
    made = render_card(QUOTES[Language.AR], shape=shape, out=tmp_path / "card.jpg")
    content = made.path.read_bytes()
    assert (made.size, made.sha256) == (len(content), sha256(content).hexdigest())
    assert made.size <= 1_500_000
    with Image.open(made.path) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", design.SIZES[shape])
        assert (made.width, made.height) == picture.size
        assert not picture.getexif()
        assert not {"icc_profile", "exif", "comment"} & picture.info.keys()
        assert {(kind[1], kind[2]) for kind in picture.layer} == {(1, 1)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("language", list(Language))
def test_words_keep_clear_of_the_edges(language: Language, shape: Shape) -> None:
    mask = inked(QUOTES[language], shape)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    assert columns[0] > 0.08 * width
    assert columns[-1] < 0.92 * width
    safe_top, safe_bottom = (0.14, 0.80) if shape is Shape.STORY else (0.05, 0.96)
    assert rows[0] > safe_top * height
    assert rows[-1] < safe_bottom * height


def test_a_rehearsal_is_marked_and_nothing_else_moves() -> None:
    plain = inked(QUOTES[Language.FR], Shape.SQUARE)
    marked = inked(replace(QUOTES[Language.FR], rehearsal=True), Shape.SQUARE)
    changed = np.argwhere(plain != marked)
    assert len(changed) > 200
    assert changed[:, 0].max() < 0.075 * 1080
    assert not plain[: changed[:, 0].max() + 8].any()


def test_an_empty_field_leaves_no_rule_behind() -> None:
    bare = replace(QUOTES[Language.EN], reference=" ", kicker="", handle="")
    mask = inked(bare, Shape.SQUARE)
    rows = np.flatnonzero(mask.any(axis=1))
    middle = (rows[0] + rows[-1]) / 2 / 1080
    assert middle == pytest.approx(0.49, abs=0.02)


def test_the_same_card_is_the_same_file_on_a_machine_without_fribidi(tmp_path: Path) -> None:
    here = render_card(QUOTES[Language.AR], shape=Shape.SQUARE, out=tmp_path / "here.jpg")
    told = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, str(tmp_path / "there.jpg"), MERCY],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(design.__file__).parents[2])},
    )
    digest, libraries = told.stdout.split("\n")[:2]
    assert digest == here.sha256
    assert libraries == "no system text library"


_ELSEWHERE = """
import sys

sys.modules["PIL._imagingft"] = None  # Pillow without its own letters, and so without raqm and fribidi
from pathlib import Path
from campaigns.languages import Language
from campaigns.studio.design import Card, render_card
from platforms.contract import Shape

card = Card(language=Language.AR, quote=sys.argv[2], reference="الأنبياء: ١٠٧", kicker="رحمة",
            handle="صوت الحكمة", verse=True)
print(render_card(card, shape=Shape.SQUARE, out=Path(sys.argv[1])).sha256)
maps = Path("/proc/self/maps")
loaded = maps.read_text() if maps.exists() else ""
used = [name for name in ("fribidi", "raqm", "pango", "freetype") if name in loaded]
print(used or "no system text library")
"""


def test_pillow_is_never_asked_to_draw_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Pillow was asked for text")

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", refuse)
    monkeypatch.setattr(ImageFont, "truetype", refuse)
    render_points(CHECKS, shape=Shape.SQUARE, out=tmp_path / "points.jpg")


def test_a_feed_does_not_look_stamped() -> None:
    template = recipes.template("designs", "quotation")
    chosen = {layout.choose_ground(template, f"saying {number}").pattern for number in range(12)}
    assert len(chosen) == 3


def test_numbered_points_stand_in_order_from_the_side_where_reading_starts(tmp_path: Path) -> None:
    made = render_points(CHECKS, shape=Shape.PORTRAIT, out=tmp_path / "points.jpg")
    assert (made.width, made.height) == (1080, 1350)


def test_more_points_than_fit_are_an_error_in_words(tmp_path: Path) -> None:
    crowded = replace(CHECKS, points=("كلمة " * 60,) * 4)
    with pytest.raises(lettering.DoesNotFit, match=r"These 4 texts .* please shorten"):
        render_points(crowded, shape=Shape.WIDE, out=tmp_path / "points.jpg")
    with pytest.raises(ValueError, match="2 to 5 points"):
        render_points(replace(CHECKS, points=("one",)), shape=Shape.WIDE, out=tmp_path / "points.jpg")
    assert not list(tmp_path.iterdir())


def test_a_card_with_a_sign_that_no_font_has_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(lettering.MissingGlyph):
        render_card(Card(language=Language.EN, quote="Peace 🕊"), shape=Shape.SQUARE, out=tmp_path / "card.jpg")
    assert not list(tmp_path.iterdir())
