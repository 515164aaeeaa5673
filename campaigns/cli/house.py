"""The house itself: run, rehearse, sign-in, misconceptions, doctor, backup, move-to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    print_table,
    progress,
    role_called,
)

if TYPE_CHECKING:
    from campaigns.rehearsing import Outcome

Host = Annotated[str, typer.Option("--host", help="Where the desk listens.", envvar="SAWT_HOST")]
Port = Annotated[int, typer.Option("--port", help="The desk's port.", envvar="SAWT_PORT", min=1, max=65535)]
Minutes = Annotated[float, typer.Option("--minutes", help="How long the rehearsed week takes.", min=0.2)]


def add_to(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(rehearse)
    app.command("sign-in")(sign_in)
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
        given = role_called(role)
        person = review.person_called(session, name, role=given or Role.WRITER, now=now())
        person.role = given or person.role
        note(session, me(), "let in", f"{person.name} as {person.role}", now=now())
        link = invite(session, person, f"http://{host}:{port}", now=now())
    out.print(f"{person.name}, {person.role}: {link}", soft_wrap=True)
    err.print(f"It leads to a desk on port {port} of {host}; where yours runs elsewhere, say --host and --port.")


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
