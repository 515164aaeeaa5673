"""Claim and commit: make one step of one publication ours, after a last look whether it may be taken at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaigns import allowance, costs, levers, planning, review
from campaigns.connections import Connections, Speaker
from campaigns.models import WAITING, Delivery, PostState, Publication
from campaigns.moving import move, update_unchanged, write_down
from campaigns.outgoing import compose
from campaigns.publishing import following, lines
from campaigns.publishing.steps import FOLLOW_LATER, TOO_LATE, Claim, Lane, Line, Step
from campaigns.store import Store, database_now
from campaigns.vault import Vault


class Claims:
    def __init__(
        self,
        store: Store,
        vault: Vault,
        connections: Connections,
        *,
        owner: str,
        clock: Callable[[], datetime],
        lease: timedelta,
    ) -> None:
        self.store, self.vault, self.connections = store, vault, connections
        self.owner, self.clock, self.lease = owner, clock, lease

    def take(self, line: Line) -> Claim | None:
        """The next step of this lane, committed as ours; None when nothing is due. Raises Overtaken."""
        with self.store.writing(durable=True) as session:
            account = lines.taken_in_hand(session, line, self.clock())
            if account is None:
                return None
            now = self.clock()
            if account.resume_for_rehearsal and self.connections.signed_in(account.key):
                account.resume_at = account.uploads_at = account.resume_why = None  # it was the stage's window
                account.resume_for_rehearsal = False
            while publication := lines.next_in(session, account, line.lane, now):
                if self._is_closed(publication, line, now):
                    return None
                if not self._may_speak(publication):
                    if publication.state in WAITING and self._moved_aside(session, publication, now):
                        continue
                    return None
                if claim := self._claim(session, publication, now):
                    return claim
            return None

    @staticmethod
    def _is_closed(publication: Publication, line: Line, now: datetime) -> bool:
        uploads = line.lane is Lane.PREPARE and publication.state is Delivery.PLANNED
        return publication.account.is_closed(now, rehearsal=publication.rehearsal, uploads=uploads)

    def _may_speak(self, publication: Publication) -> bool:
        """Whether this worker has the account's credentials; another one may have them."""
        return publication.rehearsal or self.connections.signed_in(publication.account_key)

    def _claim(self, session: Session, publication: Publication, now: datetime) -> Claim | None:
        """Make the step ours; None when the publication must not take it and was moved aside instead."""
        if self._stage_is_over(publication):
            self._leave_the_stage(session, publication, now)
            return None
        match publication.state:
            case Delivery.UNCERTAIN:
                return self._claimed(session, publication, Step.LOOK, now)
            case Delivery.WITHDRAWING:
                return self._claimed(session, publication, Step.WITHDRAW, now)
            case Delivery.PUBLISHED:
                return self._follow_up(session, publication, now)
        if self._moved_aside(session, publication, now):
            return None
        step = Step.STAGE if publication.state is Delivery.PLANNED else Step.REVEAL
        if full_until := allowance.used_up_until(session, publication, now=now, preparing=step is Step.STAGE):
            why = f"{publication.account.network.label} takes no more of these in a day; it goes on when there is room"
            update_unchanged(session, publication, publication.state, not_before=full_until, why=why)
            return None
        return self._claimed(session, publication, step, now)

    def _moved_aside(self, session: Session, publication: Publication, now: datetime) -> bool:
        """Whether it must not go as it is, and stands where a person sees it, or gave its place to newer words."""
        aside = self._must_not_go(session, publication, now)
        if aside is None:
            return False
        went_to, why = aside
        move(session, publication, went_to, by=self.owner, why=why, now=now)
        if went_to is Delivery.WITHDRAWN:
            planning.take_its_place(session, publication.id, settings=self.connections.settings, now=now)
        return True

    def _stage_is_over(self, publication: Publication) -> bool:
        """The account is real now, and nobody is left to ask what the stage's audience has seen."""
        return publication.rehearsal and self.connections.signed_in(publication.account_key)

    def _leave_the_stage(self, session: Session, publication: Publication, now: datetime) -> None:
        match publication.state:
            case Delivery.PUBLISHED:
                update_unchanged(session, publication, publication.state, **following.given_up(in_doubt=False))
                session.expire(publication, ["corrected_to"])
            case Delivery.WITHDRAWING:
                why = "it was out on the rehearsal stage alone"
                values = {"not_before": None, "withdrawn_at": now}
                move(session, publication, Delivery.WITHDRAWN, by=self.owner, why=why, now=now, **values)
            case _:
                why = "it was planned for the rehearsal stage, and this account is real now; release it to send"
                values = {"not_before": None, "sent_at": None}
                move(session, publication, Delivery.HELD, by=self.owner, why=why, now=now, **values)

    def _follow_up(self, session: Session, publication: Publication, now: datetime) -> Claim | None:
        """What follows a post that is out. A correction that a lever stops does not come by itself afterwards."""
        lever, to = levers.holding(session, publication), publication.corrected_to
        if to is None:
            if lever is None:
                return self._claimed(session, publication, Step.FOLLOW_UP, now)
            update_unchanged(session, publication, publication.state, follows_at=now + FOLLOW_LATER)
            return None
        obstacle = f"is {levers.held_by(lever)}" if lever else ""
        if to.post.revision is not to or to.post.state is not PostState.APPROVED:
            obstacle = "has given its place to a newer revision"
        elif review.approval_in_force(to, now=now) is None:
            obstacle = "is not what was approved and was not sent; have it approved again"
        if obstacle:
            following.give_up(session, publication, obstacle, by=self.owner, now=now)
            return None
        return self._claimed(session, publication, Step.FOLLOW_UP, now)

    def _must_not_go(self, session: Session, publication: Publication, now: datetime) -> tuple[Delivery, str] | None:
        """The last look before every step: the lever, the hour, the approval, the budget."""
        if lever := levers.holding(session, publication):
            return Delivery.HELD, levers.held_by(lever)
        newest = publication.post.revision  # first: then the other one is hardly ever asked for
        revision = publication.revision
        if now - publication.due_at > self.connections.settings.too_late.get(revision.kind, TOO_LATE):
            return (
                Delivery.MISSED,
                f"its hour was {publication.due_at:%Y-%m-%d %H:%M} UTC; decide if it is still right",
            )
        if publication.post.state is not PostState.APPROVED or revision is not newest:
            if publication.is_out_in_part:
                return Delivery.HELD, "a part of it is out, and a newer revision waits to take its place: take it down"
            return Delivery.WITHDRAWN, "a newer revision takes its place"
        approval = review.approval_of(revision)
        if approval is None:
            return Delivery.FAILED, "the content is not what was approved; it was not sent. Have it approved again"
        if not approval.holds_at(now):
            return Delivery.FAILED, f"its approval ended on {approval.expires_at:%Y-%m-%d}; have it approved again"
        settings = self.connections.settings
        if costs.is_used_up(session, publication, settings=settings, vault=self.vault, now=now):
            return (
                Delivery.HELD,
                f"{publication.account_key} has used up its budget of this month: raise budget_usd in "
                "config/accounts.toml, or wait for the next month; then release it",
            )
        return None

    def _claimed(self, session: Session, publication: Publication, step: Step, now: datetime) -> Claim:
        """What keeps its state comes back after the lease if its worker dies."""
        values: dict[str, object] = {
            "state": step.state,
            "fence": Publication.fence + 1,
            "owner": self.owner,
            "lease_until": database_now(session) + self.lease,
        }
        if step is Step.REVEAL:
            values["sent_at"] = now
            publication.account.clear_at = now + self._spacing(publication)
        if step is Step.STAGE:
            values |= {"upload_sent": None, "upload_total": None, "upload_began_at": None}
        if step.comes_back_by:
            values[step.comes_back_by] = now + self.lease
        was, sent_before = publication.state, publication.sent_at
        update_unchanged(session, publication, was, **values)
        if was is not step.state:
            write_down(session, publication.id, was, step.state, by=self.owner, now=now)
        return self._what_it_needs(session, publication, step, sent_before)

    def _spacing(self, publication: Publication) -> timedelta:
        """A rehearsal's days go by at its own pace, and so does its spacing."""
        spacing = publication.account.spacing
        return spacing / self.connections.settings.pace if publication.rehearsal else spacing

    def _what_it_needs(
        self, session: Session, publication: Publication, step: Step, sent_before: datetime | None
    ) -> Claim:
        correction = publication.corrected_to if step is Step.FOLLOW_UP else None
        revision = correction or publication.revision
        return Claim(
            step=step,
            publication_id=publication.id,
            key=publication.key,
            revision_id=revision.id,
            fence=publication.fence,
            speaker=Speaker(
                account=publication.account_key,
                network=publication.account.network,
                rehearsal=publication.rehearsal,
            ),
            outgoing=compose(
                revision,
                publication.account,
                publication.language,
                key=publication.key,
                vault=self.vault,
                alternates=following.alternates(session, publication),
            ),
            checkpoint=publication.checkpoint,
            setbacks=publication.setbacks,
            resendings=publication.resendings,
            looks=publication.looks,
            absences=publication.absences,
            sent_at=publication.sent_at,
            sent_before=sent_before,
            remote_id=publication.remote_id,
            correcting=correction is not None,
            as_approved=step is not Step.FOLLOW_UP or review.approval_of(revision) is not None,
        )
