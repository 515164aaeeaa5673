"""Fold text for search: what a reader takes for the same word becomes the same letters.

The fold is compared and never shown. Presentation forms, marks, tatweel, the spellings of alef, hamza, ya and
ta marbuta, Persian letters, French accents, digits and case all fall together.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DROPPED = frozenset({"Mn", "Me", "Cf", "Lm", "Sk", "So"})
_LETTERS = str.maketrans("ٱىیةکہ", "اييهكه")
_BASMALA = "﷽"  # the one ligature that NFKC leaves whole


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    whole = unicodedata.normalize("NFKC", text.replace(_BASMALA, "بسم الله الرحمن الرحيم")).lower()
    bare = "".join(
        letter for letter in unicodedata.normalize("NFD", whole) if unicodedata.category(letter) not in _DROPPED
    )
    return re.sub(r"[\W_]+", " ", "".join(map(_digit, bare.translate(_LETTERS)))).strip()


def _digit(letter: str) -> str:
    return str(unicodedata.digit(letter)) if letter.isdigit() else letter
