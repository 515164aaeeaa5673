"""Who is let in, how, and for how long."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import select

from campaigns.desk import signin
from campaigns.desk.visits import signed_in
from campaigns.models import Base, DeskSession, Person, Role, SignInLink
from campaigns.store import Store
from tests.desk.furnished import BASE, NOW, OURS, House

OPEN = {
    ("GET", "/enter/{token}"),
    ("POST", "/enter/{token}"),
    ("GET", "/healthz"),
    ("GET", "/static/{name}"),
    ("GET", "/shelf/{name}"),
    ("GET", "/robots.txt"),
    ("GET", "/fonts/{name}"),
}


def _asks_who(dependant: Dependant) -> bool:
    return dependant.call is signed_in or any(_asks_who(each) for each in dependant.dependencies)


def test_every_route_but_the_named_ones_needs_somebody_signed_in(house: House) -> None:
    routes = _routes(house)
    unguarded = {
        (method, route.path) for route in routes if not _asks_who(route.dependant) for method in route.methods or ()
    }
    assert unguarded == OPEN
    assert len(routes) > len(OPEN) + 10


def test_nobody_in_particular_gets_401_on_every_guarded_page(house: House) -> None:
    browser = house.browser()
    for route in _routes(house):
        if _asks_who(route.dependant):
            path = route.path.replace("{key}", "reviewed").replace("{name}", "2026-11").replace("{language}", "ar")
            path = path.replace("{form}", "html").replace("{digest}", house.picture())
            for method in route.methods or ():
                answer = browser.request(method, path, headers=OURS)
                assert answer.status_code == 401, (method, path)
                assert "To know one another" not in answer.text


def test_looking_at_a_link_does_not_use_it_up_and_using_it_does(house: House) -> None:
    link, browser = house.link("Yusuf"), house.browser()
    assert browser.get(link).status_code == browser.get(link).status_code == 200
    assert browser.post(link, headers=OURS).status_code == 303
    assert browser.get("/").status_code == 200
    stranger = house.browser()
    assert stranger.post(link, headers=OURS).status_code == 410
    assert stranger.get(link).status_code == 410
    assert stranger.get("/").status_code == 401


def test_a_link_is_worth_nothing_after_a_day(house: House) -> None:
    link, browser = house.link("Yusuf"), house.browser()
    house.clock.now += signin.LINK_LASTS
    assert browser.get(link).status_code == 410
    assert browser.post(link, headers=OURS).status_code == 410


def test_a_new_link_replaces_the_one_that_was_not_used(house: House) -> None:
    older, newer = house.link("Yusuf"), house.link("Yusuf")
    assert house.browser().post(older, headers=OURS).status_code == 410
    assert house.browser().post(newer, headers=OURS).status_code == 303


def test_an_invented_link_opens_nothing(house: House) -> None:
    for token in ("x", "a" * 43, "%00", "..%2f..%2fetc"):
        assert house.browser().post(f"/enter/{token}", headers=OURS).status_code in (404, 410)


def test_the_database_keeps_digests_and_never_a_token(house: House) -> None:
    link = house.link("Yusuf")
    browser = house.browser()
    browser.post(link, headers=OURS)
    cookie = browser.cookies["sawt-desk"]
    with house.store.reading() as session:
        kept = {*session.scalars(select(SignInLink.digest)), *session.scalars(select(DeskSession.digest))}
    assert kept == {hashlib.sha256(token.encode()).hexdigest() for token in (link.rpartition("/")[2], cookie)}


def test_a_session_ends_after_an_hour_without_a_visit(house: House) -> None:
    browser = house.sign_in("Yusuf")
    house.clock.now += timedelta(minutes=59)
    assert browser.get("/").status_code == 200
    house.clock.now += timedelta(minutes=59)
    assert browser.get("/").status_code == 200
    house.clock.now += timedelta(minutes=60)
    assert browser.get("/").status_code == 401


def test_a_page_that_stands_open_does_not_keep_its_session_alive(house: House) -> None:
    browser = house.sign_in("Yusuf")
    for _ in range(3):
        house.clock.now += timedelta(minutes=25)
        last = browser.get("/changes").status_code
    assert last == 401


def test_a_session_ends_after_twelve_hours_whatever_happens(house: House) -> None:
    browser = house.sign_in("Yusuf")
    for _ in range(12):
        house.clock.now += timedelta(minutes=59)
        assert browser.get("/month/2026-11").status_code == 200
    house.clock.now = NOW + timedelta(hours=12)
    assert browser.get("/").status_code == 401


def test_signing_out_ends_the_session_on_the_server_too(house: House) -> None:
    browser = house.sign_in("Yusuf")
    cookie = browser.cookies["sawt-desk"]
    assert browser.post("/leave", headers=OURS).status_code == 303
    thief = house.browser()
    thief.cookies.set("sawt-desk", cookie)
    assert thief.get("/").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house: House) -> None:
    answer = house.browser().post(house.link("Yusuf"), headers=OURS)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie


def test_over_tls_the_cookie_is_bound_to_this_host(house: House) -> None:
    browser = TestClient(house.app, base_url="https://localhost", follow_redirects=False)
    answer = browser.post(house.link("Yusuf"), headers=OURS)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sawt-desk=") and "Secure" in cookie and "Domain" not in cookie
    assert "strict-transport-security" in answer.headers
    assert browser.get("/").status_code == 200


def test_an_order_from_another_site_is_refused_and_nothing_happens(house: House) -> None:
    browser, seal = house.sign_in("Yusuf"), house.seal("reviewed")
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": BASE},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://localhost.elsewhere.example"},
        {"origin": "null"},
        {},
    ):
        answer = browser.post("/posts/reviewed/approve", data={"seal": seal}, headers=headers)
        assert answer.status_code == 403, headers
        assert "another site" in answer.text
    assert "In review" in browser.get("/posts/reviewed").text


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(house: House) -> None:
    assert house.browser().post(house.link("Yusuf"), headers={"origin": BASE}).status_code == 303


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example", "", "localhost@elsewhere"])
def test_a_name_that_is_not_ours_leads_nowhere(house: House, host: str) -> None:
    assert house.sign_in("Yusuf").get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_this_machine_s_own_names_are_ours(house: House, host: str) -> None:
    assert house.browser().get("/healthz", headers={"host": host}).status_code == 200


def test_the_first_link_is_for_an_administrator_and_only_while_nobody_has_entered(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.sqlite'}")
    Base.metadata.create_all(store.engine)
    assert signin.first_link(store, BASE, now=NOW)
    again = signin.first_link(store, f"{BASE}/", now=NOW)
    assert again is not None and again.startswith(f"{BASE}/enter/")
    with store.writing() as session:
        assert signin.enter(session, urlsplit(again).path.rpartition("/")[2], now=NOW)
    assert signin.first_link(store, BASE, now=NOW) is None
    with store.reading() as session:
        assert [(each.name, each.role) for each in session.scalars(select(Person))] == [
            ("Administrator", Role.ADMINISTRATOR)
        ]
    store.close()


def _routes(house: House) -> list[APIRoute]:
    """Everything that the desk answers; each must be a route with dependencies that can be looked at."""
    found = [context.original_route for context in iter_route_contexts(house.app.routes)]
    routes = [route for route in found if isinstance(route, APIRoute)]
    assert len(routes) == len(found)
    return routes
