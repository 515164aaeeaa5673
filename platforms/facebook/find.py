"""Ask Facebook whether a post is out: exactly by photo or video id, by words and time for a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from platforms.contract import Absent, Checkpoint, Finding, Form, Found, Outgoing, Receipt, Unclear
from platforms.facebook import video
from platforms.graph import Graph, same_words
from platforms.graph_faults import Missing

SKEW = timedelta(seconds=120)
"""How far Facebook's clock may stand from ours."""
_FIELDS = "id,message,created_time,permalink_url,attachments{target,subattachments}"
_PAGES = 40


class _Target(BaseModel):
    id: str | None = None


class _Subattachment(BaseModel):
    target: _Target = _Target()


class _Subattachments(BaseModel):
    data: list[_Subattachment] = []


class _Attachment(_Subattachment):
    subattachments: _Subattachments = _Subattachments()


class _Attachments(BaseModel):
    data: list[_Attachment] = []


class _Post(BaseModel):
    id: str
    created_time: datetime
    message: str = ""
    permalink_url: str | None = None
    attachments: _Attachments = _Attachments()

    @property
    def media_ids(self) -> set[str]:
        first = self.attachments.data
        targets = [each.target for each in first] + [s.target for a in first for s in a.subattachments.data]
        return {each.id for each in targets if each.id}

    @property
    def receipt(self) -> Receipt:
        return Receipt(remote_id=self.id, url=address(self.permalink_url or self.id), published_at=self.created_time)


class _Unfinished(Exception):
    """The feed is longer than we are willing to read."""


def find(graph: Graph, page: str, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
    try:
        if outgoing.form is Form.VIDEO:
            return _video(graph, checkpoint)
        published = _published(graph, page, since - SKEW)
        if outgoing.form is Form.PICTURE:
            return _photos(published, {each["id"] for each in checkpoint.get("photos", ())})
        return _text(list(published), outgoing.text)
    except _Unfinished:
        return Unclear(why="the Page has published more since then than can be read: look at the Page itself")


def address(permalink: str) -> str:
    """A public address; Facebook gives videos' ones without its host."""
    return permalink if "://" in permalink else f"https://www.facebook.com/{permalink.lstrip('/')}"


def _video(graph: Graph, checkpoint: Checkpoint) -> Finding:
    if "video_id" not in checkpoint:
        return Absent()
    try:
        seen = video.look(graph, checkpoint["video_id"])
    except Missing:
        return Unclear(why="Facebook does not show the uploaded video: look at the Page itself")
    if seen.is_out:
        return Found(receipt=Receipt(remote_id=seen.id, url=address(seen.permalink_url or seen.id)))
    if seen.is_under_way:
        return Unclear(why="Facebook is still processing the video: look again in a few minutes")
    return Absent()


def _photos(published: Iterator[_Post], ours: set[str]) -> Finding:
    """A photo belongs to one post, so its id proves the post, and its absence that there is none."""
    if not ours:
        return Absent()
    hit = next((post for post in published if post.media_ids & ours), None)
    return Found(receipt=hit.receipt) if hit else Absent()


def _text(published: Sequence[_Post], text: str) -> Finding:
    """Words can be retyped and feeds lag: only a single match says anything."""
    hits = [post for post in published if not post.media_ids and same_words(post.message, text)]
    if len(hits) == 1:
        return Found(receipt=hits[0].receipt)
    if hits:
        return Unclear(why=f"{len(hits)} posts on the Page have exactly these words: say which one it is")
    return Unclear(why="no post with these words is on the Page yet, which proves nothing: look at the Page")


def _published(graph: Graph, page: str, since: datetime) -> Iterator[_Post]:
    """What the Page published from `since` on, newest first. Raises _Unfinished when that is too much."""
    pages = graph.pages(f"{page}/published_posts", _Post, fields=_FIELDS, limit="25")
    for number, each in enumerate(pages, start=1):
        recent = [post for post in each.data if post.created_time >= since]
        yield from recent
        if len(recent) < len(each.data):
            return
        if number == _PAGES and each.paging.next:
            raise _Unfinished
