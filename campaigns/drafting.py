"""Turn a finished draft into a post, or into the next revision of one that is there.

What a draft says is final when it comes here: verses are set, accounts are named, media are measured.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.chronicle import note
from campaigns.languages import Language
from campaigns.models import (
    Asset,
    Campaign,
    Delivery,
    Kind,
    Part,
    Post,
    PostState,
    Publication,
    Rebuttal,
    Revision,
    Role,
    Wording,
)
from campaigns.moving import write_down
from campaigns.review import person_called
from campaigns.store import take_in_hand
from campaigns.vault import Vault

if TYPE_CHECKING:
    from campaigns.studio.probing import Probe

NEWER_REVISION = "a newer revision waits for approval"
_WAITING = (Delivery.PLANNED, Delivery.STAGED, Delivery.HELD, Delivery.MISSED, Delivery.FAILED)
"""States in which nothing is at work on a publication and nothing of it can be out."""


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class DraftingError(ValueError):
    """A draft that may not be saved; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is said in one language, verses set; `citations` are references such as "2:256"."""

    language: Language
    title: str = ""
    text: str
    alt_text: str = ""
    hashtags: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    correction: str = ""
    """What this puts right in a post that is out, said to its public."""


@dataclass(frozen=True, kw_only=True)
class Supplied:
    """A picture or film that the team made: size in bytes, width and height in pixels; the rest is a film's."""

    language: Language
    position: int
    path: Path
    sha256: str
    size: int
    mime_type: str
    width: int
    height: int
    seconds: float | None
    codec: str = ""
    sound_codec: str = ""
    frame_rate: float | None = None
    pixel_format: str = ""
    index_first: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Subtitles:
    """The captions of a film that the team supplied, for its films in all languages; size in bytes."""

    language: Language
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One thing to say, ready to be saved. `misconceptions` has the one it answers first of all in front.

    `at` is ISO 8601 local time in `timezone`, or "slot". `everywhere` is set when the team wrote `all` and
    `accounts` was worked out: a new account alone does not make another revision.
    """

    key: str
    kind: Kind
    campaign: str | None = None
    misconceptions: tuple[str, ...] = ()
    words: tuple[Words, ...]
    media: tuple[Supplied, ...] = ()
    captions: tuple[Subtitles, ...] = ()
    template: str = ""
    link: str = ""
    synthetic: bool = False
    for_children: bool = False
    accounts: tuple[str, ...]
    everywhere: bool = False
    at: str
    timezone: str
    author: str

    @property
    def files(self) -> tuple[Supplied | Subtitles, ...]:
        return (*self.media, *self.captions)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that the team wrote and of the files' bytes; what it left empty adds nothing."""
        said: dict[str, object] = {
            "post": [self.key, self.kind, self.campaign or "", self.template, self.link, self.author],
            "answers": self.misconceptions,
            "where": "all" if self.everywhere else self.accounts,
            "when": [self.at, self.timezone],
            "words": [[w.language, w.title, w.text, w.alt_text, w.hashtags] for w in self.words],
            **({"corrections": corrections} if (corrections := self._corrections) else {}),
            "media": [[m.language, m.position, m.sha256] for m in self.media],
        }
        if self.captions:
            said["captions"] = [[c.language, c.sha256] for c in self.captions]
        if self.synthetic or self.for_children:
            said["told"] = [self.synthetic, self.for_children]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    @property
    def _corrections(self) -> list[tuple[str, str]]:
        """Without any, a digest is what it was before posts could be corrected: the same row again is no change."""
        return [(words.language, words.correction) for words in self.words if words.correction]


def supply(file: Path, language: Language, position: int) -> Supplied:
    """Measure a file of the team's. Raises ValueError, whose message names the file, for one that cannot be used."""
    from campaigns.studio.probing import probe

    return Supplied(language=language, position=position, path=file, **measured(probe(file)))


class Measured(TypedDict):
    """What is remembered of a file, by the names of its columns."""

    sha256: str
    size: int
    mime_type: str
    width: int
    height: int
    seconds: float | None
    codec: str
    sound_codec: str
    frame_rate: float | None
    pixel_format: str
    index_first: bool | None


def measured(file: Probe) -> Measured:
    return {
        "sha256": file.sha256,
        "size": file.size,
        "mime_type": file.mime_type,
        "width": file.width,
        "height": file.height,
        "seconds": None if file.duration is None else file.duration.total_seconds(),
        "codec": file.codec if file.duration else "",
        "sound_codec": file.sound.codec if file.sound else "",
        "frame_rate": file.frame_rate,
        "pixel_format": file.pixel_format,
        "index_first": file.index_first,
    }


def save(session: Session, draft: Draft, *, now: datetime, vault: Vault, rehearsal: bool = False) -> Outcome:
    """Make the post, or its next revision where the draft says something else than the newest one.

    A post with a new revision is drafted again and whatever of it was still to go out is withdrawn.
    Media are in the vault before this returns. Neither commits nor asks for a flush: many drafts at once are
    written together. Raises DraftingError.
    """
    post = session.scalar(select(Post).where(Post.key == draft.key))
    newest = _newest(session, post)
    outcome = compare(draft, newest.row_digest if newest else None)
    if outcome is Outcome.UNCHANGED:
        _keep(vault, draft)
        return outcome
    if post is None:
        post = Post(key=draft.key, rehearsal=rehearsal, created_at=now)
        session.add(post)
    else:
        take_in_hand(session, post)  # a review of it at this very moment comes before this, or after it
        newest = _newest(session, post)
        if post.rehearsal != rehearsal:
            raise DraftingError(of_another_world(post))
    _keep(vault, draft)
    _revise(session, post, draft, number=newest.number + 1 if newest else 1, now=now)
    if newest is not None:
        _withdraw_waiting(session, post, by=draft.author, now=now)
    return outcome


