"""The accounts at the desk: whether each works, and taking up one that a person has signed in again."""

from __future__ import annotations

from datetime import timedelta

from campaigns import spending
from campaigns.connections import Speaker
from campaigns.models import Account, Delivery
from campaigns.words import unmarked
from platforms.contract import Charge, Network
from platforms.youtube import quota
from tests.desk.furnished import NOW, OURS, House


def change(house: House, key: str, **values: object) -> None:
    with house.store.writing() as session:
        for name, value in values.items():
            setattr(session.get_one(Account, key), name, value)


def is_paused(house: House, key: str) -> bool:
    with house.store.reading() as session:
        return session.get_one(Account, key).paused_at is not None


def test_each_account_says_how_it_stands_and_what_goes_out_next(house: House) -> None:
    change(house, "x-en", paused_at=NOW, paused_why="X no longer takes this sign-in")
    change(house, "x-ar", resume_at=NOW + timedelta(minutes=5), resume_why="X takes no more until 09:05")
    change(house, "youtube-ar", uploads_at=NOW + timedelta(hours=5), spacing_seconds=1800)
    change(house, "facebook-fr", active=False)
    text = unmarked(house.sign_in("Amina").get("/accounts").text)
    for sentence in (
        "Since 09:00 (London) a person must sign in to X again.",
        "X no longer takes this sign-in",
        "Nothing is sent before 12:05 (Riyadh); then it goes on by itself.",
        "Nothing new is prepared before 17:00 (Riyadh); what is ready goes out.",
        "Not in use",
        "16:00 (Paris)",
        "30 minutes",
        "The rehearsal stage",
    ):
        assert sentence in text


def test_a_resting_account_names_no_hour_at_which_nothing_goes_out(house: House) -> None:
    past = "09:00 (Paris)"
    house.stands("out:x-fr:fr", Delivery.STAGING, due_at=NOW - timedelta(hours=1))
    browser = house.sign_in("Amina")
    assert past in unmarked(browser.get("/accounts").text)
    change(house, "x-fr", resume_at=NOW + timedelta(hours=2))
    text = unmarked(browser.get("/accounts").text)
    assert (past in text, text.count("12:00 (Paris)")) == (False, 2)  # how it stands, and what goes out next
    change(house, "x-fr", paused_at=NOW)
    assert past not in unmarked(browser.get("/accounts").text)


def test_a_paused_account_is_taken_up_again(each_house: House) -> None:
    change(each_house, "x-en", paused_at=NOW, paused_why="X no longer takes this sign-in")
    browser = each_house.sign_in("Yusuf")
    assert "Waits for a sign-in" in browser.get("/?waits=accounts").text
    answer = browser.post("/accounts/x-en/resume", data={"seen": NOW.isoformat()}, headers=OURS)
    assert answer.status_code == 303
    assert "The account is taken up again." in browser.get(answer.headers["location"]).text
    assert not is_paused(each_house, "x-en")


def test_a_post_that_waits_for_a_sign_in_leads_to_its_account(house: House) -> None:
    browser = house.sign_in("Yusuf")
    assert "/accounts#x-fr" not in browser.get("/posts/out").text
    change(house, "x-fr", paused_at=NOW)
    assert "/accounts#x-fr" in browser.get("/posts/out").text
    house.stands("out:x-fr:fr", Delivery.UNCERTAIN, sent_at=NOW, not_before=NOW)
    assert "/accounts#x-fr" in browser.get("/posts/out").text


def test_a_page_that_knows_an_older_pause_lifts_no_newer_one(each_house: House) -> None:
    change(each_house, "x-en", paused_at=NOW + timedelta(minutes=1), paused_why="again")
    answer = each_house.sign_in("Yusuf").post("/accounts/x-en/resume", data={"seen": NOW.isoformat()}, headers=OURS)
    assert (answer.status_code, "This account has changed meanwhile" in answer.text) == (409, True)
    assert is_paused(each_house, "x-en")


def test_a_writer_sees_the_pause_and_cannot_lift_it(house: House) -> None:
    change(house, "x-en", paused_at=NOW, paused_why="X no longer takes this sign-in")
    browser = house.sign_in("Amina")
    assert "/resume" not in browser.get("/accounts").text
    answer = browser.post("/accounts/x-en/resume", data={"seen": NOW.isoformat()}, headers=OURS)
    assert answer.status_code == 403
    assert is_paused(house, "x-en")


def test_an_account_that_is_not_there_is_a_404_page(house: House) -> None:
    answer = house.sign_in("Yusuf").post("/accounts/x-zz/resume", data={"seen": "x"}, headers=OURS)
    assert answer.status_code == 404


def test_a_channel_says_what_all_channels_have_used_of_the_day(house: House) -> None:
    speaker = Speaker(account="youtube-ar", network=Network.YOUTUBE, rehearsal=True)
    today = quota.pacific_day(house.clock())
    spent = {quota.UPLOADS: 3, quota.UNITS: 2_150}
    with house.store.writing() as session:
        charges = [Charge(bucket=bucket, amount=n, on=today, whole_app=True) for bucket, n in spent.items()]
        spending.charge(session, speaker, charges)
    page = unmarked(house.sign_in("Yusuf").get("/accounts").text)
    assert page.count("uploads 3 of 100, units 2,150 of 10,000") == 2
