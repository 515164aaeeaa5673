"""Record and commit: what came of a step, if it is still ours to say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.orm import Session

from campaigns import planning, tokens
from campaigns.connections import Connections
from campaigns.models import Account, Delivery, Publication
from campaigns.moving import Overtaken, write_down
from campaigns.publishing import following, late
from campaigns.publishing.following import ITS_CORRECTION, NOT_FOLLOWED, WHAT_FOLLOWS
from campaigns.publishing.steps import (
    ABSENCES,
    FOLLOW_LATER,
    FOLLOW_UPS,
    LOOK_AGAIN,
    LOOKS,
    RESENDINGS,
    STUMBLES,
    Claim,
    NotHere,
    Step,
    Stopped,
    wait_after,
)
from campaigns.store import Store, database_now, insistent, take_in_hand
from platforms import adapter, networks_of_app
from platforms.contract import Absent, Checkpoint, Partly, Receipt, Unclear
from platforms.errors import Covers, NotSignedIn, OutcomeUnknown, Refused, TooSoon, Unreachable

logger = logging.getLogger(__name__)

BLIND = {"synchronize_session": False}
"""An update after which this session reads nothing that it has read before."""


class Records:
    def __init__(
        self,
        store: Store,
        connections: Connections,
        *,
        owner: str,
        clock: Callable[[], datetime],
        lease: timedelta,
    ) -> None:
        self.store, self.connections = store, connections
        self.owner, self.clock, self.lease = owner, clock, lease

    @insistent
    def checkpoint(self, claim: Claim, checkpoint: Checkpoint) -> None:
        """What staging has done so far, durably, after every remote step."""
        with self.store.writing(durable=True) as session:
            lease_until = database_now(session) + self.lease
            self._still_ours(session, claim, checkpoint=dict(checkpoint), lease_until=lease_until)

    @insistent
    def part(self, claim: Claim, checkpoint: Checkpoint) -> None:
        """The intent or the id of one part. With the first id the publication is known to be out in part."""
        with self.store.writing(durable=True) as session:
            lease_until = database_now(session) + self.lease
            self._still_ours(session, claim, **_so_far(claim, checkpoint), lease_until=lease_until)

    def alive(self, claims: list[Claim]) -> None:
        """Renew the leases of what is in hand. One that is no longer ours stays as it is."""
        with self.store.writing() as session:
            lease_until = database_now(session) + self.lease
            for claim in claims:
                again = {claim.step.comes_back_by: self.clock() + self.lease} if claim.step.comes_back_by else {}
                in_our_hand = (*_ours(claim), Publication.owner == self.owner)
                session.execute(update(Publication).where(*in_our_hand).values(lease_until=lease_until, **again))

    @insistent
    def staged(self, claim: Claim, checkpoint: Checkpoint, closing: TooSoon | None) -> None:
        with self.store.writing() as session:
            self._answered(session, claim, closing)
            self._record(session, claim, Delivery.STAGED, checkpoint=dict(checkpoint), why="", not_before=None)

    @insistent
    def receipt(
        self, claim: Claim, receipt: Receipt, closing: TooSoon | None, checkpoint: Checkpoint | None = None
    ) -> None:
        published: dict[str, Any] = {
            "remote_id": receipt.remote_id,
            "url": receipt.url,
            "published_at": receipt.published_at or self.clock(),
            "why": "",
            "not_before": None,
        }
        if checkpoint is not None:
            published["checkpoint"] = dict(checkpoint)
        try:
            with self.store.writing(durable=True) as session:
                self._answered(session, claim, closing)
                self._record(session, claim, Delivery.PUBLISHED, **published)
                following.come_out(session, claim.publication_id, claim.speaker.network, now=self.clock())
        except Overtaken:
            with self.store.writing(durable=True) as session:
                late.late_receipt(session, claim, published, by=self.owner, now=self.clock())

    @insistent
    def late_doubt(self, claim: Claim, so_far: Checkpoint | None = None) -> None:
        """We were taken for dead, and have no clear answer; `so_far` is what we knew of the parts."""
        with self.store.writing(durable=True) as session:
            late.late_doubt(session, claim, so_far, by=self.owner, now=self.clock())

    @insistent
    def partly(self, claim: Claim, finding: Partly, closing: TooSoon | None) -> None:
        """What is out of it is known: the rest is prepared again and goes out."""
        with self.store.writing(durable=True) as session:
            values = {"not_before": None, "looks": 0, "absences": 0}
            so_far = _so_far(claim, finding.checkpoint)
            self._answered(session, claim, closing)
            self._record(session, claim, Delivery.PLANNED, why=finding.why, **so_far, **values)

    @insistent
    def corrected(self, claim: Claim, receipt: Receipt, closing: TooSoon | None) -> None:
        """The new words are out in the place of the old ones; the id stays."""
        now = self.clock()
        with self.store.writing(durable=True) as session:
            values: dict[str, Any] = {"revision_id": claim.revision_id, "corrected_at": now, "setbacks": 0}
            values |= {"why": following.unless_twice(""), **NOT_FOLLOWED}
            if receipt.url:
                values["url"] = receipt.url
            self._answered(session, claim, closing)
            self._still_ours(session, claim, owner=None, lease_until=None, **values)
            self._note_move(session, claim, Delivery.PUBLISHED, "corrected")
            following.follow(session, claim.publication_id, claim.speaker.network, now=now)

    @insistent
    def followed(self, claim: Claim, checkpoint: Checkpoint, closing: TooSoon | None) -> None:
        """Nothing more is to follow, unless a sister came out meanwhile whose address this one does not know yet."""
        with self.store.writing(durable=True) as session:
            values: dict[str, object] = {"checkpoint": dict(checkpoint), "setbacks": 0, **NOT_FOLLOWED}
            if claim.setbacks or checkpoint != claim.checkpoint:  # what it waited for is over
                values["why"] = case((following.to_be_looked_at(), Publication.why), else_="")
            self._answered(session, claim, closing)
            self._still_ours(session, claim, owner=None, lease_until=None, **values)
            publication = session.get_one(Publication, claim.publication_id)
            if following.alternates(session, publication) != claim.outgoing.alternates:
                following.follow(session, claim.publication_id, claim.speaker.network, now=self.clock())

    @insistent
    def not_found(self, claim: Claim, finding: Absent | Unclear, closing: TooSoon | None) -> None:
        """Proven absent often enough: planned again. Else look later, and in the end leave it to a person.

        An answer proves absence only once the network's reads have had time to catch up with the sending.
        """
        now = self.clock()
        settled = claim.sent_at is None or now >= claim.sent_at + claim.settling
        absences = claim.absences + (1 if isinstance(finding, Absent) and settled else 0)
        with self.store.writing(durable=True) as session:
            self._answered(session, claim, closing)
            if absences >= ABSENCES and claim.resendings < RESENDINGS:
                why = f"{claim.speaker.network.label} has proven that it is not out; it is sent again"
                values = {"looks": 0, "absences": 0, "resendings": claim.resendings + 1}
                self._record(session, claim, Delivery.PLANNED, why=why, not_before=None, **values)
                return
            looks = claim.looks + 1
            reason = "not seen yet" if isinstance(finding, Absent) else finding.why
            why = f"{reason}. A person must look at the account and decide" if looks >= LOOKS else reason
            next_look = None if looks >= LOOKS else now + claim.settling * 2 ** (looks - 1)
            self._come_back(session, claim, next_look, why, looks=looks, absences=absences)

    @insistent
    def withdrawn(self, claim: Claim, closing: TooSoon | None) -> None:
        """Words that were approved since it was asked for take its place. Of two copies the other one is still out."""
        with self.store.writing(durable=True) as session:
            now, publication = self.clock(), session.get_one(Publication, claim.publication_id)
            take_in_hand(session, publication.account)
            self._answered(session, claim, closing)
            take_in_hand(session, publication)
            if following.may_be_twice(publication):
                self._record(session, claim, Delivery.PUBLISHED, not_before=None)
                return
            self._record(session, claim, Delivery.WITHDRAWN, withdrawn_at=now, not_before=None)
            following.follow(session, claim.publication_id, claim.speaker.network, now=now)
            planning.take_its_place(session, claim.publication_id, settings=self.connections.settings, now=now)

    @insistent
    def setback(self, claim: Claim, error: Exception, closing: TooSoon | None) -> None:
        """The heart of publishing: what went wrong decides where the publication goes (see platforms.errors)."""
        logger.info("%s: %s: %s", claim.key, type(error).__name__, error)
        with self.store.writing(durable=True) as session:
            self._close_account(session, claim, error, closing)
            if claim.step is Step.LOOK:
                self._look_later(session, claim, error)
            elif claim.step is Step.WITHDRAW:
                self._withdraw_later(session, claim, error)
            elif claim.step is Step.FOLLOW_UP:
                self._follow_later(session, claim, error)
            else:
                self._put_where_it_belongs(session, claim, error)

    def _look_later(self, session: Session, claim: Claim, error: Exception) -> None:
        again = self._after(max(claim.settling, LOOK_AGAIN), error)
        self._come_back(session, claim, again, str(error))

    def _withdraw_later(self, session: Session, claim: Claim, error: Exception) -> None:
        """Taking down may be repeated, so only a refusal ends it: it is still out, and a person must do it."""
        if isinstance(error, Refused):
            parts = adapter(claim.speaker.network).parts_out(claim.checkpoint)
            still = Delivery.HELD if parts and parts.out < parts.of else Delivery.PUBLISHED
            why = f"it could not be taken down and is still out: {error}"
            values = {"state": still, "why": following.unless_twice(why), "not_before": None}
            self._still_ours(session, claim, owner=None, lease_until=None, **values)
            self._note_move(session, claim, still, why)
            if still is Delivery.PUBLISHED:
                following.come_out(session, claim.publication_id, claim.speaker.network, now=self.clock())
            return
        again = self._after(wait_after(claim.setbacks), error)
        self._come_back(session, claim, again, str(error), setbacks=claim.setbacks + 1)

    def _follow_later(self, session: Session, claim: Claim, error: Exception) -> None:
        """The post is out whatever becomes of this. What follows may be repeated; a refusal ends it, and is told."""
        is_clear = isinstance(error, (TooSoon, Refused, Stopped))
        setbacks = claim.setbacks + (0 if is_clear else 1)
        is_over = isinstance(error, Refused) or (isinstance(error, Stopped) and claim.correcting)
        if is_over or setbacks >= FOLLOW_UPS:
            what = ITS_CORRECTION if claim.correcting else WHAT_FOLLOWS
            in_doubt = claim.correcting and setbacks > 0
            why = f"it is out, but {what} could not be brought: {error}{following.DOUBT if in_doubt else ''}"
            values = following.given_up(in_doubt=in_doubt)
            self._still_ours(session, claim, owner=None, lease_until=None, why=following.unless_twice(why), **values)
            self._note_move(session, claim, Delivery.PUBLISHED, why)
            if claim.correcting:
                following.follow(session, claim.publication_id, claim.speaker.network, now=self.clock())
            return
        wait = FOLLOW_LATER if isinstance(error, Stopped) else wait_after(setbacks)
        again = self._after(wait, error)
        told = case((following.to_be_looked_at(), Publication.why), else_=str(error))
        self._still_ours(session, claim, owner=None, lease_until=None, follows_at=again, why=told, setbacks=setbacks)

    def _put_where_it_belongs(self, session: Session, claim: Claim, error: Exception) -> None:
        now = self.clock()
        known = self._nothing_in_doubt(session, claim) if claim.step is Step.REVEAL else {}
        if isinstance(error, Stopped):
            self._record(session, claim, Delivery.HELD, why=str(error), **known)
        elif isinstance(error, Refused):
            take_in_hand(session, session.get_one(Account, claim.speaker.account))
            self._record(session, claim, Delivery.FAILED, why=str(error), **known)
            planning.take_its_place(session, claim.publication_id, settings=self.connections.settings, now=now)
        elif isinstance(error, OutcomeUnknown):  # staging too may find that an earlier attempt went out
            values = {"not_before": now + claim.settling, "looks": 0, "absences": 0}
            self._record(session, claim, Delivery.UNCERTAIN, why=str(error), **values)
        else:
            again = self._after(wait_after(claim.setbacks), error)
            setbacks = claim.setbacks + 1
            self._record(session, claim, Delivery.PLANNED, why=str(error), not_before=again, setbacks=setbacks, **known)

    def _after(self, wait: timedelta, error: Exception) -> datetime:
        """When to try again. The network's hour is by this host's clock, which may be behind: it never hastens."""
        soonest = self.clock() + wait
        return max(error.retry_at, soonest) if isinstance(error, TooSoon) else soonest

    def _nothing_in_doubt(self, session: Session, claim: Claim) -> dict[str, Any]:
        """The call, or the next part, did not leave: its intent is taken back, and only an earlier one is in doubt."""
        last = session.get_one(Publication, claim.publication_id).checkpoint
        return {"sent_at": claim.sent_before, "checkpoint": dict(adapter(claim.speaker.network).settled(last, None))}

    # -- the account ---------------------------------------------------------------------------------

    def _answered(self, session: Session, claim: Claim, closing: TooSoon | None) -> None:
        """A clear answer: the account has not stumbled. It may say that its window is now used up.

        Before the publication itself is touched, in the order in which a claim and an approval lock them.
        """
        if closing:
            self._close(session, claim, closing)
        stumbled = (Account.key == claim.speaker.account, Account.stumbles > 0)
        session.execute(update(Account).where(*stumbled).values(stumbles=0), execution_options=BLIND)

    def _close_account(self, session: Session, claim: Claim, error: Exception, closing: TooSoon | None) -> None:
        """Each account rests for itself. A window of our app closes every account that speaks through it."""
        if window := error if isinstance(error, TooSoon) else closing:
            self._close(session, claim, window)
        if isinstance(error, NotSignedIn):
            if not self._is_over(claim) and tokens.still_signs_in(session, claim.speaker.account, error.connected_at):
                paused = {"paused_at": self.clock(), "paused_why": str(error)}
                session.execute(update(Account).where(Account.key == claim.speaker.account).values(**paused))
        elif isinstance(error, (Unreachable, OutcomeUnknown)) and not isinstance(error, NotHere):
            self._stumble(session, claim, error)

    def _stumble(self, session: Session, claim: Claim, error: Exception) -> None:
        account = session.get_one(Account, claim.speaker.account)
        account.stumbles += 1
        if account.stumbles >= STUMBLES:
            rest = wait_after(account.stumbles)
            why = f"{account.stumbles} calls in a row without a clear answer; the last: {error}"
            self._close(session, claim, TooSoon(why, retry_at=self.clock() + rest))

    def _close(self, session: Session, claim: Claim, window: TooSoon) -> None:
        """A window of the stage's is none to a real network, and must not open one that a real network has closed."""
        if window.covers is Covers.CALL or self._is_over(claim):
            return
        closed = Account.key == claim.speaker.account
        if window.covers.whole_app:
            closed = Account.network.in_(networks_of_app(claim.speaker.network))
            in_order = select(Account.key).where(closed).order_by(Account.key)
            session.execute(in_order.with_for_update(key_share=True))  # two that close at once must not deadlock
        columns, rehearsal = (Account.resume_at, Account.uploads_at), claim.speaker.rehearsal
        column, other = reversed(columns) if window.covers.uploads_alone else columns
        until = self._after(wait_after(claim.setbacks), window)
        earlier, of_stage = or_(column.is_(None), column < until), Account.resume_for_rehearsal.is_(True)
        over = and_(*(or_(each.is_(None), each <= self.clock()) for each in columns))
        may = and_(earlier, or_(of_stage, over)) if rehearsal else or_(earlier, of_stage)
        values = {
            column.key: until,
            other.key: other if rehearsal else case((of_stage, None), else_=other),
            "resume_why": str(window),
            "resume_for_rehearsal": rehearsal,
        }
        session.execute(update(Account).where(closed, may).values(**values), execution_options=BLIND)

    def _is_over(self, claim: Claim) -> bool:
        """The stage's account has become a real one meanwhile: what the stage says is no longer about it."""
        return claim.speaker.rehearsal and self.connections.signed_in(claim.speaker.account)

    # -- the row -------------------------------------------------------------------------------------

    def _come_back(self, session: Session, claim: Claim, at: datetime | None, why: str, **values: object) -> None:
        self._still_ours(session, claim, why=why, not_before=at, owner=None, lease_until=None, **values)

    def _record(self, session: Session, claim: Claim, state: Delivery, **values: object) -> None:
        self._still_ours(session, claim, state=state, owner=None, lease_until=None, **values)
        if claim.step.state is not state:
            self._note_move(session, claim, state, str(values.get("why") or ""))

    def _note_move(self, session: Session, claim: Claim, to: Delivery, why: str) -> None:
        came_from = claim.step.state
        write_down(session, claim.publication_id, came_from, to, by=self.owner, now=self.clock(), why=why)

    def _still_ours(self, session: Session, claim: Claim, **values: object) -> None:
        """Update the claimed row if nobody has claimed it since. Raises Overtaken."""
        ours = update(Publication).where(*_ours(claim)).values(**values)
        if session.execute(ours, execution_options=BLIND).rowcount == 0:  # type: ignore[attr-defined]
            raise Overtaken(claim.key)


def _so_far(claim: Claim, checkpoint: Checkpoint) -> dict[str, Any]:
    parts = adapter(claim.speaker.network).parts_out(checkpoint)
    known = {"remote_id": parts.first.remote_id, "url": parts.first.url} if parts else {}
    return {"checkpoint": dict(checkpoint), **known}


def _ours(claim: Claim) -> tuple[Any, ...]:
    return (
        Publication.id == claim.publication_id,
        Publication.fence == claim.fence,
        Publication.state == claim.step.state,
    )
