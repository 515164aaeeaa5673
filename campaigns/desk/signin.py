"""Let people in by a link that works once, and know them again by a cookie; nobody has a password.

Tokens are 256 random bits; the database keeps only their SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from campaigns.chronicle import note
from campaigns.models import DeskSession, Person, Role, SignInLink
from campaigns.store import Store

LINK_LASTS = timedelta(hours=24)
IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""A visit is written down at most this often."""
ADMINISTRATOR = "Administrator"


def first_link(store: Store, base_url: str, *, now: datetime) -> str | None:
    """A link for the administrator of a desk that nobody has entered yet; None once somebody has."""
    with store.writing() as session:
        if session.scalar(select(SignInLink.digest).where(SignInLink.used_at.is_not(None)).limit(1)):
            return None
        return invite(session, _administrator(session, now), base_url, now)


def invite(session: Session, person: Person, base_url: str, now: datetime) -> str:
    """A link that lets `person` in once, for 24 hours; an earlier one that was not used no longer works."""
    session.execute(delete(SignInLink).where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None)))
    token = secrets.token_urlsafe(32)
    session.add(SignInLink(digest=_digest(token), person_id=person.id, expires_at=now + LINK_LASTS))
    session.flush()
    return f"{base_url.rstrip('/')}/enter/{token}"


def invited(session: Session, token: str, *, now: datetime) -> Person | None:
    """Whom this link would let in; None if it is unknown, used or past. Uses nothing up."""
    link = session.get(SignInLink, _digest(token))
    return link.person if link and link.used_at is None and now < link.expires_at else None


def enter(session: Session, token: str, *, now: datetime) -> str | None:
    """Use the link up and begin a session; the answer is the cookie's token, or None where it opens nothing."""
    person = invited(session, token, now=now)
    if person is None or not _use_up(session, token, now):
        return None
    session.execute(delete(DeskSession).where(DeskSession.expires_at <= now))
    cookie = secrets.token_urlsafe(32)
    session.add(
        DeskSession(digest=_digest(cookie), person_id=person.id, started_at=now, seen_at=now, expires_at=now + LONGEST)
    )
    note(session, person.name, "signed in", "desk", now=now)
    return cookie


def known(session: Session, cookie: str, *, now: datetime) -> DeskSession | None:
    """The session of this cookie while it lasts: 12 hours, and 60 minutes without a visit."""
    found = session.get(DeskSession, _digest(cookie))
    return found if found and now < found.expires_at and now - found.seen_at < IDLE else None


def seen(store: Store, visit: DeskSession, *, now: datetime) -> None:
    """Write down that somebody is still at work, not more than once a minute."""
    if now - visit.seen_at < SEEN_EVERY:
        return
    with store.writing() as session:
        session.execute(update(DeskSession).where(DeskSession.digest == visit.digest).values(seen_at=now))


def leave(session: Session, cookie: str) -> None:
    session.execute(delete(DeskSession).where(DeskSession.digest == _digest(cookie)))


def _use_up(session: Session, token: str, now: datetime) -> bool:
    """Conditional, so that of two clicks at once one gets in."""
    used = session.execute(
        update(SignInLink).where(SignInLink.digest == _digest(token), SignInLink.used_at.is_(None)).values(used_at=now)
    )
    return used.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def _administrator(session: Session, now: datetime) -> Person:
    person = session.scalar(select(Person).where(Person.name == ADMINISTRATOR))
    if person is None:
        person = Person(name=ADMINISTRATOR, role=Role.ADMINISTRATOR, created_at=now)
        session.add(person)
        session.flush()
    return person


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
