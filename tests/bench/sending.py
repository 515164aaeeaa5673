"""A worker at its usual work and on bad days: a busy minute, a night's backlog, and a death in mid-call."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import requests

from campaigns.models import Delivery
from campaigns.settings import AccountSetting
from campaigns.stage import stage_up
from platforms.contract import Network
from tests.bench.ground import Ground, ToSend, ground, now_, pictures, shown, worker
from tests.bench.measured import Row

IN_A_MINUTE, OVERDUE, KEPT_APART = 48, 60, timedelta(seconds=0.2)
TEXTS = (Network.X, Network.FACEBOOK)
PICTURES = (*TEXTS, Network.INSTAGRAM)
COMING_UP = timedelta(seconds=6)
"""Until a worker that was just started is surely at work."""


def measure(folder: Path) -> list[Row]:
    return [*_a_busy_minute(folder / "minute"), _a_backlog(folder / "backlog"), _a_death(folder / "death")]


def _a_busy_minute(folder: Path) -> list[Row]:
    """Half of the posts carry a picture; they are due at even steps on the accounts in turn."""
    with ground(folder) as here, stage_up(here.settings) as base, worker(here):
        start, step = now_() + COMING_UP, timedelta(minutes=1) / IN_A_MINUTE
        cards = cycle(pictures(folder / "pictures", 4))
        posts = [
            ToSend(
                key=f"minute-{number}",
                on=(account.key,),
                due_at=start + number * step,
                media=card if account.network is Network.INSTAGRAM or number % 2 else None,
            )
            for number, account, card in zip(range(IN_A_MINUTE), cycle(_speaking(here, PICTURES)), cards, strict=False)
        ]
        here.approve(posts)
        _wait(lambda: here.count(Delivery.PUBLISHED) == len(posts), 120)
        late = sorted(_lateness(base, posts).values())
        call = _bare_call(base)
    which = {"p50": late[len(late) // 2], "p95": late[int(len(late) * 0.95)], "max": late[-1]}
    return [
        Row(
            what=f"{len(posts)} posts over a minute: due time to arrival, {name}",
            ours=seconds,
            against="a bare call to the stage",
            limit=call,
            unit="s",
        )
        for name, seconds in which.items()
    ]


def _a_backlog(folder: Path) -> Row:
    """All were due a while ago, as after a night without power; each account keeps its spacing."""
    with ground(folder, spacing=KEPT_APART) as here, stage_up(here.settings) as base:
        accounts, due_at = _speaking(here, TEXTS), now_() - timedelta(minutes=5)
        turns = enumerate(islice(cycle(accounts), OVERDUE))
        posts = [ToSend(key=f"late-{number}", on=(account.key,), due_at=due_at) for number, account in turns]
        here.approve(posts)
        with worker(here):
            _wait(lambda: here.count(Delivery.PUBLISHED) == OVERDUE, 120)
        seen = sorted(datetime.fromisoformat(each["shown_at"]) for each in shown(base))
    gaps, apart = -(-OVERDUE // len(accounts)) - 1, KEPT_APART.total_seconds()
    return Row(
        what=f"{OVERDUE} overdue posts on {len(accounts)} accounts, {apart} s apart: first to last",
        ours=(seen[-1] - seen[0]).total_seconds(),
        against="the spacing alone",
        limit=gaps * apart,
        unit="s",
    )


def _a_death(folder: Path) -> Row:
    """The worker dies while a network keeps it waiting; how soon is the next post of that account out?"""
    with ground(folder) as here, stage_up(here.settings) as base:
        usual = _from_start_to_arrival(here, base, "first")
        hang = {"name": "hang", "path": "/tweets", "method": "POST"}
        requests.post(f"{base}/_stage/faults", json=hang, timeout=10).raise_for_status()
        with worker(here) as first:
            here.approve([ToSend(key="cut-off", on=("x-en",), due_at=now_())])
            _wait(lambda: here.count(Delivery.REVEALING) == 1, 60)
            first.kill()
            first.wait()
        after = _from_start_to_arrival(here, base, "next")
        copies = len(shown(base))
    if copies != 2:
        raise RuntimeError(f"2 posts should have been seen, and {copies} were")
    return Row(
        what="kill -9 in mid-call: start of the next worker to the next due post out",
        ours=after,
        against="the same without a death",
        limit=usual,
        unit="s",
    )


def _from_start_to_arrival(here: Ground, base: str, key: str) -> float:
    here.approve([post := ToSend(key=key, on=("x-en",), due_at=now_())])
    started_at = now_()
    with worker(here):
        _wait(lambda: post.text in {each["text"] for each in shown(base)}, 60)
    (seen,) = (each for each in shown(base) if each["text"] == post.text)
    return (datetime.fromisoformat(seen["shown_at"]) - started_at).total_seconds()


def _speaking(here: Ground, networks: tuple[Network, ...]) -> list[AccountSetting]:
    return [each for each in here.settings.accounts if each.network in networks]


def _lateness(base: str, posts: list[ToSend]) -> dict[str, float]:
    """Seconds after its hour at which each post was there, by its key."""
    seen = {each["text"]: datetime.fromisoformat(each["shown_at"]) for each in shown(base)}
    return {post.key: (seen[post.text] - post.due_at).total_seconds() for post in posts}


def _bare_call(base: str) -> float:
    """Seconds that a call to the stage takes on a connection of its own; the median."""
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        requests.get(f"{base}/_stage/ready", timeout=10)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not every post was out within {seconds:.0f} s")
        time.sleep(0.1)
