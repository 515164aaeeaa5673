"""What comes back of a film: YouTube's public counts, and from Analytics how long and how far it was watched."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from googleapiclient.errors import HttpError

from platforms.contract import Measurement
from platforms.youtube.analytics import Analytics, sums
from platforms.youtube.answers import Statistics
from platforms.youtube.client import IDS_PER_CALL, Client
from platforms.youtube.faults import AnswerLost, Unsent
from platforms.youtube.quota import pacific_day

logger = logging.getLogger(__name__)

_CALL = "GET youtube/v3/videos:batchGetStats"
# The series breaks on 2026-08-27; a view of before is Analytics’ engagedViews now (revision history, read 2026-11).
_FIGURES = {
    "viewCount": ("views", f"{_CALL} statistics.viewCount (since 2026-08-27 a view counts from the first frame)"),
    "likeCount": ("reactions", f"{_CALL} statistics.likeCount"),
    "commentCount": ("comments", f"{_CALL} statistics.commentCount"),
}


def measure(client: Client, analytics: Analytics, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
    """By video id; hidden figures, unknown ids and days that Analytics has not counted yet are absent."""
    wanted = list(dict.fromkeys(remote_ids))
    batches = (wanted[start : start + IDS_PER_CALL] for start in range(0, len(wanted), IDS_PER_CALL))
    counted = [each for batch in batches for each in client.statistics(batch)]
    watched = _watched(analytics, counted)
    return {each.id: [*_figures(each), *watched.get(each.id, ())] for each in counted}


def _figures(counted: Statistics) -> Iterator[Measurement]:
    for field, (metric, source) in _FIGURES.items():
        if field in counted.statistics:
            yield Measurement(metric=metric, value=counted.statistics[field], source=source)


def _watched(analytics: Analytics, counted: Sequence[Statistics]) -> dict[str, list[Measurement]]:
    """All days since each film came out, asked for anew, for they are revised. Without Analytics the counts stand."""
    found: dict[str, list[Measurement]] = {}
    today = pacific_day(datetime.now(UTC))
    try:
        for each in counted:
            if out_at := each.snippet.publish_time:
                found[each.id] = list(sums(analytics.days(each.id, pacific_day(out_at), today)))
    except (HttpError, Unsent, AnswerLost, ValueError) as error:
        logger.info("YouTube Analytics gave nothing (%s): the public counts stand alone", _kind(error))
    return found


def _kind(error: Exception) -> str:
    return f"HTTP {error.status_code}" if isinstance(error, HttpError) else type(error).__name__
