"""The seams of publishing: each call that leaves and each commit, noted by name, and one of them fatal on demand.

Nothing here is a list of what publishing does: the names are read off the calls and the rows as they go by.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from campaigns.models import Delivery, Publication
from campaigns.store import Store
from platforms.endpoints import WalledSession


class Moment(StrEnum):
    BEFORE = "before"
    MIDWAY = "midway"
    """Half of the body has left, and the rest never does."""
    AFTER = "after"


_WRITING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Point:
    """Where a worker may be killed: at the `time`-th coming of this name in this step."""

    step: str
    what: str
    moment: Moment
    time: int = 1

    @property
    def is_call(self) -> bool:
        return self.what.partition(" ")[0] in ("GET", "HEAD", *_WRITING)

    @property
    def is_write(self) -> bool:
        """Whether it is a call that changes something out there; signing in does not."""
        method, _, path = self.what.partition(" ")
        return method in _WRITING and path != "youtube-token/"

    @property
    def is_before_a_change(self) -> bool:
        """Whether the world is another one at the next point."""
        return self.moment is not Moment.AFTER and (self.is_write or not self.is_call)

    def as_json(self) -> list[Any]:
        return [self.step, self.what, self.moment, self.time]

    @classmethod
    def from_json(cls, told: list[Any]) -> Point:
        step, what, moment, time = told
        return cls(step=step, what=what, moment=Moment(moment), time=time)

    def __str__(self) -> str:
        again = f" ({self.time})" if self.time > 1 else ""
        return f"{self.step}: {self.moment} {self.what}{again}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a commit may have changed of a publication."""

    state: Delivery
    checkpoint: dict[str, Any]
    owner: str | None
    fence: int
    lease_until: Any
    not_before: Any
    why: str


BEGUN = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The moment at which every case begins. Its clocks stand still unless they are moved."""
LEVER = "lever"
CORRECTION = "And these words were corrected."
RECOVER, PERSON = "recover", "person"
_SAID = (RECOVER, PERSON)
"""Steps that the worker's commits do not tell."""
STRAYED = 86
"""The exit status of a process in which a connection was opened past the one door."""


