"""Letters in their places: order, joins, marks, brackets, room."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image
from quran_text import Mushaf

from campaigns.languages import Language
from campaigns.studio import lettering
from campaigns.studio.lettering import DoesNotFit, Face, MissingGlyph, Scrambled, fit, prepare, set_line

VERSE = Face(family="Amiri", leading=1.85)
PLAIN = Face(family="IBM Plex Sans Arabic", leading=1.5)
MERCY = "﴿" + Mushaf.hafs().ayah(21, 107).text + "﴾"
KNOWING = "﴿" + Mushaf.hafs().ayah(49, 13).text + "﴾"


def places(text: str, face: Face = PLAIN, language: Language = Language.AR) -> list[tuple[float, str]]:
    """Every glyph's place with the character that it was made from, from left to right."""
    line = set_line(prepare(text, language), face, language)
    return sorted((glyph.x, line.text[glyph.cluster]) for glyph in line.glyphs)


def shown(text: str, language: Language = Language.AR) -> str:
    return "".join(character for _, character in places(text, language=language) if character.isprintable())


def test_arabic_letters_take_their_joined_forms() -> None:
    joined = [glyph.number for glyph in set_line("ببب", VERSE, Language.AR).glyphs]
    (alone,) = (glyph.number for glyph in set_line("ب", VERSE, Language.AR).glyphs)
    assert alone not in joined
    assert len(set(joined)) > 1


def test_letters_stay_joined_beside_an_invisible_mark() -> None:
    plain = [glyph.number for glyph in set_line("سلام", VERSE, Language.AR).glyphs]
    isolated = set_line(prepare("سلام @x", Language.AR), VERSE, Language.AR).glyphs
    assert [glyph.number for glyph in isolated][-len(plain) :] == plain


def test_ornate_brackets_stand_around_the_verse_opening_at_the_right() -> None:
    line = set_line(MERCY, VERSE, Language.AR)
    found = sorted((glyph.x, line.text[glyph.cluster]) for glyph in line.glyphs)
    assert found[0][1] == "﴾"
    assert found[-1][1] == "﴿"


def test_a_bracket_given_with_a_space_is_never_left_alone_on_a_line() -> None:
    block = fit("﴿ وَمَآ أَرۡسَلۡنَٰكَ ﴾", VERSE, Language.AR, width=230, height=400, sizes=(60, 60), max_lines=4)
    assert [line.text for line in block.lines] == ["﴿ وَمَآ", "أَرۡسَلۡنَٰكَ ﴾"]


def test_the_number_of_a_verse_stands_inside_its_sign() -> None:
    line = set_line("۝١٠٧", VERSE, Language.AR)
    sign = set_line("۝", VERSE, Language.AR)
    assert line.advance == pytest.approx(sign.advance, abs=0.02)
    assert line.ink.left >= sign.ink.left - 0.01
    assert line.ink.right <= sign.ink.right + 0.01
    assert places("۝١٠٧", VERSE)[0][1] == "۝"
    assert len(line.glyphs) == 4


def test_a_handle_inside_arabic_keeps_its_sign_at_its_left() -> None:
    assert "@voice_of" in shown("تابعوا @voice_of الآن")


def test_a_range_and_a_signed_percentage_keep_their_order_inside_arabic() -> None:
    assert "1–31" in shown("من 1–31 يوما")
    assert "+18.5%" in shown("نسبة (+18.5%) هذا العام")


def test_brackets_are_mirrored_in_arabic() -> None:
    opening_in_arabic = set_line("(س", PLAIN, Language.AR)
    closing_in_latin = set_line("a)", PLAIN, Language.EN)
    rightmost = max(opening_in_arabic.glyphs, key=lambda glyph: glyph.x)
    assert rightmost.number == closing_in_latin.glyphs[-1].number


def test_a_verse_is_set_to_the_last_mark_as_it_was_given() -> None:
    block = fit(
        lettering.prepare_verse(KNOWING), VERSE, Language.AR, width=800, height=700, sizes=(30, 80), max_lines=9
    )
    assert " ".join(line.text for line in block.lines) == KNOWING


def test_every_verse_of_the_quran_can_be_set() -> None:
    for ayah in Mushaf.hafs().ayahs:
        lettering.check_coverage(lettering.prepare_verse(ayah.text), VERSE)


