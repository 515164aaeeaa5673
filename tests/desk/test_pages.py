"""Every page, in three languages, with whatever people may have written."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from campaigns.desk.guard import HEADERS
from campaigns.languages import Language
from campaigns.models import (
    Account,
    Approval,
    Asset,
    Base,
    Campaign,
    Delivery,
    Hold,
    Misconception,
    Move,
    Part,
    Person,
    Post,
    Publication,
    Revision,
    Wording,
)
from campaigns.models.post import timed_for
from campaigns.paths import shipped
from campaigns.running import worker_name
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from campaigns.words import unmarked
from tests.desk.furnished import OURS, House, furnish, open_house

PAGES = (
    "/",
    "/month/2026-11",
    "/month/2027-02",
    "/posts",
    "/posts?q=peuples&state=in_review",
    "/posts/reviewed",
    "/posts/out",
    "/posts/drafted",
    "/misconceptions",
    "/misconceptions/is-monolith",
    "/summary/2026-11",
    "/stop",
    "/accounts",
    "/?waits=failed",
    "/publications/out:x-ar:ar/withdraw",
)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}{n}"


class _Reader(HTMLParser):
    """What a browser would make of a page: its elements and their attributes, and text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize("language", list(Language))
def test_every_page_speaks_its_language_and_runs_its_way(house: House, language: Language) -> None:
    browser = house.sign_in("Ibrahim")
    browser.get(f"/?lang={language}")
    for path in PAGES:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        html = _Reader(answer.text).all("html")[0]
        assert (html["lang"], html["dir"]) == (language, language.direction)
        assert "Rehearsal: nothing" not in answer.text


def test_every_page_is_the_same_on_both_databases(store: Store, settings: Settings) -> None:
    furnish(store, settings)
    browser = open_house(store, settings).sign_in("Ibrahim")
    filters = (f"/posts?{each}" for each in ("delivery=failed", "account=x-en", "day=2026-11-22", "kind=design", "q=x"))
    for path in (*PAGES, *filters, "/changes"):
        assert browser.get(path).status_code == 200, path


def test_a_rehearsal_says_on_every_page_that_nothing_reaches_an_audience(rehearsing: House) -> None:
    browser = rehearsing.sign_in("Yusuf")
    for path in (*PAGES, "/nowhere"):
        assert "تجربة: لا يصل شيء من هذا إلى الجمهور" in browser.get(path, headers={"accept-language": "ar"}).text
    stranger = rehearsing.browser()
    assert "Rehearsal: nothing here reaches an audience" in stranger.get("/").text
    assert "Répétition\u202f: rien de ceci n’atteint le public" in stranger.get("/?lang=fr").text


def test_a_chosen_language_is_remembered_and_a_browser_s_wish_is_heard(house: House) -> None:
    browser = house.sign_in("Yusuf")
    assert '<html lang="fr"' in browser.get("/", headers={"accept-language": "fr-CA,fr;q=0.8"}).text
    assert '<html lang="en"' in browser.get("/", headers={"accept-language": "de"}).text
    browser.get("/?lang=ar")
    assert '<html lang="ar"' in browser.get("/", headers={"accept-language": "fr"}).text
    assert '<html lang="ar"' in browser.get("/?lang=<script>").text


