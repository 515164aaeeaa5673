"""Signing an account in at the desk: by consent or with what is pasted, and kept once a person has seen who answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from starlette.testclient import TestClient

from campaigns import callback, tokens
from campaigns.desk.visits import Desk
from campaigns.models import Account, Token
from campaigns.words import unmarked
from platforms.rehearsal import endpoints
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from tests.desk.furnished import NOW, OURS, House, open_house

APPS = {
    "x": {"client_id": "stage", "client_secret": "stage"},
    "meta": {"app_id": "stage", "app_secret": "stage"},
    "google": {"client_id": "stage", "client_secret": "stage"},
}


@pytest.fixture
def base() -> Iterator[str]:
    with in_thread(Stage()) as running:
        yield running.base


@pytest.fixture
def real(house: House, base: str, tmp_path: Path) -> House:
    """The furnished house, with the stage in the networks' place and our apps known."""
    there = replace(house.settings, endpoints=endpoints(base), apps=APPS, key_file=tmp_path / "apart" / "keys")
    return open_house(house.store, tokens.with_connected(there, house.store))


def allowed(browser: TestClient, key: str, account: str, **more: str) -> str:
    """Ask, allow it on the stage's page as this account, and come back; where the desk then leads."""
    assert browser.post(f"/accounts/{key}/connect/consent", data=more, headers=OURS).status_code == 303
    shown = browser.get(f"/accounts/{key}/connect").text
    there = shown.partition('class="go" href="')[2].partition('"')[0].replace("&amp;", "&")
    answer = requests.post(there, data={"account": account}, allow_redirects=False, timeout=30)
    back = urlsplit(answer.headers["location"])
    return browser.get(f"{back.path}?{back.query}").headers.get("location", "")


def kept(house: House, key: str) -> Token | None:
    with house.store.reading() as session:
        return session.get(Token, key)


def test_an_account_is_signed_in_by_consent_once_a_person_has_seen_who_answers(real: House) -> None:
    browser = real.sign_in("Yusuf")
    assert allowed(browser, "x-en", "x-en") == "/accounts/x-en/connect"
    assert kept(real, "x-en") is None
    shown = browser.get("/accounts/x-en/connect").text
    assert "@x_en" in shown
    remote_id = shown.partition('name="remote_id" value="')[2].partition('"')[0]
    answer = browser.post("/accounts/x-en/keep", data={"remote_id": remote_id}, headers=OURS)
    text = unmarked(browser.get(answer.headers["location"]).text)
    assert "The account is signed in" in text
    assert "does not expire" in text
    row = kept(real, "x-en")
    assert row is not None
    assert (row.speaks_as, row.connected_by) == ("@x_en", "Yusuf")
    assert real.settings.signed_in("x-en")


def test_a_person_chooses_among_the_pages_that_one_consent_leads_to(real: House) -> None:
    browser = real.sign_in("Yusuf")
    allowed(browser, "facebook-ar", "facebook-en,facebook-ar")
    shown = browser.get("/accounts/facebook-ar/connect").text
    assert "Page facebook-en" in shown
    browser.post("/accounts/facebook-ar/keep", data={"remote_id": "page-facebook-ar"}, headers=OURS)
    row = kept(real, "facebook-ar")
    assert row is not None
    assert row.speaks_as == "Page facebook-ar"
    assert real.settings.credentials["facebook-ar"]["page_id"] == "page-facebook-ar"


def test_what_is_pasted_is_on_no_page_and_a_wrong_password_stores_nothing(real: House, base: str) -> None:
    browser = real.sign_in("Yusuf")
    given = {
        "consumer_key": "stage",
        "consumer_secret": "stage",
        "access_token": "stage-x-ar",
        "access_token_secret": "mistyped-5ecret",
    }
    refused = browser.post("/accounts/x-ar/connect/keys", data=given, headers=OURS)
    assert (refused.status_code, "5ecret" in refused.text) == (409, False)
    answer = browser.post(
        "/accounts/x-ar/connect/keys", data={**given, "access_token_secret": "stage-x-ar"}, headers=OURS
    )
    shown = browser.get(answer.headers["location"]).text
    assert "@x_ar" in shown
    assert "stage-x-ar" not in shown
    assert kept(real, "x-ar") is None


