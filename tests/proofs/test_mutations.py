"""The list of breakages keeps up with the code; making them all is `python -m tests.proofs.mutations`."""

from __future__ import annotations

import pytest

from tests.bench.ground import ROOT
from tests.proofs.mutations import BREAKAGES, Breakage


@pytest.mark.parametrize("breakage", BREAKAGES, ids=[each.told for each in BREAKAGES])
def test_every_breakage_still_breaks_something(breakage: Breakage) -> None:
    assert breakage.was in (ROOT / breakage.file).read_text(encoding="utf-8")
