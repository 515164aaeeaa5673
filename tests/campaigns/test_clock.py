"""The clock goes on whatever becomes of the wall's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from campaigns.connections import Connections
from campaigns.measuring import Measurer
from campaigns.models import Delivery
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import DatabaseClock, Store
from campaigns.vault import Vault
from scheduler import Clock
from tests import factories

WaitFor = Callable[..., None]
HOUR, TEN_YEARS = timedelta(hours=1), timedelta(days=3653)


class Wall(datetime):
    """This host's clock, and how wrong it is."""

    wrong_by = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return datetime.now(tz) + cls.wrong_by


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Wall]]:
    for module in ("apscheduler.schedulers.base", "scheduler", "campaigns.store"):
        monkeypatch.setattr(f"{module}.datetime", Wall)
    monkeypatch.setattr(Wall, "wrong_by", timedelta())
    yield Wall


class Counting(Publisher):
    """Counts what its clock has it do."""

    looks = sweeps = 0

    def next_at(self) -> datetime | None:
        self.looks += 1
        return super().next_at()

    def recover(self, *, everything_of_ours: bool = False) -> int:
        self.sweeps += 1
        return super().recover(everything_of_ours=everything_of_ours)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for often in ("ARM_EVERY", "SWEEP_EVERY"):
        monkeypatch.setattr(f"scheduler.{often}", timedelta(seconds=0.1))


@pytest.fixture
def publisher(store: Store, settings: Settings, vault: Vault, connections: Connections) -> Counting:
    """As a worker builds it."""
    factories.accounts(store, settings)
    return Counting(store, vault, connections, owner="w", clock=DatabaseClock(store))


@contextmanager
def at_work(publisher: Publisher) -> Iterator[Clock]:
    settings = publisher.connections.settings
    measurer = Measurer(publisher.store, publisher.connections, settings, clock=publisher.clock)
    clock = Clock(publisher, measurer, summarise=lambda: None, pace=1.0)
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()


@pytest.mark.parametrize(
    "wrong_by",
    [HOUR, -HOUR, TEN_YEARS, -TEN_YEARS],
    ids=["an hour back", "an hour on", "ten years back", "ten years on"],
)
def test_a_clock_that_is_set_right_keeps_neither_a_due_post_nor_the_sweep_waiting(
    store: Store, settings: Settings, publisher: Counting, wall: type[Wall], wait_for: WaitFor, wrong_by: timedelta
) -> None:
    wall.wrong_by = wrong_by
    with at_work(publisher) as clock:
        wait_for(lambda: publisher.looks > 2 and publisher.sweeps > 1, "its jobs by the wrong clock")
        wall.wrong_by = timedelta()
        (key,) = factories.approved(store, settings, due_at=datetime.now(UTC) + timedelta(seconds=0.2))
        sweeps = publisher.sweeps
        wait_for(lambda: factories.publication(store, key).state is Delivery.PUBLISHED, "its way out")
        wait_for(lambda: publisher.sweeps > sweeps + 1, "the sweep")
        next_runs = [job.next_run_time for job in clock._scheduler.get_jobs()]
    assert max(next_runs) < datetime.now(UTC) + timedelta(days=32), "the month's summary hangs on it as well"


def test_a_clock_that_is_set_back_each_minute_postpones_no_job(publisher: Counting, wall: type[Wall]) -> None:
    with at_work(publisher) as clock:
        jobs = clock._scheduler
        before = {each: jobs.get_job(each).next_run_time for each in ("sign-ins", "summary")}
        for _ in range(40):
            for step in (60, -1.5):
                wall.wrong_by += timedelta(seconds=step)
                jobs._process_jobs()
        assert all(jobs.get_job(each).next_run_time <= at for each, at in before.items())
