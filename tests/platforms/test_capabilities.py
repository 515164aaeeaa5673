"""docs/platforms.md says what the networks do when they are tried on the stage."""

from __future__ import annotations

from pathlib import Path

from platforms import adapter
from tests.platforms import capabilities


def test_the_tables_of_the_paper_are_what_comes_of_trying_every_network(tmp_path: Path) -> None:
    found = capabilities.tried(tmp_path)
    assert capabilities.printed() == capabilities.tables(found)
    for network, each in found.items():
        assert adapter(network).localizes == ("title and text in further languages" in each.arrives)
