"""Fetch back what a publication's audience did: readings with unit, time and source.

The clock looks when a publication reaches one of its network's ages (config/cadence.toml); a person may ask
at any time. A figure that a network withholds is absent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from campaigns.connections import Connections, Speaker
from campaigns.models import Account, Delivery, Kind, Publication, Reading, Revision
from campaigns.settings import Cadence, Settings
from campaigns.spending import Bookkeeper
from campaigns.store import Store
from platforms.contract import METRICS, Measurement, Network
from platforms.endpoints import guarded_by
from platforms.errors import PlatformError

logger = logging.getLogger(__name__)

STORYS_LAST_LOOK = timedelta(hours=23)
STILL_COUNTS = timedelta(days=60)
"""A look that was missed at the last age, because nothing ran, is made up for so long."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One account's publications to ask about, by their remote ids."""

    speaker: Speaker
    publications: dict[str, int]


class Out(NamedTuple):
    """A publication that is out, with what decides whether to ask about it."""

    id: int
    account: str
    network: Network
    rehearsal: bool
    remote_id: str
    published_at: datetime | None
    measured_at: datetime | None
    kind: Kind

    @property
    def speaker(self) -> Speaker:
        return Speaker(account=self.account, network=self.network, rehearsal=self.rehearsal)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How many readings came in, and which accounts could not be asked, with the reason."""

    readings: int
    failures: dict[str, str]


class Measurer:
    def __init__(
        self, store: Store, connections: Connections, settings: Settings, *, clock: Callable[[], datetime]
    ) -> None:
        self.store, self.connections, self.settings, self.clock = store, connections, settings, clock

    def measure_due(self) -> Measured:
        """Look at what has reached an age of its network's cadence since its last reading."""
        now = self.clock()
        oldest = max((age for cadence in self.settings.cadence.values() for age in cadence.ages), default=timedelta())
        young = or_(Publication.measured_at.is_(None), Publication.published_at > now - oldest - STILL_COUNTS)
        return self._measure(lambda each: _is_due(each, self.settings, now), young)

    def measure_all(self, progress: Callable[[int, int], None] | None = None) -> Measured:
        """Look at everything that is out, now."""
        return self._measure(lambda _: True, progress=progress)

    def _measure(
        self,
        wanted: Callable[[Out], bool],
        *among: ColumnElement[bool],
        progress: Callable[[int, int], None] | None = None,
    ) -> Measured:
        with self.store.reading() as session:
            looks = list(_looks(session, wanted, among))
        readings, failures = 0, {}
        for done, look in enumerate(looks, start=1):
            try:
                readings += self._take(look)
            except Exception as error:
                failures[look.speaker.account] = _told(look.speaker.account, error)
            if progress:
                progress(done, len(looks))
        return Measured(readings=readings, failures=failures)

    def _take(self, look: Look) -> int:
        books = Bookkeeper(self.store, look.speaker)
        with guarded_by(books), self.connections.platform(look.speaker) as platform:
            figures = platform.measure(list(look.publications))
        taken_at = self.clock()
        with self.store.writing() as session:
            for remote_id, publication_id in look.publications.items():
                if measurements := figures.get(remote_id):
                    session.add(_reading(publication_id, taken_at, measurements))
            session.execute(
                update(Publication).where(Publication.id.in_(look.publications.values())).values(measured_at=taken_at)
            )
        return sum(1 for measurements in figures.values() if measurements)


def _told(account: str, error: Exception) -> str:
    """Why it could not be measured. An error that no adapter foresaw may hold an address with a secret in it."""
    if isinstance(error, PlatformError):
        logger.info("%s could not be measured: %s", account, error)
        return str(error)
    logger.warning("%s could not be measured: %s", account, type(error).__name__)
    logger.debug("%s", account, exc_info=True)
    return f"something unforeseen happened ({type(error).__name__})"


def _looks(session: Session, wanted: Callable[[Out], bool], among: Sequence[ColumnElement[bool]]) -> Iterator[Look]:
    """By account. Only the columns that are needed: what is out grows for years."""
    out = session.execute(
        select(
            Publication.id,
            Publication.account_key,
            Account.network,
            Publication.rehearsal,
            Publication.remote_id,
            Publication.published_at,
            Publication.measured_at,
            Revision.kind,
        )
        .join(Publication.account)
        .join(Publication.revision)
        .where(Publication.state == Delivery.PUBLISHED, Publication.remote_id.is_not(None), *among)
        .order_by(Publication.account_key, Publication.rehearsal, Publication.id)
    )
    due = (each for each in (Out._make(row) for row in out) if wanted(each))
    for speaker, group in groupby(due, key=lambda each: each.speaker):
        yield Look(speaker=speaker, publications={each.remote_id: each.id for each in group})


def _is_due(out: Out, settings: Settings, now: datetime) -> bool:
    """Whether it has come to an age at which it was not looked at yet. A rehearsal ages at its own pace."""
    cadence: Cadence | None = settings.cadence.get(out.network)
    if out.published_at is None or cadence is None:
        return False
    pace = settings.pace if out.rehearsal else 1.0
    ages = _storys_ages(cadence) if out.kind is Kind.STORY else cadence.ages
    moments = [out.published_at + age / pace for age in ages]
    reached = max((moment for moment in moments if moment <= now), default=None)
    return reached is not None and (out.measured_at is None or out.measured_at < reached)


def _storys_ages(cadence: Cadence) -> tuple[timedelta, ...]:
    """A story is gone after a day, and its figures with it: the last look comes just before."""
    return (*(age for age in cadence.ages if age < STORYS_LAST_LOOK), STORYS_LAST_LOOK)


def _reading(publication_id: int, taken_at: datetime, measurements: Sequence[Measurement]) -> Reading:
    known = {m.metric: m.value for m in measurements if m.metric in METRICS}
    return Reading(
        publication_id=publication_id,
        taken_at=taken_at,
        **known,
        others={m.metric: m.value for m in measurements if m.metric not in METRICS},
        units={m.metric: m.unit for m in measurements if m.unit != "count"},
        sources={m.metric: m.source for m in measurements},
    )
