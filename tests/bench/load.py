"""Far more than the Centre will ever send: 17 posts on each of 600 X accounts, all due at the same minute.

The stage takes 0.3 s over every call. Everything is prepared ahead, as always; what is measured is the sending.
Held against the ideal: the longest line, or all calls through the hands that there are, whichever is more. Three
processes share as many hands as one has: what they take longer is what they stand in each other's way.
Whether each account's order was kept, and nothing was seen twice, is read from the stage's own record.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import requests
from sqlalchemy.engine import make_url

from campaigns.hands import AT_ONCE
from campaigns.languages import Language
from campaigns.models import Delivery
from campaigns.settings import AccountSetting
from campaigns.stage import stage_up
from platforms.contract import Network
from tests.bench.ground import Ground, ToSend, ground, now_, shown, started
from tests.bench.measured import Row, cpu_seconds

LINES, LENGTH, LATENCY = 600, 17, 0.3
LATER = timedelta(minutes=9)
"""How far off the hour of the posts is: near enough to be prepared at once."""
COMING_UP = timedelta(seconds=8)
GIVE_UP_AFTER = 1800.0
LOCAL_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


def measure(folder: Path) -> list[Row]:
    rows = [_sent_by(1, AT_ONCE, folder / "sqlite", None)]
    server = os.environ.get("SAWT_TEST_POSTGRES_URL", LOCAL_SERVER)
    for processes, hands in ((1, AT_ONCE), (3, AT_ONCE // 3)):
        with _database(server) as url:
            rows.append(_sent_by(processes, hands, folder / f"postgresql-{processes}", url))
    return rows


def _sent_by(processes: int, hands: int, folder: Path, url: str | None) -> Row:
    """`processes`, each with a clock and so many hands of its own, send what one of them has prepared."""
    with ground(folder, accounts=_accounts(), database_url=url) as here, stage_up(here.settings) as base:
        due_at = now_() + LATER
        planned = sum(here.approve([_post(number, due_at)]) for number in range(LENGTH))
        with _workers(1, AT_ONCE, here, base, ahead=timedelta(), stands=True) as workers:
            _wait(here, Delivery.STAGED, planned, workers)
        if url:
            _tidied(url)
        used, ahead = cpu_seconds(), due_at - (now_() + COMING_UP)
        _tell(base, "latency", LATENCY)
        _tell(base, "clock", ahead.total_seconds())
        with _workers(processes, hands, here, base, ahead=ahead) as workers:
            _wait(here, Delivery.PUBLISHED, planned, workers)
        used, seen = cpu_seconds() - used, shown(base)
    _is_whole(seen, planned)
    ended_at = max(datetime.fromisoformat(each["shown_at"]) for each in seen)
    return Row(
        what=f"{planned} posts due at once on {LINES} accounts, {processes} x {hands} hands, {here.store.engine.name}, "
        f"{used / planned * 1000:.0f} CPU ms a post",
        ours=(ended_at - due_at).total_seconds(),
        against=f"{LATENCY} s a call, and nothing else",
        limit=max(LENGTH * LATENCY, planned * LATENCY / (processes * hands)),
        unit="s",
    )


@contextmanager
def _workers(
    number: int, hands: int, here: Ground, base: str, *, ahead: timedelta, stands: bool = False
) -> Iterator[list[subprocess.Popen[bytes]]]:
    with ExitStack() as stack:
        workers = []
        for each in range(number):
            words = (f"hand-{each}", str(hands), str(ahead.total_seconds()), "stands" if stands else "runs")
            command = [sys.executable, "-m", "tests.bench.hand", *words]
            workers.append(stack.enter_context(started(command, here.environ(SAWT_STAGE_URL=base))))
        yield workers


def _wait(here: Ground, state: Delivery, planned: int, workers: list[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + GIVE_UP_AFTER
    while (there := here.count(state)) < planned:
        if time.monotonic() > end or any(each.poll() is not None for each in workers):
            raise RuntimeError(f"{there} of {planned} posts were {state}, and no more came")
        time.sleep(0.5)


def _tell(base: str, what: str, seconds: float) -> None:
    requests.post(f"{base}/_stage/{what}", json={"seconds": seconds}, timeout=10).raise_for_status()


def _is_whole(seen: list[dict[str, str]], planned: int) -> None:
    """Every post once, and each account's in the order of its line. Raises RuntimeError."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorted(seen, key=lambda one: one["shown_at"]):
        lines[each["account"]].append(each["text"])
    in_order = [_post(number, now_()).text for number in range(LENGTH)]
    if len(seen) != planned or any(line != in_order for line in lines.values()):
        wrong = [account for account, line in lines.items() if line != in_order]
        raise RuntimeError(f"{len(seen)} of {planned} were seen; {len(wrong)} lines are not as planned: {wrong[:3]}")


def _post(number: int, due_at: datetime) -> ToSend:
    return ToSend(key=f"load-{number:02}", on=tuple(each.key for each in _accounts()), due_at=due_at)


def _accounts() -> list[AccountSetting]:
    return [
        AccountSetting(
            key=f"x-{number:03}",
            network=Network.X,
            languages=(Language.EN,),
            name=f"Account {number}",
            timezone="UTC",
            spacing=timedelta(),
        )
        for number in range(LINES)
    ]


def _tidied(url: str) -> None:
    """What autovacuum does on a server in use within a minute; where it is switched off nobody else does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"sawt_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
