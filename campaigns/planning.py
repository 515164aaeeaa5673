"""Give an approved post its hour on each of its accounts.

Hours are kept in UTC and come from the audience's zone with the calendar's own rules: on the night when
clocks change an hour may not exist or exist twice, and then a person says which is meant.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from campaigns import allowance, levers
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Move, Post, PostState, Publication, Revision, Verdict, Wording
from campaigns.moving import Overtaken, move, update_unchanged, write_down
from campaigns.settings import Settings
from campaigns.store import Store, take_in_hand
from platforms import adapter
from platforms.contract import Form

SLOT = "slot"
LATE_APPROVAL = timedelta(hours=1)
"""Approved later than this after its hour, a post needs a new hour from a person."""


_WITH_NEWER_APPROVED = (
    select(Publication)
    .join(Publication.post)
    .where(
        Publication.id == bindparam("id"),
        Post.state == PostState.APPROVED,
        exists().where(Revision.post_id == Publication.post_id, Revision.id > Publication.revision_id),
    )
    .execution_options(populate_existing=True)
)

_AS_NEW: Mapping[str, Any] = {
    "checkpoint": {},
    "setbacks": 0,
    "resendings": 0,
    "looks": 0,
    "absences": 0,
    "published_at": None,
    "withdrawn_at": None,
    "corrected_at": None,
    "follows_at": None,
    "corrected_to_id": None,
    "remote_id": None,
    "url": None,
}
"""Nothing is kept of what was staged, or out."""


class CannotPlan(ValueError):
    """A post that cannot be given an hour; the message says what to change."""


def plan(
    session: Session, post: Post, *, settings: Settings, now: datetime, only: Account | None = None
) -> list[Publication]:
    """Publications for each account and language of an approved post, or for `only` one, with their due instants.

    What is out already, or may be, stays as it is; what was taken off the plan by an edit goes back on it.
    """
    revision = post.revision
    planned = []
    for account, language in targets(session, revision):
        if only not in (None, account):
            continue
        publication = _existing(session, post, account, language)
        if publication is None:
            publication = _new(session, revision, account, language, settings, now)
        elif publication.revision is not revision and _is_free(session, publication, revision):
            _again(session, publication, revision, settings, now)
        elif is_to_be_corrected(publication, revision):
            _correct(session, publication, revision, now)
            levers.needs_sign_in(publication, "a correction waits", settings=settings, now=now)
        else:
            continue
        planned.append(publication)
    return planned


def plan_all(store: Store, *, settings: Settings, now: datetime) -> tuple[list[str], list[str]]:
    """Plan every approved post that still lacks a publication somewhere: keys; and, in sentences, what cannot be.

    Each in a transaction of its own, for nobody else can write meanwhile.
    """
    planned, problems = list[str](), list[str]()
    with store.reading() as session:
        waiting = unplanned(session)
    for each in waiting:
        with store.writing() as session:
            post = session.get_one(Post, each)
            try:
                planned += [publication.key for publication in plan(session, post, settings=settings, now=now)]
            except CannotPlan as error:
                problems.append(f"{post.key}: {error}")
    return planned, problems


def unplanned(session: Session) -> list[int]:
    """Ids of the approved posts whose newest revision lacks a publication somewhere; `plan` says if it can have one."""
    newest = select(func.max(Revision.id)).group_by(Revision.post_id)
    planned = select(Publication.post_id, Publication.account_key, Publication.language)
    done = {(each[0], each[1], each[2]) for each in session.execute(planned.where(Publication.revision_id.in_(newest)))}
    said = defaultdict(set)
    for of, language in session.execute(select(Wording.revision_id, Wording.language)):
        said[of].add(language)
    spoken = {each.key: each.spoken for each in session.scalars(select(Account).where(Account.active))}
    approved = (
        select(Revision.id, Revision.post_id, Revision.accounts)
        .join(Revision.post)
        .where(Post.state == PostState.APPROVED, Revision.id.in_(newest))
        .order_by(Revision.post_id)
    )
    return [
        post
        for revision, post, accounts in session.execute(approved)
        if any(
            (post, account, language) not in done
            for account in accounts
            for language in spoken.get(account, ())
            if language in said[revision]
        )
    ]


def put_right(session: Session, publication_id: int, *, now: datetime) -> None:
    """Bring a correction that was approved while this one, which is out now, was on its way."""
    publication = _with_newer_approved(session, publication_id)
    if publication is None:
        return
    newer = publication.post.revision
    if newer.is_for(publication.account_key, publication.language) and is_to_be_corrected(publication, newer):
        _correct(session, publication, newer, now)


def take_its_place(session: Session, publication_id: int, *, settings: Settings, now: datetime) -> None:
    """Plan a newer revision that was approved while this one was in hand, which is free now.

    Without an hour for it a person must know: it is held.
    """
    publication = _with_newer_approved(session, publication_id)
    if publication is None:
        return
    try:
        plan(session, publication.post, settings=settings, now=now, only=publication.account)
    except CannotPlan:
        if publication.state is Delivery.WITHDRAWN:
            why = "a newer revision is approved and there is no hour for it any more; put it back at a new one"
            sent_at = None if publication.remote_id else publication.sent_at
            move(session, publication, Delivery.HELD, by="plan", why=why, now=now, sent_at=sent_at, **_AS_NEW)


def _with_newer_approved(session: Session, publication_id: int) -> Publication | None:
    """The publication, read anew with its post, if what is approved is another revision than its own."""
    publication = session.scalar(_WITH_NEWER_APPROVED, {"id": publication_id})
    if publication:
        session.refresh(publication.post)
    return publication


def targets(session: Session, revision: Revision) -> Iterator[tuple[Account, Language]]:
    """Each account of a revision with each language that both have."""
    accounts = session.scalars(
        select(Account).where(Account.key.in_(revision.accounts), Account.active).order_by(Account.key)
    )
    for account in accounts:
        yield from ((account, language) for language in account.spoken if language in revision.languages)


def instant(at: str, zone: str) -> datetime:
    """The UTC instant of ISO 8601 `at`, read in `zone` if it names no offset. Raises CannotPlan."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise CannotPlan(f"{at!r} is not a date and time; write 2026-11-22T18:00 or slot") from None
    return moment.astimezone(UTC) if moment.tzinfo else local_instant(moment, ZoneInfo(zone))