def test_what_people_write_is_shown_and_never_run(house: House) -> None:
    _write_everywhere(house, HOSTILE)
    browser = house.sign_in(HOSTILE + "Yusuf")
    for path in (*PAGES, f"/posts?q={HOSTILE}", "/posts/reviewed?done=<script>"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        page = _Reader(answer.text)
        assert len(page.all("script")) == 1 and "<script>alert" not in answer.text
        assert not any(each.get("src") == "x" for each in page.all("img"))
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert not any((each.get("href") or "").startswith("javascript") for each in page.all("a"))
        assert "&gt;49{n}" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.get("/posts/reviewed").text


def _write_everywhere(house: House, text: str) -> None:
    """Into every field that people, files or networks fill."""
    with house.store.writing() as session:
        for person in session.scalars(select(Person)):
            person.name = text + person.name
        for wording in session.scalars(select(Wording)):
            wording.title = wording.text = wording.alt_text = text
            wording.hashtags, wording.citations = [text], [text, "49:13"]
        for revision in session.scalars(select(Revision)):
            revision.link, revision.template = f"javascript:alert(3)//{text}", text[:80]
        for campaign in session.scalars(select(Campaign)):
            campaign.titles = {language.value: text for language in Language}
        for entry in session.scalars(select(Misconception)):
            entry.claim_ar = entry.claim_en = entry.claim_fr = entry.note = entry.hadith = entry.quran = text
            entry.category, entry.rebutted_by, entry.misused_verses, entry.confirmed_by = text[:40], text, text, text
        for publication in session.scalars(select(Publication)):
            publication.url, publication.why = "javascript:alert(4)", text
        for move in session.scalars(select(Move)):
            move.by = move.why = text
        for approval in session.scalars(select(Approval)):
            approval.remark = text
        for account in session.scalars(select(Account)):
            account.name, account.paused_why, account.paused_at = text, text, house.clock()
        for lever in session.scalars(select(Hold)):
            lever.reason = lever.by = text
            lever.value = text[:80]


def test_every_answer_carries_the_strict_headers(house: House) -> None:
    browser = house.sign_in("Yusuf")
    for answer in (
        browser.get("/"),
        browser.get("/nowhere"),
        browser.get("/healthz"),
        browser.post("/leave", headers={"sec-fetch-site": "cross-site"}),
        browser.get("/", headers={"host": "elsewhere.example"}),
        browser.delete("/", headers=OURS),
        house.browser().get("/"),
    ):
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.status_code, name)


def test_pages_need_nothing_but_our_own_files(house: House) -> None:
    browser = house.sign_in("Yusuf")
    for path in PAGES:
        page = _Reader(browser.get(path).text)
        assert not any("style" in attributes or tag == "style" for tag, attributes in page.elements)
        assert len(page.all("script")) == 1
        for source in (each.get("src") or each.get("href") or "" for each in (*page.all("script"), *page.all("link"))):
            answer = browser.get(source)
            assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]


def test_a_mistake_of_ours_is_a_calm_page_with_the_same_headers(house: House) -> None:
    browser = house.sign_in("Yusuf")
    Base.metadata.tables["holds"].drop(house.store.engine)
    answer = browser.get("/?lang=fr")
    assert answer.status_code == 500
    assert "Une erreur s’est produite chez nous" in answer.text
    assert "Traceback" not in answer.text and "holds" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


def test_what_is_not_there_is_a_404_page(house: House) -> None:
    browser = house.sign_in("Yusuf")
    months = ("2026-0", "2026-00", "2026-13", "0000-01", "9999-12", "٢٠٢٦-١١", "2026-11%0a")
    for path in (
        *(f"/{room}/{month}" for room in ("month", "summary") for month in months),
        *("/summary/2026-11/de/pdf", "/summary/2026-11/ar/exe", "/misconceptions/nowhere", "/openapi.json"),
        *("/posts/nowhere", "/posts/%00", "/posts/a/b", "/posts?q=%00", "/nowhere", "/docs"),
    ):
        answer = browser.get(path, headers={"accept-language": "ar"})
        assert answer.status_code == 404, path
        assert "لا توجد صفحة بهذا العنوان" in answer.text


def test_odd_filters_filter_nothing_and_break_nothing(house: House) -> None:
    browser = house.sign_in("Yusuf")
    for query in ("page=0", "page=-1", "page=x", "page=99999999999", "page=²", "page=٣", "kind=y", "day=2026-02-30"):
        assert browser.get(f"/posts?{query}").status_code == 200, query
    assert _listed(browser, "account=x%25") == set()


