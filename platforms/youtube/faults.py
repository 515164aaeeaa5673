"""What Google's client, the transport and YouTube's refusals mean, in the words of `platforms.errors`.

Reasons and statuses: YouTube Data API, errors, and the quota page, read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from googleapiclient.errors import HttpError

from platforms.endpoints import StrayCall
from platforms.errors import Covers, NotSignedIn, OutcomeUnknown, PlatformError, Refused, TooSoon, Unreachable
from platforms.youtube.quota import next_pacific_midnight

_NEEDS_A_PERSON = {
    "authError",
    "authorizationRequired",
    "channelClosed",
    "channelSuspended",
    "forbidden",
    "insufficientPermissions",
    "youtubeSignupRequired",
}
_DAY_IS_OVER = {"quotaExceeded", "dailyLimitExceeded"}
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded"}
_ADVICE = {
    "forbiddenLicenseSetting": "this channel may not choose that licence",
    "forbiddenPrivacySetting": "this channel may not choose that privacy",
    "invalidCategoryId": "it does not take the category here",
    "invalidDescription": "it does not take the description: shorten it and take out < and >",
    "invalidTags": "it does not take the tags: use fewer hashtags",
    "invalidTitle": "it does not take the title: use 1 to 100 characters without < and >",
    "invalidVideoMetadata": "it does not take the title, description or language code",
    "mediaBodyRequired": "the film is empty",
    "videoNotFound": "the film is not on this channel",
}


class Unsent(Exception):
    """Not a byte of the call left us."""


class AnswerLost(Exception):
    """The call may have arrived; its answer did not."""


@contextmanager
def translated(*, visible: bool = False, withheld: str = "") -> Iterator[None]:
    """Turn what goes wrong inside into platform errors; `visible` for the one call that an audience sees.

    `withheld` is what to say of a right that this call needs and others do not: the account goes on without it.
    """
    try:
        yield
    except HttpError as refusal:
        problem = _refused(refusal, visible)
        if withheld and refusal.status_code == 403 and isinstance(problem, NotSignedIn):
            problem = Refused(withheld)
        raise problem from refusal
    except (Unsent, StrayCall) as failure:
        raise Unreachable(f"YouTube could not be reached; nothing was sent ({failure})") from failure
    except (AnswerLost, ValueError) as failure:  # ValueError: an answer that is no UTF-8, no JSON, or no video
        raise _lost(visible) from failure


def _lost(visible: bool) -> PlatformError:
    if visible:
        return OutcomeUnknown("YouTube gave no clear answer; the change may have been made")
    return Unreachable("YouTube gave no clear answer; nothing that anybody can see has happened")


def _refused(refusal: HttpError, visible: bool) -> PlatformError:
    status = refusal.status_code
    reason, message = _said(refusal)
    if status >= 500 or status < 400 or status in (408, 409):
        return _lost(visible)
    if status == 429 or reason in _DAY_IS_OVER | _TOO_FAST | {"uploadLimitExceeded"}:
        return _too_soon(reason, message, datetime.now(UTC))
    if status == 401 or reason in _NEEDS_A_PERSON:
        return NotSignedIn(
            f"YouTube does not let this account do that ({reason or status}): "
            "sign in again with the channel's own account and allow uploading and managing"
        )
    return Refused(f"YouTube refused this: {_ADVICE.get(reason, message)} ({reason or status})")


def _too_soon(reason: str, message: str, now: datetime) -> TooSoon:
    """The uploads of a day have their own bucket, answered with 429 and "per day"; a plain 429 is about speed."""
    midnight = next_pacific_midnight(now)
    if reason == "uploadLimitExceeded":
        why = "this channel has uploaded all it may for 24 hours"
        return TooSoon(why, retry_at=now + timedelta(hours=24), covers=Covers.UPLOADS)
    if "video uploads" in message.lower():
        why = "YouTube takes no more uploads of our app today"
        return TooSoon(why, retry_at=midnight, covers=Covers.APPS_UPLOADS)
    if reason in _DAY_IS_OVER or "per day" in message.lower():
        return TooSoon("YouTube's quota for this day is used up", retry_at=midnight, covers=Covers.APP)
    return TooSoon("YouTube asks for fewer calls a minute", retry_at=now + timedelta(minutes=1))


def _said(refusal: HttpError) -> tuple[str, str]:
    """Reason and message. Read from the body: Google's client shows `details` instead when both are there."""
    try:
        error = json.loads(refusal.content)["error"]
        message = re.sub(r"<[^>]*>", "", str(error.get("message", "")))[:300]
        return str(error["errors"][0]["reason"]), message
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "", f"HTTP {refusal.status_code}"