def test_an_answer_is_taken_once_from_who_asked_and_soon(real: House) -> None:
    browser = real.sign_in("Yusuf")
    assert browser.get("/accounts/connected?code=c&state=nobody-asked").status_code == 404
    allowed(browser, "x-en", "x-en")
    remote_id = browser.get("/accounts/x-en/connect").text.partition('name="remote_id" value="')[2].partition('"')[0]
    real.clock.now = NOW + timedelta(minutes=16)
    late = browser.post("/accounts/x-en/keep", data={"remote_id": remote_id}, headers=OURS)
    assert (late.status_code, "Begin again; nothing was stored." in late.text) == (409, True)
    assert kept(real, "x-en") is None


def test_a_desk_elsewhere_takes_the_address_at_which_the_browser_ended_up(real: House) -> None:
    browser = real.sign_in("Yusuf")
    browser.post("/accounts/x-en/connect/consent", headers=OURS)
    shown = browser.get("/accounts/x-en/connect").text
    there = shown.partition('class="go" href="')[2].partition('"')[0].replace("&amp;", "&")
    ended = requests.post(there, data={"account": "x-en"}, allow_redirects=False, timeout=30).headers["location"]
    answer = browser.post("/accounts/x-en/answer", data={"address": ended}, headers=OURS)
    assert answer.status_code == 303
    assert "@x_en" in browser.get(answer.headers["location"]).text


def test_a_desk_behind_a_proxy_leads_nobody_to_its_own_machine(real: House) -> None:
    browser = TestClient(real.app, base_url="https://127.0.0.1:8321", follow_redirects=False)
    browser.post(real.link("Yusuf"), headers=OURS)
    browser.post("/accounts/x-en/connect/consent", headers=OURS)
    shown = browser.get("/accounts/x-en/connect").text
    assert 'action="/accounts/x-en/answer"' in shown
    assert callback.address() in shown


def test_the_mark_of_rehearsal_goes_with_the_last_account_that_is_signed_in(real: House) -> None:
    (only,) = (each for each in real.settings.accounts if each.key == "x-en")
    desk = Desk(store=real.store, settings=replace(real.settings, accounts=(only,)), marked=None, clock=real.clock)
    assert desk.rehearsal
    browser = real.sign_in("Yusuf")
    allowed(browser, "x-en", "x-en")
    remote_id = browser.get("/accounts/x-en/connect").text.partition('name="remote_id" value="')[2].partition('"')[0]
    browser.post("/accounts/x-en/keep", data={"remote_id": remote_id}, headers=OURS)
    assert not desk.rehearsal


@pytest.mark.parametrize(("name", "status"), [("Amina", 403), ("Ibrahim", 403), ("Yusuf", 200)])
def test_editors_sign_accounts_in_and_others_do_not(real: House, name: str, status: int) -> None:
    browser = real.sign_in(name)
    assert browser.get("/accounts/x-en/connect").status_code == status
    assert ("/accounts/x-en/connect" in browser.get("/accounts").text) is (status == 200)


def test_a_sign_in_that_ends_soon_and_its_trouble_are_shown(real: House) -> None:
    with real.store.writing() as session:
        assert session.get(Account, "facebook-ar")
        session.add(
            Token(
                account_key="facebook-ar",
                sealed="x",
                speaks_as="Page of the Centre",
                connected_at=NOW,
                checked_at=NOW,
                expires_at=NOW + timedelta(days=6),
                trouble="without read_insights there are no figures of views and reach",
            )
        )
    text = unmarked(real.sign_in("Amina").get("/accounts").text)
    assert "Page of the Centre" in text
    assert "without read_insights" in text
    assert 'class="state s-paused">until' in text
