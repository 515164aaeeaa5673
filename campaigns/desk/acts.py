"""What a person decides about a publication: whether it is out, whether it goes out after all, that it comes down.

Each form sends back the last move that its page knew of. If the publication has moved since, nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from campaigns import addresses, levers, planning, settling, withdrawing
from campaigns.desk import days, post
from campaigns.desk.pages import Obstacle, page
from campaigns.desk.places import Act, acts_for, last_move, may_be_taken_down, place
from campaigns.desk.visits import Decider, Visit, signed_in
from campaigns.languages import Language
from campaigns.models import Publication
from campaigns.publishing import following
from platforms.contract import Network

router = APIRouter(dependencies=[Depends(signed_in)])

_LINE = r"^[^\x00]*$"
Seen = Annotated[int, Form()]
Reason = Annotated[str, Form(max_length=post.LONGEST_REMARK, pattern=_LINE)]
Address = Annotated[str, Form(max_length=2000, pattern=_LINE)]
Number = Annotated[str, Form(max_length=200, pattern=_LINE)]
Hour = Annotated[str, Form(max_length=40)]
_NUMBERS = {Network.FACEBOOK: "act.number_facebook", Network.YOUTUBE: "act.number_youtube"}
"""What a number looks like there; elsewhere it is digits alone."""
Do = Callable[[Session, Publication], None]
Answer = Callable[[Session, Publication, Obstacle], Response]


class Unclear(ValueError):
    """What was filled in cannot be acted on; `key` is the sentence that says why."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


@router.post("/publications/{key}/out")
def is_out(visit: Decider, key: str, seen: Seen, address: Address = "", number: Number = "") -> Response:
    def do(session: Session, publication: Publication) -> None:
        if not addresses.is_web(address.strip()):
            raise Unclear("act.say_address")
        try:
            known_as = addresses.remote_id(publication.account.network, address.strip(), number)
        except addresses.NoId:
            asked = (
                _NUMBERS.get(publication.account.network, "act.number_digits") if number.strip() else "act.say_number"
            )
            raise Unclear(asked) from None
        seen_as = {"url": address.strip(), "remote_id": known_as}
        try:
            settling.it_is_out(session, publication, **seen_as, by=visit.who.name, now=visit.now)
        except settling.Elsewhere:
            raise Unclear("act.say_network_address") from None
        except settling.AnothersPost:
            raise Unclear("act.anothers_post") from None

    return _act(visit, key, seen, do, done="out", kept={"address": address, "number": number})


@router.post("/publications/{key}/not-out")
def is_not_out(visit: Decider, key: str, seen: Seen) -> Response:
    def do(session: Session, publication: Publication) -> None:
        settling.it_is_not_out(session, publication, by=visit.who.name, now=visit.now)

    return _act(visit, key, seen, do, done="not_out")


async def _has_hour(request: Request) -> bool:
    """Whether the form has the field for an hour, be it left empty: that is no wish to go out at once."""
    return "at" in await request.form()


@router.post("/publications/{key}/back")
def put_back(
    visit: Decider, key: str, seen: Seen, has_hour: Annotated[bool, Depends(_has_hour)], at: Hour = ""
) -> Response:
    """At its own hour, or now where that has passed; with `at`, at that hour of the account's zone."""

    def do(session: Session, publication: Publication) -> None:
        due_at = _hour(at, publication.account.timezone, visit.now) if has_hour else None
        levers.resume(
            session, publication, settings=visit.desk.settings, by=visit.who.name, now=visit.now, due_at=due_at
        )

    return _act(visit, key, seen, do, done="back", kept={"at": at})


@router.get("/publications/{key}/withdraw")
def look_before_withdrawing(visit: Decider, key: str) -> Response:
    """Says what becomes of it there, and asks why; the form takes it down."""
    with visit.desk.store.reading() as session:
        return _show(visit, session, _find(session, key))


