"""What a network takes in a day, spent by plan: the publications are the ledger, so that it outlives restarts.

A plan that cannot fit is said when it is made. What comes late all at once, after a night without power or
when a lever is lifted, waits here before the network has to refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from campaigns.models import Account, Delivery, Kind, Move, Publication, Revision
from platforms import adapter, networks_of_app
from platforms.contract import Allowance, Form

_COUNTS = tuple(
    state for state in Delivery if state not in (Delivery.HELD, Delivery.MISSED, Delivery.FAILED, Delivery.WITHDRAWN)
)
"""States of a publication that has taken, or will take, its place in the day."""


def fits(session: Session, account: Account, form: Form, due_at: datetime) -> bool:
    """Whether one more post of `form` due at `due_at` is within what the network takes."""
    return all(
        _fits(session, account, allowance, due_at)
        for allowance in adapter(account.network).allowances
        if form in allowance.forms
    )


def used_up_until(session: Session, publication: Publication, *, now: datetime, preparing: bool) -> datetime | None:
    """When there is room again for this step, by what was really sent; None when there is room now.

    A rehearsal plays weeks in minutes on a stage without a public, and is not counted.
    """
    if publication.rehearsal:
        return None
    moments = [
        _room_at(session, publication, allowance, now)
        for allowance in adapter(publication.account.network).allowances
        if publication.revision.kind.form in allowance.forms and allowance.by_upload is preparing
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def _fits(session: Session, account: Account, allowance: Allowance, due_at: datetime) -> bool:
    first, last = _around(allowance, due_at)
    moments = sorted(session.scalars(_planned(account, allowance, first, last)))
    if allowance.days_of:
        return len(moments) < allowance.posts
    return _most_within(sorted([*moments, due_at]), allowance.within) <= allowance.posts


def _most_within(moments: Sequence[datetime], span: timedelta) -> int:
    """The largest number of moments that lie within one `span`."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - span:
            first += 1
        most = max(most, last - first + 1)
    return most


def _around(allowance: Allowance, moment: datetime) -> tuple[datetime, datetime]:
    """Where the posts lie that share a span with one at `moment`: a calendar day, or a span to either side."""
    if allowance.days_of:
        return _day(moment, allowance.days_of)
    return moment - allowance.within, moment + allowance.within


def _day(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    on = moment.astimezone(ZoneInfo(zone)).date()
    begins, ends = (
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for day in (on, on + timedelta(days=1))
    )
    return begins, ends


def _planned(account: Account, allowance: Allowance, first: datetime, last: datetime) -> Select[datetime]:
    return (
        select(Publication.due_at)
        .join(Publication.account)
        .join(Publication.revision)
        .where(_of(account, allowance), Publication.state.in_(_COUNTS))
        .where(Publication.due_at > first if not allowance.days_of else Publication.due_at >= first)
        .where(Publication.due_at < last)
    )


def _of(account: Account, allowance: Allowance) -> ColumnElement[bool]:
    kinds = [kind for kind in Kind if kind.form in allowance.forms]
    whose = Publication.account_key == account.key
    if allowance.whole_app:
        whose = Account.network.in_(networks_of_app(account.network))
    return whose & Revision.kind.in_(kinds)


def _room_at(session: Session, publication: Publication, allowance: Allowance, now: datetime) -> datetime | None:
    begins, ends = (now - allowance.within, None) if not allowance.days_of else _day(now, allowance.days_of)
    spent = sorted(session.scalars(_spent(publication, allowance, begins)))
    if len(spent) < allowance.posts:
        return None
    return ends or spent[-allowance.posts] + allowance.within


def _spent(publication: Publication, allowance: Allowance, since: datetime) -> Select[Any]:
    """When something was really sent, or first prepared where that is what counts."""
    real = (_of(publication.account, allowance), Publication.rehearsal.is_(False), Publication.id != publication.id)
    if not allowance.by_upload:
        return (
            select(Publication.sent_at)
            .join(Publication.account)
            .join(Publication.revision)
            .where(*real, Publication.sent_at > since)
        )
    first = func.min(Move.at)
    return (
        select(first)
        .join(Publication, Move.publication_id == Publication.id)
        .join(Publication.account)
        .join(Publication.revision)
        .where(*real, Move.went_to == Delivery.STAGING)
        .group_by(Publication.id)
        .having(first > since)
    )
