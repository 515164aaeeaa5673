"""Who makes a post's pictures and films: this process, one beside it, or any worker where an engine shares the work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from campaigns import illustrating
from campaigns.illustrating import Pace
from campaigns.models import Post
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.lifeline import end_with_parent

if TYPE_CHECKING:
    from campaigns.engine import Orders

Told: TypeAlias = Callable[[int, int], None]
Draw: TypeAlias = Callable[[str, Told], None]
"""Returns when the post has all its pictures and films. Raises ReviewError."""

NOBODY_COMES_WITHIN, LOOK_EVERY = 5.0, 0.2
"""Seconds after which an order that nobody took up is drawn here."""
NICENESS = 10


@contextmanager
def drawing(store: Store, vault: Vault, settings: Settings, keys: Iterable[str], *, pace: Pace) -> Iterator[Draw]:
    """What draws the posts `keys`, one after the other. With an engine all are ordered at once, from any worker."""

    def draw(key: str, tell: Told) -> None:
        illustrating.illustrate(store, vault, key, pace=pace, progress=tell)

    if settings.engine == "threads":
        yield draw
        return
    from campaigns.engine import Orders

    with Orders(store.url) as orders:
        for key in _lacking(store, keys, pace):
            orders.place(key, pace)

        def wait_and_draw(key: str, tell: Told) -> None:
            _wait(orders, key)
            draw(key, tell)  # what is missing, and nothing if a worker made it; here it is said why it cannot be made

        yield wait_and_draw


def _lacking(store: Store, keys: Iterable[str], pace: Pace) -> list[str]:
    with store.reading() as session:
        posts = session.scalars(select(Post).where(Post.key.in_(keys)).order_by(Post.id))
        return [post.key for post in posts if any(illustrating.lacking(session, post.revision, pace))]


def _wait(orders: Orders, key: str) -> None:
    began_at = time.monotonic()
    while orders.stands(key):
        if time.monotonic() > began_at + NOBODY_COMES_WITHIN and orders.waits(key):
            orders.take_back(key)
            continue
        time.sleep(LOOK_EVERY)


class Beside:
    """Draws in a process of its own, so that a worker stays small and a film never slows a post."""

    def __init__(self, url: str, vault_folder: Path) -> None:
        self._url, self._vault_folder = url, vault_folder
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._stopped = False

    def draw(self, key: str, pace: str) -> None:
        """Raises RuntimeError when nothing could be drawn."""
        with self._lock:
            if self._stopped:
                raise RuntimeError("the worker stops")
            process = get_context("spawn").Process(target=_draw, args=(self._url, self._vault_folder, key, pace))
            process.start()
            self._process = process
        process.join()
        if process.exitcode:
            raise RuntimeError(f"the drawing of {key} ended with {process.exitcode}")

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()


def _draw(url: str, vault_folder: Path, key: str, pace: Pace) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the worker, which ends this one
    os.nice(NICENESS)
    end_with_parent()
    store = Store(url)
    try:
        illustrating.illustrate(store, Vault(vault_folder), key, pace=pace)
    except ValueError:
        raise SystemExit(1) from None  # whoever asked for it is told why
    finally:
        store.close()
