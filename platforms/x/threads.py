"""A text that X's 280 do not hold becomes a thread: cut where a reader pauses, and counted quietly.

Cut after a paragraph, else a line, a sentence, a word; never inside a verse's brackets, a link, a hashtag or a name.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil
from urllib.parse import quote

from platforms import limits
from platforms.contract import Network, Outgoing
from platforms.errors import Refused
from platforms.x.weighing import fits, weighted_length

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "ur", "he"})
_PAUSES = [
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…؟۔])[\"'”’»)\]]*\s+"),
    re.compile(r"\s+"),
]
"""From the longest pause to the shortest; a part is cut at the end of one."""
_WHOLE = re.compile(
    r"﴿[^﴾]*﴾(?:\s*\[[^\]]*\])?"  # a verse, with the reference after it
    r"|https?://\S+"
    r"|[#@]\w+"
)
_WORTHWHILE = 1 / 3
"""A longer pause is preferred to a shorter one if the part before it is still so much of what fits."""
_ADDRESS = re.compile(r"(https?://[^\s/?#]+)([/?#]\S*)", re.IGNORECASE)
_NO_PART_OF_IT = "،؛؟。»”’)]}﴾.,;:!?\"'…"
"""What may stand directly after an address and is no part of it."""


class NoThread(Refused):
    """A text of which X cannot carry a thread; the message says what to change."""


def parts(outgoing: Outgoing) -> tuple[str, ...]:
    """The texts that X gets: one, or those of a thread, each with its counter. Raises NoThread."""
    return _parts(outgoing.text, outgoing.language)


def written(text: str) -> str:
    """The text as X is to get it: its line breaks as one character, the letters of its links percent-encoded.

    X ends a link at the first letter of its path that is not Latin (twitter-text, read 2026-08).
    """
    return _ADDRESS.sub(_encoded, text.replace("\r\n", "\n").replace("\r", "\n"))


@lru_cache(maxsize=64)
def _parts(text: str, language: str) -> tuple[str, ...]:
    whole, most_parts = written(text), _longest("parts of a thread")
    if fits(whole, _longest("text")):
        return (whole,)
    weight = weighted_length(whole)
    room = _longest("text") - weighted_length(_counted("", most_parts, most_parts, language))
    if weight > room * most_parts:  # before a book that somebody pasted is cut with care
        raise _too_many(ceil(weight / room), most_parts)
    pieces = list(_pieces(whole.strip(), room))
    if len(pieces) > most_parts:
        raise _too_many(len(pieces), most_parts)
    return tuple(_counted(piece, number, len(pieces), language) for number, piece in enumerate(pieces, 1))


def _too_many(parts: int, most: int) -> NoThread:
    return NoThread(f"on X it would be a thread of {parts} parts, and {most} are the most: shorten it")


def _longest(what: str) -> int:
    return limits.limit(Network.X, "words", what).longest


def _counted(piece: str, number: int, of: int, language: str) -> str:
    """The part with "2/5" on a line of its own, in the digits of its words.

    Spaces around the stroke let the numbers follow the reading direction of Arabic without a mark, which would weigh.
    """
    counter = f"{number} / {of}" if language in _RIGHT_TO_LEFT else f"{number}/{of}"
    if re.search("[٠-٩]", piece):
        counter = counter.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    return f"{piece}\n\n{counter}"


def _pieces(text: str, room: int) -> Iterator[str]:
    cuts, start = _Cuts(text), 0
    while start < len(text):
        end = cuts.best(start, room)
        yield text[start:end].strip()
        start = end


class _Cuts:
    """The places at which a text may be cut, in order, for each length of pause; the last are between letters."""

    def __init__(self, text: str) -> None:
        self._text = text
        whole = list(_kept_whole(text))
        pauses = [sorted({each.end() for each in pause.finditer(text)} | {len(text)}) for pause in _PAUSES]
        self._by_pause = [_outside(whole, places) for places in (*pauses, list(_between_letters(text)))]

    def best(self, start: int, room: int) -> int:
        """Where the part that begins at `start` is to end. Raises NoThread where something whole does not fit."""
        longest = [self._longest(start, room, places) for places in self._by_pause]
        if longest[-1] == len(self._text):
            return len(self._text)
        *pauses, words, letters = longest
        for end in pauses:
            if end > start and weighted_length(self._text[start:end].strip()) >= room * _WORTHWHILE:
                return end
        if (end := max((each for each in (words, *pauses) if each > start), default=letters)) > start:
            return end
        raise NoThread(f"on X “{self._text[start : start + 24]}…” is too long for one part of a thread: shorten it")

    def _longest(self, start: int, room: int, places: Sequence[int]) -> int:
        """The furthest of `places` that leaves a part within `room`; `start` where there is none."""

        def length(end: int) -> int:
            return weighted_length(self._text[start:end].strip())

        first, step = bisect_right(places, start), 1
        while first + step < len(places) and length(places[first + step]) <= room:
            step *= 2  # so that a long rest is not weighed for each part
        fitting = bisect_right(places, room, first, min(first + step, len(places)), key=length)
        return places[fitting - 1] if fitting > first else start


def _kept_whole(text: str) -> Iterator[tuple[int, int]]:
    """Where stands what must not be cut."""
    from twitter_text import extract_emojis_with_indices, extract_urls_with_indices

    yield from (found.span() for found in _WHOLE.finditer(text))
    for found in (*extract_urls_with_indices(text), *extract_emojis_with_indices(text)):
        first, last = found["indices"]
        yield first, last


def _outside(whole: Sequence[tuple[int, int]], places: Sequence[int]) -> list[int]:
    inside = {place for first, last in whole for place in range(first + 1, last)}
    return [place for place in places if place not in inside]


def _between_letters(text: str) -> Iterator[int]:
    """Not before a mark that belongs to the letter before it, nor beside a joiner."""
    for place, (before, after) in enumerate(pairwise(text), 1):
        joined = "\u200c\u200d"
        if unicodedata.category(after)[0] != "M" and after not in joined and before not in joined:
            yield place
    yield len(text)


def _encoded(address: re.Match[str]) -> str:
    path = address[2].rstrip(_NO_PART_OF_IT)
    return address[1] + quote(path, safe="/?#[]@!$&'()*+,;=:%-._~") + address[2][len(path) :]
