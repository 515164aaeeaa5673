"""What a network is to the rest of the house: stage, reveal, find, and the plain values that cross over.

- **stage** does everything that nobody can see. It may be repeated and resumed: what it has done so far
  is a small checkpoint, handed to `save` after every remote step, and given back on the next call.
- **reveal** is the one visible act, as small as the network allows. It runs at the due second.
- **find** answers "is it out?" from the network's own records, and is asked before any second reveal.

`measure` brings the figures back, `withdraw` takes a post down, `correct` changes the words of one that is out and
`complete` adds what may follow it later, each where the network allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeAlias


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
    STORY = "story"
    """A picture or a film that stands for a day, without words of its own."""


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
    """One file to send. Sizes in bytes and pixels; `duration`, frames a second and codecs are a film's.

    Codecs and pixel formats by FFmpeg's names (`h264`, `aac`, `yuv420p`); empty where nobody looked, or where there is
    no sound. `index_first` says that a film can start before all of it has come.
    """

    path: Path
    mime_type: str
    sha256: str
    size: int
    width: int
    height: int
    duration: timedelta | None = None
    alt_text: str = ""
    codec: str = ""
    sound_codec: str = ""
    frame_rate: float | None = None
    pixel_format: str = ""
    index_first: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Captions:
    """A film's words in one language, as SubRip (.srt); `size` in bytes."""

    language: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What was corrected in a post that was out already, said to its public, and the day on which it was."""

    on: date
    note: str


@dataclass(frozen=True, kw_only=True)
class Rebutted:
    """A misconception that a post answers, in the post's language. `claim` is for machines to read, never a headline.

    `factual` claims can be checked against facts; the others are matters of doctrine, which are explained and not
    rated. `confirmed` by the Centre's scholars, under the name `reviewed_by` where one is known.
    """

    key: str
    claim: str
    kind: Literal["factual", "doctrinal"]
    citations: tuple[str, ...] = ()
    confirmed: bool = False
    reviewed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Localization:
    """Title and text in a further language, where the network can carry several in one post."""

    title: str
    text: str
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One post as it is to appear on one account: `text` is final, hashtags and link included.

    `alternates` are the addresses of the same post in other languages on the same network, by language, as far as
    they are known by now. `corrections` has the oldest first.
    """

    key: str
    language: str
    form: Form
    text: str
    title: str = ""
    link: str | None = None
    hashtags: tuple[str, ...] = ()
    media: tuple[MediaFile, ...] = ()
    localizations: Mapping[str, Localization] = field(default_factory=dict)
    captions: tuple[Captions, ...] = ()
    thumbnail: MediaFile | None = None
    synthetic: bool = False
    """Whether pictures or voices in it were made by a machine to look real."""
    for_children: bool = False
    citations: tuple[str, ...] = ()
    rebuts: tuple[Rebutted, ...] = ()
    alternates: Mapping[str, str] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    most_hashtags: int | None = None
    """How many hashtags the account may carry, where the Centre has set it; None leaves it to the network's rule."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the network answered. `remote_id` is a string even where it looks like a number (above 2^53)."""

    remote_id: str
    url: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """It is out; `checkpoint` where the network told more than was known before, such as a last part's id."""

    receipt: Receipt
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How many parts of a post are out, of how many; `first` is the one by which the whole is known."""

    out: int
    of: int
    first: Receipt


@dataclass(frozen=True, kw_only=True)
class Absent:
    """It is not out, and this network's reading is complete enough to prove it."""


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Not seen, which proves nothing here; `why` is a sentence for the person who decides."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Partly:
    """Of a post in several parts some are out, and which is known: `reveal` goes on from this checkpoint."""

    checkpoint: Checkpoint
    why: str


Finding: TypeAlias = Found | Absent | Unclear | Partly


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What one call cost, in a `bucket` of the network's (`youtube units`, `x microdollars`).

    `on` is the day that it counts for, in the network's own calendar; `whole_app` where all accounts of our app
    draw from one bucket.
    """

    bucket: str
    amount: int
    on: date
    whole_app: bool = False


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
    corrects: ClassVar[bool]
    """Whether the words of a post that is out can be changed in place."""
    money: ClassVar[str]
    """The bucket of what its calls cost, in millionths of a US dollar; empty where they are free."""
    localizes: ClassVar[bool]
    """Whether one post carries its title and text in further languages too."""
    completes: ClassVar[bool]
    """Whether something may follow a post that is out (captions in more languages)."""
    allowances: ClassVar[tuple[Allowance, ...]]
    """What the network takes at most; spent by plan, so that a day that cannot fit is known beforehand."""

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        """Everything for which the network would refuse this post; empty when it fits. Calls nobody."""

    def verify(self) -> str:
        """Ask the network who we are: the account's name there. Raises NotSignedIn."""

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Prepare what nobody can see, going on from `checkpoint` ({} at first)."""

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        """Make it visible, once. After OutcomeUnknown only `find` may be called.

        A post in several parts calls `save` before each part with the intent, and after it with its id. What the
        network no longer takes of what was prepared is forgotten in the same way, before the setback is raised.
        """

    @staticmethod
    def posts(outgoing: Outgoing) -> Sequence[str]:
        """What its text becomes on this network, a text for each post: several where it makes threads. Calls nobody."""

    @staticmethod
    def parts_out(checkpoint: Checkpoint) -> Parts | None:
        """How much of a post in several parts is known to be out; None when nothing is. Calls nobody."""

    @staticmethod
    def settled(checkpoint: Checkpoint, remote_id: str | None) -> Checkpoint:
        """The checkpoint once it is certain that the part in doubt is out as `remote_id`, or with None that it is not.

        Unchanged where no part is in doubt; of what was begun in parts and has none out, the first is. Calls nobody.
        """

    @staticmethod
    def price(outgoing: Outgoing, checkpoint: Checkpoint) -> int:
        """What is still to be paid to send it, in millionths of a US dollar; 0 where posting is free. Calls nobody."""

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        """Look for it among what went out from `since` (aware UTC) on. Never takes "the newest item"."""

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        """Figures by remote id; an id or a figure that the network does not give is absent."""

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        """Take it down, all its parts; repeating is harmless. Raises NotOffered where the network has no way."""

    def correct(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Receipt:
        """Change what is out to say this; repeating is harmless. Raises NotOffered where the network has no way."""

    def lacks(self, outgoing: Outgoing, checkpoint: Checkpoint) -> bool:
        """Whether something of this post that is out is still to follow. Calls nobody."""

    def complete(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Add what is still to follow, going on from `checkpoint`; repeating is harmless.

        Raises TooSoon when the day's quota leaves no room: it goes on then.
        """
