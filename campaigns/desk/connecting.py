"""Sign an account in at the desk: ask on the network's own page or take what is pasted, show who answers, keep it.

Between the steps what was got lies in this process's memory for a quarter of an hour, and on no page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from campaigns import callback, tokens
from campaigns.desk.pages import Obstacle, page
from campaigns.desk.visits import Connector, Visit, signed_in
from campaigns.keyring import KeyTrouble
from campaigns.languages import Language
from campaigns.models import Account, Token
from platforms import entrance
from platforms.endpoints import LOOPBACK
from platforms.errors import PlatformError
from platforms.signing_in import Candidate, Consent, Entrance, Way

router = APIRouter(dependencies=[Depends(signed_in)])

FORGOTTEN_AFTER = timedelta(minutes=15)
LONGEST = 4000
Address = Annotated[str, Form(max_length=LONGEST)]
RemoteId = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One person's sign-in of one account, under way."""

    at: datetime
    consent: Consent | None = None
    app: Mapping[str, str] = field(default_factory=dict, repr=False)
    candidates: Sequence[Candidate] = field(default=(), repr=False)


class UnderWay:
    """What is under way, by who asks and for which account; taken out once, and forgotten soon."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[tuple[int, str], Asked] = {}

    def put(self, visit: Visit, account: str, asked: Asked) -> None:
        with self._lock:
            fresh = {key: each for key, each in self._asked.items() if visit.now - each.at < FORGOTTEN_AFTER}
            self._asked = {**fresh, (visit.who.id, account): asked}

    def see(self, visit: Visit, account: str) -> Asked | None:
        asked = self._asked.get((visit.who.id, account))
        return asked if asked and visit.now - asked.at < FORGOTTEN_AFTER else None

    def take(self, visit: Visit, account: str) -> Asked | None:
        with self._lock:
            asked = self.see(visit, account)
            self._asked.pop((visit.who.id, account), None)
            return asked

    def waiting_for(self, visit: Visit, state: str) -> str | None:
        """The account whose question this person was asked under this state."""
        mine = ((account, each) for (who, account), each in list(self._asked.items()) if who == visit.who.id)
        return next((account for account, each in mine if each.consent and each.consent.asked_under(state)), None)


@router.get("/accounts/connected")
def come_back(visit: Connector) -> Response:
    """The network leads the browser here; the code is spent at once, and leaves the address bar."""
    answer = dict(visit.request.query_params)
    account = _under_way(visit).waiting_for(visit, answer.get("state", ""))
    if account is None:
        raise HTTPException(404)
    return _answered(visit, account, answer)


@router.get("/accounts/{key}/connect")
def connect(visit: Connector, key: str) -> Response:
    return _show(visit, key)


@router.post("/accounts/{key}/connect/{way}")
async def begin(request: Request, visit: Connector, key: str, way: str) -> Response:
    """Ask on the network's page, or ask the network about what was pasted."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    return await run_in_threadpool(_begin, visit, key, way, form)


@router.post("/accounts/{key}/answer")
def paste_address(visit: Connector, key: str, address: Address = "") -> Response:
    """For a desk that the network cannot lead back to: the address at which the browser ended up."""
    return _answered(visit, key, callback.query_of(address))


@router.post("/accounts/{key}/keep")
def keep(visit: Connector, key: str, remote_id: RemoteId = "") -> Response:
    """A person has read who answers, and says that this is the account."""
    asked = _under_way(visit).take(visit, key)
    chosen = next((each for each in asked.candidates if each.standing.remote_id == remote_id), None) if asked else None
    if chosen is None:
        return _show(visit, key, obstacle=_ours(visit, "connect.forgotten"))
    keyring = tokens.keyring_of(visit.desk.settings)
    try:
        with visit.desk.store.writing(durable=True) as session:
            tokens.make_key(session, keyring)
            tokens.keep(session, _account(session, key), chosen, keyring, by=visit.who.name, now=visit.now)
    except KeyTrouble as trouble:
        return _show(visit, key, obstacle=Obstacle(str(trouble), Language.EN))
    tokens.look_again(visit.desk.settings)
    return RedirectResponse("/accounts?done=connected", status_code=303)


