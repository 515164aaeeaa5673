"""The desk's words: the same in three languages, and counted as each language counts."""

from __future__ import annotations

from string import Formatter

import pytest
from babel import Locale

from campaigns.desk.folding import fold
from campaigns.languages import Language
from campaigns.models import Delivery, Kind, Nature, PostState, Role, Scope, Standing, Verdict
from campaigns.reports.headings import beginning, called
from campaigns.words import MissingWord, plural, words_in
from platforms.contract import Network, Shape


def _gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_three_languages_have_the_same_words_with_the_same_gaps() -> None:
    arabic, english, french = (
        {key: word for key, word in words_in(language).by_key.items() if not key.startswith("n.")}
        for language in Language
    )
    assert arabic.keys() == english.keys() == french.keys()
    for key in arabic:
        assert _gaps(arabic[key]) == _gaps(english[key]) == _gaps(french[key]), key


def test_every_counted_thing_has_every_form_that_its_language_needs() -> None:
    nouns = {key.split(".")[1] for key in words_in(Language.EN).by_key if key.startswith("n.")}
    for language in Language:
        forms = {plural(number, language) for number in range(201)}
        for noun in nouns:
            for form in forms:
                assert words_in(language).by_key[f"n.{noun}.{form}"], (language, noun, form)


@pytest.mark.parametrize("language", list(Language))
def test_every_state_kind_and_role_has_a_word(language: Language) -> None:
    for group, members in (
        *(("state", PostState), ("delivery", Delivery), ("kind", Kind), ("role", Role), ("verdict", Verdict)),
        *(
            ("standing", Standing),
            ("nature", Nature),
            ("scope", Scope),
            ("network", Network),
            ("shape", Shape),
            ("tongue", Language),
        ),
    ):
        for member in members:
            assert words_in(language).by_key[f"{group}.{member}"]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 10, 11, 99, 100, 101, 102, 103, 110, 111, 1000])
def test_plural_forms_are_those_of_cldr(number: int) -> None:
    assert plural(number, Language.AR) == Locale("ar").plural_form(number)
    assert plural(number, Language.EN) == Locale("en").plural_form(number)
    assert plural(number, Language.FR) == Locale("fr").plural_form(number)


def test_arabic_counts_posts_as_people_do() -> None:
    counted = [words_in(Language.AR).count("n.posts", number) for number in (0, 1, 2, 3, 11, 100, 1204)]
    assert counted == ["لا منشورات", "منشور واحد", "منشوران", "3 منشورات", "11 منشورًا", "100 منشور", "1,204 منشورات"]


def test_a_missing_word_is_a_mistake() -> None:
    with pytest.raises(MissingWord, match=r"no\.such is not in campaigns/locale/en\.toml"):
        words_in(Language.EN).say("no.such")


def test_a_name_set_into_a_sentence_cannot_turn_it_round_or_reach_into_it() -> None:
    said = words_in(Language.AR).say("today.by", name="{0.__class__}")
    assert said == "كتبه \u2068{0.__class__}\u2069"


def test_a_heading_never_cuts_a_verse() -> None:
    assert beginning("﴿وَقُل رَّبِّ زِدۡنِي عِلۡمٗا﴾ [طه: 114]") == "﴿…﴾ [طه: 114]"
    assert beginning("﴿وَقُل رَّبِّ") == "﴿…﴾"
    assert beginning("\nword " * 40, 20) == "word "
    assert beginning("word " * 40, 12) == "word word…"


def test_a_post_whose_title_is_a_verse_alone_is_called_by_its_text() -> None:
    verse = "﴿وَقُل رَّبِّ زِدۡنِي عِلۡمٗا﴾"
    assert called(f"{verse} [طه: 114]", "العلم زيادة في الخير") == "العلم زيادة في الخير"
    assert called(f"{verse} [طه: 114]", "") == "﴿…﴾ [طه: 114]"
    assert called(f"من دعاء النبي: {verse}", "العلم زيادة في الخير") == "من دعاء النبي: ﴿…﴾"


def test_folding_makes_one_of_what_reads_the_same() -> None:
    for one, other in (
        ("مُحَمَّدٌ", "محمد"),
        ("رحمــة", "رحمه"),
        ("إلى", "الي"),
        ("ﻣﻴﺜﺎق", "ميثاق"),
        ("١٢٣", "123"),
        ("Élève", "eleve"),
        ("L’idée", "l idee"),
        ("آية", "ايه"),
    ):
        assert fold(one) == fold(other)
