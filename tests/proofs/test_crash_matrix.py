"""A worker killed at every point of every way that a post may go: nothing is lost, and nothing goes out twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from platforms.contract import Network
from tests.proofs.crash_cases import Make, Matrix, Way, Zygote, offered, postgres_copies, shown_at, sqlite_copies, ways
from tests.proofs.crash_table import DOCUMENT, NOT_ON_POSTGRES, ON_POSTGRES, POINTS, TABLE, called, filling, row, told

REGENERATE = """what is done has changed, or docs/crashes.md was not written anew since. If the change is meant, run

    PYTHONPATH=. .venv/bin/python -m tests.proofs.crash_table {network}

(without a name for all networks: some eight minutes of one processor) and read the difference before it is committed.
"""


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with closing(Zygote(tmp_path_factory.mktemp("zygote"))) as zygote:
        yield zygote


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and films, made once."""
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize(("network", "make"), offered())
def test_killed_anywhere_nothing_is_lost_and_nothing_goes_out_twice(
    network: Network, make: Make, zygote: Zygote, files: Path, migrated_sqlite: Path, tmp_path: Path
) -> None:
    copies = sqlite_copies(migrated_sqlite, tmp_path, filling(network, make, tmp_path / "home", files))
    _holds(Matrix(zygote=zygote, folder=tmp_path, network=network, make=make, copies=copies))


@pytest.mark.parametrize(("network", "make"), sorted(ON_POSTGRES))
def test_on_postgresql_another_worker_takes_over_and_it_is_the_same(
    network: Network, make: Make, zygote: Zygote, files: Path, postgres: str, tmp_path: Path
) -> None:
    copies = postgres_copies(postgres, filling(network, make, tmp_path / "home", files))
    matrix = Matrix(zygote=zygote, folder=tmp_path, network=network, make=make, copies=copies, others_come=True)
    _holds(matrix, left_out=NOT_ON_POSTGRES)


def test_a_worker_that_sends_again_without_looking_is_noticed(
    zygote: Zygote, files: Path, migrated_sqlite: Path, tmp_path: Path
) -> None:
    network, make = Network.X, Make.PICTURE
    copies = sqlite_copies(migrated_sqlite, tmp_path, filling(network, make, tmp_path / "home", files))
    matrix = Matrix(zygote=zygote, folder=tmp_path, network=network, make=make, copies=copies, careless=True)
    point = shown_at(matrix.passed(Way.STRAIGHT), make)
    with pytest.raises(AssertionError, match="2 copies"):
        matrix.killed_at(Way.STRAIGHT, point, unknown=False)


def test_every_way_of_every_form_of_every_network_has_its_lines_in_the_paper() -> None:
    table, _, points = DOCUMENT.read_text(encoding="utf-8").partition(TABLE)[2].partition(POINTS)
    played = [(called(network), make, way) for network, make in offered() for way in ways(network, make)]
    told_of = [tuple(cell.strip() for cell in line.split("|")[1:4]) for line in table.splitlines() if "×" in line]
    how = REGENERATE.format(network="").replace(" \n", "\n")
    assert told_of == played, how
    assert re.findall(r"^- \*\*(.*), (.*), (.*)\.\*\*", points, re.MULTILINE) == played, how


def _holds(matrix: Matrix, *, left_out: Way | None = None) -> None:
    paper = DOCUMENT.read_text(encoding="utf-8")
    for played in matrix.play_all(left_out=left_out):
        how = REGENERATE.format(network=matrix.network)
        assert row(matrix.network, matrix.make, played) in paper, how
        assert told(matrix.network, matrix.make, played) in paper, how
