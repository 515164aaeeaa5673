"""This revision, in this language, on this account, at this hour; and every move that its delivery made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.languages import Language
from campaigns.models.account import Account
from campaigns.models.base import Base
from campaigns.models.post import Post, Revision


class Delivery(StrEnum):
    """Where a publication stands. The first four are on their way; `uncertain` may be out there.

    `withdrawing` is out and asked to be taken down; `withdrawn` was taken down, or off the plan before it was sent.
    """

    PLANNED = "planned"
    STAGING = "staging"
    STAGED = "staged"
    REVEALING = "revealing"
    PUBLISHED = "published"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    HELD = "held"
    MISSED = "missed"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


WAITING = (Delivery.PLANNED, Delivery.STAGED)
ON_THE_WAY = (Delivery.PLANNED, Delivery.STAGING, Delivery.STAGED, Delivery.REVEALING)
ACTIVE = (Delivery.STAGING, Delivery.REVEALING)


def _only_one(state: Delivery) -> Index:
    """An account has at most one publication in this state: two workers cannot both send, nor both prepare."""
    condition = text(f"state = '{state}'")
    name = f"uq_publications_one_{state}_per_account"
    return Index(name, "account_key", unique=True, sqlite_where=condition, postgresql_where=condition)


_FOLLOWED = Index(
    "ix_publications_follows_at",
    "follows_at",
    sqlite_where=text("follows_at IS NOT NULL"),
    postgresql_where=text("follows_at IS NOT NULL"),
)


class Publication(Base):
    """One post on one account in one language. Its state is moved by conditional updates only.

    `fence` rises with every claim: a worker that wakes up late finds its own number stale and does nothing.
    `checkpoint` is what staging has done so far, for the network's adapter alone to read.
    """

    __tablename__ = "publications"
    __table_args__ = (
        UniqueConstraint("post_id", "account_key", "language"),
        Index("ix_publications_line", "account_key", "state", "due_at"),
        _only_one(Delivery.STAGING),
        _only_one(Delivery.REVEALING),
        _FOLLOWED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), index=True)
    account_key: Mapped[str] = mapped_column(ForeignKey("accounts.key"))
    language: Mapped[Language]
    state: Mapped[Delivery] = mapped_column(default=Delivery.PLANNED, index=True)
    rehearsal: Mapped[bool] = mapped_column(default=False)
    """Decided when planned: it goes to the rehearsal stage, or never there."""
    due_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    """Later than `due_at` after a setback: not one call before it."""
    fence: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    checkpoint: Mapped[dict[str, Any]] = mapped_column(default=dict)
    setbacks: Mapped[int] = mapped_column(default=0)
    resendings: Mapped[int] = mapped_column(default=0)
    """How often it was sent again because it was proven absent."""
    looks: Mapped[int] = mapped_column(default=0)
    """How often the network was asked whether it is out."""
    absences: Mapped[int] = mapped_column(default=0)
    """How often it proved not to be out, once reads had had time to catch up."""
    sent_at: Mapped[datetime | None]
    """When the reveal was about to be called; set before the call."""
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    corrected_at: Mapped[datetime | None]
    follows_at: Mapped[datetime | None]
    """When what is to follow a post that is out (a correction, captions) is gone on with; None when nothing is."""
    corrected_to_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    """The revision whose words are to take the place of those that are out."""
    upload_sent: Mapped[int | None]
    """Bytes of the upload that has begun last, of how many, and since when."""
    upload_total: Mapped[int | None]
    upload_began_at: Mapped[datetime | None]
    remote_id: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, default="")
    """The last setback, in a sentence for the team; empty when all is well."""
    measured_at: Mapped[datetime | None]

    post: Mapped[Post] = relationship()
    revision: Mapped[Revision] = relationship(foreign_keys=revision_id)
    corrected_to: Mapped[Revision | None] = relationship(foreign_keys=corrected_to_id)
    account: Mapped[Account] = relationship()
    moves: Mapped[list[Move]] = relationship(order_by="Move.id")

    @property
    def is_out_in_part(self) -> bool:
        """Whether some of its parts are out and others are still to go: `remote_id` is then the first one's."""
        whole = (Delivery.PUBLISHED, Delivery.WITHDRAWING, Delivery.WITHDRAWN)
        return self.remote_id is not None and self.state not in whole

    @property
    def uploading(self) -> bool:
        """Whether bytes of it are on their way now."""
        return self.state is Delivery.STAGING and self.upload_began_at is not None


class Move(Base):
    """A publication went from one state to another: when, by whom, and why."""

    __tablename__ = "moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), index=True)
    at: Mapped[datetime]
    came_from: Mapped[Delivery | None]
    went_to: Mapped[Delivery]
    by: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text, default="")


class Scope(StrEnum):
    EVERYTHING = "everything"
    NETWORK = "network"
    ACCOUNT = "account"
    LANGUAGE = "language"
    CAMPAIGN = "campaign"
    MISCONCEPTION = "misconception"
    KIND = "kind"


class Hold(Base):
    """A lever that stops what it covers, looked at immediately before every call to a network."""

    __tablename__ = "holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[Scope]
    value: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(200))
