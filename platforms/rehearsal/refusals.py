"""How each network says "not now" and "who are you?": in its own status, envelope and headers.

Sources: X's docs and recorded answers (2026-02); Graph API error handling and rate limiting (2026-08); YouTube Data
API errors (2026-11); WordPress 6.1 as measured. Two are not documented and our own choice: what Meta's upload host
says when it is busy, and the page that a website's host sends with a 429.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

_SIGNS_IN_WITH = {"rupload": "graph", "youtube-token": "youtube"}


def network_of(path: str) -> str:
    """The first segment of a path on the stage, where networks that share a sign-in are one."""
    first = _first(path)
    return _SIGNS_IN_WITH.get(first, first)


def too_soon(path: str, seconds: float, now: datetime) -> Response:
    """A closed window. How long says each network in its own way; YouTube does not, its quotas last for the day."""
    answer = _TOO_SOON.get(_first(path), _websites_too_soon)
    return answer(path, math.ceil(seconds), now)


def signed_out(path: str) -> Response:
    """The token, or the password, is no longer good for anything."""
    answer = _SIGNED_OUT.get(_first(path), _websites_unknown)
    return answer()


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0]


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
    complaint = {"retriable": True, "type": "ThrottledError", "message": "Too many uploads"}
    return JSONResponse({"debug_info": complaint}, 429, {"retry-after": str(seconds)})


def _youtubes_too_soon(path: str, seconds: int, now: datetime) -> Response:
    """New uploads have a bucket of their own, and their own way to say that it is empty."""
    if path.endswith("/upload/youtube/v3/videos"):
        quota = "quota metric 'Video Uploads' and limit 'Video Uploads per day' of service 'youtube.googleapis.com'"
        error = _youtubes_error(429, f"Quota exceeded for {quota}.", "global", "rateLimitExceeded")
        error["error"]["status"] = "RESOURCE_EXHAUSTED"
        return JSONResponse(error, 429)
    words = "The request cannot be completed because you have exceeded your <b>quota</b>."
    return JSONResponse(_youtubes_error(403, words, "youtube.quota", "quotaExceeded"), 403)


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
    complaint = {"retriable": False, "type": "NotAuthorizedError", "message": "The access token has expired"}
    return JSONResponse({"debug_info": complaint}, 400)


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
