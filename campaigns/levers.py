"""Stop what is on its way, and let it go again: over everything, or over one network, account, language,
campaign, misconception or kind.

A lever is looked at immediately before every call to a network. What it stopped stays held: lifting the
lever sends nothing, a person puts each held post back on the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from campaigns.chronicle import note
from campaigns.models import ACTIVE, WAITING, Account, Delivery, Hold, PostState, Publication, Revision, Scope
from campaigns.moving import Overtaken, move
from campaigns.settings import Settings

LONGEST_REASON = 300
"""Characters: it stands on every page while all is stopped, and in the sentence of each post that is held."""
RESUMABLE = (Delivery.HELD, Delivery.MISSED, Delivery.FAILED)
"""What a person may put back on the plan. What was taken down stays down: it needs a new approval."""

_HAS_BEGUN = or_(
    Publication.state.in_((*ACTIVE, Delivery.UNCERTAIN, Delivery.WITHDRAWING)),
    and_(Publication.state == Delivery.PUBLISHED, Publication.follows_at.is_not(None)),
)


_UNKNOWN_TO_THE_NETWORK: Mapping[str, Any] = {"checkpoint": {}, "remote_id": None, "url": None, "sent_at": None}
"""What the stage knew of a post means nothing to the real network."""


class LeverError(ValueError):
    """A lever that cannot be pulled or lifted; the message says what to write."""


def hold(session: Session, *, scope: Scope, value: str, reason: str, by: str, now: datetime) -> Hold:
    """Stop everything that `scope` and `value` cover, from the next call on. Raises LeverError."""
    if not reason.strip():
        raise LeverError("say why, so that whoever finds it stopped knows: --reason TEXT")
    if len(reason.strip()) > LONGEST_REASON:
        raise LeverError(f"the reason is longer than {LONGEST_REASON} characters; shorten it, nothing was stopped")
    lever = Hold(scope=scope, value=value, reason=reason.strip(), by=by, at=now)
    session.add(lever)
    note(session, by, "held", _name(scope, value), now=now, why=reason)
    return lever


def release(session: Session, *, scope: Scope, value: str, by: str, now: datetime) -> int:
    """Lift the levers over exactly `scope` and `value`; the answer is how many. Raises LeverError for none."""
    levers = [lever for lever in in_force(session) if (lever.scope, lever.value) == (scope, value)]
    if not levers:
        raise LeverError(f"nothing is held over {_name(scope, value)}; see: sawt hold --list")
    for lever in levers:
        _hold_what_was_due(session, lever, now=now)
        lever.released_at, lever.released_by = now, by
    note(session, by, "released", _name(scope, value), now=now)
    return len(levers)


def _hold_what_was_due(session: Session, lever: Hold, *, now: datetime) -> None:
    """What no worker came to while the lever stood, as its account was resting: it too goes out by no hand but ours."""
    from campaigns.publishing import following

    waits = and_(Publication.state.in_(WAITING), Publication.due_at <= now)
    corrects = and_(Publication.state == Delivery.PUBLISHED, Publication.corrected_to_id.is_not(None))
    due = select(Publication).where(or_(waits, and_(corrects, Publication.follows_at <= now)))
    for publication in session.scalars(due.order_by(Publication.id)).all():
        if not _covers(lever, publication):
            continue
        with suppress(Overtaken):
            if publication.state is Delivery.PUBLISHED:
                following.give_up(session, publication, f"is {held_by(lever)}", by=lever.by, now=now)
            else:
                fence = Publication.fence + 1
                move(session, publication, Delivery.HELD, by=lever.by, why=held_by(lever), now=now, fence=fence)


def held_by(lever: Hold) -> str:
    """As a publication's `why`."""
    return f"held by {lever.by}: {lever.reason}"


def in_force(session: Session) -> list[Hold]:
    return list(session.scalars(select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.id)))


def some_in_force() -> ColumnElement[bool]:
    """Whether there is a lever at all, for a statement that asks more than that."""
    return exists().where(Hold.released_at.is_(None))


def holding(session: Session, publication: Publication) -> Hold | None:
    """The lever that stops this publication, if one does."""
    return next((lever for lever in in_force(session) if _covers(lever, publication)), None)


