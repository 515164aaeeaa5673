"""The accounts we speak on. Which they are is the Centre's to say, in config/accounts.toml."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.languages import Language
from campaigns.models.base import Base
from platforms.contract import Network


class Account(Base):
    """`languages` are codes, the account's main language first. A paused account waits for a person."""

    __tablename__ = "accounts"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    network: Mapped[Network]
    languages: Mapped[list[str]]
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(60))
    spacing_seconds: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    paused_at: Mapped[datetime | None]
    paused_why: Mapped[str | None] = mapped_column(Text)
    resume_at: Mapped[datetime | None]
    """Set by a rate or quota window: not one call before it."""

    @property
    def spoken(self) -> tuple[Language, ...]:
        return tuple(Language(code) for code in self.languages)
