"""The accounts: whom each speaks to, whether it works, what goes out next; a paused one can be taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from campaigns import levers
from campaigns.costs import Month, month_of
from campaigns.desk.pages import Obstacle, page
from campaigns.desk.visits import Decider, SignedIn, Visit, signed_in
from campaigns.models import Account, Token
from campaigns.quotas import Used, used_today
from campaigns.signed_in import WARN_BEFORE
from campaigns.telling import goes_on_at, next_due, standing_of

router = APIRouter(dependencies=[Depends(signed_in)])

_DONE = frozenset({"resumed", "connected"})
Seen = Annotated[str, Form(max_length=40)]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One account; `standing` is a word of `accounts`, `open_at` when its window opens again."""

    account: Account
    real: bool
    standing: str
    open_at: datetime | None
    next_at: datetime | None
    month: Month | None
    """What it costs, where posting is not free."""
    token: Token | None
    ends_soon: bool
    used: Used | None


@router.get("/accounts")
def accounts(visit: SignedIn, done: str = "") -> Response:
    with visit.desk.store.reading() as session:
        return _show(visit, session, done=f"accounts.{done}" if done in _DONE else "")


@router.post("/accounts/{key}/resume")
def resume(visit: Decider, key: str, seen: Seen) -> Response:
    """`seen` is since when the page said that it is paused."""
    with visit.desk.store.writing(durable=True) as session:
        account = session.get(Account, key, with_for_update=True)
        if account is None:
            raise HTTPException(404)
        if account.paused_at is None or account.paused_at.isoformat() != seen:
            return _show(visit, session, obstacle="accounts.moved")
        levers.resume_account(session, account, by=visit.who.name, now=visit.now)
    return RedirectResponse("/accounts?done=resumed", status_code=303)


def _show(visit: Visit, session: Session, *, done: str = "", obstacle: str = "") -> Response:
    due = next_due(session)
    tokens = {each.account_key: each for each in session.scalars(select(Token))}
    listed = session.scalars(select(Account).order_by(Account.active.desc(), Account.network, Account.key))
    return page(
        visit,
        "accounts.html",
        status=409 if obstacle else 200,
        rows=[_row(visit, session, each, due.get(each.key), tokens.get(each.key)) for each in listed],
        done=done,
        obstacle=Obstacle(visit.words.say(obstacle), visit.language) if obstacle else None,
    )


def _row(visit: Visit, session: Session, account: Account, due_at: datetime | None, token: Token | None) -> Row:
    desk = visit.desk
    real = desk.settings.signed_in(account.key)
    standing, open_at = standing_of(account, now=visit.now, rehearsal=not real)
    return Row(
        account=account,
        real=real,
        standing=standing,
        open_at=open_at,
        next_at=goes_on_at(account, due_at, now=visit.now, rehearsal=not real),
        month=month_of(session, account, settings=desk.settings, vault=desk.vault, now=visit.now),
        token=token,
        ends_soon=bool(token and token.expires_at and token.expires_at <= visit.now + WARN_BEFORE),
        used=used_today(session, account, rehearsal=not real, now=visit.now),
    )