def test_the_list_finds_what_reads_the_same(house: House) -> None:
    browser = house.sign_in("Yusuf")
    every = {"reviewed", "edited", "drafted", "out"}
    assert _listed(browser, "") == every
    for query in ("q=شعوبا", "q=لِنَتَعارفَ", "q=ETRE peuples", "q=%23out to know", "q=Nous connaitre"):
        expected = {"out"} if "out" in query else set() if "ETRE" in query else every
        assert _listed(browser, query) == expected, query
    assert _listed(browser, "state=in_review") == {"reviewed", "edited"}
    assert _listed(browser, "kind=text") == {"drafted", "out"}
    assert _listed(browser, "delivery=failed") == {"out"}
    assert _listed(browser, "day=2026-11-22") == {"out"}
    assert _listed(browser, "day=2026-11-23") == set()
    assert _listed(browser, "account=x-fr&misconception=is-monolith&campaign=family") == every
    assert _listed(browser, "account=x") == set()


def test_the_list_is_cut_into_pages(house: House) -> None:
    from tests.desk.furnished import draft

    with house.store.writing() as session:
        for number in range(30):
            draft(session, f"more-{number:02}", "Amina")
    browser = house.sign_in("Yusuf")
    first, second = _listed(browser, "kind=text"), _listed(browser, "kind=text&page=2")
    assert (len(first), len(second)) == (25, 7)
    assert not first & second
    assert "/posts?kind=text&amp;page=2" in browser.get("/posts?kind=text").text


def _listed(browser: TestClient, query: str) -> set[str]:
    page = _Reader(browser.get(f"/posts?{query}").text)
    return {(each["href"] or "").rpartition("/")[2] for each in page.all("a") if each.get("class") == "called"}


def test_today_shows_what_waits_what_went_and_which_lever_is_pulled(house: House) -> None:
    text = house.sign_in("Yusuf").get("/").text
    assert "312 characters; X takes 280." in text
    assert 'href="https://x.example/1"' in text
    assert "Stopped for now" in text and "A check" in text


def test_a_month_has_the_hijri_day_beside_and_weeks_begin_as_the_language_has_it(house: House) -> None:
    browser = house.sign_in("Yusuf")
    arabic = browser.get("/month/2026-11?lang=ar").text
    assert "جمادى الأولى – جمادى الآخرة 1448" in arabic
    assert arabic.index("الأحد</th>") < arabic.index("الاثنين</th>")
    english = browser.get("/month/2026-11?lang=en").text
    assert english.index("Monday</th>") < english.index("Sunday</th>")
    assert "1 Jumada al-Akhirah" in english
    assert browser.get("/month/2099-12").status_code == 200


def test_a_month_shows_posts_that_nobody_has_approved_yet_on_their_day(house: House) -> None:
    page = _Reader(house.sign_in("Yusuf").get("/month/2026-11").text)
    linked = {each["href"] for each in page.all("a")}
    assert {"/posts/reviewed", "/posts/edited", "/posts/drafted", "/posts/out"} <= linked


def test_a_post_shows_three_languages_its_verse_and_what_it_answers(house: House) -> None:
    text = house.sign_in("Ibrahim").get("/posts/reviewed?lang=en").text
    for words in ("لنتعارف", "peoples and tribes", "peuples et tribus", "Muslims are one uniform bloc"):
        assert words in text
    assert "Draft: scholars have still to confirm" in text
    assert '<span class="verse" lang="ar" dir="rtl">﴿' in text
    assert "[الحجرات: 13]" in text
    assert f'src="/media/{house.picture()}"' in text


def test_an_invisible_mark_in_a_post_is_made_visible(house: House) -> None:
    with house.store.writing() as session:
        wording = session.scalars(select(Wording).join(Revision).join(Post).where(Post.key == "reviewed")).first()
        assert wording is not None
        wording.text = "to\u202eward\u200b"
    text = house.sign_in("Ibrahim").get("/posts/reviewed").text
    assert ">U+202E</mark>" in text and ">U+200B</mark>" in text


@pytest.mark.parametrize(("form", "begins"), [("html", b"<!doctype html>"), ("pdf", b"%PDF-"), ("xlsx", b"PK\x03\x04")])
def test_the_summary_can_be_taken_away(house: House, form: str, begins: bytes) -> None:
    answer = house.sign_in("Yusuf").get(f"/summary/2026-11/ar/{form}")
    assert answer.status_code == 200
    assert answer.content.lower().startswith(begins.lower())
    assert answer.headers["content-disposition"] == f'attachment; filename="sawt-summary-2026-11-ar.{form}"'


