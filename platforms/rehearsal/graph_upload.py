"""The upload host: bytes from an offset on, kept as far as they came, so that an upload can be resumed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from platforms.rehearsal import account_of
from platforms.rehearsal.stage import Document, Stage

_COLLECTIONS = {"video-upload": "graph.videos", "ig-api-upload": "graph.containers"}


def rupload_routes(stage: Stage) -> list[BaseRoute]:
    """POST /video-upload/{version}/{video} and /ig-api-upload/{version}/{container}."""

    async def receive(request: Request) -> JSONResponse:
        collection = _COLLECTIONS.get(request.path_params["kind"], "")
        document = stage.records.get(collection, request.path_params["upload"])
        if refusal := _refusal(request, document):
            return refusal
        assert document is not None
        await _append(stage, request, document)
        return _settle(stage, collection, document["id"], int(request.headers["file_size"]))

    return [Route("/{kind}/{version}/{upload}", receive, methods=["POST"])]


def write_upload(stage: Stage, name: str, offset: int, content: bytes) -> None:
    path = upload_path(stage, name)
    with path.open("r+b" if path.exists() else "wb") as file:
        file.seek(offset)
        file.write(content)


def seal_upload(stage: Stage, name: str) -> str:
    """A complete upload becomes one of the stage's files, named by its SHA-256."""
    path = upload_path(stage, name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    path.replace(stage.files / digest)
    return digest


def is_film(stage: Stage, digest: str) -> bool:
    """Whether a file begins as MP4 and MOV do."""
    with (stage.files / digest).open("rb") as file:
        return file.read(12)[4:8] == b"ftyp"


def upload_path(stage: Stage, name: str) -> Path:
    folder = stage.files / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _refusal(request: Request, document: Document | None) -> JSONResponse | None:
    word, _, secret = request.headers.get("authorization", "").partition(" ")
    account = account_of(secret) if word == "OAuth" else None
    if document is None or account is None or document["account"] != account:
        return _complaint(400, "NotAuthorizedError", "The upload is not this account's")
    offset, size = request.headers.get("offset", ""), request.headers.get("file_size", "")
    if not (offset.isdigit() and size.isdigit()):
        return _complaint(400, "ParameterValidationError", "Header Offset not convertable to unsigned long")
    if int(offset) != document["received"]:
        return _complaint(422, "OffsetInvalidError", f"The upload stands at {document['received']}", retriable=True)
    return None


async def _append(stage: Stage, request: Request, document: Document) -> None:
    """Write what arrives; a sender that dies leaves the bytes that came."""
    path = upload_path(stage, document["id"])
    try:
        with path.open("r+b" if path.exists() else "wb") as file:
            file.seek(document["received"])
            async for chunk in request.stream():
                file.write(chunk)
    except ClientDisconnect:
        return


def _settle(stage: Stage, collection: str, identity: str, size: int) -> JSONResponse:
    path = upload_path(stage, identity)
    with stage.records.lock:
        document = stage.records.get(collection, identity)
        assert document is not None
        document = {**document, "size": size, "received": path.stat().st_size}
        whole = document["received"] == size
        if whole:
            document["sha256"] = seal_upload(stage, identity)
            document["ready_at"] = (stage.now() + stage.processing).isoformat()
        stage.records.put(collection, identity, document)
    if not whole:
        return _complaint(400, "PartialRequestError", "Fewer bytes came than announced", retriable=True)
    return JSONResponse({"success": True, "message": "Upload successful."})


def _complaint(status: int, kind: str, message: str, *, retriable: bool = False) -> JSONResponse:
    words = {"retriable": retriable, "type": kind, "message": message}
    return JSONResponse({"debug_info": words}, status)
