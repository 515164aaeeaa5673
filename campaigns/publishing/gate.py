"""What stands before every single call that a claim makes: is it still ours, and does a lever hold it?

Every call of every adapter leaves through one door (`platforms.endpoints.WalledSession`), and here is its keeper.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from sqlalchemy import bindparam, case, literal, select, update
from sqlalchemy.exc import SQLAlchemyError

from campaigns import levers, spending
from campaigns.models import Publication
from campaigns.moving import Overtaken
from campaigns.publishing.steps import Claim, Step, Stopped
from campaigns.store import Store, database_now
from platforms.contract import Charge, Checkpoint
from platforms.endpoints import Call
from platforms.errors import OutcomeUnknown, TooSoon

logger = logging.getLogger(__name__)

UPLOADS_TOLD_EVERY = 1.0
"""Seconds between two notes of how far an upload has come."""

_AS_IT_IS = select(Publication.state, Publication.fence, levers.some_in_force()).where(
    Publication.id == bindparam("id")
)


class Gate(spending.Bookkeeper):
    """The gatekeeper of one claim. `closing` is the last window that a good answer said is used up.

    `in_doubt`: a call that the audience may see was let go, and nothing is stored of what came of it. `has_written`
    says so of any call that changes something. `so_far` is what was to be stored last of a post that goes out in parts,
    be it stored or not.
    """

    def __init__(self, store: Store, claim: Claim) -> None:
        super().__init__(store, claim.speaker)
        self._claim = claim
        self.in_doubt = self.has_written = False
        self._told_at = 0.0
        self.closing: TooSoon | None = None
        self.so_far: Checkpoint | None = None

    def before(self, call: Call) -> None:
        """Raises Overtaken or Stopped; once a visible call was let go, OutcomeUnknown, for then only looking helps."""
        if self.in_doubt and not call.writes:
            return  # the courtesy of asking for an address must not lose the receipt
        try:
            self._check()
        except (Overtaken, Stopped) as reason:
            if self.in_doubt:
                raise OutcomeUnknown(f"it was stopped half way ({reason})") from reason
            raise
        self.has_written = self.has_written or call.writes
        self.in_doubt = self.in_doubt or (call.writes and self._claim.step in (Step.REVEAL, Step.FOLLOW_UP))

    def after(self, call: Call, closing: TooSoon | None, charges: Sequence[Charge]) -> None:
        self.closing = closing or self.closing
        super().after(call, closing, charges)

    def sent(self, so_far: int, of: int) -> None:
        """Write it down once a second: the desk and the command show how fast it goes."""
        now = time.monotonic()
        if so_far < of and now - self._told_at < UPLOADS_TOLD_EVERY:
            return
        self._told_at = now
        try:
            self._note(so_far, of)
        except SQLAlchemyError as error:  # a note that is missing must not end the upload
            logger.warning("%s: how far it has come was not noted (%s)", self._claim.key, type(error).__name__)

    def _note(self, so_far: int, of: int) -> None:
        with self._store.writing() as session:
            at = literal(database_now(session), Publication.upload_began_at.type)
            began = case((Publication.upload_sent < so_far, Publication.upload_began_at), else_=at)
            session.execute(
                update(Publication)
                .where(Publication.id == self._claim.publication_id, Publication.fence == self._claim.fence)
                .values(upload_sent=so_far, upload_total=of, upload_began_at=began)
            )

    def settled(self) -> None:
        self.in_doubt = False

    def _check(self) -> None:
        """A host that slept between claim and call must not send what others have settled meanwhile."""
        claim = self._claim
        with self._store.reading() as session:
            state, fence, some_held = session.execute(_AS_IT_IS, {"id": claim.publication_id}).one()
            if (state, fence) != (claim.step.state, claim.fence):
                raise Overtaken(claim.key)
            if not (some_held and claim.step.sends):
                return
            if lever := levers.holding(session, session.get_one(Publication, claim.publication_id)):
                raise Stopped(lever)
