"""Ask each network who we are there, and how long a sign-in still lasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from campaigns import tokens
from campaigns.connections import Connections, Speaker
from campaigns.models import Account, Token
from campaigns.settings import Settings
from campaigns.stage import stage_if_needed
from campaigns.store import Store
from platforms import entrance
from platforms.contract import Network
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn, PlatformError
from platforms.signing_in import Standing

LOOK_AFTER = timedelta(days=1)
WARN_BEFORE = timedelta(days=14)
"""How long before its end a sign-in is told of."""


def names(settings: Settings) -> dict[str, str]:
    """By account key: the name that the network gives, or the reason why it does not."""
    answers = {}
    with stage_if_needed(settings) as stage:
        connections = Connections(settings, stage)
        for account in settings.accounts:
            speaker = Speaker(
                account=account.key, network=account.network, rehearsal=not settings.signed_in(account.key)
            )
            try:
                with connections.platform(speaker) as platform:
                    answers[account.key] = platform.verify()
            except PlatformError as error:
                answers[account.key] = str(error)
        connections.close()
    return answers


def look_when_due(store: Store, settings: Settings, *, now: datetime) -> int:
    """Look at every connected account that nobody has looked at for a day; how many."""
    with store.reading() as session:
        due = or_(Token.checked_at.is_(None), Token.checked_at <= now - LOOK_AFTER)
        found = session.execute(select(Token.account_key, Account.network).join(Account).where(due)).all()
    for account, network in found:
        _look(store, settings, account, network, now)
    return len(found)


def _look(store: Store, settings: Settings, account: str, network: Network, now: datetime) -> None:
    """What is found is written down and told; it is publishing that pauses an account."""
    standing, trouble = None, ""
    try:
        credentials = settings.credentials[account]
        standing = _asked(network, credentials, settings.endpoints)
    except (PlatformError, KeyError) as error:
        trouble = str(error) if isinstance(error, PlatformError) else f"{account} was disconnected"
    with store.writing() as session:
        row = session.get(Token, account, with_for_update=True)
        if row is None:
            return
        if standing:
            tokens.seen(row, standing, now=now)
        else:
            row.checked_at, row.trouble = now, trouble


def _asked(network: Network, credentials: Mapping[str, str], endpoints: Endpoints) -> Standing:
    standing = entrance(network).look(credentials, endpoints)
    if isinstance(credentials, tokens.Sealed) and credentials.remote_id != standing.remote_id:
        raise NotSignedIn(f"{standing.name} answers, and that is not who was signed in: connect the account again")
    return standing
