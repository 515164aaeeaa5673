"""Put the desk and the clock up with one command, keep both up, and take both down cleanly.

The parent starts the rehearsal stage, the desk and the worker as processes of their own, starts each again
when it ends by itself, and on a first start loads the rehearsal week.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeAlias

from campaigns import catalogue, heaps, tokens
from campaigns.models import Post
from campaigns.settings import Settings
from campaigns.shelves import sweep
from campaigns.stage import stage_if_needed, week_pace
from campaigns.store import DatabaseClock, Store
from campaigns.upkeep import Kept, end
from campaigns.vault import Vault
from platforms.lifeline import end_with_parent

if TYPE_CHECKING:
    from campaigns.hands import Hands
    from campaigns.publishing import Publisher

logger = logging.getLogger(__name__)

Announce: TypeAlias = Callable[[str, str | None, bool], None]
"""Called once the desk answers: its address, the one-time link if there is one, whether the week is loading."""

LOOK_EVERY = 0.2
STEPS_END_WITHIN = 2.5
"""What a worker that is told to stop gives the calls in hand; what became of a longer one is looked up later."""
STOP_WITHIN = 3.2


class CannotRun(RuntimeError):
    """Something stands in the way of starting; the message says what to do."""


def now() -> datetime:
    return datetime.now(UTC)


def prepare(settings: Settings) -> None:
    """Bring tables and lists up to date, as whatever is started by itself must."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    catalogue.prepare(store, settings, now=now())
    store.close()


def run(settings: Settings, *, host: str, port: int, span: timedelta, with_week: bool, announce: Announce) -> None:
    """Desk and clock, until told to stop."""
    _port_is_free(host, port)
    prepare(settings)
    store = Store(settings.database_url)
    settings = tokens.with_connected(settings, store)
    loading = with_week and _is_new(settings) and not settings.credentials
    if loading:
        remember_pace(settings.home, week_pace(span))
    settings = with_remembered_pace(settings)
    base_url = f"http://{host}:{port}"
    web = _child("web", "--host", host, "--port", str(port))
    with _told_to_stop() as stopping, ExitStack() as stack:
        children = [web]
        stack.callback(store.close)
        stack.callback(lambda: end(children, within=STOP_WITHIN))
        web.keep_up()  # alone at first: on a slow machine the page should not wait for the rest
        if _answers(base_url, stopping):
            announce(base_url, _first_link(settings, base_url), loading)
        with stage_if_needed(settings):
            children.append(_child("worker"))
            if loading:
                children.append(_child("week", "--minutes", str(span / timedelta(minutes=1)), restarts=False))
            while not stopping.wait(LOOK_EVERY):
                for child in children:
                    child.keep_up()
            end(children, within=STOP_WITHIN)  # before the stage, which answers what they have in hand


def run_rehearsal(settings: Settings, *, host: str, port: int, span: timedelta, announce: Announce) -> None:
    """Desk and clock over a home made for this rehearsal; its parts find it in the environment."""
    os.environ["SAWT_HOME"] = str(settings.home)
    elsewhere = ("SAWT_DATABASE_URL", "SAWT_CREDENTIALS_FILE", "SAWT_ENGINE", "SAWT_VAULT_DIR", "SAWT_STAGE_URL")
    for name in elsewhere:
        os.environ.pop(name, None)
    run(settings, host=host, port=port, span=span, with_week=True, announce=announce)


def run_web(settings: Settings, *, host: str, port: int) -> None:
    """The desk alone."""
    import uvicorn

    from campaigns.desk.app import create

    settings = with_remembered_pace(settings)
    store = Store(settings.database_url)
    settings = tokens.with_connected(settings, store)
    app = create(store, settings, clock=now, hosts=(host,))
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2, server_header=False)


def run_worker(settings: Settings) -> None:
    """The clock alone; one for each SAWT_HOME."""
    from campaigns.connections import Connections
    from campaigns.measuring import Measurer
    from campaigns.publishing import Publisher
    from scheduler import Clock

    heaps.suit_many_threads()
    store = Store(settings.database_url)
    settings = tokens.with_connected(with_remembered_pace(settings), store)
    with only_worker(settings.home), stage_if_needed(settings) as stage, _told_to_stop() as stopping:
        connections = Connections(settings, stage)
        hour = DatabaseClock(store)
        publisher = Publisher(store, Vault(settings.media), connections, owner=worker_name(settings), clock=hour)
        measurer = Measurer(store, connections, settings, clock=hour)
        clock = Clock(
            publisher,
            measurer,
            summarise=lambda: summarise_last_month(settings),
            tidy=lambda: sweep(settings, now=datetime.now(UTC)),
            pace=settings.pace,
            hands=shared_hands(settings, publisher),
        )
        clock.start()
        stopping.wait()
        until = time.monotonic() + STEPS_END_WITHIN
        stopped = threading.Thread(target=clock.stop, name="stop", daemon=True)
        stopped.start()
        stopped.join(STEPS_END_WITHIN)
        connections.close()
        store.close()
    _leave(until)


