"""What Meta's error codes mean for a publication: one table for Facebook and Instagram.

Classified by code and subcode, never by HTTP status (an expired token is seen as 400 and as 401, a throttle
as 400 and as 403) and never by text (`error_user_msg` is translated into the reader's language).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from platforms.endpoints import never_left
from platforms.errors import (
    Covers,
    MediaNotAccepted,
    NotSignedIn,
    OutcomeUnknown,
    PlatformError,
    Refused,
    TooSoon,
    Unreachable,
)


class Missing(Refused):
    """100/33: there is no such object, or we may not see it; a fresh one can be missing for a moment."""


class NotPermitted(NotSignedIn):
    """The token lives but lacks a right; a person must grant it."""


class WrongOffset(Unreachable):
    """A chunk was sent from the wrong place; the upload goes on at `start`, up to `end` (bytes)."""

    def __init__(self, message: str, *, start: int, end: int) -> None:
        self.start, self.end = start, end
        super().__init__(message)


class Complaint(BaseModel):
    """Meta's error envelope, or rupload's brought into the same shape."""

    model_config = ConfigDict(extra="ignore")

    message: str = ""
    code: int = 0
    error_subcode: int = 0
    is_transient: bool = False
    error_user_msg: str | None = None
    error_data: Any = None


class _UploadComplaint(BaseModel):
    type: str = ""
    message: str = ""
    retriable: bool = False


class _Offsets(BaseModel):
    start_offset: int = Field(ge=0)
    end_offset: int = Field(ge=0)


class _Usage(BaseModel):
    """What is used of one limit, in percent; and in how many minutes calls are taken again, 0 if they are now."""

    call_count: float = 0
    total_cputime: float = 0
    total_time: float = 0
    estimated_time_to_regain_access: float = 0

    @property
    def share(self) -> float:
        return max(self.call_count, self.total_cputime, self.total_time)


_BUSINESS = TypeAdapter(dict[str, list[_Usage]])


@dataclass(frozen=True, kw_only=True)
class _Meaning:
    """`error` None: nobody can tell whether it was done, so it depends on whether the act was visible."""

    error: type[PlatformError] | None
    advice: str
    wait: timedelta = timedelta(hours=1)
    covers: Covers = Covers.ACCOUNT


def _means(error: type[PlatformError] | None, advice: str, covers: Covers = Covers.ACCOUNT, **wait: float) -> _Meaning:
    return _Meaning(error=error, advice=advice, covers=covers, wait=timedelta(**wait) if wait else timedelta(hours=1))


_AMBIGUOUS = _means(None, "gave no clear answer")
_AGAIN = _means(Unreachable, "lost what was prepared; it is to be prepared again")
_SIGN_IN = _means(NotSignedIn, "no longer accepts the token: sign the account in again")
_PERMISSION = _means(NotPermitted, "misses a permission: grant it and sign the account in again")
_BUSY = _means(TooSoon, "takes no more calls for now")
_APP_BUSY = _means(TooSoon, "takes no more calls of our app for now", Covers.APP)
_PERSON = _means(NotSignedIn, "wants a person to open the account and confirm who they are")
_MEDIA = _means(MediaNotAccepted, "does not take this picture or video")

# Graph error-handling guide and Instagram error codes (2026-06-02), read 2026-11; the notes name other sources.
# Some of the long numbers are seen as a code too.
_BY_SUBCODE = {
    33: _means(Missing, "has no such object, or does not show it to this account"),
    459: _PERSON,
    464: _PERSON,
    492: _means(NotSignedIn, "no longer gives this person a role on the Page"),
    1346003: _means(Refused, "takes this content for abusive and blocks it"),
    1366046: _MEDIA,
    1366051: _means(OutcomeUnknown, "says that this was already posted; look before sending again"),
    1390008: _means(TooSoon, "takes this for posting too fast", hours=6),
    1404078: _PERSON,
    1609005: _means(Refused, "cannot read the page behind the link"),
    1609008: _means(Refused, "takes no links to facebook.com"),
    2108006: _means(Missing, "has no figures of what was out before the account was a professional one"),
    4854002: _PERSON,
    2207001: _AMBIGUOUS,
    2207003: _AMBIGUOUS,
    2207004: _MEDIA,
    2207005: _MEDIA,
    2207006: _AGAIN,
    2207008: _AMBIGUOUS,
    2207009: _MEDIA,
    2207010: _means(Refused, "finds the caption too long"),
    2207020: _AGAIN,
    2207026: _MEDIA,
    2207027: _means(TooSoon, "is not done with processing", Covers.CALL, minutes=1),
    2207028: _means(Refused, "takes two to ten pictures in one post"),
    2207032: _AGAIN,
    2207040: _means(Refused, "takes at most 20 @-tags"),
    2207042: _means(TooSoon, "takes no more posts today", hours=24),
    2207050: _means(NotSignedIn, "has restricted the account: a person must open the app"),
    2207051: _means(NotSignedIn, "takes this for spam: a person must open the app"),
    2207052: _means(Unreachable, "could not fetch the picture from our public address"),
    2207053: _AGAIN,
    2207057: _means(Refused, "does not take this place in the film for a cover"),
}
_BY_CODE = {
    -2: _AMBIGUOUS,
    -1: _AMBIGUOUS,
    1: _AMBIGUOUS,
    # Seen 2025-08: /photos answered 500 with code 2 again and again while seven copies went live.
    2: _AMBIGUOUS,
    3: _PERMISSION,
    4: _APP_BUSY,
    10: _PERMISSION,
    17: _BUSY,
    32: _BUSY,
    102: _SIGN_IN,
    104: _SIGN_IN,
    190: _SIGN_IN,
    341: _APP_BUSY,
    352: _MEDIA,
    368: _means(TooSoon, "has blocked posting for a while", hours=6),
    506: _means(OutcomeUnknown, "says it already has this text; look before sending again"),
    613: _BUSY,
    80001: _BUSY,
    80002: _BUSY,
} | dict.fromkeys(range(200, 300), _PERMISSION)
_REST = timedelta(minutes=15)
_REFUSAL = _means(Refused, "refuses this")


def from_answer(response: requests.Response, *, network: str, secret: str, visible: bool) -> PlatformError:
    """What an answer other than a plain success means; `visible` says whether the call could show anything."""
    if response.status_code != 429 and (upload := _upload_complaint(response)):
        return _of_upload(upload, network)
    found = complaint(response)
    if found is None:
        return _without_words(response, network, visible)
    meaning = _meaning(found, response.status_code)
    text = _sentence(network, meaning.advice, found, secret)
    if found.error_subcode == 1363037 and (offsets := _offsets(found)):
        return WrongOffset(text, start=offsets.start_offset, end=offsets.end_offset)
    if meaning.error is None:
        return OutcomeUnknown(text) if visible else Unreachable(text)
    if meaning.error is TooSoon:
        wait = _regain(response) or meaning.wait
        return TooSoon(text, retry_at=datetime.now(UTC) + wait, covers=meaning.covers)
    return meaning.error(text)


def from_silence(error: requests.RequestException, *, network: str, visible: bool) -> PlatformError:
    """What a lost connection means; some failures prove that nothing left our side."""
    if never_left(error):
        return Unreachable(f"{network} cannot be reached ({type(error).__name__})")
    return lost(network, visible, type(error).__name__)


def lost(network: str, visible: bool, why: str) -> PlatformError:
    """No usable answer to a call that may have been carried out."""
    if visible:
        return OutcomeUnknown(f"{network} gave no clear answer ({why}); look before sending again")
    return Unreachable(f"{network} gave no clear answer ({why}); nothing visible has happened")


def from_status(text: str, *, network: str) -> PlatformError:
    """An Instagram container's own words, which carry the subcode: `Error: … failed with error code 2207026`."""
    subcode = re.search(r"\b2207\d{3}\b", text)
    meaning = _BY_SUBCODE.get(int(subcode[0]), _AGAIN) if subcode else _AGAIN
    if meaning.error is None or meaning.error is TooSoon:
        meaning = _AGAIN
    assert meaning.error is not None
    return meaning.error(f"{network} {meaning.advice} ({text or 'no reason given'})")


