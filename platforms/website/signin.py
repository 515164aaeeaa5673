"""Who signs in to the website: a WordPress user with an application password."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from platforms.endpoints import LOOPBACK
from platforms.errors import NotSignedIn


class SignIn(BaseModel):
    """`site_url` has no trailing slash and no path of the API."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, str_strip_whitespace=True)

    site_url: str = ""
    username: str = ""
    application_password: str = Field("", repr=False)


def sign_in(credentials: Mapping[str, str], address: str) -> SignIn:
    """The account in `credentials`, at `address` if that is set. Raises NotSignedIn naming what is missing."""
    given = SignIn.model_validate(dict(credentials))
    account = given.model_copy(update={"site_url": (address or given.site_url).rstrip("/")})
    missing = [name for name in SignIn.model_fields if not getattr(account, name)]
    if missing:
        raise NotSignedIn(
            f"the website lacks {', '.join(missing)}: give it the site's address, a WordPress user name and an "
            "application password from that user's profile page"
        )
    parts = urlsplit(account.site_url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise NotSignedIn("the website's site_url must begin with https://, or the password would travel openly")
    return account
