"""Who signs an X account in: four OAuth 1.0a secrets, or one OAuth 2.0 user token."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from platforms.errors import NotSignedIn


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

    @property
    def missing(self) -> list[str]:
        signing = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        lacking = [name for name in signing if not getattr(self, name)]
        return [] if self.bearer_token and lacking else lacking

    @property
    def signs(self) -> bool:
        """Whether calls are signed (OAuth 1.0a) rather than carried by a bearer token."""
        return bool(self.access_token_secret and self.consumer_secret)


def sign_in(credentials: Mapping[str, str]) -> SignIn:
    """The secrets in `credentials`. Raises NotSignedIn naming what is missing."""
    secrets = SignIn.model_validate(dict(credentials))
    if secrets.missing:
        raise NotSignedIn(
            f"this X account lacks {', '.join(secrets.missing)}: give it the four keys of an app with "
            "read and write permission, or a user's bearer_token"
        )
    return secrets
