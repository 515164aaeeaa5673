"""What can go wrong between us and a network, named by what it means for the publication.

    PlatformError
    ├── Refused            the network will never take this as it is
    │   ├── TooLong
    │   ├── MediaNotAccepted
    │   └── NotOffered     the network has no such form of post
    ├── NotSignedIn        a person must sign in again; the account pauses
    ├── TooSoon            a rate or quota window; not one call before `retry_at`
    ├── Unreachable        nothing left our side, or nothing that anybody can see
    └── OutcomeUnknown     it may be out there: look before any retry

SDK exceptions are translated once per network, in its `faults.py`, with `from`.
No message carries a token, a header or a URL with a query.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class PlatformError(Exception):
    """Something went wrong with a network; the class says what follows from it."""


class Refused(PlatformError):
    """The network will never take this as it is; the editor is told what to change."""


class TooLong(Refused):
    """A wording that does not fit; `length` and `limit` are in the network's own counting unit."""

    def __init__(self, *, limit: int, length: int, network: str, what: str = "text", unit: str = "characters") -> None:
        self.limit, self.length, self.network, self.what, self.unit = limit, length, network, what, unit
        super().__init__(
            f"the {what} has {length:,} {unit}; {network} takes {limit:,}. Shorten it by {length - limit:,}."
        )


class MediaNotAccepted(Refused):
    """A picture or video outside what the network takes; the message says what to change."""


class NotOffered(Refused):
    """The network has no such form of post (YouTube takes no text, Instagram no post without media)."""


class NotSignedIn(PlatformError):
    """The token is dead or lacks a right; a person must sign the account in again.

    `connected_at` is when the sign-in was stored that the call was made under; None for one that was not stored.
    """

    connected_at: datetime | None = None


class Covers(StrEnum):
    """Which calls a window closes: this one alone; the uploads, or all calls, of an account or of our app."""

    CALL = "call"
    UPLOADS = "uploads"
    ACCOUNT = "account"
    APPS_UPLOADS = "app's uploads"
    APP = "app"

    @property
    def whole_app(self) -> bool:
        return self in (Covers.APP, Covers.APPS_UPLOADS)

    @property
    def uploads_alone(self) -> bool:
        return self in (Covers.UPLOADS, Covers.APPS_UPLOADS)


class TooSoon(PlatformError):
    """A rate or quota window is closed until `retry_at` (aware UTC), for what it `covers`."""

    def __init__(self, message: str, *, retry_at: datetime, covers: Covers = Covers.ACCOUNT) -> None:
        self.retry_at, self.covers = retry_at, covers
        super().__init__(message)


class Unreachable(PlatformError):
    """The network could not be reached, and nothing visible can have happened."""


class OutcomeUnknown(PlatformError):
    """The network may have done it although no clear answer came back."""
