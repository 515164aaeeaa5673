from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, func, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from campaigns.models import Base, Campaign, Person, Role
from campaigns.store import (
    AT_MOST,
    CONNECTIONS,
    KEPT,
    WRITING_AT_ONCE,
    DatabaseClock,
    Store,
    Turns,
    backup,
    database_now,
)


def test_the_migrations_make_exactly_the_tables_that_the_models_say(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_keeps_what_is_there(store: Store) -> None:
    with store.writing() as session:
        session.add(Person(name="A", role=Role.WRITER, created_at=datetime.now(UTC)))
    store.migrate()
    with store.reading() as session:
        assert session.scalars(select(Person.name)).all() == ["A"]


@pytest.mark.parametrize("version", ["0001", "0002"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_database_that_an_older_version_has_filled_keeps_every_row(
    version: str, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    on_sqlite = database == "sqlite"
    store = Store(f"sqlite:///{tmp_path / 'old.sqlite'}" if on_sqlite else request.getfixturevalue("bare_postgres"))
    store.migrate(version)
    with store.engine.begin() as connection:
        old = MetaData()
        old.reflect(connection)
        filled = [table for table in old.sorted_tables if table.name != "alembic_version"]
        for table in filled:
            connection.execute(table.insert().values(_a_row_of(table)))
    store.migrate()
    with store.engine.begin() as connection:
        counts = {table.name: connection.scalar(select(func.count()).select_from(text(table.name))) for table in filled}
        assert counts == dict.fromkeys(counts, 1)
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
        partial = [each for each in inspect(connection).get_indexes("publications") if "_one_" in str(each["name"])]
        assert all(each["dialect_options"].get(f"{database}_where") is not None for each in partial)
        assert len(partial) == 2
    store.close()


def _a_row_of(table: Table) -> dict[str, object]:
    """With something in each column; rows refer to each other, as there is one of each."""
    now = datetime.now(UTC)
    some: dict[type, object] = {bool: False, int: 1, float: 1.0, str: "a", object: [], date: now.date(), datetime: now}
    return {column.name: some[column.type.python_type] for column in table.columns}


def test_no_update_is_lost_when_many_write_at_once(store: Store) -> None:
    with store.writing() as session:
        session.add(Campaign(key="count", titles={"en": "0"}))

    def add_ten() -> None:
        for _ in range(10):
            with store.writing() as session:
                campaign = session.get(Campaign, "count", with_for_update=True)
                assert campaign
                campaign.titles = {"en": str(int(campaign.titles["en"]) + 1)}

    threads = [threading.Thread(target=add_ten) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        assert session.get_one(Campaign, "count").titles == {"en": "60"}


def test_a_second_transaction_inside_the_first_is_refused_and_not_waited_for(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "sawt.sqlite")
    store = Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}")
    with store.writing() as session:
        session.add(Campaign(key="outer"))
        with pytest.raises(RuntimeError, match="write in that one"), store.writing():
            pass
    with store.reading() as session:
        assert session.get(Campaign, "outer")
    store.close()


def test_writers_go_in_one_at_a_time_in_the_order_in_which_they_came(wait_for: Callable[..., None]) -> None:
    turns, inside, order = Turns(), threading.Semaphore(1), list[int]()

    def write(number: int) -> None:
        with turns:
            assert inside.acquire(blocking=False)
            order.append(number)
            inside.release()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            wait_for(lambda waiting=number + 1: len(turns) == waiting, f"writer {number} waiting")
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_as_many_go_in_at_once_as_there_is_room_for_and_the_next_is_the_one_that_has_waited_longest(
    wait_for: Callable[..., None],
) -> None:
    turns, order, leave = Turns(2), list[int](), [threading.Event() for _ in range(5)]

    def write(number: int) -> None:
        with turns:
            order.append(number)
            leave[number].wait(20)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        wait_for(lambda expected=number + 1: len(order) + len(turns) == expected, f"writer {number}")
    for number in range(3):
        assert order == list(range(number + 2))
        leave[number].set()
        wait_for(lambda expected=number + 3: len(order) == expected, "the next one")
    for each in leave:
        each.set()
    for thread in threads:
        thread.join()
    assert (order, len(turns)) == ([0, 1, 2, 3, 4], 0)


def test_a_postgresql_pool_never_has_more_writers_at_it_than_it_has_connections(postgres: str) -> None:
    store, here, most = Store(postgres), threading.Semaphore(WRITING_AT_ONCE), list[bool]()

    def write() -> None:
        with store.writing() as session:
            most.append(here.acquire(blocking=False))
            session.execute(select(1))
            here.release()

    threads = [threading.Thread(target=write) for _ in range(8 * WRITING_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert most == [True] * len(threads)
    assert WRITING_AT_ONCE < CONNECTIONS, "a reader finds a connection, whoever writes"


def test_the_databases_clock_answers_threads_that_hold_every_connection(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = DatabaseClock(store)
    before = clock()
    monkeypatch.setattr(DatabaseClock, "AGAIN_AFTER", 0.0)
    all_hold_one, answers = threading.Barrier(CONNECTIONS), list[datetime]()

    def ask() -> None:
        with store.reading() as session:
            database_now(session)
            session.connection()
            all_hold_one.wait(20)
            answers.append(clock())

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == CONNECTIONS
    assert min(answers) >= before


def test_a_writer_that_failed_lets_the_next_one_in(migrated_sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "sawt.sqlite")
    store = Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}")
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    with store.writing() as session:
        session.add(Campaign(key="next"))
    store.close()


def test_a_crowd_leaves_few_of_sqlites_connections_open(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}")
    for _ in range(2):
        with ExitStack() as crowd:
            for session in [crowd.enter_context(store.reading()) for _ in range(AT_MOST)]:
                assert session.scalar(text("SELECT 1")) == 1
    assert isinstance(store.engine.pool, QueuePool)
    assert store.engine.pool.checkedin() == KEPT
    store.close()


def test_a_reading_session_refuses_to_write(store: Store) -> None:
    with store.reading() as session:
        session.add(Campaign(key="x"))
        with pytest.raises(RuntimeError, match="reading session"):
            session.flush()


def test_a_moment_comes_back_in_utc_and_without_a_zone_is_refused(store: Store) -> None:
    moment = datetime.fromisoformat("2026-11-22T18:00:00.123456+03:00")
    with store.writing() as session:
        session.add(Person(name="A", role=Role.WRITER, created_at=moment))
    with store.reading() as session:
        found = session.scalars(select(Person)).one().created_at
    assert (found, found.tzinfo) == (moment, UTC)
    with pytest.raises(Exception, match="time zone"), store.writing() as session:
        session.add(Person(name="B", role=Role.WRITER, created_at=datetime(2026, 1, 1)))


def test_a_backup_taken_beside_an_open_transaction_holds_what_was_committed(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    store.migrate()
    with store.writing() as session:
        session.add(Campaign(key="kept"))
    with store.writing() as session:
        session.add(Campaign(key="not yet"))
        session.flush()
        backup(store, tmp_path / "copy.sqlite")
    store.close()
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    with copy.reading() as session:
        assert session.scalars(select(Campaign.key)).all() == ["kept"]
    copy.close()


def test_hosts_agree_on_the_hour_by_the_databases_clock(store: Store) -> None:
    clock = DatabaseClock(store)
    with store.reading() as session:
        before = database_now(session)
        between = clock()
        after = database_now(session)
    slewing = timedelta(milliseconds=5)
    assert before - slewing <= between <= after + slewing
    assert clock() > between


def test_while_the_database_cannot_be_reached_its_clock_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = DatabaseClock(store)
    first = clock()
    monkeypatch.setattr(DatabaseClock, "AGAIN_AFTER", 0.0)

    def gone() -> None:
        raise OperationalError("", {}, Exception("gone"))

    monkeypatch.setattr(store, "reading", gone)
    assert clock() > first
