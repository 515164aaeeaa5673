"""Days, months and hours as the desk writes them: Gregorian, with the Hijri day of Umm al-Qura beside it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from hijridate import Gregorian

from campaigns.languages import Language
from campaigns.reports.words import HIJRI_MONTHS
from campaigns.words import LOCALES

_MONTH = re.compile(r"(?P<year>20\d\d)-(?P<number>0[1-9]|1[0-2])", re.ASCII)
FIRST_WEEKDAY = {Language.AR: calendar.SUNDAY, Language.EN: calendar.MONDAY, Language.FR: calendar.MONDAY}
"""Arabic weeks begin on Sunday, as in Jeddah where the Centre sits."""


@dataclass(frozen=True, kw_only=True)
class Hijri:
    """A day by Umm al-Qura; a sighted month may begin a day apart."""

    year: int
    month: int
    day: int

    def month_name(self, language: Language) -> str:
        return HIJRI_MONTHS.in_(language)[self.month - 1]


@dataclass(frozen=True, kw_only=True, order=True)
class Month:
    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(year=day.year, number=day.month)

    @classmethod
    def read(cls, text: str) -> Month | None:
        """From "2026-11"; None for what is no month of this century."""
        found = _MONTH.fullmatch(text)
        return cls(year=int(found["year"]), number=int(found["number"])) if found else None

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return self.first.replace(day=calendar.monthrange(self.year, self.number)[1])

    @property
    def previous(self) -> Month:
        return Month.of(self.first - timedelta(days=1))

    @property
    def next(self) -> Month:
        return Month.of(self.last + timedelta(days=1))

    def name(self, language: Language) -> str:
        return str(format_date(self.first, "LLLL y", locale=LOCALES[language]))

    def hijri_name(self, language: Language) -> str:
        """The Hijri months that it touches, as "Jumada al-Ula – Jumada al-Akhirah 1448"; empty past the tables."""
        first, last = hijri(self.first), hijri(self.last)
        if not first or not last:
            return ""
        end = f"{last.month_name(language)} {last.year}"
        if (first.year, first.month) == (last.year, last.month):
            return end
        begins = first.month_name(language) + (f" {first.year}" if first.year != last.year else "")
        return f"{begins} – {end}"

    def weeks(self, language: Language) -> list[list[date]]:
        """Whole weeks, with the neighbours' days that fill the first and the last."""
        return calendar.Calendar(FIRST_WEEKDAY[language]).monthdatescalendar(self.year, self.number)


def read_day(text: str) -> date | None:
    """From "2026-11-22"; None for what is no day."""
    try:
        return date.fromisoformat(text) if Month.read(text[:7]) else None
    except ValueError:
        return None


def bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which `first` begins and at which `last` has ended, in UTC."""
    begin, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    return begin, end


def hijri(day: date) -> Hijri | None:
    """None outside hijridate's tables, which end on 16 November 2077."""
    try:
        found = Gregorian.fromdate(day).to_hijri()
    except OverflowError:
        return None
    return Hijri(year=found.year, month=found.month, day=found.day)


def weekdays(language: Language) -> Iterator[str]:
    """The names of the week's days from its first, as the language's calendar begins."""
    sunday = date(2026, 11, 22)
    for offset in range(7):
        day = sunday + timedelta(days=(FIRST_WEEKDAY[language] + 1) % 7 + offset)
        yield str(format_date(day, "EEEE", locale=LOCALES[language]))


def day_text(day: date, language: Language, *, year: bool = False) -> str:
    return str(format_date(day, "EEEE d MMMM y" if year else "EEEE d MMMM", locale=LOCALES[language]))


def short_day(day: date, language: Language) -> str:
    return str(format_date(day, "d MMM", locale=LOCALES[language]))


def zone_text(zone: ZoneInfo, at: datetime) -> str:
    """ "Asia/Riyadh (UTC+3)"."""
    minutes = int((at.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{zone.key} (UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''})"
