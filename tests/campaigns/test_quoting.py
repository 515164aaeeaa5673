"""What is typed as if it were scripture is noticed, and what only looks like it is let be."""

from __future__ import annotations

from time import perf_counter

import pytest
from quran_text import Mushaf

from campaigns import scripture
from campaigns.intake import quoting


def everyday(sura: int, ayah: int, first: int = 1, last: int | None = None) -> list[str]:
    """Words of a verse as people type them."""
    words: list[str] = Mushaf.hafs().ayah(sura, ayah).rasm_imlai[first - 1 : last]
    return words


def with_a_wrong_word(words: list[str], place: int = 2) -> str:
    return " ".join([*words[:place], "على", *words[place + 1 :]])


@pytest.mark.parametrize(
    "written",
    [
        "[البقرة: 256]",
        "[البقرة/٢٥٦]",
        "[البَقَرَة: ٢٥٦-٢٥٧]",
        "(سورة البقرة: الآية 256)",
        "سورة البقرة، الآية 256",
        "سورة البقرة 256.",
        "الآية 256 من سورة البقرة",
        "القرآن 2:256",
        "(القرآن الكريم ٢:٢٥٦)",
        "«كلام طيب» البقرة: 256",
        "(Quran 2:256)",
        "the Holy Qur’an, 2:256",
        "(Q 2:256)",
        "Coran 2:256",
        "(al-Baqara 256)",
        "(Al-Baqarah 2:256)",
        "Surah Al-Baqarah, verse 256",
        "Surah 2:256",
        "verse 256 of al-Baqarah",
        "Sourate Al-Baqara, verset 256",
        "Sourate 2, verset 256",
        "verset 256 de la sourate Al-Baqara",
    ],
)
def test_a_reference_that_is_typed_is_refused_with_the_one_to_write(written: str) -> None:
    says = quoting.typed_reference(f"كلام {written}") or ""
    assert "write {quran:2:256}" in says


@pytest.mark.parametrize("sura", [each for each in scripture.suras() if len(each.name_ar) > 1])
def test_every_sura_is_known_by_its_names(sura: scripture.Sura) -> None:
    for name in (sura.name_ar, sura.name_latin):
        assert f"{{quran:{sura.number}:1}}" in (quoting.typed_reference(f"[{name}: 1]") or ""), name


@pytest.mark.parametrize(
    "written",
    [
        "(18:00)",
        "الساعة (18:30)",
        "the Quran at 18:00, and the ratio is 3:1",
        "the surah of the Cow",
        "سورة البقرة",
        "Read Surah Al-Kahf on Friday 5 June",
        "Surah Al-Kahf takes 10 minutes",
        "سورة الإخلاص 3 مرات",
        "(John 3:16), (Matthew 5:9), Genesis 2:25",
        "النور، والإنسان، والناس",
        "النور: 3 قواعد",
        "[المائدة المستديرة 5]",
        "حقوق الإنسان: 30 مادة",
        "(ليلة القدر 27)",
        "(الجمعة 5), (الجمعة 18:00)",
        "(ص 25)",
        "(Maryam 25), (Yusuf 30)",
        "Light 24, Joseph 12",
        "the 30 parts of the Quran, 114 suras",
        "Quran 2:999",
        "verse 5 of the poem",
        "(Q2: 30%), (Q2:30%)",
        "{quran:2:256} {quran:49:13/1-4}",
    ],
)
def test_what_only_looks_like_a_reference_is_let_be(written: str) -> None:
    assert quoting.typed_reference(written) is None


@pytest.mark.parametrize("piece", [" ", "سورة ", "(ا", "«كلمة من ذلك 5 ", "quran ", "1 ", '"a'])
def test_odd_texts_are_looked_through_in_no_time(piece: str) -> None:
    began = perf_counter()
    quoting.typed_reference(f"quran{piece * 4000}x5")
    quoting.typed_quotation(piece * 4000, whole=True)
    assert perf_counter() - began < 5


