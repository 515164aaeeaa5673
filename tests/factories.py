"""The smallest true objects: a post as a team would import it, submitted and approved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, joinedload

from campaigns import catalogue, review
from campaigns.languages import Language
from campaigns.models import Kind, Person, Post, PostState, Publication, Revision, Role, Wording
from campaigns.publishing import Lane, Line, Publisher
from campaigns.publishing.steps import Claim, Step
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Checkpoint, MediaFile, Receipt

if TYPE_CHECKING:
    from tests.conftest import MovableClock

WRITER, EDITOR = "Amina", "Yusuf"
UPRIGHT_FILM = MediaFile(
    path=Path("film.mp4"),
    mime_type="video/mp4",
    sha256="0" * 64,
    size=9_000_000,
    width=720,
    height=1280,
    duration=timedelta(seconds=20),
    codec="h264",
    sound_codec="aac",
    frame_rate=30.0,
    pixel_format="yuv420p",
    index_first=True,
)
"""What every network takes."""


def person(session: Session, name: str, role: Role) -> Person:
    return review.person_called(session, name, role=role, now=datetime.now(UTC))


def accounts(store: Store, settings: Settings) -> None:
    """The shipped accounts, in the store."""
    with store.writing() as session:
        catalogue.load_accounts(session, settings)


def text_post(
    session: Session,
    key: str = "peace",
    *,
    text: str = "Peace is a word to keep.",
    on: Iterable[str] = ("x-en",),
    due_at: datetime | None = None,
    languages: Iterable[Language] = (Language.EN,),
    rehearsal: bool = False,
) -> Post:
    """A text post, drafted, due in a minute unless said otherwise."""
    post = Post(key=key, state=PostState.DRAFTED, rehearsal=rehearsal, created_at=datetime.now(UTC))
    session.add(post)
    _revise(session, post, 1, text, on, due_at, languages)
    return post


def newer_words(session: Session, text: str, *, of: str = "peace", due_at: datetime | None = None) -> Post:
    """A post with its next revision, drafted: its accounts and languages, due in a minute unless said otherwise."""
    post = session.scalars(select(Post).where(Post.key == of)).one()
    last, post.state = post.revision, PostState.DRAFTED
    _revise(session, post, last.number + 1, text, last.accounts, due_at, last.languages)
    return post


def _revise(
    session: Session,
    post: Post,
    number: int,
    text: str,
    on: Iterable[str],
    due_at: datetime | None,
    languages: Iterable[Language],
) -> None:
    now = datetime.now(UTC)
    revision = Revision(
        number=number,
        kind=Kind.TEXT,
        accounts=list(on),
        at=(due_at or now + timedelta(minutes=1)).isoformat(),
        timezone="UTC",
        author=person(session, WRITER, Role.WRITER),
        row_digest="0" * 64,
        created_at=now,
        wordings=[Wording(language=language, text=text) for language in languages],
    )
    post.revisions.append(revision)
    session.flush()


def approved(
    store: Store,
    settings: Settings,
    key: str = "peace",
    *,
    text: str = "Peace is a word to keep.",
    on: Iterable[str] = ("x-en",),
    due_at: datetime | None = None,
) -> list[str]:
    """A text post, submitted, approved and planned; the answer is its publications' keys."""
    now = datetime.now(UTC)
    with store.writing() as session:
        post = text_post(session, key, text=text, on=on, due_at=due_at)
        review.submit(session, post, by=post.revision.author, now=now)
        return [publication.key for publication in approve(session, post, settings, now=now)]


def about_to_send(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, on: str = "x-en"
) -> Claim:
    """A text post that is approved, prepared and claimed in its hour; the next thing is the call."""
    approved(store, settings, on=[on], due_at=datetime.now(UTC) + timedelta(minutes=1))
    publisher.work(on)
    clock.move(minutes=2)
    claim = publisher.claims.take(Line(account=on, lane=Lane.SEND))
    assert claim
    assert claim.step is Step.REVEAL
    return claim


def revealed(publisher: Publisher, claim: Claim) -> Receipt:
    """What the network answers to the call, which nobody has written down yet."""
    with publisher.connections.platform(claim.speaker) as platform:
        return platform.reveal(claim.outgoing, claim.checkpoint, forget)


def publication(store: Store, key: str) -> Publication:
    """As it stands now, with its account and moves loaded."""
    with store.reading() as session:
        return (
            session.scalars(
                select(Publication)
                .where(Publication.key == key)
                .options(joinedload(Publication.account), joinedload(Publication.moves), joinedload(Publication.post))
            )
            .unique()
            .one()
        )


def approve(session: Session, post: Post, settings: Settings, *, now: datetime | None = None) -> Sequence[Publication]:
    """As it stands, by an editor."""
    return review.approve(
        session,
        post,
        seal=review.seal_of(post.revision),
        by=person(session, EDITOR, Role.EDITOR),
        now=now or datetime.now(UTC),
        vault=Vault(settings.media),
        settings=settings,
    )


def somebody_waits_for_a_row(store: Store) -> bool:
    """PostgreSQL alone; SQLite has one writer at a time."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.reading() as session:
        return bool(session.scalar(sql(waiting)))


def forget(_: Checkpoint) -> None:
    """For what is saved where nobody will go on from it."""
