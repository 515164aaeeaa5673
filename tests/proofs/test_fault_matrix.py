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
from platforms.rehearsal.bad_days import BAD_DAYS
from platforms.rehearsal.faults import Fault
from platforms.x import faults as x_faults
from tests.proofs import fault_matrix
from tests.proofs.fault_matrix import (
    Case,
    Media,
    broken,
    broken_own,
    heard,
    made,
    printed,
    rows,
    rows_of_its_own,
    section,
    section_of_its_own,
    without_times,
)

CASES = list(fault_matrix.cases())
NOT_ON_THE_WAY = {(Network.FACEBOOK, "no-such-object"), (Network.FACEBOOK, "processing-fails")}
"""Of reads; undisturbed, a post on Facebook makes none."""
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
def postgres_store(postgres: str) -> Iterator[Store]:
    with closing(Store(postgres)) as store:
        yield store


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_call_that_goes_wrong_makes_no_second_copy_and_no_wrong_word(
    case: Case, store: Store, media: Media, tmp_path: Path
) -> None:
    _holds(case, store, media, tmp_path)


@pytest.mark.parametrize("case", [case for case in CASES if case in ON_POSTGRES], ids=lambda case: case.name)
def test_on_postgresql_it_is_the_same(case: Case, postgres_store: Store, media: Media, tmp_path: Path) -> None:
    (told,) = rows(case, postgres_store, media, tmp_path, last_alone=True)
    assert [each for name, outcome in told[1].items() for each in broken(case, told[0], name, outcome)] == []
    assert without_times(section(case, [told])).splitlines()[-1] in without_times(printed(case.name)).splitlines()


@pytest.mark.parametrize("network", Network)
def test_nor_does_it_on_a_bad_day_of_the_networks_own(
    network: Network, store: Store, media: Media, tmp_path: Path
) -> None:
    own = [
        row
        for case in fault_matrix.cases_of_their_own()
        if case.network is network
        for row in rows_of_its_own(case, store, media, made(tmp_path / str(case.kind)))
    ]
    assert [each for row in own for each in broken_own(*row)] == []
    section = section_of_its_own(network, own)
    assert without_times(section) == without_times(printed(section.splitlines()[0].removeprefix("## ")))


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
    told = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert told == fault_matrix.headings()


def test_every_bad_day_is_tried_at_some_call_of_every_network_that_has_it() -> None:
    columns = {*fault_matrix.FAULTS, *fault_matrix.ELSEWHERE}
    in_storms = {"error-before", "drop-before", "gateway-before"}
    for network in Network:
        own = printed(f"{network.label.removeprefix('the ')}, in its own way")
        for name, day in BAD_DAYS.items():
            if network in day.networks and name not in columns | in_storms and (network, name) not in NOT_ON_THE_WAY:
                assert f"| {day.told} |" in own, f"{name} is not tried on {network.label}"


def _holds(case: Case, store: Store, media: Media, folder: Path) -> None:
    told = list(rows(case, store, media, folder))
    faults = [
        each for call, outcomes in told for name, out in outcomes.items() for each in broken(case, call, name, out)
    ]
    assert faults == []
    assert without_times(section(case, told)) == without_times(printed(case.name))
