"""What calls have cost, by account or app, bucket and day: quotas in units, and money."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.models.base import Base


class Spending(Base):
    """The sum of one bucket on one day of the network's own calendar.

    `spender` is an account's key, or `app:` and the network's name where all accounts of our app draw from one
    bucket. `amount` is in the bucket's unit, which its name says: `youtube units`, `x microdollars`.
    """

    __tablename__ = "spendings"

    spender: Mapped[str] = mapped_column(String(80), primary_key=True)
    bucket: Mapped[str] = mapped_column(String(40), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
