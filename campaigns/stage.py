"""The rehearsal stage of one SAWT_HOME: use the one that is up, or put one up and keep it up.

Whoever holds the lock in SAWT_HOME/stage keeps the stage; the others use it, and when its keeper is gone one of
them takes its place, on the same address. It remembers there what it has shown.
"""

from __future__ import annotations

import fcntl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from campaigns.settings import Settings
from campaigns.upkeep import Kept, end
from platforms.rehearsal import putting_up
from platforms.rehearsal.desk import Desk, NoStage

WEEK = timedelta(days=7)
LOOK_EVERY = 0.2
STOP_WITHIN = 1.5
COMES_UP_WITHIN = 30.0
ORPHAN_ENDS_WITHIN = 5.0
"""A stage whose keeper was killed ends by itself, soon."""


def week_pace(span: timedelta) -> float:
    """How much faster than the clock a week lives that is over within `span`."""
    return WEEK / span


@contextmanager
def stage_if_needed(settings: Settings) -> Iterator[str | None]:
    """The stage's address where an account plays on it; None where every account is signed in."""
    if all(settings.signed_in(account.key) for account in settings.accounts):
        yield None
        return
    with stage_up(settings) as base:
        yield base


def desk_of(settings: Settings) -> Desk:
    """The desk of the stage that is up for this SAWT_HOME. Raises NoStage where none is."""
    note = settings.home / "stage" / "address"
    base = settings.stage_url or (note.read_text() if note.exists() else "")
    if not base or not putting_up.answers(base):
        raise NoStage(
            "no rehearsal stage is up for this SAWT_HOME; it is up while `sawt run` runs and some account has no "
            "credentials"
        )
    return Desk(base)


@contextmanager
def stage_up(settings: Settings) -> Iterator[str]:
    """The stage's base address, there until the block ends."""
    if settings.stage_url:
        yield settings.stage_url
        return
    stage = _Stage(settings.home / "stage", settings.pace)
    stage.come_up()
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            stage.keep_up()

    watch = threading.Thread(target=look, name="stage", daemon=True)
    watch.start()
    try:
        yield stage.base
    finally:
        over.set()
        watch.join()
        stage.go()


class _Stage:
    """`base` stays as it is once it is known, whoever keeps the stage."""

    def __init__(self, folder: Path, pace: float) -> None:
        self.base = ""
        self._folder, self._pace = folder, pace
        self._note = folder / "address"
        self._lock: TextIO | None = None
        self._kept: Kept | None = None

    def come_up(self) -> None:
        """Return once there is a stage that answers, ours or another's. Raises RuntimeError when none comes up."""
        self._folder.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + COMES_UP_WITHIN
        while not self._is_ours() and not self._is_anothers():
            if time.monotonic() > until:
                raise RuntimeError("the rehearsal stage did not come up; its log says why")
            time.sleep(0.05)
        try:
            putting_up.until_ready(self.base, self._still_tries, COMES_UP_WITHIN)
        except RuntimeError:
            self.go()
            raise

    def _still_tries(self) -> bool:
        self.keep_up()
        return True

    def keep_up(self) -> None:
        """Start ours again when it has ended; take the other's place when its keeper has."""
        if self._kept:
            self._kept.keep_up()
        else:
            self._is_ours()

    def go(self) -> None:
        if self._kept:
            end([self._kept], within=STOP_WITHIN)
            self._note.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    def _is_ours(self) -> bool:
        """Whether the lock was free; then it is ours from now on, and so is the stage."""
        lock = (self._folder / "keeper.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        try:
            self._put_up()
        except OSError:  # the port is somebody's just now
            lock.close()
            return False
        self._lock = lock
        return True

    def _put_up(self) -> None:
        self._let_the_orphan_end()
        listener = putting_up.listening(urlsplit(self.base).port or 0)
        self.base = putting_up.base_of(listener)
        port, first = listener.getsockname()[1], [listener]

        def start() -> subprocess.Popen[bytes]:
            return putting_up.start(first.pop() if first else putting_up.listening(port), self._folder, pace=self._pace)

        self._kept = Kept("the rehearsal stage", start)
        self._kept.keep_up()
        self._note.write_text(self.base)

    def _let_the_orphan_end(self) -> None:
        orphan = self.base or self._noted()
        until = time.monotonic() + ORPHAN_ENDS_WITHIN
        while orphan and putting_up.answers(orphan) and time.monotonic() < until:
            time.sleep(0.05)

    def _is_anothers(self) -> bool:
        noted = self._noted()
        if noted and putting_up.answers(noted):
            self.base = noted
            return True
        return False

    def _noted(self) -> str:
        return self._note.read_text() if self._note.exists() else ""
