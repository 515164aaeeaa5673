"""Who writes, reviews and looks after the desk; how they are let in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models.base import Base


class Role(StrEnum):
    WRITER = "writer"
    SCHOLAR = "scholar"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"

    @property
    def may_approve(self) -> bool:
        return self is not Role.WRITER

    @property
    def may_connect(self) -> bool:
        """Whether this person signs accounts in."""
        return self in (Role.EDITOR, Role.ADMINISTRATOR)


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[Role]
    created_at: Mapped[datetime]


class SignInLink(Base):
    """A link that lets one person in once. Only the SHA-256 of its token is kept."""

    __tablename__ = "sign_in_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()


class DeskSession(Base):
    """Somebody signed in at the desk. Only the SHA-256 of the cookie's token is kept."""

    __tablename__ = "desk_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    person: Mapped[Person] = relationship()
