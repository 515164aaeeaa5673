"""The clock: publish what is due, measure what is due, write the month's summary, and nothing else.

What is due stands in the publications table and nowhere else, so nothing is remembered here: the next due
instant is armed as one job, and armed anew whenever the table says something else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock

from apscheduler.executors.pool import ThreadPoolExecutor as Executor
from apscheduler.schedulers.background import BackgroundScheduler

from campaigns.measuring import Measurer
from campaigns.publishing import Publisher

logger = logging.getLogger(__name__)

ACCOUNTS_AT_ONCE = 16
ARM_EVERY = timedelta(seconds=1)
SWEEP_EVERY = timedelta(seconds=30)
MEASURE_EVERY = timedelta(minutes=5)


class Clock:
    """APScheduler over our own table. One process of a store runs a clock; a second does no harm."""

    def __init__(
        self, publisher: Publisher, measurer: Measurer, *, summarise: Callable[[], object], pace: float
    ) -> None:
        self.publisher, self.measurer = publisher, measurer
        self._pool = ThreadPoolExecutor(ACCOUNTS_AT_ONCE, thread_name_prefix="account")
        self._working: set[str] = set()
        self._lock = Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": Executor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        measure_every = max(MEASURE_EVERY / pace, timedelta(seconds=5))
        for name, every, verb in (
            ("arm", ARM_EVERY, self.arm),
            ("sweep", SWEEP_EVERY, self.publisher.recover),
            ("measure", measure_every, self.measurer.measure_due),
        ):
            self._scheduler.add_job(_safely(name, verb), "interval", seconds=every.total_seconds(), id=name)
        self._scheduler.add_job(_safely("summary", summarise), "cron", day=1, hour=3, id="summary")

    def start(self) -> None:
        self.publisher.recover(everything_of_ours=True)
        self._scheduler.start()
        self.arm()

    def stop(self) -> None:
        """Let the steps in hand finish, and take no new one."""
        self.publisher.stop()
        self._scheduler.shutdown(wait=False)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def arm(self) -> None:
        """Set the one publishing job to the next due instant."""
        due_at = self.publisher.next_at()
        if due_at is None:
            return
        due_at = max(due_at, datetime.now(UTC))
        self._scheduler.add_job(
            _safely("publish", self.publish), "date", run_date=due_at, id="publish", replace_existing=True
        )

    def publish(self) -> None:
        """Start each account that has something to do; an account already at work goes on by itself."""
        for account in self.publisher.accounts_with_work():
            with self._lock:
                if account in self._working:
                    continue
                self._working.add(account)
            self._pool.submit(self._work, account)

    def _work(self, account: str) -> None:
        try:
            _safely(account, lambda: self.publisher.work(account))()
        finally:
            with self._lock:
                self._working.discard(account)


def _safely(name: str, verb: Callable[[], object]) -> Callable[[], None]:
    """The clock's edge: whatever happens in one verb is logged, and the clock goes on."""

    def run() -> None:
        try:
            verb()
        except Exception as error:
            logger.error("%s failed: %s", name, type(error).__name__, exc_info=True)

    return run
