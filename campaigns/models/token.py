"""The sealed credentials of an account, and how they were when somebody last looked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.models.base import Base


class Token(Base):
    """One account's credentials, sealed (a Fernet token); the key to them lies outside the database and SAWT_HOME.

    `version` rises with every change, so that of two who renew at once one does. `expires_at` is None for what
    does not expire, or where the network does not say.
    """

    __tablename__ = "tokens"

    account_key: Mapped[str] = mapped_column(ForeignKey("accounts.key"), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    speaks_as: Mapped[str] = mapped_column(String(200), default="")
    """Who the network said we are when it was last asked."""
    scopes: Mapped[list[str]] = mapped_column(default=list)
    connected_by: Mapped[str] = mapped_column(String(200), default="")
    connected_at: Mapped[datetime]
    renewed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="")
    """What the last look or renewal complained of; empty when all is well."""
    failures: Mapped[int] = mapped_column(default=0)
    """Renewals in a row that failed: one is not a disconnect."""
