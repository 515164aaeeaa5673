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
from campaigns.moving import move, update_unchanged, write_down
from campaigns.publishing import following
from campaigns.publishing.steps import Claim, Step
from platforms import adapter
from platforms.contract import Checkpoint

_EARLIER_IS_OUT = "the revision before this one is out"


def late_receipt(session: Session, claim: Claim, published: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Here is the proof that it is out."""
    publication = _locked(session, claim)
    why = f"a late answer: it is out as {published['remote_id']} at {published['url']}"
    settled = {"checkpoint": dict(claim.checkpoint), **published, "fence": Publication.fence + 1}
    is_older = publication.revision_id != claim.revision_id
    of_older = f"{_EARLIER_IS_OUT}: {why}. Decide if both are right"
    if _is_elsewhere(claim, publication):
        _note(session, publication, why, by=by, now=now)
    elif _is_known(publication) and publication.remote_id == published["remote_id"]:
        _bring_again(session, publication, claim, why, by=by, now=now)
    elif publication.state in following.OUT:
        publication.why = _twice(of_older if is_older else why)
        _note(session, publication, publication.why, by=by, now=now)
    elif _is_known(publication) and adapter(claim.speaker.network).withdraws:  # this copy comes down as well
        settled |= {"why": why, "not_before": now, "setbacks": 0}
        move(session, publication, Delivery.WITHDRAWING, by=by, now=now, **settled)
    elif is_older:
        _hold(session, publication, of_older, by, now)
    else:
        if publication.state is Delivery.HELD and publication.why:
            both = publication.why.startswith(_EARLIER_IS_OUT)
            why = f"{why}. It was held: {publication.why}"
            why = _twice(why) if both else why
        move(session, publication, Delivery.PUBLISHED, by=by, now=now, **{**settled, "why": why})
        following.come_out(session, publication.id, claim.speaker.network, now=now)


def late_doubt(session: Session, claim: Claim, so_far: Checkpoint | None, *, by: str, now: datetime) -> None:
    """It may have gone out just now: what others proved or decided meanwhile, they did too early.

    `so_far` is what the sender knew of a post in parts, the one in doubt among them, if it has begun with them.
    """
    publication = _locked(session, claim)
    why = f"{by} was taken for dead, and may have sent it at {now:%Y-%m-%d %H:%M:%S} UTC"
    parts = {"checkpoint": dict(so_far)} if so_far is not None and _knows_no_more(publication, claim, so_far) else {}
    if _is_elsewhere(claim, publication):
        _note(session, publication, why, by=by, now=now)
    elif claim.step is Step.STAGE:  # nothing of it could be seen, but of a draft that has become the post itself
        if publication.state is Delivery.PUBLISHED and publication.revision_id != claim.revision_id:
            _bring_again(session, publication, claim, why, by=by, now=now)
    elif _is_known(publication):
        _bring_again(session, publication, claim, why, by=by, now=now, **parts)
    elif publication.revision_id == claim.revision_id:
        look = {"not_before": now + claim.settling, "looks": 0, "absences": 0, "fence": Publication.fence + 1, **parts}
        sent_at = publication.sent_at or claim.sent_at
        move(session, publication, Delivery.UNCERTAIN, by=by, why=why, now=now, sent_at=sent_at, **look)
    else:
        _hold(session, publication, f"the revision before this one may be out: {why}. Look at the account", by, now)


def _bring_again(
    session: Session, publication: Publication, claim: Claim, why: str, *, by: str, now: datetime, **parts: object
) -> None:
    """What came late may lie on top of what was done since: newer words are said again, or it is taken down again."""
    network, state = adapter(publication.account.network), publication.state
    again: dict[str, Any] = {"fence": Publication.fence + 1, **parts}
    if state is Delivery.PUBLISHED:
        is_overwritten = publication.corrected_to_id or publication.revision_id != claim.revision_id
        if is_overwritten and network.corrects:
            to = publication.corrected_to_id or publication.revision_id
            again |= {"corrected_to_id": to, "follows_at": now, "setbacks": 1, "why": following.unless_twice(why)}
            update_unchanged(session, publication, state, owner=None, lease_until=None, **again)
            _note(session, publication, why, by=by, now=now)
            return
    elif network.withdraws:
        again |= {"not_before": now, "setbacks": 0}
        move(session, publication, Delivery.WITHDRAWING, by=by, why=why, now=now, **again)
        return
    _note(session, publication, why, by=by, now=now)


def _is_known(publication: Publication) -> bool:
    """Whether it is said to be out, or to have been out and taken down."""
    return publication.state in following.OUT or (
        publication.state is Delivery.WITHDRAWN and publication.withdrawn_at is not None
    )


def _is_elsewhere(claim: Claim, publication: Publication) -> bool:
    """What the stage's audience saw says nothing of a post that is real by now."""
    return claim.speaker.rehearsal is not publication.rehearsal


def _knows_no_more(publication: Publication, claim: Claim, so_far: Checkpoint) -> bool:
    """Whether nobody has sent a further part of these words since, so that what the late sender knew is the newest."""
    network = adapter(claim.speaker.network)
    theirs, ours = (network.parts_out(each) for each in (publication.checkpoint, so_far))
    return publication.revision_id == claim.revision_id and (theirs.out if theirs else 0) <= (ours.out if ours else 0)


def _twice(why: str) -> str:
    return f"{following.TWICE}: {why}. Look at the account, and delete one of them"


def _hold(session: Session, publication: Publication, why: str, by: str, now: datetime) -> None:
    move(session, publication, Delivery.HELD, by=by, why=why, now=now, fence=Publication.fence + 1)


def _note(session: Session, publication: Publication, why: str, *, by: str, now: datetime) -> None:
    """In its history alone: where it stands is true as it is."""
    state = publication.state
    write_down(session, publication.id, state, state, by=by, now=now, why=why)


def _locked(session: Session, claim: Claim) -> Publication:
    return session.get_one(Publication, claim.publication_id, with_for_update=True)
