"""Signing in on the stage: the networks' consent pages and token endpoints, with lives, rotation and revocation.

A person of the stage is whoever the form on the consent page says. What is issued here is opaque, lives by the
stage's clock, and is put in place of a plain stage secret before the networks see the call.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from platforms.rehearsal import account_of, youtube
from platforms.rehearsal.graph_call import GraphError
from platforms.rehearsal.stage import Document, Records, Stage

CODE_LIFE = timedelta(minutes=10)
X_LIFE, SHORT_LIFE, LONG_LIFE, DATA_LIFE = (
    timedelta(hours=2),
    timedelta(hours=1),
    timedelta(seconds=5_183_944),
    timedelta(days=90),
)
PAGE_SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "read_insights",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_insights",
)
"""What the plain token of a Page on the stage is allowed."""
_PAGE = """<!doctype html><title>The stage</title><h1>The stage's {network}</h1>
<p>{client} asks to speak for you: {scope}.</p>
<form method="post"><label>As whom <input name="account"></label>
<button name="answer" value="yes">Allow</button> <button name="answer" value="no">Refuse</button></form>"""

Message = MutableMapping[str, Any]
App = Callable[[Message, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Issued:
    """Codes and tokens that the stage has given out, and whether each is alive."""

    stage: Stage

    @property
    def records(self) -> Records:
        return self.stage.records

    def give(self, kind: str, account: str, life: timedelta | None, **more: Any) -> str:
        """A new token of this kind: `code`, `access`, `refresh`, `person` or `page`."""
        token = f"issued-{secrets.token_urlsafe(24)}"
        until = (self.stage.now() + life).isoformat() if life else None
        given = {"kind": kind, "account": account, "at": self.stage.now().isoformat(), "until": until, **more}
        self.records.put("issued", token, {"token": token, **given})
        return token

    def alive(self, token: str, kind: str) -> Document | None:
        found = self.records.get("issued", token)
        if found is None or found["kind"] != kind:
            return None
        until = found["until"]
        return found if until is None or datetime.fromisoformat(until) > self.stage.now() else None

    def spend(self, token: str, kind: str) -> Document | None:
        """Take a token that is good once."""
        with self.records.lock:
            found = self.alive(token, kind)
            if found:
                self.records.remove("issued", token)
            return found

    def end(self, account: str, *kinds: str) -> None:
        """End what was issued to this account: all of it, or these kinds."""
        with self.records.lock:
            for each in self.records.all("issued"):
                if account in each["account"].split(",") and (not kinds or each["kind"] in kinds):
                    self.records.remove("issued", each["token"])


def revoke(stage: Stage, account: str) -> None:
    """The person has taken the app's access away, or changed the password."""
    Issued(stage).end(account)


def putting_in_place(stage: Stage, app: App) -> App:
    """Calls that carry a living issued token reach `app` with the plain secret of its account."""
    issued = Issued(stage)

    async def serve(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["headers"] = [
                (name, _in_place(issued, value) if name == b"authorization" else value)
                for name, value in scope["headers"]
            ]
        await app(scope, receive, send)

    return serve


def _in_place(issued: Issued, value: bytes) -> bytes:
    word, _, token = value.decode("latin-1").partition(" ")
    found = issued.alive(token, "access") or issued.alive(token, "page")
    return f"{word} stage-{found['account']}".encode() if found else value


def consent_routes(stage: Stage) -> list[BaseRoute]:
    """`/x`, `/meta`, `/google`: a page that asks, and leads back with a code or with a refusal."""

    async def ask(request: Request) -> Response:
        asked = request.query_params
        network, client = request.path_params["network"], escape(asked.get("client_id", ""))
        page = _PAGE.format(network=network, client=client, scope=escape(asked.get("scope", "")))
        return HTMLResponse(page)

    async def answer(request: Request) -> Response:
        asked = dict(request.query_params) | await _form(request)
        back = {"state": asked["state"]} if "state" in asked else {}
        if asked.get("answer") == "no" or not asked.get("account"):
            return _led_back(asked, {"error": "access_denied", **back})
        withheld = asked.get("withheld", "").split()
        scopes = [each for each in asked["scope"].replace(",", " ").split() if each not in withheld]
        code = Issued(stage).give(
            "code",
            asked["account"],
            CODE_LIFE,
            scopes=scopes,
            client=asked["client_id"],
            redirect=asked["redirect_uri"],
            challenge=asked.get("code_challenge", ""),
            offline=asked.get("access_type") == "offline" or "offline.access" in scopes,
        )
        return _led_back(asked, {"code": code, **back})

    return [
        Route("/{network}", ask, methods=["GET"]),
        Route("/{network}", answer, methods=["POST"]),
    ]


def _led_back(asked: Document, query: dict[str, str]) -> Response:
    return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(query)}", 303)


