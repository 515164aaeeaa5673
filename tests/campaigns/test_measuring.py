"""Readings come back at the ages of the cadence, and of nothing that is not out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import select, update

from campaigns.connections import Connections
from campaigns.measuring import Measurer
from campaigns.models import Publication, Reading
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.facebook.publish import FacebookPage
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(files=tmp_path / "stage", processing=timedelta(), lag=timedelta(), pace=1e6)


@pytest.fixture
def measurer(store: Store, settings: Settings, vault: Vault, stage: Stage, clock: MovableClock) -> Iterator[Measurer]:
    """One post is out on X, in a world at its usual pace."""
    factories.accounts(store, settings)
    factories.approved(store, settings, due_at=datetime.now(UTC) + timedelta(minutes=1))
    with in_thread(stage) as running:
        connections = Connections(settings, running.base)
        clock.move(minutes=2)
        Publisher(store, vault, connections, owner="w", clock=clock).work("x-en")
        yield Measurer(store, connections, settings, clock=clock)
        connections.close()


def readings(store: Store) -> list[Reading]:
    with store.reading() as session:
        return list(session.scalars(select(Reading).order_by(Reading.taken_at)))


def test_a_look_is_taken_at_each_age_of_the_cadence_and_not_between(
    store: Store, measurer: Measurer, clock: MovableClock
) -> None:
    taken = []
    for hours in (0.5, 0.6, 1, 4, 0.1, 18):  # X: after 1, 6 and 24 hours
        clock.move(hours=hours)
        taken.append(measurer.measure_due().readings)
    assert taken == [0, 1, 0, 1, 0, 1]
    assert all(reading.reactions is not None for reading in readings(store))


def test_a_look_that_was_missed_while_nothing_ran_is_made_up_once(
    store: Store, measurer: Measurer, clock: MovableClock
) -> None:
    clock.move(days=50)
    assert [measurer.measure_due().readings for _ in range(2)] == [1, 0]


def test_what_is_long_past_its_last_age_is_not_even_read(store: Store, measurer: Measurer, clock: MovableClock) -> None:
    clock.move(days=200)
    with store.writing() as session:
        session.execute(update(Publication).values(measured_at=clock() - timedelta(days=199)))
    assert measurer.measure_due().readings == 0
    assert measurer.measure_all().readings == 1


def test_a_rehearsal_ages_at_its_own_pace(store: Store, measurer: Measurer, clock: MovableClock) -> None:
    measurer.settings = replace(measurer.settings, pace=3600.0)
    clock.move(seconds=2)
    assert measurer.measure_due().readings == 1


def test_an_account_that_cannot_be_asked_is_named_and_asked_again(
    store: Store, measurer: Measurer, stage: Stage, clock: MovableClock
) -> None:
    clock.move(hours=2)
    stage.faults.add(Fault(name="drop-before", path="/x/", method="GET", times=9))
    assert list(measurer.measure_due().failures) == ["x-en"]
    stage.faults.forget()
    assert measurer.measure_due().readings == 1


def test_what_no_adapter_foresaw_is_told_without_its_message_and_the_accounts_after_it_are_measured(
    store: Store,
    settings: Settings,
    vault: Vault,
    measurer: Measurer,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stumble(*_: object) -> NoReturn:
        raise KeyError("https://network.example/?access_token=secret")

    factories.approved(store, settings, "before", on=("facebook-en",), due_at=clock() + timedelta(minutes=1))
    clock.move(minutes=2)
    Publisher(store, vault, measurer.connections, owner="w", clock=clock).work("facebook-en")
    monkeypatch.setattr(FacebookPage, "measure", stumble)
    clock.move(hours=2)
    measured = measurer.measure_due()
    assert measured.failures == {"facebook-en": "something unforeseen happened (KeyError)"}
    assert measured.readings == len(readings(store)) == 1
    assert "facebook-en could not be measured: KeyError" in caplog.text
    assert "secret" not in caplog.text
