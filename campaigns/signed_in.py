"""Ask each network who we are there."""

from __future__ import annotations

from campaigns.connections import Connections, Speaker
from campaigns.settings import Settings
from campaigns.stage import stage_if_needed
from platforms.errors import PlatformError


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