class _Refused(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.answer = JSONResponse({"error": error, "error_description": description}, status)


def x_routes(stage: Stage) -> list[BaseRoute]:
    """X's OAuth 2.0 token endpoint: two hours, and a refresh token that is good once."""
    issued = Issued(stage)

    async def token(request: Request) -> Response:
        form = await _form(request)
        try:
            _client(form, request)
            given = _of_code(issued, form) if form.get("grant_type") == "authorization_code" else _renewed(issued, form)
        except _Refused as refusal:
            return refusal.answer
        return JSONResponse(_x_answer(issued, given))

    return [Route("/2/oauth2/token", token, methods=["POST"])]


def _x_answer(issued: Issued, given: Document) -> Document:
    account, scopes = given["account"], given["scopes"]
    answer: Document = {
        "token_type": "bearer",
        "expires_in": int(X_LIFE.total_seconds()),
        "access_token": issued.give("access", account, X_LIFE, scopes=scopes),
        "scope": " ".join(scopes),
    }
    if given["offline"]:
        more = {"scopes": scopes, "offline": True, "client": given["client"]}
        answer["refresh_token"] = issued.give("refresh", account, None, **more)
    return answer


def _renewed(issued: Issued, form: dict[str, str]) -> Document:
    """The old refresh token is dead with this call, and so is the access token that it came with."""
    if form.get("grant_type") != "refresh_token":
        raise _Refused("unsupported_grant_type", "Unsupported grant type")
    found = issued.spend(form.get("refresh_token", ""), "refresh")
    if found is None:
        raise _Refused("invalid_request", "Value passed for the token was invalid.")
    issued.end(found["account"], "access")
    return found


def google_routes(stage: Stage) -> list[BaseRoute]:
    """Google's token endpoint for codes and for what came of them; plain stage secrets go on to YouTube's own."""
    issued, plain = Issued(stage), youtube.token_routes(stage)[0]
    assert isinstance(plain, Route)

    async def token(request: Request) -> Response:
        form = await _form(request)
        if form.get("refresh_token", "").startswith("stage-"):
            answer: Response = await plain.endpoint(request)
            return answer
        try:
            _client(form, request)
            if form.get("grant_type") == "authorization_code":
                return JSONResponse(_google_answer(issued, _of_code(issued, form), first=True))
            return JSONResponse(_google_answer(issued, _still_granted(issued, form), first=False))
        except _Refused as refusal:
            return refusal.answer

    return [Route("/", token, methods=["POST"])]


def _still_granted(issued: Issued, form: dict[str, str]) -> Document:
    found = issued.alive(form.get("refresh_token", ""), "refresh")
    if found is None:
        raise _Refused("invalid_grant", "Token has been expired or revoked.")
    return found


def _google_answer(issued: Issued, given: Document, *, first: bool) -> Document:
    account, scopes, now = given["account"], given["scopes"], issued.stage.now()
    answer: Document = {
        "token_type": "Bearer",
        "expires_in": int(youtube.TOKEN_LIFE.total_seconds()),
        "access_token": youtube.access_token(account, now),
        "scope": " ".join(scopes),
    }
    if first and given["offline"]:
        answer["refresh_token"] = issued.give("refresh", account, None, scopes=scopes, client=given["client"])
    return answer


def graph_routes(stage: Stage) -> list[BaseRoute]:
    """Meta's exchange of codes and tokens, a person's Pages, and what a token is."""
    issued = Issued(stage)

    async def access_token(request: Request) -> Response:
        form = dict(request.query_params) | await _form(request)
        if (form.get("client_id"), form.get("client_secret")) != ("stage", "stage"):
            return _graph_error(101, "Error validating application. Invalid application ID.")
        exchanging = form.get("grant_type") == "fb_exchange_token"
        found = issued.alive(form.get("fb_exchange_token", ""), "person") if exchanging else None
        found = found or issued.spend(form.get("code", ""), "code")
        if found is None or (not exchanging and form.get("redirect_uri") != found["redirect"]):
            return _graph_error(100, "This authorization code has been used.", subcode=36009)
        life = LONG_LIFE if exchanging else SHORT_LIFE
        token = issued.give("person", found["account"], life, scopes=found["scopes"])
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": int(life.total_seconds())})

    async def accounts(request: Request) -> Response:
        token = request.headers.get("authorization", "").partition(" ")[2]
        person = issued.alive(token, "person")
        if person is None:
            return _graph_error(190, f"Malformed access token {token}", status=401)
        pages = [_page(issued, each, person["scopes"]) for each in person["account"].split(",")]
        return JSONResponse({"data": pages})

    async def debug_token(request: Request) -> Response:
        form = dict(request.query_params) | await _form(request)
        return JSONResponse({"data": _described(issued, form.get("input_token", ""))})

    return [
        Route("/{version}/oauth/access_token", access_token, methods=["GET", "POST"]),
        Route("/{version}/me/accounts", accounts, methods=["GET"]),
        Route("/{version}/debug_token", debug_token, methods=["GET", "POST"]),
    ]


def _page(issued: Issued, account: str, scopes: list[str]) -> Document:
    """A Page and the Instagram account behind it; its token has no date of expiry."""
    behind = {"id": f"ig-{account}", "username": account.replace("-", "_")}
    return {
        "id": f"page-{account}",
        "name": f"Page {account}",
        "tasks": ["CREATE_CONTENT", "MODERATE", "ANALYZE"],
        "instagram_business_account": behind,
        "access_token": issued.give("page", account, None, scopes=scopes),
    }


def _described(issued: Issued, token: str) -> Document:
    found = issued.alive(token, "page") or issued.alive(token, "person")
    if account := account_of(token):
        found = {"kind": "page", "account": account, "at": issued.stage.now().isoformat(), "until": None}
        found |= {"scopes": [*PAGE_SCOPES]}
    if found is None:
        return {"is_valid": False, "scopes": [], "error": {"code": 190, "message": "The session is invalid"}}
    given = datetime.fromisoformat(found["at"])
    until = int(datetime.fromisoformat(found["until"]).timestamp()) if found["until"] else 0
    return {
        "app_id": "stage",
        "type": "PAGE" if found["kind"] == "page" else "USER",
        "is_valid": True,
        "expires_at": until,
        "data_access_expires_at": int((given + DATA_LIFE).timestamp()),
        "scopes": found["scopes"],
        "profile_id": f"page-{found['account']}",
    }


def _graph_error(code: int, message: str, *, status: int = 400, subcode: int = 0) -> Response:
    return JSONResponse(GraphError(code, message, subcode=subcode).envelope(secrets.token_hex(6)), status)


def _client(form: dict[str, str], request: Request) -> None:
    """The app, by HTTP Basic or in the form; on the stage there is one, called `stage`."""
    word, _, given = request.headers.get("authorization", "").partition(" ")
    if word == "Basic":
        name, _, secret = base64.b64decode(given).decode().partition(":")
    else:
        name, secret = form.get("client_id", ""), form.get("client_secret", "stage")
    if (name, secret) != ("stage", "stage"):
        raise _Refused("invalid_client", "The app is not known.", 401)


def _of_code(issued: Issued, form: dict[str, str]) -> Document:
    """What was consented to; the code is spent, and only who holds its verifier gets anything for it."""
    found = issued.spend(form.get("code", ""), "code")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if found is None or found["redirect"] != form.get("redirect_uri") or found["challenge"] != challenge:
        raise _Refused("invalid_grant", "The code, its address or its verifier is wrong.")
    return found


async def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
