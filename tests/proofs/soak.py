"""`python -m tests.proofs.soak --minutes 60`: a worker under a steady stream of posts, with a fault now and then.

Each account speaks as often as its network takes posts, so that none is left waiting for a window. Worker and stage
are processes of their own. What the worker takes up is looked at every half minute: memory, open files, threads, and
the database. At the end stands a line for each quarter of the time, and a verdict: how memory grows with the posts
once it is warm, and whether anything was seen twice or lost, by the stage's own record.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import psutil
import requests
from imageio_ffmpeg import get_ffmpeg_exe
from sqlalchemy import func, select

from campaigns.models import ON_THE_WAY, Delivery, Publication
from campaigns.settings import AccountSetting
from campaigns.stage import stage_up
from platforms import adapter
from platforms.contract import Form, Network
from tests.bench.ground import Ground, ToSend, ground, now_, pictures, shown, worker

AHEAD, BATCH = timedelta(seconds=8), timedelta(seconds=4)
"""How long before their hours posts are approved, and how many seconds' worth of them at once."""
FAULTS = ("drop-before", "drop-after", "error-before", "error-after", "truncated-after", "empty-after")
VISIBLE = {Network.X: "/tweets", Network.FACEBOOK: "/feed", Network.INSTAGRAM: "/media_publish"}
"""Where the one visible call of a network goes."""
ONE_IN = 100
GIVES_UP_AFTER = 60.0
MEMORY_GROWTH, FILES_GROWTH = 5.0, 5.0
"""Megabytes, and open files, in 10,000 posts; more than this is called growth."""
LINK_IN = 10
RESERVE = 1.2
"""How much more slowly an account speaks than its network would allow, so that what a fault delayed has room."""
ENOUGH = 1000
"""With fewer posts after the warm-up nothing is said about growth."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the worker took up when so many posts were out; megabytes."""

    out: int
    memory: float
    own: float
    files: int
    threads: int
    database: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    samples: Sequence[Sample]
    posts: int
    states: dict[str, int]
    faults: int
    twice: tuple[str, ...]
    lost: tuple[str, ...]
    unfinished: int = 0

    def growth(self, of: Callable[[Sample], float]) -> float | None:
        """How much more of it in 10,000 posts, by least squares over all but the first quarter; None if too few."""
        warm = self.samples[len(self.samples) // 4 :]
        if warm[-1].out - warm[0].out < ENOUGH:
            return None
        return statistics.linear_regression([each.out for each in warm], [of(each) for each in warm]).slope * 10_000

    @property
    def is_good(self) -> bool:
        memory, files = self.growth(lambda s: s.memory), self.growth(lambda s: s.files)
        grew = (memory or 0) > MEMORY_GROWTH or (files or 0) > FILES_GROWTH
        return not (self.twice or self.lost or self.unfinished or grew)

    @property
    def quarters(self) -> list[Sequence[Sample]]:
        size = max(len(self.samples) // 4, 1)
        cut = [self.samples[number * size : (number + 1) * size] for number in range(3)]
        return [each for each in (*cut, self.samples[3 * size :]) if each]


def soak(folder: Path, *, length: timedelta, spacing: timedelta, look_every: timedelta) -> Verdict:
    """Send for `length` with this `spacing` on an account, settle what is left, and say what was seen."""
    with ground(folder / "home") as here, stage_up(here.settings) as base, worker(here) as process:
        stream = _Stream(here, base, folder, length, spacing)
        samples, watched = [], psutil.Process(process.pid)
        start = time.monotonic()
        next_look, end = start + look_every.total_seconds(), start + length.total_seconds()
        while (now := time.monotonic()) < end:
            stream.keep_ahead(until=now_() + AHEAD)
            if now >= next_look:
                samples.append(_look(watched, here))
                next_look += look_every.total_seconds()
            time.sleep(0.2)
        _settle(here)
        samples.append(_look(watched, here))
        return _verdict(here, base, stream, samples)


class _Stream:
    """Posts on every account, a link in some; every second one with a picture, a film where nothing else is taken."""

    def __init__(self, here: Ground, base: str, folder: Path, length: timedelta, spacing: timedelta) -> None:
        self.sent: list[str] = []
        self.faults = 0
        self._here, self._base = here, base
        accounts = here.settings.accounts
        self._spacing = {each: max(spacing, _taken(each, accounts, length)) for each in accounts}
        self._next_at = dict.fromkeys(accounts, now_() + AHEAD)
        self._cards, self._film = pictures(folder / "pictures", 8), _film(folder / "film.mp4")
        self._numbers = count()
        self._chance = random.Random(90)

    def keep_ahead(self, until: datetime) -> None:
        if min(self._next_at.values()) > until:
            return
        batch = []
        for account in self._spacing:
            while self._next_at[account] <= until + BATCH:
                batch.append(self._post(account, next(self._numbers)))
                self._next_at[account] += self._spacing[account]
        self._here.approve(batch)
        self.sent += [each.text for each in batch]
        for post in batch:
            if self._chance.randrange(ONE_IN) == 0:
                self._let_something_go_wrong(post)

    def _post(self, account: AccountSetting, number: int) -> ToSend:
        media: Path | None = self._cards[number % len(self._cards)]
        if account.network is Network.YOUTUBE:
            media = self._film
        elif account.network is not Network.INSTAGRAM and self._chance.randrange(2):
            media = None
        link = "https://example.org/read" if self._chance.randrange(LINK_IN) == 0 else ""
        due_at = self._next_at[account]
        return ToSend(key=f"soak-{number}", on=(account.key,), due_at=due_at, media=media, link=link)

    def _let_something_go_wrong(self, post: ToSend) -> None:
        network = self._chance.choice(list(VISIBLE))
        fault = {"name": self._chance.choice(FAULTS), "path": VISIBLE[network], "method": "POST"}
        requests.post(f"{self._base}/_stage/faults", json=fault, timeout=30).raise_for_status()
        self.faults += 1


def _taken(account: AccountSetting, accounts: Sequence[AccountSetting], length: timedelta) -> timedelta:
    """The spacing with which its network takes what is sent here, for this long."""
    forms = {Form.VIDEO} if account.network is Network.YOUTUBE else {Form.TEXT, Form.PICTURE}
    alike = sum(each.network is account.network for each in accounts)
    spacings = [
        RESERVE * min(allowance.within, length) / allowance.posts * (alike if allowance.whole_app else 1)
        for allowance in adapter(account.network).allowances
        if forms & allowance.forms
    ]
    return max(spacings, default=timedelta())


def _film(file: Path) -> Path:
    source = ("-f", "lavfi", "-i", "color=teal:size=720x1280:rate=5:duration=2", "-pix_fmt", "yuv420p")
    subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", "-y", *source, str(file)], check=True)
    return file


def _look(process: psutil.Process, here: Ground) -> Sample:
    used = process.memory_full_info()
    home = here.settings.home
    return Sample(
        out=here.count(Delivery.PUBLISHED),
        memory=used.rss / 1e6,
        own=used.uss / 1e6,
        files=process.num_fds(),
        threads=process.num_threads(),
        database=sum(file.stat().st_size for file in home.glob("sawt.sqlite*")) / 1e6,
    )


def _settle(here: Ground) -> None:
    """Until nothing is on its way and nothing is looked for any more, or nothing has moved for a long while."""
    left, moved_at = _unfinished(here), time.monotonic()
    while left and time.monotonic() < moved_at + GIVES_UP_AFTER:
        time.sleep(0.2)
        if (now_left := _unfinished(here)) != left:
            left, moved_at = now_left, time.monotonic()


def _unfinished(here: Ground) -> int:
    asked = (Publication.state == Delivery.UNCERTAIN) & Publication.not_before.is_not(None)
    with here.store.reading() as session:
        left = select(func.count(Publication.id)).where(Publication.state.in_(ON_THE_WAY) | asked)
        return session.scalar(left) or 0


def _verdict(here: Ground, base: str, stream: _Stream, samples: Sequence[Sample]) -> Verdict:
    """Lost is what nobody saw although it is said to be out, and what is neither out nor waiting for a person."""
    copies = Counter(each["text"] for each in shown(base))
    waits = (Delivery.UNCERTAIN, Delivery.FAILED, Delivery.MISSED)
    with here.store.reading() as session:
        publications = session.scalars(select(Publication)).all()
        by_text = {p.revision.wordings[0].text: p.state for p in publications}
    return Verdict(
        samples=samples,
        posts=len(stream.sent),
        states=dict(Counter(str(state) for state in by_text.values())),
        faults=stream.faults,
        unfinished=_unfinished(here),
        twice=tuple(text for text, number in copies.items() if number > 1),
        lost=tuple(
            text
            for text in stream.sent
            if (by_text[text] is Delivery.PUBLISHED) != (copies[text] == 1) and by_text[text] not in waits
        ),
    )


def tell(verdict: Verdict) -> str:
    """The quarters and the verdict, as plain text."""
    lines = ["quarter   posts out   memory (own)      files   threads   database"]
    for number, quarter in enumerate(verdict.quarters, start=1):
        memory, own = (statistics.median(values) for values in zip(*((s.memory, s.own) for s in quarter), strict=True))
        files, threads = max(s.files for s in quarter), max(s.threads for s in quarter)
        lines.append(
            f"{number:7}   {quarter[-1].out:9}   {memory:4.0f} MB ({own:3.0f})   {files:8}   {threads:7}"
            f"   {quarter[-1].database:5.1f} MB"
        )
    kinds: dict[str, Callable[[Sample], float]] = {
        "MB of memory": lambda s: s.memory,
        "open files": lambda s: s.files,
        "threads": lambda s: s.threads,
    }
    growth = {name: verdict.growth(of) for name, of in kinds.items()}
    told = ", ".join(f"{grown:+.1f} {name}" for name, grown in growth.items() if grown is not None)
    return "\n".join(
        [
            *lines,
            f"{verdict.posts} posts, {verdict.faults} faults set; they ended {verdict.states}",
            f"in 10,000 posts, once warm: {told or f'too few were sent to say (at least {ENOUGH} are needed)'}",
            f"{len(verdict.twice)} twice, {len(verdict.lost)} lost, {verdict.unfinished} unfinished, "
            "by the stage's own record",
            "good" if verdict.is_good else "NOT GOOD",
        ]
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--spacing", type=float, default=1.5, help="seconds between two posts of an account, at least")
    words = asked.parse_args()
    length = timedelta(minutes=words.minutes)
    with tempfile.TemporaryDirectory(prefix="sawt-soak-") as folder:
        look_every = min(timedelta(seconds=30), length / 20)
        spacing = timedelta(seconds=words.spacing)
        verdict = soak(Path(folder), length=length, spacing=spacing, look_every=look_every)
    print(tell(verdict))
    sys.exit(0 if verdict.is_good else 1)


if __name__ == "__main__":
    main()
