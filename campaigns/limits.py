"""Ask every network, before any person is troubled, whether it would take a post as it is, and what room is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from campaigns.languages import Language
from campaigns.models import Account, Asset, Revision
from campaigns.outgoing import compose, sent_media
from campaigns.settings import Settings
from campaigns.vault import Vault
from platforms import adapter, limits
from platforms.contract import Form, MediaFile, Outgoing
from platforms.limits import Fit


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What one account is to send of a revision in one language, how its words fit, and what the network refuses."""

    account: Account
    language: Language
    outgoing: Outgoing
    media: tuple[Asset, ...]

    @property
    def fits(self) -> tuple[Fit, ...]:
        network = self.account.network
        return limits.fits(network, self.outgoing, adapter(network).posts(self.outgoing))

    @property
    def refusals(self) -> tuple[Exception, ...]:
        """In sentences that name a file by its place in the post: its name in the vault tells nobody anything."""
        media = tuple(replace(each, path=_place(each, number)) for number, each in enumerate(self.outgoing.media, 1))
        return tuple(adapter(self.account.network).check(replace(self.outgoing, media=media)))


def can_carry(account: Account, form: Form) -> bool:
    return form in adapter(account.network).forms


def sendings(
    revision: Revision, accounts: Iterable[Account], *, key: str, vault: Vault, settings: Settings | None = None
) -> Iterator[Sending]:
    """Everything that these accounts would send of a revision, composed as publishing does.

    `settings` say how many hashtags each account may have; without them the networks' usual measure stands.
    """
    hashtags = {each.key: each.hashtags for each in settings.accounts} if settings else {}
    for account in accounts:
        for language in account.spoken:
            if language in revision.languages:
                yield Sending(
                    account=account,
                    language=language,
                    outgoing=replace(
                        compose(revision, account, language, key=key, vault=vault),
                        most_hashtags=hashtags.get(account.key),
                    ),
                    media=tuple(sent_media(revision, account, language)),
                )


def _place(medium: MediaFile, number: int) -> Path:
    return Path("the film" if medium.mime_type.startswith("video/") else f"picture {number}")
