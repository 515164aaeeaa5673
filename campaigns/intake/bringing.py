"""Bring a file in: every row becomes a post, or nothing does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns import costs
from campaigns.costs import Price
from campaigns.drafting import Draft, DraftingError, Outcome, compare, keep, save, unsaved
from campaigns.intake.asking import remarks
from campaigns.intake.judging import check
from campaigns.intake.reading import read
from campaigns.intake.rows import Fault, Unreadable
from campaigns.models import Account, Campaign, Post, Revision
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


_AT_ONCE = "somebody else imported some of these posts in the same moment; import the file again"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """How many rows made a new post, changed one, or said nothing new; or why nothing was stored."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: tuple[Fault, ...] = ()
    new_campaigns: tuple[str, ...] = ()
    prices: tuple[Price, ...] = field(default=(), compare=False)
    """What posting the new and the changed ones will cost, where it is not free."""
    remarks: tuple[str, ...] = ()
    """What is no fault and still worth knowing: copies that will be made for single networks."""


def bring_in(
    store: Store,
    vault: Vault,
    settings: Settings,
    file: Path,
    *,
    now: datetime,
    dry_run: bool = False,
    rehearsal: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Read, check and store a file in one transaction; with any fault, or as a dry run, nothing is stored.

    Reading, measuring and copying of media come before the transaction, which holds no slow work.
    """
    try:
        rows = read(file)
    except Unreadable as error:
        return Imported(faults=(error.fault,))
    with store.reading() as session:
        drafts, faults = check(session, rows, settings=settings, folder=file.parent, now=now, rehearsal=rehearsal)
        if faults:
            return Imported(faults=tuple(faults))
        foreseen = _foreseen(session, drafts, vault)
    if dry_run or foreseen.unchanged == len(drafts):
        return foreseen
    try:
        for draft in drafts:
            for supplied in draft.files:
                keep(vault, supplied)
        return _store(store, vault, drafts, foreseen, now=now, rehearsal=rehearsal, progress=progress)
    except DraftingError as error:
        return Imported(faults=(Fault(row=0, column="", says=str(error)),))
    except IntegrityError:
        return Imported(faults=(Fault(row=0, column="", says=_AT_ONCE),))


def _foreseen(session: Session, drafts: Sequence[Draft], vault: Vault) -> Imported:
    campaigns = set(session.scalars(select(Campaign.key)))
    told = select(Post.key, Revision.row_digest).join(Revision, Revision.post_id == Post.id).order_by(Revision.number)
    digests = {row.key: row.row_digest for row in session.execute(told)}
    named = dict.fromkeys(draft.campaign for draft in drafts if draft.campaign)
    outcomes = [compare(draft, digests.get(draft.key)) for draft in drafts]
    fresh = [draft for draft, outcome in zip(drafts, outcomes, strict=True) if outcome is not Outcome.UNCHANGED]
    return replace(
        _counted(outcomes),
        new_campaigns=tuple(key for key in named if key not in campaigns),
        prices=tuple(_prices(session, fresh, vault)),
        remarks=tuple(_remarks(session, fresh)),
    )


def _prices(session: Session, drafts: Sequence[Draft], vault: Vault) -> Iterator[Price]:
    accounts = {account.key: account for account in session.scalars(select(Account).where(Account.active))}
    for draft in drafts:
        named = [accounts[key] for key in draft.accounts if key in accounts]
        yield from costs.prices(session, unsaved(draft), named, post=draft.key, vault=vault)


def _remarks(session: Session, drafts: Iterable[Draft]) -> Iterator[str]:
    accounts = {account.key: account for account in session.scalars(select(Account))}
    for draft in drafts:
        yield from remarks(draft, [accounts[key] for key in draft.accounts])


def _store(
    store: Store,
    vault: Vault,
    drafts: Sequence[Draft],
    foreseen: Imported,
    *,
    now: datetime,
    rehearsal: bool,
    progress: Progress | None,
) -> Imported:
    outcomes = []
    with store.writing(durable=True) as session, session.no_autoflush:
        for number, draft in enumerate(drafts, 1):
            outcomes.append(save(session, draft, now=now, vault=vault, rehearsal=rehearsal))
            if progress:
                progress(number, len(drafts))
    came = _counted(outcomes)
    return replace(foreseen, new=came.new, changed=came.changed, unchanged=came.unchanged)


def _counted(outcomes: Iterable[Outcome]) -> Imported:
    times = Counter(outcomes)
    return Imported(new=times[Outcome.NEW], changed=times[Outcome.CHANGED], unchanged=times[Outcome.UNCHANGED])
