"""Hand due publications to their networks and keep the receipts.

One publication takes three kinds of step: **stage** ahead of its hour (nobody can see it), **reveal** at the
due second, and **look** when it is uncertain whether a reveal happened. Each step is *claim and commit*, call
out with no session open, *record and commit*. The claim of a reveal is the intent: it is on the disk before
the call, so that a crash leaves one small question and never a second copy.

Every move is a conditional update that names the state and the fence it comes from: no row touched means
that somebody else was first, and then nothing is done.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from campaigns import levers, planning, review
from campaigns.connections import Connections, Speaker
from campaigns.models import ACTIVE, Account, Delivery, Hold, Move, PostState, Publication
from campaigns.moving import Overtaken, move, update_unchanged
from campaigns.outgoing import compose
from campaigns.store import Store, database_now
from campaigns.vault import Vault
from platforms import adapter
from platforms.contract import (
    Absent,
    Checkpoint,
    Form,
    Found,
    Network,
    Outgoing,
    Platform,
    Receipt,
    Unclear,
)
from platforms.errors import NotSignedIn, OutcomeUnknown, PlatformError, Refused, TooSoon, Unreachable

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""Longer than any single call may take."""
STAGING_LEASE = timedelta(minutes=15)
"""Longer than any network may take to digest a film; every checkpoint renews it."""
AHEAD = timedelta(minutes=10)
"""How long before its hour a publication is staged."""
TOO_LATE = timedelta(hours=6)
"""Later than this after its hour a person decides whether it is still right."""
STAGE_SETTLING = timedelta(seconds=1)
QUIET, QUIET_FOR_MEDIA = timedelta(seconds=3), timedelta(minutes=1)
"""Nothing is prepared ahead on an account that has something to reveal within this time."""
LOOKS = 6
"""How often the network must have answered about an uncertain publication before a person decides."""
ABSENCES = 2
"""How many times it must be proven absent before it is sent again."""
PATIENCE = 5
"""After so many setbacks a publication no longer keeps the rest of its account's line waiting."""
RESENDINGS = 3
"""After so many setbacks even proof of absence does not send it again without a person."""
LOOK_AGAIN = timedelta(seconds=20)
"""After a network could not be asked."""
LONGEST_WAIT = timedelta(minutes=15)


