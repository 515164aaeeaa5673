"""Uploads to YouTube's stage, on disk as they arrive: raw, multipart, or in a session that takes chunks."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from platforms.rehearsal.stage import Document, Stage
from platforms.rehearsal.youtube_call import Refusal, document, parts, resource
from platforms.rehearsal.youtube_films import Films
from platforms.rehearsal.youtube_habits import behave, habits_of
from platforms.rehearsal.youtube_rules import must_be_sound, taken

SESSION_LIFE = timedelta(days=7)
GRAIN = 256 * 1024
_HEAD = 1 << 20
"""Bytes of a multipart body within which its resource must end."""


class Destination(Protocol):
    """What an upload becomes: a film, a thumbnail, captions."""

    def welcome(self, session: Document, request: Request) -> None:
        """Raises Refusal before a byte is taken."""

    def arrived(self, session: Document, digest: str) -> Document:
        """The answer, once all bytes are there. Raises Refusal."""


class Uploads:
    """Records: `youtube.sessions`. `destinations` by the end of the path."""

    def __init__(self, stage: Stage, destinations: Mapping[str, Destination]) -> None:
        self.stage, self.records, self.destinations = stage, stage.records, destinations

    async def start(self, request: Request, account: str) -> Response:
        if "upload_id" in request.query_params:
            return await self.take_chunk(request, account)
        how, what = request.query_params.get("uploadType"), request.url.path.rpartition("/v3/")[2]
        if how == "resumable":
            return await self._open_session(request, account, what)
        if how not in ("media", "multipart"):
            raise Refusal(400, "mediaBodyRequired", "The request does not include the upload content.")
        half = self._half(secrets.token_urlsafe(24))
        with half.open("w+b") as file:
            async for piece in request.stream():
                file.write(piece)
            kind = request.headers.get("content-type", "")
            sent, kind = ({}, kind) if how == "media" else _unpack(kind, file)
        try:
            return self._complete(self._session(request, account, what, sent, kind, half.stat().st_size), half)
        finally:
            half.unlink(missing_ok=True)

    async def take_chunk(self, request: Request, account: str) -> Response:
        """`bytes a-b/N` stores, `bytes */N` asks; 308 with Range until all is there, then the resource."""
        session = self._open(request.query_params.get("upload_id", ""))
        if session.get("answer"):
            return JSONResponse(session["answer"])
        asked = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+|\*)", request.headers.get("content-range", ""))
        first, last, total = _range(asked, int(request.headers.get("content-length") or 0))
        if total is not None and session["size"] not in (None, total):
            raise Refusal(400, "badRequest", "The total size does not match X-Upload-Content-Length.", "global")
        half = self._half(session["id"])
        if first is not None:
            await self._store(request, half, first, final=last + 1 == total)
        have = _size(half)
        if total is not None and have == total:
            return self._complete({**session, "size": total}, half)
        return Response(status_code=308, headers={"Range": f"bytes=0-{have - 1}"} if have else {})

    async def _open_session(self, request: Request, account: str, what: str) -> Response:
        sent = document(await request.body()) if int(request.headers.get("content-length") or 0) else {}
        kind = request.headers.get("x-upload-content-type", "application/octet-stream")
        size = request.headers.get("x-upload-content-length")
        session = self._session(request, account, what, sent, kind, int(size) if size else None)
        if (habits := habits_of(self.stage)).conflicts:
            behave(self.stage, conflicts=habits.conflicts - 1)
            message = "The entity that a client attempted to create already exists."
            raise Refusal(409, "alreadyExists", message, "global")
        self.records.put("youtube.sessions", session["id"], session)
        place = request.url.remove_query_params(["upload_id"]).include_query_params(upload_id=session["id"])
        return Response(headers={"Location": str(place), "X-GUploader-UploadID": session["id"]})

    def _session(
        self, request: Request, account: str, what: str, sent: Document, kind: str, size: int | None
    ) -> Document:
        """A checked upload. `query` and `sent` are what the call said besides the bytes."""
        session: Document = {
            "id": secrets.token_urlsafe(24),
            "account": account,
            "what": what,
            "query": dict(request.query_params),
            "sent": sent,
            "kind": kind,
            "size": size,
            "opened_at": self.stage.now().isoformat(),
        }
        self.destinations[what].welcome(session, request)
        return session

    async def _store(self, request: Request, half: Path, first: int, *, final: bool) -> None:
        """Append what arrives. Of a chunk that is not the last, only whole 256 KiB are kept; a broken one too."""
        have, keeps = _size(half), habits_of(self.stage).keeps
        if first > have:
            raise Refusal(400, "badRequest", "Invalid request. There were gaps in the uploaded bytes.", "global")
        complete = False
        with half.open("ab") as file:
            try:
                skip = have - first
                async for piece in request.stream():
                    file.write(piece[skip:])
                    skip = max(skip - len(piece), 0)
                complete = final
            except ClientDisconnect:
                pass
            end = file.tell()
            if keeps is not None and end - have > keeps:
                end, complete = have + keeps, False
            file.truncate(end if complete else max(have, end // GRAIN * GRAIN))

    def _complete(self, session: Document, half: Path) -> Response:
        """All bytes are here: the upload takes effect once, and its session goes on answering with it."""
        half.touch()
        with half.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        half.replace(self.stage.files / digest)
        answer = self.destinations[session["what"]].arrived(session, digest)
        self.records.put("youtube.sessions", session["id"], {**session, "answer": answer})
        return JSONResponse(answer)

    def _open(self, upload_id: str) -> Document:
        session = self.records.get("youtube.sessions", upload_id)
        if not session or self.stage.now() - datetime.fromisoformat(session["opened_at"]) > SESSION_LIFE:
            raise Refusal(404, "notFound", "Not Found", "global")
        return session

    def _half(self, name: str) -> Path:
        self.stage.files.mkdir(parents=True, exist_ok=True)
        return self.stage.files / f"youtube-{name}.part"


class NewFilms:
    """Films that are uploaded."""

    def __init__(self, films: Films) -> None:
        self.films, self.stage = films, films.stage

    def welcome(self, session: Document, request: Request) -> None:
        if habits_of(self.stage).channel_full:
            message = "The user has exceeded the number of videos they may upload."
            raise Refusal(400, "uploadLimitExceeded", message, "youtube.video")
        must_be_sound(session["sent"], parts(request, {"id", "snippet", "status", "localizations"}))
        if not re.match(r"video/|application/octet-stream", session["kind"]):
            raise Refusal(400, "badContent", f"Media type '{session['kind']}' is not supported.", "global")

    def arrived(self, session: Document, digest: str) -> Document:
        sent, size, habits = session["sent"], (self.stage.files / digest).stat().st_size, habits_of(self.stage)
        video = {
            "id": secrets.token_urlsafe(8),
            "account": session["account"],
            "snippet": {"title": "unknown", "description": "", "categoryId": "22", **taken("snippet", sent)},
            "status": taken("status", sent),
            "localizations": taken("localizations", sent),
            "digest": digest,
            "size": size,
            "failure": habits.failure or ("" if size else "emptyFile"),
            "rejection": habits.rejection,
            "thumbnail": None,
            "uploaded_at": self.stage.now().isoformat(),
            "published_at": None,
        }
        kept = self.films.keep(video)
        return resource(
            "youtube#video", self.films.shape(kept, session["account"]), session["query"]["part"].split(",")
        )


def _size(half: Path) -> int:
    return half.stat().st_size if half.exists() else 0


def _unpack(kind: str, file: BinaryIO) -> tuple[Document, str]:
    """multipart/related: the resource as JSON first, then the bytes and their type. Only the bytes stay in the file."""
    file.seek(0)
    head = file.read(_HEAD)
    boundary = re.search(r'boundary="?([^";]+)', kind)
    line = rb"(?:\A|\r?\n)--" + re.escape(boundary[1].encode() if boundary else b"") + rb"[ \t]*\r?\n"
    found = re.match(rb"(?s).*?%b(?:.*?\r?\n)?\r?\n(.*?)%b(.*?\r?\n)?\r?\n" % (line, line), head)
    if not boundary or not found:
        raise _malformed()
    _keep_between(file, found.end(), b"--%b--" % boundary[1].encode())
    told = re.search(rb"(?i)content-type:\s*([^\r\n]+)", found[2] or b"")
    return document(found[1]), told[1].decode() if told else ""


def _keep_between(file: BinaryIO, first: int, closing: bytes) -> None:
    """Move what stands from `first` to the closing line to the beginning of the file, which ends there."""
    tail = max(first, file.seek(0, 2) - len(closing) - 64)
    file.seek(tail)
    end = re.search(rb"\r?\n%b\s*\Z" % re.escape(closing), file.read())
    if end is None:
        raise _malformed()
    last, to = tail + end.start(), 0
    while first < last:
        file.seek(first)
        piece = file.read(min(_HEAD, last - first))
        file.seek(to)
        file.write(piece)
        first, to = first + len(piece), to + len(piece)
    file.truncate(to)


def _malformed() -> Refusal:
    return Refusal(400, "badContent", "Malformed multipart body.", "global")


def _range(asked: re.Match[str] | None, length: int) -> tuple[int | None, int, int | None]:
    """First and last byte (None when only asked how far it is) and the total (None while unknown)."""
    if asked is None:
        return (0, length - 1, length)
    first, last, total = asked.groups()
    whole = None if total == "*" else int(total)
    return (None, 0, whole) if first is None else (int(first), int(last), whole)
