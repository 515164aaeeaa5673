"""Move a publication from one state to another: conditionally, and never without a line of its history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from campaigns.models import Delivery, Move, Publication

_LINE = insert(Move)


class Overtaken(RuntimeError):
    """Somebody else moved the publication meanwhile; what we were doing is no longer ours to do."""


def update_unchanged(session: Session, publication: Publication, was: Delivery, **values: object) -> None:
    """Move a row that was just read, if it is still as it was read. Raises Overtaken.

    The session's own copy takes on the new values without being read again.
    """
    unchanged = (
        Publication.id == publication.id,
        Publication.state == was,
        Publication.fence == publication.fence,
    )
    touched = session.execute(update(Publication).where(*unchanged).values(**values)).rowcount  # type: ignore[attr-defined]
    if touched == 0:
        key = publication.key
        session.expire(publication)
        raise Overtaken(key)


def move(
    session: Session,
    publication: Publication,
    to: Delivery,
    *,
    by: str,
    why: str,
    now: datetime,
    **values: object,
) -> None:
    was = publication.state
    update_unchanged(session, publication, was, state=to, why=why, owner=None, lease_until=None, **values)
    write_down(session, publication.id, was, to, by=by, now=now, why=why)


def write_down(
    session: Session,
    publication_id: int,
    came_from: Delivery | None,
    went_to: Delivery,
    *,
    by: str,
    now: datetime,
    why: str = "",
) -> None:
    """One line of a publication's history."""
    line = {"publication_id": publication_id, "at": now, "came_from": came_from, "went_to": went_to}
    session.execute(_LINE, {**line, "by": by, "why": why})
