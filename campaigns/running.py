"""Put the desk and the clock up with one command, keep both up, and take both down cleanly.

The parent starts the rehearsal stage, the desk and the worker as processes of their own, starts either again
when it ends by itself, and on a first start loads the rehearsal week.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TypeAlias

from campaigns import catalogue
from campaigns.languages import Language
from campaigns.models import Post
from campaigns.settings import Settings
from campaigns.stage import stage_if_needed, week_pace
from campaigns.store import Store
from campaigns.vault import Vault

logger = logging.getLogger(__name__)

Announce: TypeAlias = Callable[[str, str | None, bool], None]
"""Called once the desk answers: its address, the one-time link if there is one, whether the week is loading."""

RESTART_AFTER = 1.0
STOP_WITHIN = 4.0


class CannotRun(RuntimeError):
    """Something stands in the way of starting; the message says what to do."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Child:
    """A process that is to stay up. `only` is the part that it runs."""

    only: str
    arguments: list[str]
    restarts: bool = True
    process: subprocess.Popen[bytes] | None = None
    not_before: float = 0.0

    def keep_up(self) -> None:
        if self.process is None or (self.restarts and self.process.poll() is not None):
            if self.process is not None:
                logger.warning("%s ended (%s) and is started again", self.only, self.process.returncode)
            if time.monotonic() < self.not_before:
                return
            self.not_before = time.monotonic() + RESTART_AFTER
            self.process = subprocess.Popen(
                [sys.executable, "-m", "campaigns.cli", "run", "--only", self.only, "--child", *self.arguments]
            )

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(settings: Settings, *, host: str, port: int, span: timedelta, with_week: bool, announce: Announce) -> None:
    """Desk and clock, until told to stop."""
    _port_is_free(host, port)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    catalogue.prepare(store, settings, now=now())
    loading = with_week and _is_new(store) and not settings.credentials
    store.close()
    if loading:
        remember_pace(settings.home, week_pace(span))
    settings = with_remembered_pace(settings)
    base_url = f"http://{host}:{port}"
    children = [Child("web", ["--host", host, "--port", str(port)])]
    with ExitStack() as stack:
        stopping = stack.enter_context(_told_to_stop())
        children[0].keep_up()  # alone at first: on a slow machine the page should not wait for the rest
        if _answers(base_url, stopping):
            announce(base_url, _first_link(settings, base_url), loading)
        stack.enter_context(stage_if_needed(settings))
        children.append(Child("worker", []))
        if loading:
            children.append(Child("week", ["--minutes", str(span / timedelta(minutes=1))], restarts=False))
        while not stopping.wait(0.5):
            for child in children:
                child.keep_up()
        _stop(children)


def run_rehearsal(settings: Settings, *, host: str, port: int, span: timedelta, announce: Announce) -> None:
    """Desk and clock over a home made for this rehearsal; its parts find it in the environment."""
    os.environ["SAWT_HOME"] = str(settings.home)
    for name in ("SAWT_DATABASE_URL", "SAWT_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    run(settings, host=host, port=port, span=span, with_week=True, announce=announce)


def run_web(settings: Settings, *, host: str, port: int) -> None:
    """The desk alone."""
    import uvicorn

    from campaigns.desk.app import create

    settings = with_remembered_pace(settings)
    store = Store(settings.database_url)
    rehearsal = not all(settings.signed_in(account.key) for account in settings.accounts)
    app = create(store, settings, rehearsal=rehearsal, clock=now, hosts=(host,))
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2, server_header=False)


def run_worker(settings: Settings) -> None:
    """The clock alone; one for each SAWT_HOME."""
    from campaigns.connections import Connections
    from campaigns.measuring import Measurer
    from campaigns.publishing import Publisher
    from campaigns.reports.summary import summarise
    from scheduler import Clock

    settings = with_remembered_pace(settings)
    with _only_worker(settings.home), stage_if_needed(settings) as stage, _told_to_stop() as stopping:
        store = Store(settings.database_url)
        connections = Connections(settings, stage)
        publisher = Publisher(store, Vault(settings.media), connections, owner=worker_name(settings), clock=now)
        measurer = Measurer(store, connections, settings, clock=now)
        clock = Clock(
            publisher,
            measurer,
            summarise=lambda: summarise(
                store,
                month := _last_month(now()),
                Language,
                ("html", "pdf", "xlsx"),
                settings.home / "summaries" / month,
                now=now(),
            ),
            pace=settings.pace,
        )
        clock.start()
        stopping.wait()
        clock.stop()
        connections.close()
        store.close()


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


def _last_month(moment: datetime) -> str:
    return f"{moment.replace(day=1) - timedelta(days=1):%Y-%m}"


def _is_new(store: Store) -> bool:
    with store.reading() as session:
        return session.query(Post.id).first() is None


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


def _answers(base_url: str, stopping: threading.Event, seconds: float = 60) -> bool:
    import requests

    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopping.is_set():
        try:
            if requests.get(f"{base_url}/healthz", timeout=2).ok:
                return True
        except requests.RequestException:
            stopping.wait(0.1)
    return False


def _stop(children: list[Child]) -> None:
    for child in children:
        child.stop()
    until = time.monotonic() + STOP_WITHIN
    for child in children:
        child.wait(until)


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Set by SIGTERM, by Ctrl-C, and when the terminal goes away."""
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _only_worker(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotRun(f"a worker is already running for {home}; stop it first") from None
        lock.write(str(os.getpid()))
        yield
