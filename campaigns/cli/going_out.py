"""What goes out: publications, publish, hold, release, resolve, withdraw."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.cli.terminal import (
    AsJSON,
    By,
    counted,
    local,
    me,
    must_be_there,
    now,
    opened,
    out,
    print_json,
    print_mark,
    print_table,
    uploads,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from sqlalchemy.orm import Session

    from campaigns.models import Publication, Scope
    from campaigns.settings import Settings
    from campaigns.store import Store
    from campaigns.telling import Teller

Network = Annotated[str, typer.Option("--network", help="facebook, x, instagram, youtube or website.")]
AccountKey = Annotated[str, typer.Option("--account", help="An account's key.")]
Language = Annotated[str, typer.Option("--language", help="ar, en or fr.")]
Campaign = Annotated[str, typer.Option("--campaign", help="A campaign's key.")]
Misconception = Annotated[str, typer.Option("--misconception", help="A misconception's key.")]
Kind = Annotated[str, typer.Option("--kind", help="text, design, infographic, videographic, film or story.")]
Everything = Annotated[bool, typer.Option("--everything", help="All of it.")]


def add_to(app: typer.Typer) -> None:
    app.command()(publications)
    app.command()(publish)
    app.command()(hold)
    app.command()(release)
    app.command()(resolve)
    app.command()(withdraw)


def publications(
    as_json: AsJSON = False,
    state: Annotated[str, typer.Option("--state", help="Only those in this state.")] = "",
    post: Annotated[str, typer.Option("--post", help="Only those of this post.")] = "",
    account: AccountKey = "",
) -> None:
    """Where every post stands on every account, and what happens next."""
    from sqlalchemy import select
    from sqlalchemy.orm import joinedload, selectinload

    from campaigns.models import Account, Delivery, Post, Publication
    from campaigns.words import unmarked

    query = (
        select(Publication)
        .join(Publication.post)
        .order_by(Publication.due_at, Publication.id)
        .options(joinedload(Publication.account), joinedload(Publication.post), selectinload(Publication.moves))
    )
    if state:
        if state not in list(Delivery):
            raise typer.BadParameter(f"{state!r} is no state; write {', '.join(Delivery)}", param_hint="--state")
        query = query.where(Publication.state == Delivery(state))
    if post:
        query = query.where(Post.key == post)
    if account:
        query = query.where(Publication.account_key == account)
    with opened() as house:
        with house.store.reading() as session:
            must_be_there(session, Post.key, post, "sawt publications lists what is planned")
            must_be_there(session, Account.key, account, "sawt accounts lists them")
            teller = _teller(session, house.settings)
            told = [(publication_row(each), teller.tell(each)) for each in session.scalars(query)]
        rows = [{**row, "says": unmarked(said.text)} for row, said in told]
        if as_json:
            print_json(rows)
            return
        print_mark(house.settings)
        print_table(
            counted(len(rows), "publication"),
            ("due (UTC)", "publication", "state", "where it stands, and what happens next"),
            (
                (local(row["due_at"]), row["key"], row["state"], _lines(unmarked(said.text), said.detail, row["url"]))
                for row, said in told
            ),
        )


def _teller(session: Session, settings: Settings) -> Teller:
    from campaigns.languages import Language as Tongue
    from campaigns.telling import Teller
    from campaigns.words import words_in

    return Teller(session, words_in(Tongue.EN), now=now(), too_late=settings.too_late)


def _lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)


def publication_row(publication: Publication) -> dict[str, Any]:
    """The stable keys of one publication, as `--json` prints them."""
    revision = publication.revision
    return {
        "key": publication.key,
        "post": publication.post.key,
        "account": publication.account_key,
        "network": publication.account.network.value,
        "language": publication.language.value,
        "state": publication.state.value,
        "due_at": publication.due_at,
        "published_at": publication.published_at,
        "corrected_at": publication.corrected_at,
        "remote_id": publication.remote_id,
        "url": publication.url,
        "misconceptions": [rebuttal.misconception_key for rebuttal in revision.rebuttals],
        "campaign": revision.campaign_key,
        "kind": revision.kind.value,
        "revision": revision.number,
        "rehearsal": publication.rehearsal,
        "why": publication.why,
        "uploaded_bytes": publication.upload_sent,
        "upload_bytes": publication.upload_total,
    }


def publish(as_json: AsJSON = False) -> None:
    """Send what is due now, prepare what is due soon, and look for what is uncertain. `sawt run` does it by itself."""
    import os
    import socket
    from concurrent.futures import ThreadPoolExecutor

    from campaigns.connections import Connections
    from campaigns.publishing import Publisher
    from campaigns.stage import stage_if_needed

    with opened() as house, stage_if_needed(house.settings) as stage:
        connections = Connections(house.settings, stage)
        owner = f"{socket.gethostname()[:40]}-cli-{os.getpid()}"
        publisher = Publisher(house.store, house.vault, connections, owner=owner, clock=now)
        publisher.recover()
        started = now()
        with publisher.alive(), ThreadPoolExecutor(16) as pool:
            at_work = [pool.submit(publisher.work, account) for account in publisher.accounts_with_work()]
            _watch_uploads(house.store, at_work)
            steps = sum(each.result() for each in at_work)
        connections.close()
        rows = _moved_since(house, started)
        if as_json:
            print_json(rows)
            return
        print_mark(house.settings)
        print_table(
            f"{steps} steps",
            ("publication", "state", "where", "remark"),
            ((r["key"], r["state"], r["url"], r["why"] or "") for r in rows),
        )


def _watch_uploads(store: Store, at_work: Sequence[Future[int]]) -> None:
    """A bar with its speed for each upload, until the work is done."""
    from concurrent.futures import wait

    from sqlalchemy import select

    from campaigns.models import Delivery, Publication

    with uploads() as show:
        while wait(at_work, timeout=0.5).not_done:
            with store.reading() as session:
                on_their_way = session.scalars(select(Publication).where(Publication.state == Delivery.STAGING))
                show({p.key: (p.upload_sent or 0, p.upload_total or 0) for p in on_their_way if p.uploading})


def _moved_since(house: Any, started: datetime) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from campaigns.models import Move, Publication

    with house.store.reading() as session:
        moved = select(Move.publication_id).where(Move.at >= started)
        return [
            publication_row(publication)
            for publication in session.scalars(
                select(Publication).where(Publication.id.in_(moved)).order_by(Publication.due_at, Publication.id)
            )
        ]


def hold(
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever finds it stopped.")] = "",
    everything: Everything = False,
    network: Network = "",
    account: AccountKey = "",
    language: Language = "",
    campaign: Campaign = "",
    misconception: Misconception = "",
    kind: Kind = "",
    by: By = "",
    show: Annotated[bool, typer.Option("--list", help="Show what is held.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Stop everything, or what one option names, before the next call to a network."""
    from campaigns import levers

    with opened() as house:
        if not show:
            scope, value = _scope(everything, network, account, language, campaign, misconception, kind)
            with house.store.writing(durable=True) as session:
                _known(session, scope, value)
                already = [lever for lever in levers.in_force(session) if (lever.scope, lever.value) == (scope, value)]
                levers.hold(session, scope=scope, value=value, reason=reason, by=by or me(), now=now())
            out.print(f"held: {scope} {value}".rstrip())
            for lever in already:
                out.print(f"it was held already by {lever.by}: {lever.reason}; one release lifts both", soft_wrap=True)
        with house.store.reading() as session:
            rows = [(h.scope.value, h.value, h.reason, h.by, h.at) for h in levers.in_force(session)]
    names = ("scope", "value", "reason", "by", "at")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif show:
        title = f"{counted(len(rows), 'lever')} in force"
        print_table(title, (*names[:-1], "at (UTC)"), ((*row[:-1], local(row[-1])) for row in rows))