class Step(StrEnum):
    STAGE = "stage"
    REVEAL = "reveal"
    LOOK = "look"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One step of one publication, ours alone until `lease` runs out; what it needs, without a session."""

    step: Step
    publication_id: int
    key: str
    revision_id: int
    fence: int
    speaker: Speaker
    outgoing: Outgoing
    checkpoint: Checkpoint
    setbacks: int
    looks: int
    absences: int
    sent_at: datetime | None


class Stopped(RuntimeError):
    """A lever was pulled while a publication was being staged."""

    def __init__(self, lever: Hold) -> None:
        super().__init__(f"held: {lever.reason}")


class Publisher:
    """Publishes for one worker, `owner`. `clock` is asked anew at each step, so that tests can move it."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        connections: Connections,
        *,
        owner: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.store, self.vault, self.connections = store, vault, connections
        self.owner, self.clock = owner, clock
        self.stopping = threading.Event()

    # -- what the clock asks -------------------------------------------------------------------------

    def next_at(self) -> datetime | None:
        """The next instant at which there is something to do; None when nothing is on its way."""
        with self.store.reading() as session:
            moments = session.execute(
                select(
                    func.min(_later(_later(Publication.due_at, Publication.not_before), Account.resume_at)).filter(
                        Publication.state.in_((Delivery.PLANNED, Delivery.STAGED))
                    ),
                    func.min(Publication.due_at).filter(
                        Publication.state == Delivery.PLANNED, Publication.not_before.is_(None)
                    ),
                    func.min(Publication.not_before).filter(Publication.state == Delivery.UNCERTAIN),
                )
                .join(Publication.account)
                .where(Account.active, Account.paused_at.is_(None))
            ).one()
        due, to_stage, to_look = moments
        wanted = (due, to_stage and to_stage - AHEAD, to_look)
        return min((each for each in wanted if each is not None), default=None)

    def accounts_with_work(self) -> list[str]:
        """Keys of the accounts that may have a step to take now."""
        now = self.clock()
        with self.store.reading() as session:
            return list(session.scalars(_with_work(now, now + AHEAD)))

    def work(self, account: str) -> int:
        """Take every step that this account has due now, in the order of its line; the answer is how many."""
        taken = 0
        while not self.stopping.is_set():
            try:
                claim = self._claim_and_commit(account)
            except Overtaken:
                break
            if claim is None:
                break
            self._take(claim)
            taken += 1
        return taken

    def stop(self) -> None:
        """Take no further step; the ones in hand go on to their end."""
        self.stopping.set()

    def recover(self, *, everything_of_ours: bool = False) -> int:
        """Free what a dead worker left behind: before the intent nothing was seen, after it we must look.

        `everything_of_ours` does not wait for leases: for a worker that has just started under its own name.
        """
        with self.store.writing(durable=True) as session:
            expired: ColumnElement[bool] = Publication.lease_until < database_now(session)
            if everything_of_ours:
                expired = or_(expired, Publication.owner == self.owner)
            left = session.scalars(select(Publication).where(Publication.state.in_(ACTIVE), expired)).all()
            return sum(self._free(session, publication) for publication in left)

    # -- claim and commit ----------------------------------------------------------------------------

    def _claim_and_commit(self, account_key: str) -> Claim | None:
        with self.store.writing(durable=True) as session:
            account = session.scalar(
                select(Account).where(Account.key == account_key).with_for_update(skip_locked=True)
            )
            now = self.clock()
            if account is None or not account.active or account.paused_at or (account.resume_at or now) > now:
                return None
            if session.scalar(select(Publication.id).where(_line(account), Publication.state.in_(ACTIVE)).limit(1)):
                return None
            while publication := self._next(session, account, now):
                if not publication.rehearsal and not self.connections.signed_in(account_key):
                    return None  # for a worker that has the credentials; here it says nothing about the account
                if claim := self._claim(session, publication, now):
                    return claim
            return None

    def _next(self, session: Session, account: Account, now: datetime) -> Publication | None:
        """The head of the account's line if it is due, else an uncertain one to look at, else one to stage."""
        waiting = select(Publication).where(_line(account)).order_by(Publication.due_at, Publication.id).limit(1)
        on_its_way = waiting.where(
            Publication.state.in_((Delivery.PLANNED, Delivery.STAGED)),
            or_(Publication.setbacks < PATIENCE, Publication.not_before.is_(None), Publication.not_before <= now),
        )
        head = session.scalar(on_its_way)
        if head is not None and max(head.due_at, head.not_before or head.due_at) <= now:
            return head
        uncertain = waiting.where(Publication.state == Delivery.UNCERTAIN, Publication.not_before <= now)
        if (to_look_at := session.scalar(uncertain)) is not None:
            return to_look_at
        ahead = session.scalar(
            on_its_way.where(
                Publication.state == Delivery.PLANNED,
                Publication.due_at <= now + AHEAD,
                or_(Publication.not_before.is_(None), Publication.not_before <= now),
            )
        )
        if ahead is not None and head is not None and head.state is Delivery.STAGED:
            with_media = ahead.revision.kind.form is not Form.TEXT and not ahead.rehearsal
            if head.due_at <= now + (QUIET_FOR_MEDIA if with_media else QUIET):
                return None
        return ahead

    def _claim(self, session: Session, publication: Publication, now: datetime) -> Claim | None:
        """Make the step ours; None when the publication must not take it and was moved aside instead."""
        if publication.state is Delivery.UNCERTAIN:
            return self._claimed(session, publication, Step.LOOK, Delivery.UNCERTAIN, now)
        if aside := self._must_not_go(session, publication, now):
            went_to, why = aside
            move(session, publication, went_to, by=self.owner, why=why, now=now)
            if went_to is Delivery.WITHDRAWN:
                self._plan_newer(session, publication, now)
            return None
        if publication.state is Delivery.PLANNED:
            return self._claimed(session, publication, Step.STAGE, Delivery.STAGING, now)
        return self._claimed(session, publication, Step.REVEAL, Delivery.REVEALING, now)

    def _plan_newer(self, session: Session, publication: Publication, now: datetime) -> None:
        """The newer revision was approved while the older one was in hand: now it can take its place."""
        if publication.post.state is PostState.APPROVED:
            try:
                planning.plan(session, publication.post, settings=self.connections.settings, now=now)
            except planning.CannotPlan as error:
                publication.why = str(error)

    def _must_not_go(self, session: Session, publication: Publication, now: datetime) -> tuple[Delivery, str] | None:
        """The last look before every call: the lever, the world it is for, the hour, the approval."""
        if lever := levers.holding(session, publication):
            return Delivery.HELD, f"held by {lever.by}: {lever.reason}"
        if publication.rehearsal and self.connections.signed_in(publication.account_key):
            return (
                Delivery.HELD,
                "it was planned for the rehearsal stage, and this account is real now; release it to send",
            )
        if now - publication.due_at > TOO_LATE:
            return (
                Delivery.MISSED,
                f"its hour was {publication.due_at:%Y-%m-%d %H:%M} UTC; decide if it is still right",
            )
        revision = publication.revision
        if publication.post.state is not PostState.APPROVED or revision is not publication.post.revision:
            return Delivery.WITHDRAWN, "a newer revision takes its place"
        if review.approval_in_force(revision, now=now) is None:
            return Delivery.FAILED, "the content is not what was approved; it was not sent. Have it approved again"
        return None

    def _claimed(self, session: Session, publication: Publication, step: Step, state: Delivery, now: datetime) -> Claim:
        values = {
            "state": state,
            "fence": Publication.fence + 1,
            "owner": self.owner,
            "lease_until": database_now(session) + (STAGING_LEASE if step is Step.STAGE else LEASE),
        }
        if step is Step.REVEAL:
            values["sent_at"] = now
        if step is Step.LOOK:
            values["not_before"] = now + LEASE
        was = publication.state
        update_unchanged(session, publication, was, **values)
        if was is not state:
            session.add(Move(publication_id=publication.id, at=now, came_from=was, went_to=state, by=self.owner))
        return Claim(
            step=step,
            publication_id=publication.id,
            key=publication.key,
            revision_id=publication.revision_id,
            fence=publication.fence,
            speaker=Speaker(
                account=publication.account_key,
                network=publication.account.network,
                rehearsal=publication.rehearsal,
            ),
            outgoing=compose(
                publication.revision,
                publication.account,
                publication.language,
                key=publication.key,
                vault=self.vault,
            ),
            checkpoint=publication.checkpoint,
            setbacks=publication.setbacks,
            looks=publication.looks,
            absences=publication.absences,
            sent_at=publication.sent_at,
        )

    # -- call out, no session open -------------------------------------------------------------------

    def _take(self, claim: Claim) -> None:
        try:
            platform = self.connections.platform(claim.speaker)
            match claim.step:
                case Step.STAGE:
                    self._stage(claim, platform)
                case Step.REVEAL:
                    self._reveal(claim, platform)
                case Step.LOOK:
                    self._look(claim, platform)
        except Overtaken:
            logger.warning("%s was moved by somebody else; nothing more was done", claim.key)
        except (PlatformError, Stopped) as error:
            self._record_setback(claim, error)

    def _stage(self, claim: Claim, platform: Platform) -> None:
        if any(not self.vault.is_whole(media.sha256) for media in claim.outgoing.media):
            raise Refused("a picture or film was altered after approval; it was not sent. Import it again")
        checkpoint = _called(
            claim, lambda: platform.stage(claim.outgoing, claim.checkpoint, self._saver(claim)), Unreachable
        )
        with self.store.writing() as session:
            self._record(session, claim, Delivery.STAGED, checkpoint=dict(checkpoint), why="", not_before=None)

    def _reveal(self, claim: Claim, platform: Platform) -> None:
        self._make_sure_it_is_ours(claim)
        receipt = _called(claim, lambda: platform.reveal(claim.outgoing, claim.checkpoint), OutcomeUnknown)
        self._record_receipt(claim, receipt)

    def _look(self, claim: Claim, platform: Platform) -> None:
        since = claim.sent_at or self.clock()
        finding = _called(claim, lambda: platform.find(claim.outgoing, claim.checkpoint, since), Unreachable)
        if isinstance(finding, Found):
            self._record_receipt(claim, finding.receipt)
        else:
            self._record_not_found(claim, finding)

    def _saver(self, claim: Claim) -> Callable[[Checkpoint], None]:
        """Store a checkpoint, renew the lease, and look at the levers before the next call."""

        def save(checkpoint: Checkpoint) -> None:
            with self.store.writing(durable=True) as session:
                self._still_ours(
                    session,
                    claim,
                    checkpoint=dict(checkpoint),
                    lease_until=database_now(session) + STAGING_LEASE,
                )
                publication = session.get_one(Publication, claim.publication_id)
                if lever := levers.holding(session, publication):
                    stopped = Stopped(lever)
                else:
                    return
            raise stopped

        return save

    # -- record and commit ---------------------------------------------------------------------------

    def _record_receipt(self, claim: Claim, receipt: Receipt) -> None:
        published: dict[str, Any] = {
            "remote_id": receipt.remote_id,
            "url": receipt.url,
            "published_at": receipt.published_at or self.clock(),
            "why": "",
            "not_before": None,
        }
        try:
            with self.store.writing(durable=True) as session:
                self._record(session, claim, Delivery.PUBLISHED, **published)
        except Overtaken:
            self._record_late_receipt(claim, published)

    def _make_sure_it_is_ours(self, claim: Claim) -> None:
        """A host that slept between claim and call must not send what others have settled meanwhile."""
        with self.store.reading() as session:
            publication = session.get_one(Publication, claim.publication_id)
            if (publication.state, publication.fence) != (Delivery.REVEALING, claim.fence):
                raise Overtaken(claim.key)

    def _record_late_receipt(self, claim: Claim, published: dict[str, Any]) -> None:
        """We were taken for dead, yet here is the proof that it is out: it is never thrown away."""
        with self.store.writing(durable=True) as session:
            publication = session.get_one(Publication, claim.publication_id)
            now, state = self.clock(), publication.state
            why = f"a late answer: it is out as {published['remote_id']} at {published['url']}"
            if state in (Delivery.PUBLISHED, Delivery.REVEALING):
                late = Move(
                    publication_id=publication.id, at=now, came_from=state, went_to=state, by=self.owner, why=why
                )
                session.add(late)
            elif publication.revision_id == claim.revision_id:
                settled = {**published, "fence": Publication.fence + 1}
                settled.pop("why")
                move(session, publication, Delivery.PUBLISHED, by=self.owner, now=now, why=why, **settled)
            else:
                why = f"the revision before this one is out: {why}. Decide if both are right"
                move(session, publication, Delivery.HELD, by=self.owner, now=now, why=why, fence=Publication.fence + 1)

    def _record_not_found(self, claim: Claim, finding: Absent | Unclear) -> None:
        """Proven absent often enough: planned again. Else look later, and in the end leave it to a person.

        An answer proves absence only once the network's reads have had time to catch up with the sending.
        """
        settling, now = self._settling(claim), self.clock()
        settled = claim.sent_at is None or now >= claim.sent_at + settling
        absences = claim.absences + (1 if isinstance(finding, Absent) and settled else 0)
        with self.store.writing(durable=True) as session:
            if absences >= ABSENCES and claim.setbacks < RESENDINGS:
                why = f"{claim.speaker.network.label} has proven that it is not out; it is sent again"
                values = {"looks": 0, "absences": 0, "setbacks": claim.setbacks + 1}
                self._record(session, claim, Delivery.PLANNED, why=why, not_before=None, **values)
                return
            looks = claim.looks + 1
            reason = "not seen yet" if isinstance(finding, Absent) else finding.why
            why = f"{reason}. A person must look at the account and decide" if looks >= LOOKS else reason
            next_look = None if looks >= LOOKS else now + settling * 2 ** (looks - 1)
            values = {"looks": looks, "absences": absences}
            self._still_ours(session, claim, why=why, not_before=next_look, owner=None, lease_until=None, **values)

    def _record_setback(self, claim: Claim, error: Exception) -> None:
        """The heart of publishing: what went wrong decides where the publication goes (see platforms.errors)."""
        now = self.clock()
        logger.info("%s: %s: %s", claim.key, type(error).__name__, error)
        with self.store.writing(durable=True) as session:
            if claim.step is Step.LOOK:
                again = error.retry_at if isinstance(error, TooSoon) else now + max(self._settling(claim), LOOK_AGAIN)
                self._still_ours(session, claim, why=str(error), not_before=again, owner=None, lease_until=None)
            elif isinstance(error, Stopped):
                self._record(session, claim, Delivery.HELD, why=str(error))
            elif isinstance(error, Refused):
                self._record(session, claim, Delivery.FAILED, why=str(error))
            elif isinstance(error, OutcomeUnknown):  # staging too may find that an earlier attempt went out
                settled = now + self._settling(claim)
                self._record(
                    session, claim, Delivery.UNCERTAIN, why=str(error), not_before=settled, looks=0, absences=0
                )
            else:
                again = error.retry_at if isinstance(error, TooSoon) else now + self._wait(claim.setbacks)
                setbacks = claim.setbacks + 1
                self._record(session, claim, Delivery.PLANNED, why=str(error), not_before=again, setbacks=setbacks)
            self._close_account(session, claim, error, now)

    def _close_account(self, session: Session, claim: Claim, error: Exception, now: datetime) -> None:
        account = session.get_one(Account, claim.speaker.account)
        if claim.speaker.rehearsal and self.connections.signed_in(claim.speaker.account):
            return
        if isinstance(error, TooSoon) and claim.step is not Step.LOOK:
            account.resume_at = error.retry_at
        if isinstance(error, NotSignedIn):
            account.paused_at, account.paused_why = now, str(error)

    def _record(self, session: Session, claim: Claim, state: Delivery, **values: object) -> None:
        came_from = self._still_ours(session, claim, state=state, owner=None, lease_until=None, **values)
        if came_from is not state:
            why = str(values.get("why") or "")
            session.add(
                Move(
                    publication_id=claim.publication_id,
                    at=self.clock(),
                    came_from=came_from,
                    went_to=state,
                    by=self.owner,
                    why=why,
                )
            )

    def _still_ours(self, session: Session, claim: Claim, **values: object) -> Delivery:
        """Update the claimed row if nobody has claimed it since; the answer is the state that it was in."""
        state = {
            Step.STAGE: Delivery.STAGING,
            Step.REVEAL: Delivery.REVEALING,
            Step.LOOK: Delivery.UNCERTAIN,
        }[claim.step]
        ours = (
            Publication.id == claim.publication_id,
            Publication.fence == claim.fence,
            Publication.state == state,
        )
        touched = session.execute(update(Publication).where(*ours).values(**values)).rowcount  # type: ignore[attr-defined]
        if touched == 0:
            raise Overtaken(claim.key)
        return state

    def _free(self, session: Session, publication: Publication) -> bool:
        now = self.clock()
        if publication.state is Delivery.STAGING:
            why = "a worker stopped while preparing it; nothing was visible"
            went_to, not_before = Delivery.PLANNED, None
        else:
            why = "a worker stopped while sending it; the network is asked whether it is out"
            went_to = Delivery.UNCERTAIN
            not_before = now + _settling(publication.account.network, rehearsal=publication.rehearsal)
        values = {"not_before": not_before, "looks": 0, "absences": 0, "fence": Publication.fence + 1}
        try:
            move(session, publication, went_to, by=self.owner, why=why, now=now, **values)
        except Overtaken:
            return False
        return True

    def _settling(self, claim: Claim) -> timedelta:
        """How long the network's reads may lag behind. The stage's audience lives faster, and so do its reads."""
        return _settling(claim.speaker.network, rehearsal=claim.speaker.rehearsal)

    def _wait(self, setbacks: int) -> timedelta:
        """Growing, spread so that accounts do not come back all at once, and never longer than LONGEST_WAIT."""
        wait = min(timedelta(seconds=2 ** min(setbacks, 12)), LONGEST_WAIT)
        return wait * random.uniform(0.75, 1.25)


