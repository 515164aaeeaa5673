"""Count a month from the tables: deliveries, the newest figures, and which misconceptions were answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from statistics import median, quantiles
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, and_, case, func, select
from sqlalchemy.orm import Session

from campaigns.languages import Language, Trilingual
from campaigns.models import (
    Account,
    Campaign,
    Delivery,
    Kind,
    Misconception,
    Publication,
    Reading,
    Rebuttal,
    Revision,
    Standing,
    Wording,
)
from campaigns.reports.headings import called
from campaigns.reports.told import (
    COMPONENTS,
    NOT_OUT,
    SUMMED,
    AccountFacts,
    Answered,
    Day,
    Line,
    Month,
    MonthTold,
    Outcome,
    Rate,
    Told,
    Total,
)
from platforms.contract import Network

_went = func.coalesce(Publication.published_at, Publication.due_at)
"""The moment that says to which month a publication belongs: when it went out, or was due."""


def tell(session: Session, month: str, *, now: datetime) -> MonthTold:
    """The month "2026-11" as it stands at `now`. Raises ValueError for what is not a month.

    Rehearsals are told only when the month has nothing else: invented figures never mix with real ones.
    """
    named = Month.named(month)
    numbers = _numbers(session, named)
    rehearsal = not numbers[False] and bool(numbers[True])
    rows = _rows(named, rehearsal, now)
    facts = _account_facts(session)
    told = _publications(session, rows)
    return MonthTold(
        month=named,
        told_at=now,
        rehearsal=rehearsal,
        rehearsals_left_out=0 if rehearsal else numbers[True],
        read_between=_read_between(session, rows),
        whole=_whole(session, rows),
        accounts=_accounts(session, rows, facts),
        networks=_networks(session, rows, facts),
        languages=_always(_lines(session, rows, rows.c.language), Language),
        kinds=_always(_lines(session, rows, rows.c.kind), Kind),
        campaigns=_campaigns(session, rows),
        misconceptions=_misconceptions(session, rows, named, rehearsal),
        days=_days(named, told),
        publications=told,
        account_facts=facts,
    )


def _numbers(session: Session, month: Month) -> Counter[bool]:
    """How many publications the month has, by whether they are rehearsals."""
    query = (
        select(Publication.rehearsal, func.count().label("number"))
        .where(*_within(month))
        .group_by(Publication.rehearsal)
    )
    return Counter({row.rehearsal: row.number for row in session.execute(query)})


def _within(month: Month) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _went >= month.starts_at, _went < month.ends_at


def _rows(month: Month, rehearsal: bool, now: datetime) -> CTE:
    """One row for each publication of the month, with the figures of its newest reading where it is out."""
    newest = (
        select(func.max(Reading.taken_at))
        .where(Reading.publication_id == Publication.id, Reading.taken_at <= now)
        .correlate(Publication)
        .scalar_subquery()
    )
    reading = and_(
        Reading.publication_id == Publication.id,
        Reading.taken_at == newest,
        Publication.state == Delivery.PUBLISHED,
    )
    return (
        select(
            Publication.id,
            Publication.post_id,
            Publication.revision_id,
            Publication.account_key,
            Publication.language,
            Publication.state,
            _went.label("at"),
            Account.network,
            Revision.kind,
            func.coalesce(Revision.campaign_key, "").label("campaign"),
            Reading.taken_at,
            Reading.impressions,
            Reading.views,
            Reading.reach,
            *(getattr(Reading, name) for name in COMPONENTS),
            _engagements().label("engagements"),
        )
        .join(Publication.account)
        .join(Publication.revision)
        .outerjoin(Reading, reading)
        .where(*_within(month), Publication.rehearsal == rehearsal)
        .cte("month")
    )


def _engagements() -> ColumnElement[int | None]:
    """The sum of the components that are there; absent where none is."""
    components = [getattr(Reading, name) for name in COMPONENTS]
    total = sum((func.coalesce(each, 0) for each in components[1:]), start=func.coalesce(components[0], 0))
    return case((func.coalesce(*components).is_not(None), total))


def _whole(session: Session, rows: CTE) -> Line:
    answer = session.execute(select(*_aggregates(rows))).one()
    return _line("", answer, _rates(session, rows, rows.c.state).get(Delivery.PUBLISHED, []))


def _lines(
    session: Session, rows: CTE, key: ColumnElement[Any], *joined: ColumnElement[bool], table: Any = None
) -> dict[str, Line]:
    """A line by each value of `key`; `table` is joined on `joined` first."""
    query = select(key.label("key"), *_aggregates(rows)).group_by(key)
    if table is not None:
        query = query.join_from(rows, table, and_(*joined))
    rates = _rates(session, rows, key, *joined, table=table)
    return {
        str(answer.key): _line(str(answer.key), answer, rates.get(answer.key, [])) for answer in session.execute(query)
    }


def _aggregates(rows: CTE) -> list[ColumnElement[Any]]:
    both = _both(rows)
    return [
        *(func.count().filter(rows.c.state == state).label(state.value) for state in Delivery),
        *(func.sum(rows.c[name]).label(name) for name in SUMMED),
        *(func.count(rows.c[name]).label(f"with_{name}") for name in SUMMED),
        func.sum(rows.c.engagements).filter(both).label("rated_engagements"),
        func.sum(rows.c.impressions).filter(both).label("rated_impressions"),
        func.count().filter(both).label("rated"),
        func.max(rows.c.reach).label("largest_reach"),
    ]


def _both(rows: CTE) -> ColumnElement[bool]:
    return and_(rows.c.engagements.is_not(None), rows.c.impressions.is_not(None))


def _rates(
    session: Session, rows: CTE, key: ColumnElement[Any], *joined: ColumnElement[bool], table: Any = None
) -> dict[Any, list[float]]:
    """Each single publication's engagement rate, by key."""
    query = select(key, rows.c.engagements, rows.c.impressions).where(_both(rows), rows.c.impressions > 0)
    if table is not None:
        query = query.join_from(rows, table, and_(*joined))
    rates = defaultdict(list)
    for value, engagements, impressions in session.execute(query):
        rates[value].append(engagements / impressions)
    return rates


