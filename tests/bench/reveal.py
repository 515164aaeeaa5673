"""Eleven accounts due at the same second: when each post was there, by the stage's own clock.

Held against the same number of bare calls to the same stage at the same instant, one thread for each.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from campaigns import catalogue, drafting, illustrating, review
from campaigns.connections import Connections
from campaigns.languages import Language
from campaigns.measuring import Measurer
from campaigns.models import Kind, Post, Role
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.stage import stage_up
from campaigns.store import Store
from campaigns.vault import Vault
from scheduler import Clock
from tests.bench.measured import Row

AHEAD = timedelta(seconds=20)


def measure(folder: Path) -> list[Row]:
    settings = Settings.from_environment({"SAWT_HOME": str(folder)})
    settings = replace(settings, accounts=tuple(replace(each, spacing=timedelta()) for each in settings.accounts))
    store, vault = Store(settings.database_url), Vault(settings.media)
    catalogue.prepare(store, settings, now=_now())
    with stage_up(settings) as base:
        connections = Connections(settings, base)
        publisher = Publisher(store, vault, connections, owner="bench", clock=_now)
        measurer = Measurer(store, connections, settings, clock=_now)
        due_at, wanted = _a_film_everywhere(store, vault, settings)
        clock = Clock(publisher, measurer, summarise=lambda: None, pace=1.0)
        clock.start()
        shown = _shown(base, wanted, due_at)
        clock.stop()
        limit = _bare_calls(base, wanted)
        connections.close()
    store.close()
    late = sorted((datetime.fromisoformat(each["shown_at"]) - due_at).total_seconds() for each in shown)
    accounts = len({each["account"] for each in shown})
    what = f"{wanted} films due at once on {accounts} accounts: due time to the last one out"
    return [Row(what=what, ours=late[-1], against="as many bare calls at once", limit=limit, unit="s")]


def _a_film_everywhere(store: Store, vault: Vault, settings: Settings) -> tuple[datetime, int]:
    """One videographic, approved, due in a moment on every account; its instant and how many will go out."""
    with store.writing() as session:
        drafting.save(session, _draft(), now=_now(), vault=vault, rehearsal=True)
    illustrating.illustrate(store, vault, "bench", pace="draft")
    due_at = _now() + AHEAD
    with store.writing() as session:
        post = session.query(Post).one()
        post.revision.at = due_at.isoformat()
        review.submit(session, post, by=post.revision.author, now=_now())
        editor = review.person_called(session, "Editor", role=Role.EDITOR, now=_now())
        seal = review.seal_of(post.revision)
        planned = review.approve(session, post, seal=seal, by=editor, now=_now(), vault=vault, settings=settings)
        return due_at, len(planned)


def _shown(base: str, wanted: int, due_at: datetime) -> list[dict[str, str]]:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if _now() > due_at:
            shown: list[dict[str, str]] = requests.get(f"{base}/_stage/shown", timeout=10).json()
            if len(shown) == wanted:
                return shown
        time.sleep(0.25)
    raise RuntimeError("not every post was out within two minutes")


def _bare_calls(base: str, number: int) -> float:
    """Seconds until the last of `number` calls that start together is answered."""
    gate = threading.Barrier(number)

    def call(_: int) -> float:
        session = requests.Session()
        gate.wait()
        start = time.perf_counter()
        session.get(f"{base}/_stage/ready", timeout=10)
        return time.perf_counter() - start

    with ThreadPoolExecutor(number) as pool:
        return max(pool.map(call, range(number)))


def _now() -> datetime:
    return datetime.now(UTC)


def _draft() -> drafting.Draft:
    words = {
        Language.AR: ("كلمة طيبة", "نصغي قبل أن نحكم."),
        Language.EN: ("A kind word", "We listen before we judge."),
        Language.FR: ("Une bonne parole", "Nous écoutons avant de juger."),
    }
    return drafting.Draft(
        key="bench",
        kind=Kind.VIDEOGRAPHIC,
        words=tuple(
            drafting.Words(language=language, title=title, text="\n\n".join([text] * 3), alt_text=title)
            for language, (title, text) in words.items()
        ),
        template="slides",
        accounts=tuple(account.key for account in Settings.from_environment({}).accounts),
        at=(_now() + timedelta(hours=1)).isoformat(),
        timezone="UTC",
        author="Writer",
    )
