"""The calls that we make to YouTube: Google's client over our own transport, values out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Lock
from typing import Any, BinaryIO

from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn
from platforms.youtube.answers import Channel, Page, PlaylistItem, Statistics, Status, Video
from platforms.youtube.signin import Transport

IDS_PER_CALL = 50
CHUNK = 1 * 2**20
"""Bytes per call of an upload, a multiple of 256 KiB: what a lost connection costs at most."""

# The methods that we call: building the others takes longer than a call (measured 2026-11).
_CALLED = {
    "channels": ("list",),
    "playlistItems": ("list",),
    "videos": ("list", "insert", "update", "batchGetStats"),
}
_building = Lock()


class Client:
    """Raises HttpError, `faults.Unsent`, `faults.AnswerLost`, ValidationError and platform errors."""

    def __init__(self, transport: Transport, endpoints: Endpoints) -> None:
        from googleapiclient.discovery import build_from_document

        self.transport = transport
        with _building:  # building writes into the document
            service = build_from_document(_document(endpoints.youtube + "/"), http=transport)
            self._videos, self._channels = service.videos(), service.channels()
            self._playlist_items = service.playlistItems()

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
        body = {"id": video.id, "status": video.status.with_privacy(privacy)}
        call = self._videos.update(part="status", body=body)
        call.add_response_callback(lambda response: moments.append(response.get("date", "")))
        answer = Video.model_validate(call.execute())
        return answer.status, _moment(moments[-1])

    def statistics(self, ids: Sequence[str]) -> tuple[Statistics, ...]:
        """Counts of up to 50 videos (1 unit of a bucket of its own)."""
        answer = self._videos.batchGetStats(part="id,statistics", id=list(ids)).execute()
        return Page[Statistics].model_validate(answer).items

    def insertion(self, body: dict[str, Any], part: str, film: BinaryIO, mime_type: str) -> Any:
        """Google's resumable request for this film, with nothing sent yet.

        `notifySubscribers` stays on: nobody is told of a private film, and when it is revealed the
        subscribers hear of it once.
        """
        from googleapiclient.http import MediaIoBaseUpload

        media = MediaIoBaseUpload(film, mimetype=mime_type, chunksize=CHUNK, resumable=True)
        return self._videos.insert(part=part, body=body, media_body=media, notifySubscribers=True)


@cache
def _document(root: str) -> dict[str, Any]:
    """The shipped description of the API, spoken to under `root`.

    Not `api_endpoint`, which sends uploads over https whatever the address says (measured 2026-11).
    """
    from googleapiclient.discovery_cache import get_static_doc

    document: dict[str, Any] = json.loads(get_static_doc("youtube", "v3"))
    document.pop("mtlsRootUrl", None)
    resources = document["resources"]
    called = {
        name: {"methods": {method: resources[name]["methods"][method] for method in methods}}
        for name, methods in _CALLED.items()
    }
    return {**document, "resources": called, "rootUrl": root, "baseUrl": root}


def _moment(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return None
