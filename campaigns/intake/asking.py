"""What the networks say to a draft: their objections, and the copies that will be made so that they have none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from campaigns import fitting
from campaigns.drafting import Draft, unsaved
from campaigns.languages import Language
from campaigns.limits import can_carry, sendings
from campaigns.models import Account
from campaigns.settings import Settings
from campaigns.vault import Vault
from platforms import adapter
from platforms.capabilities import can_declare
from platforms.contract import MediaFile, Network, Outgoing
from platforms.errors import MediaNotAccepted, NotOffered, TooLong

_COLUMNS = {"alt text": "alt", "title": "title", "tag": "hashtags"}
"""What a network's complaint speaks of, and our column for it; everything else is about the text."""
_OTHER_LANGUAGE = re.compile(r"\((ar|en|fr)\)")
"""A network that carries all languages in one post names the one that it means."""


@dataclass(frozen=True, kw_only=True)
class Objection:
    """Why `account` could not carry a draft; `about` is "title", "text", "alt", "hashtags" or "media"."""

    account: str
    language: Language
    about: str
    says: str


def objections(draft: Draft, accounts: Iterable[Account], settings: Settings) -> Iterator[Objection]:
    """Every network's complaints. Pictures, films and copies that are still to be made are not missed yet."""
    for account, outgoing in _outgoing(draft, accounts, settings):
        for error in adapter(account.network).check(outgoing):
            if not (isinstance(error, NotOffered) or (isinstance(error, MediaNotAccepted) and draft.template)):
                yield _objection(draft, account, Language(outgoing.language), error)


def remarks(draft: Draft, accounts: Iterable[Account]) -> Iterator[str]:
    """A sentence for each file and network that a copy will be made for, and for what a network cannot be told."""
    form, where = draft.kind.form, _paths(draft)
    needing: dict[Path, dict[Network, None]] = {}
    able = [account for account in accounts if can_carry(account, form)]
    untold = dict.fromkeys(account.network.label for account in able if not can_declare(account.network, form))
    if draft.synthetic and untold:
        yield f"{draft.key}: {', '.join(untold)} cannot be told that a machine made this; say it in the text"
    for sending in sendings(unsaved(draft), able, key=draft.key, vault=Vault(Path())):
        for medium in sending.outgoing.media:
            if fitting.needs_copy(medium, sending.account.network, form):
                needing.setdefault(where[medium.sha256], {})[sending.account.network] = None
    for path, networks in needing.items():
        named = ", ".join(network.label for network in networks)
        yield f"{draft.key}: {path.name} goes as a copy to {named}; it will be shown before anybody approves it"


def _outgoing(draft: Draft, accounts: Iterable[Account], settings: Settings) -> Iterator[tuple[Account, Outgoing]]:
    """What each account would send, with the media as they will be."""
    where = _paths(draft)

    def as_it_will_be(medium: MediaFile, network: Network) -> MediaFile:
        return replace(fitting.foreseen(medium, network, draft.kind.form), path=where[medium.sha256])

    for sending in sendings(unsaved(draft), accounts, key=draft.key, vault=Vault(Path()), settings=settings):
        network = sending.account.network
        media = tuple(as_it_will_be(medium, network) for medium in sending.outgoing.media)
        yield sending.account, replace(sending.outgoing, media=media)


def _paths(draft: Draft) -> dict[str, Path]:
    return {supplied.sha256: supplied.path for supplied in draft.media}


def _objection(draft: Draft, account: Account, language: Language, error: Exception) -> Objection:
    what = error.what if isinstance(error, TooLong) else str(error)
    spoken_of = _OTHER_LANGUAGE.search(what)
    return Objection(
        account=account.key,
        language=Language(spoken_of[1]) if spoken_of else language,
        about="media" if isinstance(error, MediaNotAccepted) else _about(what),
        says=_sentence(draft, account, error),
    )


def _about(what: str) -> str:
    return next((column for sign, column in _COLUMNS.items() if sign in what), "text")


def _sentence(draft: Draft, account: Account, error: Exception) -> str:
    if not isinstance(error, TooLong):
        return f"{error} ({account.key})"
    without = f"name the accounts without {account.key}" if draft.everywhere else f"leave {account.key} out of accounts"
    return (
        f"{error.length:,} {error.unit}; {error.network} takes {error.limit:,} ({account.key}). "
        f"Shorten it by {error.length - error.limit:,} or {without}"
    )
