"""The rehearsal week keeps the rules of the house, and what it says of scripture is never typed."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from typing import TypedDict, cast

import pytest
import yaml
from quran_text import Mushaf
from rapidfuzz import fuzz
from twitter_text import parse_tweet

from campaigns.languages import Language
from campaigns.paths import shipped
from campaigns.scripture import CLOSING, OPENING, expand, verse

COLUMNS = {
    *("key", "kind", "campaign", "misconceptions", "template", "link", "accounts", "at", "timezone", "author"),
    *(f"{words}_{of}" for words in ("text", "title", "alt", "media", "hashtags") for of in Language),
}
TEMPLATES = {
    "text": None,
    "design": "quotation",
    "infographic": "points",
    "videographic": "slides",
    "film": "slides",
}
MOVING = {"videographic", "film"}
CARRIED_BY = {
    "facebook": set(TEMPLATES),
    "x": set(TEMPLATES),
    "instagram": set(TEMPLATES) - {"text"},
    "youtube": MOVING,
}
OWN_SITES = ("https://www.sawtalhikma.org/", "https://www.oic-oci.org/")
PLACEHOLDER = re.compile(r"\{quran:[^}]*\}")
SAME_AS_CLAIM = 70
"""Least rapidfuzz token_set_ratio (0 to 100) at which a sentence sounds like the claim; the week stays below 66."""
TYPED_VERSE_WORDS = 5

Post = dict[str, str]


class Campaign(TypedDict):
    key: str
    kind: str
    title_ar: str
    title_en: str
    title_fr: str
    partners: list[str]
    hashtags_ar: list[str]
    hashtags_en: list[str]
    hashtags_fr: list[str]
    starts_on: date
    ends_on: date


class Misconception(TypedDict):
    id: str
    category: str
    claim: dict[str, str]


def _read(name: str) -> dict[str, object]:
    return cast(dict[str, object], yaml.safe_load((shipped("config") / name).read_text(encoding="utf-8")))


POSTS = cast(list[Post], _read("rehearsal/week.yaml")["posts"])
CAMPAIGNS = {c["key"]: c for c in cast(list[Campaign], _read("rehearsal/campaigns.yaml")["campaigns"])}
CATALOGUE = {m["id"]: m for m in cast(list[Misconception], _read("misconceptions.yaml")["misconceptions"])}
ACCOUNTS = tomllib.loads((shipped("config") / "accounts.toml").read_text(encoding="utf-8"))

each_post = pytest.mark.parametrize("post", POSTS, ids=[post["key"] for post in POSTS])


# The week as a whole


def test_the_week_has_about_forty_posts_of_every_kind() -> None:
    assert Counter(post["kind"] for post in POSTS) == {
        "text": 12,
        "design": 16,
        "infographic": 6,
        "videographic": 4,
        "film": 2,
    }


def test_no_two_posts_share_a_key_or_an_hour() -> None:
    assert len({post["key"] for post in POSTS}) == len(POSTS)
    assert len({post["at"] for post in POSTS}) == len(POSTS)


def test_the_posts_are_spread_over_one_week_in_order() -> None:
    moments = [datetime.fromisoformat(post["at"]) for post in POSTS]
    assert all(earlier < later for earlier, later in pairwise(moments))
    assert all("08:00" <= moment.strftime("%H:%M") <= "21:00" for moment in moments)
    by_day = Counter(moment.date() for moment in moments)
    assert (min(by_day), max(by_day), len(by_day)) == (date(2026, 11, 22), date(2026, 11, 28), 7)
    assert set(by_day.values()) <= {5, 6, 7}


def test_the_week_opens_with_texts_and_designs_and_films_come_in_its_second_half() -> None:
    for post in POSTS:
        day = datetime.fromisoformat(post["at"]).day
        assert post["kind"] in {"text", "design"} or day >= 24
        assert post["kind"] not in MOVING or day >= 25


def test_all_eleven_accounts_speak() -> None:
    assert {account for post in POSTS for account in _accounts(post)} == set(ACCOUNTS)


def test_many_misconceptions_of_both_families_are_answered() -> None:
    primary = {_misconceptions(post)[0] for post in POSTS if _misconceptions(post)}
    assert len(primary) >= 14
    assert min(sum(key.startswith(family) for key in primary) for family in ("ve-", "is-")) >= 5


def test_the_catalogue_says_that_it_is_a_draft_and_what_its_marks_mean() -> None:
    catalogue = _read("misconceptions.yaml")
    assert "have still to confirm" in str(catalogue["note"])
    assert set(cast(dict[str, str], catalogue["certainty"])) == {"A", "B", "C"}
    assert len(CATALOGUE) == 29
    assert all(set(entry["claim"]) == set(Language) for entry in CATALOGUE.values())


def test_the_campaigns_are_complete_and_one_is_annual_with_partners() -> None:
    for campaign in CAMPAIGNS.values():
        assert set(campaign) == set(Campaign.__annotations__)
        assert campaign["kind"] in {"proactive", "reactive", "annual"}
        assert campaign["starts_on"] <= campaign["ends_on"]
        assert all(_is_hashtag(tag) for of in Language for tag in _campaign_hashtags(campaign, of))
    (annual,) = (campaign for campaign in CAMPAIGNS.values() if campaign["kind"] == "annual")
    assert annual["partners"]
    assert annual["hashtags_ar"] == ["#رحمة_للعالمين"]
    assert annual["hashtags_en"] == ["#MercyToTheWorlds"]


# Each post


@each_post
def test_a_post_has_known_columns_and_three_wordings_of_each(post: Post) -> None:
    assert set(post) <= COLUMNS
    assert all(isinstance(value, str) and value.strip() == value != "" for value in post.values())
    for words in ("text", "title", "alt", "hashtags"):
        assert len({f"{words}_{of}" for of in Language} & set(post)) in {0, 3}
    assert post["kind"] == "text" or {"title_ar", "alt_ar"} <= set(post)
    assert {"text_ar", "hashtags_ar", "accounts", "at", "timezone", "author"} <= set(post)
    assert post.get("template") == TEMPLATES[post["kind"]]


@each_post
def test_a_post_names_accounts_that_can_carry_it(post: Post) -> None:
    assert set(_accounts(post)) <= set(ACCOUNTS)
    assert all(post["kind"] in CARRIED_BY[_network(account)] for account in _accounts(post))


@each_post
def test_a_post_answers_catalogued_misconceptions_in_a_running_campaign(post: Post) -> None:
    assert _misconceptions(post)
    assert set(_misconceptions(post)) <= set(CATALOGUE)
    if "campaign" in post:
        campaign = CAMPAIGNS[post["campaign"]]
        assert campaign["starts_on"] <= datetime.fromisoformat(post["at"]).date() <= campaign["ends_on"]


@each_post
def test_a_post_carries_few_clean_hashtags_and_those_of_its_campaign(post: Post) -> None:
    for of in Language:
        tags = post[f"hashtags_{of}"].split(" ")
        assert 1 <= len(tags) <= 3
        assert all(_is_hashtag(tag) for tag in tags)
        if "campaign" in post:
            assert set(_campaign_hashtags(CAMPAIGNS[post["campaign"]], of)) <= set(tags)


@each_post
def test_a_post_links_only_to_the_institutions_own_sites(post: Post) -> None:
    assert post.get("link", OWN_SITES[0]) in OWN_SITES
    assert not any("http" in text for text in _texts(post))


@each_post
def test_a_post_fits_x_with_its_verses_set_its_hashtags_and_its_link(post: Post) -> None:
    for account in _accounts(post):
        if _network(account) == "x":
            for of in map(Language, ACCOUNTS[account]["languages"]):
                assert _weight_on_x(post, of) <= 280


@each_post
def test_a_picture_or_a_film_has_room_for_its_words(post: Post) -> None:
    for of in Language:
        title, text = (expand(post.get(f"{words}_{of}", ""), of).text for words in ("title", "text"))
        match post["kind"]:
            case "design":
                is_verse = PLACEHOLDER.fullmatch(post[f"title_{of}"]) is not None
                assert len(title.split()) <= 38 if is_verse else len(title) <= 110
            case "infographic":
                _, *points = text.split("\n")
                assert len(title) <= 60
                assert len(points) in {3, 4}
                assert all(point.startswith("• ") and len(point) <= 70 for point in points)
            case "videographic" | "film":
                slides = text.split("\n\n")
                assert len(title) <= 90
                assert 3 <= len(slides) <= 5
                assert all(len(slide) <= 75 and "\n" not in slide for slide in slides)


@each_post
def test_a_post_says_the_same_in_its_three_languages(post: Post) -> None:
    for words in ("text", "title"):
        columns = [post.get(f"{words}_{of}", "") for of in Language]
        assert len({tuple(PLACEHOLDER.findall(column)) for column in columns}) == 1
        assert len({_numbers(column) for column in columns}) == 1


@each_post
def test_a_post_begins_with_the_answer_and_not_with_the_claim(post: Post) -> None:
    for key in _misconceptions(post):
        for of in Language:
            claim = _folded(CATALOGUE[key]["claim"][of])
            for opening in (_first_sentence(post[f"text_{of}"]), post.get(f"title_{of}", "")):
                sounds_like = fuzz.token_set_ratio(_folded(PLACEHOLDER.sub("", opening)), claim)
                assert sounds_like < SAME_AS_CLAIM, opening


@each_post
def test_a_post_is_written_in_clean_script(post: Post) -> None:
    for text in _texts(post):
        assert "<" not in text and ">" not in text
        assert text == unicodedata.normalize("NFC", text)
        assert not [letter for letter in text if unicodedata.category(letter) in {"Cf", "Co", "Cn"}]
        assert not re.search("[\ufb50-\ufdff\ufe70-\ufeff\u0640یکہ۰-۹]", text)
        assert "  " not in text and " \n" not in text


@each_post
def test_english_and_french_follow_their_typography(post: Post) -> None:
    french = [PLACEHOLDER.sub("", post[key]) for key in post if key.endswith(("text_fr", "title_fr", "alt_fr"))]
    for text in french:
        assert not re.search("[^\u00a0\\d][;:!?»]|«[^\u00a0]", text), text
    for of in (Language.EN, Language.FR):
        for words in ("text", "title", "alt"):
            assert not re.search("['\"“”]", post.get(f"{words}_{of}", ""))


# Scripture


@each_post
def test_every_reference_resolves_and_nothing_in_ornate_brackets_is_typed(post: Post) -> None:
    for column, text in post.items():
        assert OPENING not in text and CLOSING not in text
        if "{" in text:
            assert column.startswith(("text_", "title_"))
            assert expand(text, Language(column[-2:])).citations


@each_post
def test_no_verse_is_typed_in_an_arabic_text(post: Post) -> None:
    for words in ("text", "title", "alt"):
        assert _typed_verses(post.get(f"{words}_ar", "")) == []


def test_a_typed_verse_would_be_noticed() -> None:
    words = Mushaf.hafs().ayah(60, 8).rasm_imlai[:6]
    assert _typed_verses(f"قال تعالى: {' '.join(words)}.")
    assert _typed_verses(f"قال تعالى: {' '.join(words[:4])}.") == []


@pytest.mark.parametrize("cut", [(9, 5), (4, 43), (107, 4)])
def test_no_dangerous_verse_is_quoted(cut: tuple[int, int]) -> None:
    cited = {reference for post in POSTS for text in _texts(post) for reference in _citations(text)}
    assert cited
    assert verse(*cut).reference not in cited


# What the tests read from a post


def _accounts(post: Post) -> list[str]:
    if post["accounts"] == "all":
        return [account for account in ACCOUNTS if post["kind"] in CARRIED_BY[_network(account)]]
    return post["accounts"].split(";")


def _network(account: str) -> str:
    return str(ACCOUNTS[account]["network"])


def _misconceptions(post: Post) -> list[str]:
    return post["misconceptions"].split(";") if "misconceptions" in post else []


def _texts(post: Post) -> list[str]:
    return [post[key] for key in post if key.startswith(("text_", "title_", "alt_"))]


def _campaign_hashtags(campaign: Campaign, language: Language) -> list[str]:
    return {"ar": campaign["hashtags_ar"], "en": campaign["hashtags_en"], "fr": campaign["hashtags_fr"]}[language]


def _is_hashtag(tag: str) -> bool:
    return re.fullmatch(r"#\w+", tag) is not None and all(
        unicodedata.category(letter) not in {"Mn", "Lm"} for letter in tag
    )


def _weight_on_x(post: Post, language: Language) -> int:
    body = expand(post[f"text_{language}"], language).text
    tail = "\n".join(part for part in (post[f"hashtags_{language}"], post.get("link")) if part)
    return int(parse_tweet(f"{body}\n\n{tail}").weightedLength)


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[,\u00a0](?=\d{3})", "", PLACEHOLDER.sub("", text)))))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:!?؟;؛])\s", text, maxsplit=1)[0]


def _folded(text: str) -> str:
    """Lower case, without marks, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text).lower()
    letters = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    return " ".join(re.findall(r"\w+", letters))


def _citations(text: str) -> tuple[str, ...]:
    return expand(text, Language.EN).citations


def _typed_verses(text: str) -> list[str]:
    """The runs of five words outside placeholders that stand in the Quran, in everyday spelling."""
    found = []
    for stretch in PLACEHOLDER.split(text):
        words = [word for word in stretch.split() if _skeleton(word)]
        for start in range(len(words) - TYPED_VERSE_WORDS + 1):
            run = words[start : start + TYPED_VERSE_WORDS]
            if _skeleton("".join(run)) in _quran_skeleton():
                found.append(" ".join(run))
    return found


@cache
def _quran_skeleton() -> str:
    everyday = ("".join(word or "" for word in ayah.rasm_imlai) for ayah in Mushaf.hafs().ayahs)
    return _skeleton("".join(everyday))


def _skeleton(text: str) -> str:
    """Bare letters without spaces; the seats of hamza are folded and hamza alone is dropped."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if unicodedata.category(letter) == "Lo")
    return "".join(letters).translate(str.maketrans("ٱىیک", "اييك", "ء"))
