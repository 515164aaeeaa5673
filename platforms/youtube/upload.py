"""Bring a film to YouTube in private: start a session, send the chunks, wait until it is processed.

The checkpoint has `marker` (whose words and film these are), `film` (its digest), `session` (where the bytes go),
`video` (its id) and `processed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from googleapiclient.errors import HttpError, ResumableUploadError

from platforms.approved import unaltered
from platforms.contract import Checkpoint, Outgoing, Save
from platforms.endpoints import report_upload
from platforms.errors import MediaNotAccepted, Unreachable
from platforms.youtube.answers import Video
from platforms.youtube.client import Client
from platforms.youtube.resource import marker, parts, resource

_PAUSES = (0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30, 0)
"""Seconds between looks at the processing; later ones belong to the next call of `stage`."""
_CONFLICT_PAUSES = (0.5, 2, 0)
_GONE = (404, 410)
_DEAD = ("failed", "rejected", "deleted")
_PAGES = 8


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One film on its way. `settling` in seconds: how long a new video may be missing from the list."""

    client: Client
    outgoing: Outgoing
    sleep: Callable[[float], None]
    settling: float

    def go_on(self, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Do what is not done yet, storing every step. What was done for other words or another film is left."""
        fresh: Checkpoint = _fresh(self.outgoing)
        done = checkpoint if belongs(checkpoint, self.outgoing) else fresh
        if "video" not in done:
            done = {**fresh, "video": self._send(done, save)}
            save(done)
        if not done.get("processed"):
            self._wait(done["video"], save)
            done = {**done, "processed": True}
            save(done)
        return done

    def _send(self, done: Checkpoint, save: Save) -> str:
        """The id of the uploaded video. A session that is gone may have ended well: look before a second one."""
        film = self.outgoing.media[0]
        unaltered(film)
        with film.path.open("rb") as stream:
            for _ in range(2):
                body = resource(self.outgoing)
                request = self.client.insertion(body, parts(self.outgoing), stream, film.mime_type)
                try:
                    return self._send_chunks(self._with_session(request, done, save))
                except HttpError as refusal:
                    if refusal.status_code not in _GONE or isinstance(refusal, ResumableUploadError):
                        raise
                if found := self._find():
                    return found
                done = {name: value for name, value in done.items() if name != "session"}
        raise Unreachable("YouTube forgot the upload twice; nothing that anybody can see has happened")

    def _with_session(self, request: Any, done: Checkpoint, save: Save) -> Any:
        """Go on in the session that we have, or open one and store its address before the first byte.

        `_in_error_state` makes Google's client ask how far it is; its own `from_json` would start anew.
        """
        if session := done.get("session"):
            request.resumable_uri, request._in_error_state = session, True
            return request
        request.resumable_uri = self._open_session(request)
        save({**done, "session": request.resumable_uri})
        return request

    def _open_session(self, request: Any) -> str:
        """The session's address. 409 is transient here (seen 2026-08), and no byte of the film has been sent."""
        headers = {
            **request.headers,
            "X-Upload-Content-Type": request.resumable.mimetype(),
            "X-Upload-Content-Length": str(request.resumable.size()),
        }
        for pause in _CONFLICT_PAUSES:
            response, content = self.client.transport.request(request.uri, "POST", request.body, headers)
            if response.status == 200 and "location" in response:
                return response["location"]
            if response.status != 409:
                break
            self.sleep(pause)
        raise ResumableUploadError(response, content)

    def _send_chunks(self, request: Any) -> str:
        """Send until YouTube has it all. It may keep part of a chunk, and says how much it has."""
        for _ in range(4 * (request.resumable.size() // request.resumable.chunksize() + 2)):
            progress, answer = request.next_chunk(num_retries=0)
            size = request.resumable.size()
            report_upload(progress.resumable_progress if progress else size, size)
            if isinstance(answer, dict) and "id" in answer:
                return Video.model_validate(answer).id
            if answer is not None:
                request._in_error_state = True  # complete, but the answer was no video: ask again
        raise Unreachable("YouTube keeps too little of what is sent; the upload goes on later")

    def _find(self) -> str | None:
        """Our own upload among the channel's newest, by marker and size; never "the newest item"."""
        playlist = self.client.channel().content_details.related_playlists.uploads
        for pause in (self.settling, 0):
            for ids in self.client.uploads(playlist, pages=_PAGES):
                for video in self.client.videos(ids, "snippet,status,fileDetails") if ids else ():
                    if self._is_ours(video):
                        return video.id
            self.sleep(pause)
        return None

    def _is_ours(self, video: Video) -> bool:
        if video.status.upload_status in _DEAD or marker(self.outgoing) not in video.snippet.tags:
            return False
        return video.file_details.file_size in (None, self.outgoing.media[0].size)

    def _wait(self, video_id: str, save: Save) -> None:
        """Until it is processed: "published" must not mean a film that nobody can play yet."""
        for pause in _PAUSES:
            video = self.client.video(video_id, "status")
            if video and video.status.upload_status in _DEAD:
                save(_fresh(self.outgoing))  # should a person try again, then with a new upload
                must_be_alive(video)
            if video and video.status.upload_status == "processed":
                return
            self.sleep(pause)
        raise Unreachable("YouTube has not finished processing the film; it is looked at again later")


def _fresh(outgoing: Outgoing) -> Checkpoint:
    return {"marker": marker(outgoing), "film": outgoing.media[0].sha256}


def belongs(checkpoint: Checkpoint, outgoing: Outgoing) -> bool:
    """Whether this checkpoint was made for exactly these words and this film."""
    return checkpoint.get("marker") == marker(outgoing)


def must_be_alive(video: Video) -> Video:
    """The same video. Raises MediaNotAccepted when YouTube could not process it or turned it down."""
    status = video.status
    if status.upload_status in _DEAD:
        why = status.failure_reason or status.rejection_reason or status.upload_status
        raise MediaNotAccepted(f"YouTube did not take the film ({why}): export it anew or look in YouTube Studio")
    return video
