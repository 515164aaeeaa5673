"""A figure and what it is held against."""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """`ours` and `limit` are in the same unit; the ratio says how many times the limit ours takes."""

    what: str
    ours: float
    against: str
    limit: float
    unit: str

    @property
    def ratio(self) -> float:
        return self.ours / self.limit

    @property
    def ours_as_text(self) -> str:
        return f"{self.ours:.3f} {self.unit}"

    @property
    def limit_as_text(self) -> str:
        return f"{self.limit:.3f} {self.unit}"


def side_by_side(
    ours: Callable[[], object], limit: Callable[[], object], *, rounds: int, clock: Callable[[], float]
) -> tuple[float, float]:
    """Medians of both by `clock`, taken in turn, so that a busy machine is busy for both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for times, work in zip(taken, (ours, limit), strict=True):
            start = clock()
            work()
            times.append(clock() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])


def cpu_seconds() -> float:
    """User and system, of this process and its children that have ended; in microseconds, not in ticks."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
