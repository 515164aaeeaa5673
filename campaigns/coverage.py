"""What a lever can be pulled over: every name that there is. A lever over a misspelt one would stop nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.languages import Language
from campaigns.models import Account, Campaign, Kind, Misconception, Scope
from platforms.contract import Network

_MOST_LISTED = 12


def listed(names: Collection[str]) -> str:
    """Names to choose from in a sentence; … stands for those that it leaves out."""
    first = list(names)[:_MOST_LISTED]
    return ", ".join([*first, "…"] if len(names) > len(first) else first)


def names(session: Session, scope: Scope) -> Sequence[str]:
    """The values that a lever of this scope may have, in order; "" alone for everything."""
    match scope:
        case Scope.EVERYTHING:
            return [""]
        case Scope.NETWORK:
            return list(Network)
        case Scope.LANGUAGE:
            return list(Language)
        case Scope.KIND:
            return list(Kind)
        case Scope.ACCOUNT:
            return session.scalars(select(Account.key).where(Account.active).order_by(Account.key)).all()
        case Scope.CAMPAIGN:
            return session.scalars(select(Campaign.key).order_by(Campaign.key)).all()
        case Scope.MISCONCEPTION:
            return session.scalars(select(Misconception.key).order_by(Misconception.key)).all()
