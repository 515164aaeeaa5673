"""YouTube Analytics on the stage: one channel's figures by day, days late, as the reports endpoint gives them.

After youtubeAnalytics v2 (discovery document of google-api-python-client 2.202) and the documentation read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from platforms.rehearsal import audience
from platforms.rehearsal.stage import Document
from platforms.rehearsal.youtube_call import Refusal
from platforms.rehearsal.youtube_films import Films, channel_id

LATENCY = timedelta(hours=72)
"""A day has a row only once it has been over for so long; days are Pacific ones."""
_PACIFIC = ZoneInfo("America/Los_Angeles")
_SECONDS_A_VIEW, _ENGAGED = 31, 0.62
"""Made up, like the whole audience."""
_METRICS = {
    "views",
    "engagedViews",
    "estimatedMinutesWatched",
    "averageViewDuration",
    "likes",
    "comments",
    "shares",
    "subscribersGained",
    "subscribersLost",
}


class Reports:
    def __init__(self, films: Films) -> None:
        self.films, self.stage = films, films.stage

    async def query(self, request: Request, account: str) -> Response:
        """`rows` is left out when there is nothing to tell."""
        asked = request.query_params
        metrics, first, last = asked.get("metrics", "").split(","), _day(asked, "startDate"), _day(asked, "endDate")
        if asked.get("ids") not in ("channel==MINE", f"channel=={channel_id(account)}"):
            raise Refusal(403, "forbidden", "Forbidden", "global")
        if not set(metrics) <= _METRICS or asked.get("dimensions", "day") != "day" or last < first:
            raise Refusal(400, "badRequest", "The query is not supported.", "global")
        days = list(self._days(account, asked.get("filters"), first, last))
        table: Document = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": _headers(metrics, asked)}
        rows = [[day.isoformat(), *(told[name] for name in metrics)] for day, told in days]
        if "dimensions" not in asked and days:
            rows = [[_whole(name, [told for _, told in days]) for name in metrics]]
        return JSONResponse({**table, "rows": rows} if rows else table)

    def _days(self, account: str, filters: str | None, first: date, last: date) -> Iterator[tuple[date, Document]]:
        videos = [each for each in self.films.of(account) if each["published_at"]]
        if filters:
            kind, _, ids = filters.partition("==")
            if kind != "video":
                raise Refusal(400, "badRequest", "The query is not supported.", "global")
            videos = [each for each in videos if each["id"] in ids.split(",")]
        day = first
        while day <= last and _end(day) + LATENCY <= self.stage.now():
            told = [figures for each in videos if (figures := self._figures(each, day))]
            if told:
                yield day, {name: _whole(name, told) for name in _METRICS}
            day += timedelta(days=1)

    def _figures(self, video: Document, day: date) -> Document | None:
        """What one day added for one film; None before it was out."""
        out_at = datetime.fromisoformat(video["published_at"])
        if _end(day) <= out_at:
            return None
        at_end, at_start = (
            audience.figures(video["id"], max(moment - out_at, timedelta()) * self.stage.pace)
            for moment in (_end(day), _end(day) - timedelta(days=1))
        )
        added = {name: at_end[name] - at_start[name] for name in at_end}
        return {
            "views": added["views"],
            "engagedViews": round(added["views"] * _ENGAGED),
            "estimatedMinutesWatched": added["views"] * _SECONDS_A_VIEW // 60,
            "averageViewDuration": _SECONDS_A_VIEW if added["views"] else 0,
            "likes": added["reactions"],
            "comments": added["comments"],
            "shares": added["shares"],
            "subscribersGained": added["saves"],
            "subscribersLost": added["saves"] // 7,
        }


def _whole(name: str, told: list[Document]) -> int:
    return max(each[name] for each in told) if name == "averageViewDuration" else sum(each[name] for each in told)


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=_PACIFIC)


def _day(asked: Any, name: str) -> date:
    try:
        return date.fromisoformat(asked[name])
    except (KeyError, ValueError):
        raise Refusal(400, "badRequest", f"Invalid value for {name}.", "global") from None


def _headers(metrics: list[str], asked: Any) -> list[Document]:
    days = [{"name": "day", "columnType": "DIMENSION", "dataType": "STRING"}] if "dimensions" in asked else []
    return [*days, *({"name": name, "columnType": "METRIC", "dataType": "INTEGER"} for name in metrics)]
