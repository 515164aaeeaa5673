"""The team's work on posts: import, submit, approve, send back, plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.cli.terminal import (
    AsJSON,
    By,
    House,
    counted,
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
    role_called,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaigns.illustrating import Pace
    from campaigns.limits import Sending
    from campaigns.models import Asset, Person, Post, PostState, Publication, Revision, Role

Keys = Annotated[list[str] | None, typer.Argument(help="Keys of posts.")]
All = Annotated[bool, typer.Option("--all", help="Every post that waits for this step.")]
Remark = Annotated[str, typer.Option("--remark", help="What to say to the author.")]


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_file)
    app.command()(fit)
    app.command()(submit)
    app.command()(approve)
    app.command("send-back")(send_back)
    app.command()(plan)


def import_file(
    file: Annotated[Path, typer.Argument(help="The team's .xlsx, .csv or .yaml file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and store nothing.")] = False,
    template: Annotated[
        bool, typer.Option("--template", help="Write an empty workbook, its columns explained, to FILE.")
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Bring posts in: all rows or none. The same file again changes nothing."""
    from campaigns import intake
    from campaigns.costs import DOLLAR, in_dollars

    with opened() as house:
        if template:
            with house.store.reading() as session:
                intake.write_template(file, session)
            out.print(f"{file} is written: fill the sheet “posts”, then: sawt import {file}")
            return
        with progress("reading") as tell:
            brought = intake.bring_in(
                house.store, house.vault, house.settings, file, now=now(), dry_run=dry_run, progress=tell
            )
    if as_json:
        print_json(
            {
                "new": brought.new,
                "changed": brought.changed,
                "unchanged": brought.unchanged,
                "new_campaigns": list(brought.new_campaigns),
                "prices": [
                    {
                        "post": p.post,
                        "account": p.account,
                        "language": p.language.value,
                        "parts": p.parts,
                        "usd": p.amount / DOLLAR,
                    }
                    for p in brought.prices
                ],
                "stored": not dry_run and not brought.faults,
                "remarks": list(brought.remarks),
                "faults": [{"row": f.row, "column": f.column, "says": f.says} for f in brought.faults],
            }
        )
    elif brought.faults:
        print_table(f"{file}: nothing was stored", ("row", "column", "what to do"), _faults(brought.faults))
    else:
        would_be = "would be " if dry_run else ""
        out.print(f"{would_be}new {brought.new}, changed {brought.changed}, unchanged {brought.unchanged}")
        for campaign in brought.new_campaigns:
            out.print(f"new campaign: {campaign}")
        for price in brought.prices:
            if price.parts > 1:
                out.print(f"{price.post}: a thread of {price.parts} parts on {price.account} ({price.language})")
        if brought.prices:
            total = in_dollars(sum(price.amount for price in brought.prices))
            out.print(
                f"posting what is new or changed will cost {total}, in {counted(len(brought.prices), 'publication')}"
            )
        for remark in brought.remarks:
            out.print(remark)
    if brought.faults:
        err.print(f"sawt: {_counted(len(brought.faults))} and import the file again")
        raise typer.Exit(1)


def _counted(faults: int) -> str:
    return "1 fault; mend it" if faults == 1 else f"{faults} faults; mend them"


def _faults(faults: object) -> list[tuple[object, ...]]:
    return [(fault.row, fault.column, fault.says) for fault in faults]  # type: ignore[attr-defined]


def fit(
    key: Annotated[str, typer.Argument(help="The key of a post.")],
    as_json: AsJSON = False,
) -> None:
    """Show for each account how a post's words fit, which files it sends, and what its network would refuse."""
    from sqlalchemy import select

    from campaigns import limits
    from campaigns.models import Account

    with opened() as house, house.store.reading() as session:
        revision = _post(session, key).revision
        accounts = session.scalars(select(Account).where(Account.key.in_(revision.accounts)).order_by(Account.key))
        sent = list(limits.sendings(revision, accounts, key=key, vault=house.vault, settings=house.settings))
        rows = [_fitting(each, revision) for each in sent]
    if as_json:
        print_json(rows)
        return
    print_table(
        key,
        ("account", "language", "what", "used", "of", "left", "unit"),
        (
            (row["account"], row["language"], each["what"], each["used"], each["limit"], _left(each), each["unit"])
            for row in rows
            for each in row["words"]
        ),
    )
    for row in rows:
        for said in (*row["files"], *row["refused"]):
            out.print(f"{row['account']} {row['language']}: {said}")
    if any(row["refused"] for row in rows):
        raise typer.Exit(1)


