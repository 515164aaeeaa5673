"""The accounts at a terminal: as whom each speaks and until when, whether it works, what its month costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.cli.terminal import AsJSON, House, local, me, now, opened, out, print_json, print_mark, print_table

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaigns.costs import Month
    from campaigns.models import Account, Token
    from campaigns.settings import Settings

COLUMNS = (
    "key", "network", "languages", "speaks as", "lasts", "state", "next due (UTC)", "spacing", "this month", "name",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    app.command()(accounts)


def accounts(
    as_json: AsJSON = False,
    resume: Annotated[str, typer.Option("--resume", help="Take up a paused account again, by its key.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Ask each network who we are there.")] = False,
) -> None:
    """The accounts we speak on: real or on the rehearsal stage, whether each works, what goes out next."""
    from campaigns import signed_in

    with opened() as house:
        if resume:
            _resume(house, resume)
        names = signed_in.names(house.settings) if verify else {}
        rows = [row | ({"signed_in_as": names.get(row["key"])} if verify else {}) for row in _rows(house)]
        if as_json:
            print_json(rows)
        else:
            _print(house, rows)


def _resume(house: House, key: str) -> None:
    from campaigns import levers
    from campaigns.models import Account
    from campaigns.telling import standing_of

    with house.store.writing() as session:
        account = session.get(Account, key)
        if account is None:
            raise ValueError(f"there is no account {key!r}; sawt accounts lists them")
        if standing_of(account, now=now(), rehearsal=True)[0] not in ("paused", "closed", "full"):
            raise ValueError(f"{key} is not paused; nothing was changed")
        levers.resume_account(session, account, by=me(), now=now())


def _rows(house: House) -> list[dict[str, Any]]:
    """Each account as it stands, its keys stable: what `--json` prints."""
    from sqlalchemy import select

    from campaigns import costs
    from campaigns.models import Account, Token
    from campaigns.telling import next_due

    with house.store.reading() as session:
        due = next_due(session)
        sign_ins = {token.account_key: token for token in session.scalars(select(Token))}
        return [
            {
                **_row(a, rehearsal=not house.settings.signed_in(a.key)),
                "next_due_at": due.get(a.key),
                "used_today": _used(session, a, house.settings),
                **_sign_in_row(sign_ins.get(a.key)),
                "month": _month(costs.month_of(session, a, settings=house.settings, vault=house.vault, now=now())),
            }
            for a in session.scalars(select(Account).order_by(Account.network, Account.key))
        ]


def _row(account: Account, *, rehearsal: bool) -> dict[str, Any]:
    from campaigns.telling import standing_of

    return {
        "key": account.key,
        "network": account.network.value,
        "languages": account.languages,
        "name": account.name,
        "timezone": account.timezone,
        "active": account.active,
        "stage": rehearsal,
        "state": standing_of(account, now=now(), rehearsal=rehearsal)[0],
        "paused_why": account.paused_why,
        "resume_at": account.resume_at,
        "uploads_at": account.uploads_at,
        "resume_why": account.resume_why,
        "spacing_seconds": account.spacing_seconds,
    }


def _print(house: House, rows: list[dict[str, Any]]) -> None:
    from campaigns.quotas import Used

    print_mark(house.settings)
    print_table(f"{len(rows)} accounts", COLUMNS, (_told(row) for row in rows))
    for used in dict.fromkeys(Used(**row["used_today"]) for row in rows if row["used_today"]):
        out.print(f"YouTube, all channels: {used}")


def _told(row: Mapping[str, Any]) -> tuple[str | None, ...]:
    return (
        row["key"],
        row["network"],
        " ".join(row["languages"]),
        "the rehearsal stage" if row["stage"] else row["signed_in_as"] or "the network",
        _lasts(row),
        _account_state(row),
        local(row["next_due_at"]),
        f"{row['spacing_seconds'] / 60:g} min" if row["spacing_seconds"] else None,
        _month_told(row["month"]),
        row["name"],
    )


def _sign_in_row(token: Token | None) -> dict[str, Any]:
    """Of a stored sign-in, as it was found when somebody last looked; None where there is none."""
    return {
        "connected": token is not None,
        "signed_in_as": token.speaks_as if token else None,
        "expires_at": token.expires_at if token else None,
        "looked_at": token.checked_at if token else None,
        "trouble": (token.trouble or None) if token else None,
        "failures": token.failures if token else None,
    }


def _lasts(row: Mapping[str, Any]) -> str | None:
    if not row["connected"]:
        return None
    until = f"until {row['expires_at']:%Y-%m-%d}" if row["expires_at"] else "does not expire"
    looked = f"looked {local(row['looked_at'])}" if row["looked_at"] else "not looked at"
    return f"{until}; {looked}" + (f": {row['trouble']}" if row["trouble"] else "")


def _month(month: Month | None) -> dict[str, float | None] | None:
    """In US dollars; None where posting is free."""
    from campaigns.costs import DOLLAR

    if month is None:
        return None
    budget = None if month.budget is None else month.budget / DOLLAR
    return {"spent": month.spent / DOLLAR, "planned": month.planned / DOLLAR, "budget": budget}


def _month_told(month: Mapping[str, float | None] | None) -> str | None:
    if month is None:
        return None
    spent, planned, budget = (None if each is None else f"${each:,.2f}" for each in month.values())
    return f"{spent} spent, {planned} planned" + (f", of {budget}" if budget else "")


def _used(session: Session, account: Account, settings: Settings) -> dict[str, int] | None:
    from campaigns.quotas import used_today

    used = used_today(session, account, rehearsal=not settings.signed_in(account.key), now=now())
    return asdict(used) if used else None


def _account_state(row: Mapping[str, Any]) -> str:
    """In words, with until when and why."""
    match row["state"]:
        case "paused":
            return f"paused, sign it in: sawt account connect {row['key']}; {row['paused_why'] or ''}".rstrip("; ")
        case "closed":
            return f"nothing before {local(row['resume_at'])} UTC: {row['resume_why'] or ''}".rstrip(": ")
        case "full":
            return f"nothing new before {local(row['uploads_at'])} UTC: {row['resume_why'] or ''}".rstrip(": ")
        case "unused":
            return "not in accounts.toml"
        case _:
            return "works"
