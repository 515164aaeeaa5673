"""Move house: every row from SQLite into an empty PostgreSQL, in one transaction, and counted again over there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, func, insert, inspect, select, table, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.sql.schema import Column

from campaigns.models import Base
from campaigns.store import Store

AT_ONCE = 1000
Told: TypeAlias = Callable[[int, int], None]
"""How many rows of how many have arrived."""


class RemovalError(ValueError):
    """The house cannot be moved; the message says why. Nothing has changed."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many rows a table has, and a digest of what they say, whatever their order."""

    rows: int
    digest: int


def move(source: Store, url: str, tell: Told = lambda done, total: None) -> dict[str, int]:
    """Copy all tables to the database at `url`; the answer is how many rows each has. Raises RemovalError.

    `source` is only read, and nobody can write to it meanwhile.
    """
    if source.engine.dialect.name != "sqlite":
        raise RemovalError("this house is on PostgreSQL already; pg_dump and pg_restore move it to another one")
    if not url.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        raise RemovalError("write the address of an empty PostgreSQL database: postgresql://user@host/database")
    if source.is_empty():
        raise RemovalError("there is nothing to move: this house has no tables yet")
    target = Store(url)
    try:
        _must_be_empty(target)
        target.migrate()
        return _copy_all(source, target, tell)
    finally:
        target.close()


def _copy_all(source: Store, target: Store, tell: Told) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    with source.engine.execution_options(sawt_begin="write").connect() as old, target.engine.begin() as new:
        old.begin()
        _must_be_of_one_version(old, new)
        total = sum(old.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
        moved: dict[str, int] = {}
        for table in tables:
            moved[table.name] = _copy(table, old, new)
            tell(sum(moved.values()), total)
        return moved


def _must_be_empty(target: Store) -> None:
    try:
        connection = target.engine.connect()
    except OperationalError as error:
        raise RemovalError(f"that database does not let us in ({_first_line(error)})") from error
    with connection:
        for name in sorted(inspect(connection).get_table_names()):
            if name != "alembic_version" and connection.scalar(select(1).select_from(table(name)).limit(1)):
                raise RemovalError(f"that database is not empty (its table {name} has rows); make a new one")


def _must_be_of_one_version(old: Connection, new: Connection) -> None:
    ours, theirs = (each.scalar(text("SELECT version_num FROM alembic_version")) for each in (old, new))
    if ours != theirs:
        raise RemovalError("this house is of another version of Sawt; run sawt plan once, which brings it up to date")


def _copy(table: Table, old: Connection, new: Connection) -> int:
    try:
        sent = _tally(_sending(table, old, new))
    except DBAPIError as error:
        raise RemovalError(
            f"PostgreSQL does not take a row of {table.name} ({_first_line(error)}); nothing was moved"
        ) from error
    arrived = _tally(_rows(table, new))
    if sent != arrived:
        raise RemovalError(f"{table.name} did not arrive as it was sent; nothing was moved")
    _count_on(table, new)
    return arrived.rows


def _sending(table: Table, old: Connection, new: Connection) -> Iterator[Mapping[str, Any]]:
    """The rows of the old table, each of them inserted into the new one."""
    waiting: list[Mapping[str, Any]] = []
    for row in _rows(table, old):
        yield row
        waiting.append(row)
        if len(waiting) == AT_ONCE:
            new.execute(insert(table), waiting)
            waiting = []
    if waiting:
        new.execute(insert(table), waiting)


def _rows(table: Table, connection: Connection) -> Iterator[Mapping[str, Any]]:
    found = connection.execute(select(table).execution_options(yield_per=AT_ONCE))
    return (dict(row) for row in found.mappings())


def _tally(rows: Iterator[Mapping[str, Any]]) -> Tally:
    count, total = 0, 0
    for row in rows:
        said = json.dumps(dict(row), default=_plain, sort_keys=True, ensure_ascii=False)
        count, total = count + 1, (total + int.from_bytes(sha256(said.encode()).digest())) % (1 << 256)
    return Tally(rows=count, digest=total)


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"a column of a new kind: {type(value).__name__}")


def _count_on(table: Table, new: Connection) -> None:
    """The next row's number follows on the last one's."""
    column = table.autoincrement_column
    if isinstance(column, Column) and (last := new.scalar(select(func.max(column)))) is not None:
        new.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column.name), last)))


def _first_line(error: DBAPIError) -> str:
    """Without the details, which quote the row."""
    return str(error.orig).strip().partition("\n")[0]
