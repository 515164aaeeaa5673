"""YouTube's quotas: what a call costs, of which bucket and on which day, and what is kept back for showing films.

Source: YouTube Data API, quota calculator and revision history (2026-06-01 and -03), read 2026-11. Calls that turn
out to be wrong cost as much. Days are Pacific ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import requests

from platforms.contract import Charge
from platforms.endpoints import Call, WalledSession, spent

UNITS, UPLOADS, STATS = "youtube units", "youtube uploads", "youtube stats"
UNITS_A_DAY, UPLOADS_A_DAY = 10_000, 100
KEPT_BACK = 4_000
"""Units of a day that thumbnails and captions leave alone: with them some sixty films are read and shown."""
THUMBNAIL, CAPTIONS, CAPTIONS_ANEW = 50, 400, 450

_PACIFIC = ZoneInfo("America/Los_Angeles")
_COSTS = {
    ("GET", "channels"): (UNITS, 1),
    ("GET", "videos"): (UNITS, 1),
    ("GET", "playlistItems"): (UNITS, 1),
    ("GET", "captions"): (UNITS, 50),
    ("PUT", "videos"): (UNITS, 50),
    ("GET", "videos:batchGetStats"): (STATS, 1),
    ("POST", "upload/videos"): (UPLOADS, 1),
    ("POST", "upload/thumbnails/set"): (UNITS, THUMBNAIL),
    ("POST", "upload/captions"): (UNITS, CAPTIONS),
    ("PUT", "upload/captions"): (UNITS, CAPTIONS_ANEW),
}
_NOT_COUNTED = (401, 429)
"""Answers to whom nobody knows, and to what is over the quota already."""


class QuotaSession(WalledSession):
    """Knows what each call costs. Chunks of an upload, sign-in and Analytics cost nothing of this."""

    def charges(self, call: Call, answer: requests.Response) -> Sequence[Charge]:
        before, _, method = call.path.rpartition("/youtube/v3/")
        price = _COSTS.get((call.method, f"upload/{method}" if before.endswith("/upload") else method))
        if price is None or answer.status_code in _NOT_COUNTED:
            return ()
        bucket, amount = price
        return (Charge(bucket=bucket, amount=amount, on=pacific_day(datetime.now(UTC)), whole_app=True),)


def has_room(units: int, now: datetime) -> bool:
    """Whether the day's quota has room for this besides what is kept back."""
    return spent(UNITS, pacific_day(now), whole_app=True) + units <= UNITS_A_DAY - KEPT_BACK


def pacific_day(now: datetime) -> date:
    return now.astimezone(_PACIFIC).date()


def next_pacific_midnight(now: datetime) -> datetime:
    """When YouTube's quotas start anew, in UTC: midnight in California, whatever the season."""
    return datetime.combine(pacific_day(now) + timedelta(days=1), time(), tzinfo=_PACIFIC).astimezone(UTC)
