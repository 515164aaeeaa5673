from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from campaigns.models import Base, Campaign, Person, Role
from campaigns.store import Store, backup


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
