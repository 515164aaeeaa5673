"""What each account has to do, and when: read from the publications table, which is all that is remembered.

An account's posts go out in the order of their hours. One that keeps failing, or must wait for long, lets the others
pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased, joinedload

from campaigns.models import WAITING, Account, Delivery, Publication
from campaigns.publishing.steps import AHEAD, PATIENCE, Lane, Line

TO_LOOK_AFTER = (Delivery.UNCERTAIN, Delivery.WITHDRAWING)

_FOLLOWED = (case((Publication.state == Delivery.PUBLISHED, 1), else_=0) == 1, Publication.follows_at.is_not(None))
"""Out, and something is to follow: a correction, captions, an address in another language.

Nearly all publications are out and few are followed, so no database is to look for them by their state.
"""

_closed_to_it = or_(Publication.rehearsal, Account.resume_for_rehearsal.is_(False))
"""A window that the stage has closed does not close the real network."""


def next_moment(session: Session, now: datetime) -> datetime | None:
    """The next instant at which there is a step to take; None when nothing is on its way."""
    to_prepare, hindered, to_send, to_look = session.execute(_MOMENTS, _at(now)).one()
    moments = (to_prepare and to_prepare - AHEAD, hindered, to_send, to_look, session.scalar(_FOLLOWS_AT))
    return min((each for each in moments if each is not None), default=None)


def with_work(session: Session, now: datetime) -> Iterator[Line]:
    """The lanes of accounts in which there may be a step to take now; the claim looks closer."""
    for lane in Lane:
        for account in session.scalars(_ACCOUNTS[lane], _at(now)):
            yield Line(account=account, lane=lane)


def taken_in_hand(session: Session, line: Line, now: datetime) -> Account | None:
    """The line's account, kept from others until the transaction ends; None, and kept from nobody, without work."""
    return session.scalar(_IN_HAND[line.lane], {"account": line.account, **_at(now)})


def next_in(session: Session, account: Account, lane: Lane, now: datetime) -> Publication | None:
    """The publication of the account whose turn it is in this lane, if it is due."""
    if lane is Lane.PREPARE:
        return _next_to_prepare(session, account, now)
    return _next_to_send(session, account, now)


def _next_to_send(session: Session, account: Account, now: datetime) -> Publication | None:
    """What is to be taken down, else the head of the line if it is due, else what is to be looked at.

    What is in the way is read after the head: a post that has left the head's place meanwhile is seen there.
    """
    values = {"account": account.key, **_at(now)}
    head = session.scalar(_HEAD, values)
    few = session.scalars(_IN_THE_WAY, values).all()
    due = {each.state: each for each in reversed(few) if each.not_before and each.not_before <= now}
    if down := due.get(Delivery.WITHDRAWING):
        return down
    is_due = head and head.state is Delivery.STAGED and max(head.due_at, head.not_before or head.due_at) <= now
    if is_due and _is_clear(account, {each.state for each in few}, now):
        return head
    return due.get(Delivery.UNCERTAIN)


def _next_to_prepare(session: Session, account: Account, now: datetime) -> Publication | None:
    """What is to be prepared, if uploads are taken; else what is to follow a post that is out: that has time."""
    values = {"account": account.key, **_at(now)}
    if session.scalar(_IN_PREPARATION, values):
        return None
    planned = session.scalar(_TO_PREPARE, values)
    if planned and not account.is_closed(now, rehearsal=planned.rehearsal, uploads=True):
        return planned
    return session.scalar(_TO_FOLLOW, values)


def _is_clear(account: Account, states: Set[Delivery], now: datetime) -> bool:
    """The spacing is over, nothing is being sent, and nothing uncertain is waited for."""
    if account.clear_at is not None and account.clear_at > now:
        return False
    return Delivery.REVEALING not in states and not (account.waits_for_uncertain and Delivery.UNCERTAIN in states)


def _at(now: datetime) -> Mapping[str, datetime]:
    return {"now": now, "soon": now + AHEAD}


