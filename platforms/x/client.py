"""tweepy's client, sent where we say, with a timeout, and with bodies that are not JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests
import tweepy

from platforms.contract import Charge
from platforms.endpoints import Call, Endpoints, WalledSession
from platforms.errors import TooSoon
from platforms.vouchers import vouchers
from platforms.x import prices
from platforms.x.faults import used_up
from platforms.x.signin import Bearer, sign_in

_FAILURES = {
    400: tweepy.BadRequest,
    401: tweepy.Unauthorized,
    403: tweepy.Forbidden,
    404: tweepy.NotFound,
    429: tweepy.TooManyRequests,
}

_OF_TWEEPY = {"consumer_key", "consumer_secret", "access_token", "access_token_secret"}


_EXPANDED = {"author_id": "author_id", "referenced_tweets": "referenced_posts"}


class _Session(WalledSession):
    def charges(self, call: Call, answer: requests.Response) -> Sequence[Charge]:
        return prices.charges(call, answer, datetime.now(UTC).date())

    def closing(self, call: Call, answer: requests.Response) -> TooSoon | None:
        return used_up(answer)


def _carrying(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    def carry(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return carry


class Client(tweepy.Client):  # type: ignore[misc]
    """`tweepy.Client` with another `request`: the original knows one host, no timeout and only JSON.

    It never sleeps through a rate limit, and it signs the address that is really called.
    """

    def __init__(self, credentials: Mapping[str, str], endpoints: Endpoints) -> None:
        """Raises NotSignedIn naming what `credentials` lack."""
        secrets = sign_in(credentials)
        super().__init__(**secrets.model_dump(include=_OF_TWEEPY), return_type=dict)
        self.session = _Session(endpoints)
        self._base = endpoints.x
        self._bearer = None if secrets.signs else Bearer(vouchers(credentials), endpoints)
        self._fields = "tweet.fields"

    def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = True,
        **body: Any,
    ) -> requests.Response:
        """Call as the account, whatever `user_auth` says; `body` is `data=` and `files=` as in requests.

        X's contract renamed `tweet.fields` to `post.fields` on 2026-08-07 and its prose did not (read 2026-08):
        a 400 is asked once more under the other name, which is kept if it works.
        """
        response = self._send(method, route, params, json, body)
        if response.status_code == 400 and params and "tweet.fields" in params:
            response = self._in_other_words(method, route, params, response)
        if 200 <= response.status_code < 300:
            return response
        raise _failure(response)

    def create_post(
        self, text: str, media_ids: Sequence[str], answering: str | None, *, made_with_ai: bool
    ) -> requests.Response:
        """A new post. tweepy's own `create_tweet` (4.17) has no `made_with_ai`, which X's contract does (2026-08)."""
        body: dict[str, Any] = {"text": text}
        if media_ids:
            body["media"] = {"media_ids": list(media_ids)}
        if answering:
            body["reply"] = {"in_reply_to_tweet_id": answering}
        if made_with_ai:
            body["made_with_ai"] = True
        return self.request("POST", "/2/tweets", json=body)

    def _in_other_words(
        self, method: str, route: str, params: Mapping[str, Any], refused: requests.Response
    ) -> requests.Response:
        before = self._fields
        self._fields = "post.fields" if before == "tweet.fields" else "tweet.fields"
        response = self._send(method, route, params, None, {})
        if response.status_code == 400:
            self._fields = before
            return refused
        return response

    def _send(
        self, method: str, route: str, params: Mapping[str, Any] | None, json: Any, body: Mapping[str, Any]
    ) -> requests.Response:
        asked = _in_new_words(params or {}) if self._fields == "post.fields" else dict(params or {})
        headers, url = {"User-Agent": self.user_agent}, self._base + route
        send = partial(self.session.request, method, url, params=asked, json=json, headers=headers, **body)
        if self._bearer is None:
            keys = (self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret)
            return send(auth=tweepy.OAuth1UserHandler(*keys).apply_auth())
        token = self._bearer.token()
        answer = send(auth=_carrying(token))
        # A stream cannot be sent again: whoever sent one asks who we are after a 401, and that call renews.
        if answer.status_code == 401 and not body and (other := self._bearer.another_than(token)):
            return send(auth=_carrying(other))
        return answer


def _in_new_words(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same question under the contract of 2026-08-07: an author and a post answered are expansions, not fields.

    Source: the parameters of X's own SDK, xdk 0.10.6, read 2026-11.
    """
    asked = dict(params)
    fields = str(asked.pop("tweet.fields", "")).split(",")
    expansions = [
        *filter(None, [asked.pop("expansions", "")]),
        *(_EXPANDED[each] for each in fields if each in _EXPANDED),
    ]
    named = {"post.fields": [each for each in fields if each and each not in _EXPANDED], "expansions": expansions}
    return asked | {name: ",".join(values) for name, values in named.items() if values}


def _failure(response: requests.Response) -> Exception:
    kind = tweepy.TwitterServerError if response.status_code >= 500 else tweepy.HTTPException
    failure: Exception = _FAILURES.get(response.status_code, kind)(response, response_json=_problem(response))
    return failure


def _problem(response: requests.Response) -> dict[str, Any]:
    """X's refusal in the only shape that tweepy's exceptions survive, the problem's type beside its detail."""
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        return {}
    if not isinstance(answer, dict):
        return {}
    kind = str(answer.get("type", "")).rpartition("/")[2]
    detail = " ".join(str(each) for each in (answer.get("detail", ""), kind) if each and each != "about:blank")
    errors = answer.get("errors")
    kept = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    return {"errors": kept, "detail": detail}
