"""What follows a post that is out: the words of a correction, captions, its addresses in other languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session

from campaigns import planning
from campaigns.models import Account, Delivery, Publication
from campaigns.moving import update_unchanged, write_down
from platforms import adapter
from platforms.contract import Network

OUT = (Delivery.PUBLISHED, Delivery.WITHDRAWING)
NOT_FOLLOWED: Mapping[str, None] = {"follows_at": None, "corrected_to_id": None}
"""Nothing is to follow, or no more."""
ITS_CORRECTION, WHAT_FOLLOWS = "its correction", "what was to follow it"
"""As a publication's `why` calls them when they could not be brought; the teller looks for these words."""
TWICE = "it may be out twice"
DOUBT = ". An earlier try may have changed it all the same: look at what it says"


def to_be_looked_at() -> ColumnElement[bool]:
    """Of what is out: it may be so twice, or its correction could not be brought. Only a person can settle it."""
    return Publication.why.startswith(TWICE) | Publication.why.contains(ITS_CORRECTION)


def may_be_twice(publication: Publication) -> bool:
    """Whether two copies may be there, of which at most one is being taken down."""
    return publication.state in OUT and publication.why.startswith(TWICE)


def unless_twice(why: str) -> ColumnElement[str]:
    """What to note of it now. That two copies may be out is forgotten only when a person has said which one is left."""
    return case((Publication.why.startswith(TWICE), Publication.why), else_=why)


def give_up(session: Session, publication: Publication, why: str, *, by: str, now: datetime) -> None:
    """Its correction does not come, and not by itself afterwards; `why` goes on from ITS_CORRECTION."""
    in_doubt = publication.setbacks > 0
    said = f"{ITS_CORRECTION} {why}{DOUBT if in_doubt else ''}"
    values: dict[str, Any] = {**given_up(in_doubt=in_doubt), "why": unless_twice(said), "fence": Publication.fence + 1}
    update_unchanged(session, publication, Delivery.PUBLISHED, owner=None, lease_until=None, **values)
    write_down(session, publication.id, Delivery.PUBLISHED, Delivery.PUBLISHED, by=by, now=now, why=said)
    session.expire(publication, ["corrected_to"])
    follow(session, publication.id, publication.account.network, now=now)


def given_up(*, in_doubt: bool) -> Mapping[str, int | None]:
    """A correction that may have come is still named by the row, though it is not tried any more."""
    return {"follows_at": None, "setbacks": 1} if in_doubt else {"setbacks": 0, **NOT_FOLLOWED}


def alternates(session: Session, publication: Publication) -> dict[str, str]:
    """Where the same post is out in other languages, by language, on a network that can be told so afterwards."""
    if not adapter(publication.account.network).completes:
        return {}
    rows = session.execute(
        select(Publication.language, Publication.url)
        .join(Publication.account)
        .where(
            Publication.post_id == publication.post_id,
            Publication.id != publication.id,
            Publication.rehearsal == publication.rehearsal,
            Publication.language != publication.language,
            Account.network == publication.account.network,
            Publication.state == Delivery.PUBLISHED,
            Publication.url.is_not(None),
        )
        .order_by(Publication.id)
    )
    return {row[0].value: str(row[1]) for row in rows}


def come_out(session: Session, publication_id: int, network: Network, *, now: datetime) -> None:
    """This one is out now: a correction that was approved meanwhile is brought, and what is to follow follows."""
    planning.put_right(session, publication_id, now=now)
    follow(session, publication_id, network, now=now)


def follow(session: Session, publication_id: int, network: Network, *, now: datetime) -> None:
    """This one has come out, changed, or gone: look soon whether something is to follow it, or its sisters.

    So too when its correction was given up, which had taken the place of what else was to follow.

    One that names a correction nobody is certain of waits for a person: it must not come by itself after all.
    """
    if not adapter(network).completes:
        return
    publication = session.get_one(Publication, publication_id)
    sisters = (
        select(Publication.id)
        .join(Publication.account)
        .where(
            Publication.post_id == publication.post_id,
            Publication.rehearsal == publication.rehearsal,
            Account.network == network,
            Publication.state == Delivery.PUBLISHED,
        )
    )
    idle = (Publication.follows_at.is_(None), Publication.corrected_to_id.is_(None))
    session.execute(update(Publication).where(Publication.id.in_(sisters), *idle).values(follows_at=now))
