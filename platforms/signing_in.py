"""Signing an account in: by consent on the network's own page, or with what a person pastes; and who answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal
from urllib.parse import urlencode

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platforms.contract import Network
from platforms.endpoints import Endpoints, WalledSession
from platforms.errors import NotOffered, NotSignedIn, Unreachable


class Lapsed(NotSignedIn):
    """The network says in so many words that this sign-in is over: only a person can begin another."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way in. `fields` are what a person pastes; those in `open` are no secrets."""

    name: Literal["consent", "keys", "token", "password"]
    fields: tuple[str, ...] = ()
    open: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A question to a person on the network's own page, asked once. `verifier` proves that the asker was us."""

    address: str = field(repr=False)
    redirect: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    def asked_under(self, state: str) -> bool:
        return hmac.compare_digest(state.encode(), self.state.encode())

    def code(self, answer: Mapping[str, str]) -> str:
        """The code in the query with which the browser came back. Raises NotSignedIn."""
        if not self.asked_under(answer.get("state", "")):
            raise NotSignedIn("this answer belongs to another question: begin the sign-in again")
        if not answer.get("code"):
            raise NotSignedIn("it was not allowed on the network's page: nothing was stored")
        return answer["code"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Who we are on the network, and how long. `lacks` are sentences: a right that is missing, what will not work.

    `expires_at` is when a person must sign in again at the latest; None where no such day is known.
    """

    remote_id: str
    name: str
    scopes: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody as whom the account could speak, and what would sign it in."""

    standing: Standing
    credentials: Mapping[str, str] = field(repr=False)


class Entrance(ABC):
    """How accounts of one network are signed in. Raises NotSignedIn, Refused, TooSoon and Unreachable.

    `app` is whose app asks (`x`, `meta`, `google`), `app_fields` what must be known of it for a
    consent, `app_options` what may be.
    """

    network: ClassVar[Network]
    ways: ClassVar[tuple[Way, ...]]
    app: ClassVar[str] = ""
    app_fields: ClassVar[tuple[str, ...]] = ()
    app_options: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[Mapping[str, str]] = {}
    """By scope: what will not work without it."""

    def way(self, name: str) -> Way:
        found = next((each for each in self.ways if each.name == name), None)
        if found is None:
            offered = " or ".join(each.name for each in self.ways)
            raise NotOffered(f"{self.network.label} cannot be signed in by {name}: choose {offered}")
        return found

    def consent(self, app: Mapping[str, str], endpoints: Endpoints, redirect: str) -> Consent:
        """What to ask, and where; the answer comes to `redirect`."""
        raise NotOffered(f"{self.network.label} has no page for consent")

    def granted(self, app: Mapping[str, str], endpoints: Endpoints, consent: Consent, code: str) -> Sequence[Candidate]:
        """Everybody as whom the consent lets us speak; the code is good once."""
        raise NotOffered(f"{self.network.label} has no page for consent")

    @abstractmethod
    def pasted(self, given: Mapping[str, str], app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        """Everybody as whom what a person pasted lets us speak."""

    @abstractmethod
    def look(self, credentials: Mapping[str, str], endpoints: Endpoints) -> Standing:
        """Ask who we are and how long, cheaply."""

    def lacking(self, scopes: Collection[str]) -> tuple[str, ...]:
        return tuple(f"without {scope} {loss}" for scope, loss in self.needs.items() if scope not in scopes)

    def must_know(self, given: Mapping[str, str], names: Sequence[str], whose: str) -> None:
        if missing := [name for name in names if not given.get(name)]:
            raise NotSignedIn(f"{whose} lacks {', '.join(missing)}")


def ask(page: str, redirect: str, query: Mapping[str, str], *, proves: bool = True) -> Consent:
    """A consent page's address with a state and, where the network `proves` by it, a challenge (RFC 7636)."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"response_type": "code", "redirect_uri": redirect, "state": state, **query}
    if proves:
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return Consent(address=f"{page}?{urlencode(asked)}", redirect=redirect, state=state, verifier=verifier)


class Granted(BaseModel):
    """A token endpoint's answer (RFC 6749). Google says how long the refresh token of an app in testing lives."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_token: str = Field(min_length=1, repr=False)
    refresh_token: str = Field("", repr=False)
    expires_in: int | None = None
    refresh_token_expires_in: int | None = None
    scope: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())


class _Refusal(BaseModel):
    error: str = Field("", max_length=60)
    error_description: str = ""

    @property
    def ends_it(self) -> bool:
        """X says `invalid_request` of a token that is over, where the standard has `invalid_grant`."""
        return self.error == "invalid_grant" or (
            self.error == "invalid_request" and "token was invalid" in self.error_description
        )


def fetch(
    url: str, form: Mapping[str, str], endpoints: Endpoints, *, who: str, client: tuple[str, str] | None = None
) -> Granted:
    """Ask a token endpoint, secrets in the body. Raises Lapsed, NotSignedIn, and Unreachable for an unclear answer."""
    session = WalledSession(endpoints)
    try:
        answer = session.post(url, data=dict(form), auth=client)
    except requests.RequestException as failure:
        raise Unreachable(f"{who}'s sign-in gave no answer ({type(failure).__name__})") from None
    finally:
        session.close()
    try:
        if answer.status_code < 300:
            return Granted.model_validate_json(answer.content)
        said = _Refusal.model_validate_json(answer.content)
    except ValidationError:
        said = _Refusal(error="")
    raise _refused(who, answer.status_code, said)


def _refused(who: str, status: int, said: _Refusal) -> NotSignedIn | Unreachable:
    if not 400 <= status < 500 or status in (408, 429) or not said.error:
        return Unreachable(f"{who}'s sign-in gave no clear answer (HTTP {status})")
    if said.ends_it:
        return Lapsed(f"{who} no longer takes this sign-in ({said.error}): a person must sign in again")
    return NotSignedIn(f"{who} does not take our app ({said.error}): look at its id, its secret and its addresses")


def from_now(seconds: int | None) -> datetime | None:
    return datetime.now(UTC) + timedelta(seconds=seconds) if seconds else None
