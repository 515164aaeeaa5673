"""Who did what, when, and why: written once and never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.models.base import Base


class Entry(Base):
    __tablename__ = "chronicle"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(200))
    did: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text, default="")
