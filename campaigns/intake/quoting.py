"""Find what was taken from the Quran by hand: a reference beside typed words, and a verse in quotation marks.

A reference vouches for the words beside it, and typed words may be wrong by a letter. So neither is typed:
`{quran:2:256}` sets both.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from campaigns import scripture

_PLACEHOLDER = re.compile(r"\{[^}]*\}")


# References


_SURA = r"(?:سوره|suras?|surahs?|surat|sourates?)"
_VERSE = r"(?:الايات|الايه|ايات|ايه|verses?|versets?|ayahs?|ayat|ayas?|vv?\.)"
_NUMBER = r"(?P<one>\d{1,3})(?:\s*:\s*(?P<two>\d{1,3}))?(?!\d)(?:\s*[-–]\s*\d{1,3})?"
_NAME = r"(?P<name>[^\W\d_][^\d\n.!?؟()\[\]:/]{0,30}?)"
_TIMES = r"(?!\s*(?:مر[هات]|دق|ايام|times?\b|x\b|fois\b|min|days?\b|jours?\b))"

_BOOK = re.compile(
    r"(?:\b(?:quran|koran|coran)|القران)(?: الكريم| المجيد)?\s*[,،]?\s*[(\[]?\s*"
    r"(?P<one>\d{1,3})\s*:\s*(?P<two>\d{1,3})(?!\d)"
)
_BOOK_IN_BRACKETS = re.compile(
    r"[(\[]\s*(?:qs?\.?|quran|koran|coran|القران)\s*(?P<one>\d{1,3}):(?P<two>\d{1,3})(?![\d%])"
)
_IN_BRACKETS = re.compile(
    rf"(?P<bracket>[(\[])\s*(?P<sura>{_SURA}\s+)?{_NAME}\s*(?P<colon>[:/]?)\s*[،,]?\s*"
    rf"(?P<verse>{_VERSE}\s*)?{_NUMBER}\s*[)\]]"
)
_AFTER_A_QUOTATION = re.compile(
    rf"(?:[»”]|(?<=[\w.!؟])\")\s*[-–—،,.]?\s*{_NAME}\s*(?P<colon>[:/])\s*(?P<verse>{_VERSE}\s*)?{_NUMBER}"
    r"(?=\s*(?:[.،,;]|$))",
    re.MULTILINE,
)
_SURA_AND_VERSE = re.compile(
    rf"\b(?P<sura>{_SURA})\s+[\"«“]?{_NAME}[\"»”]?\s*"
    rf"(?:[،,:;/(\[–-]+\s*(?:{_VERSE}\s*)?|{_VERSE}\s*|(?=\d+(?!\d|\s*[^\W\d_])))\s*{_NUMBER}{_TIMES}"
)
_NUMBERED = re.compile(rf"\b{_SURA}\s+(?P<one>\d{{1,3}})(?:\s*:\s*|\s*[،,]?\s*\(?{_VERSE}\s*)(?P<two>\d{{1,3}})(?!\d)")
_VERSE_OF = re.compile(
    rf"\b(?P<verse>{_VERSE})\s*\(?(?P<one>\d{{1,3}})\)?(?:\s*[-–]\s*\d{{1,3}})?\s+(?:of|from|in|de la|de|du|من|في)\s+"
    rf"(?P<sura>{_SURA}\s+)?[\"«“]?(?P<name>(?:[^\W\d_]{{1,3}}[ -])?[^\W\d_]+)"
)
_OTHERS = {9: "براءة", 17: "بني إسرائيل", 94: "الانشراح", 99: "الزلزال", 111: "اللهب"}
"""Second names of suras that are in common use."""
_EVERYDAY = frozenset({10, 11, 12, 14, 19, 31, 47, 62, 71})
"""Suras whose names are people's or a day's: with a number alone after them they may be no suras."""
_LETTERS = frozenset({38, 50})
"""Suras named by a letter, which stands for "page" as well."""


def typed_reference(text: str, *, described: bool = False) -> str | None:
    """A sentence when `text`, before its placeholders are set, refers to a verse by hand.

    `described`: the text says what is to be seen on a picture, and names a verse without brackets.
    """
    bare = _PLACEHOLDER.sub("\n", text)
    if not re.search(r"\d", bare):
        return None
    plain = _plain(bare)
    for pattern in (_BOOK_IN_BRACKETS, _IN_BRACKETS) if described else _PATTERNS:
        for match in pattern.finditer(plain):
            if cited := _cited(match.groupdict()):
                return f"the reference to {cited} is typed; write {{quran:{cited}}}, which sets the verse with it"
    return None


_PATTERNS = (
    _BOOK,
    _BOOK_IN_BRACKETS,
    _IN_BRACKETS,
    _AFTER_A_QUOTATION,
    _SURA_AND_VERSE,
    _NUMBERED,
    _VERSE_OF,
)


def _cited(found: dict[str, str | None]) -> str | None:
    """The verse that a match means, as "2:256"; None if there is none such."""
    one, two = int(found["one"] or 0), found.get("two")
    if "name" not in found:
        return _verse(one, int(two or 0))
    sura = _suras_by_name().get(_name(found["name"] or ""))
    if sura is None or (two and one != sura) or (sura in _LETTERS and not found.get("sura")):
        return None
    says_so = two or found.get("bracket") == "[" or any(found.get(each) for each in ("sura", "verse", "colon"))
    return _verse(sura, int(two or one)) if says_so or sura not in _EVERYDAY else None


def _verse(sura: int, ayah: int) -> str | None:
    return f"{sura}:{ayah}" if 1 <= ayah <= _lengths().get(sura, 0) else None


@cache
def _lengths() -> dict[int, int]:
    return {each.number: each.ayahs for each in scripture.suras()}


@cache
def _suras_by_name() -> dict[str, int]:
    names = [(name, each.number) for each in scripture.suras() for name in (each.name_ar, each.name_latin)]
    return {_name(_plain(name)): number for name, number in [*names, *((b, a) for a, b in _OTHERS.items())]}


def _name(name: str) -> str:
    """A name without what its spellings differ in: the article, doubled letters, a last h, hyphens."""
    bare = re.sub(r"^(?:a[a-z]{1,2}|el)[- ](?=.)", "", name.strip(" -\"'«»“”")) if name.isascii() else name.strip()
    bare = re.sub(r"[\W_]", "", bare)
    for one, other in (("ee", "i"), ("oo", "u"), ("ou", "u"), ("ai", "ay"), ("au", "aw")):
        bare = bare.replace(one, other)
    return re.sub(r"(?<=[a-z])h$", "", re.sub(r"([a-z])\1+", r"\1", bare))


def _plain(text: str) -> str:
    """Small letters without marks, apostrophes and direction marks; one blank, one letter for each hamza; 0 to 9."""
    letters = (
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if unicodedata.category(letter) not in ("Mn", "Cf", "Lm") and letter not in _APOSTROPHES
    )
    return _BLANKS.sub(lambda blanks: "\n" if "\n" in blanks[0] else " ", "".join(letters).translate(_FOLDED))


_BLANKS = re.compile(r"\s+")
_APOSTROPHES = "'’‘`´"
_FOLDED = str.maketrans("ٱىیکة：∶", "اييكه::")


# Quotations


FEWEST = 4
"""Words; fewer are everybody's."""
_SURELY = 6
"""So many words after one another within a longer quotation are a verse in it."""
_NEAR, _NEAR_WHOLE = 82, 85
"""How alike, of 100, the bare letters are of a passage, and of most of a verse when there are fewer than six words."""
_MOST = 0.6
_TOO_COMMON = 500
_BARE = frozenset("بتثجحخدذرزسشصضطظعغفقكلمنه")
_BRACKETED = re.compile(r"«([^«»]*)»|“([^“”]*)”|„([^„“”]*)[“”]|\"([^\"]*)\"|‹([^‹›]*)›|\(([^()]*)\)|\[([^\[\]]*)\]")
_AFTER_GOD_SAYS = re.compile(
    r"(?:قال|يقول|قوله)\s+(?:الله\s+)?(?:تعالى|سبحانه|عز وجل|جل وعلا)[^:\n]{0,20}:\s*([^\n.؟!«“\"(\[{﴿]+)"
)
_PAUSE = re.compile(r"…|\.\.+|\n\s*\n")
_EVERYBODYS = ((1, 1, 1, 4), (1, 2, 1, 4), (37, 35, 6, 9), (18, 39, 9, 12))
"""Sura, verse and words of what Muslims say day by day; quoting it is not quoting a verse."""


