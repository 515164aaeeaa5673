"""Bad days on demand: what the stage does to a call besides answering it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

Name = Literal["drop-before", "drop-after", "error-after", "truncated-after", "empty-after", "error-before"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`times` calls whose method and path match go wrong.

    `drop-before` the connection dies and nothing is applied · `drop-after` it dies once the write is applied ·
    `error-before`/`error-after` HTTP 500 without or with the write · `truncated-after` half an answer ·
    `empty-after` 2xx with `{}`.
    """

    name: Name
    path: str
    method: str = "POST"
    containing: str = ""
    times: int = 1


class Faults:
    """The faults still to happen; the first that matches a call is used up by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Fault] = []

    def __len__(self) -> int:
        return len(self._due)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._due.append(fault)

    def take(self, method: str, path: str, query: str = "") -> Fault | None:
        with self._lock:
            for position, fault in enumerate(self._due):
                if fault.method == method and fault.path in path and fault.containing in query:
                    left = replace(fault, times=fault.times - 1)
                    self._due[position : position + 1] = [left] if left.times > 0 else []
                    return fault
        return None

    def around(self, app: App) -> App:
        async def serve(scope: Message, receive: Receive, send: Send) -> None:
            fault = None
            if scope["type"] == "http" and not scope["path"].startswith("/_stage"):
                fault = self.take(scope["method"], scope["path"], scope["query_string"].decode())
            if fault is None:
                await app(scope, receive, send)
            else:
                await _go_wrong(fault, app, scope, receive, send)

        return serve


async def _go_wrong(fault: Fault, app: App, scope: Message, receive: Receive, send: Send) -> None:
    status, body = 500, b'{"error":"stage"}'
    if fault.name.endswith("after"):
        applied = await _apply(app, scope, receive)
        if fault.name == "empty-after":
            status, body = applied[0]["status"], b"{}"
        if fault.name == "truncated-after":
            whole = b"".join(message.get("body", b"") for message in applied)
            status, body = applied[0]["status"], whole[: len(whole) // 2]
    if fault.name.startswith("drop"):
        _drop(receive)
    else:
        await _answer(send, status, body)


async def _apply(app: App, scope: Message, receive: Receive) -> list[Message]:
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer


def _drop(receive: Receive) -> None:
    """Cut the connection without a word. Uvicorn's cycle holds the transport; ASGI has no way to say it."""
    receive.__self__.transport.abort()  # type: ignore[attr-defined]


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
