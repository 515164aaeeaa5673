"""The month as a calendar: each day's posts with where they stand, Gregorian with the Hijri day beside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from campaigns import planning
from campaigns.desk import days
from campaigns.desk.days import Hijri, Month
from campaigns.desk.newest import newest_revisions
from campaigns.desk.pages import Heading, page
from campaigns.desk.visits import SignedIn, Visit, signed_in
from campaigns.languages import Language
from campaigns.models import Delivery, Post, PostState, Publication, Revision, Wording
from campaigns.reports.headings import called

router = APIRouter(dependencies=[Depends(signed_in)])

SHOWN = 5
"""Posts in a day's cell; the others are behind "and 3 more"."""
_UNDECIDED = (PostState.DRAFTED, PostState.IN_REVIEW, PostState.CHANGES_ASKED)
_WORST_FIRST = (
    Delivery.FAILED,
    Delivery.UNCERTAIN,
    Delivery.MISSED,
    Delivery.HELD,
    Delivery.WITHDRAWING,
    Delivery.REVEALING,
    Delivery.STAGING,
    Delivery.STAGED,
    Delivery.PLANNED,
    Delivery.PUBLISHED,
    Delivery.WITHDRAWN,
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One post on one day; `state` is the one to worry about most, `done` of `all` publications are out."""

    at: datetime
    key: str
    heading: Heading
    state: Delivery | PostState
    done: int
    all: int


@dataclass(frozen=True, kw_only=True)
class Day:
    on: date
    hijri: Hijri | None
    posts: tuple[Standing, ...]
    inside: bool
    """Of this month and not a neighbour's."""


@router.get("/month")
def this_month(visit: SignedIn) -> Response:
    return RedirectResponse(f"/month/{Month.of(visit.today)}", status_code=303)


@router.get("/month/{name}")
def month(visit: SignedIn, name: str) -> Response:
    asked = Month.read(name)
    if asked is None:
        raise HTTPException(404)
    with visit.desk.store.reading() as session:
        by_day = _by_day(visit, session, asked)
    weeks = [[_day(on, asked, by_day) for on in week] for week in asked.weeks(visit.language)]
    names = list(days.weekdays(visit.language))
    return page(visit, "month.html", month=asked, weeks=weeks, weekdays=names, shown=SHOWN, bare=_is_bare(weeks))


def _day(on: date, asked: Month, by_day: Mapping[date, Sequence[Standing]]) -> Day:
    inside = Month.of(on) == asked
    posts = tuple(sorted(by_day.get(on, ()), key=lambda each: (each.at, each.key))) if inside else ()
    return Day(on=on, hijri=days.hijri(on), posts=posts, inside=inside)


def _is_bare(weeks: Sequence[Sequence[Day]]) -> bool:
    return not any(day.posts for week in weeks for day in week)


def _by_day(visit: Visit, session: Session, month: Month) -> dict[date, list[Standing]]:
    found: dict[date, list[Standing]] = defaultdict(list)
    for standing in (*_planned(visit, session, month), *_undecided(visit, session)):
        found[standing.at.date()].append(standing)
    return found


def _planned(visit: Visit, session: Session, month: Month) -> Iterator[Standing]:
    begin, end = days.bounds(month.first, month.last, visit.desk.zone)
    moment = func.coalesce(Publication.published_at, Publication.due_at)
    rows = session.execute(
        select(Publication.revision_id, Post.key, Publication.state, Publication.published_at, Publication.due_at)
        .join(Post, Publication.post_id == Post.id)
        .where(moment >= begin, moment < end)
    ).all()
    headings = _headings(session, {row.revision_id for row in rows}, visit.language)
    groups: dict[tuple[date, int, str], list[tuple[datetime, Delivery]]] = defaultdict(list)
    for revision, key, state, published_at, due_at in rows:
        at = visit.local(published_at or due_at)
        groups[at.date(), revision, key].append((at, state))
    for (_, revision, key), group in groups.items():
        states = Counter(state for _, state in group)
        yield Standing(
            at=min(at for at, _ in group),
            key=key,
            heading=headings[revision],
            state=next(state for state in _WORST_FIRST if states[state]),
            done=states[Delivery.PUBLISHED],
            all=len(group),
        )


def _undecided(visit: Visit, session: Session) -> Iterator[Standing]:
    """Posts that nobody has approved yet, on the day that their author wishes."""
    rows = session.execute(
        select(Revision.id, Post.key, Post.state, Revision.at, Revision.timezone)
        .join(Post, Revision.post_id == Post.id)
        .where(Post.state.in_(_UNDECIDED), Revision.id.in_(newest_revisions()), Revision.at != planning.SLOT)
    ).all()
    headings = _headings(session, {row.id for row in rows}, visit.language)
    for revision, key, state, at, zone in rows:
        try:
            moment = planning.instant(at, zone)
        except planning.CannotPlan:
            continue
        yield Standing(at=visit.local(moment), key=key, heading=headings[revision], state=state, done=0, all=0)


def _headings(session: Session, revisions: Collection[int], language: Language) -> dict[int, Heading]:
    rows = session.execute(
        select(Wording.revision_id, Wording.language, Wording.title, func.substr(Wording.text, 1, 200)).where(
            Wording.revision_id.in_(revisions)
        )
    ).all()
    found = {revision: Heading("", language) for revision in revisions}
    for revision, spoken, title, text in rows:
        if spoken is language or not found[revision].text:
            found[revision] = Heading(called(title, text), spoken)
    return found
