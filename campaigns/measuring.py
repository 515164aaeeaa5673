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
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.connections import Connections, Speaker
from campaigns.models import Account, Delivery, Publication, Reading
from campaigns.settings import Cadence, Settings
from campaigns.store import Store
from platforms.contract import METRICS, Measurement, Network
from platforms.errors import PlatformError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One account's publications to ask about, by their remote ids."""

    speaker: Speaker
    publications: dict[str, int]


class Out(NamedTuple):
    """A publication that is out, as far as measuring needs to know it."""

    account: str
    network: Network
    rehearsal: bool
    publication_id: int
    remote_id: str
    published_at: datetime | None
    measured_at: datetime | None


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
        return self.measure(lambda out: _is_due(out, self.settings, now))

    def measure_all(self, progress: Callable[[int, int], None] | None = None) -> Measured:
        """Look at everything that is out, now."""
        return self.measure(lambda _: True, progress)

    def measure(self, wanted: Callable[[Out], bool], progress: Callable[[int, int], None] | None = None) -> Measured:
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


def _looks(session: Session, wanted: Callable[[Out], bool]) -> Iterator[Look]:
    """Row by row and as plain values: years of publications are gone through every few minutes."""
    columns = (
        Publication.account_key,
        Account.network,
        Publication.rehearsal,
        Publication.id,
        Publication.remote_id,
        Publication.published_at,
        Publication.measured_at,
    )
    rows = session.execute(
        select(*columns)
        .join(Publication.account)
        .where(Publication.state == Delivery.PUBLISHED, Publication.remote_id.is_not(None))
        .order_by(Publication.account_key, Publication.rehearsal, Publication.id)
        .execution_options(yield_per=1000)
    )
    due = (out for out in map(Out._make, rows) if wanted(out))
    for (account, network, rehearsal), group in groupby(due, key=lambda out: out[:3]):
        yield Look(
            speaker=Speaker(account=account, network=network, rehearsal=rehearsal),
            publications={out.remote_id: out.publication_id for out in group},
        )


def _is_due(out: Out, settings: Settings, now: datetime) -> bool:
    """Whether it has come to an age at which it was not looked at yet. A rehearsal ages at its own pace."""
    cadence: Cadence | None = settings.cadence.get(out.network)
    if out.published_at is None or cadence is None:
        return False
    pace = settings.pace if out.rehearsal else 1.0
    age = (now - out.published_at) * pace
    reached = max((each for each in cadence.ages if each <= age), default=None)
    return reached is not None and (out.measured_at is None or out.measured_at < out.published_at + reached / pace)


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