def _left(words: dict[str, Any]) -> object:
    return words["left"] if words["parts"] == 1 else f"in {words['parts']} parts"


def _fitting(sending: Sending, revision: Revision) -> dict[str, Any]:
    from campaigns.fitting import refused_once_made

    return {
        "account": sending.account.key,
        "language": sending.language.value,
        "words": [{**asdict(each), "left": each.left, "parts": each.parts} for each in sending.fits],
        "files": [_file(asset, sending) for asset in sending.media],
        "refused": [str(error) for error in refused_once_made(sending, revision)],
    }


def _file(asset: Asset, sending: Sending) -> str:
    from campaigns.fitting import needs_copy
    from campaigns.outgoing import file_of
    from campaigns.vault import Vault

    network = sending.account.network
    copy = f", a copy for {network.label}" if asset.network else ""
    if needs_copy(file_of(asset, Vault(Path())), network, sending.outgoing.form):
        copy = f"; {network.label} will get a copy, made by sawt submit"
    return f"{asset.mime_type}, {asset.width}×{asset.height}, {asset.size:,} bytes{copy}"


def submit(
    keys: Keys = None,
    every: All = False,
    by: By = "",
    draft: Annotated[bool, typer.Option(help="Faster films, to look at.")] = False,
) -> None:
    """Make the pictures and films of posts, and hand them in for review."""
    from campaigns.drawing import drawing
    from campaigns.models import PostState

    with opened() as house:
        wanted = _keys(house, keys, every, (PostState.DRAFTED, PostState.CHANGES_ASKED))
        pace: Pace = "draft" if draft else "final"
        with drawing(house.store, house.vault, house.settings, wanted, pace=pace) as draw:

            def hand_in(key: str) -> None:
                with progress(key) as tell:
                    draw(key, tell)
                _hand_in(house, key, by)
                out.print(f"{key}: handed in for review")

            _each(wanted, hand_in)


def _hand_in(house: House, key: str, by: str) -> None:
    from campaigns import review
    from campaigns.models import Role

    with house.store.writing() as session:
        post = _post(session, key)
        person = review.person_called(session, by, role=Role.WRITER, now=now()) if by else post.revision.author
        review.submit(session, post, by=person, now=now(), settings=house.settings)


def approve(
    keys: Keys = None,
    every: All = False,
    by: By = "",
    role: Annotated[str, typer.Option("--as", help="Give this person the role first: scholar or editor.")] = "",
    remark: Remark = "",
) -> None:
    """Approve posts as they are now, and plan them. Author and approver are different people."""
    from campaigns import review
    from campaigns.models import PostState

    given = role_called(role)
    with opened() as house:

        def approve_one(key: str) -> None:
            review.must_be_whole(house.store, key, house.vault)
            with house.store.writing() as session:
                post = _post(session, key)
                planned = review.approve(
                    session,
                    post,
                    seal=review.seal_of(post.revision),
                    by=_decider(session, by, given),
                    now=now(),
                    vault=house.vault,
                    settings=house.settings,
                    remark=remark,
                )
                dearer = list(_dearer(house, session, planned))
            out.print(f"{key}: approved, {counted(len(planned), 'publication')} planned")
            for warning in dearer:
                err.print(f"sawt: {warning}", style="yellow")

        print_mark(house.settings)
        _each(_keys(house, keys, every, (PostState.IN_REVIEW,)), approve_one)


def _dearer(house: House, session: Session, planned: list[Publication]) -> Iterator[str]:
    """What is to be said of budgets once these are planned."""
    from campaigns import costs

    yield from costs.warnings(session, planned, settings=house.settings, vault=house.vault, now=now())


