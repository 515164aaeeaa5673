"""Fetch back what a publication's audience did: readings with unit, time and source.

The clock looks when a publication reaches one of its network's ages (config/cadence.toml); a person may ask
at any time. A figure that a network withholds is absent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from campaigns.connections import Connections, Speaker
from campaigns.models import Delivery, Publication, Reading
from campaigns.settings import Cadence, Settings
from campaigns.store import Store
from platforms.contract import METRICS, Measurement
from platforms.errors import PlatformError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One account's publications to ask about, by their remote ids."""

    speaker: Speaker
    publications: dict[str, int]


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
        return self.measure(lambda publication: _is_due(publication, self.settings, now))

    def measure_all(self, progress: Callable[[int, int], None] | None = None) -> Measured:
        """Look at everything that is out, now."""
        return self.measure(lambda _: True, progress)

    def measure(
        self, wanted: Callable[[Publication], bool], progress: Callable[[int, int], None] | None = None
    ) -> Measured:
        with self.store.reading() as session:
            looks = list(_looks(session, wanted))
        readings, failures = 0, {}
        for done, look in enumerate(looks, start=1):
            try:
                readings += self._take(look)
            except PlatformError as error:
                logger.info("%s could not be measured: %s", look.speaker.account, error)
                failures[look.speaker.account] = str(error)
            if progress:
                progress(done, len(looks))
        return Measured(readings=readings, failures=failures)

    def _take(self, look: Look) -> int:
        with self.connections.platform(look.speaker) as platform:
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


def _looks(session: Session, wanted: Callable[[Publication], bool]) -> Iterator[Look]:
    out = session.scalars(
        select(Publication)
        .where(Publication.state == Delivery.PUBLISHED, Publication.remote_id.is_not(None))
        .options(joinedload(Publication.account))
        .order_by(Publication.account_key, Publication.rehearsal, Publication.id)
    )
    due = (publication for publication in out if wanted(publication))
    for (account, rehearsal), group in groupby(due, key=lambda p: (p.account_key, p.rehearsal)):
        publications = list(group)
        yield Look(
            speaker=Speaker(account=account, network=publications[0].account.network, rehearsal=rehearsal),
            publications={str(p.remote_id): p.id for p in publications},
        )


def _is_due(publication: Publication, settings: Settings, now: datetime) -> bool:
    """Whether it has come to an age at which it was not looked at yet. A rehearsal ages at its own pace."""
    cadence: Cadence | None = settings.cadence.get(publication.account.network)
    if publication.published_at is None or cadence is None:
        return False
    pace = settings.pace if publication.rehearsal else 1.0
    moments = [publication.published_at + age / pace for age in cadence.ages]
    reached = max((moment for moment in moments if moment <= now), default=None)
    return reached is not None and (publication.measured_at is None or publication.measured_at < reached)


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
