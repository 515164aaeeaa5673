"""Bad days on demand: what the stage does to a call besides answering it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.responses import Response

from platforms.rehearsal import refusals

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

Name = Literal[
    "drop-before",
    "drop-after",
    "error-before",
    "error-after",
    "truncated-after",
    "empty-after",
    "hang",
    "silent-after",
    "rate-limited",
    "token-dead",
]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`times` calls whose method and path match go wrong, after `skip` of them that go well.

    `drop-before` the connection dies and nothing is applied · `drop-after` it dies once the write is applied ·
    `error-before`/`error-after` HTTP 500 without or with the write · `truncated-after` half an answer ·
    `empty-after` 2xx with `{}` · `hang`/`silent-after` no answer ever, without or with the write ·
    `rate-limited` the network's own refusal, nothing applied, for `seconds` where the network says how long ·
    `token-dead` the network's own refusal of this call and of all that follow, until `Faults.forget`.
    """

    name: Name
    path: str
    method: str = "POST"
    containing: str = ""
    times: int = 1
    skip: int = 0
    seconds: float = 600


class Faults:
    """The faults still to happen; the first that matches a call is used up by it.

    `silences` counts the calls that were left without an answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Fault] = []
        self._signed_out: set[str] = set()
        self._unanswered: set[Receive] = set()
        self.silences = 0

    def __len__(self) -> int:
        return len(self._due)

    @property
    def unanswered(self) -> int:
        """Calls that are being left without an answer now."""
        return len(self._unanswered)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._due.append(fault)

    def forget(self) -> None:
        """Nothing goes wrong any more, and dead tokens live again: somebody has signed in."""
        with self._lock:
            self._due.clear()
            self._signed_out.clear()

    def take(self, method: str, path: str, query: str = "") -> Fault | None:
        with self._lock:
            for position, fault in enumerate(self._due):
                if fault.method != method or fault.path not in path or fault.containing not in query:
                    continue
                if fault.skip:
                    self._due[position] = replace(fault, skip=fault.skip - 1)
                    continue
                left = replace(fault, times=fault.times - 1)
                self._due[position : position + 1] = [left] if left.times > 0 else []
                return fault
        return None

    def around(
        self, app: App, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), latency: Callable[[], float] = float
    ) -> App:
        """`app` on a bad day. `now` is the stage's clock; `latency` how long, in seconds, every call takes at least."""

        async def serve(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith("/_stage"):
                await app(scope, receive, send)
                return
            if pause := latency():
                await asyncio.sleep(pause)
            fault = self.take(scope["method"], scope["path"], scope["query_string"].decode())
            if refusal := self._refusal(fault, scope["path"], now()):
                await _gone(receive, or_all_said=True)
                await refusal(scope, receive, send)
            elif fault is None:
                await app(scope, receive, send)
            else:
                await self._go_wrong(fault, app, scope, receive, send)

        return serve

    def let_go(self) -> None:
        """Cut the calls that are still without an answer. To be called in the server's own thread."""
        for receive in list(self._unanswered):
            _cut(receive)

    def _refusal(self, fault: Fault | None, path: str, now: datetime) -> Response | None:
        network = refusals.network_of(path)
        if fault and fault.name == "token-dead":
            self._signed_out.add(network)
        if network in self._signed_out:
            return refusals.signed_out(path)
        if fault and fault.name == "rate-limited":
            return refusals.too_soon(path, fault.seconds, now)
        return None

    async def _go_wrong(self, fault: Fault, app: App, scope: Message, receive: Receive, send: Send) -> None:
        status, body = 500, b'{"error":"stage"}'
        if fault.name.endswith("after"):
            applied = await _apply(app, scope, receive)
            if fault.name == "empty-after":
                status, body = applied[0]["status"], b"{}"
            if fault.name == "truncated-after":
                whole = b"".join(message.get("body", b"") for message in applied)
                status, body = applied[0]["status"], whole[: len(whole) // 2]
        if fault.name in ("hang", "silent-after"):
            await self._say_nothing(receive)
        elif fault.name.startswith("drop"):
            _cut(receive)
            await _gone(receive)
        else:
            await _answer(send, status, body)

    async def _say_nothing(self, receive: Receive) -> None:
        """Until the client leaves, or the stage stops."""
        self._unanswered.add(receive)
        self.silences += 1
        try:
            await _gone(receive)
        finally:
            self._unanswered.discard(receive)


async def _apply(app: App, scope: Message, receive: Receive) -> list[Message]:
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer


async def _gone(receive: Receive, *, or_all_said: bool = False) -> None:
    """Listen until the client has left, or has said all that it wants to say."""
    while (message := await receive())["type"] != "http.disconnect":
        if or_all_said and not message.get("more_body"):
            return


def _cut(receive: Receive) -> None:
    """Cut the connection without a word. Uvicorn's cycle holds the transport; ASGI has no way to say it."""
    receive.__self__.transport.abort()  # type: ignore[attr-defined]


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
