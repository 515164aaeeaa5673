"""What calls cost, in a network's units or in money: kept by day, so that it outlives restarts and hosts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaigns.connections import Speaker
from campaigns.models import Spending
from campaigns.store import Store
from platforms import networks_of_app
from platforms.contract import Charge, Network
from platforms.endpoints import Call
from platforms.errors import TooSoon

logger = logging.getLogger(__name__)


class Bookkeeper:
    """The least of gatekeepers: lets every call pass, and writes down what it cost."""

    def __init__(self, store: Store, speaker: Speaker) -> None:
        self._store, self._speaker = store, speaker

    def before(self, call: Call) -> None: ...

    def after(self, call: Call, closing: TooSoon | None, charges: Sequence[Charge]) -> None:
        if not charges:
            return
        try:
            with self._store.writing() as session:
                charge(session, self._speaker, charges)
        except SQLAlchemyError as error:  # the account book must not lose a receipt
            logger.warning("what a call cost could not be written down: %s", type(error).__name__)

    def spent(self, bucket: str, on: date, *, whole_app: bool) -> int:
        with self._store.reading() as session:
            return spent(session, self._speaker, bucket, on, whole_app=whole_app)

    def sent(self, so_far: int, of: int) -> None: ...

    def settled(self) -> None: ...


def charge(session: Session, speaker: Speaker, charges: Sequence[Charge]) -> None:
    """Add what a call cost. The rehearsal stage's charges are kept apart from the real networks'."""
    add = _ADD[session.get_bind().dialect.name]
    for each in charges:
        by = spender(speaker, whole_app=each.whole_app)
        session.execute(add, {"spender": by, "bucket": each.bucket, "on": each.on, "amount": each.amount})


def _adding(insert: Callable[[type[Spending]], Any]) -> Any:
    row = insert(Spending)
    sum_ = Spending.amount + row.excluded.amount
    return row.on_conflict_do_update(index_elements=["spender", "bucket", "on"], set_={"amount": sum_})


_ADD = {"sqlite": _adding(sqlite.insert), "postgresql": _adding(postgresql.insert)}


def spent(session: Session, speaker: Speaker, bucket: str, on: date, *, whole_app: bool = False) -> int:
    """The sum of one bucket on one day of the network's own calendar."""
    return spent_between(session, spender(speaker, whole_app=whole_app), bucket, on, on)


def spent_between(session: Session, by: str, bucket: str, first: date, last: date) -> int:
    """The sum of a bucket over days, both included."""
    amounts = select(func.coalesce(func.sum(Spending.amount), 0)).where(
        Spending.spender == by, Spending.bucket == bucket, Spending.on >= first, Spending.on <= last
    )
    return int(session.scalar(amounts) or 0)


def spender(speaker: Speaker, *, whole_app: bool) -> str:
    """Who a bucket belongs to: the account, or our app on its network."""
    who = f"app:{_app(speaker.network)}" if whole_app else speaker.account
    return f"stage:{who}" if speaker.rehearsal else who


def _app(network: Network) -> str:
    return min(networks_of_app(network))
