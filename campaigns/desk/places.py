"""What a post's page says of each account that it goes to, and what a person may do about it there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from campaigns import addresses, levers, settling
from campaigns.desk.visits import Visit
from campaigns.models import Delivery, Move, Post, Publication, Revision
from campaigns.publishing import following
from campaigns.telling import Reason, Teller, Told, doer, place_of
from platforms import adapter


class Act(StrEnum):
    """What can be done about a publication as it stands."""

    SETTLE = "settle"
    SAY_OUT = "say_out"
    PUT_BACK = "put_back"
    LIFT_FIRST = "lift_first"
    TAKE_DOWN = "take_down"
    SAY_DELETED = "say_deleted"


@dataclass(frozen=True, kw_only=True)
class Past:
    """A line of a publication's history, with whose doing it was and its reason as the reader gets them."""

    move: Move
    by: str
    reason: Reason


@dataclass(frozen=True, kw_only=True)
class Place:
    """One publication: `seen` is its last move, which the page's forms send back to show what was looked at."""

    publication: Publication
    told: Told
    history: Sequence[Past]
    city: str
    acts: Collection[Act]
    seen: int


def places(visit: Visit, session: Session, post: Post) -> list[Place]:
    found = session.scalars(
        select(Publication)
        .where(Publication.post_id == post.id)
        .order_by(Publication.due_at, Publication.account_key, Publication.language)
        .options(
            joinedload(Publication.account),
            selectinload(Publication.moves),
            joinedload(Publication.revision).selectinload(Revision.rebuttals),
        )
    )
    teller = visit.teller(session)
    return [place(visit, session, each, teller) for each in found]


def place(visit: Visit, session: Session, publication: Publication, teller: Teller) -> Place:
    return Place(
        publication=publication,
        told=teller.tell(publication),
        history=[
            Past(move=each, by=doer(each.by, visit.words), reason=teller.reason(publication, each.why))
            for each in publication.moves
        ],
        city=place_of(publication.account, visit.words),
        acts=acts_for(session, publication) if visit.may_decide else (),
        seen=last_move(publication),
    )


def acts_for(session: Session, publication: Publication) -> Collection[Act]:
    """What its state allows."""
    match publication.state:
        case Delivery.UNCERTAIN:
            return (Act.SETTLE,)
        case state if state in levers.RESUMABLE:
            first = Act.LIFT_FIRST if levers.holding(session, publication) else Act.PUT_BACK
            if settling.may_be_out(publication):
                return (Act.SAY_OUT, first)
            return (first, *_down(publication)) if publication.is_out_in_part else (first,)
        case Delivery.PUBLISHED:
            put_in_order = (Act.SAY_OUT,) if following.may_be_twice(publication) else ()
            return (*put_in_order, *_down(publication))
        case Delivery.WITHDRAWING:
            return (Act.SAY_DELETED,)
        case _:
            return ()


def _down(publication: Publication) -> Collection[Act]:
    return (Act.TAKE_DOWN, Act.SAY_DELETED) if may_be_taken_down(publication) else (Act.SAY_DELETED,)


def may_be_taken_down(publication: Publication) -> bool:
    """Whether the network lets us, and we know by which id it keeps the post."""
    network = publication.account.network
    return adapter(network).withdraws and addresses.is_id(network, publication.remote_id)


def last_move(publication: Publication) -> int:
    return publication.moves[-1].id if publication.moves else 0
