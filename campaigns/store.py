"""The database: SQLite beside the data by default, PostgreSQL by address; sessions to read and sessions to write.

SQLite's default lets two writers read the same row and lose one of the updates without an error (measured:
433 of 600). So a writing session begins IMMEDIATE, and a reading one is not allowed to write at all.

It takes one writer at a time, and one that finds it busy sleeps and tries again, by luck: of 16 threads with 50
durable writes each the unluckiest waited 630 to 730 ms. The threads of a process therefore queue: 14 to 18 ms.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

logger = logging.getLogger(__name__)

BUSY_SECONDS = 20
SMALL_CACHE = "cache_size=-512"
"""Kilobytes for each connection. SQLite's own 2 MB grow to 40 for twenty threads, and save no time (both measured)."""
KEPT, AT_MOST = 4, 40
"""SQLite's connections of one process. What is kept holds 0.7 MB, and as many were kept as had ever met at one instant:
a worker grew with each such hour. Four meet in the first minute; opening one more takes a millisecond (measured).
"""
CONNECTIONS = 12
"""PostgreSQL's of one process, opened when first needed and kept: transactions are short, a new connection is not.

Its usual limit is 100 for all hosts.
"""
WRITING_AT_ONCE = 8
"""Of these: the pool serves whoever is quickest, and of 96 busy threads some waited for more than 30 s (seen)."""
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
    "options": "-c idle_in_transaction_session_timeout=30s -c lock_timeout=15s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20s",
}
"""A host that is cut off holds its locks for half a minute, and a server that is gone is noticed as soon.

The server keeps watch as well: by itself it would hold the connections of a host that is gone for two hours.
"""


PAUSES = (0.1, 0.5, 1.0, 3.0, 5.0)
"""Seconds between the attempts to write down what cannot be had a second time."""

P = ParamSpec("P")
T = TypeVar("T")


def insistent(write: Callable[P, T]) -> Callable[P, T]:
    """Its transaction again while the database is away or busy, or has ended it to end a deadlock.

    One that was committed and not confirmed is written a second time: `write` must bear that.
    """

    @wraps(write)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for pause in PAUSES:
            try:
                return write(*args, **kwargs)
            except (OperationalError, PoolTimeout) as error:
                logger.warning("%s is tried again: %s", write.__name__, type(error.__cause__ or error).__name__)
                time.sleep(pause)
        return write(*args, **kwargs)

    return again


class Store:
    """One database. `url` is SQLAlchemy's; plain `postgresql://` and `postgres://` mean psycopg 3."""

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        self.engine = _engine(self.url)
        weakref.finalize(self, self.engine.dispose)
        self._writing = self.engine.execution_options(sawt_begin="write")
        self._durable = self.engine.execution_options(sawt_begin="durable")
        on_sqlite = self.engine.dialect.name == "sqlite"
        self._turn = Turns(1 if on_sqlite else WRITING_AT_ONCE)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only looks; a change in it is a mistake of ours and raises."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            event.listen(session, "before_flush", _refuse_to_write)
            yield session

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Session]:
        """A transaction that commits when the block ends well. `durable` waits until the disk has it."""
        engine = self._durable if durable else self._writing
        with self._turn, Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def apart(self) -> Connection:
        """A connection of PostgreSQL's beside the pool and in no transaction, to hold a lock while a network answers.

        However many do, whoever reads and writes meanwhile finds the pool as it was.
        """
        return self._apart.connect()

    @cached_property
    def _apart(self) -> Engine:
        return create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", **_ON_POSTGRES)

    def migrate(self, to: str = "head") -> None:
        """Bring the tables up to this program's version; a database that is there already keeps its rows.

        Raises ValueError, and changes nothing, where a row would be left that refers to none.
        """
        from alembic import command  # 8 MB of memory that a worker has no use for
        from alembic.config import Config

        settings = Config()
        settings.set_main_option("script_location", "campaigns:migrations")
        with self._turn, self._writing.connect() as connection, _tables_made_anew(connection), connection.begin():
            one_host_at_a_time(connection)
            settings.attributes["connection"] = connection
            command.upgrade(settings, to)
            _must_refer_to_rows(connection)

    def is_empty(self) -> bool:
        return not inspect(self.engine).has_table("posts")

    def close(self) -> None:
        self.engine.dispose()


