"""A draft becomes a post, or its next revision, or nothing; and nothing older goes out meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns import catalogue
from campaigns.drafting import NEWER_REVISION, Draft, DraftingError, Outcome, Supplied, Words, save
from campaigns.languages import Language
from campaigns.models import (
    Asset,
    Base,
    Campaign,
    Delivery,
    Kind,
    Move,
    Person,
    Post,
    PostState,
    Publication,
    Revision,
    Role,
)
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault, digest_of

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DRAFT = Draft(
    key="peace-01",
    kind=Kind.TEXT,
    campaign="peace",
    words=(
        Words(language=Language.AR, text="سلام", hashtags=("#سلام",), citations=("49:13",)),
        Words(language=Language.EN, text="Peace"),
    ),
    accounts=("x-ar", "x-en"),
    at="2026-11-22T18:00:00",
    timezone="Asia/Riyadh",
    author="Amal",
)


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone, where the database makes no difference."""
    store = Store(f"sqlite:///{tmp_path}/s.sqlite")
    Base.metadata.create_all(store.engine)
    yield store
    store.close()


def _count(session: Session, table: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_new_draft_makes_the_post_with_its_author_and_campaign(one: Store, vault: Vault) -> None:
    with one.writing() as session:
        assert save(session, DRAFT, now=NOW, vault=vault) is Outcome.NEW
    with one.reading() as session:
        post = session.scalars(select(Post)).one()
        assert (post.key, post.state, post.rehearsal) == ("peace-01", PostState.DRAFTED, False)
        assert post.revision.number == 1
        assert post.revision.author.role is Role.WRITER
        assert [w.text for w in post.revision.wordings] == ["سلام", "Peace"]
        assert post.revision.wordings[0].citations == ["49:13"]
        assert session.get_one(Campaign, "peace").title(Language.AR) == "peace"


def test_the_same_draft_again_changes_nothing(one: Store, vault: Vault) -> None:
    with one.writing() as session:
        save(session, DRAFT, now=NOW, vault=vault)
        session.scalars(select(Post)).one().state = PostState.APPROVED
    with one.writing() as session:
        assert save(session, DRAFT, now=NOW, vault=vault) is Outcome.UNCHANGED
        assert _count(session, Revision) == 1
        assert session.scalars(select(Post)).one().state is PostState.APPROVED


def test_a_changed_draft_is_the_next_revision_and_the_post_is_drafted_again(store: Store, vault: Vault) -> None:
    with store.writing() as session:
        save(session, DRAFT, now=NOW, vault=vault)
        session.scalars(select(Post)).one().state = PostState.APPROVED
    with store.writing() as session:
        assert save(session, replace(DRAFT, link="https://www.oic-oci.org/"), now=NOW, vault=vault) is Outcome.CHANGED
        post = session.scalars(select(Post)).one()
        assert [revision.number for revision in post.revisions] == [1, 2]
        assert (post.state, post.revision.link) == (PostState.DRAFTED, "https://www.oic-oci.org/")
        assert _count(session, Person) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"author": "Bilal"},
        {"at": "slot"},
        {"timezone": "UTC"},
        {"misconceptions": ("a",)},
        {"accounts": ("x-ar",)},
        {"words": DRAFT.words[:1]},
        {"words": (replace(DRAFT.words[0], alt_text="?"), DRAFT.words[1])},
        {"words": (replace(DRAFT.words[0], hashtags=()), DRAFT.words[1])},
    ],
)
def test_whatever_differs_gives_another_digest(other: dict[str, object]) -> None:
    assert replace(DRAFT, **other).digest != DRAFT.digest  # type: ignore[arg-type]


def test_a_new_account_alone_makes_no_other_revision_of_what_goes_everywhere() -> None:
    everywhere = replace(DRAFT, everywhere=True)
    assert replace(everywhere, accounts=("x-ar", "x-en", "x-new")).digest == everywhere.digest


def test_a_newer_revision_takes_what_waits_off_the_plan_and_leaves_what_is_at_work(
    store: Store, vault: Vault, settings: Settings
) -> None:
    states = dict(zip(sorted(Delivery), sorted(a.key for a in settings.accounts), strict=False))
    with store.writing() as session:
        catalogue.load_accounts(session, settings)
        save(session, DRAFT, now=NOW, vault=vault)
        post = session.scalars(select(Post)).one()
        for state, account in states.items():
            session.add(_publication(post, account, state))
    with store.writing() as session:
        save(session, replace(DRAFT, author="Bilal"), now=NOW, vault=vault)
    with store.reading() as session:
        now_in = {p.account_key: p.state for p in session.scalars(select(Publication))}
        waiting = {Delivery.PLANNED, Delivery.STAGED, Delivery.HELD, Delivery.MISSED, Delivery.FAILED}
        assert now_in == {a: Delivery.WITHDRAWN if s in waiting else s for s, a in states.items()}
        moves = session.scalars(select(Move)).all()
        assert {move.came_from for move in moves} == waiting
        assert {(move.went_to, move.by, move.why) for move in moves} == {(Delivery.WITHDRAWN, "Bilal", NEWER_REVISION)}


def _publication(post: Post, account: str, state: Delivery) -> Publication:
    return Publication(
        key=f"{post.key}:{account}:ar",
        post=post,
        revision=post.revision,
        account_key=account,
        language=Language.AR,
        state=state,
        due_at=NOW + timedelta(days=1),
    )


def test_supplied_media_are_in_the_vault_and_belong_to_the_revision(one: Store, vault: Vault, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"picture")
    with one.writing() as session:
        save(session, replace(DRAFT, kind=Kind.DESIGN, media=(_supplied(picture),)), now=NOW, vault=vault)
        asset = session.scalars(select(Asset)).one()
        assert (asset.shape, asset.language, asset.width) == (None, Language.AR, 1080)
        assert vault.is_whole(asset.sha256)


def test_a_file_that_changes_while_it_is_brought_in_is_refused(one: Store, vault: Vault, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"picture")
    draft = replace(DRAFT, kind=Kind.DESIGN, media=(_supplied(picture),))
    picture.write_bytes(b"another")
    with pytest.raises(DraftingError, match=r"a\.jpg changed"), one.writing() as session:
        save(session, draft, now=NOW, vault=vault)
    with one.reading() as session:
        assert _count(session, Post) == 0


def _supplied(file: Path) -> Supplied:
    return Supplied(
        language=Language.AR,
        position=0,
        path=file,
        sha256=digest_of(file),
        size=file.stat().st_size,
        mime_type="image/jpeg",
        width=1080,
        height=1080,
        seconds=None,
    )


def test_a_rehearsal_and_the_real_plan_never_share_a_post(one: Store, vault: Vault) -> None:
    with one.writing() as session:
        save(session, DRAFT, now=NOW, vault=vault, rehearsal=True)
    with one.writing() as session, pytest.raises(DraftingError, match="rehearsal post"):
        save(session, replace(DRAFT, at="slot"), now=NOW, vault=vault)
