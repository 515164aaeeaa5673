"""How X weighs a text, and whether it finds a link in it (twitter-text configuration 3, read 2026-08).

X's own rules are 12 MB of tables that take a second to load: they are asked only where a generous look is in doubt.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LINK_WEIGHS = 23
_LIGHT_UP_TO, _EMOJI_BELOW = 0x10FF, "©®"
"""Letters up to here weigh 1, Latin and Arabic among them, but for two that X takes for emoji; nothing more than 2."""
_INNER_DOT = re.compile(r"(?<=[^ \t\n])\.(?=\S)")
"""Every link has one, for it names a domain."""


@lru_cache(maxsize=2048)
def weighted_length(text: str) -> int:
    """Length as X counts it: Arabic and Latin letters 1, most else 2, an emoji 2, every link 23."""
    from twitter_text import parse_tweet

    return int(parse_tweet(text).weightedLength)


def fits(text: str, room: int) -> bool:
    """Whether the text weighs no more than `room`."""
    return weighs_at_most(text) <= room or weighted_length(text) <= room


def weighs_at_most(text: str) -> int:
    """What the text weighs if every dot within it makes a link as well."""
    composed = unicodedata.normalize("NFC", text)
    links = len(_INNER_DOT.findall(composed))
    light = sum(ord(letter) <= _LIGHT_UP_TO and letter not in _EMOJI_BELOW for letter in composed)
    return 2 * len(composed) - light + LINK_WEIGHS * links


def has_link(text: str) -> bool:
    """Whether X makes a link of a part of the text; a bare domain is one."""
    if not _INNER_DOT.search(text):
        return False
    from twitter_text import extract_urls

    return bool(extract_urls(text))
