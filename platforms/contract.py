"""What a network is to the rest of the house: stage, reveal, find, and the plain values that cross over.

- **stage** does everything that nobody can see. It may be repeated and resumed: what it has done so far
  is a small checkpoint, handed to `save` after every remote step, and given back on the next call.
- **reveal** is the one visible act, as small as the network allows. It runs at the due second.
- **find** answers "is it out?" from the network's own records, and is asked before any second reveal.

`measure` brings the figures back and `withdraw` takes a post down where the network allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias


class Network(StrEnum):
    FACEBOOK = "facebook"
    X = "x"
    INSTAGRAM = "instagram"
    YOUTUBE = "youtube"
    WEBSITE = "website"

    @property
    def label(self) -> str:
        return {"facebook": "Facebook", "x": "X", "instagram": "Instagram", "youtube": "YouTube"}.get(
            self.value, "the website"
        )


class Form(StrEnum):
    """What a post is made of, as a network sees it."""

    TEXT = "text"
    PICTURE = "picture"
    VIDEO = "video"


class Shape(StrEnum):
    """The shapes that media come in, width : height."""

    SQUARE = "square"  # 1:1
    PORTRAIT = "portrait"  # 4:5
    STORY = "story"  # 9:16
    WIDE = "wide"  # 16:9


Checkpoint: TypeAlias = Mapping[str, Any]
"""What staging has done so far: JSON values only, so that it can be stored and given back after a restart."""
Save: TypeAlias = Callable[[Checkpoint], None]


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """One file to send. Sizes in bytes and pixels; `duration` is None for a picture."""

    path: Path
    mime_type: str
    sha256: str
    size: int
    width: int
    height: int
    duration: timedelta | None = None
    alt_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Localization:
    """Title and text in a further language, where the network can carry several in one post."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One post as it is to appear on one account: `text` is final, hashtags and link included."""

    key: str
    language: str
    form: Form
    text: str
    title: str = ""
    link: str | None = None
    hashtags: tuple[str, ...] = ()
    media: tuple[MediaFile, ...] = ()
    localizations: Mapping[str, Localization] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the network answered. `remote_id` is a string even where it looks like a number (above 2^53)."""

    remote_id: str
    url: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class Absent:
    """It is not out, and this network's reading is complete enough to prove it."""


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Not seen, which proves nothing here; `why` is a sentence for the person who decides."""

    why: str


Finding: TypeAlias = Found | Absent | Unclear


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One figure as the network gave it. A figure that the network withheld has no Measurement.

    `metric` is one of METRICS, or the network's own name where none fits; `source` names the call and the
    network's field (`GET /2/tweets public_metrics.like_count`), so that a number can be traced.
    """

    metric: str
    value: int | float
    unit: str = "count"
    source: str


METRICS = (
    "impressions",
    "reach",
    "views",
    "reactions",
    "comments",
    "shares",
    "saves",
    "clicks",
    "watch_time",
)
"""Figures that several networks know. Units: count; `watch_time` in seconds. Reach is never summed."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """How many posts of `forms` a network takes `within` a time that slides, or in a calendar day of `days_of`.

    It counts for one account, or with `whole_app` for all accounts of our app together. `by_upload`: it is
    spent when the post is prepared, not when it is shown.
    """

    posts: int
    forms: frozenset[Form]
    within: timedelta = timedelta(hours=24)
    days_of: str | None = None
    whole_app: bool = False
    by_upload: bool = False


class Platform(Protocol):
    """One signed-in account on one network. Raises `platforms.errors` and nothing else."""

    network: ClassVar[Network]
    forms: ClassVar[frozenset[Form]]
    picture_shape: ClassVar[Shape]
    """The shape that a rendered picture takes on this network."""
    settling: ClassVar[timedelta]
    """How long after a write a read may still miss it."""
    withdraws: ClassVar[bool]
    """Whether the network lets us take a post down."""
    allowances: ClassVar[tuple[Allowance, ...]]
    """What the network takes at most; spent by plan, so that a day that cannot fit is known beforehand."""

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        """Everything for which the network would refuse this post; empty when it fits. Calls nobody."""

    def verify(self) -> str:
        """Ask the network who we are: the account's name there. Raises NotSignedIn."""

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Prepare what nobody can see, going on from `checkpoint` ({} at first)."""

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint) -> Receipt:
        """Make it visible, once. After OutcomeUnknown only `find` may be called."""

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        """Look for it among what went out from `since` (aware UTC) on. Never takes "the newest item"."""

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        """Figures by remote id; an id or a figure that the network does not give is absent."""

    def withdraw(self, remote_id: str) -> None:
        """Take it down; repeating is harmless. Raises NotOffered where the network has no way."""
