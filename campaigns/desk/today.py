"""Today: what goes out next, what went out, and what waits for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import ColumnElement, Select, false, func, or_, select
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
    Scope,
)
from campaigns.publishing import following
from campaigns.telling import Reason, Teller, Told

router = APIRouter(dependencies=[Depends(signed_in)])

AHEAD = timedelta(hours=24)
SHOWN = 60
"""Publications in each list; the counts above are of all of them."""
WAITING = ("uncertain", "held", "missed", "failed", "still_out", "to_look_at", "accounts")
"""What waits for a person, as the list's filter calls it; `accounts` are those that must be signed in again."""
_PLAIN = frozenset({"planned", "preparing", "ready", "sending", "published"})
"""Cases that the hour and the state say well enough by themselves."""


@dataclass(frozen=True, kw_only=True)
class Together:
    """Publications of one revision that stand alike: at one hour, in one state, for one reason."""

    publications: tuple[Publication, ...]
    told: str
    """Where they stand and what happens next; empty where their hour and state say it all."""
    reason: Reason

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
    under_way: int
    in_review: int


@router.get("/")
def today(visit: SignedIn, waits: str = "") -> Response:
    wanted = waits if waits in WAITING else ""
    with visit.desk.store.reading() as session:
        teller = visit.teller(session)
        return page(
            visit,
            "today.html",
            shown=SHOWN,
            stops=[lever for lever in levers.in_force(session) if lever.scope is not Scope.EVERYTHING],
            word=_word(session, visit.now),
            counts=_counts(session, visit.now),
            hours=_hours(visit, session, teller),
            out=_together(session.scalars(_some(Publication.state == Delivery.PUBLISHED, newest=True)), teller),
            under_way=_together(session.scalars(_some(_under_way())), teller),
            wanted=wanted,
            waiting_for=_waiting_for(session),
            waiting=_together(session.scalars(_some(_waits(wanted))), teller),
            paused=_paused(session) if wanted in ("", "accounts") else [],
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
        session.scalar(select(func.max(Publication.not_before))),
        session.scalar(select(func.sum(Publication.upload_sent)).where(Publication.state == Delivery.STAGING)),
        _counts(session, now),
    )
    return hashlib.sha256(repr(counted).encode()).hexdigest()[:16]


def _counts(session: Session, now: datetime) -> Counts:
    return Counts(
        due=_number(session, _due(now)),
        out=_number(session, Publication.published_at > now - AHEAD),
        waiting=sum(_waiting_for(session).values()),
        under_way=_number(session, _under_way()),
        in_review=session.scalar(select(func.count(Post.id)).where(Post.state == PostState.IN_REVIEW)) or 0,
    )


def _number(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(Publication.id)).where(condition)) or 0


def _due(now: datetime) -> ColumnElement[bool]:
    return Publication.state.in_(ON_THE_WAY) & (Publication.due_at < now + AHEAD)


def _waits(wanted: str = "") -> ColumnElement[bool]:
    """What only a person can bring forward, or one kind of it."""
    conditions: dict[str, ColumnElement[bool]] = {
        "uncertain": (Publication.state == Delivery.UNCERTAIN) & Publication.not_before.is_(None),
        "held": Publication.state == Delivery.HELD,
        "missed": Publication.state == Delivery.MISSED,
        "failed": Publication.state == Delivery.FAILED,
        "still_out": (Publication.state == Delivery.PUBLISHED) & _refused_to_go() & ~following.to_be_looked_at(),
        "to_look_at": (Publication.state == Delivery.PUBLISHED) & following.to_be_looked_at(),
        "accounts": false(),
    }
    return conditions[wanted] if wanted else or_(*conditions.values())


def _refused_to_go() -> ColumnElement[bool]:
    """It was asked to be taken down, and its network would not."""
    came_back = (Move.came_from == Delivery.WITHDRAWING) & (Move.went_to == Delivery.PUBLISHED)
    return select(Move.id).where(Move.publication_id == Publication.id, came_back).exists()


def _under_way() -> ColumnElement[bool]:
    """What Sawt itself still looks after: whether it is out, or that it comes down."""
    looked_for = (Publication.state == Delivery.UNCERTAIN) & Publication.not_before.is_not(None)
    return looked_for | (Publication.state == Delivery.WITHDRAWING)


def _waiting_for(session: Session) -> dict[str, int]:
    """How much of each kind waits for a person; kinds of which there is nothing are left out."""
    found = {kind: _number(session, _waits(kind)) for kind in WAITING}
    found["accounts"] = len(_paused(session))
    return {kind: number for kind, number in found.items() if number}


def _paused(session: Session) -> Sequence[Account]:
    waiting = select(Account).where(Account.paused_at.is_not(None), Account.active)
    return session.scalars(waiting.order_by(Account.network, Account.key)).all()


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
            selectinload(Publication.moves),
            joinedload(Publication.revision).selectinload(Revision.wordings),
            joinedload(Publication.revision).selectinload(Revision.rebuttals),
        )
    )


def _hours(visit: Visit, session: Session, teller: Teller) -> list[Hour]:
    due = session.scalars(_some(_due(visit.now)))
    by_hour = groupby(due, key=lambda each: visit.local(each.due_at).replace(minute=0, second=0, microsecond=0))
    return [Hour(begins=hour, due=tuple(_together(group, teller))) for hour, group in by_hour]


def _together(publications: Iterable[Publication], teller: Teller) -> list[Together]:
    """Those of which the same is told are told once, where the first of them stands; their places keep one order."""
    groups: dict[tuple[object, ...], tuple[Told, list[Publication]]] = {}
    for each in publications:
        told = teller.tell(each)
        alike = (each.revision_id, each.state, each.due_at, told)
        groups.setdefault(alike, (told, []))[1].append(each)
    return [
        Together(
            publications=tuple(sorted(group, key=lambda each: (each.account_key, each.language))),
            told="" if told.case in _PLAIN else told.text,
            reason=told.reason,
        )
        for told, group in groups.values()
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
