"""Ground to measure on: a home of its own, posts approved in bulk, and workers as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import requests
from PIL import Image, ImageDraw
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns import catalogue, drafting, review
from campaigns.languages import Language
from campaigns.models import Delivery, Kind, Person, Post, Publication, Role
from campaigns.settings import AccountSetting, Settings
from campaigns.store import Store
from campaigns.vault import Vault

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class ToSend:
    """One post in English, with a picture or a film or without, and perhaps with a link."""

    key: str
    on: tuple[str, ...]
    due_at: datetime
    media: Path | None = None
    link: str = ""

    @property
    def text(self) -> str:
        return f"A kind word, {self.key}. {self.link}".rstrip()


@dataclass(frozen=True)
class Ground:
    settings: Settings
    store: Store
    vault: Vault

    def approve(self, posts: Iterable[ToSend]) -> int:
        """Draft, submit and approve them all in one transaction; the answer is how many publications are planned."""
        now = now_()
        with self.store.writing() as session:
            editor = review.person_called(session, "Editor", role=Role.EDITOR, now=now)
            writer = review.person_called(session, "Writer", role=Role.WRITER, now=now)
            return sum(self._approve(session, each, writer, editor, now) for each in posts)

    def _approve(self, session: Session, post: ToSend, writer: Person, editor: Person, now: datetime) -> int:
        drafting.save(session, _draft(post), now=now, vault=self.vault)
        session.flush()
        drafted = session.scalars(select(Post).where(Post.key == post.key)).one()
        review.submit(session, drafted, by=writer, now=now)
        planned = review.approve(
            session,
            drafted,
            seal=review.seal_of(drafted.revision),
            by=editor,
            now=now,
            vault=self.vault,
            settings=self.settings,
        )
        return len(planned)

    def count(self, *states: Delivery) -> int:
        with self.store.reading() as session:
            return session.scalar(select(func.count(Publication.id)).where(Publication.state.in_(states))) or 0

    def environ(self, **more: str) -> dict[str, str]:
        """What a process of this ground finds in its environment."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAWT_")}
        here = {"SAWT_HOME": str(self.settings.home), "SAWT_DATABASE_URL": self.settings.database_url}
        return {**clean, **here, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def ground(
    folder: Path,
    *,
    accounts: Iterable[AccountSetting] | None = None,
    spacing: timedelta = timedelta(),
    database_url: str | None = None,
) -> Iterator[Ground]:
    """A prepared home in `folder` with these accounts, the shipped ones if None, each with this spacing."""
    chosen = Settings.from_environment({"SAWT_HOME": str(folder)}).accounts if accounts is None else tuple(accounts)
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "config" / "accounts.toml").write_text(_toml(chosen, spacing), encoding="utf-8")
    environ = {"SAWT_HOME": str(folder), **({"SAWT_DATABASE_URL": database_url} if database_url else {})}
    settings = Settings.from_environment(environ)
    store = Store(settings.database_url)
    try:
        catalogue.prepare(store, settings, now=now_())
        yield Ground(settings, store, Vault(settings.media))
    finally:
        store.close()


@contextmanager
def worker(ground: Ground, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """`sawt run --only worker` over this ground, until the block ends."""
    with started([sys.executable, "-m", "campaigns.cli", "run", "--only", "worker"], ground.environ(**environ)) as it:
        yield it


@contextmanager
def started(command: list[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=dict(environ), cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def shown(base: str) -> list[dict[str, str]]:
    """The stage's own record of what its audience saw."""
    answer: list[dict[str, str]] = requests.get(f"{base}/_stage/shown", timeout=60).json()
    return answer


def pictures(folder: Path, number: int) -> list[Path]:
    """Square JPEGs of the size of a card, each with bytes of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_picture(folder / f"{each}.jpg", each) for each in range(number)]


def _picture(file: Path, number: int) -> Path:
    image = Image.effect_noise((1080, 1080), 40).convert("RGB")
    ImageDraw.Draw(image).text((540, 540), str(number), fill="white")
    image.save(file, "JPEG", quality=80)
    return file


def now_() -> datetime:
    return datetime.now(UTC)


def _draft(post: ToSend) -> drafting.Draft:
    words = drafting.Words(
        language=Language.EN, title=post.key, text=post.text, alt_text="A picture" if post.media else ""
    )
    return drafting.Draft(
        key=post.key,
        kind=_kind(post),
        words=(words,),
        media=(_supplied(post.media),) if post.media else (),
        accounts=post.on,
        at=post.due_at.isoformat(),
        timezone="UTC",
        author="Writer",
    )


def _kind(post: ToSend) -> Kind:
    if post.media is None:
        return Kind.TEXT
    return Kind.FILM if post.media.suffix == ".mp4" else Kind.DESIGN


@cache
def _supplied(file: Path) -> drafting.Supplied:
    return drafting.supply(file, Language.EN, 0)


def _toml(accounts: Iterable[AccountSetting], spacing: timedelta) -> str:
    return "\n".join(
        f'[{each.key}]\nnetwork = "{each.network}"\nlanguages = ["en"]\nname = "{each.name}"\n'
        f"spacing_minutes = {spacing / timedelta(minutes=1)}\n"
        for each in accounts
    )
