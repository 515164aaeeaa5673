"""Ask every network, before any person is troubled, whether it would take a draft as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from campaigns.drafting import Draft, unsaved
from campaigns.languages import Language
from campaigns.models import Account, Revision
from campaigns.outgoing import compose
from campaigns.settings import Settings
from campaigns.vault import Vault
from platforms import adapter
from platforms.contract import Form, Outgoing
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


def can_carry(account: Account, form: Form) -> bool:
    return form in adapter(account.network).forms


def objections(draft: Draft, accounts: Iterable[Account], settings: Settings) -> Iterator[Objection]:
    """Every network's complaints. Pictures and films that are still to be drawn are not missed yet."""
    revision = unsaved(draft)
    hashtags = {each.key: each.hashtags for each in settings.accounts}
    for account in accounts:
        for outgoing in _outgoing(draft, revision, account):
            allowed = replace(outgoing, most_hashtags=hashtags.get(account.key))
            for error in adapter(account.network).check(allowed):
                if not (isinstance(error, NotOffered) or (isinstance(error, MediaNotAccepted) and draft.template)):
                    yield _objection(draft, account, Language(outgoing.language), error)


def _outgoing(draft: Draft, revision: Revision, account: Account) -> Iterator[Outgoing]:
    """What this account would send, composed as publishing does, with the media where the team has them."""
    where = {supplied.sha256: supplied.path for supplied in draft.media}
    for language in account.spoken:
        if language in revision.languages:
            composed = compose(revision, account, language, key=draft.key, vault=Vault(Path()))
            yield replace(composed, media=tuple(replace(each, path=where[each.sha256]) for each in composed.media))


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
