"""Figures of Instagram posts (IG Media insights, 2026-06-18), by `media_product_type` and never by `media_type`.

What may be asked differs between feed, reels and stories, and accounts are refused single names: a group that is
refused is asked in halves. Values lag by up to 48 hours; what is not given is absent. A story's figures end with it,
after 24 hours, and there are none under five viewers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from platforms.contract import Measurement
from platforms.errors import Refused
from platforms.graph import Graph
from platforms.graph_faults import Missing, NotPermitted
from platforms.graph_insights import each_measured, figures

_COMMON = ("views", "reach", "likes", "comments", "saved", "shares", "total_interactions")
_NAMES = {
    "FEED": (*_COMMON, "profile_visits", "follows"),
    "REELS": (*_COMMON, "ig_reels_avg_watch_time", "ig_reels_video_view_total_time", "reels_skip_rate"),
    "STORY": ("views", "reach", "shares", "replies", "navigation", "follows", "profile_visits"),
}
_TOTALS = ("total_views", "total_likes", "total_comments", "facebook_views")
"""Since 2026-04-22, with Facebook shown too, and for accounts that are signed in through Facebook alone."""
_FALLBACK = ("reach", "likes", "comments")
_METRICS = {"likes": "reactions", "saved": "saves", "ig_reels_video_view_total_time": "watch_time"}
_MILLISECONDS = frozenset({"ig_reels_avg_watch_time", "ig_reels_video_view_total_time"})


_UNITS = dict.fromkeys(_MILLISECONDS, "seconds") | {"reels_skip_rate": "percent"}


class _Media(BaseModel):
    media_product_type: str = ""
    like_count: int | None = None
    comments_count: int | None = None
    saved_count: int | None = None
    shares_count: int | None = None
    reposts_count: int | None = None


_FIELDS = {"like_count": "reactions", "comments_count": "comments"}
"""What stands on the post itself, where no insights permission is needed, and what it is called here."""
_NEWER = {"saved_count": "saves", "shares_count": "shares", "reposts_count": "reposts_count"}
"""The same, since 2026-04-22; an account that has not got them refuses the whole call."""


def measure(graph: Graph, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
    return each_measured(graph, remote_ids, lambda each: _of(graph, each))


def _of(graph: Graph, media: str) -> Iterator[Measurement]:
    seen = _seen(graph, media)
    measured = list(_insights(graph, media, _NAMES.get(seen.media_product_type, _FALLBACK)))
    if seen.media_product_type in ("FEED", "REELS"):
        measured += _insights(graph, media, _TOTALS)
    yield from measured
    known = {each.metric for each in measured}
    for name, metric in (_FIELDS | _NEWER).items():
        value: int | None = getattr(seen, name)
        if metric not in known and value is not None:
            yield Measurement(metric=metric, value=value, source=f"GET /{{media}} {name}")


def _seen(graph: Graph, media: str) -> _Media:
    fields = ["media_product_type", *_FIELDS]
    try:
        return graph.glance(media, _Media, fields=",".join([*fields, *_NEWER]))
    except Missing:
        raise
    except (Refused, NotPermitted):
        return graph.glance(media, _Media, fields=",".join(fields))


def _insights(graph: Graph, media: str, names: tuple[str, ...]) -> Iterator[Measurement]:
    for name, figure in figures(graph, f"{media}/insights", names).items():
        if isinstance(figure, Mapping):
            continue
        yield Measurement(
            metric=_METRICS.get(name, name),
            value=figure / 1000 if name in _MILLISECONDS else figure,
            unit=_UNITS.get(name, "count"),
            source=f"GET /{{media}}/insights {name}",
        )