def shared_hands(settings: Settings, publisher: Publisher) -> Callable[[Callable[[], None]], Hands] | None:
    """Those of an engine, where one shares the work among hosts."""
    if settings.engine == "threads":
        return None
    from campaigns.drawing import Beside
    from campaigns.engine import Engine

    draws = Beside(settings.database_url, settings.media)
    return lambda then: Engine(settings.database_url, publisher.work_line, draws=draws, then=then)


def summarise_last_month(settings: Settings) -> None:
    """In a process of its own: laying a month out takes memory that a worker would keep until it ends."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    month = f"{now().replace(day=1) - timedelta(days=1):%Y-%m}"
    spawned = get_context("spawn")
    with ProcessPoolExecutor(1, spawned, initializer=end_with_parent, initargs=(os.getpid(),)) as pool:
        pool.submit(_summarise, settings.database_url, month, settings.home / "summaries" / month).result()


def _summarise(url: str, month: str, folder: Path) -> None:
    from campaigns.languages import Language
    from campaigns.reports.summary import summarise

    store = Store(url)
    summarise(store, month, Language, ("html", "pdf", "xlsx"), folder, now=now())
    store.close()


def _leave(until: float) -> None:
    """End this process as soon as nothing is in hand, and then in any case: a call may hang for a minute."""
    while time.monotonic() < until and any(not each.daemon for each in _others()):
        time.sleep(0.02)
    if any(not each.daemon for each in _others()):
        logger.warning("stopped with a call in hand; whether it went out is asked at the next start")
        logging.shutdown()
        os._exit(0)


def _others() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each is not threading.main_thread()]


def run_week(settings: Settings, *, span: timedelta) -> None:
    """Load the rehearsal week into this SAWT_HOME, once."""
    from campaigns import rehearsing

    store = Store(settings.database_url)
    rehearsing.load_week(store, Vault(settings.media), settings, span=span, clock=now, tell=logger.info)
    store.close()


def worker_name(settings: Settings) -> str:
    """The same for each worker of this SAWT_HOME on this host, so that a new one knows what its forerunner left."""
    file = settings.home / "worker-name"
    if not file.exists():
        file.write_text(f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}")
    return file.read_text().strip()


def remember_pace(home: Path, pace: float) -> None:
    (home / "rehearsal-pace").write_text(str(pace))


def with_remembered_pace(settings: Settings) -> Settings:
    """A SAWT_HOME in which a week was rehearsed goes on at that week's pace."""
    file = settings.home / "rehearsal-pace"
    return replace(settings, pace=float(file.read_text())) if file.exists() else settings


def _is_new(settings: Settings) -> bool:
    store = Store(settings.database_url)
    with store.reading() as session:
        is_new = session.query(Post.id).first() is None
    store.close()
    return is_new


def _first_link(settings: Settings, base_url: str) -> str | None:
    from campaigns.desk.signin import first_link

    store = Store(settings.database_url)
    link = first_link(store, base_url, now=now())
    store.close()
    return link


def _port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotRun(
                f"port {port} on {host} cannot be used ({error.strerror}); choose one: --port 8400"
            ) from error


def _answers(base_url: str, stopping: Stopping, seconds: float = 60) -> bool:
    import requests

    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopping.is_set():
        try:
            if requests.get(f"{base_url}/healthz", timeout=2).ok:
                return True
        except requests.RequestException:
            stopping.wait(0.1)
    return False


def _child(only: str, *arguments: str, restarts: bool = True) -> Kept:
    command = [sys.executable, "-m", "campaigns.cli", "run", "--only", only, "--child-of", str(os.getpid()), *arguments]
    return Kept(only, lambda: subprocess.Popen(command, start_new_session=True), restarts=restarts)


class Stopping:
    """Whether we were told to stop. A signal may come at any instruction, so it takes no lock."""

    def __init__(self) -> None:
        self._told = False
        self._hears, self._tells = os.pipe()
        os.set_blocking(self._tells, False)

    def tell(self, _: int, __: FrameType | None) -> None:
        self._told = True
        with suppress(BlockingIOError):
            os.write(self._tells, b".")

    def is_set(self) -> bool:
        return self._told

    def wait(self, seconds: float | None = None) -> bool:
        """Until told, or until so many seconds are over; whether we were told."""
        select.select([self._hears], [], [], seconds)
        return self._told

    def close(self) -> None:
        os.close(self._hears)
        os.close(self._tells)


@contextmanager
def _told_to_stop() -> Iterator[Stopping]:
    """Set by SIGTERM, by Ctrl-C, and when the terminal goes away."""
    stopping = Stopping()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, stopping.tell) for number in signals}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stopping.close()


@contextmanager
def only_worker(home: Path) -> Iterator[None]:
    """While the block runs no worker works for this home. Raises CannotRun when one does already."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotRun(f"a worker is already running for {home}; stop it first") from None
        lock.write(str(os.getpid()))
        yield
