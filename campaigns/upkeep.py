"""Start a process again when it ends by itself, later and later if it ends at once each time."""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)

STEADY_AFTER = 20.0
"""One that has been up for so many seconds had an accident; one that ended sooner may do so again."""
LONGEST_PAUSE = 30.0


class Kept:
    """A process that is to stay up; `start` starts it. With `restarts` unset it may end once and for all.

    It is to be started in a session of its own: Ctrl-C then reaches whoever keeps it, who ends it in its turn.
    """

    def __init__(self, name: str, start: Callable[[], subprocess.Popen[bytes]], *, restarts: bool = True) -> None:
        self.name, self.restarts = name, restarts
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._not_before = 0.0
        self._soon_ended = 0

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def keep_up(self, now: float | None = None) -> None:
        """Start it if it is not up and its pause is over. `now` is in seconds of a monotonic clock."""
        now = time.monotonic() if now is None else now
        if self.is_up:
            if now - self._started_at >= STEADY_AFTER:
                self._soon_ended = 0
            return
        if self._process is not None:
            if not self.restarts:
                return
            self._not_before = now + self._pause(self._process.returncode, now - self._started_at)
            self._process = None
        if now < self._not_before:
            return
        try:
            self._process = self._start()
        except OSError as error:
            self._not_before = now + self._pause(error.strerror or str(error), 0.0)
        self._started_at = now

    def terminate(self) -> None:
        if self._process is not None and self.is_up:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Until it has ended, and by force when `seconds` are over."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _pause(self, why: object, lived: float) -> float:
        """Seconds until it is started again: none after an accident, else 1, 2, 4 … 30. Said once, not each time."""
        if lived >= STEADY_AFTER:
            logger.warning("%s ended (%s) and is started again", self.name, why)
            self._soon_ended = 0
            return 0.0
        self._soon_ended += 1
        if self._soon_ended == 1:
            logger.warning("%s ended (%s) and is started again in a second", self.name, why)
        elif self._soon_ended == 2:
            logger.error(
                "%s ends again and again (%s); it is tried after growing pauses, at last every %d s. "
                "What it says itself tells why",
                self.name,
                why,
                LONGEST_PAUSE,
            )
        return float(min(2 ** (self._soon_ended - 1), LONGEST_PAUSE))


def end(kept: Iterable[Kept], *, within: float) -> None:
    """End them all at once; by force what has not ended within so many seconds."""
    kept = list(kept)
    for each in kept:
        each.terminate()
    until = time.monotonic() + within
    for each in kept:
        each.wait(until - time.monotonic())
