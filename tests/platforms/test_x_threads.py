"""A text that 280 do not hold: where it is cut, and what becomes of a thread whatever happens between its parts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from platforms.contract import Form, Outgoing
from platforms.x.limits import check
from platforms.x.threads import NoThread, parts, written
from platforms.x.weighing import weighted_length

VERSE = "﴿يَا أَيُّهَا النَّاسُ إِنَّا خَلَقْنَاكُمْ مِنْ ذَكَرٍ وَأُنْثَى وَجَعَلْنَاكُمْ شُعُوبًا وَقَبَائِلَ لِتَعَارَفُوا﴾ [الحجرات: 13]"
LINK = "https://example.org/a/very/long/path?with=questions&and=more#end"

_FAMILY, _FLAG = "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1f8\U0001f1e6"
WHOLE = [VERSE, LINK, "#صوت_الحكمة", "#Voice_of_Wisdom", "@oic_oci", "README.md", _FAMILY, _FLAG]
_WORDS = some.text(alphabet=some.sampled_from("ابتثجحخدabcdeé٣"), min_size=1, max_size=12)
_SAID = some.one_of(_WORDS, _WORDS, _WORDS, some.sampled_from(WHOLE))
_SENTENCES = some.lists(_SAID, min_size=1, max_size=30).map(" ".join)
_TEXTS = some.lists(_SENTENCES, min_size=1, max_size=12).map(
    lambda said: "".join(each + (".\n\n", "؟ ", "! ", "\n")[number % 4] for number, each in enumerate(said))
)


def _post(text: str, language: str = "ar") -> Outgoing:
    return Outgoing(key="p", language=language, form=Form.TEXT, text=text)


def _uncounted(cut: tuple[str, ...]) -> list[str]:
    """The parts without their counters, each of which must be there."""
    if len(cut) == 1:
        return list(cut)
    counters = [re.search(r"\n\n(\S+?) ?/ ?(\S+)$", part) for part in cut]
    assert [(int(c[1]), int(c[2])) for c in counters if c] == [(n, len(cut)) for n in range(1, len(cut) + 1)]
    return [part[: c.start()] for part, c in zip(cut, counters, strict=True) if c]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(_TEXTS)
def test_a_thread_says_its_text_to_the_letter_and_cuts_nothing_that_is_whole(text: str) -> None:
    cut = parts(_post(text))
    said = _uncounted(cut)
    assert " ".join(said).split() == text.split()
    assert all(weighted_length(part) <= 280 for part in cut)
    assert all(sum(part.count(each) for part in said) == text.count(each) for each in WHOLE)


def test_what_fits_is_one_post_without_a_counter() -> None:
    assert parts(_post("ص" * 280)) == ("ص" * 280,)


def test_a_paragraph_is_the_first_place_to_cut_then_a_sentence_then_a_word() -> None:
    paragraph, sentence = "One two three. " * 9, "Four five six. " * 15
    first, second, third = _uncounted(parts(_post(f"{paragraph.strip()}\n\n{sentence.strip()} {'seven ' * 20}", "en")))
    assert first == paragraph.strip()
    assert second == sentence.strip()
    assert third == ("seven " * 20).strip()


def test_a_word_without_end_is_cut_between_letters_and_marks_stay_with_theirs() -> None:
    cut = _uncounted(parts(_post("بِ" * 400)))
    assert "".join(cut) == "بِ" * 400
    assert not any(part.startswith("\u0650") for part in cut)


def test_a_counter_has_the_digits_of_its_words_and_in_arabic_room_to_turn() -> None:
    assert parts(_post("كلمة طيبة " * 40))[0].endswith("\n\n1 / 2")
    assert parts(_post("قبل ١٤ قرنًا " * 40))[1].endswith("\n\n٢ / ٢")
    assert parts(_post("A good word " * 40, "en"))[1].endswith("\n\n2/2")


def test_a_verse_that_no_part_can_hold_is_refused_with_a_sentence() -> None:
    with pytest.raises(NoThread, match="too long for one part"):
        parts(_post(f"قال تعالى: ﴿{'كلمة ' * 70}﴾"))


def test_a_thread_has_an_end() -> None:
    (problem,) = check(_post("A sentence of some words. " * 400, "en"))
    assert re.search(r"thread of \d+ parts, and 25 are the most", str(problem))


@pytest.mark.parametrize(
    ("text", "as_written"),
    [
        ("https://example.org/مقال", "https://example.org/%D9%85%D9%82%D8%A7%D9%84"),
        ("انظر https://example.org/ق، ثم", "انظر https://example.org/%D9%82، ثم"),
        ("https://a.org/x?q=1&y=%D9%85.", "https://a.org/x?q=1&y=%D9%85."),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
    ],
)
def test_a_text_is_counted_as_it_is_sent(text: str, as_written: str) -> None:
    assert written(text) == as_written
    assert parts(_post(text)) == (as_written,)


def test_an_arabic_link_weighs_as_much_as_any_other() -> None:
    text = written("https://example.org/مسير/طويل/بالعربية")
    assert weighted_length(text) == 23
    link = "https://example.org/مسير"
    assert not check(Outgoing(key="p", language="ar", form=Form.TEXT, text=f"اقرأ\n\n{link}", link=link))
