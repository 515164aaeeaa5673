"""YouTube Analytics: what each day brought one film, days later than the public counts, and not the same as they.

Days are Pacific; the last two or three are missing, and later answers change earlier days. Source: YouTube Analytics
API, reports and data model (latency of 48 to 72 hours, 2026-09-09), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pydantic import model_validator

from platforms.contract import Measurement
from platforms.endpoints import Endpoints
from platforms.youtube.answers import Answer
from platforms.youtube.client import service
from platforms.youtube.signin import Transport

_METRICS = (
    "views",
    "engagedViews",
    "estimatedMinutesWatched",
    "averageViewDuration",
    "shares",
    "subscribersGained",
    "subscribersLost",
)
_SUMS = {
    "engagedViews": ("engaged_views", 1, "count"),
    "estimatedMinutesWatched": ("watch_time", 60, "seconds"),
    "shares": ("shares", 1, "count"),
    "subscribersGained": ("subscribers_gained", 1, "count"),
    "subscribersLost": ("subscribers_lost", 1, "count"),
}
"""By Analytics' name: our metric, the factor to our unit, and the unit. Likes and comments are lifetime counts of
the Data API's, with which these must not be mixed."""


class Column(Answer):
    name: str


class Table(Answer):
    """`rows` are left out when there are none."""

    column_headers: tuple[Column, ...]
    rows: tuple[tuple[str | int | float, ...], ...] = ()

    @model_validator(mode="after")
    def _is_square(self) -> Table:
        if any(len(row) != len(self.column_headers) for row in self.rows):
            raise ValueError("rows and columns do not match")
        return self


@dataclass(frozen=True, kw_only=True)
class Day:
    """What one Pacific day added, by Analytics' own names."""

    on: date
    figures: dict[str, float]


class Analytics:
    """Raises what `client.Client` raises."""

    def __init__(self, transport: Transport, endpoints: Endpoints) -> None:
        root = endpoints.youtube_analytics + "/"
        self._reports = service("youtubeAnalytics", "v2", root, transport, {"reports": ("query",)}).reports()

    def days(self, video_id: str, first: date, last: date) -> list[Day]:
        """One film's days, both included; those that are not counted yet are missing."""
        asked = self._reports.query(
            ids="channel==MINE",
            startDate=first.isoformat(),
            endDate=last.isoformat(),
            dimensions="day",
            metrics=",".join(_METRICS),
            filters=f"video=={video_id}",
            sort="day",
        )
        table = Table.model_validate(asked.execute())
        names = [column.name for column in table.column_headers]
        return [_day(dict(zip(names, row, strict=True))) for row in table.rows]


def sums(days: list[Day]) -> Iterator[Measurement]:
    """All the days together, each figure with the days of which it is made."""
    if not days:
        return
    span = f"sum of the days {days[0].on} to {days[-1].on}, Pacific"
    for name, (metric, factor, unit) in _SUMS.items():
        if told := [day.figures[name] for day in days if name in day.figures]:
            value = round(sum(told) * factor)
            yield Measurement(metric=metric, value=value, unit=unit, source=f"GET v2/reports {name}, {span}")
    yield from _average(days, span)


def _average(days: list[Day], span: str) -> Iterator[Measurement]:
    """Weighed by the views of each day; an average of averages would be none."""
    told = [day.figures for day in days if {"views", "averageViewDuration"} <= day.figures.keys()]
    if views := sum(each["views"] for each in told):
        seconds = sum(each["views"] * each["averageViewDuration"] for each in told) / views
        source = f"GET v2/reports averageViewDuration weighed by views, {span}"
        yield Measurement(metric="average_view_duration", value=round(seconds, 1), unit="seconds", source=source)


def _day(row: dict[str, str | int | float]) -> Day:
    figures = {name: float(value) for name, value in row.items() if name != "day"}
    return Day(on=date.fromisoformat(str(row["day"])), figures=figures)