def local_instant(moment: datetime, zone: ZoneInfo) -> datetime:
    """The one instant that a clock in `zone` shows as `moment`. Raises CannotPlan where there is none or two."""
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None) != moment:
        raise CannotPlan(
            f"{moment:%Y-%m-%d %H:%M} does not exist in {zone.key}: clocks go forward; choose another hour"
        )
    raise CannotPlan(
        f"{moment:%Y-%m-%d %H:%M} comes twice in {zone.key}: clocks go back; "
        f"write it with its offset, {first.astimezone(zone).isoformat()} or {second.astimezone(zone).isoformat()}"
    )


def _due(
    session: Session, revision: Revision, account: Account, language: Language, settings: Settings, now: datetime
) -> datetime:
    """The instant that the revision asks for on this account. Raises CannotPlan, also for a day that is full."""
    _was_meant_for(session, revision, account, language, now)
    take_in_hand(session, account)
    form = revision.kind.form
    if revision.at == SLOT:
        return _free_slot(session, account, form, settings.slots[language], now)
    due = instant(revision.at, revision.timezone)
    if now - due > LATE_APPROVAL:
        raise CannotPlan(f"its hour has passed ({revision.at}); send {revision.post.key} back for a new one")
    if not _rehearses(revision, account, settings) and not allowance.fits(session, account, form, due):
        raise CannotPlan(
            f"{account.network.label} takes no more posts of this kind on {account.key} around {revision.at}: "
            "the day is full; choose another one, or slot"
        )
    return due


def _was_meant_for(session: Session, revision: Revision, account: Account, language: Language, now: datetime) -> None:
    """Raises CannotPlan for what came to the house only after the approval.

    An approval plans at once wherever the post goes then, or fails. So what an account lacks of a post that it has in
    another language is a language that it got since; and as an hour may pass, so may the time for the next slot.
    """
    approved_at = max((each.at for each in revision.approvals if each.verdict is Verdict.APPROVED), default=now)
    if approved_at >= now or _existing(session, revision.post, account, language):
        return
    beside = select(Publication.id).where(
        Publication.post_id == revision.post_id,
        Publication.account_key == account.key,
        Publication.moves.any(Move.at < now),
    )
    is_late = revision.at == SLOT and now - approved_at > LATE_APPROVAL
    if is_late or session.scalar(beside.limit(1)):
        raise CannotPlan(
            f"it was approved before it could go to {account.key} in {language.own_name}; "
            "change its row, import it again and have it approved"
        )


def _free_slot(session: Session, account: Account, form: Form, slots: tuple[time, ...], now: datetime) -> datetime:
    """The account's next slot with its spacing to both sides. A slot that DST swallows or doubles is left out."""
    zone = ZoneInfo(account.timezone)
    today = now.astimezone(zone).date()
    taken = _taken(session, account)
    for on in _days(today):
        for at in slots:
            try:
                due = local_instant(datetime.combine(on, at), zone)
            except CannotPlan:
                continue
            if due > now and _has_room(due, taken, account.spacing) and allowance.fits(session, account, form, due):
                return due
    raise CannotPlan(f"{account.key} has no free slot in the coming year; add hours in config/hours.toml")


def _taken(session: Session, account: Account) -> list[datetime]:
    """The account's instants that are given away, in order."""
    return sorted(session.scalars(select(Publication.due_at).where(Publication.account_key == account.key)))


def _has_room(due: datetime, taken: list[datetime], spacing: timedelta) -> bool:
    position = bisect_left(taken, due)
    beside = taken[max(position - 1, 0) : position + 1]
    return all(due != other and abs(due - other) >= spacing for other in beside)


def _days(start: date) -> Iterator[date]:
    return (start + timedelta(days=number) for number in range(366))


