"""The stop: pulled with a reason, seen on every page, lifted by somebody who saw what they lift."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from campaigns import levers
from campaigns.models import Account, Delivery, Hold, Scope
from campaigns.words import unmarked
from tests.desk.furnished import NOW, OURS, House

BANNER = "All publishing is stopped"


def in_force(house: House) -> list[tuple[Scope, str, str, str]]:
    with house.store.reading() as session:
        return [(each.scope, each.value, each.reason, each.by) for each in levers.in_force(session)]


def pull(browser: TestClient, what: str, reason: str = "a day of mourning") -> tuple[int, str]:
    answer = browser.post("/stop", data={"what": what, "reason": reason}, headers=OURS)
    then = browser.get(answer.headers["location"]) if answer.status_code == 303 else answer
    return answer.status_code, unmarked(then.text)


def newest(house: House, scope: Scope) -> Hold:
    with house.store.reading() as session:
        return session.scalars(select(Hold).where(Hold.scope == scope).order_by(Hold.id.desc())).first() or Hold()


YOUTUBE = (Scope.NETWORK, "youtube", "A check", "Yusuf")


def test_a_stop_over_everything_stands_on_every_page_until_it_is_lifted(each_house: House) -> None:
    browser, writer = each_house.sign_in("Ibrahim"), each_house.sign_in("Amina")
    assert BANNER not in writer.get("/").text
    status, text = pull(browser, "everything:")
    assert (status, "It is stopped." in text) == (303, True)
    for path in (
        "/",
        "/month",
        "/posts",
        "/posts/out",
        "/misconceptions",
        "/summary/2026-11",
        "/accounts",
        "/posts/nowhere",
    ):
        text = unmarked(writer.get(path, follow_redirects=True).text)
        assert BANNER in text and "a day of mourning" in text and "stopped by Ibrahim" in text, path
    lever = newest(each_house, Scope.EVERYTHING)
    answer = browser.post("/stop/lift", data={"what": "everything:", "seen": str(lever.id)}, headers=OURS)
    assert answer.status_code == 303
    assert BANNER not in writer.get("/").text
    assert in_force(each_house) == [YOUTUBE]


def test_a_reason_without_a_part_is_not_lost_nor_a_part_without_a_reason(house: House) -> None:
    browser = house.sign_in("Yusuf")
    status, text = pull(browser, "", "a day of mourning")
    assert (status, text.count("a day of mourning</textarea>")) == (409, 1)
    text = pull(browser, "network:x", " ")[1]
    assert '<option value="network:x" selected>' in text


def test_a_reason_that_would_fill_every_page_is_to_be_shortened(house: House) -> None:
    browser = house.sign_in("Yusuf")
    status, text = pull(browser, "network:x", "w" * 301)
    assert (status, "it has room for 300 characters" in text, "w" * 301 in text) == (409, True, True)
    assert in_force(house) == [YOUTUBE]
    assert pull(browser, "network:x", "w" * 298 + "\r\nw")[0] == 303  # as a browser counts: 300
    assert pull(browser, "everything:")[0] == 303
    assert '<span class="brief"><bdi>a day of mourning</bdi></span>' in browser.get("/").text


def test_strangers_do_not_hear_of_a_stop(house: House) -> None:
    pull(house.sign_in("Yusuf"), "everything:")
    assert BANNER not in house.browser().get(house.link("Amina")).text
    assert BANNER not in house.browser().get("/").text


@pytest.mark.parametrize(
    "what",
    ["network:x", "account:x-ar", "language:ar", "campaign:family", "misconception:is-monolith", "kind:text"],
)
def test_a_part_can_be_stopped_by_choosing_it(each_house: House, what: str) -> None:
    browser = each_house.sign_in("Yusuf")
    assert f'<option value="{what}">' in browser.get("/stop").text
    assert pull(browser, what)[0] == 303
    scope, _, value = what.partition(":")
    assert (Scope(scope), value, "a day of mourning", "Yusuf") in in_force(each_house)
    assert BANNER not in browser.get("/").text


@pytest.mark.parametrize(
    ("what", "reason", "says"),
    [
        ("everything:", "  ", "Write why"),
        ("", "a reason", "There is nothing of that name"),
        ("network:myspace", "a reason", "There is nothing of that name"),
        ("everything:x", "a reason", "There is nothing of that name"),
        ("planet:mars", "a reason", "There is nothing of that name"),
    ],
)
def test_a_stop_that_would_stop_nothing_is_refused(house: House, what: str, reason: str, says: str) -> None:
    status, text = pull(house.sign_in("Yusuf"), what, reason)
    assert (status, says in text) == (409, True)
    assert in_force(house) == [YOUTUBE]


def test_an_account_that_is_gone_is_not_offered(house: House) -> None:
    with house.store.writing() as session:
        session.get_one(Account, "x-ar").active = False
    assert "account:x-ar" not in house.sign_in("Yusuf").get("/stop").text


def test_a_page_that_does_not_know_the_newest_stop_does_not_lift_it(each_house: House) -> None:
    older = newest(each_house, Scope.NETWORK)
    with each_house.store.writing() as session:
        levers.hold(session, scope=Scope.NETWORK, value="youtube", reason="A court order", by="Ibrahim", now=NOW)
    browser = each_house.sign_in("Yusuf")
    stale = {"what": "network:youtube", "seen": str(older.id)}
    answer = browser.post("/stop/lift", data=stale, headers=OURS)
    assert (answer.status_code, "The stops have changed" in answer.text) == (409, True)
    assert len(in_force(each_house)) == 2
    known = {"what": "network:youtube", "seen": str(newest(each_house, Scope.NETWORK).id)}
    assert browser.post("/stop/lift", data=known, headers=OURS).status_code == 303
    assert in_force(each_house) == []
    assert browser.post("/stop/lift", data=known, headers=OURS).status_code == 409


def test_lifting_sends_nothing_and_shows_what_is_still_held(house: House) -> None:
    house.stands("out:x-fr:fr", Delivery.HELD, why="held by Yusuf: A check")
    browser = house.sign_in("Yusuf")
    lever = newest(house, Scope.NETWORK)
    browser.post("/stop/lift", data={"what": "network:youtube", "seen": str(lever.id)}, headers=OURS)
    assert house.publication("out:x-fr:fr").state is Delivery.HELD
    assert 'href="/posts?delivery=held"' in browser.get("/stop?done=lifted").text


def test_a_writer_sees_what_is_stopped_and_can_neither_stop_nor_lift(house: House) -> None:
    browser, lever = house.sign_in("Amina"), newest(house, Scope.NETWORK)
    page = browser.get("/stop").text
    assert "A check" in page and "Scholars and editors stop and lift." in page
    assert 'action="/stop' not in page
    assert pull(browser, "everything:")[0] == 403
    lift = {"what": "network:youtube", "seen": str(lever.id)}
    assert browser.post("/stop/lift", data=lift, headers=OURS).status_code == 403
    assert in_force(house) == [YOUTUBE]


def test_an_order_from_elsewhere_stops_nothing(house: House) -> None:
    browser = house.sign_in("Yusuf")
    form = {"what": "everything:", "reason": "x"}
    assert browser.post("/stop", data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert browser.post("/stop", data={"what": "everything:", "reason": "\0"}, headers=OURS).status_code == 400
    assert in_force(house) == [YOUTUBE]
