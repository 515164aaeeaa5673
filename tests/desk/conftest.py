"""A furnished house for every test of the desk; it is furnished once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.models import Base
from campaigns.settings import Settings
from campaigns.store import Store
from tests.desk.furnished import House, furnish, open_house


@pytest.fixture(scope="session")
def furnished_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("furnished")
    settings = Settings.from_environment({"SAWT_HOME": str(home)})
    store = Store(settings.database_url)
    Base.metadata.create_all(store.engine)
    furnish(store, settings)
    store.close()
    return home


@pytest.fixture
def house(furnished_home: Path, settings: Settings) -> Iterator[House]:
    """A desk of this test's own."""
    shutil.copytree(furnished_home, settings.home)
    store = Store(settings.database_url)
    yield open_house(store, settings)
    store.close()


@pytest.fixture
def each_house(store: Store, settings: Settings) -> House:
    """A desk of this test's own, once on SQLite and once on PostgreSQL."""
    furnish(store, settings)
    return open_house(store, settings)


@pytest.fixture
def rehearsing(house: House) -> House:
    """The same desk when nothing reaches an audience."""
    return replace(house, app=open_house(house.store, house.settings, rehearsal=True).app)
