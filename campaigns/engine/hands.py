"""What one worker takes from the queue, and what its clock hands over to all."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from psycopg_pool import AsyncConnectionPool

from campaigns.engine.orders import RENDER
from campaigns.engine.tables import SESSION, conninfo, install
from campaigns.hands import AT_ONCE
from campaigns.publishing import Lane, Line

logger = logging.getLogger(__name__)
for theirs in ("procrastinate", "psycopg.pool"):
    logging.getLogger(theirs).setLevel(logging.CRITICAL)  # what matters of it is said here, in one line and not twenty

HEARTBEAT, DEAD_AFTER = timedelta(seconds=3), timedelta(seconds=10)
"""A host that has given no sign of life for so long is taken for dead, and its jobs are given to others."""
POLL_EVERY, AGAIN_AFTER, GRACE = 1.0, 1.0, 1.0
"""Seconds: between looks for what no notice came of; after a failure; for what is in hand when it stops."""


class Draws(Protocol):
    def draw(self, key: str, pace: str) -> None:
        """Make the pictures and films of a post."""

    def stop(self) -> None:
        """End what is being drawn."""


class Engine:
    """The hands of one worker (see campaigns.hands), which take from the queue whatever host put it there.

    `work` takes the steps that a line has due, and says how many there were; `then` is called after some were.
    Each lane has threads of its own, so that neither an upload nor a film ever keeps a post waiting.
    """

    def __init__(
        self,
        url: str,
        work: Callable[[Line], int],
        *,
        draws: Draws,
        then: Callable[[], None] = lambda: None,
        at_once: int = AT_ONCE,
    ) -> None:
        install(url)
        self._url, self._work, self._draws, self._then = url, work, draws, then
        self._at_once: dict[str, int] = {**dict.fromkeys(Lane, at_once), RENDER: 1}
        self._threads = {
            queue: ThreadPoolExecutor(many, thread_name_prefix=queue) for queue, many in self._at_once.items()
        }
        self._app = self._with_tasks(App(connector=PsycopgConnector()))
        self._asked: set[Line] = set()
        self._is_asked, self._is_stopped = asyncio.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def hand_over(self, line: Line) -> None:
        """Queue the line unless it is waiting already. Returns at once, also while the database is out of reach."""
        with suppress(RuntimeError):  # the engine has stopped, and takes nothing new
            self._loop.call_soon_threadsafe(self._ask, line)

    def stop(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._is_stopped.set)
        self._draws.stop()
        self._thread.join()
        for threads in self._threads.values():
            threads.shutdown(wait=True, cancel_futures=True)

    # -- the loop, in a thread of its own ------------------------------------------------------------

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        pool = AsyncConnectionPool(
            conninfo(self._url),
            kwargs=SESSION,
            min_size=1,
            max_size=4,
            timeout=5,
            reconnect_timeout=5,
            open=False,
            check=AsyncConnectionPool.check_connection,
        )
        async with pool:
            await self._app.open_async(pool)
            parts = [self._keep_on(f"taking from {queue}", self._taking(queue)) for queue in self._at_once]
            parts.append(self._keep_on("handing over", self._hand_over_what_is_asked))
            tasks = [asyncio.create_task(part) for part in parts]
            await self._is_stopped.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_on(self, what: str, part: Callable[[], Awaitable[None]]) -> None:
        """A database that is out of reach is tried again and again."""
        while not self._is_stopped.is_set():
            try:
                await part()
            except Exception as error:
                logger.warning("%s failed (%s) and is tried again", what, type(error).__name__)
                await asyncio.sleep(AGAIN_AFTER)

    # -- handing over --------------------------------------------------------------------------------

    def _ask(self, line: Line) -> None:
        self._asked.add(line)
        self._is_asked.set()

    async def _hand_over_what_is_asked(self) -> None:
        """A line that is lost here, because the database is away, is handed over again by the clock."""
        await self._is_asked.wait()
        self._is_asked.clear()
        asked, self._asked = self._asked, set()
        queue = self._app.job_manager
        waiting = {job.queueing_lock for job in await queue.list_jobs_async(status=Status.TODO.value)}
        jobs = [self._job(line) for line in asked if _name(line) not in waiting]
        try:
            if jobs:
                await queue.batch_defer_jobs_async(jobs)
        except AlreadyEnqueued:  # another host was quicker with one of them
            for job in jobs:
                with suppress(AlreadyEnqueued):
                    await queue.defer_job_async(job)

    def _job(self, line: Line) -> Job:
        about: dict[str, Any] = {"account": line.account, "lane": line.lane.value}
        lane = line.lane.value
        return self._app.configure_task("line", queue=lane, queueing_lock=_name(line), task_kwargs=about).job

    # -- taking --------------------------------------------------------------------------------------

    def _taking(self, queue: str) -> Callable[[], Awaitable[None]]:
        async def take() -> None:
            await self._app.run_worker_async(
                queues=[queue],
                concurrency=self._at_once[queue],
                fetch_job_polling_interval=POLL_EVERY,
                update_heartbeat_interval=HEARTBEAT.total_seconds(),
                stalled_worker_timeout=DEAD_AFTER.total_seconds(),
                shutdown_graceful_timeout=GRACE,
                delete_jobs="always",
                install_signal_handlers=False,
            )

        return take

    def _with_tasks(self, app: App) -> App:
        """What can be asked of a worker. The thread at work outlives a connection that is lost meanwhile."""

        @app.task(name="line")
        async def line(account: str, lane: str) -> None:
            await asyncio.wrap_future(self._threads[lane].submit(self._work_line, account, lane))

        @app.task(name="drawing")
        async def drawing(key: str, pace: str) -> None:
            await asyncio.wrap_future(self._threads[RENDER].submit(self._draw, key, pace))

        @app.periodic(cron="* * * * * */5")  # the last are the seconds
        @app.task(name="rescue", queue=Lane.SEND.value, queueing_lock="rescue")
        async def rescue(timestamp: int) -> None:
            await self._rescue()

        return app

    def _work_line(self, account: str, lane: str) -> None:
        try:
            if self._work(Line(account=account, lane=Lane(lane))):
                self._then()
        except Exception as error:
            logger.error("%s %s failed: %s", account, lane, type(error).__name__, exc_info=True)

    def _draw(self, key: str, pace: str) -> None:
        """Whoever asked for it draws what is missing afterwards, and is told why it cannot be drawn."""
        try:
            self._draws.draw(key, pace)
        except Exception as error:
            logger.warning("drawing %s failed: %s", key, type(error).__name__)

    async def _rescue(self) -> None:
        """Give the jobs of dead hosts to others."""
        queue = self._app.job_manager
        for job in await queue.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER.total_seconds()):
            with suppress(ConnectorException):  # another host rescues it
                try:
                    await queue.retry_job(job)
                except UniqueViolation:  # its line waits there anew
                    await queue.finish_job(job, Status.FAILED, delete_job=True)
        await queue.prune_stalled_workers(DEAD_AFTER.total_seconds())


def _name(line: Line) -> str:
    return f"{line.lane} {line.account}"