class Turns:
    """Lets so many threads of this process in at a time, in the order in which they came."""

    def __init__(self, at_once: int = 1) -> None:
        self._guard, self._at_once = threading.Lock(), at_once
        self._waiting: deque[tuple[int, threading.Lock]] = deque()
        self._inside: set[int] = set()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        mine = threading.get_ident()
        with self._guard:
            if mine in self._inside:
                raise RuntimeError("a transaction is open in this thread already; write in that one")
            if len(self._inside) < self._at_once:
                self._inside.add(mine)
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append((mine, gate))
        gate.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._inside.discard(threading.get_ident())
            if not self._waiting:
                return
            whose, gate = self._waiting.popleft()
            self._inside.add(whose)
        gate.release()


def one_host_at_a_time(connection: Connection) -> None:
    """Wait until no other host makes tables or lists, and keep the others waiting until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(90)")  # any number, the same on all hosts


def take_in_hand(session: Session, row: object) -> None:
    """Read a row as it is now; until the transaction ends nobody else changes it. Others may still refer to it.

    An account is taken before its publications: two that took them in different orders would wait for each other.
    """
    session.refresh(row, with_for_update={"key_share": True})


def database_now(session: Session) -> datetime:
    """The database's clock: leases are compared by it, never by a host's own."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


class DatabaseClock:
    """Now, by the database's clock: hosts whose own clocks differ agree on what is due.

    PostgreSQL is asked again every half minute; in between, and while it cannot be reached, time goes on by
    this host's steady clock. SQLite's clock is the host's.
    """

    AGAIN_AFTER = 30.0

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: tuple[float, datetime] | None = None
        self._asking = threading.Lock()

    def __call__(self) -> datetime:
        if self._store.engine.dialect.name == "sqlite":
            return datetime.now(UTC)
        at, said = self._asked = self._up_to_date()
        return said + timedelta(seconds=time.monotonic() - at)

    def _up_to_date(self) -> tuple[float, datetime]:
        """One thread asks and the others do not wait for it: each may hold a connection, and there are only so many."""
        before = self._asked
        if before is not None and time.monotonic() - before[0] <= self.AGAIN_AFTER:
            return before
        if not self._asking.acquire(blocking=before is None):
            return before or self._up_to_date()
        try:
            return self._ask(before)
        finally:
            self._asking.release()

    def _ask(self, before: tuple[float, datetime] | None) -> tuple[float, datetime]:
        try:
            with self._store.reading() as session:
                said = database_now(session)
                return time.monotonic(), said
        except (OperationalError, PoolTimeout):
            if before is None:
                raise
            return before


def backup(store: Store, target: Path) -> None:
    """A whole copy of an SQLite database, taken beside running writers.

    `VACUUM INTO` and not the backup API, which starts over at every write (measured: 436 s against 0.24 s).
    """
    if store.engine.dialect.name != "sqlite":
        raise ValueError("this database is PostgreSQL: back it up with pg_dump")
    connection = store.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()


def _with_driver(url: str) -> str:
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


_ON_POSTGRES: Mapping[str, Any] = {"hide_parameters": True, "connect_args": PATIENCE}


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            **_ON_POSTGRES,
        )
    engine = create_engine(
        url,
        pool_size=KEPT,
        max_overflow=AT_MOST - KEPT,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,  # checkpoints hold addresses that are as good as passwords
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def _tables_made_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making another in its place, which no row that refers to it may hinder.

    That rule can be set outside of a transaction only (SQLite, Making other kinds of table schema changes).
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    below: Any = connection.connection.dbapi_connection
    below.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        below.execute("PRAGMA foreign_keys=ON")


def _must_refer_to_rows(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise ValueError(f"a row of {lost[0]} refers to one of {lost[2]} that is not there; nothing was migrated")


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    settings = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "temp_store=MEMORY", SMALL_CACHE)
    for pragma in settings:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get("sawt_begin")
    if how is None:
        connection.exec_driver_sql("BEGIN")
        return
    synchronous = "FULL" if how == "durable" else "NORMAL"
    if connection.info.get("synchronous") != synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
        connection.info["synchronous"] = synchronous
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_to_write(session: Session, *_: Any) -> None:
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a reading session was asked to write; open store.writing() instead")
