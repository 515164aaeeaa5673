"""YouTube's side of the stage, whose whole traffic a judge looks through."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from starlette.applications import Starlette
from starlette.routing import Mount

from platforms import rehearsal
from platforms.contract import Checkpoint, Form, Localization, MediaFile, Network, Outgoing
from platforms.endpoints import Endpoints
from platforms.rehearsal.faults import App, Message, Name, Receive, Send
from platforms.rehearsal.stage import Stage
from platforms.rehearsal.youtube import routes, token_routes
from platforms.shelf import NoShelf
from platforms.youtube.publish import YouTubeChannel
from tests.door import Door
from tests.platforms.youtube_judge import Call, judge

ACCOUNT = "youtube-main"
VIDEOS = "/youtube/v3/videos"
UPLOAD = "/upload/youtube/v3/videos"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FAULTS: tuple[Name, ...] = (
    "drop-before",
    "drop-after",
    "error-before",
    "error-after",
    "truncated-after",
    "empty-after",
)


@dataclass
class World:
    stage: Stage
    base: str
    calls: list[Call] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def endpoints(self) -> Endpoints:
        return rehearsal.endpoints(self.base)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.stage.move_clock(timedelta(seconds=seconds))

    def channel(self, **credentials: str) -> YouTubeChannel:
        signed = {**rehearsal.credentials(Network.YOUTUBE, ACCOUNT), **credentials}
        return YouTubeChannel(credentials=signed, endpoints=self.endpoints, shelf=NoShelf(), sleep=self.sleep)

    def videos(self) -> list[dict[str, Any]]:
        return self.stage.records.all("youtube.videos")

    def on_show(self) -> list[dict[str, Any]]:
        return [each for each in self.stage.records.all("shown") if not each["hidden_at"]]

    def puts(self) -> list[str]:
        """Content ranges of the chunks as they arrived."""
        ranges = [call.headers.get("content-range", "") for call in self.calls if call.method == "PUT"]
        return [each for each in ranges if each]

    def asked(self, method: str, path: str) -> int:
        return sum(call.method == method and call.path.endswith(path) for call in self.calls)


@pytest.fixture
def world(door: Door, tmp_path: Path) -> Iterator[World]:
    """A stage with YouTube alone; when the test is over, every call and answer must fit the discovery documents."""
    known = World(Stage(files=tmp_path / "stage"), door.base)
    mounts = [
        Mount("/youtube-token", routes=token_routes(known.stage)),
        Mount("/youtube", routes=routes(known.stage)),
    ]
    door.lead_to(known.stage.faults.around(watched(Starlette(routes=mounts), known.calls)))
    yield known
    for call in known.calls:
        judge(call)


def watched(app: App, calls: list[Call]) -> App:
    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        body, answer, status = bytearray(), bytearray(), 0
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = parse_qs(scope["query_string"].decode())

        async def hear() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answer.extend(message.get("body", b""))
            if message["type"] == "http.response.body":  # written down before the caller can go on
                known = (scope["method"], scope["path"], query, headers)
                calls.append(Call(*known, bytes(body), status, bytes(answer)))
            await send(message)

        await app(scope, hear, tell)

    return serve


def film(folder: Path, size: int = 300_001, name: str = "film.mp4") -> MediaFile:
    content = random.Random(f"{name}{size}").randbytes(size)
    path = folder / name
    path.write_bytes(content)
    return MediaFile(
        path=path,
        mime_type="video/mp4",
        sha256=hashlib.sha256(content).hexdigest(),
        size=size,
        width=1920,
        height=1080,
        duration=timedelta(seconds=40),
    )


@pytest.fixture
def outgoing(tmp_path: Path) -> Outgoing:
    return Outgoing(
        key="mercy-7/youtube-main/ar",
        language="ar",
        form=Form.VIDEO,
        title="الرحمة قبل كل شيء",
        text="الراحمون يرحمهم الرحمن.\n\n#صوت_الحكمة #الرحمة",
        hashtags=("#صوت_الحكمة", "#الرحمة"),
        media=(film(tmp_path),),
        localizations={
            "ar": Localization(title="الرحمة قبل كل شيء", text="الراحمون يرحمهم الرحمن."),
            "en": Localization(title="Mercy before all", text="The merciful are shown mercy."),
            "fr": Localization(title="La miséricorde d’abord", text="Aux miséricordieux, la miséricorde."),
        },
    )


class Death(BaseException):
    """The process ends here."""


class Notebook:
    """What `save` was given, as it would come back from a database."""

    def __init__(self, *, dies_at: Callable[[Checkpoint], bool] = lambda _: False) -> None:
        self.pages: list[dict[str, Any]] = []
        self.dies_at = dies_at

    def __call__(self, checkpoint: Checkpoint) -> None:
        self.pages.append(json.loads(json.dumps(checkpoint)))
        if self.dies_at(checkpoint):
            raise Death

    @property
    def last(self) -> dict[str, Any]:
        return self.pages[-1] if self.pages else {}


def staged(world: World, outgoing: Outgoing) -> Checkpoint:
    return world.channel().stage(outgoing, {}, Notebook())


@dataclass(frozen=True)
class Visitor:
    """Calls the stage by hand."""

    world: World
    token: str

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.world.base}/youtube{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)


def visitor(world: World, account: str = ACCOUNT) -> Visitor:
    form = {"grant_type": "refresh_token", **rehearsal.credentials(Network.YOUTUBE, account)}
    return Visitor(world, requests.post(world.endpoints.youtube_token, form, timeout=10).json()["access_token"])


def reason(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]