@dataclass(frozen=True, kw_only=True)
class _Passage:
    """Words of the pinned text; `is_same` when a quotation has their very letters."""

    sura: int
    ayah: int
    first: int
    last: int
    is_whole: bool
    is_same: bool

    @property
    def reference(self) -> str:
        return f"{self.sura}:{self.ayah}" + ("" if self.is_whole else f"/{self.first}-{self.last}")


def typed_quotation(text: str, *, whole: bool = False) -> str | None:
    """A sentence when a quotation in `text` is a verse, or nearly one; `whole`: the text itself is shown like one."""
    for run, found in _quoted(text, whole=whole):
        return f"{_compared(run, found)}; verses are never typed: write {{quran:{found.reference}}}"
    return None


def misquotation(text: str) -> str | None:
    """A sentence when a quotation in `text`, for which no verse can be set, is nearly a verse and not the same."""
    wrong = next(((run, found) for run, found in _quoted(text) if not found.is_same), None)
    return f"{_compared(*wrong)}; copy the verse from the Quran itself" if wrong else None


def _compared(run: str, found: _Passage) -> str:
    begins = " ".join(run.split()[:FEWEST])
    if found.is_same:
        return f"«{begins}…» is typed and stands in {found.sura}:{found.ayah}"
    return f"«{begins}…» is nearly {found.sura}:{found.ayah} and not the same"


