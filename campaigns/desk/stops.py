"""The stop: pull a lever over everything or over a part, see what is stopped and why, and lift it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns import coverage, levers
from campaigns.desk.pages import Obstacle, page
from campaigns.desk.visits import Decider, SignedIn, Visit, signed_in
from campaigns.models import Account, Campaign, Delivery, Hold, Publication, Scope

router = APIRouter(dependencies=[Depends(signed_in)])

_DONE = frozenset({"pulled", "lifted"})
What = Annotated[str, Form(max_length=120)]
Reason = Annotated[str, Form(max_length=4000, pattern=r"^[^\x00]*$")]
Seen = Annotated[int, Form()]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """All levers over the same thing: lifting it lifts them all. `seen` is the newest of them."""

    levers: tuple[Hold, ...]

    @property
    def first(self) -> Hold:
        return self.levers[0]

    @property
    def what(self) -> str:
        return f"{self.first.scope}:{self.first.value}"

    @property
    def seen(self) -> int:
        return self.levers[-1].id


@router.get("/stop")
def stops(visit: SignedIn, done: str = "") -> Response:
    with visit.desk.store.reading() as session:
        return _show(visit, session, done=done if done in _DONE else "")


@router.post("/stop")
def pull(visit: Decider, what: What = "", reason: Reason = "") -> Response:
    with visit.desk.store.writing(durable=True) as session:
        scope, value = _read(what)
        obstacle = _unfit(reason)
        if scope is None or value not in coverage.names(session, scope):
            obstacle = "stop.unknown"
        if obstacle or scope is None:
            return _show(visit, session, obstacle=obstacle, what=what, reason=reason)
        levers.hold(session, scope=scope, value=value, reason=_as_typed(reason), by=visit.who.name, now=visit.now)
    return RedirectResponse("/stop?done=pulled", status_code=303)


@router.post("/stop/lift")
def lift(visit: Decider, seen: Seen, what: What = "") -> Response:
    """Lift what the page showed; a lever that somebody has pulled since is not lifted unseen."""
    with visit.desk.store.writing(durable=True) as session:
        shown = next((stop for stop in _stops(session) if (stop.what, stop.seen) == (what, seen)), None)
        if shown is None:
            return _show(visit, session, obstacle="stop.moved")
        scope, value = shown.first.scope, shown.first.value
        levers.release(session, scope=scope, value=value, by=visit.who.name, now=visit.now)
    return RedirectResponse("/stop?done=lifted", status_code=303)


def _as_typed(reason: str) -> str:
    """Browsers send two characters for the end of a line that they have counted as one."""
    return reason.replace("\r\n", "\n").strip()


def _unfit(reason: str) -> str:
    """The sentence that says what is wrong with it, if anything is."""
    if not reason.strip():
        return "stop.say_why"
    return "stop.too_long" if len(_as_typed(reason)) > levers.LONGEST_REASON else ""


def _show(
    visit: Visit, session: Session, *, done: str = "", obstacle: str = "", what: str = "", reason: str = ""
) -> Response:
    """`what` and `reason` are what was filled in and could not be acted on."""
    longest = levers.LONGEST_REASON
    return page(
        visit,
        "stop.html",
        status=409 if obstacle else 200,
        stops=_stops(session),
        choices=_choices(session, visit),
        held=session.scalar(select(func.count(Publication.id)).where(Publication.state == Delivery.HELD)),
        done=done,
        longest=longest,
        kept={"what": what, "reason": reason},
        obstacle=Obstacle(visit.words.say(obstacle, longest=longest), visit.language) if obstacle else None,
    )


def _stops(session: Session) -> list[Stop]:
    """What is stopped, the widest stop first."""
    order = {scope: number for number, scope in enumerate(Scope)}
    in_force = sorted(levers.in_force(session), key=lambda each: (order[each.scope], each.value, each.id))
    return [Stop(levers=tuple(group)) for _, group in groupby(in_force, key=lambda each: (each.scope, each.value))]


def _choices(session: Session, visit: Visit) -> Mapping[Scope, Sequence[tuple[str, str]]]:
    """What a part may be, with what the page calls it."""
    say, language = visit.words.say, visit.language
    accounts = {each.key: each for each in session.scalars(select(Account))}
    campaigns = {each.key: each.title(language) for each in session.scalars(select(Campaign))}
    called: dict[Scope, Callable[[str], str]] = {
        Scope.NETWORK: lambda name: say(f"network.{name}"),
        Scope.LANGUAGE: lambda name: say(f"tongue.{name}"),
        Scope.KIND: lambda name: say(f"kind.{name}"),
        Scope.ACCOUNT: lambda name: f"{say(f'network.{accounts[name].network}')} · {accounts[name].name} ({name})",
        Scope.CAMPAIGN: lambda name: campaigns[name],
        Scope.MISCONCEPTION: lambda name: name,
    }
    return {scope: [(name, call(name)) for name in coverage.names(session, scope)] for scope, call in called.items()}


def _read(what: str) -> tuple[Scope | None, str]:
    name, _, value = what.partition(":")
    return next((scope for scope in Scope if scope == name), None), value
