"""What tweepy, requests and X's answers mean, in the words of `platforms.errors`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import requests
import tweepy
from pydantic import ValidationError

from platforms.endpoints import never_left
from platforms.errors import Covers, NotSignedIn, OutcomeUnknown, PlatformError, Refused, TooSoon, Unreachable

_WINDOW = timedelta(minutes=15)
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")

# Words in X's 403s after which only a person can go on (recorded answers and docs, read 2026-08).
_NEEDS_A_PERSON = re.compile(
    r"permissions for this endpoint|unsupported-authentication|client-not-enrolled|spend cap|\b(?:suspended|locked)\b"
)


class Unauthenticated(NotSignedIn):
    """A 401. X had a day of false ones on 2026-06-30, so one alone proves nothing."""


class MediaForgotten(Unreachable):
    """X shows an upload as ready, and does not take it for a post: only another one helps."""


@contextmanager
def translated(*, visible: bool = False) -> Iterator[None]:
    """Turn what goes wrong inside into platform errors; `visible` for the one call that an audience sees."""
    try:
        yield
    except tweepy.HTTPException as refusal:
        raise _refused(refusal, visible) from refusal
    except requests.RequestException as failure:
        if never_left(failure):
            raise Unreachable("X could not be reached; nothing was sent") from failure
        raise _lost(visible) from failure
    except ValidationError as nonsense:
        raise _lost(visible) from nonsense


def _lost(visible: bool) -> PlatformError:
    if visible:
        return OutcomeUnknown("X gave no clear answer to the post; it may be out there")
    return Unreachable("X gave no clear answer; nothing that anybody can see has happened")


def _refused(refusal: tweepy.HTTPException, visible: bool) -> PlatformError:
    status, reason = refusal.response.status_code, _reason(refusal)
    if status >= 500 or status < 400 or status == 408:
        return _lost(visible)
    if status == 401:
        return Unauthenticated("X does not know this account's token: sign the account in again")
    if status == 402:
        return NotSignedIn("X has no credits left for this account's app: buy credits, then resume the account")
    if status == 403:
        return _forbidden(reason)
    if status == 429:
        return _too_soon(refusal.response)
    if visible and "media ids are invalid" in reason.lower():
        return MediaForgotten("X no longer takes the uploaded media; they must be uploaded again")
    return Refused(f"X refused this: {reason}")


def _forbidden(reason: str) -> PlatformError:
    said = reason.lower()
    if "duplicate" in said:
        return OutcomeUnknown("X says it already has this text; look before sending again")
    if _NEEDS_A_PERSON.search(said):
        return NotSignedIn(f"X does not let this account do that: {reason}")
    return Refused(f"X refused this: {reason}")


def _reason(refusal: tweepy.HTTPException) -> str:
    said = "; ".join(str(message) for message in refusal.api_messages)
    return said[:300] or f"HTTP {refusal.response.status_code}"


def used_up(answer: requests.Response) -> TooSoon | None:
    """The window that a good answer says is now empty. X counts reads apart from writes, and each kind of read."""
    if answer.request.method == "GET" or not any(_is_empty(answer.headers, window) for window in _WINDOWS):
        return None
    return _too_soon(answer)


def _too_soon(answer: requests.Response) -> TooSoon:
    """Wait for the last of the windows that are used up; X does not always say which one (read 2026-08)."""
    now, headers = datetime.now(UTC), answer.headers
    resets = {window: reset for window in _WINDOWS if (reset := _moment(headers.get(f"{window}-reset")))}
    empty = [reset for window, reset in resets.items() if _is_empty(headers, window)]
    known = max(empty or resets.values(), default=now + _WINDOW)
    retry_at = max(known, now) + timedelta(seconds=1)
    covers = Covers.CALL if answer.request.method == "GET" else Covers.ACCOUNT
    if _is_empty(headers, "x-app-limit-24hour"):
        covers = Covers.APP
    why = f"X takes no more of these calls until {retry_at:%Y-%m-%d %H:%M} UTC"
    return TooSoon(why, retry_at=retry_at, covers=covers)


def _is_empty(headers: Mapping[str, str], window: str) -> bool:
    return headers.get(f"{window}-remaining", "").strip() == "0"


def _moment(seconds: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None