def _quoted(text: str, *, whole: bool = False) -> Iterator[tuple[str, _Passage]]:
    stretches = [text] if whole else []
    stretches += ["".join(filter(None, match.groups())) for match in _BRACKETED.finditer(text)]
    stretches += [match[1] for match in _AFTER_GOD_SAYS.finditer(text)]
    for stretch in stretches:
        for run in _PAUSE.split(_PLACEHOLDER.sub("\n\n", stretch)):
            bare = [letters for word in run.split() if (letters := _skeleton(word))]
            if len(bare) >= FEWEST and (found := _pinned().find(bare)):
                yield run, found


def _skeleton(word: str) -> str:
    """Consonants alone: the Quran's spelling and everyday's agree in them, and hardly in anything else."""
    letters = unicodedata.normalize("NFKD", word).replace("ة", "ه")
    return re.sub(r"(.)\1+", r"\1", "".join(letter for letter in letters if letter in _BARE))


class _Pinned:
    """The words of the pinned text by their bare letters, with where they stand."""

    def __init__(self) -> None:
        known = [(_skeleton(word), (sura, ayah, number)) for sura, ayah, number, word in scripture.words()]
        self.bare = [letters for letters, _ in known if letters]
        self.at = [place for letters, place in known if letters]
        self.lengths = {place[:2]: place[2] for _, place in known}
        self.longest = max(self.lengths.values())
        self.where: dict[str, list[int]] = {}
        for index, letters in enumerate(self.bare):
            self.where.setdefault(letters, []).append(index)
        self.everybodys = {
            "".join(filter(None, map(_skeleton, scripture.verse(*each).text.split()))) for each in _EVERYBODYS
        }

    def find(self, bare: Sequence[str]) -> _Passage | None:
        """The passage that these words are, or nearly are, or that stands among them; it may go over several verses."""
        if "".join(bare) in self.everybodys:
            return None
        starts = self._starts(bare)
        runs = [(length, start + first) for start in starts for first, length in [self._longest_run(bare, start)]]
        length, first = max(runs, default=(0, 0))
        if length < len(bare) and (near := next(filter(None, (self._near(bare, start) for start in starts)), None)):
            return near
        is_verse = length >= min(len(bare), _SURELY)
        return self._passage(first, first + length, is_same=True) if is_verse else None

    def _starts(self, bare: Sequence[str]) -> list[int]:
        """Where the first word would stand, the likeliest place first. Words that stand everywhere tell nothing."""
        votes = Counter[int]()
        most = _TOO_COMMON if len(bare) >= _SURELY else len(self.bare)
        for index, letters in enumerate(bare):
            places = self.where.get(letters, ())
            if len(places) <= most:
                votes.update(place - index for place in places)
        return [start for start, _ in votes.most_common(12)]

    def _longest_run(self, bare: Sequence[str], start: int) -> tuple[int, int]:
        """First word and length of the longest run that is the same, within one verse."""
        best, first = (0, 0), 0
        for index, letters in enumerate(bare):
            here = start + index
            is_same = 0 <= here < len(self.bare) and self.bare[here] == letters
            if not is_same or (index > first and self.at[here][:2] != self.at[here - 1][:2]):
                first = index if is_same else index + 1
            if is_same and index + 1 - first > best[1]:
                best = (first, index + 1 - first)
        return best

    def _near(self, bare: Sequence[str], start: int) -> _Passage | None:
        said, number = "".join(bare), len(bare)
        windows = [
            (first, last)
            for first in range(max(start - 1, 0), start + 2)
            for last in range(first + number - 1, min(first + number + 1, len(self.bare)) + 1)
        ]
        if not windows or number > self.longest:
            return None
        alike, first, last = max((fuzz.ratio(said, "".join(self.bare[a:b])), a, b) for a, b in windows)
        passage = self._passage(first, last, is_same="".join(self.bare[first:last]) == said)
        if number >= _SURELY:
            return passage if alike >= _NEAR else None
        is_most = passage.last - passage.first + 1 >= self.lengths[passage.sura, passage.ayah] * _MOST
        return passage if is_most and alike >= _NEAR_WHOLE else None

    def _passage(self, start: int, end: int, *, is_same: bool) -> _Passage:
        """As far as it stands in the verse of which it has most."""
        [(verse, _)] = Counter(place[:2] for place in self.at[start:end]).most_common(1)
        places = [place[2] for place in self.at[start:end] if place[:2] == verse]
        first, last = places[0], places[-1]
        return _Passage(
            sura=verse[0],
            ayah=verse[1],
            first=first,
            last=last,
            is_whole=(first, last) == (1, self.lengths[verse]),
            is_same=is_same,
        )


@cache
def _pinned() -> _Pinned:
    return _Pinned()
