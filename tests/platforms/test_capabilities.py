"""docs/platforms.md says what the networks do when they are tried on the stage."""

from __future__ import annotations

from pathlib import Path

from tests.platforms import capabilities


def test_the_tables_of_the_paper_are_what_comes_of_trying_every_network(tmp_path: Path) -> None:
    assert capabilities.printed() == capabilities.tables(capabilities.tried(tmp_path))
