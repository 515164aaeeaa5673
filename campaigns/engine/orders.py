"""Drawings that a command or the desk asks of any worker."""

from __future__ import annotations

from contextlib import suppress

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job, Status

from campaigns.engine.tables import SESSION, conninfo, install

RENDER = "render"
"""The queue of drawings, beside those of the two lanes."""


class Orders:
    """Open it around what is asked: `with Orders(url) as orders`."""

    def __init__(self, url: str) -> None:
        install(url)
        self._app = App(connector=PsycopgConnector(conninfo=conninfo(url), kwargs=SESSION, min_size=1, max_size=1))

    def __enter__(self) -> Orders:
        self._app.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._app.close()

    def place(self, key: str, pace: str) -> None:
        """Ask for the pictures and films of the post, unless that is asked already."""
        task = self._app.configure_task("drawing", queue=RENDER, queueing_lock=_name(key))
        with suppress(AlreadyEnqueued):
            task.defer(key=key, pace=pace)

    def stands(self, key: str) -> bool:
        """Whether somebody still has it to do, or is at it."""
        return bool(self._jobs(key))

    def waits(self, key: str) -> bool:
        """Whether nobody has begun yet."""
        return any(job.status == Status.TODO.value for job in self._jobs(key))

    def take_back(self, key: str) -> None:
        """Nobody need do it any more, unless somebody has begun."""
        for job in self._jobs(key):
            self._app.job_manager.cancel_job_by_id(job.id or 0, delete_job=True)

    def _jobs(self, key: str) -> list[Job]:
        return [*self._app.job_manager.list_jobs(queue=RENDER, queueing_lock=_name(key))]


def _name(key: str) -> str:
    return f"{RENDER} {key}"
