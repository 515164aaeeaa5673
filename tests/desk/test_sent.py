"""The post's page says how much room each account's words leave, and shows exactly the files that each account gets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from campaigns import illustrating
from campaigns.drafting import Draft, Words, save, supply
from campaigns.languages import Language
from campaigns.models import Asset, Kind
from campaigns.vault import Vault
from platforms.contract import Network
from tests.desk.furnished import NOW, House


@pytest.mark.parametrize(
    ("language", "room", "copy"),
    [
        ("en", "24 of 280, 256 left", "JPEG copy for Instagram"),
        ("fr", "24 sur 280, reste 256", "Copie JPEG pour Instagram"),
        ("ar", "24 من 280، بقي 256", "نسخة JPEG"),
    ],
)
def test_each_account_shows_its_room_and_its_copy(
    house: House, tmp_path: Path, language: str, room: str, copy: str
) -> None:
    digest = _post_with_a_copy(house, tmp_path)
    page = house.sign_in("Yusuf").get(f"/posts/sea?lang={language}").text
    plain = page.replace("\u2068", "").replace("\u2069", "").replace("\u2066", "")
    assert room in plain and copy in plain and "900×900" in plain
    assert f'src="/media/{digest}"' in page, "the copy itself is shown, and not the file that it was made of alone"


def test_what_a_network_would_refuse_is_said_beside_its_account(house: House, tmp_path: Path) -> None:
    _post_with_a_copy(house, tmp_path, text="Peace " * 400)
    page = house.sign_in("Yusuf").get("/posts/sea").text
    assert "2,400 characters; Instagram takes 2,200" in page


def test_an_approver_sees_where_a_text_is_cut_into_a_thread(house: House, tmp_path: Path) -> None:
    _post_with_a_copy(house, tmp_path, text="We listen before we judge, and we speak when we know.\n\n" * 8)
    page = house.sign_in("Yusuf").get("/posts/sea?lang=en").text
    thread = page.partition('<details class="thread">')[2].partition("</details>")[0]
    parts = [part.partition("</div>")[0] for part in thread.split("<li>")[1:]]
    assert len(parts) == 2
    assert parts[0].endswith("1/2") and parts[1].endswith("2/2")
    assert all("We listen before we judge" in part for part in parts)


def _post_with_a_copy(house: House, folder: Path, text: str = "Peace is a word to keep.") -> str:
    picture = folder / "sea.png"
    Image.new("RGB", (900, 900), "teal").save(picture)
    draft = Draft(
        key="sea",
        kind=Kind.DESIGN,
        words=(Words(language=Language.EN, title="Peace", text=text, alt_text="A sea"),),
        media=(supply(picture, Language.EN, 0),),
        accounts=("x-en", "instagram-en"),
        at=(NOW + timedelta(days=1)).isoformat(),
        timezone="UTC",
        author="Amina",
    )
    vault = Vault(house.settings.media)
    with house.store.writing() as session:
        save(session, draft, now=NOW, vault=vault)
    illustrating.illustrate(house.store, vault, "sea")
    with house.store.reading() as session:
        return session.scalars(select(Asset.sha256).where(Asset.network == Network.INSTAGRAM)).one()