@pytest.mark.parametrize("intruder", ["\u2066", "\u200f", "\u200d", "\u202e", "\x07"])
def test_a_verse_with_a_control_character_in_it_is_refused(intruder: str) -> None:
    with pytest.raises(Scrambled):
        lettering.prepare_verse(MERCY[:9] + intruder + MERCY[9:])


def test_marks_of_one_line_never_come_near_the_next() -> None:
    block = fit(KNOWING, VERSE, Language.AR, width=800, height=900, sizes=(50, 80), max_lines=9)
    assert len(block.lines) > 2
    for upper, lower in pairwise(block.lines):
        assert (lower.ink.top - upper.ink.bottom) * block.size < block.pitch


def test_ink_fills_its_box_and_never_leaves_it() -> None:
    block = fit(KNOWING, VERSE, Language.AR, width=640, height=500, sizes=(20, 90), max_lines=9)
    canvas = Image.new("RGB", (900, 800))
    block.draw(canvas, 100, 100, (255, 255, 255))
    left, top, right, bottom = canvas.getbbox() or (0, 0, 0, 0)
    assert left >= 99
    assert top >= 99
    assert right <= 741
    assert bottom <= 100 + block.height + 1 <= 601
    assert bottom - top == pytest.approx(block.height, abs=2)


def test_lines_are_evened_so_that_no_word_is_left_over() -> None:
    block = fit(
        "one two three four five six seven", PLAIN, Language.EN, width=600, height=300, sizes=(60, 60), max_lines=3
    )
    widths = [line.advance for line in block.lines]
    assert min(widths) > 0.6 * max(widths)


def test_arabic_starts_at_the_right_edge_and_french_at_the_left() -> None:
    for language, text, edge in ((Language.AR, "سلام", 0), (Language.FR, "paix", 1)):
        block = fit(text, PLAIN, language, width=500, height=90, sizes=(40, 40), max_lines=1, align="start")
        canvas = Image.new("L", (500, 90))
        for stencil, x, y in block.stencils():
            canvas.paste(stencil, (x, y))
        left, _, right, _ = canvas.getbbox() or (0, 0, 0, 0)
        assert (left if edge else 500 - right) <= 1


def test_french_signs_stay_with_their_words() -> None:
    assert prepare("Oui : « paix » ! Ah ; vraiment ?", Language.FR) == (
        "Oui\u00a0: «\u00a0paix\u00a0»\u00a0! Ah\u00a0; vraiment\u00a0?"
    )
    assert prepare("As is : yes !", Language.EN) == "As is : yes !"


def test_line_ends_of_a_form_are_line_ends() -> None:
    block = fit(
        prepare("one\r\n\r\ntwo", Language.EN), PLAIN, Language.EN, width=300, height=200, sizes=(30, 30), max_lines=3
    )
    assert [line.text for line in block.lines] == ["one", "two"]


def test_a_character_without_a_sign_is_named() -> None:
    with pytest.raises(MissingGlyph, match=r"U\+1F54A DOVE OF PEACE"):
        set_line("سلام 🕊", VERSE, Language.AR)


def test_words_that_do_not_fit_are_an_error_that_says_what_to_shorten() -> None:
    with pytest.raises(DoesNotFit, match=r"“word word word word word …” .* please shorten"):
        fit("word " * 200, PLAIN, Language.EN, width=300, height=200, sizes=(20, 40), max_lines=4)
    with pytest.raises(DoesNotFit):
        fit("antidisestablishmentarianism", PLAIN, Language.EN, width=90, height=200, sizes=(20, 40), max_lines=4)


def test_text_that_turns_the_order_of_letters_is_refused() -> None:
    with pytest.raises(Scrambled, match="RIGHT-TO-LEFT OVERRIDE"):
        prepare("abc\u202edef", Language.EN)


def test_fonts_can_come_from_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = lettering.font_path("Amiri", 400)
    monkeypatch.setenv("SAWT_FONTS", str(installed.parent))
    assert lettering.font_path("Amiri", 400) == installed
    monkeypatch.setenv("SAWT_FONTS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"Amiri-Bold.ttf is not there"):
        lettering.font_path("Amiri", 700)


def test_the_same_words_give_the_same_pixels() -> None:
    def pixels() -> bytes:
        lettering._line.cache_clear()
        return set_line(MERCY, VERSE, Language.AR).mask(57)[0].tobytes()

    assert pixels() == pixels()
