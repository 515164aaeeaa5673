"""Approve exactly what was looked at, or send it back; whoever may not is told why, and nothing changes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns import review
from campaigns.languages import Language
from campaigns.models import (
    Account,
    Approval,
    Delivery,
    Kind,
    Person,
    Post,
    PostState,
    Publication,
    Revision,
    Role,
    Wording,
)
from campaigns.words import unmarked
from platforms.contract import Network
from tests.desk.furnished import OURS, House


def _state(house: House, key: str) -> PostState:
    with house.store.reading() as session:
        return session.scalars(select(Post.state).where(Post.key == key)).one()


def _count(house: House, table: type[Approval] | type[Publication]) -> int:
    with house.store.reading() as session:
        return len(session.scalars(select(table.id)).all())


def test_an_editor_approves_and_the_post_is_planned(house: House) -> None:
    browser, seal = house.sign_in("Yusuf"), house.seal("reviewed")
    assert seal in browser.get("/posts/reviewed").text
    answer = browser.post(
        "/posts/reviewed/approve", data={"seal": seal, "remark": "Clear and kind"}, headers=OURS, follow_redirects=True
    )
    assert "approved and planned" in answer.text
    assert "Clear and kind" in answer.text
    with house.store.reading() as session:
        post = session.scalars(select(Post).where(Post.key == "reviewed")).one()
        planned = session.scalars(select(Publication).where(Publication.post_id == post.id)).all()
        approval = review.approval_in_force(post.revision, now=house.clock())
        assert {each.account_key for each in planned} == {"x-ar", "x-en", "x-fr"}
        assert approval is not None and approval.person.name == "Yusuf"


def test_what_changed_meanwhile_is_not_approved(house: House) -> None:
    browser, seal = house.sign_in("Yusuf"), house.seal("reviewed")
    with house.store.writing() as session:
        wording = session.scalars(
            select(Wording).join(Revision).join(Post).where(Post.key == "reviewed", Wording.language == "en")
        ).one()
        wording.text = "Something else."
    before = _count(house, Approval), _count(house, Publication)
    answer = browser.post("/posts/reviewed/approve", data={"seal": seal}, headers=OURS)
    assert answer.status_code == 409
    assert "changed since you opened it" in answer.text
    assert "Something else." in answer.text and house.seal("reviewed") in answer.text
    assert (_count(house, Approval), _count(house, Publication)) == before
    assert _state(house, "reviewed") is PostState.IN_REVIEW


def test_a_stale_page_cannot_send_back_either(house: House) -> None:
    answer = house.sign_in("Yusuf").post(
        "/posts/reviewed/send-back", data={"seal": "0" * 64, "remark": "Mend it"}, headers=OURS
    )
    assert answer.status_code == 409
    assert _state(house, "reviewed") is PostState.IN_REVIEW


def test_the_second_of_two_who_decide_is_told_that_it_is_decided(house: House) -> None:
    seal = house.seal("reviewed")
    first, second = house.sign_in("Yusuf"), house.sign_in("Ibrahim")
    assert first.post("/posts/reviewed/approve", data={"seal": seal}, headers=OURS).status_code == 303
    before = _count(house, Approval)
    answer = second.post("/posts/reviewed/approve", data={"seal": seal}, headers=OURS)
    assert answer.status_code == 409
    assert "nothing can be decided" in answer.text
    assert _count(house, Approval) == before


def test_nobody_approves_their_own_post_and_the_page_says_so(house: House) -> None:
    browser, seal = house.sign_in("Yusuf"), house.seal("edited")
    page = browser.get("/posts/edited").text
    assert "You wrote this revision" in page
    assert "/posts/edited/approve" not in page
    answer = browser.post("/posts/edited/approve", data={"seal": seal}, headers=OURS)
    assert answer.status_code == 409
    assert "You wrote this revision" in answer.text
    assert _state(house, "edited") is PostState.IN_REVIEW


def test_whoever_stands_in_an_old_list_under_two_spellings_is_not_offered_an_approval_of_their_own(
    house: House,
) -> None:
    with house.store.writing() as session:
        session.add(Person(name="YÚSUF", role=Role.EDITOR, created_at=house.clock()))
    page = house.sign_in("YÚSUF").get("/posts/edited").text
    assert "You wrote this revision" in page
    assert "/posts/edited/approve" not in page


def test_a_writer_decides_nothing(house: House) -> None:
    browser, seal = house.sign_in("Amina"), house.seal("edited")
    page = browser.get("/posts/edited").text
    assert "Scholars and editors approve" in page and "/posts/edited/approve" not in page
    for verb in ("approve", "send-back"):
        answer = browser.post(f"/posts/edited/{verb}", data={"seal": seal, "remark": "x"}, headers=OURS)
        assert answer.status_code == 403
    assert _state(house, "edited") is PostState.IN_REVIEW


def test_a_scholar_sends_back_with_a_remark(house: House) -> None:
    browser, seal = house.sign_in("Ibrahim"), house.seal("reviewed")
    answer = browser.post(
        "/posts/reviewed/send-back",
        data={"seal": seal, "remark": "راجع العزو"},
        headers=OURS,
        follow_redirects=True,
    )
    assert "راجع العزو" in answer.text and "went back to its author" in answer.text
    assert _state(house, "reviewed") is PostState.CHANGES_ASKED


def test_sending_back_without_saying_why_changes_nothing(house: House) -> None:
    browser, seal = house.sign_in("Ibrahim"), house.seal("reviewed")
    answer = browser.post("/posts/reviewed/send-back", data={"seal": seal, "remark": "  "}, headers=OURS)
    assert answer.status_code == 409
    assert "Write what should change" in answer.text
    assert _state(house, "reviewed") is PostState.IN_REVIEW


def test_a_picture_that_was_altered_on_the_disk_stops_the_approval(house: House) -> None:
    from campaigns.vault import Vault

    browser, seal = house.sign_in("Yusuf"), house.seal("reviewed")
    Vault(house.settings.media).path(house.picture()).write_bytes(b"another picture")
    answer = browser.post("/posts/reviewed/approve", data={"seal": seal}, headers=OURS)
    assert answer.status_code == 409
    assert "damaged or gone" in answer.text
    assert _state(house, "reviewed") is PostState.IN_REVIEW


def test_an_unreadable_form_is_a_calm_page(house: House) -> None:
    browser = house.sign_in("Yusuf")
    assert browser.post("/posts/reviewed/approve", headers=OURS).status_code == 400
    assert browser.post("/posts/nowhere/approve", data={"seal": "x"}, headers=OURS).status_code == 404
    with_nul = {"seal": "0" * 64, "remark": "\0"}
    assert browser.post("/posts/reviewed/approve", data=with_nul, headers=OURS).status_code == 400
    too_long = {"seal": "0" * 64, "remark": "x" * 70_000}
    assert browser.post("/posts/reviewed/approve", data=too_long, headers=OURS).status_code in (400, 413)


def test_an_open_page_hears_of_a_decision(house: House) -> None:
    browser, seal = house.sign_in("Yusuf"), house.seal("reviewed")
    before = browser.get("/changes").text
    assert f'data-word="{before}"' in browser.get("/").text
    assert browser.get("/changes").text == before
    browser.post("/posts/reviewed/approve", data={"seal": seal}, headers=OURS)
    assert browser.get("/changes").text != before


@pytest.mark.parametrize(
    ("account", "note", "says"),
    [
        ("web", "The verse number was wrong.", "On approval the post on the website is changed in place"),
        ("web", "", "What is out on the website stays as it is, for this revision says no correction"),
        ("x-en", "The verse number was wrong.", "What is out on X cannot be changed"),
    ],
)
def test_what_an_approval_does_to_what_is_out_already_is_said_before(
    house: House, account: str, note: str, says: str
) -> None:
    with house.store.writing() as session:
        session.add(Account(key="web", network=Network.WEBSITE, languages=["en"], name="web", timezone="UTC"))
        post = session.scalars(select(Post).where(Post.key == "reviewed")).one()
        wording = next(each for each in post.revision.wordings if each.language is Language.EN)
        wording.correction = note
        older = Revision(
            post_id=post.id, number=0, kind=Kind.TEXT, accounts=[account], at="slot", timezone="UTC",
            author=post.revision.author, row_digest="0" * 64, created_at=house.clock(),
            wordings=[Wording(language=Language.EN, text="Older words.")],
        )  # fmt: skip
        session.add(
            Publication(
                key=f"reviewed:{account}:en", post=post, revision=older, account_key=account, language=Language.EN,
                state=Delivery.PUBLISHED, due_at=house.clock(), published_at=house.clock(), remote_id="4711",
            )
        )  # fmt: skip
    page = unmarked(house.sign_in("Yusuf").get("/posts/reviewed").text)
    assert says in page
    assert note in page
