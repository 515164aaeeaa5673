"""The queue's own tables, made and brought up to date by whichever host starts first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import make_url

from campaigns.store import PATIENCE

SCHEMA = "sawt_engine"
SESSION: dict[str, Any] = {
    **PATIENCE,
    "connect_timeout": 5,
    "options": f"{PATIENCE['options']} -c lock_timeout=0 -c search_path={SCHEMA}",
}
"""How each connection of the queue is opened; its tables are found by themselves."""
_LOCK = 91


def install(url: str) -> None:
    """Make the tables, or bring them up to the installed package; one host at a time. Raises ValueError."""
    with psycopg.connect(conninfo(url), autocommit=True, **SESSION) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _make_room(connection)
        for step, statements in _steps_after(_last_step(connection)):
            with connection.transaction():
                connection.execute(statements.encode())
                connection.execute("INSERT INTO installed VALUES (%s)", (step,))


def conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _make_room(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("SELECT to_regnamespace(%s), to_regclass('installed')", (SCHEMA,)).fetchone()
    schema, table = found or (None, None)
    try:
        if schema is None:
            connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        if table is None:
            connection.execute("CREATE TABLE installed (step text PRIMARY KEY)")
    except psycopg.errors.InsufficientPrivilege as error:
        raise ValueError(
            f"the database's user may not make the schema {SCHEMA}; allow it: GRANT CREATE ON DATABASE … TO …"
        ) from error


def _last_step(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("SELECT max(step) FROM installed").fetchone()
    return row[0] if row else None


def _steps_after(last: str | None) -> Iterator[tuple[str, str]]:
    """Everything at once where there is nothing yet, else each later step of the package, in order."""
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    if last is None:
        yield files[-1].stem, SchemaManager.get_schema()
        return
    for file in files:
        if file.stem > last:
            yield file.stem, file.read_text(encoding="utf-8")
