"""Understand when a post is to go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from rapidfuzz import process

from campaigns.planning import SLOT, CannotPlan, instant

DEFAULT_ZONE = "UTC"
GRACE = timedelta(minutes=5)
"""An hour that passed less than this before the import is still taken."""
_AT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?( ?(Z|[+-]\d\d:?\d\d))?", re.ASCII)
_DIGITS = {ord(digit): str(number % 10) for number, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


@dataclass(frozen=True, kw_only=True)
class When:
    """`at` and `timezone` as they are stored; `due` is the instant, or None for a slot or a fault."""

    at: str
    timezone: str
    due: datetime | None = None
    faults: tuple[tuple[str, str], ...] = ()
    """Column and sentence."""

    def is_past(self, now: datetime) -> bool:
        return self.due is not None and self.due < now - GRACE


def understand(at: str, timezone: str) -> When:
    zone = timezone or DEFAULT_ZONE
    faults = [("timezone", says) for says in _zone_faults(zone)]
    if at.lower() == SLOT:
        return When(at=SLOT, timezone=zone, faults=tuple(faults))
    try:
        moment = _moment(at)
        due = instant(moment.isoformat(), DEFAULT_ZONE if faults else zone)
    except CannotPlan as error:
        return When(at=at, timezone=zone, faults=(*faults, ("at", str(error))))
    return When(at=moment.isoformat(), timezone=zone, due=due, faults=tuple(faults))


def _moment(at: str) -> datetime:
    """Raises CannotPlan with a sentence for the person."""
    if not at:
        raise CannotPlan("it is empty; write a date and hour like 2026-11-22T18:00, or slot")
    plain = at.translate(_DIGITS)
    if not _AT.fullmatch(plain):
        raise CannotPlan(f"{at[:40]!r} is no date and hour; write one like 2026-11-22T18:00, or slot")
    try:
        moment = datetime.fromisoformat(plain.replace("T", " ").replace(" ", "T", 1).replace(" ", ""))
    except ValueError as error:
        raise CannotPlan(f"{at!r} is not in the calendar ({error}); write one like 2026-11-22T18:00") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise CannotPlan(f"the year {moment.year} cannot be meant; write one like 2026-11-22T18:00")
    return moment


def _zone_faults(zone: str) -> Iterator[str]:
    if zone in zones():
        return
    near = process.extractOne(zone, zones(), score_cutoff=60)
    yield f"{zone[:60]!r} is no time zone; " + (f"did you mean {near[0]}?" if near else "write one like Asia/Riyadh")


@cache
def zones() -> frozenset[str]:
    """Places and offsets; `localtime` is another one on each machine, and `Factory` is none."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