def _line(key: str, answer: Row[Any], rates: Sequence[float]) -> Line:
    counted = answer._mapping
    outcomes = dict.fromkeys(Outcome, 0)
    for state in Delivery:
        outcomes[Outcome.of(state)] += counted[state.value]
    published = outcomes[Outcome.PUBLISHED]
    return Line(
        key=key,
        outcomes=outcomes,
        totals={
            name: Total(value=int(counted[name]), over=counted[f"with_{name}"], of=published)
            for name in SUMMED
            if counted[name] is not None
        },
        rate=_rate(counted, published, rates),
        largest_reach=counted["largest_reach"],
    )


def _rate(counted: Mapping[Any, Any], published: int, rates: Sequence[float]) -> Rate | None:
    if not counted["rated_impressions"]:
        return None
    low, _, high = quantiles(rates, n=4, method="inclusive") if len(rates) > 1 else (None, None, None)
    return Rate(
        value=int(counted["rated_engagements"]) / int(counted["rated_impressions"]),
        over=counted["rated"],
        of=published,
        median=median(rates) if rates else None,
        quartiles=None if low is None or high is None else (low, high),
    )


def _empty(key: str, names: Trilingual[str] | None = None) -> Line:
    nothing = dict.fromkeys(Outcome, 0)
    return Line(key=key, names=names, outcomes=nothing, totals={}, rate=None, largest_reach=None)


def _always(lines: Mapping[str, Line], keys: Iterable[str]) -> tuple[Line, ...]:
    """The lines in the order of `keys`; nothing planned is a true count of nothing."""
    return tuple(lines.get(str(key)) or _empty(str(key)) for key in keys)


def _account_facts(session: Session) -> dict[str, AccountFacts]:
    """All accounts, network by network, the main languages in our order."""
    networks, languages = list(Network), list(Language)
    facts = [
        AccountFacts(
            key=each.key,
            name=each.name,
            network=each.network,
            languages=each.spoken,
            timezone=each.timezone,
        )
        for each in session.scalars(select(Account))
    ]
    facts.sort(key=lambda f: (networks.index(f.network), [languages.index(each) for each in f.languages], f.key))
    return {each.key: each for each in facts}


def _accounts(session: Session, rows: CTE, facts: Mapping[str, AccountFacts]) -> tuple[Line, ...]:
    return _always(_lines(session, rows, rows.c.account_key), facts)


def _networks(session: Session, rows: CTE, facts: Mapping[str, AccountFacts]) -> tuple[Line, ...]:
    ours = {each.network for each in facts.values()}
    return _always(_lines(session, rows, rows.c.network), [each for each in Network if each in ours])


