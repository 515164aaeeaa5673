"""Today: what goes out next, what went out, and what waits for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from campaigns import levers
from campaigns.desk.pages import page
from campaigns.desk.visits import SignedIn, Visit, signed_in
from campaigns.models import (
    ON_THE_WAY,
    Account,
    Approval,
    Delivery,
    Hold,
    Move,
    Post,
    PostState,
    Publication,
    Revision,
)

router = APIRouter(dependencies=[Depends(signed_in)])

AHEAD = timedelta(hours=24)
SHOWN = 60
"""Publications in each list; the counts above are of all of them."""
WAITS = (Delivery.UNCERTAIN, Delivery.FAILED, Delivery.HELD, Delivery.MISSED)


@dataclass(frozen=True, kw_only=True)
class Together:
    """Publications of one revision that stand alike: at one hour, in one state, for one reason."""

    publications: tuple[Publication, ...]

    @property
    def first(self) -> Publication:
        return self.publications[0]


@dataclass(frozen=True, kw_only=True)
class Hour:
    begins: datetime
    due: tuple[Together, ...]


@dataclass(frozen=True, kw_only=True)
class Counts:
    due: int
    out: int
    waiting: int
    in_review: int


@router.get("/")
def today(visit: SignedIn) -> Response:
    with visit.desk.store.reading() as session:
        return page(
            visit,
            "today.html",
            shown=SHOWN,
            levers=levers.in_force(session),
            paused=session.scalars(select(Account).where(Account.paused_at.is_not(None))).all(),
            word=_word(session, visit.now),
            counts=_counts(session, visit.now),
            hours=_hours(visit, session),
            out=_together(session.scalars(_some(Publication.state == Delivery.PUBLISHED, newest=True))),
            waiting=_together(session.scalars(_some(Publication.state.in_(WAITS)))),
            in_review=_in_review(session),
        )


@router.get("/changes")
def changes(visit: SignedIn) -> Response:
    """What an open page asks for every few seconds, to know whether to fetch itself anew."""
    with visit.desk.store.reading() as session:
        return PlainTextResponse(_word(session, visit.now))


def _word(session: Session, now: datetime) -> str:
    """A short word that is another one after every change."""
    counted = (
        session.scalar(select(func.max(Move.id))),
        session.scalar(select(func.max(Approval.id))),
        session.scalar(select(func.max(Revision.id))),
        session.execute(select(func.max(Hold.id), func.count(Hold.released_at))).one(),
        session.scalar(select(func.count(Account.paused_at))),
        _counts(session, now),
    )
    return hashlib.sha256(repr(counted).encode()).hexdigest()[:16]


def _counts(session: Session, now: datetime) -> Counts:
    return Counts(
        due=_number(session, _due(now)),
        out=_number(session, Publication.published_at > now - AHEAD),
        waiting=_number(session, Publication.state.in_(WAITS)),
        in_review=session.scalar(select(func.count(Post.id)).where(Post.state == PostState.IN_REVIEW)) or 0,
    )


def _number(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(Publication.id)).where(condition)) or 0


def _due(now: datetime) -> ColumnElement[bool]:
    return Publication.state.in_(ON_THE_WAY) & (Publication.due_at < now + AHEAD)


def _some(condition: ColumnElement[bool], *, newest: bool = False) -> Select[Publication]:
    order = (Publication.published_at.desc(),) if newest else (Publication.due_at,)
    return (
        select(Publication)
        .where(condition)
        .order_by(*order, Publication.post_id, Publication.state, Publication.account_key)
        .limit(SHOWN)
        .options(
            joinedload(Publication.account),
            joinedload(Publication.post),
            joinedload(Publication.revision).selectinload(Revision.wordings),
        )
    )


def _hours(visit: Visit, session: Session) -> list[Hour]:
    due = session.scalars(_some(_due(visit.now)))
    by_hour = groupby(due, key=lambda each: visit.local(each.due_at).replace(minute=0, second=0, microsecond=0))
    return [Hour(begins=hour, due=tuple(_together(group))) for hour, group in by_hour]


def _together(publications: Iterable[Publication]) -> list[Together]:
    """Those that say the same are told once, where the first of them stands; their places keep one order."""
    groups: dict[tuple[object, ...], list[Publication]] = {}
    for each in publications:
        groups.setdefault((each.revision_id, each.state, each.due_at, each.why), []).append(each)
    return [
        Together(publications=tuple(sorted(group, key=lambda each: (each.account_key, each.language))))
        for group in groups.values()
    ]


def _in_review(session: Session) -> list[Post]:
    posts = session.scalars(
        select(Post)
        .where(Post.state == PostState.IN_REVIEW)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(SHOWN)
        .options(
            selectinload(Post.revisions).selectinload(Revision.wordings),
            selectinload(Post.revisions).joinedload(Revision.author),
        )
    )
    return list(posts)