def compare(draft: Draft, newest: str | None) -> Outcome:
    """What saving `draft` comes to when `newest` is the digest of the post's newest revision."""
    if newest is None:
        return Outcome.NEW
    return Outcome.UNCHANGED if newest == draft.digest else Outcome.CHANGED


def of_another_world(post: Post) -> str:
    """Why a rehearsal and the real plan cannot share a post."""
    owner = "a rehearsal post" if post.rehearsal else "a real post, which a rehearsal may not change"
    return f"{post.key} is the key of {owner}; give this one another key"


def _newest(session: Session, post: Post | None) -> Revision | None:
    if post is None:
        return None
    own = select(Revision).where(Revision.post_id == post.id)
    return session.scalar(own.order_by(Revision.number.desc()).limit(1))


def _revise(session: Session, post: Post, draft: Draft, *, number: int, now: datetime) -> None:
    if draft.campaign and session.get(Campaign, draft.campaign) is None:
        session.add(Campaign(key=draft.campaign))
        session.flush()
    revision = unsaved(draft)
    revision.number, revision.created_at = number, now
    revision.author = person_called(session, draft.author, role=Role.WRITER, now=now)
    revision.post, post.state = post, PostState.DRAFTED
    session.add(revision)
    note(session, draft.author, "drafted" if number == 1 else "revised", f"{draft.key} revision {number}", now=now)


def unsaved(draft: Draft) -> Revision:
    """What the draft says as a revision that no post has yet; it may be composed, checked and thrown away."""
    return Revision(
        kind=draft.kind,
        campaign_key=draft.campaign,
        template=draft.template,
        link=draft.link,
        synthetic=draft.synthetic,
        for_children=draft.for_children,
        accounts=list(draft.accounts),
        at=draft.at,
        timezone=draft.timezone,
        row_digest=draft.digest,
        wordings=[_wording(words) for words in draft.words],
        assets=[*map(_asset, draft.media), *map(_subtitles, draft.captions)],
        rebuttals=[
            Rebuttal(misconception_key=key, position=position) for position, key in enumerate(draft.misconceptions)
        ],
    )


def _wording(words: Words) -> Wording:
    return Wording(
        language=words.language,
        title=words.title,
        text=words.text,
        alt_text=words.alt_text,
        hashtags=list(words.hashtags),
        citations=list(words.citations),
        correction=words.correction,
    )


def _asset(supplied: Supplied) -> Asset:
    return Asset(
        language=supplied.language,
        shape=None,
        position=supplied.position,
        sha256=supplied.sha256,
        mime_type=supplied.mime_type,
        size=supplied.size,
        width=supplied.width,
        height=supplied.height,
        seconds=supplied.seconds,
        codec=supplied.codec,
        sound_codec=supplied.sound_codec,
        frame_rate=supplied.frame_rate,
        pixel_format=supplied.pixel_format,
        index_first=supplied.index_first,
    )


def _subtitles(captions: Subtitles) -> Asset:
    from campaigns.studio.captions import SUBRIP

    return Asset(
        role=Part.CAPTIONS,
        language=captions.language,
        sha256=captions.sha256,
        size=captions.size,
        mime_type=SUBRIP,
        width=0,
        height=0,
    )


def _keep(vault: Vault, draft: Draft) -> None:
    """Within the transaction: what is in the vault already is not read again, for that takes a film seconds."""
    for supplied in draft.files:
        if not vault.has(supplied.sha256, size=supplied.size):
            keep(vault, supplied)


def keep(vault: Vault, supplied: Supplied | Subtitles) -> None:
    """Have the file in the vault as it was when it was measured. Raises DraftingError if it changed since."""
    if not vault.is_whole(supplied.sha256) and vault.keep(supplied.path) != supplied.sha256:
        raise DraftingError(f"{supplied.path.name} changed while it was being read; import again")


def _withdraw_waiting(session: Session, post: Post, *, by: str, now: datetime) -> None:
    """Each by a conditional update: where a worker was first, its publication stays with the worker.

    What is out in part stays as well: it must be taken down before anything can take its place.
    """
    waiting = select(Publication.id, Publication.state).where(
        Publication.post_id == post.id, Publication.state.in_(_WAITING), Publication.remote_id.is_(None)
    )
    for identity, state in session.execute(waiting).all():
        still = update(Publication).where(Publication.id == identity, Publication.state == state)
        moved = session.execute(still.values(state=Delivery.WITHDRAWN, why=NEWER_REVISION).returning(Publication.id))
        if moved.scalar_one_or_none() is not None:
            write_down(session, identity, state, Delivery.WITHDRAWN, by=by, now=now, why=NEWER_REVISION)
