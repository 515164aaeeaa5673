"""The stage as a running server: in a thread for tests, or as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import uvicorn

from platforms.lifeline import end_with_parent
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
    listener = _listener(0)
    server = uvicorn.Server(_config(stage))
    thread = threading.Thread(target=server.run, args=([listener],), name="stage", daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        _wait_until_ready(base, thread.is_alive)
        yield RunningStage(base)
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def as_process(folder: Path, *, pace: float = 1.0, port: int = 0) -> Iterator[RunningStage]:
    """Serve a stage that remembers in `folder`, from a process of its own, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    listener = _listener(port)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (folder / "stage.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "platforms.rehearsal", str(listener.fileno()), str(folder), str(pace)],
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
    listener.close()
    try:
        _wait_until_ready(base, lambda: process.poll() is None)
        yield RunningStage(base)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(descriptor: int, folder: Path, pace: float) -> None:
    """Serve on an inherited listening socket until told to stop."""
    end_with_parent()
    stage = Stage(records=Records(folder / "stage.sqlite"), files=folder / "files", pace=pace)
    listener = socket.socket(fileno=descriptor)
    uvicorn.Server(_config(stage)).run([listener])


def _config(stage: Stage) -> uvicorn.Config:
    return uvicorn.Config(application(stage), log_level="warning", lifespan="off", timeout_graceful_shutdown=2)


def _listener(port: int) -> socket.socket:
    # Named as TCP, so that asyncio switches Nagle off: it cost 40 ms a call.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


def _wait_until_ready(base: str, alive: object, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if requests.get(f"{base}/_stage/ready", timeout=2).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            if callable(alive) and not alive():
                break
            time.sleep(0.02)
    raise RuntimeError("the rehearsal stage did not come up; its log says why")
