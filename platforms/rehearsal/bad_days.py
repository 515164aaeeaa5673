"""Everything that can be had go wrong on the stage, by name, in a sentence each.

Faults, the command's help, the papers and the proofs read this list: what is added here is there too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from starlette.responses import Response

from platforms.contract import Network
from platforms.rehearsal import refusals, rooms_of
from platforms.rehearsal.refusals import Met, room_of

Answer: TypeAlias = Callable[[Met], Response]

EVERYWHERE = tuple(Network)
_META = (Network.FACEBOOK, Network.INSTAGRAM)
_ANY, _WRITES = r"", r"^(?!GET )(?!\S+ (/youtube-token|/x/2/oauth2)/)"
_CREATES = r"^POST (/x/2/tweets|/graph/\S+/feed) "
_UPLOAD_BEGINS = r"^POST \S+/upload/youtube/v3/videos "


@dataclass(frozen=True, kw_only=True)
class BadDay:
    """`told` says what happens, without a full stop. It happens on `networks`, to calls that read as `calls`.

    A call reads as its method, path and content type, with a space after each. `applied`: the stage does what it was
    asked before it goes wrong. `answer` is what it says then: nothing at all if "silence", and "cut" ends the
    connection instead. `lasts`: it is so for all calls of the account until somebody takes it back.
    """

    told: str
    answer: Answer | Literal["cut", "silence"]
    networks: tuple[Network, ...] = EVERYWHERE
    calls: str = _WRITES
    applied: bool = False
    lasts: bool = False

    @property
    def where(self) -> str:
        """The networks on which it happens, in words."""
        return "all" if self.networks == EVERYWHERE else ", ".join(network.label for network in self.networks)

    @property
    def is_its_own(self) -> bool:
        """It is about calls that it names itself, not about any call that writes."""
        return self.networks != EVERYWHERE or self.calls != _WRITES

    def befalls(self, method: str, path: str, kind: str = "") -> bool:
        rooms = {room for network in self.networks for room in rooms_of(network)}
        return room_of(path) in rooms and bool(re.search(self.calls, f"{method} {path} {kind} "))


def _day(told: str, answer: Answer | Literal["cut", "silence"], **more: object) -> BadDay:
    return BadDay(told=told, answer=answer, **more)  # type: ignore[arg-type]


BAD_DAYS: Mapping[str, BadDay] = {
    # Any network
    "drop-before": _day("the connection breaks, and nothing is done", "cut"),
    "drop-after": _day("the connection breaks after it was done", "cut", applied=True),
    "error-before": _day("HTTP 500, and nothing is done", refusals.failed),
    "error-after": _day("HTTP 500 after it was done", refusals.failed, applied=True),
    "gateway-before": _day("a host in between answers 502 in HTML, and nothing is done", refusals.bad_gateway),
    "gateway-after": _day(
        "a host in between answers 502 in HTML after it was done", refusals.bad_gateway, applied=True
    ),
    "truncated-after": _day("it is done, and the answer ends in the middle", refusals.half, applied=True),
    "empty-after": _day("it is done, and the answer holds no id", refusals.nothing, applied=True),
    "hang": _day("no answer ever comes, and nothing is done", "silence"),
    "silent-after": _day("it is done, and no answer ever comes", "silence", applied=True),
    "rate-limited": _day("the network takes no more calls for a time, and says for how long", refusals.too_soon),
    "rate-limited-openly": _day(
        "the network takes no more calls, and does not say for how long", refusals.too_soon_without_an_end
    ),
    "refused-once": _day("this call's token is not known; the next call's is", refusals.signed_out),
    "token-dead": _day(
        "the account's token is dead until it signs in again", refusals.signed_out, calls=_ANY, lasts=True
    ),
    # X
    "no-credits": _day("X has no credits left for the app (402)", refusals.no_credits, networks=(Network.X,)),
    # X, Facebook
    "duplicate": _day(
        "the text is said to be there already, and nothing is done (403, 506)",
        refusals.duplicate,
        networks=(Network.X, Network.FACEBOOK),
        calls=_CREATES,
    ),
    "duplicate-after": _day(
        "it is done, and then said to have been there already (403, 506)",
        refusals.duplicate,
        networks=(Network.X, Network.FACEBOOK),
        calls=_CREATES,
        applied=True,
    ),
    # Facebook, Instagram
    "code-2-after": _day(
        "it is done, and answered with code 2",
        refusals.unknown_error,
        networks=_META,
        calls=r"^POST /graph/",
        applied=True,
    ),
    "blocked": _day("Meta blocks posting for a while (368)", refusals.blocked, networks=_META, calls=r"^POST /graph/"),
    "no-such-object": _day(
        "a fresh object is not seen for a moment (100/33)",
        refusals.no_such_object,
        networks=_META,
        calls=r"^GET /graph/",
    ),
    "chunk-refused": _day(
        "a chunk is refused, with where to go on (1363037)",
        refusals.chunk_refused,
        networks=(Network.FACEBOOK,),
        calls=r"^POST \S+/videos multipart/",
        applied=True,
    ),
    "upload-host-busy": _day(
        "Meta's upload host is busy", refusals.upload_host_busy, networks=_META, calls=r"^POST /rupload/"
    ),
    # YouTube
    "session-gone": _day(
        "YouTube has forgotten the upload (404)",
        refusals.session_gone,
        networks=(Network.YOUTUBE,),
        calls=r"^PUT \S+/upload/",
    ),
    "session-conflict": _day(
        "a new upload is said to be there already (409)",
        refusals.session_conflict,
        networks=(Network.YOUTUBE,),
        calls=_UPLOAD_BEGINS,
    ),
    "nothing-kept": _day(
        "YouTube keeps nothing of a chunk (308 without Range)",
        refusals.nothing_kept,
        networks=(Network.YOUTUBE,),
        calls=r"^PUT \S+/upload/",
    ),
    "units-spent": _day(
        "the day's units of our app are spent (403)",
        refusals.units_spent,
        networks=(Network.YOUTUBE,),
        calls=r"^\S+ /youtube/",
    ),
    "uploads-spent": _day(
        "the day's uploads of our app are spent (429)",
        refusals.uploads_spent,
        networks=(Network.YOUTUBE,),
        calls=_UPLOAD_BEGINS,
    ),
    "channel-full": _day(
        "the channel takes no more films for a day (400)",
        refusals.channel_full,
        networks=(Network.YOUTUBE,),
        calls=_UPLOAD_BEGINS,
    ),
    # Wherever a film or a container is made ready
    "processing-fails": _day(
        "the network cannot make the film or picture ready",
        refusals.processing_failed,
        networks=(Network.X, *_META, Network.YOUTUBE),
        calls=r"^GET \S+?(/media/upload|/\d+|/videos) ",
        applied=True,
    ),
}
