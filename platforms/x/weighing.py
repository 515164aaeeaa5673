"""How X weighs a text (twitter-text configuration 3, read 2026-08)."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=2048)
def weighted_length(text: str) -> int:
    """Length as X counts it: Arabic and Latin letters 1, most else 2, an emoji 2, every link 23."""
    from twitter_text import parse_tweet  # 12 MB of tables

    return int(parse_tweet(text).weightedLength)