def complaint(response: requests.Response) -> Complaint | None:
    """The error envelope in an answer, if there is one."""
    try:
        return Complaint.model_validate(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return None


def _meaning(found: Complaint, status: int) -> _Meaning:
    meaning = _BY_SUBCODE.get(found.error_subcode) or (_BY_CODE | _BY_SUBCODE).get(found.code)
    if meaning is None:
        return _AMBIGUOUS if found.is_transient or status >= 500 else _REFUSAL
    return meaning


def _sentence(network: str, advice: str, found: Complaint, secret: str) -> str:
    """Meta repeats a malformed token in its message, so the secret is taken out of it."""
    theirs = found.error_user_msg or found.message
    theirs = theirs.replace(secret, "…") if secret else theirs
    code = f"{found.code}/{found.error_subcode}" if found.error_subcode else str(found.code)
    return f"{network} {advice} (error {code}: {theirs})"


def _without_words(response: requests.Response, network: str, visible: bool) -> PlatformError:
    if response.status_code == 429:
        wait = _regain(response) or _retry_after(response) or _BUSY.wait
        return TooSoon(f"{network} {_BUSY.advice} (HTTP 429)", retry_at=datetime.now(UTC) + wait)
    return lost(network, visible, f"HTTP {response.status_code}")


def used_up(response: requests.Response) -> TooSoon | None:
    """The window that a good answer's usage headers say is empty (Graph API rate limiting, read 2026-08).

    Where Meta gives no time, as for the app's own window, which slides over an hour, a quarter of it is our choice.
    """
    now = datetime.now(UTC)
    if wait := _regain(response):
        return TooSoon(f"Meta takes no more calls for this account for {wait}", retry_at=now + wait)
    if _apps_usage(response).share >= 100:
        return TooSoon("Meta takes no more calls of our app", retry_at=now + _REST, covers=Covers.APP)
    if any(each.share >= 100 for each in _accounts_usage(response)):
        return TooSoon("Meta takes no more calls for this account", retry_at=now + _REST)
    return None


def used_share(response: requests.Response) -> float:
    """The largest share of any limit that the usage headers say is used, in percent; 0 where there are none."""
    return max(each.share for each in (_apps_usage(response), *_accounts_usage(response)))


def _apps_usage(response: requests.Response) -> _Usage:
    """The headers come only "once enough calls have been made"."""
    try:
        return _Usage.model_validate_json(response.headers.get("x-app-usage", "{}"))
    except ValidationError:
        return _Usage()


def _accounts_usage(response: requests.Response) -> list[_Usage]:
    """One for each kind of limit of each business that the call counted for."""
    try:
        told = _BUSINESS.validate_json(response.headers.get("x-business-use-case-usage", "{}"))
    except ValidationError:
        return []
    return [each for entries in told.values() for each in entries]


def _regain(response: requests.Response) -> timedelta | None:
    minutes = max((each.estimated_time_to_regain_access for each in _accounts_usage(response)), default=0)
    return timedelta(minutes=minutes) if minutes > 0 else None


def _retry_after(response: requests.Response) -> timedelta | None:
    """What an edge in front of Meta may say, in seconds."""
    seconds = response.headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None


def _offsets(found: Complaint) -> _Offsets | None:
    """Where a chunked upload stands; `error_data` may be an object or a JSON string."""
    try:
        if isinstance(found.error_data, str):
            return _Offsets.model_validate_json(found.error_data)
        return _Offsets.model_validate(found.error_data)
    except ValidationError:
        return None


def _upload_complaint(response: requests.Response) -> _UploadComplaint | None:
    try:
        return _UploadComplaint.model_validate(response.json()["debug_info"])
    except (ValueError, KeyError, TypeError):
        return None


def _of_upload(found: _UploadComplaint, network: str) -> PlatformError:
    text = f"{network}'s upload host answers {found.type}"
    if found.type == "NotAuthorizedError":
        return NotSignedIn(f"{text}: sign the account in again")
    if found.retriable or "Offset" in found.type:
        return Unreachable(f"{text}; nothing visible has happened")
    return MediaNotAccepted(f"{text}: {found.message}")
