"""What a post is called where it stands in a list: how its title or its text begins. A verse is never cut."""

from __future__ import annotations

import re

_VERSE = re.compile("﴿[^﴾]*(?:﴾|$)")
_VERSE_ALONE = re.compile(r"﴿[^﴾]*﴾\s*(?:\[[^\]]*\])?\s*")


def called(title: str, text: str) -> str:
    """How the title begins; the text, if the title is a verse alone: without its words that would say nothing."""
    return beginning(text if text and _VERSE_ALONE.fullmatch(title) else title or text)


def beginning(text: str, length: int = 90) -> str:
    """The first line, cut between words; a verse is never cut, so only its brackets stand for it."""
    line = next((line for line in _VERSE.sub("﴿…﴾", text).splitlines() if line.strip()), "")
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0].rstrip(" ,،;؛:") + "…"
