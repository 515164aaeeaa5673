"""Take down what is out: a person asks, the worker does it on every network that allows it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns import addresses, levers, planning
from campaigns.chronicle import note
from campaigns.levers import RESUMABLE
from campaigns.models import Delivery, Publication
from campaigns.moving import Overtaken, move
from campaigns.publishing import following
from campaigns.settings import Settings
from campaigns.store import take_in_hand
from platforms import adapter


class WithdrawError(ValueError):
    """It cannot be taken down so; the message says what to do."""


def withdraw(
    session: Session, publication: Publication, *, settings: Settings, by: str, reason: str, now: datetime
) -> None:
    """Ask for what is out, if only in part, to be taken down before all else of its account. Raises WithdrawError."""
    reason = _reason(reason)
    _must_be_out(publication)
    if following.may_be_twice(publication):
        raise WithdrawError(f"{publication.key} may be out twice; say first which copy is left, with sawt resolve")
    network, remote_id = publication.account.network, publication.remote_id
    if not adapter(network).withdraws:
        raise WithdrawError(
            f"{network.label} takes nothing down from outside: delete it in the app, then say so with --done"
        )
    parts = adapter(network).parts_out(publication.checkpoint)
    if publication.state is Delivery.PUBLISHED and parts and parts.out < parts.of:
        raise WithdrawError(
            f"only {parts.out} of {parts.of} parts of what is left are known: delete it by hand, then say --done"
        )
    if not addresses.is_id(network, remote_id):  # a network takes down what it does not know without a word
        raise WithdrawError(f"{network.label} does not know it as {remote_id}: delete it by hand, then say --done")
    _move(session, publication, Delivery.WITHDRAWING, by=by, why=reason, now=now, not_before=now, setbacks=0)
    levers.needs_sign_in(publication, "something is to be taken down", settings=settings, now=now)
    note(session, by, "asked to take down", publication.key, now=now, why=reason)


def it_is_down(
    session: Session, publication: Publication, *, settings: Settings, by: str, reason: str, now: datetime
) -> None:
    """Somebody has deleted it by hand: words approved since it was asked for take its place. Raises WithdrawError."""
    reason = _reason(reason)
    take_in_hand(session, publication.account)
    if publication.state is not Delivery.WITHDRAWING:
        _must_be_out(publication)
    _move(session, publication, Delivery.WITHDRAWN, by=by, why=reason, now=now, not_before=None, withdrawn_at=now)
    note(session, by, "took down by hand", publication.key, now=now, why=reason)
    planning.take_its_place(session, publication.id, settings=settings, now=now)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise WithdrawError("say why, for whoever asks later what became of it: --reason TEXT")
    return reason.strip()


def _must_be_out(publication: Publication) -> None:
    if publication.state is Delivery.WITHDRAWING:
        raise WithdrawError(f"{publication.key} is being taken down already; sawt publications shows when it is done")
    half = publication.is_out_in_part and publication.state in RESUMABLE
    if publication.state is not Delivery.PUBLISHED and not half:
        raise WithdrawError(f"{publication.key} is {publication.state}; only what is out can be taken down")


def _move(
    session: Session, publication: Publication, to: Delivery, *, by: str, why: str, now: datetime, **values: object
) -> None:
    try:
        move(session, publication, to, by=by, why=why, now=now, fence=Publication.fence + 1, **values)
    except Overtaken as error:
        session.refresh(publication)
        raise WithdrawError(f"{publication.key} is {publication.state} meanwhile; nothing was changed") from error
