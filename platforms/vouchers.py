"""The credentials of one account as they are at this moment, and how they are renewed when they run out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from platforms.errors import NotSignedIn

Exchange: TypeAlias = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Gives new credentials for old ones: the one call to the network."""


class Vouchers(Mapping[str, str]):
    """Read like any mapping; each reading may find what somebody else has renewed meanwhile."""

    @abstractmethod
    def renew(self, stale: Mapping[str, str], exchange: Exchange) -> Mapping[str, str]:
        """New credentials in place of `stale` ones, kept before anybody uses them.

        Who comes second gets what the first was given, without another call. Raises what `exchange` raises.
        """


class Held(Vouchers):
    """Credentials out of a file: they are as they are."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._held = dict(credentials)

    def renew(self, stale: Mapping[str, str], exchange: Exchange) -> Mapping[str, str]:
        raise NotSignedIn("this token has run out, and a file cannot keep a new one: sawt account connect does")

    def __getitem__(self, name: str) -> str:
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def vouchers(credentials: Mapping[str, str]) -> Vouchers:
    return credentials if isinstance(credentials, Vouchers) else Held(credentials)