def _is_open(window: SQLColumnExpression[Any], now: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    return or_(window.is_(None), window <= now, ~_closed_to_it)


def _later(first: SQLColumnExpression[Any], second: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The later of two moments; one that is absent does not count."""
    return case((first.is_(None), second), (second > first, second), else_=first)


# -- the statements, put together once: every claim asks them ---------------------------------------

_NOW, _SOON = (bindparam(name, type_=Publication.due_at.type) for name in ("now", "soon"))
_THIS = bindparam("account", type_=Publication.account_key.type)

_has_come = or_(Publication.not_before.is_(None), Publication.not_before <= _NOW)
_is_planned, _is_soon = Publication.state == Delivery.PLANNED, Publication.due_at <= _SOON
_planned = and_(_is_planned, _is_soon, _has_come)
_follows = and_(*_FOLLOWED, Publication.follows_at <= _NOW)

_LINE = (
    select(Publication)
    .options(joinedload(Publication.post))
    .where(Publication.account_key == _THIS)
    .order_by(Publication.due_at, Publication.id)
)
"""An account's publications in the order of their hours, each with its post, which every claim asks for."""
_IN_THE_WAY = _LINE.where(Publication.state.in_((Delivery.REVEALING, *TO_LOOK_AFTER))).execution_options(
    populate_existing=True
)
_keeps_its_place = and_(Publication.setbacks < PATIENCE, Publication.not_before <= _SOON)
_HEAD = _LINE.where(Publication.state.in_((*WAITING, Delivery.STAGING)), or_(_has_come, _keeps_its_place)).limit(1)
_IN_PREPARATION = _LINE.where(Publication.state == Delivery.STAGING).limit(1)
_TO_PREPARE = _LINE.where(_planned).limit(1)
_TO_FOLLOW = _LINE.where(_follows).limit(1)


def _in_other_hands(state: Delivery) -> ColumnElement[bool]:
    """A worker has the lane in hand, and goes on with it, or its lease runs out."""
    other = aliased(Publication)
    return exists().where(other.account_key == Account.key, other.state == state).correlate(Account)


_is_looked_after = and_(Publication.state.in_(TO_LOOK_AFTER), Publication.not_before <= _NOW)
_may_be_prepared = and_(_planned, _is_open(Account.uploads_at, _NOW))
_may_be_sent = and_(
    Publication.state == Delivery.STAGED,
    Publication.due_at <= _NOW,
    _has_come,
    or_(Account.clear_at.is_(None), Account.clear_at <= _NOW),
    ~_in_other_hands(Delivery.REVEALING),
)
_SPEAKS = (Account.active, Account.paused_at.is_(None))
_OPEN = (*_SPEAKS, _is_open(Account.resume_at, _NOW))
_SENDS = (*_OPEN, Publication.state.in_((Delivery.STAGED, *TO_LOOK_AFTER)), or_(_may_be_sent, _is_looked_after))
_IDLE = (*_OPEN, ~_in_other_hands(Delivery.STAGING))

_with_accounts = Publication.account_key == Account.key
_ACCOUNTS: Mapping[Lane, Executable] = {
    Lane.SEND: select(Account.key).where(exists().where(_with_accounts, *_SENDS)),
    # Each half finds its own index; with *or* between them PostgreSQL took a hundred times as long.
    Lane.PREPARE: union(
        select(Account.key).where(exists().where(_with_accounts, *_IDLE, _may_be_prepared)),
        select(Account.key).join(Publication, _with_accounts).where(*_IDLE, _follows),
    ),
}
_IN_HAND = {
    # Its key stays free for those who only refer to it, or a decision at the desk would deadlock with us.
    lane: select(Account)
    .join(Publication, _with_accounts)
    .where(Account.key == _THIS, *work)
    .limit(1)
    .with_for_update(of=Account, key_share=True)
    for lane, work in ((Lane.SEND, _SENDS), (Lane.PREPARE, (*_IDLE, or_(_may_be_prepared, _follows))))
}

_resumes_at = case((_closed_to_it, Account.resume_at))
_obstacle = _later(_later(Publication.not_before, case((_closed_to_it, Account.uploads_at))), _resumes_at)
_ready_at = _later(_later(_later(Publication.due_at, Publication.not_before), _resumes_at), Account.clear_at)
_MOMENTS = (
    select(
        func.min(Publication.due_at).filter(_is_planned, or_(~_is_soon, _obstacle.is_(None), _obstacle <= _NOW)),
        func.min(_obstacle).filter(_is_planned, _is_soon, _obstacle > _NOW),
        func.min(_ready_at).filter(Publication.state == Delivery.STAGED),
        func.min(_later(Publication.not_before, _resumes_at)).filter(
            Publication.state.in_(TO_LOOK_AFTER), Publication.not_before.is_not(None)
        ),
    )
    .join(Publication.account)
    .where(*_SPEAKS, Publication.state.in_((*WAITING, *TO_LOOK_AFTER)))
)
_FOLLOWS_AT = (
    select(func.min(_later(Publication.follows_at, _resumes_at))).join(Publication.account).where(*_SPEAKS, *_FOLLOWED)
)
