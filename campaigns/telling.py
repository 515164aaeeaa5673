"""Tell a person, in a sentence or two, where a publication stands and what happens next.

The desk says it in three languages, the command in English, and both say the same. Hours are those of the
audience: in the account's own zone, with its city beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns import levers
from campaigns.models import ON_THE_WAY, Account, Delivery, Hold, Move, Publication, Scope
from campaigns.publishing.following import ITS_CORRECTION, TWICE, WHAT_FOLLOWS
from campaigns.publishing.steps import TOO_LATE
from campaigns.reasons import Meaning, understood
from campaigns.words import LOCALES, Words
from platforms import adapter
from platforms.contract import Network

_GROUPS = {Scope.NETWORK: "network", Scope.LANGUAGE: "tongue", Scope.KIND: "kind"}
"""Where our words for what a lever covers stand; campaigns, accounts and misconceptions go by their keys."""

_ASKED = (Delivery.WITHDRAWING, Delivery.WITHDRAWN)
"""Where people's own words may be stored as the reason."""

_OURS = re.compile(r"plan|rehearsal|.+-[0-9a-f]{8}|.+-cli-\d+")
"""What our planner and workers call themselves in a publication's history."""
_WHOLE = frozenset({"not_there", "missed", "off_plan"})
"""Cases that say all that the stored reason says."""

