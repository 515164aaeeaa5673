"""What came back: the figures of one publication at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models.base import Base
from campaigns.models.publication import Publication
from platforms.contract import METRICS


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number; `source` names the call and the network's own field."""

    metric: str
    value: float | int
    unit: str
    source: str


class Reading(Base):
    """All figures that one look at a publication brought, side by side; a withheld figure is NULL.

    One row for a look and not one for a figure: a tenth of the rows at the same truth. `others` holds
    figures that only one network knows, `sources` and `units` are by metric.
    """

    __tablename__ = "readings"
    __table_args__ = {"sqlite_with_rowid": False}

    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(primary_key=True)
    impressions: Mapped[int | None]
    reach: Mapped[int | None]
    views: Mapped[int | None]
    reactions: Mapped[int | None]
    comments: Mapped[int | None]
    shares: Mapped[int | None]
    saves: Mapped[int | None]
    clicks: Mapped[int | None]
    watch_time: Mapped[float | None]
    others: Mapped[dict[str, Any]] = mapped_column(default=dict)
    units: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sources: Mapped[dict[str, Any]] = mapped_column(default=dict)
    publication: Mapped[Publication] = relationship()

    def figures(self) -> Iterator[Figure]:
        """The figures that are there, in the order of METRICS, then the network's own."""
        known = ((metric, getattr(self, metric)) for metric in METRICS)
        for metric, value in (*known, *sorted(self.others.items())):
            if value is not None:
                unit, source = self.units.get(metric, "count"), self.sources.get(metric, "")
                yield Figure(metric=metric, value=value, unit=unit, source=source)


class Summary(Base):
    """A month told in numbers and sentences: which files were written, and from what."""

    __tablename__ = "summaries"

    month: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    written_at: Mapped[datetime]
    path: Mapped[str]
    sha256: Mapped[str]
