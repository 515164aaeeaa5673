"""What stands before every single call that a claim makes: is it still ours, and does a lever hold it?

Every call of every adapter leaves through one door (`platforms.endpoints.WalledSession`), and here is its keeper.
"""

from __future__ import annotations

from campaigns import levers
from campaigns.models import Publication
from campaigns.moving import Overtaken
from campaigns.publishing.steps import Claim, Step, Stopped
from campaigns.store import Store
from platforms.endpoints import Call
from platforms.errors import OutcomeUnknown, TooSoon


class Gate:
    """The gatekeeper of one claim. `closing` is the last window that a good answer said is used up."""

    def __init__(self, store: Store, claim: Claim) -> None:
        self._store, self._claim = store, claim
        self._shown = False
        self.closing: TooSoon | None = None

    def before(self, call: Call) -> None:
        """Raises Overtaken or Stopped; once a visible call was let go, OutcomeUnknown, for then only looking helps."""
        if self._shown and not call.writes:
            return  # the courtesy of asking for an address must not lose the receipt
        try:
            self._check()
        except (Overtaken, Stopped) as reason:
            if self._shown:
                raise OutcomeUnknown(f"it was stopped half way ({reason})") from reason
            raise
        self._shown = self._shown or (call.writes and self._claim.step is Step.REVEAL)

    def after(self, call: Call, closing: TooSoon | None) -> None:
        self.closing = closing or self.closing

    def _check(self) -> None:
        """A host that slept between claim and call must not send what others have settled meanwhile."""
        claim = self._claim
        with self._store.reading() as session:
            publication = session.get_one(Publication, claim.publication_id)
            if (publication.state, publication.fence) != (claim.step.state, claim.fence):
                raise Overtaken(claim.key)
            lever = levers.holding(session, publication) if claim.step.sends else None
        if lever:
            raise Stopped(lever)