@router.post("/publications/{key}/withdraw")
def withdraw(visit: Decider, key: str, seen: Seen, reason: Reason = "") -> Response:
    def do(session: Session, publication: Publication) -> None:
        _needs(reason, "act.say_why")
        if not may_be_taken_down(publication):
            raise Unclear(f"act.gone_{publication.account.network}")
        if following.may_be_twice(publication):
            raise Unclear("act.which_is_left")
        settings = visit.desk.settings
        withdrawing.withdraw(session, publication, settings=settings, by=visit.who.name, reason=reason, now=visit.now)

    return _act(visit, key, seen, do, done="withdrawing", otherwise=_on_its_own_page(visit))


@router.post("/publications/{key}/deleted")
def is_deleted(visit: Decider, key: str, seen: Seen, reason: Reason = "") -> Response:
    def do(session: Session, publication: Publication) -> None:
        _needs(reason, "act.say_why")
        settings = visit.desk.settings
        withdrawing.it_is_down(session, publication, settings=settings, by=visit.who.name, reason=reason, now=visit.now)

    return _act(visit, key, seen, do, done="down", otherwise=_on_its_own_page(visit))


def _act(
    visit: Visit,
    key: str,
    seen: int,
    do: Do,
    *,
    done: str,
    otherwise: Answer | None = None,
    kept: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """Do it in one transaction; what stands against it is said on the page, and nothing has changed.

    `kept` is what was filled in, for the form to come back with.
    """
    try:
        with visit.desk.store.writing(durable=True) as session:
            publication = _find(session, key)
            _is_as_seen(publication, seen)
            do(session, publication)
            came_from = publication.post.key
    except (Unclear, settling.SettlingError, levers.LeverError, withdrawing.WithdrawError) as error:
        with visit.desk.store.reading() as session:
            publication = _find(session, key)
            obstacle = _obstacle(visit, session, publication, seen, error)
            if otherwise and last_move(publication) == seen:
                return otherwise(session, publication, obstacle)
            return post.show(visit, session, publication.post, obstacle=obstacle, kept={"of": key, **kept})
    return RedirectResponse(f"/posts/{quote(came_from, safe='')}?done={done}#p-{publication.id}", status_code=303)


def _obstacle(visit: Visit, session: Session, publication: Publication, seen: int, error: ValueError) -> Obstacle:
    """In the page's language where we know the reason, else as the verb says it."""
    say, network = visit.words.say, publication.account.network
    if last_move(publication) != seen:
        return Obstacle(say("act.moved", state=say(f"delivery.{publication.state}")), visit.language)
    if isinstance(error, Unclear):
        return Obstacle(say(error.key, network=say(f"stands.network.{network}")), visit.language)
    if Act.LIFT_FIRST in acts_for(session, publication):
        return Obstacle(say("act.stopped_still"), visit.language)
    return Obstacle(str(error), Language.EN)


def _on_its_own_page(visit: Visit) -> Answer:
    return lambda session, publication, obstacle: _show(visit, session, publication, obstacle=obstacle)


def _show(visit: Visit, session: Session, publication: Publication, *, obstacle: Obstacle | None = None) -> Response:
    return page(
        visit,
        "withdraw.html",
        status=409 if obstacle else 200,
        place=place(visit, session, publication, visit.teller(session)),
        obstacle=obstacle,
    )


def _find(session: Session, key: str) -> Publication:
    publication = session.scalar(select(Publication).where(Publication.key == key))
    if publication is None:
        raise HTTPException(404)
    return publication


def _is_as_seen(publication: Publication, seen: int) -> None:
    if last_move(publication) != seen:
        raise Unclear("act.moved")


def _needs(reason: str, key: str) -> None:
    if not reason.strip():
        raise Unclear(key)


def _hour(at: str, zone: str, now: datetime) -> datetime:
    """What a browser's field for day and hour sends, as clocks in `zone` show it. Raises Unclear."""
    try:
        moment = datetime.fromisoformat(at) if days.read_day(at[:10]) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise Unclear("act.hour_unread")
    try:
        due_at = planning.local_instant(moment, ZoneInfo(zone))
    except planning.CannotPlan:
        raise Unclear("act.hour_odd") from None
    if due_at <= now:
        raise Unclear("act.hour_past")
    return due_at
