"""How a correction is told publicly, under the words of a post that is out already."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from platforms.contract import Outgoing

_LEADS = {"ar": "تصحيح ({day}): {note}", "en": "Correction ({day}): {note}", "fr": "Rectificatif ({day}) : {note}"}


def with_corrections(outgoing: Outgoing) -> str:
    """The text as it is now, and under it what was corrected on which day, the oldest first."""
    lead = _LEADS[outgoing.language]
    told = (lead.format(day=day(each.on, outgoing.language), note=each.note) for each in outgoing.corrections)
    return "\n\n".join([outgoing.text, *told])


def day(on: date, language: str) -> str:
    """The day as readers of the language write it, in Western digits."""
    return str(format_date(on, "d MMMM y", locale=language))
