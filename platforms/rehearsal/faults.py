"""Bad days on demand: what the stage does to a call besides answering it."""

from __future__ import annotations

import asyncio
import base64
import re
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from platforms.rehearsal.bad_days import BAD_DAYS, BadDay
from platforms.rehearsal.refusals import Met, room_of, signs_in_with

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

Name: TypeAlias = str
"""One of BAD_DAYS."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A bad day for the calls that match: `name` is one of BAD_DAYS, which says what happens then.

    `path` is a regular expression to be found in the call's path, `containing` words of its query, `account` whose
    call it is (anybody's if empty). `method` is one of HTTP's, or `*` for all calls that such a day is about; left
    out, it is POST where such a day is about any call that writes. After `skip` calls that go well every `every`-th
    goes wrong, `times` in all (0: until it is taken back), and none later than `lasting` seconds from now on the
    stage's clock. `seconds` is how long a closed window stays so, where the network says how long.
    """

    name: Name
    path: str = ""
    method: str = ""
    containing: str = ""
    account: str = ""
    times: int = 1
    skip: int = 0
    every: int = 1
    lasting: float = 0
    seconds: float = 600

    def __post_init__(self) -> None:
        if self.name not in BAD_DAYS:
            raise ValueError(f"there is no bad day called {self.name!r}; there are {', '.join(BAD_DAYS)}")
        if min(self.times, self.skip, self.lasting, self.seconds) < 0 or self.every < 1:
            raise ValueError("times, skip, lasting and seconds are not negative, and every is 1 or more")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"{self.path!r} is no pattern of a path: {error}") from None

    @property
    def day(self) -> BadDay:
        return BAD_DAYS[self.name]

    def befalls(self, call: Asked) -> bool:
        """Whether it is about such a call at all, however often it has come."""
        method = self.method or ("*" if self.day.is_its_own else "POST")
        alike = self.day.befalls(call.method, call.path, call.kind) if method == "*" else method == call.method
        theirs = not self.account or self.account == call.account
        return alike and theirs and bool(re.search(self.path, call.path)) and self.containing in call.query


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A call as it arrives. `kind` is its content type, `account` whose credentials it carries, if any."""

    method: str
    path: str
    query: str = ""
    kind: str = ""
    account: str = ""

    @classmethod
    def from_scope(cls, scope: Message) -> Asked:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        return cls(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode(),
            kind=headers.get("content-type", ""),
            account=_account(headers.get("authorization", "")),
        )


def _account(authorization: str) -> str:
    """Whose credentials these are, whatever the network's way to carry them; nobody's if they are not the stage's."""
    scheme, _, secret = authorization.partition(" ")
    if scheme == "Basic":
        secret = base64.b64decode(secret).decode(errors="replace").partition(":")[2].replace(" ", "")
    found = re.search(r'(?:^|oauth_token="|\.)stage[-~]([^"~]+)', secret)
    return found[1] if found else ""


class _Due:
    """A fault that may still happen."""

    def __init__(self, fault: Fault, now: datetime) -> None:
        self.fault, self.seen, self.happened = fault, 0, 0
        self._ends = now + timedelta(seconds=fault.lasting) if fault.lasting else None

    def is_over(self, now: datetime) -> bool:
        used_up = bool(self.fault.times) and self.happened >= self.fault.times
        return used_up or (self._ends is not None and now >= self._ends)

    def meets(self, call: Asked) -> bool:
        """Whether it happens to this call; every call that it is about is counted."""
        if not self.fault.befalls(call):
            return False
        self.seen += 1
        past = self.seen - self.fault.skip
        happens = past > 0 and (past - 1) % self.fault.every == 0
        self.happened += happens
        return happens


class Faults:
    """The faults still to happen; the first that matches a call happens to it.

    `now` is the stage's clock; `silences` counts the calls that were left without an answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[_Due] = []
        self._lasting: dict[tuple[str, str], Fault] = {}
        self._unanswered: set[Receive] = set()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.silences = 0

    def __len__(self) -> int:
        return len(self._still_due())

    @property
    def unanswered(self) -> int:
        """Calls that are being left without an answer now."""
        return len(self._unanswered)

    def told(self) -> list[Mapping[str, Any]]:
        """The faults still to happen, and those in force until they are taken back, as JSON values."""
        due = [{**asdict(each.fault), "happened": each.happened} for each in self._still_due()]
        with self._lock:
            lasting = [{**asdict(fault), "path": f"^/{room}/"} for (room, _), fault in self._lasting.items()]
        return [*lasting, *due]

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._due.append(_Due(fault, self.now()))

    def forget(self) -> None:
        """Nothing goes wrong any more, and dead tokens live again: somebody has signed in."""
        with self._lock:
            self._due.clear()
            self._lasting.clear()

    def take(self, call: Asked) -> Fault | None:
        """What happens to this call now. To be asked once for each."""
        due = self._still_due()
        with self._lock:
            return next((each.fault for each in due if each.meets(call)), None)

    def _still_due(self) -> list[_Due]:
        with self._lock:
            self._due = [each for each in self._due if not each.is_over(self.now())]
            return list(self._due)

    def around(self, app: App, *, latency: Callable[[], float] = float) -> App:
        """`app` on a bad day. `latency` says how long, in seconds, every call takes at least."""

        async def serve(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith("/_stage"):
                await app(scope, receive, send)
                return
            if pause := latency():
                await asyncio.sleep(pause)
            call = Asked.from_scope(scope)
            if fault := self._in_force(call, self.take(call)):
                await self._go_wrong(fault, app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return serve

    def let_go(self) -> None:
        """Cut the calls that are still without an answer. To be called in the server's own thread."""
        for receive in list(self._unanswered):
            _cut(receive)

    def _in_force(self, call: Asked, fault: Fault | None) -> Fault | None:
        """What lasts for all calls of this account comes before what happens to this one alone."""
        room = signs_in_with(room_of(call.path))
        with self._lock:
            if fault and fault.day.lasts:
                self._lasting[room, fault.account] = fault
            return self._lasting.get((room, "")) or self._lasting.get((room, call.account)) or fault

    async def _go_wrong(self, fault: Fault, app: App, scope: Message, receive: Receive, send: Send) -> None:
        day = fault.day
        status, body = await _apply(app, scope, receive) if day.applied else (0, b"")
        if day.answer == "silence":
            await self._say_nothing(receive)
        elif day.answer == "cut":
            _cut(receive)
            await _gone(receive)
        else:
            if not day.applied:
                await _gone(receive, or_all_said=True)
            met = Met(path=scope["path"], now=self.now(), seconds=fault.seconds, status=status, body=body)
            await day.answer(met)(scope, receive, send)

    async def _say_nothing(self, receive: Receive) -> None:
        """Until the client leaves, or the stage stops."""
        self._unanswered.add(receive)
        self.silences += 1
        try:
            await _gone(receive)
        finally:
            self._unanswered.discard(receive)


async def _apply(app: App, scope: Message, receive: Receive) -> tuple[int, bytes]:
    """Status and body of the answer that nobody will hear."""
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer[0]["status"], b"".join(message.get("body", b"") for message in answer)


async def _gone(receive: Receive, *, or_all_said: bool = False) -> None:
    """Listen until the client has left, or has said all that it wants to say."""
    while (message := await receive())["type"] != "http.disconnect":
        if or_all_said and not message.get("more_body"):
            return


def _cut(receive: Receive) -> None:
    """Cut the connection without a word. Uvicorn's cycle holds the transport; ASGI has no way to say it."""
    receive.__self__.transport.abort()  # type: ignore[attr-defined]
