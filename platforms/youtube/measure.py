"""YouTube's public counts of a film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from platforms.contract import Measurement
from platforms.youtube.answers import Statistics
from platforms.youtube.client import IDS_PER_CALL, Client

_CALL = "GET youtube/v3/videos:batchGetStats"
# Since 2026-08-27 a view counts from the first frame; older figures counted later (revision history, read 2026-11).
_FIGURES = {
    "viewCount": ("views", f"{_CALL} statistics.viewCount (a view counts from the first frame)"),
    "likeCount": ("reactions", f"{_CALL} statistics.likeCount"),
    "commentCount": ("comments", f"{_CALL} statistics.commentCount"),
}


def measure(client: Client, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
    """Counts by video id, 50 ids a call; hidden figures and unknown ids are absent."""
    wanted = list(dict.fromkeys(remote_ids))
    batches = (wanted[start : start + IDS_PER_CALL] for start in range(0, len(wanted), IDS_PER_CALL))
    return {each.id: list(_figures(each)) for batch in batches for each in client.statistics(batch)}


def _figures(counted: Statistics) -> Iterator[Measurement]:
    for field, (metric, source) in _FIGURES.items():
        if field in counted.statistics:
            yield Measurement(metric=metric, value=counted.statistics[field], source=source)
