"""The stage's own desk, from outside: what it has shown, what is on its way to it, and what is to go wrong there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import BaseModel, TypeAdapter

from platforms.contract import Network
from platforms.endpoints import LOOPBACK


class NoStage(Exception):
    """No stage answers there; the message says so in a sentence."""


class Shown(BaseModel):
    """One post that the audience sees, or saw. `media` by SHA-256, as the bytes arrived."""

    network: Network
    account: str
    remote_id: str
    title: str
    text: str
    media: tuple[str, ...]
    shown_at: datetime
    hidden_at: datetime | None


class UnderWay(BaseModel):
    """An upload that has begun and is not whole, in bytes."""

    network: Network
    account: str
    id: str
    size: int
    received: int | None


class Pending(BaseModel):
    """A fault still to happen, or in force; as `faults.Fault` has it."""

    name: str
    account: str
    method: str
    path: str
    times: int
    skip: int
    every: int
    lasting: float
    happened: int = 0


class Weather(BaseModel):
    """What the stage's clock says, how many seconds it was moved, and how long a call takes there, in seconds."""

    now: datetime
    ahead: float
    latency: float
    faults: tuple[Pending, ...]


@dataclass(frozen=True)
class Desk:
    """`base` is the stage's address on this machine."""

    base: str

    def __post_init__(self) -> None:
        if urlsplit(self.base).hostname not in LOOPBACK:
            raise ValueError(f"{self.base!r} is not on this machine, and a stage is on this machine alone")

    def shown(self) -> Sequence[Shown]:
        return TypeAdapter(list[Shown]).validate_python(self._ask("GET", "shown"))

    def under_way(self) -> Sequence[UnderWay]:
        return TypeAdapter(list[UnderWay]).validate_python(self._ask("GET", "under-way"))

    def weather(self) -> Weather:
        return Weather.model_validate(self._ask("GET", "weather"))

    def let_go_wrong(self, fault: Mapping[str, object]) -> None:
        """Fields as of `faults.Fault`. Raises ValueError where one is not sound."""
        self._ask("POST", "faults", fault)

    def let_all_go_well(self) -> None:
        self._ask("DELETE", "faults")

    def move_clock(self, seconds: float) -> None:
        self._ask("POST", "clock", {"seconds": seconds})

    def take_time(self, seconds: float) -> None:
        """Every call takes at least so long."""
        self._ask("POST", "latency", {"seconds": seconds})

    def _ask(self, method: str, what: str, said: Mapping[str, object] | None = None) -> Any:
        try:
            answer = requests.request(method, f"{self.base}/_stage/{what}", json=said, timeout=30)
        except requests.RequestException as failure:
            raise NoStage(f"no rehearsal stage answers at {self.base}") from failure
        if answer.status_code == 400:
            raise ValueError(answer.json()["error"])
        answer.raise_for_status()
        return answer.json()
