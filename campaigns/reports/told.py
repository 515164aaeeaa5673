"""A month as values: what went out, what came back, and over how many publications each figure is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from campaigns.languages import Language, Trilingual
from campaigns.models import ON_THE_WAY, Delivery, Kind, Standing
from platforms.contract import Network

COMPONENTS = ("reactions", "comments", "shares", "saves", "clicks")
"""What engagements are made of, as far as a network gives it."""
SUMMED = ("impressions", "views", "engagements", *COMPONENTS)
"""Figures that may be summed over publications, each for itself. Reach is not among them."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """A calendar month in UTC: from `starts_at` on, and before `ends_at`."""

    first: date

    @classmethod
    def named(cls, name: str) -> Month:
        """The month of a name like "2026-11". Raises ValueError."""
        if not re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", name):
            raise ValueError(f"{name!r} is not a month; write year and month like 2026-11")
        return cls(first=date.fromisoformat(f"{name}-01"))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> tuple[date, ...]:
        length = (self.ends_at - self.starts_at).days
        return tuple(self.first + timedelta(days=number) for number in range(length))

    @property
    def starts_at(self) -> datetime:
        return datetime(self.first.year, self.first.month, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        year, month = divmod(self.first.year * 12 + self.first.month, 12)
        return datetime(year, month + 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """What became of a publication. Every one has exactly one outcome, so that they add up to the plan."""

    PUBLISHED = "published"
    WAITING = "waiting"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    HELD = "held"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"

    @classmethod
    def of(cls, state: Delivery) -> Outcome:
        """What is asked to be taken down counts as taken down: nobody stands by it any more."""
        if state is Delivery.WITHDRAWING:
            return cls.WITHDRAWN
        return cls.WAITING if state in ON_THE_WAY else cls(state.value)


NOT_OUT = (Outcome.FAILED, Outcome.UNCERTAIN, Outcome.HELD, Outcome.MISSED)


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum over the `over` publications that have the figure, of `of` that were published."""

    value: int
    over: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Engagements by impressions, as fractions: sum by sum, then the median and quartiles of single posts.

    Only publications that have both figures count: `over` of the `of` published ones.
    """

    value: float
    over: int
    of: int
    median: float | None
    quartiles: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """The publications that share something: an account, a network, a language. A missing total is absent."""

    key: str
    names: Trilingual[str] | None = None
    outcomes: Mapping[Outcome, int]
    totals: Mapping[str, Total]
    rate: Rate | None
    largest_reach: int | None
    """Of the one post that reached most; reach is never summed."""

    @property
    def planned(self) -> int:
        return sum(self.outcomes.values())

    @property
    def published(self) -> int:
        return self.outcomes[Outcome.PUBLISHED]

    @property
    def not_out(self) -> int:
        return sum(self.outcomes[outcome] for outcome in NOT_OUT)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the month said about one misconception; `line` has the publications that answer it first of all."""

    key: str
    category: str
    claims: Trilingual[str]
    standing: Standing
    first_in: int
    """Posts that answer it first of all, whatever the number of their accounts."""
    also_in: int
    languages: tuple[Language, ...]
    last_on: date | None
    """When it was last answered, in this month or before; None: never."""
    line: Line

    @property
    def this_month(self) -> bool:
        return bool(self.first_in or self.also_in)


@dataclass(frozen=True, kw_only=True)
class Day:
    on: date
    planned: int
    published: int
    not_out: int


@dataclass(frozen=True, kw_only=True)
class AccountFacts:
    key: str
    name: str
    network: Network
    languages: tuple[Language, ...]
    timezone: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """One publication: `at` is when it went out, or was due; `figures` has only those that are there."""

    key: str
    account: str
    language: Language
    kind: Kind
    campaign: str | None
    outcome: Outcome
    at: datetime
    words: str
    url: str | None
    why: str
    figures: Mapping[str, int]

    @property
    def rate(self) -> float | None:
        engagements, impressions = self.figures.get("engagements"), self.figures.get("impressions")
        return engagements / impressions if engagements is not None and impressions else None


@dataclass(frozen=True, kw_only=True)
class MonthTold:
    """Everything that a summary says, before any language or format."""

    month: Month
    told_at: datetime
    rehearsal: bool
    """All of it happened on the rehearsal stage: the figures are invented."""
    rehearsals_left_out: int
    read_between: tuple[datetime, datetime] | None
    """When the oldest and the newest of the readings behind the figures were taken."""
    whole: Line
    accounts: tuple[Line, ...]
    networks: tuple[Line, ...]
    languages: tuple[Line, ...]
    kinds: tuple[Line, ...]
    campaigns: tuple[Line, ...]
    """The key "" stands for publications without a campaign."""
    misconceptions: tuple[Answered, ...]
    """The whole catalogue but for retired entries that the month did not touch."""
    days: tuple[Day, ...]
    publications: tuple[Told, ...]
    account_facts: Mapping[str, AccountFacts]

    @property
    def is_over(self) -> bool:
        return self.month.ends_at <= self.told_at

    @property
    def best(self) -> tuple[Told, ...]:
        """The ten publications with most engagements; one without that figure is not among them."""
        known = [each for each in self.publications if "engagements" in each.figures]
        return tuple(sorted(known, key=lambda each: (-each.figures["engagements"], each.at, each.key))[:10])

    @property
    def troubles(self) -> tuple[Told, ...]:
        """What did not go as planned, by time: withdrawn ones too, and those an hour overdue or more."""
        overdue = self.told_at - timedelta(hours=1)
        return tuple(
            each
            for each in self.publications
            if each.outcome in (*NOT_OUT, Outcome.WITHDRAWN) or (each.outcome is Outcome.WAITING and each.at < overdue)
        )

    @property
    def never_answered(self) -> tuple[Answered, ...]:
        live = [each for each in self.misconceptions if each.standing is not Standing.RETIRED]
        return tuple(each for each in live if each.last_on is None)
