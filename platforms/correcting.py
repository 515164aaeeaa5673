"""How a correction is told publicly, under the words of a post that is out already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from babel.dates import format_date

from platforms.contract import Correction, Outgoing

_LEADS = {"ar": "تصحيح ({day}): {note}", "en": "Correction ({day}): {note}", "fr": "Rectificatif ({day}) : {note}"}


def with_corrections(outgoing: Outgoing) -> str:
    """The text as it is now, and under it what was corrected on which day, the oldest first."""
    return _told(outgoing.text, outgoing.language, outgoing.corrections)


def in_every_language(outgoing: Outgoing) -> Outgoing:
    """As `with_corrections`, for a network that carries further languages: each is told its own."""
    further = {
        language: replace(words, text=_told(words.text, language, words.corrections))
        for language, words in outgoing.localizations.items()
    }
    return replace(outgoing, text=with_corrections(outgoing), localizations=further)


def _told(text: str, language: str, corrections: Iterable[Correction]) -> str:
    lead = _LEADS[language]
    return "\n\n".join([text, *(lead.format(day=day(each.on, language), note=each.note) for each in corrections)])


def day(on: date, language: str) -> str:
    """The day as readers of the language write it, in Western digits."""
    return str(format_date(on, "d MMMM y", locale=language))
