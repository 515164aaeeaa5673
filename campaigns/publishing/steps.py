"""The plain values of publishing: lanes, steps, a claim; and how long and how often."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns import levers
from campaigns.connections import Speaker
from campaigns.models import Delivery, Hold
from platforms import adapter
from platforms.contract import Checkpoint, Network, Outgoing
from platforms.errors import Unreachable

LEASE = timedelta(seconds=150)
"""How long a claim outlives its worker's last sign of life; twice the longest single call and more."""
AHEAD = timedelta(minutes=10)
"""How long before its hour a publication is staged."""
TOO_LATE = timedelta(hours=6)
"""For a kind that config/hours.toml does not name: later than this a person decides whether it is still right."""
STAGE_SETTLING = timedelta(seconds=1)
LOOKS = 6
"""How often the network must have answered about an uncertain publication before a person decides."""
ABSENCES = 2
"""How many times it must be proven absent before it is sent again."""
PATIENCE = 5
"""After so many setbacks a publication no longer keeps the rest of its account's line waiting."""
RESENDINGS = 3
"""After so many even proof of absence does not send it again without a person."""
STUMBLES = 3
"""After so many calls in a row without an answer an account rests, and longer each time."""
LOOK_AGAIN = timedelta(seconds=20)
"""After a network could not be asked."""
LONGEST_WAIT = timedelta(minutes=15)
FOLLOW_LATER = timedelta(minutes=5)
"""While a lever stands over a post, what is to follow it waits."""
FOLLOW_UPS = 8
"""After so many setbacks in a row what was to follow a post is given up, and a person is told."""


class Lane(StrEnum):
    """An account's two queues: what goes out in order, and what is prepared meanwhile and must not delay it."""

    SEND = "send"
    PREPARE = "prepare"


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is handed to a worker: one lane of one account."""

    account: str
    lane: Lane


class Step(StrEnum):
    STAGE = "stage"
    REVEAL = "reveal"
    LOOK = "look"
    WITHDRAW = "withdraw"
    FOLLOW_UP = "follow up"

    @property
    def state(self) -> Delivery:
        """The state that a publication is in while the step is taken."""
        return {
            Step.STAGE: Delivery.STAGING,
            Step.REVEAL: Delivery.REVEALING,
            Step.LOOK: Delivery.UNCERTAIN,
            Step.WITHDRAW: Delivery.WITHDRAWING,
            Step.FOLLOW_UP: Delivery.PUBLISHED,
        }[self]

    @property
    def comes_back_by(self) -> str:
        """The column by which a step that keeps its state is taken again if its worker dies; empty for the others."""
        return {Step.LOOK: "not_before", Step.WITHDRAW: "not_before", Step.FOLLOW_UP: "follows_at"}.get(self, "")

    @property
    def sends(self) -> bool:
        """Whether a lever stops it. Looking and taking down are what one wants to go on when all else is held."""
        return self in (Step.STAGE, Step.REVEAL, Step.FOLLOW_UP)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One step of one publication, ours alone until its lease runs out; what it needs, without a session."""

    step: Step
    publication_id: int
    key: str
    revision_id: int
    fence: int
    speaker: Speaker
    outgoing: Outgoing
    checkpoint: Checkpoint
    setbacks: int
    resendings: int
    looks: int
    absences: int
    sent_at: datetime | None
    sent_before: datetime | None
    """When an earlier attempt was on its way that never got a clear answer."""
    remote_id: str | None
    correcting: bool = False
    """What follows is a correction: `outgoing` and `revision_id` are of the revision that is to take the place."""
    as_approved: bool = True
    """Whether the content is still what was approved; for what follows a post, asked only when something does."""

    @property
    def settling(self) -> timedelta:
        return settling(self.speaker.network, rehearsal=self.speaker.rehearsal)


class Stopped(RuntimeError):
    """A lever was pulled, before anything was sent that anybody can see."""

    def __init__(self, lever: Hold) -> None:
        super().__init__(levers.held_by(lever))


class NotHere(Unreachable):
    """This worker cannot do it, though another may; it says nothing about the account."""


def settling(network: Network, *, rehearsal: bool) -> timedelta:
    """How long a network's reads may lag behind. The stage's audience lives faster, and so do its reads."""
    return STAGE_SETTLING if rehearsal else adapter(network).settling


def wait_after(setbacks: int) -> timedelta:
    """Growing, spread so that accounts do not come back all at once, and never longer than LONGEST_WAIT."""
    wait = min(timedelta(seconds=2 ** min(setbacks, 12)), LONGEST_WAIT)
    return wait * random.uniform(0.75, 1.25)
