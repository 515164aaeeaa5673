"""What goes with a film, made before anybody approves it: a picture of it, and its words in every language over it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.languages import Language
from campaigns.models import Account, Asset, Part, Revision, Wording
from campaigns.models.post import timed_for
from campaigns.outgoing import shape_for
from campaigns.review import ReviewError
from campaigns.vault import Vault
from platforms.contract import Form, Network, Shape

if TYPE_CHECKING:
    from campaigns.studio.storyboard import Film

SIGNATURE = {Language.AR: "صوت الحكمة", Language.EN: "Voice of Wisdom", Language.FR: "Voix de la Sagesse"}


@dataclass(frozen=True, kw_only=True)
class Script:
    """The words of a film that is drawn; values only, so that another process can draw it."""

    language: Language
    title: str
    text: str
    kicker: str = ""
    rehearsal: bool = False

    @property
    def slides(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text.split("\n\n") if part.strip())

    @property
    def film(self) -> Film:
        from campaigns.studio.storyboard import Film

        return Film(
            language=self.language,
            title=self.title,
            slides=self.slides,
            kicker=self.kicker,
            handle=SIGNATURE[self.language],
            rehearsal=self.rehearsal,
        )


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A picture of the film in one language: of its title where it is drawn, else a frame of the supplied `film`."""

    post: str
    language: Language
    shape: Shape
    script: Script | None = None
    film: str = ""
    seconds: float = 0

    role = Part.THUMBNAIL
    position = 0


@dataclass(frozen=True, kw_only=True)
class Caption:
    """The words of `said` over the drawn film of `script`."""

    post: str
    script: Script
    said: Script

    role = Part.CAPTIONS

    @property
    def language(self) -> Language:
        return self.said.language

    @property
    def position(self) -> int:
        return timed_for(self.script.language)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file in the vault."""

    language: Language
    role: Part
    position: int
    sha256: str
    mime_type: str
    size: int
    width: int = 0
    height: int = 0

    @property
    def asset(self) -> Asset:
        return Asset(**{name: getattr(self, name) for name in self.__dataclass_fields__})


def lacking(session: Session, revision: Revision) -> Iterator[Thumbnail | Caption]:
    """What is still to be made beside a revision's films: only YouTube shows it, so only for YouTube's accounts."""
    if revision.kind.form is not Form.VIDEO:
        return
    channels = select(Account).where(
        Account.key.in_(revision.accounts), Account.active, Account.network == Network.YOUTUBE
    )
    spoken = {language for channel in session.scalars(channels) for language in channel.spoken}
    have = {(each.role, each.language, each.position) for each in revision.assets}
    for wording in revision.wordings:
        if wording.language in spoken:
            for each in _beside(revision, wording):
                if (each.role, each.language, each.position) not in have:
                    yield each


def make(wanted: Thumbnail | Caption, vault_folder: Path) -> Made:
    """Make one file and keep it in the vault. Raises ReviewError."""
    from campaigns.studio.storyboard import FilmError

    vault = Vault(vault_folder)
    with tempfile.TemporaryDirectory(prefix="sawt-") as folder:
        try:
            if isinstance(wanted, Caption):
                return _caption(wanted, vault, Path(folder) / "captions.srt")
            return _thumbnail(wanted, vault, Path(folder) / "thumbnail.jpg")
        except (ValueError, FilmError) as error:
            raise ReviewError(f"{wanted.post}, {wanted.language}, {wanted.role}: {error}") from error


def script(revision: Revision, wording: Wording) -> Script:
    return Script(
        language=wording.language,
        title=wording.title,
        text=wording.text,
        kicker=revision.campaign.title(wording.language) if revision.campaign else "",
        rehearsal=revision.post.rehearsal,
    )


def _beside(revision: Revision, wording: Wording) -> Iterator[Thumbnail | Caption]:
    """Of a translation that has not as many slides nobody knows when it is to be read: it gives no captions."""
    post, shape = revision.post.key, shape_for(revision.kind, Network.YOUTUBE)
    assert shape is not None
    if not revision.template:
        for film in revision.assets_in(wording.language, shape)[:1]:
            yield Thumbnail(
                post=post, language=wording.language, shape=shape, film=film.sha256, seconds=film.seconds or 0
            )
        return
    own = script(revision, wording)
    yield Thumbnail(post=post, language=wording.language, shape=shape, script=own)
    for each in (script(revision, other) for other in revision.wordings):
        if len(each.slides) == len(own.slides):
            yield Caption(post=post, script=own, said=each)


def _thumbnail(wanted: Thumbnail, vault: Vault, out: Path) -> Made:
    from campaigns.studio.film import frame_of, render_still
    from campaigns.studio.probing import probe

    if wanted.script:
        render_still(wanted.script.film, shape=wanted.shape, out=out, at=0)  # before the hairline of progress grows
    else:
        frame_of(vault.path(wanted.film), at=wanted.seconds / 3, out=out)
    picture = probe(out)
    return Made(
        language=wanted.language,
        role=wanted.role,
        position=wanted.position,
        sha256=vault.keep(out),
        mime_type=picture.mime_type,
        size=picture.size,
        width=picture.width,
        height=picture.height,
    )


def _caption(wanted: Caption, vault: Vault, out: Path) -> Made:
    from campaigns.studio.captions import SUBRIP, write

    write(wanted.script.film, wanted.said.film, out)
    return Made(
        language=wanted.language,
        role=wanted.role,
        position=wanted.position,
        sha256=vault.keep(out),
        mime_type=SUBRIP,
        size=out.stat().st_size,
    )
