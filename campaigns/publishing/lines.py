"""What each account has to do, and when: read from the publications table, which is all that is remembered.

An account's posts go out in the order of their hours. One that keeps failing lets the others pass after a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from campaigns.models import Account, Delivery, Publication
from campaigns.publishing.steps import AHEAD, PATIENCE, Lane, Line

T = TypeVar("T")

TO_LOOK_AFTER = (Delivery.UNCERTAIN, Delivery.WITHDRAWING)
WAITING = (Delivery.PLANNED, Delivery.STAGED)

_FOLLOWED = (case((Publication.state == Delivery.PUBLISHED, 1), else_=0) == 1, Publication.follows_at.is_not(None))
"""Out, and something is to follow: a correction, captions, an address in another language.

Nearly all publications are out and few are followed, so no database is to look for them by their state.
"""

_closed_to_it = or_(Publication.rehearsal, Account.resume_for_rehearsal.is_(False))
"""A window that the stage has closed does not close the real network."""


def next_moment(session: Session, now: datetime) -> datetime | None:
    """The next instant at which there is a step to take; None when nothing is on its way."""
    resume_at = case((_closed_to_it, Account.resume_at))
    obstacle = _later(_later(Publication.not_before, case((_closed_to_it, Account.uploads_at))), resume_at)
    planned, soon = Publication.state == Delivery.PLANNED, Publication.due_at <= now + AHEAD
    ready = _later(_later(_later(Publication.due_at, Publication.not_before), resume_at), Account.clear_at)
    to_prepare, hindered, to_send, to_look = session.execute(
        select(
            func.min(Publication.due_at).filter(planned, or_(~soon, obstacle.is_(None), obstacle <= now)),
            func.min(obstacle).filter(planned, soon, obstacle > now),
            func.min(ready).filter(Publication.state == Delivery.STAGED),
            func.min(_later(Publication.not_before, resume_at)).filter(
                Publication.state.in_(TO_LOOK_AFTER), Publication.not_before.is_not(None)
            ),
        )
        .join(Publication.account)
        .where(Account.active, Account.paused_at.is_(None), Publication.state.in_((*WAITING, *TO_LOOK_AFTER)))
    ).one()
    to_follow = session.scalar(
        select(func.min(_later(Publication.follows_at, resume_at)))
        .join(Publication.account)
        .where(Account.active, Account.paused_at.is_(None), *_FOLLOWED)
    )
    moments = (to_prepare and to_prepare - AHEAD, hindered, to_send, to_look, to_follow)
    return min((each for each in moments if each is not None), default=None)


def with_work(session: Session, now: datetime) -> Iterator[Line]:
    """The lanes of accounts in which there may be a step to take now; the claim looks closer."""
    for lane in Lane:
        for account in session.scalars(having_work(select(Account.key).distinct(), lane, now)):
            yield Line(account=account, lane=lane)


def having_work(accounts: Select[T], lane: Lane, now: datetime) -> Select[T]:
    """Of these accounts those that may have a step to take in this lane, once for each step; the claim looks closer."""
    return accounts.join(Publication, Publication.account_key == Account.key).where(
        Account.active,
        Account.paused_at.is_(None),
        _is_open(Account.resume_at, now),
        _to_send(now) if lane is Lane.SEND else _to_prepare(now),
    )


def next_in(session: Session, account: Account, lane: Lane, now: datetime) -> Publication | None:
    """The publication of the account whose turn it is in this lane, if it is due."""
    if lane is Lane.PREPARE:
        return _next_to_prepare(session, account, now)
    return _next_to_send(session, account, now)


def _next_to_send(session: Session, account: Account, now: datetime) -> Publication | None:
    """What is to be taken down, else the head of the line if it is due, else what is to be looked at."""
    few = session.scalars(_line(account).where(Publication.state.in_((Delivery.REVEALING, *TO_LOOK_AFTER)))).all()
    due = {each.state: each for each in reversed(few) if each.not_before and each.not_before <= now}
    if down := due.get(Delivery.WITHDRAWING):
        return down
    if _is_clear(account, {each.state for each in few}, now):
        head = session.scalar(
            _first(account).where(
                Publication.state.in_((*WAITING, Delivery.STAGING)),
                or_(Publication.setbacks < PATIENCE, Publication.not_before.is_(None), Publication.not_before <= now),
            )
        )
        if head and head.state is Delivery.STAGED and max(head.due_at, head.not_before or head.due_at) <= now:
            return head
    return due.get(Delivery.UNCERTAIN)


def _next_to_prepare(session: Session, account: Account, now: datetime) -> Publication | None:
    """What is to be prepared, if uploads are taken; else what is to follow a post that is out: that has time."""
    if session.scalar(_first(account).where(Publication.state == Delivery.STAGING)):
        return None
    planned = session.scalar(
        _first(account).where(
            Publication.state == Delivery.PLANNED,
            Publication.due_at <= now + AHEAD,
            or_(Publication.not_before.is_(None), Publication.not_before <= now),
        )
    )
    if planned and not account.is_closed(now, rehearsal=planned.rehearsal, uploads=True):
        return planned
    return session.scalar(_first(account).where(*_FOLLOWED, Publication.follows_at <= now))


def _is_clear(account: Account, states: Set[Delivery], now: datetime) -> bool:
    """The spacing is over, nothing is being sent, and nothing uncertain is waited for."""
    if account.clear_at is not None and account.clear_at > now:
        return False
    return Delivery.REVEALING not in states and not (account.waits_for_uncertain and Delivery.UNCERTAIN in states)


def _line(account: Account) -> Select[Publication]:
    """An account's publications in the order of their hours, each with its post, which every claim asks for."""
    return (
        select(Publication)
        .options(joinedload(Publication.post))
        .where(Publication.account_key == account.key)
        .order_by(Publication.due_at, Publication.id)
    )


def _first(account: Account) -> Select[Publication]:
    return _line(account).limit(1)


def _to_send(now: datetime) -> ColumnElement[bool]:
    head = and_(
        Publication.state == Delivery.STAGED,
        Publication.due_at <= now,
        or_(Publication.not_before.is_(None), Publication.not_before <= now),
        or_(Account.clear_at.is_(None), Account.clear_at <= now),
        ~_has_one(Delivery.REVEALING),
    )
    return and_(
        Publication.state.in_((Delivery.STAGED, *TO_LOOK_AFTER)),
        or_(head, and_(Publication.state.in_(TO_LOOK_AFTER), Publication.not_before <= now)),
    )


def _to_prepare(now: datetime) -> ColumnElement[bool]:
    planned = and_(
        Publication.state == Delivery.PLANNED,
        Publication.due_at <= now + AHEAD,
        or_(Publication.not_before.is_(None), Publication.not_before <= now),
        _is_open(Account.uploads_at, now),
    )
    return and_(or_(planned, and_(*_FOLLOWED, Publication.follows_at <= now)), ~_has_one(Delivery.STAGING))


def _has_one(state: Delivery) -> ColumnElement[bool]:
    """Some worker has the lane in hand, and goes on with it."""
    other = aliased(Publication)
    return exists().where(other.account_key == Account.key, other.state == state)


def _is_open(window: SQLColumnExpression[Any], now: datetime) -> ColumnElement[bool]:
    return or_(window.is_(None), window <= now, ~_closed_to_it)


def _later(first: SQLColumnExpression[Any], second: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The later of two moments; one that is absent does not count."""
    return case((first.is_(None), second), (second > first, second), else_=first)