def _is_free(session: Session, publication: Publication, revision: Revision) -> bool:
    """Whether `revision` can take its place, also when a worker lets go of it at this very moment."""
    if not _was_free(publication, revision):
        take_in_hand(session, publication.account)
        take_in_hand(session, publication)
    return _was_free(publication, revision)


def _was_free(publication: Publication, revision: Revision) -> bool:
    """Neither out, nor maybe out, nor on its way. What a person took down needs an approval since then."""
    if publication.state is Delivery.WITHDRAWN:
        if publication.withdrawn_at:
            decided_at = _decided_at(publication) or publication.withdrawn_at
            return any(each.at > decided_at for each in revision.approvals)
        return publication.remote_id is None
    return publication.state is Delivery.FAILED and publication.remote_id is None


def _decided_at(publication: Publication) -> datetime | None:
    """When a person last wanted it down, which the network may have done much later."""
    asked_at = decided_at = None
    down = (Delivery.WITHDRAWING, Delivery.WITHDRAWN)
    for each in publication.moves:
        if each.went_to is Delivery.WITHDRAWING and each.came_from not in down:
            asked_at = each.at
        elif each.went_to is Delivery.WITHDRAWN:
            decided_at = asked_at if each.came_from is Delivery.WITHDRAWING else each.at
    return decided_at


def is_to_be_corrected(publication: Publication, revision: Revision) -> bool:
    """What is out is changed in place where the new revision says publicly what it puts right, and the network can.

    A correction that was given up is tried anew.
    """
    on_its_way = publication.corrected_to if publication.follows_at else None
    return (
        publication.state is Delivery.PUBLISHED
        and revision not in (publication.revision, on_its_way)
        and says_correction(publication, revision)
        and adapter(publication.account.network).corrects
    )


def says_correction(publication: Publication, revision: Revision) -> bool:
    """Whether it tells that publication's readers what it puts right; what they have been told is no news.

    Where a network carries the other languages as well, their readers are its readers too.
    """
    everybody = adapter(publication.account.network).localizes and revision.wording(publication.language)
    read = revision.languages if everybody else (publication.language,)
    return any(_says_news(publication.revision, revision, language) for language in read)


def _says_news(older: Revision, newer: Revision, language: Language) -> bool:
    told, wording = older.wording(language), newer.wording(language)
    return wording is not None and wording.correction not in ("", told.correction if told else "")


def _correct(session: Session, publication: Publication, revision: Revision, now: datetime) -> None:
    """An earlier correction may be in somebody's hand, or have come without an answer: that doubt is kept."""
    in_doubt = publication.corrected_to_id is not None and (publication.setbacks > 0 or publication.owner is not None)
    with suppress(Overtaken):
        update_unchanged(
            session,
            publication,
            Delivery.PUBLISHED,
            corrected_to_id=revision.id,
            follows_at=now,
            setbacks=int(in_doubt),
            owner=None,
            lease_until=None,
            fence=Publication.fence + 1,
        )
        session.expire(publication, ["corrected_to"])


def _existing(session: Session, post: Post, account: Account, language: Language) -> Publication | None:
    return session.scalar(
        select(Publication).where(
            Publication.post_id == post.id,
            Publication.account_key == account.key,
            Publication.language == language,
        )
    )


def _new(
    session: Session, revision: Revision, account: Account, language: Language, settings: Settings, now: datetime
) -> Publication:
    publication = Publication(
        key=f"{revision.post.key}:{account.key}:{language}",
        post=revision.post,
        revision=revision,
        account=account,
        language=language,
        state=Delivery.PLANNED,
        rehearsal=_rehearses(revision, account, settings),
        due_at=_due(session, revision, account, language, settings, now),
    )
    session.add(publication)
    session.flush()
    write_down(session, publication.id, None, Delivery.PLANNED, by="plan", now=now)
    return publication


def _rehearses(revision: Revision, account: Account, settings: Settings) -> bool:
    return revision.post.rehearsal or not settings.signed_in(account.key)


def _again(session: Session, publication: Publication, revision: Revision, settings: Settings, now: datetime) -> None:
    """Put what was taken off the plan back on it, for the revision approved now; nothing staged is kept."""
    due = _due(session, revision, publication.account, publication.language, settings, now)
    to, why, in_doubt_since = Delivery.PLANNED, "", None
    if publication.remote_id:
        why = f"it was out as {publication.remote_id} and was taken down"
    elif in_doubt_since := publication.sent_at:
        to = Delivery.HELD
        why = (
            f"an earlier version was on its way at {in_doubt_since:%Y-%m-%d %H:%M} UTC and may yet appear: "
            "look at the account, then release this one"
        )
    with suppress(Overtaken):  # then somebody else has it in hand, and plans it in their turn
        move(
            session,
            publication,
            to,
            by="plan",
            why=why,
            now=now,
            rehearsal=_rehearses(revision, publication.account, settings),
            revision_id=revision.id,
            due_at=due,
            not_before=None,
            sent_at=in_doubt_since,
            **_AS_NEW,
            fence=Publication.fence + 1,
        )
        session.expire(publication, ["revision", "corrected_to"])
