"""What each account sends of a post: how its words fit its network, and exactly the files that it gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import limits
from campaigns.desk.visits import Visit
from campaigns.fitting import refused_once_made
from campaigns.languages import Language
from campaigns.limits import Sending
from campaigns.models import Account, Asset, Revision
from campaigns.telling import Reason, reason_of
from campaigns.words import Words
from platforms.limits import Fit

_KILO = 1000
_LEFT_TO_RIGHT, _POP = "\u2066", "\u2069"
"""Width comes first in Arabic too; browsers turn digits without letters round, though they are isolated."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One file that is sent; `copy` where it was made for this network alone."""

    asset: Asset
    said: str
    copy: bool


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One account's share in one language; `refused` says what its network would not take.

    `thread` is what readers get one after the other where the text is cut into several posts.
    """

    account: Account
    fits: tuple[str, ...]
    thread: tuple[str, ...]
    files: tuple[File, ...]
    refused: tuple[Reason, ...]


def sent_in(visit: Visit, session: Session, revision: Revision) -> dict[Language, list[Sent]]:
    """By language, the accounts that speak it, in the order of their keys."""
    named = select(Account).where(Account.key.in_(revision.accounts), Account.active).order_by(Account.key)
    found: dict[Language, list[Sent]] = {language: [] for language in Language}
    accounts = [each for each in session.scalars(named) if limits.can_carry(each, revision.kind.form)]
    desk, key = visit.desk, revision.post.key
    for sending in limits.sendings(revision, accounts, key=key, vault=desk.vault, settings=desk.settings):
        found[sending.language].append(_sent(sending, revision, visit))
    return found


def _sent(sending: Sending, revision: Revision, visit: Visit) -> Sent:
    words = visit.words
    return Sent(
        account=sending.account,
        fits=tuple(_fits(sending.fits, words)),
        thread=tuple(part for fit in sending.fits for part in fit.thread),
        files=tuple(_file(asset, words) for asset in sending.media),
        refused=tuple(_refusal(str(error), sending.account, visit) for error in refused_once_made(sending, revision)),
    )


def _refusal(why: str, account: Account, visit: Visit) -> Reason:
    """What we have no words for is told as a refusal all the same, with the English folded below."""
    reason = reason_of(account, why, visit.words, now=visit.now)
    network = visit.words.say(f"stands.network.{account.network}")
    return reason if reason.said else replace(reason, said=visit.words.say("reasons.unfit", network=network))


def _fits(fits: tuple[Fit, ...], words: Words) -> Iterator[str]:
    for fit in fits:
        if fit.limit is None or fit.left is None:
            yield words.say("fit.free", used=fit.used)
        elif fit.thread:
            continue
        elif fit.left < 0:
            yield words.say("fit.over", used=fit.used, limit=fit.limit, over=-fit.left)
        else:
            key = "fit.title" if fit.what == "title" else "fit.bytes" if "bytes" in fit.unit else "fit.room"
            yield words.say(key, used=fit.used, limit=fit.limit, left=fit.left)


def _file(asset: Asset, words: Words) -> File:
    measures = {
        "kind": asset.mime_type.partition("/")[2].upper(),
        "sides": f"{_LEFT_TO_RIGHT}{asset.width}×{asset.height}{_POP}",
        "size": _weight(asset.size, words),
    }
    if asset.network is None:
        return File(asset=asset, said=words.say("fit.file", **measures), copy=False)
    network = words.say(f"network.{asset.network}")
    return File(asset=asset, said=words.say("fit.copy", network=network, **measures), copy=True)


def _weight(size: int, words: Words) -> str:
    kilobytes = max(1, round(size / _KILO))
    if kilobytes < _KILO:
        return words.say("fit.kilobytes", n=kilobytes)
    return words.say("fit.megabytes", n=f"{size / _KILO / _KILO:.1f}")
