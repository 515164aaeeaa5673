"""What a person decides about a publication at the desk, what follows from it, and what a stale page cannot do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from campaigns import levers
from campaigns.models import Delivery, Entry, Publication, Scope
from campaigns.words import unmarked
from tests.desk.furnished import NOW, OURS, House

OUT, REFUSED, PLANNED = "out:x-ar:ar", "out:x-en:en", "out:x-fr:fr"
SEEN_AT = "https://x.com/i/status/1993000000000000001"


def press(browser: TestClient, shown: Publication, verb: str, **form: str) -> tuple[int, str]:
    """Send a form of the page that showed the publication so; the status, and what a person then sees."""
    address = f"/publications/{shown.key}/{verb}"
    answer = browser.post(address, data={"seen": str(shown.moves[-1].id), **form}, headers=OURS)
    then = browser.get(answer.headers["location"]) if answer.status_code == 303 else answer
    return answer.status_code, unmarked(then.text)


def uncertain(house: House, *, look_at: datetime | None = None) -> Publication:
    """Sent, and not known to be out; without a next look a person must say."""
    why = "the connection broke"
    return house.stands(PLANNED, Delivery.UNCERTAIN, why=why, sent_at=NOW, not_before=look_at)


def published(house: House, key: str = PLANNED, remote_id: str = "1993") -> Publication:
    address = f"https://x.com/i/status/{remote_id}"
    return house.stands(key, Delivery.PUBLISHED, remote_id=remote_id, url=address, published_at=NOW)


def chronicled(house: House, did: str) -> list[tuple[str, str]]:
    with house.store.reading() as session:
        return [(each.who, each.subject) for each in session.scalars(select(Entry).where(Entry.did == did))]


# -- settling ----------------------------------------------------------------------------------------


def test_somebody_who_saw_it_says_where(each_house: House) -> None:
    status, text = press(each_house.sign_in("Yusuf"), uncertain(each_house), "out", address=f" {SEEN_AT}?s=20 ")
    assert (status, "It is noted as published." in text) == (303, True)
    now = each_house.publication(PLANNED)
    assert (now.state, now.remote_id, now.url) == (Delivery.PUBLISHED, "1993000000000000001", f"{SEEN_AT}?s=20")
    assert now.moves[-1].by == "Yusuf"
    assert chronicled(each_house, "settled") == [("Yusuf", PLANNED)]


def test_somebody_who_looked_and_did_not_see_it_says_so(each_house: House) -> None:
    status, text = press(each_house.sign_in("Ibrahim"), uncertain(each_house), "not-out")
    assert (status, "It is noted as not out." in text) == (303, True)
    assert "Ibrahim looked at the account, and it is not there." in text
    assert each_house.publication(PLANNED).state is Delivery.MISSED


def test_somebody_who_sees_what_was_said_not_to_be_there_says_where(house: House) -> None:
    browser = house.sign_in("Yusuf")
    missed = house.stands(PLANNED, Delivery.MISSED, sent_at=datetime.now(UTC))
    page = browser.get("/posts/out").text
    assert f"/publications/{PLANNED}/out".replace(":", "%3A") in page.replace(":", "%3A")
    assert press(browser, missed, "out", address=SEEN_AT)[0] == 303
    assert house.publication(PLANNED).state is Delivery.PUBLISHED


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"address": ""}, "begins with https://"),
        ({"address": "javascript:alert(1)"}, "begins with https://"),
        ({"address": "https://example.org/status/9"}, "This is no address of X"),
        ({"address": "https://x.com/sawt"}, "does not hold the number under which X keeps it"),
        ({"address": SEEN_AT, "number": "a post"}, "On X a number is digits alone"),
    ],
)
def test_an_address_that_says_nothing_settles_nothing(house: House, form: dict[str, str], says: str) -> None:
    status, text = press(house.sign_in("Yusuf"), uncertain(house), "out", **form)
    assert (status, says in text) == (409, True), text
    assert house.publication(PLANNED).state is Delivery.UNCERTAIN


def test_the_address_of_another_post_settles_nothing(house: House) -> None:
    house.stands(REFUSED, Delivery.PUBLISHED, remote_id="1993000000000000001")
    status, text = press(house.sign_in("Yusuf"), uncertain(house), "out", address=SEEN_AT)
    assert (status, "At this address stands another post" in text) == (409, True)
    assert house.publication(PLANNED).state is Delivery.UNCERTAIN


TWICE = "it may be out twice: a late answer: it is out as 7 at 7. Look at the account, and delete one of them"
UNCORRECTED = "it is out, but its correction could not be brought: X refuses this: no"


@pytest.mark.parametrize(
    ("why", "says"), [(TWICE, "It may be out twice on X"), (UNCORRECTED, "its correction could not be brought")]
)
def test_what_is_out_and_needs_a_look_waits_for_a_person(house: House, why: str, says: str) -> None:
    browser = house.sign_in("Yusuf")
    published(house)
    house.stands(PLANNED, Delivery.PUBLISHED, why=why)
    assert says in unmarked(browser.get("/?waits=to_look_at").text)
    assert "Out, needs a look" in browser.get("/?waits=to_look_at").text


def test_a_person_says_which_of_two_copies_is_left(house: House) -> None:
    browser = house.sign_in("Yusuf")
    published(house)
    shown = house.stands(PLANNED, Delivery.PUBLISHED, why=TWICE)
    assert press(browser, shown, "out", address=SEEN_AT)[0] == 303
    assert "It may be out twice" not in unmarked(browser.get("/").text)
    now = house.publication(PLANNED)
    assert (now.state, now.remote_id) == (Delivery.PUBLISHED, "1993000000000000001")


def test_what_was_filled_in_comes_back_with_the_sentence(house: House) -> None:
    browser, shown = house.sign_in("Yusuf"), uncertain(house)
    text = press(browser, shown, "out", address="https://x.com/sawt", number="a post")[1]
    assert 'value="https://x.com/sawt"' in text and 'value="a post"' in text
    house.stands(REFUSED, Delivery.HELD)
    held = house.stands(PLANNED, Delivery.HELD)
    text = press(browser, held, "back", at="2026-11-22T08:30")[1]
    assert text.count('value="2026-11-22T08:30"') == 1  # in its own form alone


def test_what_was_taken_down_leads_to_its_network_no_more(house: House) -> None:
    browser = house.sign_in("Yusuf")
    published(house)
    assert "https://x.com/i/status/1993" in browser.get("/posts/out").text
    house.stands(PLANNED, Delivery.WITHDRAWN, withdrawn_at=NOW)
    for path in ("/posts/out", f"/publications/{PLANNED}/withdraw"):
        assert "https://x.com/i/status/1993" not in browser.get(path).text


# -- back on the plan --------------------------------------------------------------------------------


def test_what_was_refused_goes_back_on_the_plan_at_its_own_hour(each_house: House) -> None:
    due_at = each_house.publication(REFUSED).due_at
    status, text = press(each_house.sign_in("Yusuf"), each_house.publication(REFUSED), "back")
    assert (status, "It is back on the plan." in text) == (303, True)
    now = each_house.publication(REFUSED)
    assert (now.state, now.due_at, now.why) == (Delivery.PLANNED, due_at, "")
    assert chronicled(each_house, "resumed") == [("Yusuf", REFUSED)]


def test_what_was_missed_goes_out_now_or_at_an_hour_of_its_audience(each_house: House) -> None:
    browser = each_house.sign_in("Yusuf")
    past = NOW - timedelta(hours=9)
    press(browser, each_house.stands(REFUSED, Delivery.MISSED, due_at=past), "back")
    assert each_house.publication(REFUSED).due_at == NOW
    press(browser, each_house.stands(REFUSED, Delivery.MISSED, due_at=past), "back", at="2026-11-22T12:30")
    assert each_house.publication(REFUSED).due_at == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)  # London
    press(browser, each_house.stands(PLANNED, Delivery.HELD), "back", at="2026-11-22T12:30")
    assert each_house.publication(PLANNED).due_at == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)  # Paris


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("", "Write the hour as a day and a time"),
        ("tomorrow", "Write the hour as a day and a time"),
        ("2026-11-22T12:30+01:00", "Write the hour as a day and a time"),
        ("0001-01-01T00:00", "Write the hour as a day and a time"),
        ("2026-11-22T08:30", "That hour has passed"),
        ("2027-03-28T02:30", "Clocks change that night"),
        ("2027-10-31T02:30", "Clocks change that night"),
    ],
)
def test_an_hour_that_cannot_be_meant_changes_nothing(house: House, at: str, says: str) -> None:
    held = house.stands(PLANNED, Delivery.HELD)
    status, text = press(house.sign_in("Yusuf"), held, "back", at=at)
    assert (status, says in text) == (409, True)
    assert house.publication(PLANNED).state is Delivery.HELD


def test_what_a_lever_still_holds_leads_to_the_lever_and_not_back(each_house: House) -> None:
    with each_house.store.writing() as session:
        levers.hold(session, scope=Scope.LANGUAGE, value="fr", reason="a day of mourning", by="Ibrahim", now=NOW)
    held = each_house.stands(PLANNED, Delivery.HELD, why="held by Ibrahim: a day of mourning")
    browser = each_house.sign_in("Yusuf")
    page = browser.get("/posts/out").text
    assert f"/publications/{PLANNED}/back" not in page and 'href="/stop"' in page
    status, text = press(browser, held, "back")
    assert (status, "As long as it is stopped it cannot go back on the plan." in text) == (409, True)
    assert each_house.publication(PLANNED).state is Delivery.HELD


# -- taking down -------------------------------------------------------------------------------------


def test_what_is_out_is_taken_down_after_a_second_page_that_says_what_follows(each_house: House) -> None:
    browser, out = each_house.sign_in("Ibrahim"), published(each_house)
    assert f'href="/publications/{PLANNED}/withdraw"' in browser.get("/posts/out").text.replace("%3A", ":")
    page = browser.get(f"/publications/{PLANNED}/withdraw").text
    assert "It is deleted on X" in page
    assert each_house.publication(PLANNED).state is Delivery.PUBLISHED
    status, text = press(browser, out, "withdraw", reason="The date is wrong.")
    assert (status, "Sawt takes it down now." in text) == (303, True)
    assert "Ibrahim asked for it to be taken down: The date is wrong." in text
    now = each_house.publication(PLANNED)
    assert (now.state, now.not_before, now.moves[-1].by) == (Delivery.WITHDRAWING, NOW, "Ibrahim")


def test_what_somebody_has_deleted_by_hand_is_noted(each_house: House) -> None:
    browser = each_house.sign_in("Yusuf")
    status, text = press(browser, published(each_house), "deleted", reason="wrong picture")
    assert (status, "It is noted as deleted." in text) == (303, True)
    now = each_house.publication(PLANNED)
    assert (now.state, now.withdrawn_at) == (Delivery.WITHDRAWN, NOW)
    assert "It was out, and was taken down at" in text


def test_what_is_being_taken_down_may_be_deleted_by_hand_meanwhile(each_house: House) -> None:
    published(each_house)
    going = each_house.stands(PLANNED, Delivery.WITHDRAWING, by="Yusuf", why="wrong picture", not_before=NOW)
    browser = each_house.sign_in("Yusuf")
    page = browser.get(f"/publications/{PLANNED}/withdraw").text
    assert "/deleted" in page and f'action="/publications/{PLANNED}/withdraw"' not in page.replace("%3A", ":")
    assert press(browser, going, "deleted", reason="wrong picture")[0] == 303
    assert each_house.publication(PLANNED).state is Delivery.WITHDRAWN


@pytest.mark.parametrize("verb", ["withdraw", "deleted"])
def test_nothing_comes_down_without_a_reason(house: House, verb: str) -> None:
    status, text = press(house.sign_in("Yusuf"), published(house), verb, reason="  ")
    assert (status, "Write why it comes down" in text, "Take down what is out" in text) == (409, True, True)
    assert house.publication(PLANNED).state is Delivery.PUBLISHED


def test_a_post_whose_number_nobody_knows_is_not_taken_for_deleted(house: House) -> None:
    """The network would say of a wrong number that it is gone already."""
    browser, out = house.sign_in("Yusuf"), published(house, remote_id="pfbid02abc")
    assert "It is deleted on X" not in browser.get(f"/publications/{PLANNED}/withdraw").text
    assert press(browser, out, "withdraw", reason="wrong")[0] == 409
    assert house.publication(PLANNED).state is Delivery.PUBLISHED


def test_what_is_not_out_cannot_be_taken_down_and_the_page_says_so(house: House) -> None:
    browser = house.sign_in("Yusuf")
    page = unmarked(browser.get(f"/publications/{REFUSED}/withdraw").text)
    assert "It is now “Refused”" in page and "<textarea" not in page
    status, text = press(browser, house.publication(REFUSED), "withdraw", reason="wrong")
    assert (status, house.publication(REFUSED).state) == (409, Delivery.FAILED)
    assert "<h1>Take down what is out</h1>" in text


# -- who may, and stale pages ------------------------------------------------------------------------

VERBS = ("out", "not-out", "back", "withdraw", "deleted")


def test_a_writer_reads_the_sentence_and_finds_no_button(house: House) -> None:
    out = uncertain(house)
    browser = house.sign_in("Amina")
    page = browser.get("/posts/out").text
    assert "Please look at the account and say whether it is out" in page
    assert "/publications/" not in page
    assert browser.get(f"/publications/{OUT}/withdraw").status_code == 403
    for verb in VERBS:
        assert press(browser, out, verb, address=SEEN_AT, reason="x")[0] == 403
    assert house.publication(PLANNED).state is Delivery.UNCERTAIN


@pytest.mark.parametrize("name", ["Yusuf", "Ibrahim"])
def test_editors_and_scholars_find_what_the_state_allows_and_nothing_else(house: House, name: str) -> None:
    uncertain(house)
    page = house.sign_in(name).get("/posts/out").text.replace("%3A", ":")
    offered = {
        (key, verb) for key in (OUT, REFUSED, PLANNED) for verb in VERBS if f"/publications/{key}/{verb}" in page
    }
    assert offered == {(OUT, "withdraw"), (REFUSED, "back"), (PLANNED, "out"), (PLANNED, "not-out")}


@pytest.mark.parametrize("verb", VERBS)
def test_a_stale_page_changes_nothing_and_says_what_has_become_of_it(each_house: House, verb: str) -> None:
    before = uncertain(each_house)
    each_house.stands(PLANNED, Delivery.PLANNED, why="X has proven that it is not out; it is sent again")
    now = each_house.stands(PLANNED, Delivery.UNCERTAIN, why="the connection broke again", sent_at=NOW)
    status, text = press(each_house.sign_in("Yusuf"), before, verb, address=SEEN_AT, reason="wrong")
    assert (status, "This has changed meanwhile: it is now “Uncertain”." in text) == (409, True)
    assert [each.id for each in each_house.publication(PLANNED).moves] == [each.id for each in now.moves]


@pytest.mark.parametrize("verb", ["not-out", "back", "deleted"])
def test_a_form_for_another_state_than_its_own_changes_nothing(house: House, verb: str) -> None:
    planned = house.publication(PLANNED)
    status, _ = press(house.sign_in("Yusuf"), planned, verb, reason="wrong")
    assert (status, house.publication(PLANNED).state) == (409, Delivery.PLANNED)


@pytest.mark.parametrize("verb", VERBS)
def test_an_order_from_elsewhere_or_about_nothing_is_refused(house: House, verb: str) -> None:
    browser, shown = house.sign_in("Yusuf"), uncertain(house)
    form = {"seen": str(shown.moves[-1].id), "address": SEEN_AT, "reason": "x"}
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert browser.post(f"/publications/{PLANNED}/{verb}", data=form, headers=elsewhere).status_code == 403
    assert browser.post(f"/publications/nowhere/{verb}", data=form, headers=OURS).status_code == 404
    assert browser.post(f"/publications/{PLANNED}/{verb}", data={"seen": "x"}, headers=OURS).status_code == 400
    assert house.publication(PLANNED).state is Delivery.UNCERTAIN


# -- today -------------------------------------------------------------------------------------------


def test_today_lists_what_waits_for_a_person_by_kind_and_leads_there(each_house: House) -> None:
    uncertain(each_house)
    browser = each_house.sign_in("Yusuf")
    page = browser.get("/").text
    assert f'href="/posts/out#p-{each_house.publication(PLANNED).id}"' in page
    assert 'href="/?waits=uncertain#waiting"' in page and 'href="/?waits=failed#waiting"' in page
    assert "?waits=held" not in page
    only = browser.get("/?waits=failed").text
    assert "312 characters; X takes 280." in only
    assert "Please look at the account" not in only
    assert browser.get("/?waits=<script>").text.count("Please look at the account") == 1


def test_what_sawt_still_looks_for_is_not_left_to_a_person(house: House) -> None:
    before = house.sign_in("Yusuf").get("/changes").text
    uncertain(house, look_at=NOW + timedelta(minutes=1))
    browser = house.sign_in("Yusuf")
    page = browser.get("/").text
    assert "Sawt is seeing to these" in page
    assert "next at 10:01; nothing is sent meanwhile." in unmarked(page)
    assert "?waits=uncertain" not in page
    assert browser.get("/changes").text != before


def test_what_the_network_would_not_take_down_waits_for_a_person(each_house: House) -> None:
    published(each_house)
    each_house.stands(PLANNED, Delivery.WITHDRAWING, by="Yusuf", why="wrong")
    each_house.stands(PLANNED, Delivery.PUBLISHED, why="it could not be taken down and is still out: X said no")
    text = unmarked(each_house.sign_in("Yusuf").get("/?waits=still_out").text)
    assert "a person must delete it on X" in text and "X said no" in text
    assert "312 characters" not in text
