"""Write down who did what, when and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.models import Entry


def note(session: Session, who: str, did: str, subject: str, *, now: datetime, why: str = "") -> None:
    """Add an entry; it is stored with the transaction that it tells of, or not at all."""
    session.add(Entry(at=now, who=who, did=did, subject=subject, why=why))
