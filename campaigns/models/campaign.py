"""Why we speak for a season, with whom, and under which hashtags."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.languages import Language
from campaigns.models.base import Base


class CampaignKind(StrEnum):
    PROACTIVE = "proactive"
    REACTIVE = "reactive"
    ANNUAL = "annual"


class Campaign(Base):
    """`titles` and `hashtags` are by language code; a campaign first met in an import has only its key."""

    __tablename__ = "campaigns"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[CampaignKind] = mapped_column(default=CampaignKind.PROACTIVE)
    titles: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hashtags: Mapped[dict[str, Any]] = mapped_column(default=dict)
    partners: Mapped[list[str]] = mapped_column(default=list)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]

    def title(self, language: Language) -> str:
        """For screens and cards: the title, or the key where nobody has given one yet."""
        return str(self.titles.get(language.value) or self.key)
