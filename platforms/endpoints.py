"""Where the networks live, and the wall that keeps a call from going anywhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from datetime import date
from ssl import SSLCertVerificationError
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError, SSLError

from platforms.contract import Charge
from platforms.errors import TooSoon

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

for _talkative in ("oauthlib", "requests_oauthlib", "tweepy", "urllib3", "googleapiclient", "google", "botocore"):
    # At DEBUG they write down keys, signatures and whole addresses (seen with oauthlib 3); no log of ours may.
    logging.getLogger(_talkative).setLevel(logging.INFO)

CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Base addresses without a trailing slash, version or path of an API call.

    The defaults are the real networks, read 2026-11: X developer docs, Graph API changelog (v26.0),
    YouTube discovery revision 20261104.
    """

    x: str = "https://api.x.com"
    graph: str = "https://graph.facebook.com"
    rupload: str = "https://rupload.facebook.com"
    youtube: str = "https://youtube.googleapis.com"
    youtube_analytics: str = "https://youtubeanalytics.googleapis.com"
    youtube_token: str = "https://oauth2.googleapis.com/token"
    website: str = ""
    x_consent: str = "https://x.com/i/oauth2/authorize"
    meta_consent: str = "https://www.facebook.com/v26.0/dialog/oauth"
    google_consent: str = "https://accounts.google.com/o/oauth2/v2/auth"
    """Pages that a person's browser opens to sign in; no call of ours goes there."""

    @classmethod
    def alone(cls, address: str) -> Endpoints:
        """For a call that may go to this one address and to no network."""
        return cls(**{item.name: "" for item in fields(cls)} | {"website": address})

    @property
    def origins(self) -> frozenset[str]:
        """Where calls may go."""
        called = (getattr(self, item.name) for item in fields(self) if not item.name.endswith("_consent"))
        return frozenset(origin(each) for each in called if each)

    @property
    def x_token(self) -> str:
        return f"{self.x}/2/oauth2/token"

    @property
    def on_loopback(self) -> bool:
        return all(urlsplit(each).hostname in LOOPBACK for each in self.origins)


def origin(url: str) -> str:
    """Scheme, host and port of a URL, as one string to compare."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP call about to leave. `path` is without host and query, which may hold what must not be written down."""

    method: str
    path: str
    signs_in: bool
    """It asks for a token, and changes nothing that anybody sees."""

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS") and not self.signs_in


class Gatekeeper(Protocol):
    """Stands at the one door through which every call of every network leaves."""

    def before(self, call: Call) -> None:
        """Let the call go by returning; what is raised here stops it, and reaches the caller as it is."""

    def after(self, call: Call, closing: TooSoon | None, charges: Sequence[Charge]) -> None:
        """An answer has come. `closing` is the window that its headers say is closed now, though it was no refusal."""

    def spent(self, bucket: str, on: date, *, whole_app: bool) -> int:
        """What was charged to this bucket on this day, by the account or by all accounts of our app."""

    def sent(self, so_far: int, of: int) -> None:
        """An upload has come so far, in bytes."""

    def settled(self) -> None:
        """Nothing that has left so far is in doubt: its ids are stored."""


_gatekeeper: ContextVar[Gatekeeper | None] = ContextVar("gatekeeper", default=None)


@contextmanager
def guarded_by(gatekeeper: Gatekeeper) -> Iterator[None]:
    """Every call that this thread makes within the block passes `gatekeeper`."""
    token = _gatekeeper.set(gatekeeper)
    try:
        yield
    finally:
        _gatekeeper.reset(token)


def report_upload(so_far: int, of: int) -> None:
    """Let whoever watches this thread's calls know how far an upload has come, in bytes."""
    if gatekeeper := _gatekeeper.get():
        gatekeeper.sent(so_far, of)


def spent(bucket: str, on: date, *, whole_app: bool = False) -> int:
    """What is known to have been charged to this bucket on this day; 0 where nobody keeps count."""
    gatekeeper = _gatekeeper.get()
    return gatekeeper.spent(bucket, on, whole_app=whole_app) if gatekeeper else 0


class StrayCall(RuntimeError):
    """Something tried to leave for an address that this account must not speak to."""


class WalledSession(requests.Session):
    """A requests session that speaks to the given endpoints and nowhere else.

    No proxies or netrc from the environment, no redirects, and a timeout on every call.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self._allowed = endpoints.origins
        self._signs_in_at = tuple(filter(None, (endpoints.youtube_token, endpoints.x_token)))

    def closing(self, call: Call, answer: requests.Response) -> TooSoon | None:
        """The window that the headers of this answer say is used up; each network that has such headers reads them."""
        return None

    def charges(self, call: Call, answer: requests.Response) -> Sequence[Charge]:
        """What this call cost us; each network that has quotas in units, or prices, knows its own."""
        return ()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if origin(request.url or "") not in self._allowed:
            raise StrayCall(f"a call to {origin(request.url or '')} was stopped: it is not this account's address")
        if options.get("timeout") is None:
            options["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        options["allow_redirects"] = False
        if (gatekeeper := _gatekeeper.get()) is None:
            return super().send(request, **options)
        call = self._call(request)
        gatekeeper.before(call)
        answer = super().send(request, **options)
        gatekeeper.after(call, self.closing(call, answer), self.charges(call, answer))
        return answer

    def _call(self, request: requests.PreparedRequest) -> Call:
        url = (request.url or "").partition("?")[0]
        signs_in = url.startswith(self._signs_in_at)
        return Call(method=request.method or "GET", path=urlsplit(url).path, signs_in=signs_in)


def never_left(failure: requests.RequestException) -> bool:
    """Whether this failure proves that no byte of the call reached the other side.

    True for a refused connection, an unknown host, a connect timeout and a certificate that was not accepted.
    """
    if isinstance(failure, requests.ConnectTimeout):
        return True
    reason = getattr(failure.args[0] if failure.args else None, "reason", None)
    if isinstance(reason, NewConnectionError):
        return True
    return isinstance(reason, SSLError) and isinstance(next(iter(reason.args), None), SSLCertVerificationError)
