"""The list of posts: filters that stand in the address, folded search, pages of twenty-five."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from campaigns.desk import days
from campaigns.desk.folding import fold
from campaigns.desk.newest import newest_revisions
from campaigns.desk.pages import page
from campaigns.desk.visits import SignedIn, Visit, signed_in
from campaigns.models import (
    Account,
    Campaign,
    Delivery,
    Kind,
    Misconception,
    Post,
    PostState,
    Publication,
    Rebuttal,
    Revision,
    Wording,
)

router = APIRouter(dependencies=[Depends(signed_in)])

PER_PAGE = 25
_LONGEST_SEARCH = 200


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The filters, as the address says them; a value that we do not know filters nothing."""

    state: PostState | None
    delivery: Delivery | None
    kind: Kind | None
    campaign: str
    misconception: str
    account: str
    day: date | None
    text: str


def read_wanted(
    state: str = "",
    delivery: str = "",
    kind: str = "",
    campaign: str = "",
    misconception: str = "",
    account: str = "",
    day: str = "",
    q: str = "",
) -> Wanted:
    return Wanted(
        state=next((each for each in PostState if each == state), None),
        delivery=next((each for each in Delivery if each == delivery), None),
        kind=next((each for each in Kind if each == kind), None),
        campaign=campaign,
        misconception=misconception,
        account=account,
        day=days.read_day(day),
        text=q.strip()[:_LONGEST_SEARCH],
    )


@router.get("/posts")
def posts(
    visit: SignedIn,
    wanted: Annotated[Wanted, Depends(read_wanted)],
    number: Annotated[str, Query(alias="page")] = "1",
) -> Response:
    with visit.desk.store.reading() as session:
        found = _matching(visit, session, wanted)
        pages = max(1, -(-len(found) // PER_PAGE))
        current = min(max(int(number), 1), pages) if number.isdecimal() and len(number) < 7 else 1
        shown = _revisions(session, found[(current - 1) * PER_PAGE : current * PER_PAGE])
        return page(
            visit,
            "posts.html",
            wanted=wanted,
            revisions=shown,
            deliveries=_deliveries(session, [revision.post_id for revision in shown]),
            total=len(found),
            current=current,
            pages=pages,
            choices=_choices(session, visit),
        )


def _matching(visit: Visit, session: Session, wanted: Wanted) -> Sequence[int]:
    """Ids of the newest revisions that the filters leave, the newest posts first."""
    query = (
        select(Revision.id)
        .join(Post, Revision.post_id == Post.id)
        .where(Revision.id.in_(newest_revisions()), *_conditions(visit, wanted))
        .order_by(Post.created_at.desc(), Post.id.desc())
    )
    found = session.scalars(query).all()
    if not wanted.text:
        return found
    saying = _saying(session, wanted.text, query)
    return [revision for revision in found if revision in saying]


def _conditions(visit: Visit, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.state:
        yield Post.state == wanted.state
    if wanted.kind:
        yield Revision.kind == wanted.kind
    if wanted.campaign:
        yield Revision.campaign_key == wanted.campaign
    if wanted.misconception:
        yield Revision.rebuttals.any(Rebuttal.misconception_key == wanted.misconception)
    if wanted.account:
        yield cast(Revision.accounts, Text).contains(f'"{wanted.account}"', autoescape=True)
    if wanted.delivery:
        yield _published(Publication.state == wanted.delivery)
    if wanted.day:
        begin, end = days.bounds(wanted.day, wanted.day, visit.desk.zone)
        moment = func.coalesce(Publication.published_at, Publication.due_at)
        yield _published((moment >= begin) & (moment < end))


def _published(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Publication.id).where(Publication.post_id == Post.id, condition).exists()


def _saying(session: Session, text: str, query: Select[int]) -> set[int]:
    """Those of the revisions whose key, title, text or hashtags have every word that is looked for."""
    sought = fold(text).split()
    rows = session.execute(
        select(Wording.revision_id, Post.key, Wording.title, Wording.text, Wording.hashtags)
        .join(Revision, Wording.revision_id == Revision.id)
        .join(Post, Revision.post_id == Post.id)
        .where(Wording.revision_id.in_(query.order_by(None)))
    )
    return {
        revision
        for revision, key, title, body, hashtags in rows
        if all(word in fold(f"{key} {title} {body} {' '.join(hashtags)}") for word in sought)
    }


def _revisions(session: Session, ids: Collection[int]) -> list[Revision]:
    found = session.scalars(
        select(Revision)
        .where(Revision.id.in_(ids))
        .options(
            joinedload(Revision.post),
            joinedload(Revision.author),
            joinedload(Revision.campaign),
            selectinload(Revision.wordings),
        )
    )
    by_id = {revision.id: revision for revision in found}
    return [by_id[each] for each in ids]


def _deliveries(session: Session, posts: Collection[int]) -> Mapping[int, Counter[Delivery]]:
    """How many publications of each post stand where."""
    rows = session.execute(
        select(Publication.post_id, Publication.state, func.count())
        .where(Publication.post_id.in_(posts))
        .group_by(Publication.post_id, Publication.state)
    )
    found: dict[int, Counter[Delivery]] = defaultdict(Counter)
    for post, state, number in rows:
        found[post][state] = number
    return {post: found[post] for post in posts}


def _choices(session: Session, visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """Each filter's values with what the page calls them."""
    say, language = visit.words.say, visit.language
    campaigns = session.scalars(select(Campaign).order_by(Campaign.key))
    misconceptions = session.scalars(select(Misconception.key).order_by(Misconception.key))
    accounts = session.scalars(select(Account).order_by(Account.key))
    return {
        "state": [(each.value, say(f"state.{each}")) for each in PostState],
        "delivery": [(each.value, say(f"delivery.{each}")) for each in Delivery],
        "kind": [(each.value, say(f"kind.{each}")) for each in Kind],
        "campaign": [(each.key, each.title(language)) for each in campaigns],
        "misconception": [(key, key) for key in misconceptions],
        "account": [(each.key, f"{say(f'network.{each.network}')} · {each.name}") for each in accounts],
    }