def test_a_description_may_say_which_verse_is_on_the_picture() -> None:
    for says in ("A card with the reference Quran 2:256.", "بطاقة عليها الآية 256 من سورة البقرة."):
        assert quoting.typed_reference(says, described=True) is None
    assert quoting.typed_reference("بطاقة: كلام [البقرة: 256]", described=True)


@pytest.mark.parametrize("marks", ["«%s»", "“%s”", '"%s"', "(%s)", "قال تعالى: %s"])
def test_a_verse_that_is_quoted_with_a_wrong_word_is_noticed(marks: str) -> None:
    said = marks % with_a_wrong_word(everyday(2, 256, 1, 9))
    says = quoting.typed_quotation(f"كلام قبله {said}") or ""
    assert "is nearly 2:256 and not the same" in says
    assert "write {quran:2:256/1-9}" in says


def test_a_word_too_many_or_too_few_is_noticed() -> None:
    words = everyday(49, 13, 1, 11)
    for wrong in ([*words[:4], "كلمة", *words[4:]], [*words[:4], *words[5:]]):
        assert "is nearly 49:13" in (quoting.typed_quotation(f"«{' '.join(wrong)}»") or "")


@pytest.mark.parametrize(("sura", "ayah"), [(112, 1), (21, 107), (2, 255), (114, 6)])
def test_a_verse_that_is_quoted_rightly_is_set_by_its_reference_all_the_same(sura: int, ayah: int) -> None:
    for words in (everyday(sura, ayah), [scripture.verse(sura, ayah).text]):
        says = quoting.typed_quotation(f"«{' '.join(words)}»") or ""
        assert (f"write {{quran:{sura}:{ayah}}}" in says) or len(words) < quoting.FEWEST, says


def test_a_verse_within_a_longer_quotation_is_noticed() -> None:
    said = f"كتب صاحبنا في رسالته كلامًا طويلًا ثم ختمه فقال {' '.join(everyday(5, 32, 22, 28))} وانصرف إلى بيته"
    assert "{quran:5:32/22-" in (quoting.typed_quotation(f"«{said}»") or "")


def test_a_title_is_shown_like_a_quotation() -> None:
    said = with_a_wrong_word(everyday(2, 256, 1, 9))
    assert quoting.typed_quotation(said) is None
    assert quoting.typed_quotation(said, whole=True)


@pytest.mark.parametrize(
    "quoted",
    [
        "الكلمة الطيبة تبني ما تهدمه الكراهية",
        "إنما الأعمال بالنيات، وإنما لكل امرئ ما نوى",
        "لا يؤمن أحدكم حتى يحب لأخيه ما يحب لنفسه",
        "الراحمون يرحمهم الرحمن، ارحموا من في الأرض يرحمكم من في السماء",
        "إن الله جميل يحب الجمال",
        "السلام عليكم ورحمة الله وبركاته",
        "رحمة للعالمين",
        "{quran:2:256/1-9}",
    ],
)
def test_other_quotations_are_let_be(quoted: str) -> None:
    assert quoting.typed_quotation(f"قال: «{quoted}»") is None
    assert quoting.typed_quotation(quoted, whole=True) is None


def test_what_muslims_say_day_by_day_is_no_quotation_of_a_verse() -> None:
    for words in (everyday(1, 1), everyday(1, 2), everyday(37, 35, 6, 9), everyday(18, 39, 9, 12)):
        assert quoting.typed_quotation(f"«{' '.join(words)}»") is None


def test_in_captions_only_what_is_not_the_verses_own_text_is_wrong() -> None:
    words = everyday(2, 256, 1, 9)
    assert quoting.misquotation(f"«{' '.join(words)}»") is None
    two = [*everyday(112, 1), *everyday(112, 2)]
    assert quoting.misquotation(f"«{' '.join(two)}»") is None
    assert "stands in 112:1" in (quoting.typed_quotation(f"«{' '.join(two)}»") or "")
    assert "copy the verse" in (quoting.misquotation(f"«{with_a_wrong_word(words)}»") or "")
