"""The stage answers as it did when its answers were written down: same calls, same fields, same kinds of values."""

from __future__ import annotations

from pathlib import Path

import pytest

from platforms.contract import Network
from tests.platforms.recordings import FOLDER, answers, recorded, shape


@pytest.mark.parametrize("network", Network)
def test_todays_answers_have_the_shapes_of_those_that_were_kept(network: Network, tmp_path: Path) -> None:
    today = answers(network, tmp_path)
    assert {call: shape(each) for call, each in today.items()} == {
        call: shape(each) for call, each in recorded(network).items()
    }


def test_no_secret_was_kept() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FOLDER.rglob("*.json"))
    assert "stage-account" not in text
    assert "ya29" not in text
