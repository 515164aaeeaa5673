"""How much of a day's quota our app has used, on a network that counts calls in units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns import spending
from campaigns.connections import Speaker
from campaigns.models import Account
from platforms.contract import Network


@dataclass(frozen=True, kw_only=True)
class Used:
    """Of one day of the network's own calendar, by all accounts of our app together."""

    uploads: int
    uploads_of: int
    units: int
    units_of: int

    def __str__(self) -> str:
        return f"uploads today {self.uploads} of {self.uploads_of}, units {self.units:,} of {self.units_of:,}"


def used_today(session: Session, account: Account, *, rehearsal: bool, now: datetime) -> Used | None:
    """None where the network has no such quota."""
    if account.network is not Network.YOUTUBE:
        return None
    from platforms.youtube import quota

    speaker = Speaker(account=account.key, network=account.network, rehearsal=rehearsal)
    day = quota.pacific_day(now)
    uploads, units = (
        spending.spent(session, speaker, bucket, day, whole_app=True) for bucket in (quota.UPLOADS, quota.UNITS)
    )
    return Used(uploads=uploads, uploads_of=quota.UPLOADS_A_DAY, units=units, units_of=quota.UNITS_A_DAY)
