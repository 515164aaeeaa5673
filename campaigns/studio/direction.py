"""Which way letters run: levels and visual order of mixed Arabic and Latin text (Unicode Annex 9).

Isolates and bracket pairs are honoured. Embeddings and overrides are not: they are refused before text comes
here, because a stranger can turn a sentence round with them. Checked against a second implementation in tests.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple
from unicodedata import bidirectional

LRI, RLI, FSI, PDI = "\u2066", "\u2067", "\u2068", "\u2069"
REFUSED = "\u202a\u202b\u202c\u202d\u202e"
_OPENS = frozenset({"LRI", "RLI", "FSI"})
_BRACKETS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⟦": "⟧", "⟪": "⟫", "❨": "❩", "（": "）"}
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"})

_LATIN = re.compile(
    r"""(?:https?://|www\.)[^\s«»()\[\]،؛]+            # an address on the web
      | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                   # a mailbox
      | @[A-Za-z0-9_.]*[A-Za-z0-9_]                    # a handle
      | (?<![\w.])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[^\s«»()\[\]،؛]*)?  # sawt.example/path""",
    re.VERBOSE | re.ASCII,
)
_HASHTAG = re.compile(r"#\w+")
_FIGURES = re.compile(
    r"""\+?[0-9]+(?:[\s\u00a0-][0-9]+){2,}             # a telephone number
      | [+\-−±]?[0-9][0-9.,]*\s?[–-]\s?[0-9][0-9.,]*%?   # a range
      | [+\-−±][0-9][0-9.,]*%?                         # a signed number
      | [0-9][0-9.,]*[0-9]?%                           # a percentage""",
    re.VERBOSE,
)


class Run(NamedTuple):
    """Characters `start` up to `end` of the paragraph that run one way; odd levels run right to left."""

    start: int
    end: int
    level: int


def isolate(text: str, base: int) -> str:
    """Wrap handles, hashtags, addresses and (in Arabic) ranges and signed numbers so that they hold together.

    Figures written with Arabic-Indic digits are left alone: `١–٣١` reads from the right, as it should.
    """
    marked = _outside(_LATIN, LRI, text)
    marked = _outside(_HASHTAG, FSI, marked)
    return _outside(_FIGURES, LRI, marked) if base else marked


def _outside(pattern: re.Pattern[str], opening: str, text: str) -> str:
    """Wrap each match that does not already stand inside an isolate."""
    pieces = re.split(f"([{LRI}{RLI}{FSI}][^{PDI}]*{PDI})", text)
    return "".join(
        piece if piece[:1] in (LRI, RLI, FSI) else pattern.sub(lambda m: opening + _unbroken(m[0]) + PDI, piece)
        for piece in pieces
    )


def _unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")


def levels(text: str, base: int) -> list[int]:
    """The embedding level of every character of one paragraph whose base is 0 (left to right) or 1."""
    kinds: list[str] = [bidirectional(character) or "L" for character in text]
    closings = _closings(kinds)
    depths = _explicit(kinds, closings, base)
    resolved = list(depths)
    for sequence in _sequences(kinds, depths, closings):
        borders = _borders(sequence, kinds, depths, closings, base)
        for at, kind in zip(sequence, _resolve(sequence, text, kinds, borders, depths), strict=True):
            resolved[at] += _raise(kind, depths[at])
    for at, kind in enumerate(kinds):
        if kind == "BN":
            resolved[at] = resolved[at - 1] if at else base
    return resolved


def visual(text: str, depths: Sequence[int], base: int, start: int, end: int) -> list[Run]:
    """The runs of one line, characters `start` up to `end`, from left to right as they are drawn."""
    line = list(depths[start:end])
    for at in range(end - 1, start - 1, -1):
        if bidirectional(text[at]) not in ("WS", "BN", "LRI", "RLI", "FSI", "PDI"):
            break
        line[at - start] = base
    runs: list[Run] = []
    at = start
    for level, group in groupby(line):
        length = len(list(group))
        runs.append(Run(at, at + length, level))
        at += length
    return _reordered(runs)


def _reordered(runs: list[Run]) -> list[Run]:
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        turned: list[Run] = []
        for high, group in groupby(runs, key=lambda run, least=level: run.level >= least):  # type: ignore[misc]
            together = list(group)
            turned += together[::-1] if high else together
        runs = turned
    return runs


def _closings(kinds: Sequence[str]) -> dict[int, int]:
    """Where each isolate closes, by where it opens; unclosed ones are missing (BD9)."""
    opened: list[int] = []
    closings: dict[int, int] = {}
    for at, kind in enumerate(kinds):
        if kind in _OPENS:
            opened.append(at)
        elif kind == "PDI" and opened:
            closings[opened.pop()] = at
    return closings


def _explicit(kinds: list[str], closings: dict[int, int], base: int) -> list[int]:
    """Levels from isolates alone (X1 to X8, for isolates)."""
    stack = [base]
    closed = set(closings.values())
    depths: list[int] = []
    for at, kind in enumerate(kinds):
        if kind == "PDI" and at in closed:
            stack.pop()
        depths.append(stack[-1])
        if kind in _OPENS:
            rightward = _first_strong(kinds, at + 1, closings.get(at, len(kinds))) if kind == "FSI" else kind
            stack.append((stack[-1] + 1) | 1 if rightward == "RLI" else (stack[-1] + 2) & ~1)
    return depths


