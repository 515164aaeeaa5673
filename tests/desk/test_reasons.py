"""Why something stands as it does, as a reader of the Arabic desk gets it."""

from __future__ import annotations

import re

from campaigns import withdrawing
from campaigns.models import Account, Delivery
from campaigns.words import unmarked
from tests.desk.furnished import NOW, House

IT = "out:x-fr:fr"


def open_to_view(page: str) -> str:
    """The page without what is folded away as a network's or the machine's words."""
    return unmarked(re.sub(r'<details class="folded">.*?</details>', "", page, flags=re.DOTALL))


def test_no_english_line_stands_beside_an_arabic_sentence(house: House) -> None:
    house.stands(IT, Delivery.STAGING)
    house.stands(IT, Delivery.PLANNED, why="a worker stopped while preparing it; nothing was visible")
    house.stands(IT, Delivery.FAILED, why="X refused this: You are not allowed to do that")
    with house.store.writing() as session:
        account = session.get_one(Account, "x-en")
        account.paused_at, account.paused_why = NOW, "X does not know this account's token: sign the account in again"
    browser = house.sign_in("Yusuf")
    for path, said in (
        ("/", "رفض إكس ذلك."),
        ("/posts/out", "توقف النظام أثناء تجهيزه، ولم يظهر منه شيء."),
        ("/accounts", "لم يعد إكس يقبل دخول هذا الحساب."),
    ):
        page = browser.get(f"{path}?lang=ar").text
        seen = open_to_view(page)
        assert said in seen
        assert not re.search(r"worker stopped|refused this|not allowed|312 characters|token", seen), path
    assert "You are not allowed to do that" in browser.get("/posts/out?lang=ar").text


def test_a_person_s_own_reason_finds_its_own_direction(house: House) -> None:
    house.stands(IT, Delivery.PUBLISHED, remote_id="1993", url="https://x.com/i/status/1993", published_at=NOW)
    reason = "التاريخ المذكور خطأ (see p. 3)"
    publication = house.publication(IT)
    with house.store.writing() as session:
        withdrawing.it_is_down(
            session, session.merge(publication), settings=house.settings, by="Yusuf", reason=reason, now=NOW
        )
    page = house.sign_in("Yusuf").get("/posts/out?lang=ar").text
    assert page.count(f'<span dir="auto">{reason}</span>') == 2  # where it stands, and in its history
