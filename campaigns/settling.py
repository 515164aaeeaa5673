"""A person says what became of a publication that may be out, when the network could not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import addresses
from campaigns.chronicle import note
from campaigns.levers import RESUMABLE
from campaigns.models import Account, Delivery, Publication
from campaigns.moving import Overtaken, move
from campaigns.publishing import following
from platforms import adapter
from platforms.contract import Network

_TRIES = 3


class SettlingError(ValueError):
    """It cannot be settled so; the message says why."""


class Elsewhere(SettlingError):
    """The address is none of the network's."""


class AnothersPost(SettlingError):
    """Another publication is known to stand there."""


def it_is_out(session: Session, publication: Publication, *, url: str, remote_id: str, by: str, now: datetime) -> None:
    """Somebody has seen it on the account: it is published, with the address that they found. Raises SettlingError.

    Of a post in parts they have seen the part in doubt; what is still to follow it goes out. What is held, missed or
    failed may have been sent before that as well. Of what may be out twice they say which copy is left.
    """
    _must_be_in_doubt(publication)
    _must_be_its_own(session, publication, url, remote_id)
    to, why = Delivery.PUBLISHED, f"seen on the account: {url}"
    if publication.state is Delivery.PUBLISHED:
        left = _in_order(publication, url, remote_id)
        _settle(session, publication, _must_be_in_doubt, to, why, by=by, now=now, values=left)
        return
    network, known = adapter(publication.account.network), publication.checkpoint
    checkpoint = network.settled(known, remote_id)
    published_at = publication.published_at or publication.sent_at or now
    values: dict[str, object] = {"url": url, "remote_id": remote_id, "published_at": published_at}
    if parts := network.parts_out(checkpoint):
        if checkpoint == known:
            raise SettlingError(f"{remote_id} is a part that is known to be out; look for the one in doubt")
        first = parts.first
        values = {"url": first.url, "remote_id": first.remote_id, "checkpoint": dict(checkpoint)}
        values["published_at"] = first.published_at or now
        if parts.out < parts.of:
            to, why = Delivery.PLANNED, f"{why}; {parts.out} of {parts.of} parts are out, and the others follow"
    _settle(session, publication, _must_be_in_doubt, to, why, by=by, now=now, values=values)
    if to is Delivery.PUBLISHED:
        following.come_out(session, publication.id, publication.account.network, now=now)


def _in_order(publication: Publication, url: str, remote_id: str) -> dict[str, object]:
    """Of two copies the one that is left. An id that we know is not given up for an address that holds none."""
    network, known = publication.account.network, publication.remote_id
    if remote_id == known or (addresses.is_id(network, known) and not addresses.is_id(network, remote_id)):
        return {}
    checkpoint = adapter(network).settled(publication.checkpoint, remote_id)
    return {"url": url, "remote_id": remote_id, "checkpoint": dict(checkpoint)}


def may_be_out(publication: Publication) -> bool:
    """Whether a sending of these very words never got a clear answer, wherever the row stands by now."""
    if publication.state is Delivery.UNCERTAIN:
        return True
    sent_at = None if publication.remote_id else publication.sent_at
    return publication.state in RESUMABLE and sent_at is not None and sent_at >= publication.revision.created_at


def it_is_not_out(session: Session, publication: Publication, *, by: str, now: datetime) -> None:
    """Somebody has looked and it is not there. It waits as missed until a person puts it back on the plan.

    Of a post in parts it is the part in doubt that is not there: those that are out stay, and are not sent again.
    """
    _must_be_uncertain(publication)
    network = adapter(publication.account.network)
    checkpoint = network.settled(publication.checkpoint, None)
    why = "looked for on the account and not there; sawt release KEY sends it after all"
    if parts := network.parts_out(checkpoint):
        why = f"{parts.out} of {parts.of} parts are out, the next is not there; sawt release KEY sends the others"
    values: dict[str, object] = {"checkpoint": dict(checkpoint)}
    _settle(session, publication, _must_be_uncertain, Delivery.MISSED, why, by=by, now=now, values=values)


def _settle(
    session: Session,
    publication: Publication,
    must: Callable[[Publication], None],
    to: Delivery,
    why: str,
    *,
    by: str,
    now: datetime,
    values: dict[str, object],
) -> None:
    """Conditional: if the network answers at the same moment, its answer stands. A look that begins is no answer."""
    for _ in range(_TRIES):
        must(publication)
        with suppress(Overtaken):
            move(
                session,
                publication,
                to,
                by=by,
                why=why,
                now=now,
                not_before=None,
                fence=Publication.fence + 1,
                **values,
            )
            note(session, by, "settled", publication.key, now=now, why=why)
            return
        session.refresh(publication)
    raise SettlingError(f"{publication.key} is being looked for at this very moment; say it again")


def _must_be_uncertain(publication: Publication) -> None:
    if publication.state is not Delivery.UNCERTAIN:
        raise SettlingError(f"{publication.key} is {publication.state}, not uncertain; there is nothing to decide")


def _must_be_its_own(session: Session, publication: Publication, url: str, remote_id: str) -> None:
    """Not another site's, and no other post's: that one would be measured, corrected and taken down in its place."""
    account = publication.account
    if not addresses.is_on(account.network, url, rehearsal=publication.rehearsal):
        raise Elsewhere(f"that is no address of {account.network.label}; write the one at which you saw it there")
    whose = Account.network == account.network
    if account.network is Network.WEBSITE:  # each site counts its articles by itself
        whose = Account.key == account.key
    other = session.scalar(
        select(Publication.key)
        .join(Publication.account)
        .where(whose, Publication.remote_id == remote_id)
        .where(Publication.rehearsal == publication.rehearsal, Publication.id != publication.id)
        .limit(1)
    )
    if other:
        raise AnothersPost(f"that is the post of {other}; look for the one of {publication.key}")


def _must_be_in_doubt(publication: Publication) -> None:
    if may_be_out(publication) or following.may_be_twice(publication):
        return
    if publication.state in RESUMABLE and publication.sent_at and not publication.remote_id:
        raise SettlingError(
            f"{publication.key} may be out in earlier words and not in these: delete it by hand, then release this one"
        )
    _must_be_uncertain(publication)
