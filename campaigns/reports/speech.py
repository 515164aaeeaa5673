"""How each language says a summary: sentences, counted nouns, figures, and days in two calendars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from string import Formatter

from babel import Locale
from babel.dates import format_date, get_day_names
from hijridate import Gregorian

from campaigns.languages import Language
from campaigns.reports.told import AccountFacts, Month
from campaigns.reports.words import HIJRI_MONTHS, NAMES, NOUNS, PHRASES
from campaigns.telling import Reason, reason_of
from campaigns.words import Words

MISSING = "—"
LRI, PDI = "\u2066", "\u2069"


class Digits(StrEnum):
    """How Arabic writes figures; English and French always write Western ones.

    Western is the house's choice, as the Saudi Press Agency writes (read 2026-08).
    """

    WESTERN = "western"
    ARABIC = "arabic"


_SEPARATORS = {  # thousands, decimal, percent
    (Language.AR, Digits.WESTERN): (",", ".", "%"),
    (Language.AR, Digits.ARABIC): ("٬", "٫", "٪"),
    (Language.EN, Digits.WESTERN): (",", ".", "%"),
    (Language.FR, Digits.WESTERN): ("\u202f", ",", "\u202f%"),
}
_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True)
class Span:
    """A piece of a sentence; `people` marks what somebody wrote, in `lang` as far as that is known."""

    text: str
    people: bool = False
    lang: str = ""


@dataclass(frozen=True, kw_only=True)
class Speech:
    """How one language says things."""

    language: Language
    digits: Digits = Digits.WESTERN

    def say(self, key: str, **values: str) -> str:
        return "".join(span.text for span in self.spans(key, **values))

    def spans(self, key: str, **values: str | Span) -> tuple[Span, ...]:
        """The sentence `key` with its gaps filled, in pieces."""
        pieces = []
        for words, gap, _, _ in Formatter().parse(_typeset(PHRASES[key].in_(self.language), self.language)):
            value = values[gap] if gap else ""
            pieces += [Span(words), value if isinstance(value, Span) else Span(value)]
        return tuple(piece for piece in pieces if piece.text)

    def counted(self, noun: str, number: int) -> str:
        """A number with its noun in the right form: «منشوران», «3 منشورات», «11 منشورًا»."""
        forms = NOUNS[noun].in_(self.language)
        return forms.get(_locale(self.language).plural_form(number), forms["other"]).format(n=self.count(number))

    def count(self, number: int) -> str:
        thousands, _, _ = self._marks
        return self._in_digits(f"{number:,}".replace(",", thousands))

    def percent(self, fraction: float) -> str:
        return self._held(self._percent(fraction))

    def percents(self, low: float, high: float) -> str:
        """A range of two fractions, the smaller one first as one reads."""
        if self.digits is Digits.ARABIC and self.language is Language.AR:
            return f"{self._percent(low)}–{self._percent(high)}"
        return self._held(f"{self._percent(low)}–{self._percent(high)}")

    def number(self, day: date) -> str:
        return self._in_digits(str(day.day))

    def day(self, day: date) -> str:
        if self.language is Language.FR and day.day == 1:
            return format_date(day, "'1er' MMMM", locale=_locale(self.language))
        return self._in_digits(format_date(day, "d MMMM", locale=_locale(self.language)))

    def moment(self, at: datetime) -> str:
        """Day and year; everything that this summary says by day is in UTC."""
        return f"{self.day(at.date())} {self._in_digits(str(at.year))}"

    def month(self, month: Month) -> str:
        """ "November 2026"; Arabic marks the era, since a Hijri month stands beside: «نوفمبر 2026 م»."""
        pattern = "LLLL y 'م'" if self.language is Language.AR else "LLLL y"
        return self._in_digits(format_date(month.first, pattern, locale=_locale(self.language)))

    def hijri(self, month: Month) -> str:
        """The Hijri months that this one meets, by the Umm al-Qura calendar; empty where that has no table."""
        try:
            met = dict.fromkeys(
                (day.year, day.month) for day in (Gregorian(d.year, d.month, d.day).to_hijri() for d in month.days)
            )
        except OverflowError:
            return ""
        return self._in_digits(self._years({year: [m for y, m in met if y == year] for year, _ in met}))

    def hijri_day(self, day: date) -> str:
        """The day's number in its Hijri month, with the month's name on the first; empty where there is no table."""
        try:
            there = Gregorian(day.year, day.month, day.day).to_hijri()
        except OverflowError:
            return ""
        name = HIJRI_MONTHS.in_(self.language)[there.month - 1]
        return self._in_digits(f"{there.day} {name}" if there.day == 1 else str(there.day))

    def weekdays(self) -> tuple[str, ...]:
        names = get_day_names("abbreviated", locale=_locale(self.language))
        return tuple(names[day] for day in self.week)

    @property
    def week(self) -> tuple[int, ...]:
        """Days in the order of a printed week, Monday is 0: from Sunday in Arabic, from Monday elsewhere."""
        first = 6 if self.language is Language.AR else 0
        return tuple((first + number) % 7 for number in range(7))

    def account(self, facts: AccountFacts) -> str:
        """A network and its languages, which reads well in every language: "X · Arabic"."""
        return f"{self.name(facts.network.value)} · {self.languages(facts.languages)}"

    def reason(self, why: str, account: AccountFacts, *, now: datetime, people: bool = False) -> Reason:
        """Why a publication stands as it does; `people` where a person's own words may be noted as the reason."""
        return reason_of(account, plain(why), _words(self.language), now=now, people=people)

    def languages(self, languages: Sequence[Language]) -> str:
        if len(languages) == len(Language):
            return self.say("all_languages")
        return self.say("comma").join(self.name(language.value) for language in languages)

    def name(self, key: str) -> str:
        """What a network, language, kind, category or outcome is called; an unknown key names itself."""
        return NAMES[key].in_(self.language) if key in NAMES else key

    def quoted(self, words: str) -> str:
        """In quotation marks: what is cited is not what we say."""
        return self.say("quoted", words=plain(words))

    def heading(self, key: str) -> str:
        """The name as it stands at the head of a row or a column."""
        name = self.name(key)
        return name[:1].upper() + name[1:]

    @property
    def _marks(self) -> tuple[str, str, str]:
        return _SEPARATORS.get((self.language, self.digits)) or _SEPARATORS[self.language, Digits.WESTERN]

    def _percent(self, fraction: float) -> str:
        _, decimal, percent = self._marks
        return self._in_digits(f"{fraction * 100:.1f}".replace(".", decimal)) + percent

    def _held(self, figure: str) -> str:
        """Held together from left to right, so that Arabic around it cannot turn its parts round."""
        return f"{LRI}{figure}{PDI}" if self.language is Language.AR else figure

    def _in_digits(self, figure: str) -> str:
        arabic = self.language is Language.AR and self.digits is Digits.ARABIC
        return figure.translate(_ARABIC_INDIC) if arabic else figure

    def _years(self, by_year: dict[int, list[int]]) -> str:
        names, era = HIJRI_MONTHS.in_(self.language), self.say("hijri_era")
        return " – ".join(
            f"{' – '.join(names[month - 1] for month in months)} {year} {era}" for year, months in by_year.items()
        )


def plain(text: str) -> str:
    """What people wrote, on one line, without characters that are unseen or turn a line round."""
    return " ".join(
        re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]", " ", text).split()
    )


@lru_cache
def _words(language: Language) -> Words:
    return Words(language)


@lru_cache
def _locale(language: Language) -> Locale:
    return Locale.parse({"ar": "ar", "en": "en_GB", "fr": "fr"}[language.value])


def _typeset(words: str, language: Language) -> str:
    """French puts a narrow space before high punctuation and inside its quotation marks."""
    if language is not Language.FR:
        return words
    return re.sub(r"(?<=«) | (?=[»:;!?%])", "\u202f", words)
