"""Who signs a YouTube channel in, and the one way by which its calls travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from platforms.endpoints import Endpoints, never_left
from platforms.errors import NotSignedIn, Unreachable
from platforms.youtube.faults import AnswerLost, Unsent
from platforms.youtube.quota import QuotaSession

_NEEDED = ("client_id", "client_secret", "refresh_token")


def sign_in(credentials: Mapping[str, str], endpoints: Endpoints) -> Transport:
    """A transport for the account of these credentials. Raises NotSignedIn naming what is missing."""
    from google.oauth2.credentials import Credentials

    if missing := [name for name in _NEEDED if not credentials.get(name)]:
        raise NotSignedIn(f"this YouTube account lacks {', '.join(missing)}: sign it in with its Google account once")
    token = Credentials(  # type: ignore[no-untyped-call]
        credentials.get("access_token") or None,
        token_uri=endpoints.youtube_token,
        **{name: credentials[name] for name in _NEEDED},
    )
    return Transport(QuotaSession(endpoints), token)


class Transport:
    """The `http` that Google's client speaks through: one walled session, no retries, no redirects.

    In place of httplib2, which sends a POST again by itself when its answer is lost (measured 2026-11).
    One thread at a time.
    """

    def __init__(self, session: requests.Session, token: Any) -> None:
        self._session, self._token = session, token

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[Response, bytes]:
        """One call, and after a 401 once more with a new token (a 401 proves that nothing was done).

        `body` may be a stream; it is one chunk long. Raises Unsent, AnswerLost, NotSignedIn, Unreachable.
        """
        content = body.read() if hasattr(body, "read") else body
        if not self._token.valid:
            self._refresh()
        answer = self._authorised(uri, method, content, headers or {})
        if answer.status_code == 401:
            self._refresh()
            answer = self._authorised(uri, method, content, headers or {})
        return Response(answer), answer.content

    def close(self) -> None:
        self._session.close()

    def _authorised(self, uri: str, method: str, content: Any, headers: Mapping[str, str]) -> requests.Response:
        carried = dict(headers)  # the client keeps its own: a token must not stay in them
        self._token.apply(carried)
        return self._send(method, uri, content, carried)

    def _send(self, method: str, uri: str, content: Any, headers: Mapping[str, str]) -> requests.Response:
        try:
            return self._session.request(method, uri, data=content, headers=headers)
        except requests.RequestException as failure:
            # Its text has the session's address, which is a secret: hence the kind alone, and no cause.
            kind = type(failure).__name__
            raise (Unsent(kind) if never_left(failure) else AnswerLost(kind)) from None

    def _refresh(self) -> None:
        """A new access token. No publishing call has left when this fails, so it is never an unknown outcome."""
        from google.auth.exceptions import GoogleAuthError

        try:
            self._token.refresh(self._ask_for_token)
        except GoogleAuthError as refusal:
            raise _not_refreshed(refusal) from None
        except (Unsent, AnswerLost, TypeError, ValueError):
            raise Unreachable("Google's sign-in gave no clear answer; nothing was sent to YouTube") from None

    def _ask_for_token(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> TokenAnswer:
        answer = self._send(method, url, body, headers or {})
        return TokenAnswer(status=answer.status_code, headers=answer.headers, data=answer.content)


class Response(dict[str, str]):
    """Headers by lower-case name, with the status: what Google's client reads of an httplib2 response."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__({name.lower(): value for name, value in answer.headers.items()})
        self.status, self.reason = answer.status_code, answer.reason


@dataclass(frozen=True, kw_only=True)
class TokenAnswer:
    status: int
    headers: Mapping[str, str]
    data: bytes


def _not_refreshed(refusal: Exception) -> NotSignedIn | Unreachable:
    """A refusal names an OAuth error such as `invalid_grant`; anything else is Google's bad day."""
    said = refusal.args[1] if len(refusal.args) > 1 else None
    if isinstance(said, Mapping) and "error" in said and not getattr(refusal, "retryable", False):
        return NotSignedIn(
            f"Google no longer takes this channel's sign-in ({said['error']}): sign it in again with its account"
        )
    return Unreachable("Google's sign-in gave no clear answer; nothing was sent to YouTube")