Answer = TypeVar("Answer")


def _called(claim: Claim, call: Callable[[], Answer], otherwise: type[PlatformError]) -> Answer:
    """The call and nothing else. What no adapter foresaw means `otherwise`: after a reveal, that we must look."""
    try:
        return call()
    except (PlatformError, Overtaken, Stopped):
        raise
    except Exception as error:
        # Not logged with its message, which may hold an address with a secret in it; its class does not.
        logger.warning("%s: the adapter stumbled in %s: %s", claim.key, claim.step, type(error).__name__)
        logger.debug("%s", claim.key, exc_info=True)
        raise otherwise(f"something unforeseen happened ({type(error).__name__})") from error


def _settling(network: Network, *, rehearsal: bool) -> timedelta:
    return STAGE_SETTLING if rehearsal else adapter(network).settling


def _line(account: Account) -> ColumnElement[bool]:
    return Publication.account_key == account.key


def _with_work(now: datetime, horizon: datetime) -> Select[str]:
    """Accounts with a publication that is due, may be staged, or is to be looked at."""
    ready = or_(Publication.not_before.is_(None), Publication.not_before <= now)
    waiting = Publication.state.in_((Delivery.PLANNED, Delivery.STAGED))
    return (
        select(Publication.account_key)
        .distinct()
        .join(Publication.account)
        .where(Account.active, Account.paused_at.is_(None))
        .where(or_(Account.resume_at.is_(None), Account.resume_at <= now))
        .where(
            or_(
                and_(waiting, ready, Publication.due_at <= now),
                and_(Publication.state == Delivery.PLANNED, ready, Publication.due_at <= horizon),
                and_(Publication.state == Delivery.UNCERTAIN, Publication.not_before <= now),
            )
        )
    )


def _later(first: SQLColumnExpression[datetime], second: SQLColumnExpression[Any]) -> ColumnElement[datetime]:
    return case((second > first, second), else_=first)
