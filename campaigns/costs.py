"""What posting costs in money: of one post before it is spent, and of an account's month against its budget.

Amounts are in millionths of a US dollar, which is how the books are kept (`campaigns.spending`). A month is one of
UTC's, as the networks that ask for money bill by UTC days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import spending
from campaigns.connections import Speaker
from campaigns.languages import Language
from campaigns.models import ON_THE_WAY, Account, Delivery, Post, Publication, Revision
from campaigns.outgoing import compose
from campaigns.settings import Settings
from campaigns.vault import Vault
from campaigns.words import unmarked, words_in
from platforms import adapter
from platforms.contract import Network, Outgoing
from platforms.errors import Refused

DOLLAR = 1_000_000
_OUT = (Delivery.PUBLISHED, Delivery.WITHDRAWING)


@dataclass(frozen=True, kw_only=True)
class Month:
    """One account's month: what its calls have cost, what the posts planned for it will, and what they may."""

    spent: int
    planned: int
    budget: int | None

    @property
    def estimate(self) -> int:
        return self.spent + self.planned

    @property
    def is_over(self) -> bool:
        return self.budget is not None and self.estimate > self.budget


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one post will cost on one account in one language, and of how many parts it is there."""

    post: str
    network: Network
    account: str
    language: Language
    parts: int
    amount: int


def month_of(session: Session, account: Account, *, settings: Settings, vault: Vault, now: datetime) -> Month | None:
    """As things are planned now; None where posting is free. The stage's months are kept apart from the real ones."""
    if not adapter(account.network).money:
        return None
    rehearsal = not settings.signed_in(account.key)
    _, end = _month(now)
    waiting = select(Publication).where(
        Publication.account_key == account.key,
        Publication.state.in_(ON_THE_WAY),
        Publication.rehearsal == rehearsal,
        Publication.due_at < end,
    )
    return Month(
        spent=_spent(session, account, rehearsal=rehearsal, now=now),
        planned=sum(_still_to_pay(each, vault) for each in session.scalars(waiting)),
        budget=_budget(account, settings),
    )


def prices(
    session: Session, revision: Revision, accounts: Iterable[Account], *, post: str, vault: Vault
) -> Iterator[Price]:
    """What a revision will cost on each account that asks for money, in each language that both have.

    What is out there already is not sent again, and costs nothing.
    """
    sent = select(Publication.account_key, Publication.language).join(Publication.post)
    out = {tuple(row) for row in session.execute(sent.where(Post.key == post, Publication.state.in_(_OUT)))}
    for account in accounts:
        for language in account.spoken if adapter(account.network).money else ():
            if language in revision.languages and (account.key, language) not in out:
                outgoing = compose(revision, account, language, key=post, vault=vault)
                parts = len(adapter(account.network).posts(outgoing))
                amount = _price(account, outgoing)
                yield Price(
                    post=post,
                    network=account.network,
                    account=account.key,
                    language=language,
                    parts=parts,
                    amount=amount,
                )


def is_used_up(session: Session, publication: Publication, *, settings: Settings, vault: Vault, now: datetime) -> bool:
    """Whether the budget of its hour's month does not hold this post. A thread out in part is brought to its end."""
    budget = _budget(publication.account, settings)
    if budget is None or publication.is_out_in_part:
        return False
    paid_at = max(now, publication.due_at)
    spent = _spent(session, publication.account, rehearsal=publication.rehearsal, now=paid_at)
    return spent + _still_to_pay(publication, vault) > budget


def warnings(
    session: Session, publications: Iterable[Publication], *, settings: Settings, vault: Vault, now: datetime
) -> Iterator[str]:
    """A sentence for each account whose month has become dearer than its budget with these publications."""
    for account in dict.fromkeys(each.account for each in publications):
        month = month_of(session, account, settings=settings, vault=vault, now=now)
        if month and month.budget is not None and month.is_over:
            yield (
                f"{account.key}: {in_dollars(month.spent)} spent and {in_dollars(month.planned)} planned this month "
                f"are more than its budget of {in_dollars(month.budget)}; what it does not hold will wait for a person"
            )


def in_dollars(amount: int) -> str:
    """For the command's sentences: "$0.015", "$12.40"."""
    return unmarked(words_in(Language.EN).dollars(amount))


def _spent(session: Session, account: Account, *, rehearsal: bool, now: datetime) -> int:
    speaker = Speaker(account=account.key, network=account.network, rehearsal=rehearsal)
    by, (first, end) = spending.spender(speaker, whole_app=False), _month(now)
    last = (end - timedelta(days=1)).date()
    return spending.spent_between(session, by, adapter(account.network).money, first.date(), last)


def _budget(account: Account, settings: Settings) -> int | None:
    return next((each.budget for each in settings.accounts if each.key == account.key), None)


def _still_to_pay(publication: Publication, vault: Vault) -> int:
    """What is left to be paid of a publication on its way."""
    outgoing = compose(
        publication.revision, publication.account, publication.language, key=publication.key, vault=vault
    )
    return _price(publication.account, outgoing, publication)


def _price(account: Account, outgoing: Outgoing, publication: Publication | None = None) -> int:
    try:
        return adapter(account.network).price(outgoing, publication.checkpoint if publication else {})
    except Refused:
        return 0  # it cannot go out, and is told so elsewhere


def _month(now: datetime) -> tuple[datetime, datetime]:
    """The first instant of this month of UTC's, and that of the next."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, first + timedelta(days=monthrange(first.year, first.month)[1])