_UNHINDERED = {Delivery.PLANNED: "planned", Delivery.STAGING: "preparing", Delivery.STAGED: "ready"}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said of one publication; `case` names the first sentence, such as "planned" or "sent".

    `needs_sign_in` where it waits until a person has signed its account in again.

    `detail` is what the program noted of it, in English, and `reason` the same for a reader of any language; both are
    empty where our sentence says as much.
    """

    case: str
    text: str
    detail: str
    reason: Reason
    needs_sign_in: bool


class Placed(Protocol):
    """An account, as far as it is needed to name its network and to read its audience's clock."""

    @property
    def network(self) -> Network: ...

    @property
    def timezone(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why something stands as it does: `said` by us in the reader's language, or a person's `own` words.

    What a network or the machine said is `folded` away under `title`.
    """

    said: str = ""
    own: str = ""
    folded: str = ""
    title: str = ""

    @property
    def in_a_line(self) -> str:
        """For a sheet or a list, where nothing can be folded."""
        told = f"{self.title}: {self.folded}" if self.folded else ""
        return " ".join(filter(None, (self.said, self.own, told)))


@dataclass(frozen=True)
class _Sentence:
    """A sentence of `stands` in campaigns/locale, the moment that it speaks of, and what else is set into it."""

    case: str
    at: datetime | None = None
    values: Mapping[str, object] = field(default_factory=dict)


class Teller:
    """Tells of publications in one language, as things are at `now`; `too_late` is what the settings say by kind."""

    def __init__(
        self,
        session: Session,
        words: Words,
        *,
        now: datetime,
        too_late: Mapping[str, timedelta] = MappingProxyType({}),
    ) -> None:
        self.session, self.words, self.now, self.too_late = session, words, now, too_late
        self._any_lever = bool(levers.in_force(session))

    def tell(self, publication: Publication) -> Told:
        sentences = list(self._sentences(publication))
        text = " ".join(self._said(publication.account, sentences))
        detail = "" if _says_as_much(sentences, publication.why) else publication.why
        return Told(
            case=sentences[0].case,
            text=text,
            detail=detail,
            reason=self.reason(publication, detail),
            needs_sign_in=any(each.case == "paused" or each.case.endswith("_after_pause") for each in sentences),
        )

    def reason(self, publication: Publication, why: str) -> Reason:
        """A stored reason of a publication or of one of its moves, for this reader."""
        if any(move.why == why and move.went_to in _ASKED for move in publication.moves):
            return reason_of(publication.account, why, self.words, now=self.now, people=True)
        return reason_of(publication.account, why, self.words, now=self.now)

    def _said(self, account: Account, sentences: list[_Sentence]) -> Iterator[str]:
        """The first hour is told with the audience's city, the next one needs it no more."""
        network, placed = self.words.say(f"stands.network.{account.network}"), False
        for each in sentences:
            hour = "" if each.at is None else hour_of(account, each.at, self.words, now=self.now, with_place=not placed)
            placed = placed or each.at is not None
            yield self.words.say(f"stands.{each.case}", network=network, hour=hour, **each.values)

    # -- which sentences ----------------------------------------------------------------------------

    def _sentences(self, it: Publication) -> Iterator[_Sentence]:
        if it.is_out_in_part:
            yield from _in_part(it)
        match it.state:
            case Delivery.PLANNED | Delivery.STAGED | Delivery.STAGING:
                yield self._on_the_way(it)
            case Delivery.REVEALING:
                yield _Sentence("sending")
            case Delivery.PUBLISHED:
                yield self._out(it)
                yield from self._since(it)
            case Delivery.FAILED:
                yield _Sentence("failed_in_part" if it.is_out_in_part else "failed")
            case Delivery.UNCERTAIN:
                yield _Sentence("sent", it.sent_at) if it.sent_at else _Sentence("maybe_sent")
                yield self._by_itself("look", it, it.not_before)
            case Delivery.HELD:
                lever = self._lever(it)
                yield _Sentence("held_by", values=self._about(lever)) if lever else _Sentence("held")
            case Delivery.MISSED:
                yield self._missed(it)
            case Delivery.WITHDRAWING:
                yield from self._going_down(it)
            case Delivery.WITHDRAWN:
                yield _taken_off(it)

    def _on_the_way(self, it: Publication) -> _Sentence:
        """What keeps it from going out at its hour comes before the hour."""
        if not it.account.active:
            return _Sentence("unused")
        if lever := self._lever(it):
            return _Sentence("stop_ahead", values=self._about(lever))
        if it.account.paused_at:
            return _Sentence("paused")
        if (open_at := self._closed_until(it)) and open_at > it.due_at:
            late = open_at - it.due_at > self.too_late.get(it.revision.kind, TOO_LATE)
            return _Sentence("closed_late" if late else "closed", open_at)
        if it.not_before and it.not_before > max(self.now, it.due_at):
            return _Sentence("again_in_part" if it.is_out_in_part else "again", it.not_before)
        if it.uploading:
            return _Sentence("uploading", it.due_at, _upload(it, self.now))
        if it.due_at > self.now:
            return _Sentence(_UNHINDERED[it.state], it.due_at)
        if it.account.clear_at and it.account.clear_at > self.now:
            return _Sentence("spaced", it.account.clear_at)
        return _Sentence("behind" if self._waits_for_another(it) else "next", it.due_at)

    def _out(self, it: Publication) -> _Sentence:
        if it.why.startswith(TWICE):
            return _Sentence("twice")
        if could_not_be_taken_down(it):
            return _Sentence("still_out")
        return _Sentence("published", it.published_at) if it.published_at else _Sentence("published_once")

    def _since(self, it: Publication) -> Iterator[_Sentence]:
        """What has followed a post that is out, and what is still to follow."""
        if it.corrected_at:
            yield _Sentence("corrected", it.corrected_at)
        if it.corrected_to_id and it.follows_at:
            yield self._by_itself("correct", it, it.follows_at)
        elif ITS_CORRECTION in it.why:
            yield _Sentence("uncorrected")
        elif WHAT_FOLLOWS in it.why:
            yield _Sentence("unfollowed")
        elif it.follows_at and it.follows_at > self.now:
            yield _Sentence("follows", it.follows_at)

    def _missed(self, it: Publication) -> _Sentence:
        move = _last_move(it, Delivery.MISSED)
        if move and move.came_from is Delivery.UNCERTAIN:
            return _Sentence("not_there_in_part" if it.is_out_in_part else "not_there", values={"by": move.by})
        return _Sentence("missed")

    def _going_down(self, it: Publication) -> Iterator[_Sentence]:
        if move := _last_move(it, Delivery.WITHDRAWING):
            yield _Sentence("asked_down", values={"by": move.by, "reason": _unended(move.why)})
        yield self._by_itself("down", it, it.not_before)

    def _by_itself(self, what: str, it: Publication, at: datetime | None) -> _Sentence:
        """What Sawt does without a person about a post that may be out: now, at an hour, or once it can."""
        if at is None or not it.account.active:
            return _Sentence(f"{what}_yourself")
        if it.account.paused_at:
            return _Sentence(f"{what}_after_pause")
        at = max(at, self._closed_until(it) or at)
        return _Sentence(f"{what}_now") if it.owner or at <= self.now else _Sentence(f"{what}_at", at)

    # -- what they need to know ---------------------------------------------------------------------

    def _lever(self, it: Publication) -> Hold | None:
        return levers.holding(self.session, it) if self._any_lever else None

    def _about(self, lever: Hold) -> dict[str, str]:
        return {"by": lever.by, "what": covered(self.words, lever), "reason": _unended(lever.reason)}

    def _closed_until(self, it: Publication) -> datetime | None:
        """When the account's window opens again, if one is closed that this publication must pass."""
        account, uploads = it.account, it.state is Delivery.PLANNED
        if not account.is_closed(self.now, rehearsal=it.rehearsal, uploads=uploads):
            return None
        return max(at for at in (account.resume_at, account.uploads_at if uploads else None) if at is not None)

    def _waits_for_another(self, it: Publication) -> bool:
        uncertain = (Publication.account_key == it.account_key, Publication.state == Delivery.UNCERTAIN)
        found = select(Publication.id).where(*uncertain).limit(1)
        return it.account.waits_for_uncertain and self.session.scalar(found) is not None


def reason_of(account: Placed, why: str, words: Words, *, now: datetime, people: bool = False) -> Reason:
    """A reason that was stored in English, for a reader; with `people`, one that we do not know is a person's own."""
    meanings = list(understood(why)) if why else []
    if people and not any(each.key for each in meanings):
        return Reason(own=why)
    network = words.say(f"stands.network.{account.network}")

    def say(meaning: Meaning) -> str:
        values = {name: _unended(value) if name == "own" else value for name, value in meaning.values.items()}
        if "moment" in values:
            at = datetime.fromisoformat(values.pop("moment")).replace(tzinfo=UTC)
            values["hour"] = hour_of(account, at, words, now=now)
        return words.say(f"reasons.{meaning.key}", network=network, **values)

    theirs = " ".join(each.theirs for each in meanings if each.theirs)
    noted = " ".join(each.noted for each in meanings if each.noted)
    return Reason(
        said=" ".join(say(each) for each in meanings if each.key),
        folded=" ".join(filter(None, (theirs, noted))),
        title=words.say("reasons.theirs", network=network) if theirs else words.say("reasons.technical"),
    )


def hour_of(account: Placed, moment: datetime, words: Words, *, now: datetime, with_place: bool = True) -> str:
    """ "18:00 (Riyadh)" for the account's audience, with the day where it is not today's."""
    zone = ZoneInfo(account.timezone)
    there, today = moment.astimezone(zone), now.astimezone(zone).date()
    hour = f"{there:%H:%M}"
    if there.date() != today:
        pattern = "d MMMM" if there.year == today.year else "d MMMM y"
        day = format_date(there.date(), pattern, locale=LOCALES[words.language])
        hour = words.say("stands.hour_on", clock=hour, day=day)
    return words.say("stands.hour_there", hour=hour, place=place_of(account, words)) if with_place else hour


def doer(by: str, words: Words) -> str:
    """Who moved a publication: a person by their name; our planner, and workers wherever they run, are Sawt."""
    return words.say("site.sawt") if _OURS.fullmatch(by) else by


def place_of(account: Placed, words: Words) -> str:
    """The city by which the account's audience sets its clocks."""
    return str(get_timezone_location(account.timezone, locale=LOCALES[words.language], return_city=True))


def covered(words: Words, lever: Hold) -> str:
    """What a lever stops, with our own word for it where we have one."""
    known = f"{_GROUPS[lever.scope]}.{lever.value}" if lever.scope in _GROUPS else ""
    return words.say(f"scope.{lever.scope}", value=words.say_or(known, lever.value))


def could_not_be_taken_down(publication: Publication) -> bool:
    """Whether it is out still, although a person has asked to take it down: the network would not."""
    last = publication.moves[-1] if publication.moves else None
    return publication.state is Delivery.PUBLISHED and last is not None and last.came_from is Delivery.WITHDRAWING


def standing_of(account: Account, *, now: datetime, rehearsal: bool) -> tuple[str, datetime | None]:
    """How an account stands, as a word of `accounts` in campaigns/locale, and when its window opens again."""
    if not account.active:
        return "unused", None
    if account.paused_at:
        return "paused", None
    if account.is_closed(now, rehearsal=rehearsal):
        return "closed", account.resume_at
    if account.is_closed(now, rehearsal=rehearsal, uploads=True):
        return "full", account.uploads_at
    return "works", None


def next_due(session: Session) -> dict[str, datetime]:
    """By account, when its next post goes out; accounts with nothing on its way are not there."""
    waiting = Publication.state.in_(ON_THE_WAY)
    first = func.min(Publication.due_at)
    rows = session.execute(select(Publication.account_key, first).where(waiting).group_by(Publication.account_key))
    return {row[0]: row[1] for row in rows}


def goes_on_at(account: Account, due_at: datetime | None, *, now: datetime, rehearsal: bool) -> datetime | None:
    """When the post that is due next can really go out; None while its account waits for a person, or has none."""
    standing, open_at = standing_of(account, now=now, rehearsal=rehearsal)
    if due_at is None or standing in ("unused", "paused"):
        return None
    if open_at and (standing == "closed" or due_at <= now):
        return max(due_at, open_at)
    return max(due_at, account.clear_at or due_at)


def _in_part(it: Publication) -> Iterator[_Sentence]:
    if parts := adapter(it.account.network).parts_out(it.checkpoint):
        yield _Sentence("in_part", values={"out": str(parts.out), "of": str(parts.of)})


def _upload(it: Publication, now: datetime) -> dict[str, object]:
    """Megabytes there, of how many, and how many a second on average since it began."""
    sent, seconds = it.upload_sent or 0, (now - (it.upload_began_at or now)).total_seconds()
    speed = sent / seconds if seconds > 0 else 0
    return {
        "sent": round(sent / 1e6),
        "total": max(round((it.upload_total or 0) / 1e6), 1),
        "speed": speed / 1e6,
    }


def _taken_off(it: Publication) -> _Sentence:
    if it.withdrawn_at:
        return _Sentence("taken_down", it.withdrawn_at)
    return _Sentence("taken_down_once" if it.remote_id else "off_plan")


def _says_as_much(sentences: list[_Sentence], why: str) -> bool:
    """Whether what the program noted is in our sentences already."""
    reasons = (each.values.get("reason") for each in sentences)
    return sentences[0].case in _WHOLE or any(reason and str(reason) in why for reason in reasons)


def _last_move(it: Publication, to: Delivery) -> Move | None:
    return next((move for move in reversed(it.moves) if move.went_to is to), None)


def _unended(reason: str) -> str:
    """Without its full stop, to stand inside a sentence of ours."""
    return reason.rstrip().rstrip(".。؟!")
