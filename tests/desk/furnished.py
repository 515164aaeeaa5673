"""A small true house: people, posts in every state, a picture in the vault, and browsers to use its desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from campaigns import catalogue, levers, review, scripture
from campaigns.desk import signin
from campaigns.desk.app import create
from campaigns.languages import Language
from campaigns.models import (
    Asset,
    Campaign,
    Delivery,
    Kind,
    Move,
    Person,
    Post,
    Publication,
    Reading,
    Rebuttal,
    Revision,
    Role,
    Scope,
    Wording,
)
from campaigns.moving import move
from campaigns.paths import shipped
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Shape

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BASE = "http://localhost"
OURS = {"sec-fetch-site": "same-origin"}
WORDS = {
    Language.AR: ("التعارف", "خُلقنا شعوبًا وقبائل لنتعارف."),
    Language.EN: ("To know one another", "We were made peoples and tribes to know one another."),
    Language.FR: ("Se connaître", "Nous avons été faits peuples et tribus pour nous connaître."),
}


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, kw_only=True)
class House:
    """The desk with what it stands on."""

    app: FastAPI
    store: Store
    settings: Settings
    clock: Clock

    def browser(self) -> TestClient:
        """Somebody's browser, not signed in. Errors become pages, as they do for a person."""
        return TestClient(self.app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False)

    def link(self, name: str) -> str:
        """The path of a fresh sign-in link."""
        with self.store.writing() as session:
            person = session.scalars(select(Person).where(Person.name == name)).one()
            return urlsplit(signin.invite(session, person, BASE, self.clock())).path

    def sign_in(self, name: str) -> TestClient:
        browser = self.browser()
        answer = browser.post(self.link(name), headers=OURS)
        assert answer.status_code == 303
        return browser

    def picture(self) -> str:
        """The digest of the one picture that the revisions name."""
        with self.store.reading() as session:
            return session.scalars(select(Asset.sha256)).first() or ""

    def stands(
        self, key: str, state: Delivery, *, by: str = "worker-1", why: str = "", **values: object
    ) -> Publication:
        """Let a publication have come to a state, with the line of history that goes with it."""
        with self.store.writing() as session:
            publication = session.scalars(select(Publication).where(Publication.key == key)).one()
            move(session, publication, state, by=by, why=why, now=self.clock(), **values)
        return self.publication(key)

    def publication(self, key: str) -> Publication:
        """As it stands now, with its moves."""
        with self.store.reading() as session:
            found = select(Publication).where(Publication.key == key).options(selectinload(Publication.moves))
            return session.scalars(found).one()

    def seal(self, key: str) -> str:
        with self.store.reading() as session:
            return review.seal_of(session.scalars(select(Post).where(Post.key == key)).one().revision)


def furnish(store: Store, settings: Settings) -> None:
    """Amina writes, Yusuf edits, Ibrahim is a scholar. `reviewed` waits for review, `out` is out and partly not."""
    with store.writing() as session:
        catalogue.load_accounts(session, settings)
        catalogue.load_misconceptions(session, shipped("config") / "misconceptions.yaml", now=NOW)
        _people_and_posts(session, settings, _picture(settings))


def open_house(store: Store, settings: Settings, *, rehearsal: bool = False) -> House:
    clock = Clock()
    app = create(store, settings, rehearsal=rehearsal, clock=clock)
    return House(app=app, store=store, settings=settings, clock=clock)


def draft(session: Session, key: str, by: str, picture: str = "", *, kind: Kind = Kind.TEXT) -> Post:
    """A post in three languages; English verses are cited, the Arabic text has one set."""
    now = NOW - timedelta(days=1)
    verse = scripture.expand("{quran:49:13}", Language.AR)
    post = Post(key=key, created_at=now)
    revision = Revision(
        number=1,
        kind=kind,
        campaign_key="family",
        accounts=["x-ar", "x-en", "x-fr"],
        at="2026-11-22T18:00",
        timezone="Asia/Riyadh",
        link="https://www.oic-oci.org/",
        author=review.person_called(session, by, role=Role.WRITER, now=now),
        row_digest="0" * 64,
        created_at=now,
    )
    for language, (title, text) in WORDS.items():
        if language is Language.AR:
            text = f"{text}\n{verse.text}"
        revision.wordings.append(
            Wording(
                language=language,
                title=title,
                text=text,
                alt_text="",
                hashtags=[f"#{key}"],
                citations=["49:13"],
            )
        )
        if picture:
            revision.assets.append(_asset(language, picture))
    revision.rebuttals.append(Rebuttal(misconception_key="is-monolith", position=0))
    post.revisions.append(revision)
    session.add(post)
    session.flush()
    return post


def _people_and_posts(session: Session, settings: Settings, picture: str) -> None:
    for name, role in (("Amina", Role.WRITER), ("Yusuf", Role.EDITOR), ("Ibrahim", Role.SCHOLAR)):
        review.person_called(session, name, role=role, now=NOW)
    titles = {"ar": "أسرة واحدة", "en": "One family", "fr": "Une famille"}
    session.add(Campaign(key="family", titles=titles))
    session.flush()
    for key, by in (("reviewed", "Amina"), ("edited", "Yusuf")):
        post = draft(session, key, by, picture, kind=Kind.DESIGN)
        review.submit(session, post, by=post.revision.author, now=NOW)
    draft(session, "drafted", "Amina")
    _published(session, settings)
    levers.hold(session, scope=Scope.NETWORK, value="youtube", reason="A check", by="Yusuf", now=NOW)


def _published(session: Session, settings: Settings) -> None:
    post = draft(session, "out", "Amina")
    review.submit(session, post, by=post.revision.author, now=NOW)
    yusuf = session.scalars(select(Person).where(Person.name == "Yusuf")).one()
    planned = review.approve(
        session,
        post,
        seal=review.seal_of(post.revision),
        by=yusuf,
        now=NOW,
        vault=Vault(settings.media),
        settings=settings,
    )
    out, refused, _ = planned
    _move(session, out, Delivery.PUBLISHED)
    out.published_at, out.url = NOW - timedelta(hours=1), "https://x.example/1"
    session.add(Reading(publication_id=out.id, taken_at=NOW, impressions=1204, reactions=31))
    _move(session, refused, Delivery.FAILED, "312 characters; X takes 280.")


def _move(session: Session, publication: Publication, to: Delivery, why: str = "") -> None:
    session.add(
        Move(publication_id=publication.id, at=NOW, came_from=publication.state, went_to=to, by="clock", why=why)
    )
    publication.state, publication.why = to, why
    session.flush()


def _picture(settings: Settings) -> str:
    file = settings.home / "picture.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 10), "#12303A").save(file)
    return Vault(settings.media).keep(file)


def _asset(language: Language, digest: str) -> Asset:
    return Asset(language=language, shape=Shape.WIDE, sha256=digest, mime_type="image/png", size=77, width=8, height=10)
