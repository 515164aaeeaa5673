"""Look at the letters themselves: hidden marks, typed verses, hashtags, links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from campaigns.languages import Language
from campaigns.scripture import CLOSING, OPENING

_TURNS = {
    "\u202a": "a left-to-right embedding",
    "\u202b": "a right-to-left embedding",
    "\u202c": "the end of an embedding",
    "\u202d": "a left-to-right override",
    "\u202e": "a right-to-left override",
}
_ISOLATES, _END = "\u2066\u2067\u2068", "\u2069"
_TATWEEL = "\u0640"
_NEVER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]")
_WITH_ISOLATES = re.compile(r"[\u2066-\u2069]")
_ARABIC = re.compile(r"[\u0620-\u063f\u0641-\u064a\u066e-\u06d5\ufb50-\ufdff\ufe70-\ufefc]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_FOREIGN = re.compile(
    r"«[^»]*»|“[^”]*”|\"[^\"]*\"|‘[^’]*’|‹[^›]*›|\([^)]*\)|\{[^}]*\}"
    r"|https?://\S+|[\w.+-]+@[\w-]+\.\S+|(?:[a-z0-9-]+\.)+[a-z]{2,}\S*|[@#]\w+",
    re.IGNORECASE | re.ASCII,
)
"""What may stand in any letters: quotations, names in brackets, verses, addresses."""
_SHARE = 9
"""So many letters of another script to one of its own are a column mixed up; fewer are names and loan words."""
_HASHTAG = re.compile(r"#(?=.*[^\W\d_])\w+")


def hidden_marks(text: str) -> Iterator[str]:
    """A sentence for each kind of character that turns or hides text, with its first place, counted from 1."""
    seen: set[str] = set()
    for found in _NEVER.finditer(text):
        what = _called(found.group())
        if what not in seen:
            seen.add(what)
            yield f"{what} (U+{ord(found.group()):04X}) stands at character {found.start() + 1}; delete it"
    if _WITH_ISOLATES.search(text) and (place := _unbalanced(text)) is not None:
        yield f"an isolate is not closed, or closed without being open, at character {place + 1}; delete it"


def _called(letter: str) -> str:
    if letter in _TURNS:
        return _TURNS[letter]
    return "a hidden tag character" if ord(letter) >= 0xE0000 else "a control character"


def _unbalanced(text: str) -> int | None:
    """Index of the first isolate that has no partner in its own line."""
    start = 0
    for line in text.split("\n"):
        opened: list[int] = []
        for index, letter in enumerate(line, start):
            if letter in _ISOLATES:
                opened.append(index)
            elif letter == _END:
                if not opened:
                    return index
                opened.pop()
        if opened:
            return opened[0]
        start += len(line) + 1
    return None


TO_BE_SET = "write {quran:49:13}, or {quran:2:256/1-4} for its words 1 to 4"


def typed_verse(text: str, *, instead: str = TO_BE_SET) -> str | None:
    """A sentence when `text`, before its placeholders are set, has the brackets of a verse; what to do `instead`."""
    if OPENING not in text and CLOSING not in text:
        return None
    return f"text inside {OPENING} {CLOSING} is typed; verses are never typed: {instead}"


def of_another_script(text: str, language: Language) -> str | None:
    """A sentence when hardly a letter is this language's: its column was mixed up with another.

    English and French cannot be told apart by their letters.
    """
    said = _FOREIGN.sub("", text)
    arabic, latin = len(_ARABIC.findall(said)), len(_LATIN.findall(said))
    own, other, letters = (arabic, latin, "Latin") if language is Language.AR else (latin, arabic, "Arabic")
    if other <= own * _SHARE:
        return None
    return f"most of its letters are {letters}; write {language.own_name} here, or move it to its own column"


def hashtag_faults(tags: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for tag in tags:
        same = unicodedata.normalize("NFC", tag).casefold()
        if (wrong := _hashtag_fault(tag)) is not None:
            yield wrong
        elif same in seen:
            yield f"{tag} stands twice; keep one"
        seen.add(same)


def _hashtag_fault(tag: str) -> str | None:
    if not tag.startswith("#"):
        return f"{tag!r} does not begin with #; put # before it, and _ instead of blanks inside a hashtag"
    if _TATWEEL in tag or any(unicodedata.category(letter).startswith("M") for letter in tag):
        return f"{tag} has a tatweel or vowel marks and would be another hashtag; write it without them"
    if not _HASHTAG.fullmatch(tag):
        return f"{tag!r} breaks off as a hashtag; use letters, digits and _ only, with at least one letter"
    return None


def link_fault(link: str) -> str | None:
    try:
        parts = urlsplit(link)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        sound = False
    if not sound:
        return f"{link[:80]!r} is no web address; write one like https://www.oic-oci.org/"
    if any(letter.isspace() or unicodedata.category(letter) in ("Cf", "Cc") for letter in link):
        return "the address has a blank or a hidden mark in it; copy it again from the browser"
    if "@" in parts.netloc:
        return "the address carries a user name; write it without what stands before the @"
    return None
