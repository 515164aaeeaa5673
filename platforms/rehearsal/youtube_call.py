"""What a call to YouTube's stage asks for, and how an answer or a refusal looks."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse

from platforms.rehearsal.stage import Document


class Refusal(Exception):
    """An answer that ends the call, in the envelope of Google's APIs."""

    def __init__(self, status: int, reason: str, message: str, domain: str = "youtube.api") -> None:
        self.status, self.reason, self.message, self.domain = status, reason, message, domain

    def answer(self) -> JSONResponse:
        error = {"message": self.message, "domain": self.domain, "reason": self.reason}
        envelope: Document = {"code": self.status, "message": self.message, "errors": [error]}
        if self.status == 429:
            envelope["status"] = "RESOURCE_EXHAUSTED"
        return JSONResponse({"error": envelope}, self.status)


def invalid(what: str, message: str) -> Refusal:
    return Refusal(400, f"invalid{what}", message, "youtube.video")


def forbidden(message: str) -> Refusal:
    return Refusal(403, "forbidden", message, "youtube.common")


def out_of_scope() -> Refusal:
    message = "Request had insufficient authentication scopes."
    return Refusal(403, "insufficientPermissions", message, "global")


def out_of_quota(bucket: str) -> Refusal:
    """The pool that most calls share answers 403, the buckets of their own 429 with "per day"."""
    if bucket == "units":
        message = "The request cannot be completed because you have exceeded your <b>quota</b>."
        return Refusal(403, "quotaExceeded", message, "youtube.quota")
    name = {"uploads": "Video Uploads", "stats": "Batch Video Stats"}[bucket]
    message = (
        f"Quota exceeded for quota metric '{name}' and limit '{name} per day' of service 'youtube.googleapis.com'."
    )
    return Refusal(429, "rateLimitExceeded", message, "global")


def parts(request: Request, known: set[str], *, needed: bool = True) -> set[str]:
    """The `part` parameter, repeated or with commas."""
    wanted = {part for value in request.query_params.getlist("part") for part in value.split(",") if part}
    if needed and not wanted:
        raise Refusal(
            400, "missingRequiredParameter", "No filter selected. Required parameter: part", "youtube.parameter"
        )
    if strange := wanted - known:
        raise Refusal(400, "unknownPart", f"'{sorted(strange)[0]}'", "youtube.part")
    return wanted


def ids(request: Request) -> list[str]:
    asked = [each for value in request.query_params.getlist("id") for each in value.split(",") if each]
    if len(asked) > 50:
        raise Refusal(400, "invalidFilters", "The request specifies too many ids.", "youtube.parameter")
    return list(dict.fromkeys(asked))


def document(content: bytes) -> Document:
    """A JSON object that was sent."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "parseError", "Parse Error", "global")
    return body


def resource(kind: str, whole: Document, wanted: Iterable[str]) -> Document:
    """Kind, etag, id and the wanted parts, as every resource has them."""
    chosen = {part: whole[part] for part in sorted(wanted) if whole.get(part)}
    return {"kind": kind, "etag": digest(chosen)[:27], "id": whole["id"], **chosen}


def listing(
    kind: str, items: list[Document] | None, size: int, *, total: int | None = None, **more: str
) -> JSONResponse:
    """A page. channels.list leaves `items` out when there is none (None)."""
    count = len(items or ()) if total is None else total
    page: Document = {"kind": kind, "etag": digest(items)[:27], **more}
    page["pageInfo"] = {"totalResults": count, "resultsPerPage": size}
    return JSONResponse(page if items is None else {**page, "items": items})


def page_token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"page:{offset}".encode()).decode()


def page_offset(request: Request) -> int:
    if not (token := request.query_params.get("pageToken")):
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("page:"))
    except ValueError:
        raise Refusal(
            400, "invalidPageToken", "The request specifies an invalid page token.", "youtube.parameter"
        ) from None


def digest(*said: object) -> str:
    hashed = hashlib.sha256(json.dumps(said).encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")
