"""The calls that we make to YouTube: Google's client over our own transport, values out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Lock
from typing import Any, BinaryIO

from platforms.contract import Captions, MediaFile
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn
from platforms.youtube.answers import Channel, Page, PlaylistItem, Statistics, Status, Track, Video
from platforms.youtube.signin import Transport

IDS_PER_CALL = 50
CHUNK = 1 * 2**20
"""Bytes per call of an upload, a multiple of 256 KiB: what a lost connection costs at most."""

_CALLED = {
    "captions": ("list", "insert", "update"),
    "channels": ("list",),
    "playlistItems": ("list",),
    "thumbnails": ("set",),
    "videos": ("list", "insert", "update", "batchGetStats"),
}
_OF_CAPTIONS = "application/octet-stream"
_building = Lock()


class Client:
    """Raises HttpError, `faults.Unsent`, `faults.AnswerLost`, ValidationError and platform errors."""

    def __init__(self, transport: Transport, endpoints: Endpoints) -> None:
        self.transport = transport
        built = service("youtube", "v3", endpoints.youtube + "/", transport, _CALLED)
        self._videos, self._channels, self._playlist_items = built.videos(), built.channels(), built.playlistItems()
        self._thumbnails, self._captions = built.thumbnails(), built.captions()

    def channel(self) -> Channel:
        """The channel that was chosen at sign-in (1 unit)."""
        answer = self._channels.list(part="snippet,contentDetails", mine=True).execute()
        page = Page[Channel].model_validate(answer)
        if not page.items:
            raise NotSignedIn("this Google account has no YouTube channel: choose the channel when signing in")
        return page.items[0]

    def videos(self, ids: Sequence[str], part: str) -> tuple[Video, ...]:
        """Up to 50 videos, without those that are not there (1 unit)."""
        answer = self._videos.list(part=part, id=list(ids), maxResults=IDS_PER_CALL).execute()
        return Page[Video].model_validate(answer).items

    def video(self, video_id: str, part: str) -> Video | None:
        return next((video for video in self.videos([video_id], part) if video.id == video_id), None)

    def uploads(self, playlist: str, *, pages: int) -> Iterator[list[str]]:
        """Ids of what was uploaded, newest first, up to 50 at a time (1 unit each)."""
        token = None
        for _ in range(pages):
            asked = self._playlist_items.list(
                part="contentDetails", playlistId=playlist, maxResults=IDS_PER_CALL, pageToken=token
            )
            page = Page[PlaylistItem].model_validate(asked.execute())
            yield [item.content_details.video_id for item in page.items]
            if not (token := page.next_page_token):
                return

    def set_privacy(self, video: Video, privacy: str) -> tuple[Status, datetime | None]:
        """Write the whole status part back with another privacy (50 units); the answer and its time.

        `video.status` is as it was just read: a property that is left out is erased on YouTube.
        """
        moments: list[str] = []
        body = {"id": video.id, "status": video.status.saying(privacyStatus=privacy)}
        call = self._videos.update(part="status", body=body)
        call.add_response_callback(lambda response: moments.append(response.get("date", "")))
        answer = Video.model_validate(call.execute())
        return answer.status, _moment(moments[-1])

    def rewrite(self, body: dict[str, Any]) -> None:
        """Write the parts that `body` has, each as a whole (50 units)."""
        self._videos.update(part=",".join(name for name in body if name != "id"), body=body).execute()

    def set_thumbnail(self, video_id: str, picture: MediaFile) -> None:
        """Also in the place of another one (50 units)."""
        with picture.path.open("rb") as file:
            self._thumbnails.set(videoId=video_id, media_body=_at_once(file, picture.mime_type)).execute()

    def insert_captions(self, video_id: str, captions: Captions) -> str:
        """A new track's id (400 units). HttpError 409 when the film has one of this language."""
        snippet = {"videoId": video_id, "language": captions.language, "name": ""}
        with captions.path.open("rb") as file:
            asked = self._captions.insert(
                part="snippet", body={"snippet": snippet}, media_body=_at_once(file, _OF_CAPTIONS)
            )
            return Track.model_validate(asked.execute()).id

    def replace_captions(self, track: str, captions: Captions) -> str:
        """The same track with other captions (450 units)."""
        with captions.path.open("rb") as file:
            asked = self._captions.update(part="snippet", body={"id": track}, media_body=_at_once(file, _OF_CAPTIONS))
            return Track.model_validate(asked.execute()).id

    def caption_tracks(self, video_id: str) -> dict[str, str]:
        """Ids of the tracks without a name of their own, by language (50 units)."""
        answer = self._captions.list(part="snippet", videoId=video_id).execute()
        tracks = Page[Track].model_validate(answer).items
        return {track.snippet.language: track.id for track in tracks if not track.snippet.name}

    def statistics(self, ids: Sequence[str]) -> tuple[Statistics, ...]:
        """Counts of up to 50 videos, and since when they are out (1 unit of a bucket of its own)."""
        answer = self._videos.batchGetStats(part="id,snippet,statistics", id=list(ids)).execute()
        return Page[Statistics].model_validate(answer).items

    def insertion(self, body: dict[str, Any], part: str, film: BinaryIO, mime_type: str) -> Any:
        """Google's resumable request for this film, with nothing sent yet.

        `notifySubscribers` stays on: nobody is told of a private film, and when it is revealed the
        subscribers hear of it once.
        """
        from googleapiclient.http import MediaIoBaseUpload

        media = MediaIoBaseUpload(film, mimetype=mime_type, chunksize=CHUNK, resumable=True)
        return self._videos.insert(part=part, body=body, media_body=media, notifySubscribers=True)


def service(name: str, version: str, root: str, transport: Transport, called: Mapping[str, Sequence[str]]) -> Any:
    """Google's client of one API, spoken to under `root`, with the methods that we call and no others.

    Building the others takes longer than a call (measured 2026-11).
    """
    from googleapiclient.discovery import build_from_document

    with _building:  # building writes into the document
        resources = _document(name, version)["resources"]
        kept = {
            kind: {"methods": {method: resources[kind]["methods"][method] for method in methods}}
            for kind, methods in called.items()
        }
        document = {**_document(name, version), "resources": kept, "rootUrl": root, "baseUrl": root}
        return build_from_document(document, http=transport)


@cache
def _document(name: str, version: str) -> dict[str, Any]:
    """The shipped description of an API, to be spoken to under a root of ours.

    Not `api_endpoint`, which sends uploads over https whatever the address says (measured 2026-11).
    """
    from googleapiclient.discovery_cache import get_static_doc

    document: dict[str, Any] = json.loads(get_static_doc(name, version))
    document.pop("mtlsRootUrl", None)
    return document


def _at_once(file: BinaryIO, mime_type: str) -> Any:
    """Something small, sent in one call."""
    from googleapiclient.http import MediaIoBaseUpload

    return MediaIoBaseUpload(file, mimetype=mime_type, resumable=False)


def _moment(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return None
