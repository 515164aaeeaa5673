"""Put the stage up as a process of its own, without loading any of it into this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests


def listening(port: int = 0) -> socket.socket:
    """A socket on loopback that listens, on any free port if 0. Raises OSError where the port is taken."""
    # Named as TCP, so that asyncio switches Nagle off: it cost 40 ms a call.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def base_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def start(listener: socket.socket, folder: Path, *, pace: float = 1.0) -> subprocess.Popen[bytes]:
    """A stage that remembers in `folder`, on a socket that is its alone afterwards; it ends with its parent.

    Its session is its own: Ctrl-C is for the parent, who may still need it for a call in hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with listener, (folder / "stage.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "platforms.rehearsal", *map(str, (listener.fileno(), folder, pace, os.getpid()))],
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def until_ready(base: str, alive: Callable[[], bool], seconds: float = 30) -> None:
    """Return once the stage answers. Raises RuntimeError when it does not come up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answers(base):
            return
        if not alive():
            break
        time.sleep(0.02)
    raise RuntimeError("the rehearsal stage did not come up; its log says why")


def answers(base: str) -> bool:
    try:
        return bool(requests.get(f"{base}/_stage/ready", timeout=2).ok)
    except requests.RequestException:
        return False
