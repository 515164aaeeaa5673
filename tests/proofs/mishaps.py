"""Workers that die or sleep at any seam of their work: around each commit and each call.

A seam is a place between two things that cannot be cut in two themselves. The worker that works in this thread
meets its mishap there: it dies, and nothing after it runs; or it sleeps while others act, and wakes up late.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from sqlalchemy.orm import Session

from campaigns.store import Store
from platforms.endpoints import WalledSession


class Seam(StrEnum):
    BEFORE_COMMIT = "before a commit"
    AFTER_COMMIT = "after a commit"
    BEFORE_CALL = "before a call"
    GAP = "in the gap between the gate and the wire"
    AFTER_CALL = "after a call"


COMMITS = (Seam.BEFORE_COMMIT, Seam.AFTER_COMMIT)


class Died(BaseException):
    """The process is gone. No `except Exception` stops it."""


@dataclass(frozen=True, kw_only=True)
class Mishap:
    """At the `after`-th seam of this kind from now on; `visible` counts only the calls that show something.

    `meanwhile` is what others do while the worker sleeps; None when it dies.
    """

    seam: Seam
    after: int = 0
    visible: bool = False
    meanwhile: tuple[Any, ...] | None = None

    def meets(self, seam: Seam, visible: bool) -> bool:
        return seam is self.seam and (visible or not self.visible or seam in COMMITS)


class Seams:
    """Watches the one thread that works. What `others` do at a seam has no mishaps of its own.

    `leaving` is asked just before the gate how things stand, and `answered` is told that when the call is over, and
    whether it slept behind the gate.
    """

    def __init__(self) -> None:
        self.others: Callable[[Mishap, bool], None] = lambda mishap, visible: None
        self.leaving: Callable[[], Any] = lambda: None
        self.answered: Callable[[Any, bool], None] = lambda left, slept: None
        self._due: Mishap | None = None
        self._thread = threading.get_ident()
        self._calls: list[tuple[bool, Any]] = []

    @contextmanager
    def with_mishap(self, mishap: Mishap | None) -> Iterator[None]:
        before, self._due = self._due, mishap
        try:
            yield
        finally:
            self._due = before

    def reached(self, seam: Seam, *, visible: bool = False) -> bool:
        """Whether the worker slept here."""
        mishap = self._due
        if mishap is None or not mishap.meets(seam, visible):
            return False
        if mishap.after:
            self._due = replace(mishap, after=mishap.after - 1)
            return False
        self._due = None
        if mishap.meanwhile is None:
            raise Died(mishap.seam)
        self.others(mishap, visible)
        return True

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the block runs, calls of this thread pass the seams."""
        through_the_gate, onto_the_wire = WalledSession.send, HTTPAdapter.send
        seams = self

        def send(session: WalledSession, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            visible = shows(request)
            seams.reached(Seam.BEFORE_CALL, visible=visible)
            seams._calls.append((visible, seams.leaving()))
            try:
                answer = through_the_gate(session, request, **options)
            finally:
                seams._calls.pop()
            seams.reached(Seam.AFTER_CALL, visible=visible)
            return answer

        def write(adapter: HTTPAdapter, *given: Any, **options: Any) -> requests.Response:
            if threading.get_ident() != seams._thread or not seams._calls:
                return onto_the_wire(adapter, *given, **options)
            visible, left = seams._calls[-1]
            slept = seams.reached(Seam.GAP, visible=visible)
            try:
                return onto_the_wire(adapter, *given, **options)
            finally:
                seams.answered(left, slept)

        WalledSession.send = send  # type: ignore[method-assign, assignment]
        HTTPAdapter.send = write  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            WalledSession.send = through_the_gate  # type: ignore[method-assign]
            HTTPAdapter.send = onto_the_wire  # type: ignore[method-assign]


_SHOWING = re.compile(r"/2/tweets$|/feed$|/media_publish$|/posts/\d+$")


def shows(request: requests.PreparedRequest) -> bool:
    """Whether this is the call of a reveal that an audience sees."""
    of_a_draft = b'"slug":' in request.body if isinstance(request.body, bytes) else False
    return request.method == "POST" and not of_a_draft and bool(_SHOWING.search(urlsplit(request.url or "").path))


class WorkersStore(Store):
    """A store whose transactions end at seams. Nothing here loses its power, so nothing waits for the disk."""

    def __init__(self, url: str, seams: Seams) -> None:
        super().__init__(url)
        self._seams = seams

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Session]:
        with super().writing() as session:
            yield session
            session.flush()
            self._seams.reached(Seam.BEFORE_COMMIT)
        self._seams.reached(Seam.AFTER_COMMIT)