def release(
    keys: Annotated[list[str] | None, typer.Argument(help="Held publications to put back on the plan.")] = None,
    everything: Everything = False,
    network: Network = "",
    account: AccountKey = "",
    language: Language = "",
    campaign: Campaign = "",
    misconception: Misconception = "",
    kind: Kind = "",
    by: By = "",
    at: Annotated[
        str, typer.Option("--at", help="With keys: their new hour, ISO 8601, in the account's own zone.")
    ] = "",
) -> None:
    """Lift a lever. What it held stays held until it is named here by its key."""
    from campaigns import levers

    with opened() as house, house.store.writing(durable=True) as session:
        if keys:
            for key in keys:
                publication = _publication(session, key)
                due_at = _hour(at, publication) if at else None
                levers.resume(session, publication, settings=house.settings, by=by or me(), now=now(), due_at=due_at)
                out.print(f"{key}: back on the plan")
            return
        scope, value = _scope(everything, network, account, language, campaign, misconception, kind)
        levers.release(session, scope=scope, value=value, by=by or me(), now=now())
        released = f"{scope} {value}".rstrip()
        out.print(f"released: {released}. What it held stays held: sawt publications --state held")


def resolve(
    key: Annotated[str, typer.Argument(help="One that is uncertain, or whose sending was.")],
    published: Annotated[str, typer.Option("--published", help="The address at which you saw it.")] = "",
    remote_id: Annotated[str, typer.Option("--id", help="The network's id, if the address does not end in it.")] = "",
    not_published: Annotated[bool, typer.Option("--not-published", help="You looked; it is not there.")] = False,
    by: By = "",
) -> None:
    """Say what became of a publication that its network could not settle. Look at the account first."""
    from campaigns import addresses, settling

    if bool(published) == not_published:
        raise typer.BadParameter("say --published ADDRESS or --not-published")
    with opened() as house, house.store.writing(durable=True) as session:
        publication = _publication(session, key)
        if not_published:
            settling.it_is_not_out(session, publication, by=by or me(), now=now())
            out.print(f"{key}: not out. It waits; sawt release {key} puts it back on the plan", soft_wrap=True)
            return
        if not addresses.is_web(published):
            raise ValueError(f"{published!r} is no address; write the one at which you saw it, https://…")
        known_as = addresses.remote_id(publication.account.network, published, remote_id)
        settling.it_is_out(session, publication, url=published, remote_id=known_as, by=by or me(), now=now())
        out.print(f"{key}: published as {known_as}", soft_wrap=True)


