"""Verses by reference: they come from the pinned text and are never typed.

A team writes `{quran:49:13}` for a verse, or `{quran:2:256/1-4}` for its words 1 to 4. In Arabic the verse
itself is set, in ornate brackets and with its reference; in English and French, for which no translation
is shipped, the reference alone stands.

The text is the Ḥafṣ text of the package `quran-text` 0.1.0 (KFGQPC codepoints). It is never normalised:
NFC would reorder its marks.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from campaigns.languages import Language

if TYPE_CHECKING:
    from quran_text import Mushaf

PINNED_SHA256 = "a2fca8d10dd1b45d783ca7c75265ea04ab8a054ab2b7d093ad70368d4c5d0a1a"
"""Of all 6,236 verse texts joined by newlines, UTF-8; measured on quran-text 0.1.0, 2026-11."""

_PLACEHOLDER = re.compile(r"\{quran:(?P<sura>\d+):(?P<ayah>\d+)(?:/(?P<first>\d+)-(?P<last>\d+))?\}")
_ANY_PLACEHOLDER = re.compile(r"\{+[^{}]*\}+|\{\s*quran[^}]*", re.IGNORECASE)
"""Whatever stands in braces was to be set, and an audience would read the braces."""
OPENING, CLOSING = "﴿", "﴾"


class NoSuchVerse(ValueError):
    """A reference that is not in the Quran, or is not written as a reference."""


class AlteredText(RuntimeError):
    """The installed Quran text is not the pinned one; nothing may be quoted from it."""


@dataclass(frozen=True, kw_only=True)
class Verse:
    """Words `first` to `last` (1-based) of a verse; `is_part` when some of its words are left out."""

    sura: int
    ayah: int
    text: str
    sura_name: str
    is_part: bool

    @property
    def reference(self) -> str:
        return f"{self.sura}:{self.ayah}"


@dataclass(frozen=True, kw_only=True)
class Expanded:
    """A text with its verses set, and the references that it cites, in order."""

    text: str
    citations: tuple[str, ...]
    verses: tuple[Verse, ...]


def expand(text: str, language: Language) -> Expanded:
    """Set every `{quran:…}` in `text`. Raises NoSuchVerse for a reference that cannot be resolved."""
    verses: list[Verse] = []

    def set_verse(match: re.Match[str]) -> str:
        verses.append(_from_match(match))
        return cite(verses[-1], language)

    done = _PLACEHOLDER.sub(set_verse, text)
    if odd := _ANY_PLACEHOLDER.search(done):
        raise NoSuchVerse(f"{odd.group()!r} is not a reference; write {{quran:49:13}} or {{quran:2:256/1-4}}")
    return Expanded(text=done, citations=tuple(dict.fromkeys(v.reference for v in verses)), verses=tuple(verses))


def cite(verse: Verse, language: Language) -> str:
    """The verse and its reference in Arabic; the reference alone in English and French."""
    if language is Language.AR:
        return f"{OPENING}{verse.text}{CLOSING} {reference(verse, language)}"
    return f"({reference(verse, language)})"


def reference(verse: Verse, language: Language) -> str:
    """As readers of the language write it: [البقرة: 256], Quran 2:256, Coran 2:256."""
    if language is Language.AR:
        return f"[{verse.sura_name}: {verse.ayah}]"
    return f"{'Quran' if language is Language.EN else 'Coran'} {verse.reference}"


def named(citation: str, language: Language) -> str:
    """A citation such as "2:256" as a list of references has it; any other stays as it is."""
    try:
        found = verse(*(int(part) for part in citation.split(":")))
    except (NoSuchVerse, TypeError, ValueError):
        return citation
    return f"القرآن الكريم {reference(found, language)}" if language is Language.AR else reference(found, language)


def verse(sura: int, ayah: int, first: int | None = None, last: int | None = None) -> Verse:
    """A verse or some of its words from the pinned text. Raises NoSuchVerse."""
    try:
        found = _text().ayah(sura, ayah)
    except LookupError:
        raise NoSuchVerse(f"there is no verse {sura}:{ayah} in the Quran; look the reference up") from None
    words = [str(word) for word in found.words]
    start, end = first or 1, last or len(words)
    if not 1 <= start <= end <= len(words):
        raise NoSuchVerse(f"verse {sura}:{ayah} has {len(words)} words; words {start} to {end} cannot be taken")
    is_part = (start, end) != (1, len(words))
    return Verse(
        sura=sura,
        ayah=ayah,
        text=" ".join(words[start - 1 : end]) if is_part else str(found.text),
        sura_name=_NAMES.get(sura) or _unmarked(str(found.surah.name_ar)),
        is_part=is_part,
    )


@dataclass(frozen=True, kw_only=True)
class Sura:
    """A sura by its number, its names in Arabic and in Latin letters, and how many verses it has."""

    number: int
    name_ar: str
    name_latin: str
    ayahs: int


def suras() -> tuple[Sura, ...]:
    """All 114, as the pinned text names them."""
    return tuple(
        Sura(
            number=each.number,
            name_ar=_NAMES.get(each.number) or _unmarked(str(each.name_ar)),
            name_latin=str(each.name_en),
            ayahs=each.ayah_count,
        )
        for each in _text().surahs
    )


def words() -> Iterator[tuple[int, int, int, str]]:
    """Every word of the pinned text in its order, after its sura, its verse and its place there, counted from 1."""
    for ayah in _text().ayahs:
        for number, word in enumerate(ayah.words, 1):
            yield ayah.surah.number, ayah.number, number, str(word)


_NAMES = {42: "الشورى"}
"""quran-text 0.1.0 writes the last letter of this name as yāʾ."""


def _unmarked(name: str) -> str:
    """A sura's name as it is written in a reference: without vowel marks. Never used on a verse."""
    return "".join(letter for letter in name if unicodedata.category(letter) != "Mn")


@cache
def _text() -> Mushaf:
    from quran_text import Mushaf

    text = Mushaf.hafs()
    whole = "\n".join(str(ayah.text) for ayah in text.ayahs)
    if hashlib.sha256(whole.encode()).hexdigest() != PINNED_SHA256:
        raise AlteredText("the installed quran-text is not the text that was checked; reinstall the locked version")
    return text


def _from_match(match: re.Match[str]) -> Verse:
    part = (int(match["first"]), int(match["last"])) if match["first"] else (None, None)
    return verse(int(match["sura"]), int(match["ayah"]), *part)


_TRAILING = re.compile(
    r"^(?P<body>.+?)\s*[\[(](?P<reference>(?:Quran |Coran |[^\[\]():]+: )\d[\d:]*)[\])]\s*[.]?$", re.DOTALL
)


def part_from_reference(text: str) -> tuple[str, str]:
    """A card's words and the reference that ends them: ("﴿…﴾", "البقرة: 256"); no reference is an empty string."""
    match = _TRAILING.match(text.strip())
    return (match["body"], match["reference"]) if match else (text.strip(), "")


def is_verse(text: str) -> bool:
    """Whether the whole of an expanded text is one verse in its brackets."""
    return text.startswith(OPENING) and text.endswith(CLOSING) and text.count(OPENING) == 1
