"""A rehearsal without a desk, in one process, that ends by itself."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import func, select

from campaigns import catalogue, rehearsing
from campaigns.connections import Connections
from campaigns.measuring import Measurer
from campaigns.models import Delivery, Publication
from campaigns.publishing import Publisher
from campaigns.running import now
from campaigns.settings import Settings
from campaigns.stage import stage_up, week_pace
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.rehearsal.serving import RunningStage

GIVE_UP_AFTER = timedelta(minutes=2)
"""When nothing more has gone out for this long after the loading, what has not ended is reported as it stands."""


def rehearse_headless(settings: Settings, *, span: timedelta, console: Console) -> rehearsing.Outcome:
    """Load the week, let the clock play it, measure, and count what became of it."""
    from scheduler import Clock

    settings = replace(settings, pace=week_pace(span))
    settings.home.mkdir(parents=True, exist_ok=True)
    store, vault = Store(settings.database_url), Vault(settings.media)
    catalogue.prepare(store, settings, now=now())
    with stage_up(settings) as base:
        connections = Connections(settings, base)
        publisher = Publisher(store, vault, connections, owner="rehearsal", clock=now)
        measurer = Measurer(store, connections, settings, clock=now)
        clock = Clock(publisher, measurer, summarise=lambda: None, pace=settings.pace)
        clock.start()
        try:
            _play(store, vault, settings, span, console)
        finally:
            clock.stop()
        measurer.measure_all()
        shown = RunningStage(base).shown()
        connections.close()
    with store.reading() as session:
        outcome = rehearsing.outcome(session, shown)
    store.close()
    return outcome


def _play(store: Store, vault: Vault, settings: Settings, span: timedelta, console: Console) -> None:
    """Load in a thread while the clock already publishes; return when nothing is on its way any more."""
    trouble: list[Exception] = []

    def load() -> None:
        try:
            rehearsing.load_week(store, vault, settings, span=span, clock=now, tell=lambda _: None)
        except Exception as error:
            trouble.append(error)

    loader = threading.Thread(target=load, name="week")
    loader.start()
    quiet_since = time.monotonic()
    last_out = -1
    with _bar(console) as bar:
        task = bar.add_task("rehearsing", total=None)
        while time.monotonic() < quiet_since + GIVE_UP_AFTER.total_seconds():
            with store.reading() as session:
                waiting = rehearsing.unfinished(session)
                planned, out = session.execute(
                    select(
                        func.count(Publication.id),
                        func.count(Publication.id).filter(Publication.state == Delivery.PUBLISHED),
                    )
                ).one()
            bar.update(task, completed=out, total=planned)
            if loader.is_alive() or out != last_out:
                quiet_since, last_out = time.monotonic(), out
            if not loader.is_alive() and not waiting:
                break
            time.sleep(0.25)
    loader.join()
    if trouble:
        raise trouble[0]


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
