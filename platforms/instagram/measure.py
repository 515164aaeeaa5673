"""Figures of Instagram posts (IG Media insights, 2026-06-18), by `media_product_type` and never by `media_type`.

What may be asked differs between feed and reels, and accounts are refused single names: then each is asked
alone. Values lag by up to 48 hours; what is not given is absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from platforms.contract import Measurement
from platforms.graph import Graph
from platforms.graph_insights import each_measured, figures

_COMMON = ("views", "reach", "likes", "comments", "saved", "shares", "total_interactions")
_NAMES = {
    "FEED": (*_COMMON, "profile_visits", "follows"),
    "REELS": (*_COMMON, "ig_reels_avg_watch_time", "ig_reels_video_view_total_time"),
}
_FALLBACK = ("reach", "likes", "comments")
_METRICS = {"likes": "reactions", "saved": "saves", "ig_reels_video_view_total_time": "watch_time"}
_MILLISECONDS = frozenset({"ig_reels_avg_watch_time", "ig_reels_video_view_total_time"})


class _Media(BaseModel):
    media_product_type: str = ""
    like_count: int | None = None
    comments_count: int | None = None


def measure(graph: Graph, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
    return each_measured(remote_ids, lambda each: _of(graph, each))


def _of(graph: Graph, media: str) -> Iterator[Measurement]:
    """Likes and comments stand on the post itself too, where no insights permission is needed."""
    seen = graph.glance(media, _Media, fields="media_product_type,like_count,comments_count")
    measured = list(_insights(graph, media, _NAMES.get(seen.media_product_type, _FALLBACK)))
    yield from measured
    known = {each.metric for each in measured}
    fields = {"reactions": ("like_count", seen.like_count), "comments": ("comments_count", seen.comments_count)}
    for metric, (name, value) in fields.items():
        if metric not in known and value is not None:
            yield Measurement(metric=metric, value=value, source=f"GET /{{media}} {name}")


def _insights(graph: Graph, media: str, names: tuple[str, ...]) -> Iterator[Measurement]:
    for name, figure in figures(graph, f"{media}/insights", names).items():
        if isinstance(figure, Mapping):
            continue
        timed = name in _MILLISECONDS
        yield Measurement(
            metric=_METRICS.get(name, name),
            value=figure / 1000 if timed else figure,
            unit="seconds" if timed else "count",
            source=f"GET /{{media}}/insights {name}",
        )
