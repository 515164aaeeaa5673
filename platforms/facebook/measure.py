"""Figures of a Page's posts and videos, by the names that still answer in November 2026.

Meta took impressions away (2025-11 and 2026-06): what it counts now is `views`, "how often it was played or
displayed", so impressions are absent here. One dead name fails a whole insights call, and a fresh post has
none: both leave a figure out, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from platforms.contract import Measurement
from platforms.facebook.find import is_film
from platforms.graph import Graph
from platforms.graph_faults import NotPermitted
from platforms.graph_insights import each_measured, figures

_POST_INSIGHTS = {
    "post_media_view": "views",
    "post_total_media_view_unique": "reach",
    "post_clicks": "clicks",
}
_FIELDS = {
    "reactions": "reactions.limit(0).summary(total_count)",
    "comments": "comments.limit(0).summary(true)",
    "shares": "shares",
}


class _Total(BaseModel):
    total_count: int


class _Summed(BaseModel):
    summary: _Total


class _Shares(BaseModel):
    count: int


class _Counts(BaseModel):
    reactions: _Summed | None = None
    comments: _Summed | None = None
    shares: _Shares | None = None


class _Behind(BaseModel):
    post_id: str | None = None


def measure(graph: Graph, page: str, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
    return each_measured(
        graph,
        remote_ids,
        lambda each: _of_video(graph, page, each) if is_film(each) else _of_post(graph, each),
    )


def _of_post(graph: Graph, post: str) -> Iterator[Measurement]:
    yield from _counts(graph, post)
    for name, figure in figures(graph, f"{post}/insights", tuple(_POST_INSIGHTS)).items():
        if not isinstance(figure, Mapping):
            source = f"GET /{{post}}/insights {name}"
            yield Measurement(metric=_POST_INSIGHTS[name], value=figure, source=source)


def _of_video(graph: Graph, page: str, video: str) -> Iterator[Measurement]:
    """Reels have no `/insights`; `video_insights` answers for every video, and without naming a figure."""
    behind = graph.glance(video, _Behind, fields="post_id").post_id
    counted = list(_counts(graph, behind if "_" in behind else f"{page}_{behind}")) if behind else []
    yield from counted
    known = {each.metric for each in counted}
    yield from (each for each in _video_insights(graph, video) if each.metric not in known)


def _counts(graph: Graph, post: str) -> Iterator[Measurement]:
    """Reactions, comments, shares; each asked alone when one of them is not permitted."""
    try:
        yield from _counted(graph, post, *_FIELDS)
    except NotPermitted:
        for name in _FIELDS:
            try:
                yield from _counted(graph, post, name)
            except NotPermitted:
                continue


def _counted(graph: Graph, post: str, *names: str) -> Iterator[Measurement]:
    counts = graph.glance(post, _Counts, fields=",".join(_FIELDS[name] for name in names))
    if counts.reactions:
        yield _count("reactions", counts.reactions.summary.total_count)
    if counts.comments:
        yield _count("comments", counts.comments.summary.total_count)
    if counts.shares:
        yield _count("shares", counts.shares.count)


def _count(name: str, value: int) -> Measurement:
    return Measurement(metric=name, value=value, source=f"GET /{{post}} {_FIELDS[name]}")


def _video_insights(graph: Graph, video: str) -> Iterator[Measurement]:
    """A reel's plays are its views; beside them `total_video_views` keeps its own name. Times come in ms."""
    answered = figures(graph, f"{video}/video_insights", ())
    plays = "blue_reels_play_count" if "blue_reels_play_count" in answered else "total_video_views"
    for name, figure in answered.items():
        source = f"GET /{{video}}/video_insights {name}"
        if name == "post_video_likes_by_reaction_type" and isinstance(figure, Mapping):
            yield Measurement(metric="reactions", value=sum(figure.values()), source=source)
        elif isinstance(figure, Mapping):
            continue
        elif name == "post_video_view_time":
            yield Measurement(metric="watch_time", value=figure / 1000, unit="seconds", source=source)
        elif name == "post_video_avg_time_watched":
            yield Measurement(metric=name, value=figure / 1000, unit="seconds", source=source)
        else:
            yield Measurement(metric="views" if name == plays else name, value=figure, source=source)
