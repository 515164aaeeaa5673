"""Ask Facebook whether a post is out: exactly by photo or video id, by words and time for a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from platforms.contract import Absent, Checkpoint, Finding, Form, Found, Outgoing, Receipt, Unclear
from platforms.facebook import video
from platforms.graph import CutShort, Dated, Graph, same_words
from platforms.graph_faults import Missing

_SKEW, _ANY_SKEW = timedelta(seconds=120), timedelta(days=1)
"""How far Facebook's clock may stand from ours: for words, which may have been said before; and for ids, which
prove the post whenever it was made, so that a clock of ours that is wrong must not hide it."""
_FIELDS = "id,message,created_time,permalink_url,attachments{target,subattachments}"


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


class _Post(Dated):
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
        return Receipt(remote_id=self.id, url=address(self.permalink_url or self.id), published_at=self.made_at)


def find(graph: Graph, page: str, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
    if outgoing.form is Form.VIDEO:
        return _video(graph, checkpoint)
    by_id = outgoing.form is Form.PICTURE
    earliest = since - (_ANY_SKEW if by_id else _SKEW)
    published = graph.since(f"{page}/published_posts", _Post, earliest, fields=_FIELDS)
    try:
        if by_id:
            return _photos(published, {each["id"] for each in checkpoint.get("photos", ())})
        return _text(list(published), outgoing.text)
    except CutShort:
        return Unclear(why="the Page has published more since then than can be read: look at the Page itself")


def is_film(remote_id: str) -> bool:
    """A post's id has its Page's in front (`{page}_{post}`); a bare number is a film."""
    return remote_id.isdigit()


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


def _photos(published: Iterable[_Post], ours: set[str]) -> Finding:
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
