"""A running server for many tests: each puts its own application behind it, which costs no second server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from platforms.rehearsal.putting_up import base_of, listening


class Door:
    """`calls` are the URLs that have arrived since it leads to where it leads."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.calls: list[str] = []
        self.app: Any = None

    def lead_to(self, app: Any) -> None:
        """Have another ASGI application answer."""
        self.calls.clear()
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append(f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}")
        await self.app(scope, receive, send)


@contextmanager
def opened() -> Iterator[Door]:
    listener = listening()
    door = Door(base_of(listener))
    config = uvicorn.Config(door, log_level="critical", lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield door
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
