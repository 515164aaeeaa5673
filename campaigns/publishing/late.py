"""What a worker says that was taken for dead and lives: none of it is thrown away, and what it undid is done again.

Whoever is about to send meanwhile finds its own fence stale. If they have sent by now, their answer is the late one,
and a person hears of two copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaigns.models import Delivery, Publication
from campaigns.moving import move, write_down
from campaigns.publishing import following
from campaigns.publishing.steps import Claim, Step
from platforms import adapter

_OUT = (Delivery.PUBLISHED, Delivery.WITHDRAWING)


def late_receipt(session: Session, claim: Claim, published: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Here is the proof that it is out."""
    publication = _locked(session, claim)
    why = f"a late answer: it is out as {published['remote_id']} at {published['url']}"
    if _is_known(publication) and publication.remote_id == published["remote_id"]:
        _bring_again(session, publication, claim, why, by=by, now=now)
    elif publication.state in _OUT:
        publication.why = f"{following.TWICE}: {why}. Look at the account, and delete one of them"
        _note(session, publication, publication.why, by=by, now=now)
    elif publication.revision_id == claim.revision_id:
        if publication.state is Delivery.HELD and publication.why:
            why = f"{why}. It was held: {publication.why}"
        settled = {"checkpoint": dict(claim.checkpoint), **published, "why": why, "fence": Publication.fence + 1}
        move(session, publication, Delivery.PUBLISHED, by=by, now=now, **settled)
        following.come_out(session, publication.id, claim.speaker.network, now=now)
    else:
        _hold(session, publication, f"the revision before this one is out: {why}. Decide if both are right", by, now)


def late_doubt(session: Session, claim: Claim, *, by: str, now: datetime) -> None:
    """It may have gone out just now: what others proved or decided meanwhile, they did too early."""
    publication = _locked(session, claim)
    why = f"{by} was taken for dead, and may have sent it at {now:%Y-%m-%d %H:%M:%S} UTC"
    if claim.step is Step.STAGE:  # nothing of it could be seen, but of a draft that has become the post itself
        if publication.state is Delivery.PUBLISHED and publication.revision_id != claim.revision_id:
            _bring_again(session, publication, claim, why, by=by, now=now)
    elif _is_known(publication):
        _bring_again(session, publication, claim, why, by=by, now=now)
    elif publication.revision_id == claim.revision_id:
        look = {"not_before": now + claim.settling, "looks": 0, "absences": 0, "fence": Publication.fence + 1}
        sent_at = publication.sent_at or claim.sent_at
        move(session, publication, Delivery.UNCERTAIN, by=by, why=why, now=now, sent_at=sent_at, **look)
    else:
        _hold(session, publication, f"the revision before this one may be out: {why}. Look at the account", by, now)


def _bring_again(session: Session, publication: Publication, claim: Claim, why: str, *, by: str, now: datetime) -> None:
    """What came late may lie on top of what was done since: newer words are said again, or it is taken down again."""
    network, state = adapter(publication.account.network), publication.state
    again: dict[str, Any] = {"fence": Publication.fence + 1}
    if state is Delivery.PUBLISHED:
        is_overwritten = publication.corrected_to_id or publication.revision_id != claim.revision_id
        if is_overwritten and network.corrects:
            to = publication.corrected_to_id or publication.revision_id
            again |= {"corrected_to_id": to, "follows_at": now, "setbacks": 1}
            move(session, publication, Delivery.PUBLISHED, by=by, why=why, now=now, **again)
            return
    elif network.withdraws:
        again |= {"not_before": now, "setbacks": 0}
        move(session, publication, Delivery.WITHDRAWING, by=by, why=why, now=now, **again)
        return
    _note(session, publication, why, by=by, now=now)


def _is_known(publication: Publication) -> bool:
    """Whether it is said to be out, or to have been out and taken down."""
    return publication.state in _OUT or (
        publication.state is Delivery.WITHDRAWN and publication.withdrawn_at is not None
    )


def _hold(session: Session, publication: Publication, why: str, by: str, now: datetime) -> None:
    move(session, publication, Delivery.HELD, by=by, why=why, now=now, fence=Publication.fence + 1)


def _note(session: Session, publication: Publication, why: str, *, by: str, now: datetime) -> None:
    """In its history alone: where it stands is true as it is."""
    state = publication.state
    write_down(session, publication.id, state, state, by=by, now=now, why=why)


def _locked(session: Session, claim: Claim) -> Publication:
    return session.get_one(Publication, claim.publication_id, with_for_update=True)
