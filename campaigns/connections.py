"""Who speaks for an account: the real network where there are credentials, else the rehearsal stage."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from campaigns import tokens
from campaigns.settings import Settings
from campaigns.shelves import public_shelf
from platforms import connect
from platforms.contract import Network, Platform
from platforms.errors import NotSignedIn, Unreachable
from platforms.rehearsal import credentials as stage_credentials
from platforms.rehearsal import endpoints as stage_endpoints
from platforms.shelf import LoopbackShelf, NoShelf, Shelf

_FETCHING = frozenset({Network.INSTAGRAM})
"""Networks that fetch pictures by themselves: no other suffers when the place for them is not set up."""


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """An account as a connection needs to know it."""

    account: str
    network: Network
    rehearsal: bool


@dataclass(frozen=True)
class _Line:
    platform: Platform
    credentials: Mapping[str, str] | None


class Connections:
    """Platforms by account, opened when first needed and kept for the next call.

    `stage` is the rehearsal stage's base address. A rehearsal never gets real credentials or a real address,
    and a real publication never the stage's.
    """

    def __init__(self, settings: Settings, stage: str | None) -> None:
        self._settings, self._stage = settings, stage
        self._idle: defaultdict[Speaker, list[_Line]] = defaultdict(list)
        self._shelves: dict[bool, Shelf] = {}
        self._lock = threading.Lock()

    @contextmanager
    def platform(self, speaker: Speaker) -> Iterator[Platform]:
        """A connection of the account that nobody else uses meanwhile. Raises NotSignedIn, Unreachable."""
        credentials = self._credentials(speaker)
        try:
            line = self._line(speaker, credentials)
            try:
                yield line.platform
            finally:
                with self._lock:
                    self._idle[speaker].append(line)
        except NotSignedIn as error:
            error.connected_at = tokens.connected_at(credentials)
            raise

    def _line(self, speaker: Speaker, credentials: Mapping[str, str] | None) -> _Line:
        with self._lock:
            line = self._idle[speaker].pop() if self._idle[speaker] else None
        if line is None or line.credentials is not credentials:  # a person has signed the account in anew
            return _Line(self._connect(speaker), credentials)
        return line

    @property
    def settings(self) -> Settings:
        return self._settings

    def signed_in(self, account: str) -> bool:
        """Whether this process has credentials for the account."""
        return self._settings.signed_in(account)

    def close(self) -> None:
        for shelf in self._shelves.values():
            if isinstance(shelf, LoopbackShelf):
                shelf.close()
        self._idle.clear()

    def _credentials(self, speaker: Speaker) -> Mapping[str, str] | None:
        """The account's own; None for the stage."""
        if speaker.rehearsal:
            return None
        if not self._settings.signed_in(speaker.account):
            raise NotSignedIn(f"{speaker.account} has no credentials: sawt account connect {speaker.account}")
        return self._settings.credentials[speaker.account]

    def _connect(self, speaker: Speaker) -> Platform:
        if (credentials := self._credentials(speaker)) is not None:
            shelf = self._shelf(rehearsal=False) if speaker.network in _FETCHING else NoShelf()
            return connect(speaker.network, credentials=credentials, endpoints=self._settings.endpoints, shelf=shelf)
        if self._stage is None:
            raise Unreachable("the rehearsal stage is not running; sawt run starts it")
        return connect(
            speaker.network,
            credentials=stage_credentials(speaker.network, speaker.account),
            endpoints=stage_endpoints(self._stage),
            shelf=self._shelf(rehearsal=True),
        )

    def _shelf(self, *, rehearsal: bool) -> Shelf:
        with self._lock:
            if rehearsal not in self._shelves:
                self._shelves[rehearsal] = self._build_shelf(rehearsal=rehearsal)
            return self._shelves[rehearsal]

    def _build_shelf(self, *, rehearsal: bool) -> Shelf:
        return LoopbackShelf(self._settings.home / "shelf") if rehearsal else public_shelf(self._settings)
