"""What the stage remembers, its clock, and the application that serves all networks at once."""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from platforms.contract import Network
from platforms.rehearsal.faults import Fault, Faults

Document = dict[str, Any]


class Records:
    """Collections of JSON documents in order of arrival, written through to a file so that a restart keeps them."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._collections: dict[str, dict[str, Document]] = {}
        self._file = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        weakref.finalize(self, self._file.close)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS records"
            " (collection TEXT, key TEXT, document TEXT, PRIMARY KEY (collection, key))"
        )
        for collection, key, document in self._file.execute("SELECT * FROM records ORDER BY rowid"):
            self._collections.setdefault(collection, {})[key] = json.loads(document)

    def put(self, collection: str, key: str, document: Document) -> Document:
        with self._lock:
            self._collections.setdefault(collection, {})[key] = document
            self._file.execute(
                "INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document",
                (collection, key, json.dumps(document)),
            )
        return document

    def get(self, collection: str, key: str) -> Document | None:
        return self._collections.get(collection, {}).get(key)

    def all(self, collection: str) -> list[Document]:
        with self._lock:
            return list(self._collections.get(collection, {}).values())

    def everything(self) -> dict[str, list[Document]]:
        """All documents by collection."""
        with self._lock:
            return {collection: list(documents.values()) for collection, documents in self._collections.items()}

    def remove(self, collection: str, key: str) -> Document | None:
        with self._lock:
            self._file.execute("DELETE FROM records WHERE collection = ? AND key = ?", (collection, key))
            return self._collections.get(collection, {}).pop(key, None)

    @property
    def lock(self) -> threading.RLock:
        """Held around a read and the write that depends on it."""
        return self._lock


@dataclass
class Stage:
    """Everything that the emulated networks share.

    `pace` is how much faster than the wall clock an audience lives, so that a week told in minutes has a
    week's figures. Processing, lag and windows run on `now()`, which `move_clock` can push forward. `latency`
    is how many seconds every call of a network takes, on the wall clock, before it is looked at.
    """

    records: Records = field(default_factory=Records)
    files: Path = Path("stage-files")
    pace: float = 1.0
    processing: timedelta = timedelta(milliseconds=300)
    lag: timedelta = timedelta(milliseconds=200)
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    _ahead: timedelta = timedelta()
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.faults.now = lambda: self.now()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @property
    def ahead(self) -> timedelta:
        """How far its clock was moved."""
        return self._ahead

    def move_clock(self, by: timedelta) -> None:
        self._ahead += by

    def new_number(self) -> str:
        """A number above 2^53 as a string, rising with time (X's snowflake layout)."""
        milliseconds = int(self.now().timestamp() * 1000) - 1288834974657
        return str((milliseconds << 22) + next(self._ids) % 4096)

    def keep_file(self, content: bytes) -> str:
        """Store bytes; the answer is their SHA-256, which is also the file's name."""
        digest = hashlib.sha256(content).hexdigest()
        self.files.mkdir(parents=True, exist_ok=True)
        (self.files / digest).write_bytes(content)
        return digest

    def show(
        self,
        network: Network,
        account: str,
        remote_id: str,
        *,
        text: str,
        title: str = "",
        media: list[str] | None = None,
    ) -> None:
        """Write down that something became visible to the audience: the stage's own record of what went out.

        `media` are the SHA-256 digests of the bytes as they arrived. Called once per visible post.
        """
        self.records.put(
            "shown",
            f"{network}:{remote_id}",
            {
                "network": str(network),
                "account": account,
                "remote_id": remote_id,
                "title": title,
                "text": text,
                "media": media or [],
                "shown_at": self.now().isoformat(),
                "hidden_at": None,
            },
        )

    def reword(self, network: Network, remote_id: str, **words: str) -> None:
        """The audience reads another `text`, or `title`, from now on."""
        if shown := self.records.get("shown", f"{network}:{remote_id}"):
            self.records.put("shown", f"{network}:{remote_id}", {**shown, **words})

    def hide(self, network: Network, remote_id: str) -> None:
        if shown := self.records.get("shown", f"{network}:{remote_id}"):
            self.records.put("shown", f"{network}:{remote_id}", {**shown, "hidden_at": self.now().isoformat()})

    def age(self, since: str) -> timedelta:
        """How long the audience has had for something shown at `since` (ISO 8601), at the stage's pace."""
        return (self.now() - datetime.fromisoformat(since)) * self.pace


def application(stage: Stage) -> Callable[..., Any]:
    """The ASGI application: every network under its own path, and the stage's own desk under `/_stage`."""
    from platforms.rehearsal import graph, signing_in, website, x, youtube

    routes: list[BaseRoute] = [
        Mount("/consent", routes=signing_in.consent_routes(stage)),
        Mount("/x", routes=[*signing_in.x_routes(stage), *x.routes(stage)]),
        Mount("/graph", routes=[*signing_in.graph_routes(stage), *graph.routes(stage)]),
        Mount("/rupload", routes=graph.rupload_routes(stage)),
        Mount("/youtube-token", routes=signing_in.google_routes(stage)),
        Mount("/youtube", routes=youtube.routes(stage)),
        Mount("/website", routes=website.routes(stage)),
        Mount("/_stage", routes=_desk(stage)),
    ]
    served = stage.faults.around(Starlette(routes=routes), latency=lambda: stage.latency)
    return signing_in.putting_in_place(stage, served)


def _desk(stage: Stage) -> list[BaseRoute]:
    def shown(_: Request) -> JSONResponse:
        return JSONResponse(stage.records.all("shown"))

    def under_way(_: Request) -> JSONResponse:
        return JSONResponse(list(_under_way(stage)))

    def weather(_: Request) -> JSONResponse:
        told = {"now": stage.now().isoformat(), "ahead": stage.ahead.total_seconds(), "latency": stage.latency}
        return JSONResponse({**told, "faults": stage.faults.told()})

    async def set_fault(request: Request) -> JSONResponse:
        try:
            stage.faults.add(Fault(**await request.json()))
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse({"faults": len(stage.faults)})

    def forget_faults(_: Request) -> JSONResponse:
        stage.faults.forget()
        return JSONResponse({"faults": len(stage.faults)})

    async def set_latency(request: Request) -> JSONResponse:
        stage.latency = float((await request.json())["seconds"])
        return JSONResponse({"latency": stage.latency})

    async def move_clock(request: Request) -> JSONResponse:
        stage.move_clock(timedelta(seconds=(await request.json())["seconds"]))
        return JSONResponse({"now": stage.now().isoformat()})

    return [
        Route("/shown", shown),
        Route("/under-way", under_way),
        Route("/weather", weather),
        Route("/faults", set_fault, methods=["POST"]),
        Route("/faults", forget_faults, methods=["DELETE"]),
        Route("/latency", set_latency, methods=["POST"]),
        Route("/clock", move_clock, methods=["POST"]),
        Route("/ready", lambda _: JSONResponse({"stage": "rehearsal"})),
    ]


# Where each network keeps what is being sent to it, under which name its size, and which fields say that it is here.
_SENT_TO = (
    (Network.X, "x.media", "total_bytes", ("sha256",)),
    (Network.FACEBOOK, "graph.videos", "size", ("sha256", "post")),
    (Network.INSTAGRAM, "graph.containers", "size", ("sha256", "published")),
    (Network.YOUTUBE, "youtube.sessions", "size", ("answer",)),
)


def _under_way(stage: Stage) -> Iterator[Document]:
    """Uploads that have begun and are not whole. `received` bytes are absent where the network does not count them."""
    for network, collection, size, here in _SENT_TO:
        for document in stage.records.all(collection):
            if document.get(size) and not any(document.get(field) for field in here):
                told = {"network": network, "account": document["account"], "id": document["id"]}
                yield {**told, "size": document[size], "received": document.get("received")}
