"""How each network refuses: in its own status, envelope and headers.

Sources: X's docs and recorded answers (2026-02, 402s of 2026-06); Graph API error handling and rate limiting (2026-08);
Meta's own uploader for 1363037; YouTube Data API errors (2026-11), its 409s as reported 2026-08; WordPress 6.1 as
measured. Not documented and our own choice: what Meta's upload host says when it is busy, and the page that a
website's host sends with a 429.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

_SIGNS_IN_WITH = {"rupload": "graph", "youtube-token": "youtube"}


@dataclass(frozen=True, kw_only=True)
class Met:
    """A call that meets a bad day. `status` and `body` are the answer that it would have had, where it was applied."""

    path: str
    now: datetime
    seconds: float = 600
    """How long a window stays closed, where the network says so."""
    status: int = 0
    body: bytes = b""

    @property
    def room(self) -> str:
        return room_of(self.path)

    @property
    def told(self) -> Any:
        """The answer as JSON values; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def room_of(path: str) -> str:
    """The part of the stage that a path leads to."""
    return path.strip("/").partition("/")[0]


def signs_in_with(room: str) -> str:
    """The room whose tokens are good here."""
    return _SIGNS_IN_WITH.get(room, room)


def too_soon(met: Met) -> Response:
    """A closed window. How long says each network in its own way; YouTube does not, its quotas last for the day."""
    answer = _TOO_SOON.get(met.room, _websites_too_soon)
    return answer(met.path, math.ceil(met.seconds), met.now)


def too_soon_without_an_end(met: Met) -> Response:
    """Fewer calls, please; until when is not said."""
    match met.room:
        case "x":
            return JSONResponse(_xs_problem(429, "Too Many Requests"), 429)
        case "graph":
            return JSONResponse(_graphs_error(32, "Page request limit reached"), 400)
        case "rupload":
            return _uploads_complaint(429, "ThrottledError", "Too many uploads", retriable=True)
        case "youtube":
            words = "The request cannot be completed because of too many requests in a short time."
            return JSONResponse(_youtubes_error(429, words, "usageLimits", "rateLimitExceeded"), 429)
        case "youtube-token":
            return JSONResponse({"error": "rate_limit_exceeded"}, 429)
    return HTMLResponse("<html><body>Too Many Requests</body></html>", 429)


def signed_out(met: Met) -> Response:
    """The token, or the password, is no longer good for anything."""
    return _SIGNED_OUT.get(met.room, _websites_unknown)()


def bad_gateway(met: Met) -> Response:
    """A host between us and the network speaks in its place."""
    return HTMLResponse("<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>", 502)


def failed(met: Met) -> Response:
    return JSONResponse({"error": "stage"}, 500)


def nothing(met: Met) -> Response:
    """Success, and an object without anything in it."""
    return JSONResponse({}, met.status)


