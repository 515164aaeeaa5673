"""Every network on one stage, with small true posts of every form: what the tests over all of them share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from platforms import adapter, connect
from platforms.contract import (
    Captions,
    Checkpoint,
    Finding,
    Form,
    Localization,
    Network,
    Outgoing,
    Partly,
    Platform,
    Receipt,
)
from platforms.rehearsal import credentials, endpoints
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from platforms.shelf import LoopbackShelf
from tests.platforms.meta_stage import film, picture, post

ACCOUNT = "account"
LAG = timedelta(seconds=10)


def posts(folder: Path) -> Mapping[str, Outgoing]:
    """One post for each thing that a network may offer; which of them it takes, its own `check` says."""
    card, upright = picture(folder, size=(1080, 1080)), picture(folder, size=(1080, 1920), shade=40)
    cards = [picture(folder, shade=shade, size=(1080, 1080)) for shade in (10, 20, 30)]
    wide = film(folder, size=(1280, 720), seconds=30)
    words = {"title": "كلمة طيبة", "text": "الكلمة الطيبة صدقة 🌿 #كلمة"}
    further = {"en": Localization(title="A kind word", text="A kind word is charity")}
    return {
        "text": post(text=words["text"], title=words["title"]),
        "thread": post(text="Words that go on. " * 40, title="Words"),
        "picture": post(card, **words),
        "several pictures": post(*cards, **words),
        "film": post(wide, **words),
        "film in two languages with captions": post(
            wide, **words, localizations=further, captions=tuple(_captions(folder, "ar", "en"))
        ),
        "upright film": post(film(folder, size=(576, 1024), seconds=20), **words),
        "picture story": _story(upright),
        "film story": _story(film(folder, size=(1080, 1920), seconds=20)),
    }


def _story(*media: Any) -> Outgoing:
    return Outgoing(key="story", language="ar", form=Form.STORY, text="", media=media)


def _captions(folder: Path, *languages: str) -> Iterator[Captions]:
    import hashlib

    for language in languages:
        path = folder / f"{language}.srt"
        path.write_text("1\n00:00:00,000 --> 00:00:02,000\nSpoken kindly\n", encoding="utf-8")
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        yield Captions(language=language, path=path, sha256=digest, size=len(content))


def taken() -> list[tuple[Network, str]]:
    """Every network with every one of these posts that it takes. A thread is one only where a text can be too long."""
    with TemporaryDirectory() as folder:
        everything = posts(Path(folder))
        return [
            (network, name)
            for network in Network
            for name, each in everything.items()
            if each.form in adapter(network).forms
            and not adapter(network).check(each)
            and (name != "thread" or network is Network.X)
        ]


@dataclass
class World:
    """A stage with all networks, and accounts on it whose waiting moves its clock."""

    stage: Stage
    base: str
    shelf: LoopbackShelf
    saved: list[Checkpoint] = field(default_factory=list)

    def account(self, network: Network) -> Platform:
        """Another object for the same account, as after a restart."""
        secrets = credentials(network, ACCOUNT)
        platform = connect(network, credentials=secrets, endpoints=endpoints(self.base), shelf=self.shelf)
        return never_waiting(platform, lambda seconds: self.stage.move_clock(timedelta(seconds=seconds)))

    def save(self, checkpoint: Checkpoint) -> None:
        self.saved.append(dict(checkpoint))

    def publish(self, platform: Platform, outgoing: Outgoing) -> tuple[Receipt, Checkpoint]:
        checkpoint = platform.stage(outgoing, {}, self.save)
        self.saved.append(dict(checkpoint))
        receipt = platform.reveal(outgoing, checkpoint, self.save)
        return receipt, self.saved[-1]

    def look(self, platform: Platform, outgoing: Outgoing, checkpoint: Checkpoint) -> Finding:
        """Once lists have caught up with what was sent just now."""
        since = self.stage.now() - timedelta(minutes=1)
        self.stage.move_clock(LAG + platform.settling)
        return platform.find(outgoing, checkpoint, since)

    def find(self, platform: Platform, outgoing: Outgoing, checkpoint: Checkpoint) -> Finding:
        """The same, and where a part is out the others follow, as the engine has them."""
        finding = self.look(platform, outgoing, checkpoint)
        for _ in range(9):
            if not isinstance(finding, Partly):
                break
            self.saved.append(dict(finding.checkpoint))
            platform.reveal(outgoing, finding.checkpoint, self.save)
            finding = self.look(platform, outgoing, self.saved[-1])
        return finding

    def shown(self) -> list[dict[str, Any]]:
        """What the audience can see now."""
        return [each for each in self.stage.records.all("shown") if each["hidden_at"] is None]


def is_declared(here: World) -> bool:
    """Whether the stage has been told of anything that a machine made it."""
    kept = json.dumps(here.stage.records.everything())
    return any(f'"{word}": true' in kept for word in ("declared", "containsSyntheticMedia"))


def never_waiting(platform: Platform, move: Callable[[float], None]) -> Platform:
    """Where it would sleep until its network is ready, the clocks are moved instead."""
    for patient in (platform, getattr(platform, "_graph", platform)):
        if hasattr(patient, "_sleep"):
            patient._sleep = move
    return platform


@contextmanager
def world(folder: Path, shelf: LoopbackShelf) -> Iterator[World]:
    stage = Stage(files=folder / "stage", processing=timedelta(seconds=2), lag=LAG)
    with in_thread(stage) as running:
        yield World(stage, running.base, shelf)
