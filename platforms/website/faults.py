"""What requests and WordPress's answers mean, in the words of `platforms.errors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import requests
from pydantic import ValidationError

from platforms.endpoints import never_left
from platforms.errors import (
    MediaNotAccepted,
    NotSignedIn,
    OutcomeUnknown,
    PlatformError,
    Refused,
    TooSoon,
    Unreachable,
)
from platforms.website.answers import Problem

_PATIENCE = timedelta(minutes=15)
_UNFIT_MEDIA = {"rest_upload_sideload_error", "rest_upload_unknown_error", "rest_upload_file_too_big"}


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.status, self.headers = response.status_code, response.headers
        self.problem = _problem(response)


@contextmanager
def translated(*, visible: bool = False) -> Iterator[None]:
    """Turn what goes wrong inside into platform errors; `visible` for the one call that readers see."""
    try:
        yield
    except Refusal as refusal:
        raise _refused(refusal, visible) from refusal
    except requests.TooManyRedirects as elsewhere:
        raise _moved() from elsewhere
    except requests.RequestException as failure:
        if never_left(failure):
            raise Unreachable("the website could not be reached; nothing was sent") from failure
        raise _lost(visible) from failure
    except ValidationError as nonsense:
        raise _lost(visible) from nonsense


def _lost(visible: bool) -> PlatformError:
    if visible:
        return OutcomeUnknown("the website gave no clear answer to publishing; the article may be out")
    return Unreachable("the website gave no clear answer; nothing that anybody can see has happened")


def _refused(refusal: Refusal, visible: bool) -> PlatformError:
    status, problem = refusal.status, refusal.problem
    said = f"{problem.message or 'no reason given'} ({problem.code or f'HTTP {status}'})"[:300]
    if problem.code in _UNFIT_MEDIA or status == 413:
        return MediaNotAccepted(f"the website does not take this file: {said}")
    if status >= 500 or status == 408:
        return _lost(visible)
    if 300 <= status < 400:
        return _moved()
    if status in (401, 403):
        return NotSignedIn(f"the website does not let this user do that: {said}")
    if status == 404 and problem.code in ("", "rest_no_route"):
        return NotSignedIn("there is no WordPress REST API at this address: check site_url and security plugins")
    if status == 429:
        return _too_soon(refusal.headers)
    return Refused(f"the website refused this: {said}")


def _moved() -> NotSignedIn:
    return NotSignedIn("the website answers from another address: correct its site_url")


def _too_soon(headers: Mapping[str, str]) -> TooSoon:
    seconds = headers.get("retry-after", "")
    pause = timedelta(seconds=int(seconds)) if seconds.isdecimal() else _PATIENCE
    retry_at = datetime.now(UTC) + pause
    return TooSoon(f"the website takes no more calls until {retry_at:%H:%M} UTC", retry_at=retry_at)


def _problem(response: requests.Response) -> Problem:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return Problem()