def _begin(visit: Visit, key: str, name: str, form: FormData) -> Response:
    with visit.desk.store.reading() as session:
        door = entrance(_account(session, key).network)
    try:
        asked = _asked(visit, door, door.way(name), form)
    except PlatformError as error:
        return _show(visit, key, obstacle=Obstacle(str(error), Language.EN))
    _under_way(visit).put(visit, key, asked)
    return _on(key)


def _asked(visit: Visit, door: Entrance, way: Way, form: FormData) -> Asked:
    settings = visit.desk.settings
    app = {**_typed(form, (*door.app_fields, *door.app_options)), **settings.apps.get(door.app, {})}
    if way.name == "consent":
        return Asked(at=visit.now, consent=door.consent(app, settings.endpoints, _way_back(visit)), app=app)
    given = _typed(form, way.fields)
    return Asked(at=visit.now, candidates=door.pasted(given, app, settings.endpoints))


def _answered(visit: Visit, key: str, answer: Mapping[str, str]) -> Response:
    """The question is over, whatever became of it: a code is good once."""
    with visit.desk.store.reading() as session:
        door = entrance(_account(session, key).network)
    asked = _under_way(visit).take(visit, key)
    if asked is None or asked.consent is None:
        return _show(visit, key, obstacle=_ours(visit, "connect.forgotten"))
    try:
        code = asked.consent.code(answer)
        candidates = door.granted(asked.app, visit.desk.settings.endpoints, asked.consent, code)
    except PlatformError as error:
        return _show(visit, key, obstacle=Obstacle(str(error), Language.EN))
    _under_way(visit).put(visit, key, replace(asked, consent=None, candidates=candidates))
    return _on(key)


def _show(visit: Visit, key: str, *, obstacle: Obstacle | None = None) -> Response:
    with visit.desk.store.reading() as session:
        account, token = _account(session, key), session.get(Token, key)
    door = entrance(account.network)
    asked = _under_way(visit).see(visit, key)
    known = visit.desk.settings.apps.get(door.app, {})
    return page(
        visit,
        "connect.html",
        status=409 if obstacle else 200,
        account=account,
        token=token,
        ways=door.ways,
        app_fields=[name for name in (*door.app_fields, *door.app_options) if name not in known],
        optional=door.app_options,
        consent=asked.consent if asked else None,
        candidates=asked.candidates if asked else (),
        way_back=_way_back(visit),
        comes_back=_leads_here(visit),
        obstacle=obstacle,
    )


def _on(key: str) -> Response:
    return RedirectResponse(f"/accounts/{quote(key, safe='')}/connect", status_code=303)


def _typed(form: FormData, names: Sequence[str]) -> dict[str, str]:
    given = {name: form.get(name) for name in names}
    return {name: text.strip()[:LONGEST] for name, text in given.items() if isinstance(text, str) and text.strip()}


def _leads_here(visit: Visit) -> bool:
    """A network leads a browser back to its own machine; elsewhere the person brings the answer.

    A proxy hands on with a loopback name, and says https: we ourselves speak plain HTTP.
    """
    return visit.request.url.scheme == "http" and visit.request.url.hostname in LOOPBACK


def _way_back(visit: Visit) -> str:
    return f"{visit.request.base_url}accounts/connected" if _leads_here(visit) else callback.address()


def _account(session: Session, key: str) -> Account:
    account = session.get(Account, key)
    if account is None:
        raise HTTPException(404)
    return account


def _under_way(visit: Visit) -> UnderWay:
    under_way: UnderWay = visit.request.app.state.under_way
    return under_way


def _ours(visit: Visit, sentence: str) -> Obstacle:
    return Obstacle(visit.words.say(sentence), visit.language)
