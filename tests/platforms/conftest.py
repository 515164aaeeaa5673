"""One door for all tests of the adapters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.door import Door, opened


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    with opened() as door:
        yield door
