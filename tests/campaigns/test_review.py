from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from campaigns import review
from campaigns.languages import Language
from campaigns.models import (
    Asset,
    Entry,
    Kind,
    Part,
    Person,
    Post,
    PostState,
    Publication,
    Revision,
    Role,
    Verdict,
    Wording,
)
from campaigns.review import ReviewError
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Shape
from tests import factories

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _accounts(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)


def approve(store: Store, settings: Settings, *, by: str, role: Role, seal: str | None = None) -> None:
    with store.writing() as session:
        post = session.scalars(select(Post)).one()
        review.approve(
            session,
            post,
            seal=seal or review.seal_of(post.revision),
            by=factories.person(session, by, role),
            now=NOW,
            vault=Vault(settings.media),
            settings=settings,
        )


def submitted(store: Store) -> str:
    with store.writing() as session:
        post = factories.text_post(session)
        review.submit(session, post, by=post.revision.author, now=NOW)
        return review.seal_of(post.revision)


def state(store: Store) -> PostState:
    with store.reading() as session:
        return session.scalars(select(Post.state)).one()


def test_an_approved_post_is_planned_and_the_deed_is_written_down(store: Store, settings: Settings) -> None:
    submitted(store)
    approve(store, settings, by="Yusuf", role=Role.SCHOLAR)
    with store.reading() as session:
        assert session.scalars(select(Publication.key)).all() == ["peace:x-en:en"]
        assert session.scalars(select(Entry.did).order_by(Entry.id)).all() == ["submitted", "approved"]
        post = session.scalars(select(Post)).one()
        assert review.approval_in_force(post.revision, now=NOW)
        assert not review.approval_in_force(post.revision, now=NOW + timedelta(days=366))


def test_the_author_cannot_approve_their_own_post(store: Store, settings: Settings) -> None:
    submitted(store)
    with store.writing() as session:
        factories.person(session, factories.WRITER, Role.WRITER).role = Role.EDITOR
    with pytest.raises(ReviewError, match="somebody else"):
        approve(store, settings, by=factories.WRITER, role=Role.EDITOR)
    assert state(store) is PostState.IN_REVIEW


@pytest.mark.parametrize("spelling", ["amina", " AMINA ", "Amina.", "Ａｍｉｎａ", "Amína"])
def test_another_spelling_of_a_name_is_the_same_person(store: Store, settings: Settings, spelling: str) -> None:
    submitted(store)
    with store.writing() as session:
        assert factories.person(session, spelling, Role.EDITOR).name == factories.WRITER
        session.add(Person(name=spelling, role=Role.EDITOR, created_at=NOW))  # as it could come to be before
    with pytest.raises(ReviewError, match="somebody else"):
        approve(store, settings, by=spelling, role=Role.EDITOR)
    assert state(store) is PostState.IN_REVIEW


def test_names_in_arabic_are_one_with_and_without_their_marks(store: Store) -> None:
    with store.writing() as session:
        zaid = factories.person(session, "زَيْد بن أحمد", Role.WRITER)
        assert factories.person(session, "زيد بن احمـد", Role.EDITOR) is zaid
        assert factories.person(session, "زياد بن أحمد", Role.EDITOR) is not zaid


def test_a_writer_cannot_approve(store: Store, settings: Settings) -> None:
    submitted(store)
    with pytest.raises(ReviewError, match="scholar or an editor"):
        approve(store, settings, by="Huda", role=Role.WRITER)
    assert state(store) is PostState.IN_REVIEW


def test_an_approval_reaches_no_hour_beyond_its_own_end(store: Store, settings: Settings) -> None:
    submitted(store)
    with store.writing() as session:
        post = session.scalars(select(Post)).one()
        post.revision.at = (NOW + review.VALID_FOR + timedelta(days=1)).isoformat()
    with pytest.raises(ReviewError, match="send it back for an earlier hour"):
        approve(store, settings, by="Yusuf", role=Role.EDITOR)
    with store.reading() as session:
        assert session.scalars(select(Publication)).all() == []


def test_what_was_not_looked_at_cannot_be_approved(store: Store, settings: Settings) -> None:
    seal = submitted(store)
    with store.writing() as session:
        session.scalars(select(Wording)).one().text = "Other words."
    with pytest.raises(ReviewError, match="look at it again"):
        approve(store, settings, by="Yusuf", role=Role.EDITOR, seal=seal)
    assert state(store) is PostState.IN_REVIEW


def test_of_two_approvals_only_the_first_counts(store: Store, settings: Settings) -> None:
    submitted(store)
    approve(store, settings, by="Yusuf", role=Role.EDITOR)
    with pytest.raises(ReviewError, match="approved"):
        approve(store, settings, by="Maryam", role=Role.EDITOR)


