from __future__ import annotations

import unicodedata

import pytest
from quran_text import Mushaf

from campaigns import scripture
from campaigns.languages import Language
from campaigns.scripture import NoSuchVerse


def test_a_verse_stands_in_arabic_letter_for_letter_as_in_the_pinned_text() -> None:
    expanded = scripture.expand("قال تعالى: {quran:49:13}.", Language.AR)
    verse = str(Mushaf.hafs().ayah(49, 13).text)
    assert expanded.text == f"قال تعالى: ﴿{verse}﴾ [الحجرات: 13]."
    assert expanded.citations == ("49:13",)


@pytest.mark.parametrize(("language", "cited"), [(Language.EN, "(Quran 49:13)"), (Language.FR, "(Coran 49:13)")])
def test_in_other_languages_the_reference_alone_stands(language: Language, cited: str) -> None:
    assert scripture.expand("So {quran:49:13}.", language).text == f"So {cited}."


def test_a_part_of_a_verse_is_words_of_it_and_known_as_a_part() -> None:
    verse = scripture.verse(2, 256, 1, 4)
    assert Mushaf.hafs().ayah(2, 256).text.startswith(verse.text)
    assert (verse.is_part, len(verse.text.split())) == (True, 4)
    assert not scripture.verse(112, 1).is_part


@pytest.mark.parametrize(
    "written",
    [
        "{quran:115:1}",
        "{quran:2:287}",
        "{quran:2:0}",
        "{quran:2:256/9-40}",
        "{quran:2:256/4-1}",
        "{quran 2:256}",
        "{quran:2}",
    ],
)
def test_a_reference_that_is_none_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(NoSuchVerse, match=r"Quran|words|write"):
        scripture.expand(written, Language.AR)


def test_every_verse_of_the_quran_can_be_cited_and_keeps_its_marks() -> None:
    for ayah in Mushaf.hafs().ayahs[::97]:
        sura, number = ayah.surah.number, ayah.number
        verse = scripture.verse(sura, number)
        assert verse.text == str(ayah.text)
        assert not any(unicodedata.category(letter) == "Mn" for letter in verse.sura_name)


def test_a_card_parts_its_words_from_the_reference_that_ends_them() -> None:
    arabic = scripture.expand("{quran:2:256/1-4}", Language.AR).text
    body, reference = scripture.part_from_reference(arabic)
    assert scripture.is_verse(body)
    assert reference == "البقرة: 256"
    assert scripture.part_from_reference("Faith is free (Quran 2:256)") == ("Faith is free", "Quran 2:256")
    assert scripture.part_from_reference("Peace (for all)") == ("Peace (for all)", "")
    assert not scripture.is_verse("﴿a﴾ and ﴿b﴾")