def test_head_answers_as_get_without_a_body(house: House) -> None:
    browser = house.sign_in("Yusuf")
    for path in ("/healthz", "/", "/posts/reviewed"):
        answer = browser.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_the_style_uses_the_house_s_palette_and_stays_small() -> None:
    style = Path(shipped("templates") / "desk" / "desk.css").read_text(encoding="utf-8")
    palette = json.loads((shipped("templates") / "reports" / "tokens.json").read_text(encoding="utf-8"))
    for name, colour in palette.items():
        assert f"--{name}: {colour};" in style
    assert len(style.encode()) <= 13_824
    assert not re.search(
        r"(margin|padding|border|inset)-(left|right)|text-align: *(left|right)|[^-](left|right):", style
    )


def test_captions_are_read_on_the_page_and_declarations_said(house: House, tmp_path: Path) -> None:
    subtitles = tmp_path / "en.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,500\nMercy & peace\n")
    with house.store.writing() as session:
        revision = session.scalars(select(Post).where(Post.key == "reviewed")).one().revision
        revision.synthetic = True
        for position in (timed_for(None), timed_for(Language.AR)):
            track = {"sha256": Vault(house.settings.media).keep(subtitles), "size": 9, "width": 0, "height": 0}
            track |= {"role": Part.CAPTIONS, "mime_type": "application/x-subrip", "position": position}
            revision.assets.append(Asset(language=Language.EN, **track))

    page = unmarked(house.sign_in("Yusuf").get("/posts/reviewed").text)

    assert page.count("<bdi>Mercy &amp; peace</bdi>") == 2 and "0:01" in page
    assert "timed for the film in Arabic" in page and "for the films in all languages" in page
    assert "Pictures or voices made by a machine" in page and "Made for children" not in page
    assert page.count("<video") == 0 and 'src="/media/' in page


def test_history_names_people_and_calls_every_machine_of_ours_sawt(house: House) -> None:
    key = "out:x-fr:fr"
    for by, state in (
        (worker_name(house.settings), Delivery.STAGING),
        ("laptop-cli-4711", Delivery.STAGED),
        ("Fatima", Delivery.HELD),
    ):
        house.stands(key, state, by=by)
    for language, name in (("ar", "صوت"), ("en", "Sawt"), ("fr", "Sawt")):
        page = house.sign_in("Yusuf").get(f"/posts/out?lang={language}").text
        assert page.count(f"<bdi>{name}</bdi>") == 5  # three were planned, one was prepared and made ready
        assert "<bdi>Fatima</bdi>" in page and "<bdi>plan</bdi>" not in page and "-cli-" not in page


def test_a_post_s_page_names_the_key_by_which_commands_and_files_call_it(house: House) -> None:
    assert "<code>reviewed</code>" in house.sign_in("Amina").get("/posts/reviewed").text


def test_a_place_tells_all_its_hours_by_its_audience_s_clocks(house: House) -> None:
    house.stands("out:x-fr:fr", Delivery.STAGING)
    page = unmarked(house.sign_in("Amina").get("/posts/out?lang=en").text)
    place = page[page.index("Voix de la Sagesse</bdi></p>\n      <p") :]
    hours = re.findall(r"<time[^>]*>(.*?)</time>", place)
    assert hours == ["16:00 (Paris)", "10:00", "10:00"]  # its hour, and when it was planned and prepared
    assert "It goes out at 16:00 (Paris)." in place


def test_the_corners_of_a_turned_mark_have_room() -> None:
    style = Path(shipped("templates") / "desk" / "desk.css").read_text(encoding="utf-8")
    assert re.search(r"\.s-uncertain::before \{ transform: rotate\(45deg\); margin-inline: ", style)


def test_labels_are_not_broken_inside_their_words() -> None:
    style = Path(shipped("templates") / "desk" / "desk.css").read_text(encoding="utf-8")
    whole = re.search(r"^(.*) \{ overflow-wrap: break-word; \}", style, re.MULTILINE)
    assert whole and {"dt", "label", "button"} <= set(whole[1].split(", "))
