"""The desk's doorkeeper: the right host, no orders from other sites, and strict headers on every answer."""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers then send `Origin: null` with our own forms (Fetch standard, read 2026-11).
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}

Refuse = Callable[[Request, int, str], Response]
"""Makes the page for a status and the key of a sentence."""


class Guard:
    """ASGI middleware. `hosts` are names beside the loopback ones; HEAD is answered as GET without a body."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], refuse: Refuse) -> None:
        self.app, self.hosts, self.refuse = app, LOOPBACK | {host.lower() for host in hosts}, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _sheltered(send, scope)
        headers = Headers(scope=scope)
        if _has_nul(scope):
            await self.refuse(Request(scope), 404, "errors.missing")(scope, receive, answer)
        elif _host(headers) not in self.hosts:
            await self.refuse(Request(scope), 400, "errors.host")(scope, receive, answer)
        elif scope["method"] not in _SAFE and not comes_from_here(headers):
            await self.refuse(Request(scope), 403, "errors.elsewhere")(scope, receive, answer)
        else:
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            await self.app(dict(scope, method=method), receive, answer)


def comes_from_here(headers: Headers) -> bool:
    """Whether a request that changes something was sent by one of our own pages.

    Fetch metadata first; browsers leave it out over plain HTTP to an address, then the origin must be ours.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    _, _, origin = headers.get("origin", "").partition("://")
    return bool(origin) and origin == headers.get("host")


def _has_nul(scope: Scope) -> bool:
    """PostgreSQL cannot hold the character, so nothing that we have is called so."""
    return "\0" in scope["path"] or b"%00" in scope["query_string"]


def _host(headers: Headers) -> str:
    """The name without its port: a page that has our address but another name was led here by its DNS."""
    host = headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _sheltered(send: Send, scope: Scope) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            shelter(MutableHeaders(scope=message), scope["scheme"])
        elif message["type"] == "http.response.body" and scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await send(message)

    return answer


def shelter(headers: MutableHeaders, scheme: str) -> None:
    """Add what the answer does not say itself; a file from the vault has a stricter policy of its own."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scheme == "https":
        headers.setdefault("strict-transport-security", "max-age=31536000")
