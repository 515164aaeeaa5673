"""Bring a video to Facebook unseen: a reel through the upload host, any other in chunks through the Page.

Either way the video's id is known before the first byte leaves, which makes `find` exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from platforms.approved import unaltered
from platforms.contract import Checkpoint, MediaFile, Outgoing, Save
from platforms.errors import OutcomeUnknown, Unreachable
from platforms.facebook.limits import is_reel
from platforms.graph import Done, Graph, path_of
from platforms.graph_faults import Missing, WrongOffset

_TRIES_WITHOUT_PROGRESS = 3


class _Phase(BaseModel):
    status: str = ""
    publish_status: str = ""
    publish_time: int | None = None
    # Meta's guides spell it both ways.
    bytes_transfered: int | None = None
    bytes_transferred: int | None = None


class _Status(BaseModel):
    video_status: str = ""
    uploading_phase: _Phase = _Phase()
    processing_phase: _Phase = _Phase()
    publishing_phase: _Phase = _Phase()


class Video(BaseModel):
    """What Facebook says of a video that may not be out yet."""

    id: str
    status: _Status = _Status()
    published: bool = False
    post_id: str | None = None
    permalink_url: str | None = None

    @property
    def is_out(self) -> bool:
        phase = self.status.publishing_phase
        return self.published or (phase.status == "complete" and phase.publish_status in ("", "published"))

    @property
    def is_broken(self) -> bool:
        phases = self.status.uploading_phase, self.status.processing_phase, self.status.publishing_phase
        failed = any(each.status == "error" for each in phases)
        return failed or self.status.video_status in {"error", "expired", "upload_failed"}

    @property
    def is_under_way(self) -> bool:
        """Finished by us and not yet shown by Facebook, so that nothing is proved either way.

        `video_status` says nothing of it: Meta's own example of a reel that is uploaded and that nobody has published
        yet is `processing`, with neither phase begun (Postman collection for reels, step 3, read 2026-11).
        """
        publishing = self.status.publishing_phase.status not in ("", "not_started", "error")
        return publishing or self.status.processing_phase.status == "in_progress"

    @property
    def received(self) -> int:
        phase = self.status.uploading_phase
        return phase.bytes_transferred or phase.bytes_transfered or 0


class _ReelSession(BaseModel):
    video_id: str
    upload_url: str


class _Window(BaseModel):
    """Which bytes Facebook wants next; none are left when both are equal."""

    start_offset: int
    end_offset: int


class _ChunkSession(_Window):
    video_id: str
    upload_session_id: str


def stage(graph: Graph, page: str, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
    """Upload what is still missing. The checkpoint holds route, video_id, the session and how far it went.

    Raises OutcomeUnknown when an earlier attempt has already finished the video.
    """
    video = unaltered(outgoing.media[0])
    if checkpoint.get("sha256") != video.sha256 or not _usable(graph, checkpoint):
        checkpoint = {}
    if checkpoint.get("uploaded"):
        return checkpoint
    road = _as_reel if checkpoint.get("route", "reel" if is_reel(video) else "video") == "reel" else _in_chunks
    for step in road(graph, page, video, checkpoint):
        save(checkpoint := step)
    return checkpoint


def look(graph: Graph, video_id: str) -> Video:
    """The video's state at Facebook. Raises Missing."""
    return graph.read(video_id, Video, fields="id,status,published,post_id,permalink_url")


def reveal(graph: Graph, page: str, outgoing: Outgoing, checkpoint: Checkpoint) -> None:
    """Finish the upload, which is what shows it."""
    words = {
        "description": outgoing.text,
        "title": outgoing.title or None,
        "is_ai_generated": outgoing.synthetic or None,
    }
    if checkpoint["route"] == "reel":
        fields = {"video_id": checkpoint["video_id"], "video_state": "PUBLISHED"}
        graph.reveal(f"{page}/video_reels", Done, upload_phase="finish", **fields, **words)
    else:
        session = checkpoint["upload_session_id"]
        graph.reveal(f"{page}/videos", Done, upload_phase="finish", upload_session_id=session, **words)


def _usable(graph: Graph, checkpoint: Checkpoint) -> bool:
    if "video_id" not in checkpoint:
        return False
    try:
        seen = look(graph, checkpoint["video_id"])
    except Missing:
        return False
    if seen.is_out or seen.is_under_way:
        raise OutcomeUnknown("Facebook already has this video: look before sending again")
    return not seen.is_broken


def _as_reel(graph: Graph, page: str, video: MediaFile, checkpoint: Checkpoint) -> Iterator[Checkpoint]:
    offset = 0
    if checkpoint:
        offset = look(graph, checkpoint["video_id"]).received
    else:
        session = graph.prepare(f"{page}/video_reels", _ReelSession, upload_phase="start")
        checkpoint = {
            "route": "reel",
            "sha256": video.sha256,
            "video_id": session.video_id,
            "upload_path": path_of(session.upload_url),
        }
        yield checkpoint
    if offset < video.size:
        graph.send_file(checkpoint["upload_path"], video.path, offset=offset)
    yield {**checkpoint, "uploaded": True}


def _in_chunks(graph: Graph, page: str, video: MediaFile, checkpoint: Checkpoint) -> Iterator[Checkpoint]:
    if not checkpoint:
        checkpoint = _chunk_session(graph, page, video)
        yield checkpoint
    stalls = 0
    while checkpoint["start_offset"] < checkpoint["end_offset"]:
        window = _send_window(graph, page, video, checkpoint)
        stalls = stalls + 1 if window.start_offset <= checkpoint["start_offset"] else 0
        if stalls == _TRIES_WITHOUT_PROGRESS:
            yield {}
            raise Unreachable("Facebook asks for the same part of the video again and again: it starts anew")
        checkpoint = {**checkpoint, **window.model_dump()}
        yield checkpoint
    yield {**checkpoint, "uploaded": True}


def _chunk_session(graph: Graph, page: str, video: MediaFile) -> Checkpoint:
    session = graph.prepare(f"{page}/videos", _ChunkSession, upload_phase="start", file_size=video.size)
    return {"route": "video", "sha256": video.sha256, **session.model_dump()}


def _send_window(graph: Graph, page: str, video: MediaFile, checkpoint: Checkpoint) -> _Window:
    """Send the bytes Facebook asked for; if it asks for others by now, those are next."""
    start, end = checkpoint["start_offset"], checkpoint["end_offset"]
    fields = {
        "upload_phase": "transfer",
        "upload_session_id": checkpoint["upload_session_id"],
        "start_offset": str(start),
    }
    try:
        return graph.send_window(f"{page}/videos", _Window, fields, video.path, start, end)
    except WrongOffset as wanted:
        return _Window(start_offset=wanted.start, end_offset=wanted.end)
