"""A made-up audience: figures that grow with a post's age, differ by post, and are the same on every run."""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta

# Share of impressions that each reaction has in the middle of its spread; invented for rehearsals.
_SHARES = {
    "reach": 0.78,
    "views": 0.55,
    "reactions": 0.034,
    "comments": 0.0026,
    "shares": 0.0071,
    "saves": 0.0048,
    "clicks": 0.0093,
}
_HALF_LIFE = timedelta(hours=9)


def figures(seed: str, age: timedelta) -> dict[str, int]:
    """Counts by metric for something that has been visible for `age`. Nothing is seen before it is shown."""
    seen = 1 - math.exp(-max(age, timedelta()) / _HALF_LIFE * math.log(2))
    impressions = int(seen * (900 + 16_000 * _spread(seed, "impressions") ** 2))
    counts = {"impressions": impressions}
    for metric, share in _SHARES.items():
        counts[metric] = int(impressions * share * (0.5 + _spread(seed, metric)))
    return counts


def _spread(*parts: str) -> float:
    """A number in [0, 1) that depends on `parts` alone."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
