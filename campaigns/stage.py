"""The rehearsal stage of one SAWT_HOME: use the one that is up, or put one up for as long as it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import requests

from campaigns.settings import Settings

WEEK = timedelta(days=7)


def week_pace(span: timedelta) -> float:
    """How much faster than the clock a week lives that is over within `span`."""
    return WEEK / span


@contextmanager
def stage_up(settings: Settings) -> Iterator[str]:
    """The stage's base address; it remembers what it has shown in SAWT_HOME/stage."""
    from platforms.rehearsal.serving import as_process

    folder = settings.home / "stage"
    note = folder / "address"
    if (base := note.read_text() if note.exists() else "") and _answers(base):
        yield base
        return
    with as_process(folder, pace=settings.pace) as running:
        note.write_text(running.base)
        try:
            yield running.base
        finally:
            note.unlink(missing_ok=True)


def _answers(base: str) -> bool:
    try:
        return bool(requests.get(f"{base}/_stage/ready", timeout=2).ok)
    except requests.RequestException:
        return False


@contextmanager
def stage_if_needed(settings: Settings) -> Iterator[str | None]:
    """The stage's address where an account plays on it; None where every account is signed in."""
    if all(settings.signed_in(account.key) for account in settings.accounts):
        yield None
        return
    with stage_up(settings) as base:
        yield base
