"""The stage as a running server: in a thread for tests, or as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import uvicorn

from platforms.lifeline import end_with_parent
from platforms.rehearsal.putting_up import base_of, listening, start, until_ready
from platforms.rehearsal.stage import Records, Stage, application


@dataclass(frozen=True)
class RunningStage:
    base: str

    def shown(self) -> list[dict[str, object]]:
        """The stage's own records of what became visible, in order."""
        answer: list[dict[str, object]] = requests.get(f"{self.base}/_stage/shown", timeout=30).json()
        return answer


@contextmanager
def in_thread(stage: Stage) -> Iterator[RunningStage]:
    """Serve `stage` on a free loopback port from a thread of this process."""
    listener = listening()
    server = _Server(stage)
    thread = threading.Thread(target=server.run, args=([listener],), name="stage", daemon=True)
    thread.start()
    base = base_of(listener)
    try:
        until_ready(base, thread.is_alive)
        yield RunningStage(base)
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def as_process(folder: Path, *, pace: float = 1.0, port: int = 0) -> Iterator[RunningStage]:
    """Serve a stage that remembers in `folder`, from a process of its own, until the block ends."""
    listener = listening(port)
    base = base_of(listener)
    process = start(listener, folder, pace=pace)
    try:
        until_ready(base, lambda: process.poll() is None)
        yield RunningStage(base)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(descriptor: int, folder: Path, pace: float, parent: int) -> None:
    """Serve on an inherited listening socket until told to stop, or until the parent is gone."""
    end_with_parent(parent)
    stage = Stage(records=Records(folder / "stage.sqlite"), files=folder / "files", pace=pace)
    listener = socket.socket(fileno=descriptor)
    _Server(stage).run([listener])


class _Server(uvicorn.Server):
    """Lets go of the calls that are never answered before it waits for the others."""

    def __init__(self, stage: Stage) -> None:
        served = application(stage)
        super().__init__(uvicorn.Config(served, log_level="warning", lifespan="off", timeout_graceful_shutdown=2))
        self._faults = stage.faults

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._faults.let_go()
        await super().shutdown(sockets)
