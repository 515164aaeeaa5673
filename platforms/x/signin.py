"""Who signs an X account in: four OAuth 1.0a secrets, or an OAuth 2.0 user token and what renews it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field

from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn
from platforms.signing_in import Granted, fetch, from_now
from platforms.vouchers import Vouchers

RENEW_BEFORE = timedelta(minutes=5)


def _secret(*names: str) -> str | None:
    field: str | None = Field(None, validation_alias=AliasChoices(*names), repr=False)
    return field


class SignIn(BaseModel):
    """The secrets of one account. OAuth 1.0a tokens do not expire; a user's bearer token lives two hours."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, str_strip_whitespace=True)

    consumer_key: str | None = _secret("consumer_key", "api_key")
    consumer_secret: str | None = _secret("consumer_secret", "api_secret")
    access_token: str | None = _secret("access_token")
    access_token_secret: str | None = _secret("access_token_secret")
    bearer_token: str | None = _secret("bearer_token")
    refresh_token: str | None = _secret("refresh_token")
    expires_at: AwareDatetime | None = None

    @property
    def missing(self) -> list[str]:
        signing = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        lacking = [name for name in signing if not getattr(self, name)]
        return [] if self.bearer_token and lacking else lacking

    @property
    def signs(self) -> bool:
        """Whether calls are signed (OAuth 1.0a) rather than carried by a bearer token."""
        return bool(self.access_token_secret and self.consumer_secret)

    def runs_out(self, now: datetime) -> bool:
        return bool(self.refresh_token and self.expires_at and self.expires_at - now < RENEW_BEFORE)


def sign_in(credentials: Mapping[str, str]) -> SignIn:
    """The secrets in `credentials`. Raises NotSignedIn naming what is missing."""
    secrets = SignIn.model_validate(dict(credentials))
    if secrets.missing:
        raise NotSignedIn(
            f"this X account lacks {', '.join(secrets.missing)}: give it the four keys of an app with "
            "read and write permission, or a user's bearer_token"
        )
    return secrets


class Bearer:
    """The token that carries an account's calls, renewed before it runs out, and once when X refuses it."""

    def __init__(self, vouchers: Vouchers, endpoints: Endpoints) -> None:
        self._vouchers, self._endpoints = vouchers, endpoints
        self._last_hope = ""

    def token(self) -> str:
        before = dict(self._vouchers)
        secrets = sign_in(before)
        if secrets.runs_out(datetime.now(UTC)):
            secrets = sign_in(self._vouchers.renew(before, self._exchange))
        return secrets.bearer_token or ""

    def another_than(self, refused: str) -> str | None:
        """A token in place of a refused one; None where there is none, and where this one came of a refusal too."""
        before = dict(self._vouchers)
        secrets = sign_in(before)
        if secrets.bearer_token == refused:
            if refused == self._last_hope or not secrets.refresh_token:
                return None
            secrets = sign_in(self._vouchers.renew(before, self._exchange))
        self._last_hope = secrets.bearer_token or ""
        return self._last_hope

    def _exchange(self, old: Mapping[str, str]) -> Mapping[str, str]:
        form = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
        return {**old, **kept(ask_x(form, old, self._endpoints))}


def ask_x(form: Mapping[str, str], app: Mapping[str, str], endpoints: Endpoints) -> Granted:
    """X's token endpoint: a confidential app shows its secret, a public one says its name (X docs, read 2026-08)."""
    client = (app["client_id"], app["client_secret"]) if app.get("client_secret") else None
    return fetch(endpoints.x_token, {**form, "client_id": app["client_id"]}, endpoints, who="X", client=client)


def kept(granted: Granted) -> dict[str, str]:
    """What is remembered of an answer. The refresh token is good once: each answer has the next one."""
    until = from_now(granted.expires_in)
    fresh = {
        "bearer_token": granted.access_token,
        "refresh_token": granted.refresh_token,
        "scope": granted.scope,
        "expires_at": until.isoformat() if until else "",
    }
    return {name: value for name, value in fresh.items() if value}
