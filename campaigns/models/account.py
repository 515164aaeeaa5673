"""The accounts we speak on. Which they are is the Centre's to say, in config/accounts.toml."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.languages import Language
from campaigns.models.base import Base
from platforms.contract import Network


class Account(Base):
    """`languages` are codes, the account's main language first. A paused account waits for a person.

    Between two posts that it sends lies at least its spacing. `waits_for_uncertain`: nothing more is sent
    while it is not known of an earlier post whether it is out.
    """

    __tablename__ = "accounts"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    network: Mapped[Network]
    languages: Mapped[list[str]]
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(60))
    spacing_seconds: Mapped[float] = mapped_column(default=0)
    waits_for_uncertain: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    paused_at: Mapped[datetime | None]
    paused_why: Mapped[str | None] = mapped_column(Text)
    resume_at: Mapped[datetime | None]
    """A rate or quota window, or a rest after it could not be reached: not one call before it."""
    uploads_at: Mapped[datetime | None]
    """As `resume_at`, for what is prepared ahead alone: a day's uploads are used up, what is uploaded may go out."""
    resume_why: Mapped[str | None] = mapped_column(Text)
    resume_for_rehearsal: Mapped[bool] = mapped_column(default=False)
    """Whether it was the rehearsal stage that closed the window; the real network's is then open."""
    stumbles: Mapped[int] = mapped_column(default=0)
    """Calls in a row that reached nobody, or got no clear answer."""
    clear_at: Mapped[datetime | None]
    """When the spacing after the last post is over."""

    @property
    def spoken(self) -> tuple[Language, ...]:
        return tuple(Language(code) for code in self.languages)

    @property
    def spacing(self) -> timedelta:
        return timedelta(seconds=self.spacing_seconds)

    def is_closed(self, now: datetime, *, rehearsal: bool, uploads: bool = False) -> bool:
        """Whether a window is closed, for the real network or for the stage; `uploads` asks after those as well."""
        if self.resume_for_rehearsal and not rehearsal:
            return False
        moments = (self.resume_at, self.uploads_at if uploads else None)
        return any(moment is not None and moment > now for moment in moments)