def resume(
    session: Session,
    publication: Publication,
    *,
    settings: Settings,
    by: str,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Put what was held, missed or refused back on the plan: at `due_at`, else at its own hour or now if that is past.

    What was planned for the stage is real if the account has credentials now; what is real is never only rehearsed.
    Raises LeverError.
    """
    was = publication.state
    if was not in RESUMABLE:
        raise LeverError(f"{publication.key} is {was}; only what is held, missed or failed can go back on the plan")
    if lever := holding(session, publication):
        raise LeverError(f"{publication.key} is still held ({lever.reason}); lift that lever first")
    newer = _newer_approved(publication) if due_at else None
    revision = newer or publication.revision
    ends_at = next((each.expires_at for each in reversed(revision.approvals) if each.expires_at), None)
    if due_at and ends_at and due_at >= ends_at:
        raise LeverError(
            f"its approval holds until {ends_at:%Y-%m-%d}; choose an earlier hour, or have it approved again"
        )
    signed_in, account = settings.signed_in(publication.account_key), publication.account_key
    if not (publication.rehearsal or signed_in):
        raise LeverError(f"{publication.key} is meant for {account} itself, which is not connected; connect it first")
    rehearsal = publication.rehearsal and (publication.post.rehearsal or not signed_in)
    try:
        move(
            session,
            publication,
            Delivery.PLANNED,
            by=by,
            why="",
            now=now,
            **({} if rehearsal is publication.rehearsal else _UNKNOWN_TO_THE_NETWORK),
            **({"revision_id": newer.id, "checkpoint": {}} if newer else {}),
            rehearsal=rehearsal,
            due_at=due_at or max(publication.due_at, now),
            not_before=None,
            setbacks=0,
            resendings=0,
            fence=Publication.fence + 1,
        )
    except Overtaken as error:
        session.refresh(publication)
        raise LeverError(f"{publication.key} is {publication.state} meanwhile; nothing was changed") from error
    session.expire(publication, ["revision"])
    note(session, by, "resumed", publication.key, now=now)


def _newer_approved(publication: Publication) -> Revision | None:
    """What takes the place of its words at the hour that a person gives it. Raises LeverError if nothing may."""
    post = publication.post
    takes_place = post.state is PostState.APPROVED and post.revision is not publication.revision
    if not takes_place or publication.is_out_in_part:
        return None
    if not post.revision.is_for(publication.account_key, publication.language):
        raise LeverError(f"{publication.key} has no place in the words that are approved now; it is not sent any more")
    return post.revision


def resume_account(session: Session, account: Account, *, by: str, now: datetime) -> None:
    """Take a paused account up again, once a person has signed it in; its windows are tried anew, and what waits."""
    account.paused_at = account.paused_why = None
    account.resume_at = account.uploads_at = account.resume_why = None
    account.stumbles = 0
    waits = (Publication.account_key == account.key, Publication.state.in_(WAITING))
    session.execute(update(Publication).where(*waits).values(not_before=None))
    note(session, by, "resumed", account.key, now=now)


def hold_account(session: Session, account: Account, *, why: str, by: str, now: datetime) -> int:
    """Hold what waits to be sent for real on an account that has lost its sign-in; how many.

    What has begun cannot be held: if there is any, the account pauses, so that a person hears of it.
    """
    real = (Publication.account_key == account.key, Publication.rehearsal.is_(False))
    held = 0
    for publication in session.scalars(select(Publication).where(*real, Publication.state.in_(WAITING))).all():
        with suppress(Overtaken):
            move(session, publication, Delivery.HELD, by=by, why=f"{why}: connect it again, then release this", now=now)
            held += 1
    if account.paused_at is None and session.scalar(select(exists().where(*real, _HAS_BEGUN))):
        account.paused_at, account.paused_why = now, f"{why} while something there was on its way or in doubt"
    return held


def needs_sign_in(publication: Publication, what: str, *, settings: Settings, now: datetime) -> None:
    """Without a sign-in its account pauses: so a person hears of what waits there, and the next sign-in takes it up."""
    account = publication.account
    if publication.rehearsal or settings.signed_in(account.key) or account.paused_at:
        return
    account.paused_at, account.paused_why = now, f"{account.key} is not connected, and {what} there"


def _covers(lever: Hold, publication: Publication) -> bool:
    """By what it says, and by what a correction on its way would have it say."""
    said = [each for each in (publication.revision, publication.corrected_to) if each]
    covered: dict[Scope, list[str]] = {
        Scope.EVERYTHING: [lever.value],
        Scope.NETWORK: [publication.account.network],
        Scope.ACCOUNT: [publication.account_key],
        Scope.LANGUAGE: [publication.language],
        Scope.CAMPAIGN: [each.campaign_key or "" for each in said],
        Scope.MISCONCEPTION: [rebuttal.misconception_key for each in said for rebuttal in each.rebuttals],
        Scope.KIND: [each.kind for each in said],
    }
    return lever.value in covered[lever.scope]


def _name(scope: Scope, value: str) -> str:
    return f"{scope} {value}".strip()