def withdraw(
    key: Annotated[str, typer.Argument(help="A publication that is out.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it comes down, for whoever asks later.")] = "",
    done: Annotated[bool, typer.Option("--done", help="You have deleted it on the account yourself.")] = False,
    by: By = "",
) -> None:
    """Take down what is out. The worker does it on the network; on Instagram a person does, and then says --done."""
    from campaigns import withdrawing

    with opened() as house, house.store.writing(durable=True) as session:
        publication = _publication(session, key)
        if done:
            withdrawing.it_is_down(
                session, publication, settings=house.settings, by=by or me(), reason=reason, now=now()
            )
            out.print(f"{key}: noted as taken down", soft_wrap=True)
            return
        withdrawing.withdraw(session, publication, settings=house.settings, by=by or me(), reason=reason, now=now())
        post = publication.post.key
        out.print(f"{key}: will be taken down; sawt publications --post {post} shows when it is", soft_wrap=True)


def _hour(at: str, publication: Publication) -> datetime:
    """Raises ValueError; a slot is for a post that has no hour yet."""
    from campaigns import planning

    try:
        datetime.fromisoformat(at)
    except ValueError:
        raise ValueError(f"{at!r} is no date and hour; write one like 2026-11-22T18:00") from None
    return planning.instant(at, publication.account.timezone)


def _publication(session: Session, key: str) -> Publication:
    from sqlalchemy import select

    from campaigns.models import Publication

    publication = session.scalar(select(Publication).where(Publication.key == key))
    if publication is None:
        raise ValueError(f"there is no publication {key!r}; sawt publications lists them")
    return publication


def _scope(
    everything: bool, network: str, account: str, language: str, campaign: str, misconception: str, kind: str
) -> tuple[Scope, str]:
    from campaigns.models import Scope

    values = {
        Scope.NETWORK: network,
        Scope.ACCOUNT: account,
        Scope.LANGUAGE: language,
        Scope.CAMPAIGN: campaign,
        Scope.MISCONCEPTION: misconception,
        Scope.KIND: kind,
    }
    named = [(scope, value) for scope, value in values.items() if value]
    if everything:
        named.append((Scope.EVERYTHING, ""))
    if len(named) != 1:
        raise typer.BadParameter("name exactly one of --everything, --network, --account, --language, …")
    return named[0]


def _known(session: Session, scope: Scope, value: str) -> None:
    """A lever over a misspelt name would stop nothing, and nobody would know."""
    from campaigns import coverage
    from campaigns.levers import LeverError

    names = coverage.names(session, scope)
    if value not in names:
        raise LeverError(f"there is no {scope} {value!r}; write one of {coverage.listed(names)}")