def _first_strong(kinds: Sequence[str], start: int, end: int) -> str:
    depth = 0
    for kind in kinds[start:end]:
        depth += (kind in _OPENS) - (kind == "PDI")
        if depth == 0 and kind in ("L", "R", "AL"):
            return "LRI" if kind == "L" else "RLI"
    return "LRI"


def _sequences(kinds: Sequence[str], depths: Sequence[int], closings: dict[int, int]) -> Iterator[list[int]]:
    """Isolating run sequences: level runs, joined over the isolates between them (BD13)."""
    present = [at for at, kind in enumerate(kinds) if kind != "BN"]
    runs = [list(group) for _, group in groupby(present, key=lambda at: depths[at])]
    by_first = {run[0]: run for run in runs}
    continued = set(closings.values())
    for run in runs:
        if kinds[run[0]] == "PDI" and run[0] in continued:
            continue
        whole = list(run)
        while kinds[whole[-1]] in _OPENS and whole[-1] in closings:
            whole += by_first[closings[whole[-1]]]
        yield whole


def _resolve(
    sequence: list[int], text: str, kinds: list[str], borders: tuple[str, str], depths: Sequence[int]
) -> list[str]:
    """What every character of a sequence runs as: L, R, EN or AN."""
    before, after = borders
    level = depths[sequence[0]]
    original = [kinds[at] for at in sequence]
    found = list(original)
    _weak(found, before)
    _pairs(found, [text[at] for at in sequence], original, before, level)
    _neutral(found, before, after, level)
    return found


def _raise(kind: str, level: int) -> int:
    """Rules I1 and I2."""
    if level % 2:
        return 0 if kind == "R" else 1
    return {"L": 0, "R": 1}.get(kind, 2)


def _borders(
    sequence: list[int], kinds: Sequence[str], depths: Sequence[int], closings: dict[int, int], base: int
) -> tuple[str, str]:
    """The directions that stand for the text around the sequence (X10: sos and eos)."""
    present = [at for at, kind in enumerate(kinds) if kind != "BN"]
    own = depths[sequence[0]]
    first, last = present.index(sequence[0]), bisect_right(present, sequence[-1])
    earlier = depths[present[first - 1]] if first else base
    open_ended = kinds[sequence[-1]] in _OPENS and sequence[-1] not in closings
    later = base if open_ended or last == len(present) else depths[present[last]]
    return "LR"[max(own, earlier) % 2], "LR"[max(own, later) % 2]


def _weak(found: list[str], before: str) -> None:
    """Rules W1 to W7, in place."""
    _marks(found, before)
    strong = before
    for at, kind in enumerate(found):
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            found[at] = "AN"
    found[:] = ["R" if kind == "AL" else kind for kind in found]
    _separators(found)
    _terminators(found)
    found[:] = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in found]
    strong = before
    for at, kind in enumerate(found):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            found[at] = "L"


def _marks(found: list[str], before: str) -> None:
    previous = before
    for at, kind in enumerate(found):
        if kind == "NSM":
            found[at] = "ON" if previous in _OPENS or previous == "PDI" else previous
        previous = found[at]


def _separators(found: list[str]) -> None:
    for at in range(1, len(found) - 1):
        left, right = found[at - 1], found[at + 1]
        if left == right and ((found[at] == "ES" and left == "EN") or (found[at] == "CS" and left in ("EN", "AN"))):
            found[at] = left


def _terminators(found: list[str]) -> None:
    at = 0
    for kind, group in groupby(list(found)):
        length = len(list(group))
        beside = found[max(at - 1, 0) : at] + found[at + length : at + length + 1]
        if kind == "ET" and "EN" in beside:
            found[at : at + length] = ["EN"] * length
        at += length


def _pairs(found: list[str], characters: list[str], original: list[str], before: str, level: int) -> None:
    """Rule N0: a pair of brackets runs with what it holds."""
    own = "LR"[level % 2]
    for opening, closing in _bracket_pairs(found, characters):
        inside = {_strong(kind) for kind in found[opening + 1 : closing]} - {""}
        if own in inside:
            direction = own
        elif inside:
            earlier = next((_strong(kind) for kind in reversed(found[:opening]) if _strong(kind)), before)
            direction = earlier if earlier != own else own
        else:
            continue
        for at in (opening, closing):
            found[at] = direction
            for following in range(at + 1, len(found)):
                if original[following] != "NSM":
                    break
                found[following] = direction


def _strong(kind: str) -> str:
    return "R" if kind in ("R", "EN", "AN") else "L" if kind == "L" else ""


def _bracket_pairs(found: list[str], characters: list[str]) -> list[tuple[int, int]]:
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for at, character in enumerate(characters):
        if found[at] != "ON":
            continue
        if character in _BRACKETS:
            opened.append((_BRACKETS[character], at))
            continue
        for depth in range(len(opened) - 1, -1, -1):
            if opened[depth][0] == character:
                pairs.append((opened[depth][1], at))
                del opened[depth:]
                break
    return sorted(pairs)


def _neutral(found: list[str], before: str, after: str, level: int) -> None:
    """Rules N1 and N2, in place."""
    at = 0
    for neutral, group in groupby(list(found), key=_NEUTRAL.__contains__):
        length = len(list(group))
        if neutral:
            left = _strong(found[at - 1]) if at else before
            right = _strong(found[at + length]) if at + length < len(found) else after
            found[at : at + length] = [left if left == right else "LR"[level % 2]] * length
        at += length
