"""One request at the desk: who asks, in which language, at what hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from campaigns.desk import signin
from campaigns.languages import Language
from campaigns.models import Hold, Person, Scope
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.telling import Teller
from campaigns.vault import Vault
from campaigns.words import Words, words_in

LANGUAGE_COOKIE = "sawt-language"
UNATTENDED = frozenset({"/changes"})
"""Asked for by a page that stands open: no sign of somebody at work."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What all requests share."""

    store: Store
    settings: Settings
    marked: bool | None
    clock: Callable[[], datetime]

    @property
    def rehearsal(self) -> bool:
        """Asked anew for each page: accounts are signed in meanwhile."""
        if self.marked is not None:
            return self.marked
        return not all(self.settings.signed_in(account.key) for account in self.settings.accounts)

    @property
    def vault(self) -> Vault:
        return Vault(self.settings.media)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the desk's pages show hours: the first account's."""
        return ZoneInfo(self.settings.accounts[0].timezone if self.settings.accounts else "UTC")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """`person` is None only on the pages before the door. `stop` is the lever over everything, while one is pulled."""

    desk: Desk
    request: Request
    language: Language
    now: datetime
    person: Person | None = None
    stop: Hold | None = None

    @property
    def words(self) -> Words:
        return words_in(self.language)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.desk.zone).date()

    @property
    def who(self) -> Person:
        """The person who is signed in. Raises 401 where nobody is."""
        if self.person is None:
            raise HTTPException(401)
        return self.person

    @property
    def may_decide(self) -> bool:
        """Whether this person decides: over posts, over what became of them, and over stops."""
        return self.person is not None and self.person.role.may_approve

    @property
    def may_connect(self) -> bool:
        return self.person is not None and self.person.role.may_connect

    def teller(self, session: Session) -> Teller:
        """Who tells this reader where publications stand."""
        return Teller(session, self.words, now=self.now, too_late=self.desk.settings.too_late)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.desk.zone)

    def here(self, **changes: object) -> str:
        """This page's address with some of its query changed; a None is left out."""
        query = {**self.request.query_params, **changes}
        kept = {name: str(value) for name, value in query.items() if value not in (None, "")}
        path = self.request.url.path if self.request.method in ("GET", "HEAD") else "/"
        return path + (f"?{urlencode(kept)}" if kept else "")


def before_the_door(request: Request) -> Visit:
    """A visit by nobody in particular."""
    desk: Desk = request.app.state.desk
    return Visit(desk=desk, request=request, language=language_of(request, desk), now=desk.clock())


def signed_in(request: Request) -> Visit:
    """A visit by somebody whom the desk knows; else 401. Every room's router depends on this."""
    visit = before_the_door(request)
    with visit.desk.store.reading() as session:
        known = signin.known(session, request.cookies.get(cookie_name(request), ""), now=visit.now)
        if known is None:
            raise HTTPException(401)
        person, stop = known.person, _over_everything(session)
    if request.url.path not in UNATTENDED:
        signin.seen(visit.desk.store, known, now=visit.now)
    request.state.visit = visit = replace(visit, person=person, stop=stop)
    return visit


def decider(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """A visit by somebody whose role lets them decide; else 403."""
    if not visit.may_decide:
        raise HTTPException(403)
    return visit


def connector(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """A visit by somebody whose role lets them sign accounts in; else 403."""
    if not visit.may_connect:
        raise HTTPException(403)
    return visit


def language_of(request: Request, desk: Desk) -> Language:
    """As the link says, else as chosen before, else as the browser prefers, else as the settings say."""
    wishes = [request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)]
    accepted = request.headers.get("accept-language", "").split(",")
    wishes += [each.strip()[:2].lower() for each in accepted]
    return next((Language(wish) for wish in wishes if wish in set(Language)), desk.settings.language)


def _over_everything(session: Session) -> Hold | None:
    over_all = select(Hold).where(Hold.scope == Scope.EVERYTHING, Hold.released_at.is_(None))
    return session.scalars(over_all.order_by(Hold.id.desc()).limit(1)).first()


def cookie_name(request: Request) -> str:
    """Browsers take a `__Host-` cookie from a secure origin only; plain http is for this machine alone."""
    return "__Host-sawt-desk" if request.url.scheme == "https" else "sawt-desk"


OpenVisit = Annotated[Visit, Depends(before_the_door)]
SignedIn = Annotated[Visit, Depends(signed_in)]
Decider = Annotated[Visit, Depends(decider)]
Connector = Annotated[Visit, Depends(connector)]