def half(met: Met) -> Response:
    return Response(met.body[: len(met.body) // 2], met.status, media_type="application/json")


def no_credits(met: Met) -> Response:
    words = "Your enrolled account [2244994945] does not have any credits to fulfill this request."
    problem = {"account_id": 2244994945, "title": "CreditsDepleted", "detail": words}
    return JSONResponse({**problem, "type": "https://api.twitter.com/2/problems/credits"}, 402)


def duplicate(met: Met) -> Response:
    """It is said to be there already; by which post is not said."""
    if met.room == "x":
        words = "You are not allowed to create a Tweet with duplicate content."
        return JSONResponse({**_xs_problem(403, "Forbidden"), "detail": words}, 403)
    return JSONResponse(_graphs_error(506, "Duplicate status message"), 400)


def blocked(met: Met) -> Response:
    words = "The action attempted has been deemed abusive or is otherwise disallowed"
    return JSONResponse(_graphs_error(368, words, error_subcode=1390008), 400)


def unknown_error(met: Met) -> Response:
    """Seen 2025-08: /photos answered this again and again while seven copies went live (koala issue 699)."""
    words = "An unexpected error has occurred. Please retry your request later."
    return JSONResponse(_graphs_error(2, words, is_transient=True), 500)


def no_such_object(met: Met) -> Response:
    """Seen 2026-06 on fresh containers and permalinks that are there a moment later (Postiz issue 1562)."""
    words = "Unsupported get request. Object does not exist, or cannot be loaded due to missing permissions"
    return JSONResponse(_graphs_error(100, words, error_subcode=33), 400)


def chunk_refused(met: Met) -> Response:
    """The upload stands where the applied call left it, and a chunk from elsewhere is refused."""
    stands = {name: met.told.get(name, "0") for name in ("start_offset", "end_offset")}
    words = "There was a problem uploading your video. Please try uploading it again."
    more = {"error_subcode": 1363037, "error_data": json.dumps(stands)}
    return JSONResponse(_graphs_error(6000, words, **more), 400)


def upload_host_busy(met: Met) -> Response:
    return _uploads_complaint(503, "ServiceUnavailableError", "Try again", retriable=True)


def session_gone(met: Met) -> Response:
    return Response("Not Found", 404, media_type="text/plain")


def session_conflict(met: Met) -> Response:
    words = "The entity that a client attempted to create already exists."
    return JSONResponse(_youtubes_error(409, words, "global", "alreadyExists"), 409)


def nothing_kept(met: Met) -> Response:
    """308 without Range: not a byte of the film is stored."""
    return Response(status_code=308, headers={"content-length": "0"})


def units_spent(met: Met) -> Response:
    words = "The request cannot be completed because you have exceeded your <b>quota</b>."
    return JSONResponse(_youtubes_error(403, words, "youtube.quota", "quotaExceeded"), 403)


def uploads_spent(met: Met) -> Response:
    quota = "quota metric 'Video Uploads' and limit 'Video Uploads per day' of service 'youtube.googleapis.com'"
    error = _youtubes_error(429, f"Quota exceeded for {quota}.", "global", "rateLimitExceeded")
    error["error"]["status"] = "RESOURCE_EXHAUSTED"
    return JSONResponse(error, 429)


def channel_full(met: Met) -> Response:
    words = "The user has exceeded the number of videos they may upload."
    return JSONResponse(_youtubes_error(400, words, "youtube.video", "uploadLimitExceeded"), 400)


def processing_failed(met: Met) -> Response:
    """The answer as it was, but for what it says of a film or a container under way."""
    return Response(json.dumps(_with_failure(met.told)), met.status, media_type="application/json")


def _with_failure(told: Any) -> Any:
    if isinstance(told, list):
        return [_with_failure(each) for each in told]
    if not isinstance(told, dict):
        return told
    return {name: _FAILURES.get(name, _with_failure)(value) for name, value in told.items()}


def _instead_of_words(told: Any, words: str) -> Any:
    return words if isinstance(told, str) else _with_failure(told)


# What says that a film is being made ready: X's processing_info, Instagram's status_code and status beside it,
# Facebook's video_status, YouTube's uploadStatus.
_FAILURES: dict[str, Callable[[Any], Any]] = {
    "processing_info": lambda _: {
        "state": "failed",
        "error": {"code": 1, "name": "InvalidMedia", "message": "Invalid media"},
    },
    "status_code": lambda _: "ERROR",
    "status": lambda told: _instead_of_words(told, "Error: Media upload has failed with error code 2207026"),
    "video_status": lambda told: _instead_of_words(told, "error"),
    "uploadStatus": lambda _: "failed",
}


def _xs_too_soon(path: str, seconds: int, now: datetime) -> Response:
    reset = math.ceil((now + timedelta(seconds=seconds)).timestamp())
    headers = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
    return JSONResponse(_xs_problem(429, "Too Many Requests"), 429, headers)


def _graphs_too_soon(path: str, seconds: int, now: datetime) -> Response:
    """The limit of one business: minutes until the next call stand in the usage header."""
    instagram = "/ig-" in path
    usage = {
        "type": "instagram" if instagram else "pages",
        "call_count": 100,
        "total_cputime": 25,
        "total_time": 25,
        "estimated_time_to_regain_access": math.ceil(seconds / 60),
    }
    headers = {"x-business-use-case-usage": json.dumps({"1": [usage]})}
    code, status = (80002, 400) if instagram else (80001, 403)
    return JSONResponse(_graphs_error(code, "There have been too many calls to this account."), status, headers)


def _uploads_too_soon(path: str, seconds: int, now: datetime) -> Response:
    answer = _uploads_complaint(429, "ThrottledError", "Too many uploads", retriable=True)
    answer.headers["retry-after"] = str(seconds)
    return answer


def _youtubes_too_soon(path: str, seconds: int, now: datetime) -> Response:
    """New uploads have a bucket of their own, and their own way to say that it is empty."""
    spent = uploads_spent if path.endswith("/upload/youtube/v3/videos") else units_spent
    return spent(Met(path=path, now=now))


def _tokens_too_soon(path: str, seconds: int, now: datetime) -> Response:
    return JSONResponse({"error": "rate_limit_exceeded"}, 429, {"retry-after": str(seconds)})


def _websites_too_soon(path: str, seconds: int, now: datetime) -> Response:
    return HTMLResponse("<html><body>Too Many Requests</body></html>", 429, {"retry-after": str(seconds)})


def _xs_unknown() -> Response:
    return JSONResponse(_xs_problem(401, "Unauthorized"), 401)


def _graphs_unknown() -> Response:
    words = "Error validating access token: Session has expired."
    return JSONResponse(_graphs_error(190, words, error_subcode=463), 401)


def _uploads_unknown() -> Response:
    return _uploads_complaint(400, "NotAuthorizedError", "The access token has expired", retriable=False)


def _youtubes_unknown() -> Response:
    return JSONResponse(_youtubes_error(401, "Invalid Credentials", "global", "authError"), 401)


def _tokens_unknown() -> Response:
    words = "Token has been expired or revoked."
    return JSONResponse({"error": "invalid_grant", "error_description": words}, 400)


def _websites_unknown() -> Response:
    words = "Sorry, you are not allowed to do that."
    return JSONResponse({"code": "rest_cannot_create", "message": words, "data": {"status": 401}}, 401)


def _xs_problem(status: int, title: str) -> dict[str, Any]:
    return {"title": title, "detail": title, "type": "about:blank", "status": status}


def _graphs_error(code: int, message: str, **more: object) -> dict[str, Any]:
    told = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "is_transient": False}
    return {"error": {**told, **more, "fbtrace_id": "stage"}}


def _uploads_complaint(status: int, kind: str, words: str, *, retriable: bool) -> Response:
    return JSONResponse({"debug_info": {"retriable": retriable, "type": kind, "message": words}}, status)


def _youtubes_error(code: int, message: str, domain: str, reason: str) -> dict[str, Any]:
    first = {"message": message, "domain": domain, "reason": reason}
    return {"error": {"code": code, "message": message, "errors": [first]}}


_TOO_SOON: dict[str, Callable[[str, int, datetime], Response]] = {
    "x": _xs_too_soon,
    "graph": _graphs_too_soon,
    "rupload": _uploads_too_soon,
    "youtube": _youtubes_too_soon,
    "youtube-token": _tokens_too_soon,
}
_SIGNED_OUT: dict[str, Callable[[], Response]] = {
    "x": _xs_unknown,
    "graph": _graphs_unknown,
    "rupload": _uploads_unknown,
    "youtube": _youtubes_unknown,
    "youtube-token": _tokens_unknown,
}
