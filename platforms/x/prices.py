"""What X asks for each call, in millionths of a US dollar.

Source: X, Pay-per-use pricing, read 2026-08-22. Calls that fail are free, and uploads are not on the list. The same
post read twice in a UTC day is billed once; it is counted twice here, as we would rather be told too much. Reads count
as those of our own posts, which X grants to the account that owns the app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import requests
from pydantic import BaseModel, ValidationError

from platforms.contract import Charge
from platforms.endpoints import Call
from platforms.x.weighing import has_link

BUCKET = "x microdollars"
POST, POST_WITH_LINK = 15_000, 200_000
METADATA = 5_000
_DELETION = 10_000  # the list has it twice, at $0.005 and $0.010
_OWN_POST_READ, _POST_READ, _USER_READ = 1_000, 5_000, 10_000


def of_post(text: str) -> int:
    """What creating a post with these words costs."""
    return POST_WITH_LINK if has_link(text) else POST


def charges(call: Call, answer: requests.Response, on: date) -> Sequence[Charge]:
    """What X bills for this answer on a UTC day."""
    amount = _price(call, answer) if 200 <= answer.status_code < 300 else 0
    return (Charge(bucket=BUCKET, amount=amount, on=on),) if amount else ()


def _price(call: Call, answer: requests.Response) -> int:
    match call.method, call.path.partition("/2/")[2].split("/"):
        case "POST", ["tweets"]:
            return of_post(_Sent.of(answer).text)
        case "POST", ["media", "metadata"]:
            return METADATA
        case "DELETE", ["tweets", _]:
            return _DELETION
        case "GET", ["tweets"]:
            return _POST_READ * _Read.of(answer).number
        case "GET", ["users", "me"]:
            return _USER_READ
        case "GET", ["users", _, "tweets"]:
            return _OWN_POST_READ * _Read.of(answer).number
    return 0


class _Sent(BaseModel):
    text: str = ""

    @classmethod
    def of(cls, answer: requests.Response) -> _Sent:
        return cls.model_validate_json(answer.request.body or "{}")


class _Read(BaseModel):
    data: Sequence[Mapping[str, object]] = ()

    @property
    def number(self) -> int:
        return len(self.data)

    @classmethod
    def of(cls, answer: requests.Response) -> _Read:
        try:
            return cls.model_validate_json(answer.content)
        except ValidationError:
            return cls()