def test_sending_back_needs_a_remark_and_keeps_it(store: Store, settings: Settings) -> None:
    seal = submitted(store)
    with store.writing() as session:
        post = session.scalars(select(Post)).one()
        yusuf = factories.person(session, "Yusuf", Role.EDITOR)
        with pytest.raises(ReviewError, match="remark"):
            review.send_back(session, post, seal=seal, by=yusuf, now=NOW, remark=" ")
        review.send_back(session, post, seal=seal, by=yusuf, now=NOW, remark="Name the source.")
    with store.reading() as session:
        post = session.scalars(select(Post)).one()
        assert post.state is PostState.CHANGES_ASKED
        last = post.revision.approvals[-1]
        assert (last.verdict, last.remark) == (Verdict.SENT_BACK, "Name the source.")
    with pytest.raises(ReviewError, match=r"was sent back for changes; .* run: sawt submit peace"):
        approve(store, settings, by="Yusuf", role=Role.EDITOR)


def test_a_damaged_picture_cannot_be_approved(store: Store, settings: Settings) -> None:
    with store.writing() as session:
        post = factories.text_post(session)
        post.revision.assets.append(_asset("ab" * 32))
        review.submit(session, post, by=post.revision.author, now=NOW)
    with pytest.raises(ReviewError, match="damaged or gone"):
        approve(store, settings, by="Yusuf", role=Role.EDITOR)


def test_media_are_read_through_before_the_transaction_in_which_they_are_approved(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    vault, picture = Vault(settings.media), tmp_path / "picture"
    picture.write_bytes(b"p")
    digest = vault.keep(picture)
    with store.writing() as session:
        post = factories.text_post(session)
        post.revision.assets.append(_asset(digest))
        review.submit(session, post, by=post.revision.author, now=NOW)
    review.must_be_whole(store, "peace", vault)
    vault.path(digest).write_bytes(b"q")
    with pytest.raises(ReviewError, match="damaged or gone"):
        review.must_be_whole(store, "peace", vault)
    vault.path(digest).write_bytes(b"pp")
    with pytest.raises(ReviewError, match="damaged or gone"):
        approve(store, settings, by="Yusuf", role=Role.EDITOR)


def test_captions_that_the_approver_cannot_read_whole_are_not_approved(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    vault, subtitles = Vault(settings.media), tmp_path / "en.srt"
    for key, words in (("sound", "Peace"), ("marked", "Peace {unseen}")):
        subtitles.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n")
        with store.writing() as session:
            post = factories.text_post(session, key)
            post.revision.assets.append(_asset(vault.keep(subtitles), role=Part.CAPTIONS))
    review.must_be_whole(store, "sound", vault)
    with pytest.raises(ReviewError, match=r"captions are plain text: delete \{ .* import it again"):
        review.must_be_whole(store, "marked", vault)


def _asset(digest: str, *, role: Part = Part.MEDIA) -> Asset:
    return Asset(
        role=role,
        language=Language.EN,
        shape=Shape.WIDE,
        position=0,
        sha256=digest,
        mime_type="image/jpeg",
        size=1,
        width=1,
        height=1,
    )


def _revision(**changes: object) -> Revision:
    values: dict[str, object] = {
        "kind": Kind.DESIGN,
        "link": "",
        "accounts": ["x-en", "x-ar"],
        "at": "slot",
        "timezone": "UTC",
        "title": "Title",
        "text": "Text",
        "alt_text": "Alt",
        "hashtags": ["#One"],
        "media": "cd" * 32,
    }
    values |= changes
    words = {name: values.pop(name) for name in ("title", "text", "alt_text", "hashtags")}
    asset = _asset(str(values.pop("media")))
    revision = Revision(**values, wordings=[Wording(language=Language.EN, **words)], assets=[asset])
    revision.post = Post(key="one")
    return revision


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"text": "Other"},
        {"alt_text": "Other"},
        {"hashtags": ["#Two"]},
        {"media": "ef" * 32},
        {"link": "https://www.oic-oci.org/"},
        {"accounts": ["x-en"]},
        {"at": "2026-11-22T10:00"},
        {"timezone": "Asia/Riyadh"},
        {"kind": Kind.INFOGRAPHIC},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_seal_changes_with_everything_that_an_audience_would_see(change: dict[str, object]) -> None:
    assert review.seal_of(_revision(**change)) != review.seal_of(_revision())


def test_the_seal_does_not_depend_on_the_order_in_which_accounts_are_named() -> None:
    assert review.seal_of(_revision(accounts=["x-ar", "x-en"])) == review.seal_of(_revision())


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_words_can_be_moved_between_title_and_text_under_the_same_seal(title: str, text: str) -> None:
    moved = _revision(title=title + text, text="")
    apart = _revision(title=title, text=text)
    assert (review.seal_of(moved) == review.seal_of(apart)) == (text == "")
