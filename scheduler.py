"""The clock: publish, measure and look at sign-ins when due, write the month's summary, tidy up, and nothing else.

What is due stands in the publications table and nowhere else, so nothing is remembered here: the next due
instant is armed as one job, and armed anew whenever the table says something else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor as Executor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from campaigns import heaps, signed_in
from campaigns.hands import AT_ONCE, Hands, Threads
from campaigns.measuring import Measurer
from campaigns.publishing import Publisher

logger = logging.getLogger(__name__)

ARM_EVERY = timedelta(seconds=1)
"""How soon a change made by another process (the desk, a command) is seen; a jump of the clock costs two of these."""
SWEEP_EVERY = timedelta(seconds=30)
MEASURE_EVERY = timedelta(minutes=5)
LOOK_EVERY = timedelta(hours=1)
"""How often it is asked whether a day has gone by since a sign-in was last looked at."""


class Clock:
    """APScheduler over our own table. Several may run over one store, on several hosts, without harm."""

    def __init__(
        self,
        publisher: Publisher,
        measurer: Measurer,
        *,
        summarise: Callable[[], object],
        tidy: Callable[[], object] | None = None,
        pace: float,
        at_once: int = AT_ONCE,
        hands: Callable[[Callable[[], None]], Hands] | None = None,
    ) -> None:
        """`hands` builds who does the work, given what to call when some was done; threads of this process if None."""
        self.publisher, self.measurer = publisher, measurer
        self._hands = hands(self.arm) if hands else Threads(publisher.work_line, then=self.arm, at_once=at_once)
        self._alive = ExitStack()
        self._scheduler = _Scheduler(
            timezone=UTC,
            executors={"default": Executor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        sweep_every = min(SWEEP_EVERY, publisher.lease / 2)
        measure_every = max(MEASURE_EVERY / pace, timedelta(seconds=5))
        for name, every, verb in (
            ("arm", ARM_EVERY, self.arm),
            ("sweep", sweep_every, self.sweep),
            ("measure", measure_every, self.measurer.measure_due),
            ("sign-ins", LOOK_EVERY, self.look_at_sign_ins),
        ):
            self._scheduler.add_job(_safely(name, verb), _Every(every), id=name)
        self._scheduler.add_job(_safely("summary", summarise), "cron", day=1, hour=3, id="summary")
        if tidy:
            self._scheduler.add_job(_safely("tidy", tidy), "cron", hour=4, id="tidy")

    def start(self) -> None:
        self.publisher.recover(everything_of_ours=True)
        self._alive.enter_context(self.publisher.alive())
        self._scheduler.start()
        self.arm()

    def stop(self) -> None:
        """Let the steps in hand finish, and take no new one."""
        self.publisher.stop()
        self._scheduler.shutdown(wait=False)
        self._hands.stop()
        self._alive.close()

    def arm(self) -> None:
        """Set the one publishing job to the next due instant."""
        due_at = self.publisher.next_at()
        if due_at is None or self.publisher.stopping.is_set():
            return
        run_at = datetime.now(UTC) + max(due_at - self.publisher.clock(), timedelta())
        # Two at once do no harm, and a due instant must not be skipped because one before it is still looked for.
        publish = _safely("publish", self.publish)
        self._scheduler.add_job(publish, "date", run_date=run_at, id="publish", max_instances=2, replace_existing=True)

    def sweep(self) -> None:
        """Free what dead workers left behind, and memory that nobody uses."""
        self.publisher.recover()
        heaps.give_back()

    def look_at_sign_ins(self) -> None:
        signed_in.look_when_due(self.publisher.store, self.publisher.connections.settings, now=self.publisher.clock())

    def publish(self) -> None:
        for line in self.publisher.lines_with_work():
            self._hands.hand_over(line)


class _Every(BaseTrigger):  # type: ignore[misc]  # no types are published for it
    """Each interval counts from now: APScheduler's own goes through all that a clock set ahead has skipped."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler's jobs hang on the wall clock: one that is set back would keep them all waiting for as long."""

    _looked_at = datetime.min.replace(tzinfo=UTC)

    def _process_jobs(self) -> float:
        now = datetime.now(UTC)
        if now < self._looked_at:
            self._count_anew(now)
        self._looked_at = now
        wait, longest = super()._process_jobs(), ARM_EVERY.total_seconds()
        return longest if wait is None else min(wait, longest)

    def _count_anew(self, now: datetime) -> None:
        with suppress(JobLookupError):  # it is being shut down
            for job in self.get_jobs():
                anew = job.trigger.get_next_fire_time(None, now)
                if job.next_run_time and anew and anew < job.next_run_time:  # never later: clocks are set back often
                    self.modify_job(job.id, next_run_time=anew)


def _safely(name: str, verb: Callable[[], object]) -> Callable[[], None]:
    """The clock's edge: whatever happens in one verb is logged, and the clock goes on."""

    def run() -> None:
        try:
            verb()
        except Exception as error:
            logger.error("%s failed: %s", name, type(error).__name__, exc_info=True)

    return run
