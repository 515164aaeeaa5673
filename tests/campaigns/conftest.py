"""A publisher at work against the rehearsal stage, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.connections import Connections
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.rehearsal.serving import RunningStage, in_thread
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(files=tmp_path / "stage", processing=timedelta(), lag=timedelta())


@pytest.fixture
def running(stage: Stage) -> Iterator[RunningStage]:
    with in_thread(stage) as running:
        yield running


@pytest.fixture
def connections(settings: Settings, running: RunningStage) -> Iterator[Connections]:
    connections = Connections(settings, running.base)
    yield connections
    connections.close()


@pytest.fixture
def publisher(
    store: Store, settings: Settings, vault: Vault, connections: Connections, clock: MovableClock
) -> Publisher:
    factories.accounts(store, settings)
    return Publisher(store, vault, connections, owner="worker-1", clock=clock)