def _campaigns(session: Session, rows: CTE) -> tuple[Line, ...]:
    """Those that the month had something planned for, the busiest first, and what has no campaign last."""
    lines = _lines(session, rows, rows.c.campaign)
    titles = {
        campaign.key: Trilingual(*(campaign.title(language) for language in Language))
        for campaign in session.scalars(select(Campaign).where(Campaign.key.in_(lines)))
    }
    ordered = sorted(lines.values(), key=lambda line: (line.key == "", -line.published, -line.planned, line.key))
    return tuple(_named(line, titles.get(line.key)) for line in ordered)


def _named(line: Line, names: Trilingual[str] | None) -> Line:
    return Line(**{**vars(line), "names": names})


def _misconceptions(session: Session, rows: CTE, month: Month, rehearsal: bool) -> tuple[Answered, ...]:
    """The catalogue, what was answered most first."""
    first = (Rebuttal.revision_id == rows.c.revision_id, Rebuttal.position == 0)
    lines = _lines(session, rows, Rebuttal.__table__.c.misconception_key, *first, table=Rebuttal)
    posts, languages = _answers(session, rows)
    last = _last_answers(session, month, rehearsal)
    answered = [
        Answered(
            key=each.key,
            category=each.category,
            claims=Trilingual(*(each.claim(language) for language in Language)),
            standing=each.standing,
            first_in=len(posts[each.key, True]),
            also_in=len(posts[each.key, False]),
            languages=tuple(language for language in Language if language in languages[each.key]),
            last_on=last.get(each.key),
            line=lines.get(each.key) or _empty(each.key),
        )
        for each in session.scalars(select(Misconception).order_by(Misconception.key))
        if each.standing is not Standing.RETIRED or posts[each.key, True] or posts[each.key, False]
    ]
    return tuple(sorted(answered, key=lambda each: (-each.first_in, -each.also_in, each.key)))


def _answers(session: Session, rows: CTE) -> tuple[dict[tuple[str, bool], set[int]], dict[str, set[Language]]]:
    """Published posts by misconception and whether they answer it first of all; and in which languages."""
    query = (
        select(Rebuttal.misconception_key, Rebuttal.position, rows.c.post_id, rows.c.language)
        .join_from(rows, Rebuttal, Rebuttal.revision_id == rows.c.revision_id)
        .where(rows.c.state == Delivery.PUBLISHED)
    )
    posts, languages = defaultdict(set), defaultdict(set)
    for key, position, post, language in session.execute(query):
        posts[key, position == 0].add(post)
        languages[key].add(language)
    return posts, languages


def _last_answers(session: Session, month: Month, rehearsal: bool) -> dict[str, date]:
    query = (
        select(Rebuttal.misconception_key, func.max(_went))
        .join_from(Rebuttal, Publication, Publication.revision_id == Rebuttal.revision_id)
        .where(Publication.state == Delivery.PUBLISHED, Publication.rehearsal == rehearsal, _went < month.ends_at)
        .group_by(Rebuttal.misconception_key)
    )
    return {key: at.astimezone(UTC).date() for key, at in session.execute(query)}


def _publications(session: Session, rows: CTE) -> tuple[Told, ...]:
    figures = ("reach", *SUMMED)
    query = (
        select(rows, Publication.key, Publication.url, Publication.why, Wording.title, Wording.text)
        .join(Publication, Publication.id == rows.c.id)
        .outerjoin(Wording, and_(Wording.revision_id == rows.c.revision_id, Wording.language == rows.c.language))
        .order_by(rows.c.at, Publication.key)
    )
    return tuple(
        Told(
            key=row.key,
            account=row.account_key,
            language=row.language,
            kind=row.kind,
            campaign=row.campaign or None,
            outcome=Outcome.of(row.state),
            at=row.at,
            words=called(row.title or "", row.text or "") or row.key,
            url=row.url,
            why=row.why,
            figures={name: value for name in figures if (value := row._mapping[name]) is not None},
        )
        for row in session.execute(query)
    )


def _read_between(session: Session, rows: CTE) -> tuple[datetime, datetime] | None:
    oldest, newest = session.execute(select(func.min(rows.c.taken_at), func.max(rows.c.taken_at))).one()
    return (oldest, newest) if oldest is not None else None


def _days(month: Month, publications: Iterable[Told]) -> tuple[Day, ...]:
    by_day: dict[date, Counter[Outcome]] = defaultdict(Counter)
    for each in publications:
        by_day[each.at.date()][each.outcome] += 1
    return tuple(
        Day(
            on=day,
            planned=by_day[day].total(),
            published=by_day[day][Outcome.PUBLISHED],
            not_out=sum(by_day[day][outcome] for outcome in NOT_OUT),
        )
        for day in month.days
    )
