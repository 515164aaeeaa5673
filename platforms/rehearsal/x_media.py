"""Media on the stage's X: pieces arrive, are put together, take their time, and can be posted by their owner."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from platforms.rehearsal.stage import Document, Stage
from platforms.rehearsal.x_door import invalid, json_object, only, refuse_unknown

LARGEST_PIECE = 1024 * 1024 + 64 * 1024
_UNUSED_MEDIA, _FINALIZED_MEDIA = 1_295_999, 86_400  # seconds
_LARGEST = {"tweet_image": 5_242_880, "tweet_gif": 15_728_640, "tweet_video": 536_870_912}
_BEGINNINGS = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "video/mp4": re.compile(rb"....ftyp", re.DOTALL),
    "video/quicktime": re.compile(rb"....(ftyp|moov)", re.DOTALL),
}


class Media:
    """The endpoints under `/2/media`. Each gets the request and the account that signed it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.records = stage, stage.records

    def usable(self, media_ids: Sequence[str], account: str) -> list[Document]:
        """The media for a post. Refused unless all are the account's own, ready, and of kinds that go together."""
        media = [self.records.get("x.media", media_id) for media_id in media_ids]
        ready = [each for each in media if each and each["account"] == account and self._state(each) == "succeeded"]
        if len(ready) < len(media_ids):
            raise invalid("media.media_ids", media_ids, "Your media IDs are invalid.")
        if len(ready) > 1 and any(each["category"] != "tweet_image" for each in ready):
            raise invalid("media.media_ids", media_ids, "Media must be 4 photos, 1 GIF or 1 video.")
        return ready

    async def initialize(self, request: Request, account: str) -> Response:
        body = await json_object(request)
        refuse_unknown(body, {"media_type", "total_bytes", "media_category", "additional_owners", "shared"})
        category, size, kind = body.get("media_category"), body.get("total_bytes"), body.get("media_type")
        if category not in _LARGEST or kind not in _BEGINNINGS:
            raise invalid("media_category", [str(category), str(kind)], "unsupported media type or category")
        if not isinstance(size, int) or not 0 < size <= _LARGEST[str(category)]:
            raise invalid("total_bytes", [str(size)], "File size exceeds what the category takes.")
        media_id = self.stage.new_number()
        medium = {
            "id": media_id,
            "prefix": {"tweet_image": "3", "tweet_gif": "16"}.get(str(category), "7"),
            "account": account,
            "category": category,
            "media_type": kind,
            "total_bytes": size,
            "sha256": None,
            "ready_at": None,
            "failed": False,
            "alt_text": "",
            "expires_at": (self.stage.now() + timedelta(seconds=_UNUSED_MEDIA)).isoformat(),
        }
        self._folder(media_id).mkdir(parents=True)
        self.records.put("x.media", media_id, medium)
        return JSONResponse({"data": self._uploading(medium)})

    async def append(self, request: Request, account: str) -> Response:
        media_id = str(request.path_params["id"])
        if len(await request.body()) > LARGEST_PIECE * (4 / 3 if "json" in _kind(request) else 1):
            return Response(status_code=413)
        index, piece = await _piece(request)
        medium = self._own(media_id, account)
        if medium["sha256"] is not None or not 0 <= index <= 999:
            raise invalid("segment_index", [str(index)], "Invalid segment or already finalized media.")
        (self._folder(media_id) / f"{index:03}").write_bytes(piece)
        return JSONResponse({"data": {"expires_at": int(datetime.fromisoformat(medium["expires_at"]).timestamp())}})

    async def finalize(self, request: Request, account: str) -> Response:
        if (self.records.get("x.settings", "finalize") or {}).get("strict", True):
            await json_object(request)
        media_id = str(request.path_params["id"])
        with self.records.lock:
            medium = self._own(media_id, account)
            if medium["sha256"] is not None:
                raise invalid("id", [media_id], "Media is already finalized.")
            content = self._put_together(medium)
            now = self.stage.now()
            waits = self.stage.processing if medium["category"] != "tweet_image" else timedelta()
            medium |= {
                "sha256": self.stage.keep_file(content),
                "failed": not _BEGINNINGS[medium["media_type"]].match(content),
                "ready_at": (now + waits).isoformat(),
                "expires_at": (now + timedelta(seconds=_FINALIZED_MEDIA)).isoformat(),
            }
            if medium["failed"] and medium["category"] == "tweet_image":
                raise invalid("id", [media_id], "Media type unrecognized.")
            self.records.put("x.media", media_id, medium)
        shutil.rmtree(self._folder(media_id))
        return JSONResponse({"data": self._uploading(medium) | {"size": len(content)}})

    def _put_together(self, medium: Document) -> bytes:
        pieces = sorted(self._folder(medium["id"]).iterdir())
        in_order = [piece.name for piece in pieces] == [f"{index:03}" for index in range(len(pieces))]
        content = b"".join(piece.read_bytes() for piece in pieces)
        if not in_order or len(content) != medium["total_bytes"]:
            raise invalid("id", [medium["id"]], "Segments do not add up to total_bytes.")
        return content

    async def status(self, request: Request, account: str) -> Response:
        only(request, {"command", "media_id"})
        medium = self._own(request.query_params.get("media_id", ""), account)
        return JSONResponse({"data": self._uploading(medium)})

    async def describe(self, request: Request, account: str) -> Response:
        body = await json_object(request)
        refuse_unknown(body, {"id", "metadata"})
        medium = self._own(str(body.get("id")), account)
        words = body.get("metadata", {}).get("alt_text", {}).get("text")
        if not isinstance(words, str) or not 1 <= len(words) <= 1000:
            raise invalid("metadata.alt_text.text", [], "alt text has 1 to 1000 characters")
        self.records.put("x.media", medium["id"], {**medium, "alt_text": words})
        return JSONResponse({"data": {"id": medium["id"], "associated_metadata": body["metadata"]}})

    def _own(self, media_id: str, account: str) -> Document:
        medium = self.records.get("x.media", media_id)
        if medium is None or medium["account"] != account or self._state(medium) == "expired":
            raise invalid("media_id", [media_id], "The media id is unknown or expired.")
        return dict(medium)

    def _state(self, medium: Document) -> str:
        now = self.stage.now()
        if datetime.fromisoformat(medium["expires_at"]) <= now:
            return "expired"
        if medium["ready_at"] is None:
            return "uploading"
        if now < datetime.fromisoformat(medium["ready_at"]):
            return "in_progress"
        return "failed" if medium["failed"] else "succeeded"

    def _uploading(self, medium: Document) -> Document:
        left = datetime.fromisoformat(medium["expires_at"]) - self.stage.now()
        answer: Document = {
            "id": medium["id"],
            "media_key": f"{medium['prefix']}_{medium['id']}",
            "expires_after_secs": int(left.total_seconds()),
        }
        state = self._state(medium)
        if medium["category"] != "tweet_image" and state != "uploading":
            answer["processing_info"] = {"state": state}
            if state == "in_progress":
                answer["processing_info"] |= {"check_after_secs": 1, "progress_percent": 50}
            if state == "failed":
                trouble = {"code": 1, "name": "InvalidMedia", "message": "Unsupported video format"}
                answer["processing_info"]["error"] = trouble
        return answer

    def _folder(self, media_id: str) -> Path:
        return self.stage.files / "x-uploads" / media_id


async def _piece(request: Request) -> tuple[int, bytes]:
    """A segment's index and bytes, from a form or from JSON in base64."""
    if "json" in _kind(request):
        body = await json_object(request)
        return int(body["segment_index"]), base64.b64decode(body["media"])
    async with request.form() as form:
        media, index = form.get("media"), form.get("segment_index")
        if media is None or isinstance(media, str) or not str(index).isdigit():
            raise invalid("media", [], "media and segment_index are required")
        return int(str(index)), await media.read()


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "")
