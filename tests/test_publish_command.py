"""`sawt publish` beside other workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns import catalogue
from campaigns.cli import app
from campaigns.connections import Connections
from campaigns.models import Delivery
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Checkpoint, Outgoing, Save
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from platforms.x.publish import XAccount
from tests import factories

LEASE = timedelta(seconds=2)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A prepared SAWT_HOME with a stage, for commands of this process."""
    with in_thread(Stage(files=tmp_path / "stage")) as running:
        monkeypatch.setenv("SAWT_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("SAWT_STAGE_URL", running.base)
        yield Settings.from_environment()


@pytest.fixture
def store(home: Settings) -> Iterator[Store]:
    home.home.mkdir()
    store = Store(home.database_url)
    catalogue.prepare(store, home, now=datetime.now(UTC))
    yield store
    store.close()


def test_an_upload_that_outlasts_a_lease_is_not_taken_for_a_dead_workers(
    home: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, wait_for: Callable[..., None]
) -> None:
    (key,) = factories.approved(store, home)
    another = Publisher(
        store, Vault(home.media), Connections(home, None), owner="another", clock=lambda: datetime.now(UTC)
    )
    freed: list[int] = []

    def slowly(x: XAccount, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        until = _lease_until(store, key)
        wait_for(lambda: _lease_until(store, key) > until + LEASE, "a sign of life after the first lease")
        freed.append(another.recover())
        return stage(x, outgoing, checkpoint, save)

    stage = XAccount.stage
    monkeypatch.setattr(XAccount, "stage", slowly)
    monkeypatch.setattr("campaigns.publishing.Publisher", partial(Publisher, lease=LEASE))
    done = CliRunner().invoke(app, ["publish"])
    assert done.exit_code == 0, done.exception
    assert freed == [0]
    assert factories.publication(store, key).state is Delivery.STAGED


def _lease_until(store: Store, key: str) -> datetime:
    until = factories.publication(store, key).lease_until
    assert until
    return until
