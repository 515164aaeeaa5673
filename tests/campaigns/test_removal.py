"""Moving house: everything arrives on PostgreSQL as it was, or nothing does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Enum, Float, Integer, insert, select, text, update
from sqlalchemy.orm import Session

from campaigns.models import Account, Base, Campaign, Post, PostState
from campaigns.models.base import Moment
from campaigns.removal import RemovalError, move
from campaigns.running import CannotRun, only_worker
from campaigns.settings import Settings
from campaigns.store import Store
from tests import factories

ARABIC = "صوتُ الحِكمة ﴿لَا إِكْرَاهَ فِي الدِّينِ﴾ — “voix”, 49:13 🕊"
ROWS = 3
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def old(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(migrated_sqlite, tmp_path / "sawt.sqlite")
    store = Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def new(bare_postgres: str) -> Iterator[Store]:
    store = Store(bare_postgres)
    yield store
    store.close()


def furnish(store: Store) -> None:
    """Rows in every table, with a value in every column; what may be absent is absent in the second."""
    with store.writing() as session:
        for table in Base.metadata.sorted_tables:
            rows = [{c.name: value(c, n) for c in table.columns} for n in range(1, ROWS + 1)]
            session.execute(insert(table), rows)


def value(column: Column[Any], number: int) -> Any:
    """Something of the column's kind, another one for each row."""
    if column.nullable and number == 2:
        return None
    for foreign in column.foreign_keys:
        return value(foreign.column, number)
    match column.type:
        case Moment():
            return datetime(2026, 11, 20, 23, 59, 59, 123456, UTC) + timedelta(days=number)
        case Boolean():
            return number % 2 == 0
        case Integer():
            return number * 700_000_001
        case Float():
            return number / 3
        case Enum():
            words = list(column.type.enum_class)  # type: ignore[arg-type]
            return words[number % len(words)]
        case JSON():
            return {ARABIC: [number, None, 0.1, True, {"": []}]}
        case Date():
            return date(2026, 2, 28) + timedelta(days=number)
    return f"{number} {ARABIC}"[: getattr(column.type, "length", None)]


def contents(store: Store) -> Rows:
    with store.reading() as session:
        return {table.name: rows(session, table) for table in Base.metadata.sorted_tables}


def rows(session: Session, table: Any) -> list[dict[str, Any]]:
    found = [dict(row) for row in session.execute(select(table)).mappings()]
    return sorted(found, key=lambda row: [str(row[each.name]) for each in table.primary_key])


def test_every_row_of_every_table_arrives_as_it_was_and_the_old_house_keeps_it(old: Store, new: Store) -> None:
    furnish(old)
    before = contents(old)
    moved = move(old, new.url)
    assert contents(new) == before == contents(old)
    assert moved == {table.name: ROWS for table in Base.metadata.sorted_tables}


def test_a_row_that_is_written_after_the_move_takes_the_next_number(old: Store, new: Store) -> None:
    furnish(old)
    move(old, new.url)
    with new.writing() as session:
        post = Post(key="new", state=PostState.DRAFTED, created_at=datetime.now(UTC))
        session.add(post)
        session.flush()
        assert post.id == ROWS * 700_000_001 + 1


def test_a_moved_house_goes_on_with_what_was_planned(old: Store, new: Store, settings: Settings) -> None:
    factories.accounts(old, settings)
    [key] = factories.approved(old, settings, text=ARABIC)
    move(old, new.url)
    factories.approved(new, settings, "second")
    assert factories.publication(new, key).account.key == "x-en"


def test_more_rows_than_are_sent_at_once_arrive_whole(old: Store, new: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.removal.AT_ONCE", 2)
    with old.writing() as session:
        session.add_all(Campaign(key=f"c{number}", titles={"ar": ARABIC}) for number in range(5))
    told: list[tuple[int, int]] = []
    assert move(old, new.url, lambda done, total: told.append((done, total)))["campaigns"] == 5
    assert told[-1] == (5, 5)
    assert contents(new) == contents(old)


def test_a_house_that_nobody_lives_in_yet_moves_as_well(old: Store, new: Store) -> None:
    assert set(move(old, new.url).values()) == {0}


def test_a_database_with_rows_is_refused_and_stays_as_it_is(old: Store, new: Store, settings: Settings) -> None:
    furnish(old)
    new.migrate()
    factories.accounts(new, settings)
    before = contents(new)
    with pytest.raises(RemovalError, match=r"not empty .its table accounts has rows"):
        move(old, new.url)
    assert contents(new) == before


def test_somebody_elses_database_is_refused_before_anything_is_made_in_it(old: Store, new: Store) -> None:
    with new.engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders AS SELECT 1 AS number"))
    with pytest.raises(RemovalError, match="its table orders has rows"):
        move(old, new.url)
    assert new.is_empty()


def test_a_row_that_postgresql_does_not_take_moves_nothing_and_can_be_mended(old: Store, new: Store) -> None:
    furnish(old)
    with old.writing() as session:
        session.execute(update(Account).where(Account.name.contains("1 ")).values(name="a" * 300))
    with pytest.raises(RemovalError, match=r"a row of accounts .*too long.*nothing was moved"):
        move(old, new.url)
    assert not any(contents(new).values())
    with old.writing() as session:
        session.execute(update(Account).values(name="short"))
    assert move(old, new.url)["accounts"] == ROWS


def test_a_house_of_an_older_version_is_refused(old: Store, new: Store) -> None:
    with old.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(RemovalError, match="of another version"):
        move(old, new.url)


def test_what_is_no_house_on_sqlite_is_refused(old: Store, new: Store, tmp_path: Path) -> None:
    new.migrate()
    empty = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    for source, url, why in (
        (new, new.url, "on PostgreSQL already"),
        (old, f"sqlite:///{tmp_path}/x.sqlite", "write the address of an empty PostgreSQL"),
        (empty, new.url, "nothing to move"),
        (old, "postgresql://nobody@127.0.0.1:1/nowhere", "does not let us in"),
    ):
        with pytest.raises(RemovalError, match=why):
            move(source, url)
    empty.close()


def test_nothing_is_moved_while_a_worker_runs(
    old: Store, bare_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaigns.cli.house import move_to

    monkeypatch.setenv("SAWT_HOME", str(tmp_path))
    with only_worker(tmp_path), pytest.raises(CannotRun, match=r"already running .* stop it first"):
        move_to(bare_postgres)


def test_the_command_says_what_to_set_and_keeps_the_password_to_itself(
    old: Store, bare_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from campaigns.cli.house import move_to

    monkeypatch.setenv("SAWT_HOME", str(tmp_path))
    move_to(bare_postgres.replace("postgres@", "postgres:hush@"))
    told = capsys.readouterr().out
    assert f"SAWT_DATABASE_URL={bare_postgres.replace('postgres@', 'postgres:***@')}" in told
    assert "hush" not in told
