"""False beliefs, stated neutrally for the team's own use, with what answers them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.languages import Language
from campaigns.models.base import Base


class Standing(StrEnum):
    DRAFT = "draft"  # the Centre's scholars have still to confirm it
    CONFIRMED = "confirmed"
    RETIRED = "retired"


class Nature(StrEnum):
    """Facts can be checked and rated; matters of doctrine are explained and not rated."""

    FACTUAL = "factual"
    DOCTRINAL = "doctrinal"


class Misconception(Base):
    """The claim is for matching and for the team's own screens; it is never text of a post."""

    __tablename__ = "misconceptions"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    category: Mapped[str] = mapped_column(String(40))
    nature: Mapped[Nature] = mapped_column(default=Nature.DOCTRINAL)
    claim_ar: Mapped[str] = mapped_column(Text)
    claim_en: Mapped[str] = mapped_column(Text)
    claim_fr: Mapped[str] = mapped_column(Text)
    rebutted_by: Mapped[str] = mapped_column(Text, default="")
    quran: Mapped[str] = mapped_column(Text, default="")
    hadith: Mapped[str] = mapped_column(Text, default="")
    misused_verses: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    standing: Mapped[Standing] = mapped_column(default=Standing.DRAFT)
    confirmed_by: Mapped[str | None] = mapped_column(String(200))
    confirmed_at: Mapped[datetime | None]

    def claim(self, language: Language) -> str:
        return {"ar": self.claim_ar, "en": self.claim_en, "fr": self.claim_fr}[language.value]
