"""Bring one file to X in pieces, invisibly, going on where an earlier attempt stopped.

initialize → append 1 MiB after 1 MiB → finalize → wait until processed → alt text. The docs' older
`command=INIT` is gone since 2025, and 5 MB pieces die at X's edge (field reports, read 2026-08).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import tweepy
from pydantic import BaseModel, ConfigDict

from platforms.approved import unaltered
from platforms.contract import MediaFile
from platforms.endpoints import report_upload
from platforms.errors import MediaNotAccepted, Unreachable
from platforms.x.answers import Upload, Uploading
from platforms.x.client import Client

PIECE = 1024 * 1024
_LONGEST_WAIT = 300.0  # seconds of one call; the next call goes on waiting
_USUAL_PAUSE = 5.0
_SPARE = timedelta(hours=1)
_ROUTE = "/2/media/upload"

Sleep = Callable[[float], None]


class Uploaded(BaseModel):
    """How far the upload of one file has come; `segments` counts the pieces that X has."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    media_id: str
    media_key: str | None = None
    expires_at: datetime | None = None
    segments: int = 0
    finalized: bool = False
    described: bool = False

    def is_ready_for(self, file: MediaFile) -> bool:
        return self.sha256 == file.sha256 and self.finalized and (self.described or not file.alt_text)

    def is_past(self, moment: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= moment


Keep = Callable[[Uploaded], None]


def upload(client: Client, file: MediaFile, begun: Uploaded | None, keep: Keep, sleep: Sleep) -> Uploaded:
    """Upload `file` until it can be posted, handing every step's result to `keep`.

    Starts anew when X has forgotten what was begun. Raises MediaNotAccepted when X cannot take the file,
    Unreachable when X is still busy with it.
    """
    if begun and begun.sha256 == file.sha256 and not begun.is_past(datetime.now(UTC) + _SPARE):
        try:
            return _carry_on(client, file, _as_x_has_it(client, begun, keep), keep, sleep)
        except (tweepy.BadRequest, tweepy.NotFound):
            pass
    return _carry_on(client, file, _initialize(client, file, keep), keep, sleep)


def _as_x_has_it(client: Client, begun: Uploaded, keep: Keep) -> Uploaded:
    """Ask before anything is sent again: the answer to finalize may have been lost."""
    if begun.finalized or (answer := _status(client, begun)).processing_info is None:
        return begun
    return _done(begun, answer, keep)


def _carry_on(client: Client, file: MediaFile, begun: Uploaded, keep: Keep, sleep: Sleep) -> Uploaded:
    if begun.finalized:
        sent, answer = begun, _status(client, begun)
    else:
        sent, answer = _finalize(client, _append(client, file, begun, keep), keep)
    _wait(client, file, sent, answer, sleep)
    return _describe(client, file, sent, keep)


def _initialize(client: Client, file: MediaFile, keep: Keep) -> Uploaded:
    unaltered(file)
    answer = _ask(
        client,
        "POST",
        f"{_ROUTE}/initialize",
        json={"media_type": file.mime_type, "total_bytes": file.size, "media_category": _category(file)},
    )
    begun = Uploaded(sha256=file.sha256, media_id=answer.id, media_key=answer.media_key, expires_at=_expiry(answer))
    keep(begun)
    return begun


def _append(client: Client, file: MediaFile, begun: Uploaded, keep: Keep) -> Uploaded:
    sent = begun
    for piece in _pieces(file, begun.segments):
        client.request(
            "POST",
            f"{_ROUTE}/{sent.media_id}/append",
            data={"segment_index": str(sent.segments)},
            files={"media": ("piece", piece, "application/octet-stream")},
        )
        sent = sent.model_copy(update={"segments": sent.segments + 1})
        keep(sent)
        report_upload(min(sent.segments * PIECE, file.size), file.size)
        report_upload(min(sent.segments * PIECE, file.size), file.size)
    return sent


def _finalize(client: Client, sent: Uploaded, keep: Keep) -> tuple[Uploaded, Upload]:
    """Finalize, or learn that an earlier attempt did. The body must be an object (field reports, read 2026-07)."""
    try:
        answer = _ask(client, "POST", f"{_ROUTE}/{sent.media_id}/finalize", json={})
    except tweepy.BadRequest:
        answer = _status(client, sent)
        if answer.processing_info is None:
            raise
    return _done(sent, answer, keep), answer


def _done(sent: Uploaded, answer: Upload, keep: Keep) -> Uploaded:
    done = sent.model_copy(update={"finalized": True, "expires_at": _expiry(answer) or sent.expires_at})
    keep(done)
    return done


def _wait(client: Client, file: MediaFile, sent: Uploaded, answer: Upload, sleep: Sleep) -> None:
    waited = 0.0
    while (processing := answer.processing_info) and processing.state != "succeeded":
        if processing.state == "failed":
            said = processing.error.message or processing.error.name or "it does not say why"
            raise MediaNotAccepted(f"X could not take {file.path.name}: {said}")
        if waited >= _LONGEST_WAIT:
            raise Unreachable(f"X is still processing {file.path.name}; nothing is visible yet")
        pause = max(processing.check_after_secs or _USUAL_PAUSE, 0.5)
        sleep(pause)
        waited += pause
        answer = _status(client, sent)


def _describe(client: Client, file: MediaFile, sent: Uploaded, keep: Keep) -> Uploaded:
    if sent.described or not file.alt_text:
        return sent
    words = {"id": sent.media_id, "metadata": {"alt_text": {"text": file.alt_text}}}
    client.request("POST", "/2/media/metadata", json=words)
    described = sent.model_copy(update={"described": True})
    keep(described)
    return described


def _status(client: Client, sent: Uploaded) -> Upload:
    return _ask(client, "GET", _ROUTE, params={"command": "STATUS", "media_id": sent.media_id})


def _ask(client: Client, method: str, route: str, *, params: Any = None, json: Any = None) -> Upload:
    return Uploading.model_validate_json(client.request(method, route, params, json).content).data


def _pieces(file: MediaFile, skip: int) -> Iterator[bytes]:
    with file.path.open("rb") as content:
        content.seek(skip * PIECE)
        while piece := content.read(PIECE):
            yield piece


def _expiry(answer: Upload) -> datetime | None:
    seconds = answer.expires_after_secs
    return None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)


def _category(file: MediaFile) -> str:
    if file.mime_type == "image/gif":
        return "tweet_gif"
    return "tweet_video" if file.mime_type.startswith("video/") else "tweet_image"
