"""Whatever goes wrong with whichever call: never two copies, never a wrong word about it, as docs/faults.md tells."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from campaigns.models import Delivery, Kind
from campaigns.store import Store
from platforms.contract import Network
from platforms.errors import PlatformError, Unreachable
from platforms.rehearsal.faults import Fault
from platforms.x import faults as x_faults
from tests.conftest import _database
from tests.proofs import fault_matrix
from tests.proofs.fault_matrix import Case, Media, broken, heard, printed, rows, section, without_times

CASES = list(fault_matrix.cases())
ON_POSTGRES = {
    Case(network=Network.X, kind=Kind.TEXT),
    Case(network=Network.FACEBOOK, kind=Kind.DESIGN),
    Case(network=Network.INSTAGRAM, kind=Kind.DESIGN),
    Case(network=Network.YOUTUBE, kind=Kind.FILM),
    Case(network=Network.WEBSITE, kind=Kind.TEXT),
}


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))


@pytest.fixture
def store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'sawt.sqlite')}")) as store:
        yield store


@pytest.fixture
def postgres_store(postgres_server: str, migrated_postgres: str) -> Iterator[Store]:
    with _database(postgres_server, migrated_postgres) as url, closing(Store(url)) as store:
        yield store


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_call_that_goes_wrong_makes_no_second_copy_and_no_wrong_word(
    case: Case, store: Store, media: Media, tmp_path: Path
) -> None:
    _holds(case, store, media, tmp_path)


@pytest.mark.parametrize("case", [case for case in CASES if case in ON_POSTGRES], ids=lambda case: case.name)
def test_on_postgresql_it_is_the_same(case: Case, postgres_store: Store, media: Media, tmp_path: Path) -> None:
    _holds(case, postgres_store, media, tmp_path)


def test_a_call_that_is_sent_again_without_looking_is_noticed(
    store: Store, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_seen(visible: bool) -> PlatformError:
        return Unreachable("nobody can have seen it")

    monkeypatch.setattr(x_faults, "_lost", nothing_seen)
    monkeypatch.setattr(fault_matrix, "FAULTS", {"drop-after": "done, then cut off"})
    case = Case(network=Network.X, kind=Kind.DESIGN)
    *_, (call, outcomes) = rows(case, store, media, tmp_path)
    assert "2 copies are out" in "; ".join(broken(case, call, "drop-after", outcomes["drop-after"]))


def test_what_waits_for_a_person_leaves_the_clock_alone(store: Store, media: Media, tmp_path: Path) -> None:
    case = Case(network=Network.X, kind=Kind.TEXT)
    with fault_matrix.playing(case, store, media, tmp_path) as begin, begin() as play:
        play.stage.faults.add(Fault(name="drop-before", path="/2/tweets"))
        play.stage.faults.add(Fault(name="error-before", path="/2/users", method="GET", times=4))
        with heard(play.wire):
            play.settle()
        assert (play.row.state, play.row.not_before) == (Delivery.UNCERTAIN, None)
        assert play.row.account.resume_at is not None
        assert play.publisher.next_at() is None


def test_every_form_of_every_network_has_its_part_in_the_paper() -> None:
    text = fault_matrix.DOCUMENT.read_text(encoding="utf-8")
    assert text.startswith(fault_matrix.introduction())
    assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == [
        case.name for case in CASES
    ]


def _holds(case: Case, store: Store, media: Media, folder: Path) -> None:
    told = list(rows(case, store, media, folder))
    faults = [
        each for call, outcomes in told for name, out in outcomes.items() for each in broken(case, call, name, out)
    ]
    assert faults == []
    assert without_times(section(case, told)) == without_times(printed(case))