class Seams:
    """Watches one publication's way through this process. `lose` is called once, just before its first visible call."""

    def __init__(
        self, *, watched: str, other: str, fatal: Point | None, lose: Callable[[str, str], None] | None
    ) -> None:
        self.points: list[Point] = []
        self.step = ""
        self._watched, self._other, self._fatal, self._lose = watched, other, fatal, lose
        self._rows: dict[str, Row] = {}
        self._seen: Counter[tuple[str, str, Moment]] = Counter()
        self._wrote = self._over = self._inside = False
        self._sends: int | None = None
        self._call = ""
        self._thread = threading.get_ident()

    # -- what is noted -------------------------------------------------------------------------------

    def reached(self, moment: Moment, what: str) -> None:
        if self._over:
            return
        name = (self.step, what, moment)
        self._seen[name] += 1
        point = Point(step=self.step, what=what, moment=moment, time=self._seen[name])
        self.points.append(point)
        if point == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def step_called(self, name: str) -> Iterator[None]:
        before, self.step = self.step, name
        yield
        self.step = before

    @contextmanager
    def outside(self) -> Iterator[None]:
        """What the proof itself says to the stage."""
        before, self._inside = self._inside, True
        yield
        self._inside = before

    # -- commits -------------------------------------------------------------------------------------

    def look_at(self, store: Store) -> None:
        with store.reading() as session:
            self._rows = self._read(session)

    def committing(self, session: Session) -> str | None:
        """The name of what this transaction is about to commit; None when it changes nothing."""
        session.flush()
        wrote, self._wrote = self._wrote, False
        if not wrote:
            return None
        before, self._rows = self._rows, self._read(session)
        was, now = before[self._watched], self._rows[self._watched]
        if self._rows[self._other] != before[self._other]:
            self._over = True
        if self.step not in _SAID:
            self.step = _step(was, now) or self.step
        return _what_changed(was, now)

    def _read(self, session: Session) -> dict[str, Row]:
        columns = (getattr(Publication, name) for name in Row.__dataclass_fields__)
        asked = select(Publication.key, *columns).where(Publication.key.in_((self._watched, self._other)))
        return {
            key: Row(**dict(zip(Row.__dataclass_fields__, values, strict=True)))
            for key, *values in session.connection().execute(asked)
        }

    # -- hooks ---------------------------------------------------------------------------------------

    def watch(self) -> None:
        """From now on, for the rest of this process's life."""
        self._watch_commits()
        self._watch_calls()
        sys.addaudithook(self._guard)

    def _is_ours(self) -> bool:
        """Whether this is the thread that works; signs of life and shelves have threads of their own."""
        return threading.get_ident() == self._thread

    def _watch_commits(self) -> None:
        seams, real = self, Store.writing

        @contextmanager
        def writing(store: Store, *, durable: bool = False) -> Iterator[Session]:
            if not seams._is_ours():
                with real(store) as session:
                    yield session
                return
            with real(store) as session:  # a kill takes nothing from the disk's own cache: no need to wait for it
                yield session
                if name := seams.committing(session):
                    seams.reached(Moment.BEFORE, name)
            if name:
                seams.reached(Moment.AFTER, name)

        def executed(_: Any, cursor: Any, statement: str, *__: Any) -> None:
            if statement.split(maxsplit=1)[0].upper() in ("INSERT", "UPDATE", "DELETE") and cursor.rowcount:
                seams._wrote = True

        Store.writing = writing  # type: ignore[assignment, method-assign]
        event.listen(Engine, "after_cursor_execute", executed)

    def _watch_calls(self) -> None:
        seams, real, real_bytes = self, requests.Session.send, http.client.HTTPConnection.send

        def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            if not isinstance(session, WalledSession):
                return real(session, request, **options)
            path = urlsplit(request.url or "").path
            name = f"{request.method} {plain(path)}"
            seams.reached(Moment.BEFORE, name)
            if seams._lose and seams.step == "reveal" and request.method not in ("GET", "HEAD"):
                lose, seams._lose = seams._lose, None
                with seams.outside():
                    lose(request.method or "", path)
            seams._inside, seams._call, seams._sends = True, name, 0
            try:
                return real(session, request, **options)
            finally:
                seams._inside, seams._sends = False, None
                seams.reached(Moment.AFTER, name)

        def send_bytes(connection: http.client.HTTPConnection, data: Any) -> None:
            if seams._sends is not None and seams._is_ours():
                seams._sends += 1
                if seams._sends == 2 and isinstance(data, bytes):  # the first are the headers
                    real_bytes(connection, data[: len(data) // 2])
                    seams.reached(Moment.MIDWAY, seams._call)
                    data = data[len(data) // 2 :]
            real_bytes(connection, data)

        requests.Session.send = send  # type: ignore[assignment, method-assign]
        http.client.HTTPConnection.send = send_bytes  # type: ignore[assignment, method-assign]

    def _guard(self, what: str, arguments: tuple[Any, ...]) -> None:
        """There is no way out of this process but the one door; an exception might be swallowed, an end is not."""
        if what == "socket.connect" and self._is_ours() and not self._inside:
            print(f"a connection to {arguments[1]} was opened past WalledSession", file=sys.stderr, flush=True)
            os._exit(STRAYED)


def plain(path: str) -> str:
    """A path on the stage without the network's own beginning, and without what differs from post to post."""
    path = re.sub(r"^/(x/2|graph/v[\d.]+|website/wp-json/wp/v2|youtube(?=/upload)|youtube/youtube/v3)?/", "/", path)
    path = re.sub(r"/(page|ig)-(?!api-)[a-z-]+", r"/{\1}", path)
    return re.sub(r"(?<=[/_])\d+(?=/|$)", "{id}", path).removeprefix("/")


def distinct(points: list[Point]) -> list[Point]:
    """Without the third and further of the same question, as when a film's processing is waited for; the last stays."""
    last = {(each.step, each.what): each.time for each in points}
    return [
        each for each in points if each.time <= 2 or each.time == last[each.step, each.what] or not _only_asks(each)
    ]


def one_of_alike(points: list[Point], own: list[Point]) -> list[Point]:
    """Of the points between which nothing has left the worker, in a call or a commit, the last that is among `own`.

    A worker that dies at one of them leaves the same world behind as at the others.
    """
    alike, ours = list[list[Point]]([[]]), set(own)
    for point in points:
        if point in ours:
            alike[-1].append(point)
        if point.is_before_a_change:
            alike.append([])
    return [each[-1] for each in alike if each]


def _only_asks(point: Point) -> bool:
    return point.step == "look" or point.what.startswith("GET ")


def _step(was: Row, now: Row) -> str | None:
    """The step that this commit begins, if it begins one."""
    begun = {Delivery.STAGING: "stage", Delivery.REVEALING: "reveal", Delivery.WITHDRAWING: "withdraw"}
    if was.state is now.state is Delivery.UNCERTAIN:
        return "look"
    if was.state is now.state is Delivery.PUBLISHED and was.fence != now.fence:
        return "follow up"
    return begun.get(now.state)


def _what_changed(was: Row, now: Row) -> str:
    if was.state is not now.state:
        return f"{was.state} → {now.state}"
    if was.checkpoint != now.checkpoint:
        return "checkpoint"
    if was.fence != now.fence:
        return "claim"
    if was == now:
        return "charge"
    if was.owner == now.owner:
        return "sign of life"
    return "outcome"