def send_back(
    keys: Keys = None, by: By = "", role: Annotated[str, typer.Option("--as")] = "", remark: Remark = ""
) -> None:
    """Ask the author for changes."""
    from campaigns import review
    from campaigns.models import PostState

    given = role_called(role)
    with opened() as house:

        def send_one_back(key: str) -> None:
            with house.store.writing() as session:
                post = _post(session, key)
                review.send_back(
                    session,
                    post,
                    seal=review.seal_of(post.revision),
                    by=_decider(session, by, given),
                    now=now(),
                    remark=remark,
                )
            out.print(f"{key}: sent back")

        _each(_keys(house, keys, False, (PostState.IN_REVIEW,)), send_one_back)


def plan(as_json: AsJSON = False) -> None:
    """Plan approved posts that lack an hour somewhere, and show what is coming."""
    from sqlalchemy import select

    from campaigns import planning
    from campaigns.cli.going_out import publication_row
    from campaigns.models import ON_THE_WAY, Publication

    with opened() as house:
        new, problems = planning.plan_all(house.store, settings=house.settings, now=now())
        with house.store.reading() as session:
            added = session.scalars(select(Publication).where(Publication.key.in_(new)))
            problems += _dearer(house, session, list(added))
            coming = session.scalars(
                select(Publication)
                .where(Publication.state.in_(ON_THE_WAY))
                .order_by(Publication.due_at, Publication.id)
            ).all()
            rows = [publication_row(publication) for publication in coming]
        for problem in problems:
            err.print(f"sawt: {problem}")
        if as_json:
            print_json(rows)
            return
        print_table(
            f"{len(rows)} on their way, {len(new)} newly planned",
            ("due (UTC)", "publication", "state"),
            ((local(row["due_at"]), row["key"], row["state"]) for row in rows),
        )


def _keys(house: House, keys: list[str] | None, every: bool, states: tuple[PostState, ...]) -> list[str]:
    from sqlalchemy import select

    from campaigns.models import Post

    if bool(keys) == every:
        raise typer.BadParameter("name posts by their keys, or say --all")
    if keys:
        return keys
    with house.store.reading() as session:
        waiting = list(session.scalars(select(Post.key).where(Post.state.in_(states)).order_by(Post.id)))
    if not waiting:
        out.print("no post waits for this step")
    return waiting


def _each(keys: list[str], do: Callable[[str], None]) -> None:
    """Do it to every post; what stands in the way of one keeps no other back, and is told at the end."""
    from campaigns.review import ReviewError

    refused = []
    for key in keys:
        try:
            do(key)
        except ReviewError as error:
            refused.append(str(error) if key in str(error) else f"{key}: {error}")
    for sentence in refused:
        typer.echo(f"sawt: {sentence}", err=True)
    if len(keys) > 1 and refused:
        typer.echo(f"sawt: {len(refused)} of {len(keys)} posts are left as they were", err=True)
    if refused:
        raise typer.Exit(1)


def _post(session: Session, key: str) -> Post:
    from sqlalchemy import select

    from campaigns.models import Post
    from campaigns.review import ReviewError

    post = session.scalar(select(Post).where(Post.key == key).with_for_update())
    if post is None:
        raise ReviewError(f"there is no post {key!r}; sawt publications lists what is planned")
    return post


def _decider(session: Session, by: str, given: Role | None) -> Person:
    """Who decides. Raises ValueError for an unknown name without a role: a slip of the pen makes no editor."""
    from campaigns import review
    from campaigns.chronicle import note

    name = by or me()
    if given is None:
        if known := review.person_named(session, name):
            return known
        raise ValueError(
            f"nobody here is called {name!r}; write --by with a name that is known here, "
            "or --as editor or --as scholar to let somebody new decide"
        )
    person = review.person_called(session, name, role=given, now=now())
    if person.role is not given:
        note(session, me(), "gave a role", f"{person.name}: {given}", now=now())
        person.role = given
    return person
