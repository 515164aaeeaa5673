"""The way in to the stage's X: who signed the call, may they pay, and may they call again already?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from platforms.rehearsal import account_of
from platforms.rehearsal.stage import Document, Records, Stage

WINDOW, DAY = timedelta(minutes=15), timedelta(hours=24)

# Calls per user in 15 minutes, by the name of the endpoint.
_PER_WINDOW = {
    "create": 100,
    "delete": 50,
    "lookup": 900,
    "posts": 5000,
    "timeline": 900,
    "me": 75,
    "upload": 1875,
    "status": 1000,
    "metadata": 500,
}
_CREATES_PER_DAY = 10_000

Answerer = Callable[[Request, str], Awaitable[Response]]


class Refusal(Exception):
    """An answer that ends the call."""

    def __init__(self, status: int, body: Document, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = JSONResponse(body, status, headers)


class Door:
    """Lets a call through to its endpoint with the account that signed it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.records = stage, stage.records
        self._signatures = SignatureOnlyEndpoint(StageKeys())

    def to(self, endpoint: str, answer: Answerer) -> Callable[[Request], Awaitable[Response]]:
        async def pass_through(request: Request) -> Response:
            headers: Mapping[str, str] = {}
            try:
                account = self._signed_in(request)
                headers = self._counted(account, endpoint)
                response = await answer(request, account)
            except Refusal as refusal:
                response = refusal.response
            response.headers.update(headers)
            return self._in_todays_words(response)

        return pass_through

    def _in_todays_words(self, response: Response) -> Response:
        """With the contract of 2026-08-07 the types of problems moved to another host."""
        if fields_parameter(self.records) == "post.fields":
            response.body = bytes(response.body).replace(b"//api.twitter.com/2/problems/", b"//api.x.com/2/problems/")
            response.headers["content-length"] = str(len(response.body))
        return response

    def _signed_in(self, request: Request) -> str:
        authorization = request.headers.get("authorization", "")
        if authorization.startswith("Bearer "):
            token = authorization.removeprefix("Bearer ")
            if token == "stage":
                detail = "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint."
                kind = "unsupported-authentication"
                raise Refusal(403, problem(403, "Unsupported Authentication", detail, kind))
            account = account_of(token)
        else:
            valid, signed = self._signatures.validate_request(
                str(request.url), request.method, None, dict(request.headers)
            )
            account = account_of(signed.resource_owner_key or "") if valid else None
        if account is None:
            raise Refusal(401, problem(401, "Unauthorized", "Unauthorized"))
        if (self.records.get("x.accounts", account) or {}).get("credits") == 0:
            detail = f"Your enrolled account [{user_id(account)}] does not have any credits to fulfill this request."
            raise Refusal(402, problem(402, "CreditsDepleted", detail, "credits"))
        return account

    def _counted(self, account: str, endpoint: str) -> Mapping[str, str]:
        windows = {"x-rate-limit": (_PER_WINDOW[endpoint], WINDOW)}
        if endpoint == "create":
            windows["x-app-limit-24hour"] = (_CREATES_PER_DAY, DAY)
        headers: dict[str, str] = {}
        closed = False
        with self.records.lock:
            for name, (limit, length) in windows.items():
                used, reset = self._use(f"{account}:{endpoint}:{name}", length)
                headers |= {
                    f"{name}-limit": str(limit),
                    f"{name}-remaining": str(max(limit - used, 0)),
                    f"{name}-reset": str(int(reset.timestamp())),
                }
                closed = closed or used > limit
        if closed:
            raise Refusal(429, problem(429, "Too Many Requests", "Too Many Requests"), headers)
        return headers

    def _use(self, key: str, length: timedelta) -> tuple[int, datetime]:
        now = self.stage.now()
        window = self.records.get("x.windows", key)
        if window is None or datetime.fromisoformat(window["reset"]) <= now:
            window = {"used": 0, "reset": (now + length).isoformat()}
        window = self.records.put("x.windows", key, {**window, "used": window["used"] + 1})
        return window["used"], datetime.fromisoformat(window["reset"])


class StageKeys(RequestValidator):  # type: ignore[misc]
    """The stage's own consumer and tokens; a nonce is good for one call."""

    enforce_ssl = False
    client_key_length = (1, 100)
    nonce_length = (8, 64)
    dummy_client = "nobody"

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[tuple[str, str]] = set()

    def validate_timestamp_and_nonce(self, client_key: str, timestamp: str, nonce: str, *_: Any, **__: Any) -> bool:
        fresh = (timestamp, nonce) not in self._seen
        self._seen.add((timestamp, nonce))
        return fresh

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == "stage"

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return "stage"

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return token


def user_id(account: str) -> str:
    """The account's number on the stage's X, above 2^53 as the real ones are."""
    return str(2**60 + int.from_bytes(hashlib.sha256(account.encode()).digest()[:6]))


def fields_parameter(records: Records) -> str:
    """The name that the dialect spoken today gives to the fields of a post."""
    return str((records.get("x.settings", "dialect") or {}).get("fields", "tweet.fields"))


def only(request: Request, known: set[str]) -> None:
    """Refuse query parameters outside `known`."""
    for name in sorted(set(request.query_params) - known):
        message = f"The query parameter [{name}] is not one of [{', '.join(sorted(known))}]"
        raise invalid(name, [request.query_params[name]], message)


async def json_object(request: Request) -> Document:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("body", [], "Request body must be a JSON object.")
    return body


def refuse_unknown(body: Document, known: set[str]) -> None:
    for name in body.keys() - known:
        raise invalid(
            name, [], f"$.{name}: is not defined in the schema and the schema does not allow additional properties"
        )


def invalid(name: str, values: Sequence[str], message: str) -> Refusal:
    errors = [{"parameters": {name: list(values)}, "message": message}]
    detail = "One or more parameters to your request was invalid."
    return Refusal(400, {**problem(400, "Invalid Request", detail, "invalid-request"), "errors": errors})


def problem(status: int, title: str, detail: str, kind: str = "") -> Document:
    address = f"https://api.twitter.com/2/problems/{kind}" if kind else "about:blank"
    return {"title": title, "detail": detail, "type": address, "status": status}
