"""The files that pages show: media from the vault for people signed in, style and fonts for everybody."""

from __future__ import annotations

import hashlib
from urllib.robotparser import RobotFileParser

from sqlalchemy import update

from campaigns.models import Asset
from campaigns.vault import Vault
from platforms.shelf import FolderShelf
from tests.desk.furnished import House


def test_a_picture_comes_with_its_type_and_can_do_nothing(house: House) -> None:
    answer = house.sign_in("Amina").get(f"/media/{house.picture()}")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == house.picture()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_type_that_browsers_run_is_only_handed_over(house: House) -> None:
    with house.store.writing() as session:
        session.execute(update(Asset).values(mime_type="text/html"))
    answer = house.sign_in("Amina").get(f"/media/{house.picture()}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"


def test_a_film_can_be_sought_in(house: House) -> None:
    answer = house.sign_in("Amina").get(f"/media/{house.picture()}", headers={"range": "bytes=1-3"})
    assert (answer.status_code, answer.content) == (206, b"PNG")


def test_only_what_a_revision_names_is_there(house: House) -> None:
    browser, vault = house.sign_in("Amina"), Vault(house.settings.media)
    stray = house.settings.home / "stray.txt"
    stray.write_text("nobody's")
    kept = vault.keep(stray)
    picture = house.picture()
    tricks = [kept, "0" * 64, "٠" * 64, picture.upper(), picture[:-1], f"{picture}0", f"{picture}%00", f"{picture}%0a"]
    tricks += ["%2e%2e", "%2e%2e%2fsawt.sqlite", "..%2f..%2fsawt.sqlite", "%2fetc%2fpasswd", "%2e%2e/sawt.sqlite"]
    for trick in tricks:
        assert browser.get(f"/media/{trick}").status_code == 404, trick


def test_a_file_that_is_gone_from_the_vault_is_a_404(house: House) -> None:
    Vault(house.settings.media).path(house.picture()).unlink()
    assert house.sign_in("Amina").get(f"/media/{house.picture()}").status_code == 404


def test_fonts_and_style_are_served_to_everybody_and_nothing_else_of_the_folder(house: House) -> None:
    browser = house.browser()
    for name in ("plex-arabic-400.ttf", "plex-arabic-600.ttf", "amiri-400.ttf"):
        answer = browser.get(f"/fonts/{name}")
        assert answer.headers["content-type"] == "font/ttf"
        assert answer.content[:4] == b"\x00\x01\x00\x00"
        assert "max-age=31536000" in answer.headers["cache-control"]
    assert "javascript" in browser.get("/static/desk.js").headers["content-type"]
    for name in ("base.html", "today.html", "..%2fdesk.css", "%2e%2e", "desk.css%00"):
        assert browser.get(f"/static/{name}").status_code == 404
    assert browser.get("/fonts/..%2f..%2fpyproject.toml").status_code == 404


def test_what_is_laid_out_for_a_network_is_to_be_had_by_its_name_and_nothing_else(house: House) -> None:
    browser, folder = house.browser(), house.settings.shown_folder
    url = FolderShelf(folder, "/shelf").put(Vault(house.settings.media).path(house.picture()), suffix=".jpg")
    (folder / "notes.txt").write_text("nobody's")
    answer = browser.get(url, headers={"user-agent": "facebookexternalhit/1.1"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert "max-age" in answer.headers["cache-control"]
    assert browser.head(url).status_code == 200
    name = url.rpartition("/")[2]
    for trick in ("", "notes.txt", f".{name}.part", name.upper(), f"{name}%00", "..%2fsawt.sqlite", f"{'0' * 40}.jpg"):
        assert browser.get(f"/shelf/{trick}").status_code == 404, trick


def test_robots_are_kept_out_but_for_the_one_that_fetches_pictures(house: House) -> None:
    told = RobotFileParser()
    told.parse(house.browser().get("/robots.txt").text.splitlines())
    for agent, path, may in (
        ("facebookexternalhit/1.1", "/shelf/x.jpg", True),
        ("facebookexternalhit/1.1", "/posts", False),
        ("Googlebot", "/shelf/x.jpg", False),
    ):
        assert told.can_fetch(agent, path) is may
