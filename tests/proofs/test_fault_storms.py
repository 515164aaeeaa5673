"""A post on its way through call after call that goes wrong, reads too: still never two copies, never a wrong word."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from campaigns.models import Delivery
from campaigns.store import Store
from platforms.rehearsal.faults import Fault, Name
from tests.proofs.fault_matrix import FAULTS, Call, Case, Media, Play, Wire, cases, heard, playing

WORST: tuple[Name, ...] = (*FAULTS, "error-before", "drop-before", "gateway-before")
STORMS = 4
"""For each form of each network; a thousand and more were tried when this was written."""


@dataclass(kw_only=True)
class Storm(Wire):
    """The first call goes wrong and then every third, `most` at most; none while somebody has to sign in again."""

    weather: random.Random
    most: int = 12
    faults: list[str] = field(default_factory=list)
    signed_in: bool = True

    def will_be_left_unanswered(self, call: Call) -> bool:
        calm = bool(self.faults) and self.weather.random() > 1 / 3
        if calm or not self.signed_in or len(self.faults) == self.most:
            return False
        name = self.weather.choice(WORST)
        self.faults.append(f"{call.told}: {name}")
        self.stage.faults.add(Fault(name=name, method=call.method, path=call.path))
        self.signed_in = name != "token-dead"
        return name in ("hang", "silent-after")


@pytest.fixture
def store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'sawt.sqlite')}")) as store:
        yield store


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_in_a_storm_of_faults_there_is_one_copy_that_we_know_of_or_none(
    case: Case, store: Store, media: Media, tmp_path: Path
) -> None:
    with playing(case, store, media, tmp_path) as begin:
        for seed in range(STORMS):
            random.seed(seed)  # our own waits are spread at random as well
            with begin() as play:
                storm = Storm(stage=play.stage, weather=random.Random(seed))
                _weather(play, storm)
                shown = [each for each in play.stage.records.all("shown") if not each["hidden_at"]]
                told = f"storm {seed}: {play.row.state}, {play.row.why}; {storm.faults}"
                assert storm.faults, told
                assert play.row.state in (Delivery.PUBLISHED, Delivery.UNCERTAIN), told
                known = [play.row.remote_id] if play.row.state is Delivery.PUBLISHED else []
                assert [each["remote_id"] for each in shown] == known, told


def _weather(play: Play, storm: Storm) -> None:
    """Until it is over, a person signing in whenever that is asked for."""
    play.wire = storm
    with heard(storm):
        play.settle()
        while play.row.account.paused_at:
            play.sign_in()
            storm.signed_in = True
            play.settle()
