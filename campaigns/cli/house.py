"""The house itself: run, rehearse, accounts, misconceptions, doctor, backup, move-to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.cli.terminal import (
    AsJSON,
    err,
    local,
    me,
    now,
    opened,
    out,
    print_json,
    print_mark,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaigns.costs import Month
    from campaigns.models import Account, Token
    from campaigns.rehearsing import Outcome
    from campaigns.settings import Settings

Host = Annotated[str, typer.Option("--host", help="Where the desk listens.", envvar="SAWT_HOST")]
Port = Annotated[int, typer.Option("--port", help="The desk's port.", envvar="SAWT_PORT")]
Minutes = Annotated[float, typer.Option("--minutes", help="How long the rehearsed week takes.", min=0.2)]


def add_to(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(rehearse)
    app.command("sign-in")(sign_in)
    app.command()(accounts)
    app.command()(misconceptions)
    app.command()(doctor)
    app.command()(backup)
    app.command("move-to")(move_to)


def run(
    host: Host = "127.0.0.1",
    port: Port = 8321,
    minutes: Minutes = 4.0,
    empty: Annotated[bool, typer.Option("--empty", help="Do not load the rehearsal week on a first start.")] = False,
    only: Annotated[str, typer.Option("--only", help="One part alone: web, worker or week.")] = "",
    child_of: Annotated[int, typer.Option("--child-of", hidden=True)] = 0,
) -> None:
    """Start the desk and the clock. A first start without credentials loads the rehearsal week."""
    from campaigns import running
    from campaigns.settings import Settings
    from platforms.lifeline import end_with_parent

    settings, span = Settings.from_environment(), timedelta(minutes=minutes)
    if child_of:
        end_with_parent(child_of)
    elif only:
        running.prepare(settings)
    match only:
        case "":
            running.run(settings, host=host, port=port, span=span, with_week=not empty, announce=_announce)
            _say_goodbye()
        case "web":
            running.run_web(settings, host=host, port=port)
        case "worker":
            running.run_worker(settings)
        case "week":
            running.run_week(settings, span=span)
        case _:
            raise typer.BadParameter("write web, worker or week", param_hint="--only")


def _announce(base_url: str, link: str | None, loading: bool) -> None:
    out.print()
    out.print("  Sawt · صوت", style="bold")
    out.print(f"  The desk is at {base_url}")
    if link:
        out.print("  Sign in as administrator, once, with this link:")
        out.print(f"  {link}", style="bold", soft_wrap=True)
    else:
        out.print("  A new link into the desk: sawt sign-in NAME")
    if loading:
        out.print("  A week of posts is being rehearsed in a few minutes. REHEARSAL: nothing reaches an audience.")
    out.print("  Ctrl-C stops it.")
    out.print()


def _say_goodbye() -> None:
    out.print("  Stopped. What was on its way goes on with the next start.")


def rehearse(
    headless: Annotated[bool, typer.Option("--headless", help="No desk; end by itself with a table.")] = False,
    minutes: Minutes = 2.0,
    host: Host = "127.0.0.1",
    port: Port = 8321,
    as_json: AsJSON = False,
) -> None:
    """Rehearse the shipped week on the rehearsal stage, in a home of its own; no real account is touched."""
    from dataclasses import replace

    from campaigns import running
    from campaigns.headless import rehearse_headless
    from campaigns.settings import Settings

    settings = Settings.from_environment()
    home = settings.home / "rehearsals" / f"{now():%Y%m%d-%H%M%S}"
    settings = replace(settings, home=home, database_url=f"sqlite:///{home / 'sawt.sqlite'}", credentials={})
    settings = replace(settings, engine="threads", vault_folder=None, stage_url=None)
    span = timedelta(minutes=minutes)
    if not headless:
        running.run_rehearsal(settings, host=host, port=port, span=span, announce=_announce)
        return
    outcome = rehearse_headless(settings, span=span, console=err)
    if as_json:
        print_json({**outcome.as_row(), "disagreements": list(outcome.disagreements), "home": str(home)})
    else:
        _print_outcome(outcome, home)
    if not outcome.is_whole:
        raise typer.Exit(1)


def _print_outcome(outcome: Outcome, home: Path) -> None:
    out.print("REHEARSAL: played on the rehearsal stage; nothing reached an audience.", style="yellow")
    print_table("The week", ("what", "how many"), outcome.as_row().items())
    for sentence in outcome.disagreements:
        out.print(f"disagreement: {sentence}", style="red")
    if not outcome.disagreements:
        out.print("The stage's own records agree with the database, post by post.")
    out.print(f"kept in {home}", soft_wrap=True, style="dim")


def sign_in(
    name: Annotated[str, typer.Argument(help="Whom to let in.")],
    role: Annotated[str, typer.Option("--as", help="writer, scholar, editor or administrator.")] = "",
    host: Host = "127.0.0.1",
    port: Port = 8321,
) -> None:
    """Print a link that lets one person into the desk, once, within a day. An older unused one ends."""
    from campaigns import review
    from campaigns.chronicle import note
    from campaigns.desk.signin import invite
    from campaigns.models import Role

    with opened() as house, house.store.writing() as session:
        person = review.person_called(session, name, role=Role(role or "writer"), now=now())
        if role:
            person.role = Role(role)
        note(session, me(), "let in", f"{name} as {person.role}", now=now())
        link = invite(session, person, f"http://{host}:{port}", now=now())
    out.print(f"{name}, {person.role}: {link}", soft_wrap=True)


def accounts(
    as_json: AsJSON = False,
    resume: Annotated[str, typer.Option("--resume", help="Take up a paused account again, by its key.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Ask each network who we are there.")] = False,
) -> None:
    """The accounts we speak on: real or on the rehearsal stage, whether each works, what goes out next."""
    from sqlalchemy import select

    from campaigns import costs, levers, signed_in
    from campaigns.models import Account, Token
    from campaigns.quotas import Used
    from campaigns.telling import next_due, standing_of

    with opened() as house:
        if resume:
            with house.store.writing() as session:
                account = session.get(Account, resume)
                if account is None:
                    raise ValueError(f"there is no account {resume!r}; sawt accounts lists them")
                if standing_of(account, now=now(), rehearsal=True)[0] not in ("paused", "closed", "full"):
                    raise ValueError(f"{resume} is not paused; nothing was changed")
                levers.resume_account(session, account, by=me(), now=now())
        names = signed_in.names(house.settings) if verify else {}
        with house.store.reading() as session:
            due = next_due(session)
            sign_ins = {token.account_key: token for token in session.scalars(select(Token))}
            rows: list[dict[str, Any]] = [
                {
                    "key": a.key,
                    "network": a.network.value,
                    "languages": a.languages,
                    "name": a.name,
                    "timezone": a.timezone,
                    "active": a.active,
                    "stage": not house.settings.signed_in(a.key),
                    "state": standing_of(a, now=now(), rehearsal=not house.settings.signed_in(a.key))[0],
                    "paused_why": a.paused_why,
                    "resume_at": a.resume_at,
                    "uploads_at": a.uploads_at,
                    "resume_why": a.resume_why,
                    "next_due_at": due.get(a.key),
                    "spacing_seconds": a.spacing_seconds,
                    "used_today": _used(session, a, house.settings),
                    **_sign_in_row(sign_ins.get(a.key)),
                    "month": _month(costs.month_of(session, a, settings=house.settings, vault=house.vault, now=now())),
                    **({"signed_in_as": names.get(a.key)} if verify else {}),
                }
                for a in session.scalars(select(Account).order_by(Account.network, Account.key))
            ]
        if as_json:
            print_json(rows)
            return
        print_mark(house.settings)
        print_table(
            f"{len(rows)} accounts",
            (
                "key",
                "network",
                "languages",
                "speaks as",
                "lasts",
                "state",
                "next due (UTC)",
                "spacing",
                "this month",
                "name",
            ),
            (
                (
                    r["key"],
                    r["network"],
                    " ".join(r["languages"]),
                    "the rehearsal stage" if r["stage"] else r["signed_in_as"] or "the network",
                    _lasts(r),
                    _account_state(r),
                    local(r["next_due_at"]),
                    f"{r['spacing_seconds'] / 60:g} min" if r["spacing_seconds"] else None,
                    _month_told(r["month"]),
                    r["name"],
                )
                for r in rows
            ),
        )
        for used in dict.fromkeys(Used(**row["used_today"]) for row in rows if row["used_today"]):
            out.print(f"YouTube, all channels: {used}")


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


def _lasts(row: dict[str, Any]) -> str | None:
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


def _month_told(month: dict[str, float | None] | None) -> str | None:
    if month is None:
        return None
    spent, planned, budget = (None if each is None else f"${each:,.2f}" for each in month.values())
    return f"{spent} spent, {planned} planned" + (f", of {budget}" if budget else "")


def _used(session: Session, account: Account, settings: Settings) -> dict[str, int] | None:
    from campaigns.quotas import used_today

    used = used_today(session, account, rehearsal=not settings.signed_in(account.key), now=now())
    return asdict(used) if used else None


def _account_state(row: dict[str, Any]) -> str:
    """In words, with until when and why."""
    match row["state"]:
        case "paused":
            return f"paused, sign it in and then --resume {row['key']}: {row['paused_why'] or ''}".rstrip(": ")
        case "closed":
            return f"nothing before {local(row['resume_at'])} UTC: {row['resume_why'] or ''}".rstrip(": ")
        case "full":
            return f"nothing new before {local(row['uploads_at'])} UTC: {row['resume_why'] or ''}".rstrip(": ")
        case "unused":
            return "not in accounts.toml"
        case _:
            return "works"


def misconceptions(as_json: AsJSON = False) -> None:
    """The catalogue of misconceptions, and how many posts answer each."""
    from sqlalchemy import func, select

    from campaigns.models import Misconception, Rebuttal, Revision, Standing

    counted = (
        select(Rebuttal.misconception_key, func.count(Revision.post_id.distinct()))
        .join(Revision, Revision.id == Rebuttal.revision_id)
        .group_by(Rebuttal.misconception_key)
    )
    with opened() as house:
        with house.store.reading() as session:
            posts = {row[0]: row[1] for row in session.execute(counted)}
            rows = [
                {
                    "key": m.key,
                    "category": m.category,
                    "standing": m.standing.value,
                    "claim": {"ar": m.claim_ar, "en": m.claim_en, "fr": m.claim_fr},
                    "posts": posts.get(m.key, 0),
                }
                for m in session.scalars(select(Misconception).order_by(Misconception.category, Misconception.key))
            ]
        if as_json:
            print_json(rows)
            return
        drafts = sum(1 for row in rows if row["standing"] == Standing.DRAFT)
        if drafts:
            err.print(
                f"{drafts} of {len(rows)} are drafts that the Centre's scholars have still to confirm.", style="yellow"
            )
        print_table(
            "The claims are for the team's own use, never text of a post",
            ("key", "category", "standing", "posts"),
            ((r["key"], r["category"], r["standing"], r["posts"]) for r in rows),
        )


def doctor(as_json: AsJSON = False) -> None:
    """Look the house over. Exit code 0: all well, 1: something to look at, 2: something is broken."""
    from campaigns.doctor import examine

    findings = examine()
    if as_json:
        print_json([{"what": f.what, "state": f.state, "says": f.says} for f in findings])
    else:
        print_table("The house", ("state", "what", "says"), ((f.state, f.what, f.says) for f in findings))
    worst = max(("well", "look", "broken").index(f.state) for f in findings)
    if worst:
        raise typer.Exit(worst)


def backup(
    folder: Annotated[Path | None, typer.Argument(help="Where to put it; SAWT_HOME/backups by default.")] = None,
) -> None:
    """Write one file with the database and all media, taken while everything runs."""
    from campaigns.safekeeping import back_up

    with opened() as house:
        file = back_up(house.store, house.vault, folder or house.settings.home / "backups", now=now())
    out.print(f"{file} is written ({local(now())} UTC). It holds no credentials.", soft_wrap=True)


def move_to(
    url: Annotated[str, typer.Argument(help="An empty database: postgresql://user@host/database.")],
) -> None:
    """Copy everything from SQLite to PostgreSQL, and compare. The old database stays as it is."""
    from sqlalchemy.engine import make_url

    from campaigns.removal import move
    from campaigns.running import only_worker
    from campaigns.settings import Settings
    from campaigns.store import Store

    settings = Settings.from_environment()
    with only_worker(settings.home), progress("moving") as tell:
        source = Store(settings.database_url)
        try:
            moved = move(source, url, tell)
        finally:
            source.close()
    print_table(f"{sum(moved.values())} rows", ("table", "rows"), moved.items())
    out.print("Every table arrived as it was sent. From now on set, for every command and service:")
    out.print(f"  SAWT_DATABASE_URL={make_url(url).render_as_string()}", soft_wrap=True, style="bold")
    out.print(
        f"The old database stays in {settings.home}; put it away. Everything else there is used on.", soft_wrap=True
    )
