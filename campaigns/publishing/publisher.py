"""One worker at its work: claim and commit, call out with no session open, record and commit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from campaigns.connections import Connections
from campaigns.models import ACTIVE, Delivery, Publication
from campaigns.moving import Overtaken, move
from campaigns.publishing import lines
from campaigns.publishing.claiming import Claims
from campaigns.publishing.gate import Gate
from campaigns.publishing.recording import Records
from campaigns.publishing.steps import LEASE, Claim, Lane, Line, NotHere, Step, Stopped, settling, wait_after
from campaigns.store import Store, database_now
from campaigns.vault import Vault
from platforms.contract import Checkpoint, Found, Partly, Platform
from platforms.endpoints import guarded_by
from platforms.errors import OutcomeUnknown, PlatformError, Refused, Unreachable

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Publisher:
    """Publishes for one worker, `owner`. `clock` is asked anew at each step, so that tests can move it.

    A claim lives for `lease` after its worker's last sign of life; then others take over what it had in hand.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        connections: Connections,
        *,
        owner: str,
        clock: Callable[[], datetime],
        lease: timedelta = LEASE,
    ) -> None:
        self.store, self.vault, self.connections = store, vault, connections
        self.owner, self.clock, self.lease = owner, clock, lease
        self.stopping = threading.Event()
        self.claims = Claims(store, vault, connections, owner=owner, clock=clock, lease=lease)
        self.records = Records(store, connections, owner=owner, clock=clock, lease=lease)
        self._in_hand: dict[tuple[int, int], Claim] = {}

    # -- what the clock asks -------------------------------------------------------------------------

    def next_at(self) -> datetime | None:
        """The next instant at which there is something to do; None when nothing is on its way."""
        with self.store.reading() as session:
            return lines.next_moment(session, self.clock())

    def lines_with_work(self) -> list[Line]:
        """The lanes of accounts that may have a step to take now."""
        with self.store.reading() as session:
            return list(lines.with_work(session, self.clock()))

    def accounts_with_work(self) -> list[str]:
        return sorted({line.account for line in self.lines_with_work()})

    def work(self, account: str) -> int:
        """Take every step that this account has due now, in both lanes; the answer is how many."""
        send, prepare = (Line(account=account, lane=lane) for lane in Lane)
        taken = 0
        while done := self.work_line(send) + self._take_next(prepare):
            taken += done
        return taken

    def work_line(self, line: Line) -> int:
        """Take every step that this lane has due now, in order; the answer is how many."""
        taken = 0
        while self._take_next(line):
            taken += 1
        return taken

    def stop(self) -> None:
        """Take no further step; the ones in hand go on to their end."""
        self.stopping.set()

    def renew(self) -> None:
        """A sign of life for all that is in hand, to be given several times in each lease."""
        if in_hand := list(self._in_hand.values()):
            self.records.alive(in_hand)

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Give signs of life from a thread of their own while the block runs: one upload may outlast a lease."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self.lease.total_seconds() / 4):
                try:
                    self.renew()
                except Exception as error:
                    logger.warning("leases could not be renewed: %s", type(error).__name__)

        heart = threading.Thread(target=beat, name="leases", daemon=True)
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()

    def recover(self, *, everything_of_ours: bool = False) -> int:
        """Free what a dead worker left behind: before the intent nothing was seen, after it we must look.

        `everything_of_ours` does not wait for leases: for a worker that has just started under its own name.
        """
        with self.store.writing(durable=True) as session:
            expired: ColumnElement[bool] = Publication.lease_until < database_now(session)
            if everything_of_ours:
                expired = or_(expired, Publication.owner == self.owner)
            left = session.scalars(select(Publication).where(Publication.state.in_(ACTIVE), expired)).all()
            nobodys = {"owner": None, "lease_until": None}
            unfinished = update(Publication).where(Publication.owner.is_not(None), expired)
            looked_after = unfinished.where(Publication.state.in_(lines.TO_LOOK_AFTER))
            session.execute(looked_after.values(**nobodys, not_before=self.clock()))
            out = unfinished.where(Publication.state == Delivery.PUBLISHED)
            setbacks = Publication.setbacks + 1  # what was to follow may have been brought all the same
            session.execute(out.values(**nobodys, follows_at=self.clock(), setbacks=setbacks))
            return sum(self._free(session, publication) for publication in left)

    def _free(self, session: Session, publication: Publication) -> bool:
        """What its worker dies of each time is tried later and later, and lets the others of its account pass."""
        now, setbacks = self.clock(), publication.setbacks
        if publication.state is Delivery.STAGING:
            why = "a worker stopped while preparing it; nothing was visible"
            went_to, not_before = Delivery.PLANNED, now + wait_after(setbacks) if setbacks else None
            setbacks += 1
        else:
            why = "a worker stopped while sending it; the network is asked whether it is out"
            went_to = Delivery.UNCERTAIN
            not_before = now + settling(publication.account.network, rehearsal=publication.rehearsal)
        values = {"not_before": not_before, "setbacks": setbacks, "looks": 0, "absences": 0}
        try:
            fence = Publication.fence + 1
            move(session, publication, went_to, by=self.owner, why=why, now=now, fence=fence, **values)
        except Overtaken:
            return False
        return True

    # -- call out, no session open -------------------------------------------------------------------

    def _take_next(self, line: Line) -> int:
        if self.stopping.is_set():
            return 0
        try:
            claim = self.claims.take(line)
        except Overtaken:
            return 0
        if claim is None:
            return 0
        in_hand = (claim.publication_id, claim.fence)  # another hand may have taken it up since: that one lives on
        self._in_hand[in_hand] = claim
        try:
            self._take(claim)
        finally:
            self._in_hand.pop(in_hand, None)
        return 1

    def _take(self, claim: Claim) -> None:
        gate = Gate(self.store, claim)
        try:
            with guarded_by(gate), self.connections.platform(claim.speaker) as platform:
                self._call(claim, platform, gate)
        except Overtaken:
            logger.warning("%s was moved by somebody else; nothing more was done", claim.key)
            if gate.in_doubt or (claim.step is Step.STAGE and gate.has_written):
                self.records.late_doubt(claim, gate.so_far)
        except (PlatformError, Stopped) as error:
            self._setback(claim, error, gate)

    def _call(self, claim: Claim, platform: Platform, gate: Gate) -> None:
        match claim.step:
            case Step.STAGE:
                self._stage(claim, platform, gate)
            case Step.REVEAL:
                self._reveal(claim, platform, gate)
            case Step.LOOK:
                self._look(claim, platform, gate)
            case Step.WITHDRAW:
                _called(claim, gate, lambda: platform.withdraw(claim.remote_id or "", claim.checkpoint))
                self.records.withdrawn(claim, gate.closing)
            case Step.FOLLOW_UP:
                self._follow_up(claim, platform, gate)

    def _stage(self, claim: Claim, platform: Platform, gate: Gate) -> None:
        self._media_must_be_whole(claim)

        def save(checkpoint: Checkpoint) -> None:
            self.records.checkpoint(claim, checkpoint)

        checkpoint = _called(claim, gate, lambda: platform.stage(claim.outgoing, claim.checkpoint, save))
        self.records.staged(claim, checkpoint, gate.closing)

    def _media_must_be_whole(self, claim: Claim) -> None:
        for media in claim.outgoing.media:
            try:
                there, whole = media.path.exists(), self.vault.is_whole(media.sha256)
            except OSError as error:
                why = f"a picture or film could not be read in the media folder of {self.owner} ({error.strerror})"
                raise NotHere(f"{why}; nothing was sent") from error
            if not there:
                raise NotHere(f"a picture or film is not in the media folder of {self.owner}; nothing was sent")
            if not whole:
                raise Refused("a picture or film was altered after approval; it was not sent. Import it again")

    def _reveal(self, claim: Claim, platform: Platform, gate: Gate) -> None:
        """A post in several parts saves after each: what is stored is in doubt no more."""
        so_far = claim.checkpoint

        def save(checkpoint: Checkpoint) -> None:
            nonlocal so_far
            gate.so_far = checkpoint
            self.records.part(claim, checkpoint)
            so_far = checkpoint
            gate.settled()

        receipt = _called(claim, gate, lambda: platform.reveal(claim.outgoing, claim.checkpoint, save))
        self.records.receipt(claim, receipt, gate.closing, so_far)

    def _follow_up(self, claim: Claim, platform: Platform, gate: Gate) -> None:
        """A correction first; captions and the like go on from the checkpoint."""
        remote_id, checkpoint = claim.remote_id or "", claim.checkpoint
        if claim.correcting:
            corrected = _called(claim, gate, lambda: platform.correct(claim.outgoing, remote_id, checkpoint))
            self.records.corrected(claim, corrected, gate.closing)
            return

        def save(done: Checkpoint) -> None:
            self.records.checkpoint(claim, done)
            gate.settled()

        if platform.lacks(claim.outgoing, checkpoint):
            if not claim.as_approved:
                raise Refused("the content is not what was approved; have it approved again")
            checkpoint = _called(
                claim, gate, lambda: platform.complete(claim.outgoing, remote_id, claim.checkpoint, save)
            )
        self.records.followed(claim, checkpoint, gate.closing)

    def _look(self, claim: Claim, platform: Platform, gate: Gate) -> None:
        since = claim.sent_at or self.clock()
        finding = _called(claim, gate, lambda: platform.find(claim.outgoing, claim.checkpoint, since))
        if isinstance(finding, Found):
            self.records.receipt(claim, finding.receipt, gate.closing, finding.checkpoint)
        elif isinstance(finding, Partly):
            self.records.partly(claim, finding, gate.closing)
        else:
            self.records.not_found(claim, finding, gate.closing)

    def _setback(self, claim: Claim, error: Exception, gate: Gate) -> None:
        try:
            self.records.setback(claim, error, gate.closing)
        except Overtaken:
            logger.warning("%s was moved by somebody else; its setback is not ours to record", claim.key)
            if isinstance(error, OutcomeUnknown) or (claim.step is Step.FOLLOW_UP and gate.in_doubt):
                self.records.late_doubt(claim, gate.so_far)


def _called(claim: Claim, gate: Gate, call: Callable[[], Answer]) -> Answer:
    """The call and nothing else. What no adapter foresaw is tried again; once a reveal has left, we must look."""
    try:
        return call()
    except (PlatformError, Overtaken, Stopped):
        raise
    except Exception as error:
        # Not logged with its message, which may hold an address with a secret in it; its class does not.
        logger.warning("%s: the adapter stumbled in %s: %s", claim.key, claim.step, type(error).__name__)
        logger.debug("%s", claim.key, exc_info=True)
        meaning = OutcomeUnknown if claim.step is Step.REVEAL and gate.in_doubt else Unreachable
        raise meaning(f"something unforeseen happened ({type(error).__name__})") from error
