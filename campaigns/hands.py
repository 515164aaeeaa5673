"""Who does the work that the clock finds due: threads of this process, or an engine on many machines.

A line may be handed over any number of times, late, or to two hands at once, without harm: the publications
table carries the truth, and the claim of a step gives it to one of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Protocol

from campaigns.publishing import Lane, Line

logger = logging.getLogger(__name__)

AT_ONCE = 16
"""Accounts that send at the same moment, and that prepare at the same moment.

As many as there are on five networks in three languages, and one more: an upload keeps no other account waiting.
"""


class Hands(Protocol):
    def hand_over(self, line: Line) -> None:
        """See to it that somebody works this line soon; returns at once."""

    def stop(self) -> None:
        """Let what is in hand finish, and take nothing new."""


class Threads:
    """Threads of this process, with a pool for each lane, so that a long upload never keeps a post waiting.

    `work` takes the steps that a line has due, and says how many there were; `then` is called after some were.
    """

    def __init__(
        self, work: Callable[[Line], int], *, then: Callable[[], None] = lambda: None, at_once: int = AT_ONCE
    ) -> None:
        self._work, self._then = work, then
        self._pools = {lane: ThreadPoolExecutor(at_once, thread_name_prefix=lane) for lane in Lane}
        self._lock = Lock()
        self._again: dict[Line, bool] = {}

    def hand_over(self, line: Line) -> None:
        """A line already in hand is worked once more when its turn is over: something may have come due meanwhile."""
        with self._lock:
            if line in self._again:
                self._again[line] = True
                return
            self._again[line] = False
        self._pools[line.lane].submit(self._run, line)

    def stop(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, line: Line) -> None:
        taken = 0
        try:
            taken = self._work(line)
        except Exception as error:
            logger.error("%s %s failed: %s", line.account, line.lane, type(error).__name__, exc_info=True)
        finally:
            again = self._is_wanted_again(line)
        if again:
            self.hand_over(line)
        if taken:
            self._then()

    def _is_wanted_again(self, line: Line) -> bool:
        with self._lock:
            return self._again.pop(line)
