"""Make, before approval, what a revision lacks: drawn pictures and films, copies for networks, what goes with a film.

Drawing takes seconds, so it happens with no session open; the result is stored only if the revision is
still the post's newest and still has none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import filming, fitting, scripture
from campaigns.drafting import measured
from campaigns.filming import SIGNATURE, Script
from campaigns.fitting import Copying
from campaigns.languages import Language
from campaigns.models import Account, Asset, Kind, Part, Post, PostState, Revision
from campaigns.outgoing import shape_for
from campaigns.review import ReviewError
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Network, Shape

if TYPE_CHECKING:
    from campaigns.studio.probing import Probe

Pace = Literal["draft", "final"]

BULLET = "• "


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One picture or film to make: values only, so that another process can make it."""

    post: str
    template: str
    language: Language
    shape: Shape
    title: str
    text: str
    kicker: str
    rehearsal: bool
    pace: Pace


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A file that was drawn, in the vault."""

    language: Language
    shape: Shape
    file: Probe

    @property
    def asset(self) -> Asset:
        return Asset(role=Part.MEDIA, language=self.language, shape=self.shape, **measured(self.file))


Wanted: TypeAlias = Drawing | Copying | filming.Thumbnail | filming.Caption
Made: TypeAlias = Drawn | fitting.Copied | filming.Made


def illustrate(
    store: Store,
    vault: Vault,
    key: str,
    *,
    pace: Pace = "final",
    pool: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Make what the newest revision of post `key` lacks; the answer is how many files. Raises ReviewError."""
    with store.reading() as session:
        revision = _revision(session, key)
        wanted = list(lacking(session, revision, pace))
        revision_id = revision.id
    drawn = []
    draw_all = pool.map(draw, wanted, [vault.folder] * len(wanted)) if pool else (draw(w, vault.folder) for w in wanted)
    for done, each in enumerate(draw_all, start=1):
        drawn.append(each)
        if progress:
            progress(done, len(wanted))
    with store.writing() as session:
        return _keep(session, key, revision_id, drawn)


def lacking(session: Session, revision: Revision, pace: Pace) -> Iterator[Wanted]:
    """What is still to be made before a revision can be handed in; afterwards another file would break its seal."""
    if revision.post.state not in (PostState.DRAFTED, PostState.CHANGES_ASKED):
        return
    yield from _drawings(session, revision, pace)
    yield from fitting.copies(session, revision)
    yield from filming.lacking(session, revision)


def _drawings(session: Session, revision: Revision, pace: Pace) -> Iterator[Drawing]:
    """One for each language and each shape that its accounts take."""
    if not revision.template or revision.kind is Kind.TEXT:
        return
    accounts = session.scalars(select(Account).where(Account.key.in_(revision.accounts), Account.active)).all()
    have = {(asset.language, asset.shape) for asset in revision.assets if asset.role is Part.MEDIA}
    for wording in revision.wordings:
        shapes = {shape_for(revision.kind, a.network) for a in accounts if wording.language in a.spoken}
        for shape in sorted(shape for shape in shapes if shape):
            if (wording.language, shape) not in have:
                yield Drawing(
                    post=revision.post.key,
                    template=revision.template,
                    language=wording.language,
                    shape=shape,
                    title=wording.title,
                    text=wording.text,
                    kicker=revision.campaign.title(wording.language) if revision.campaign else "",
                    rehearsal=revision.post.rehearsal,
                    pace=pace,
                )


def draw(wanted: Wanted, vault_folder: Path) -> Made:
    """Make one file and keep it in the vault. Raises ReviewError when words do not fit or a file cannot be used."""
    if isinstance(wanted, Copying):
        return fitting.make(wanted, vault_folder)
    if not isinstance(wanted, Drawing):
        return filming.make(wanted, vault_folder)
    return _draw(wanted, Vault(vault_folder))


def _draw(drawing: Drawing, vault: Vault) -> Drawn:
    from campaigns.studio.probing import probe
    from campaigns.studio.storyboard import FilmError

    with tempfile.TemporaryDirectory(prefix="sawt-") as folder:
        try:
            made = _make(drawing, Path(folder))
        except (ValueError, FilmError) as error:
            raise ReviewError(f"{drawing.post}, {drawing.language}, {drawing.shape}: {error}") from error
        vault.keep(made)
        return Drawn(language=drawing.language, shape=drawing.shape, file=probe(made))


def _make(drawing: Drawing, folder: Path) -> Path:
    match drawing.template:
        case "quotation":
            return _card(drawing, folder / "card.jpg")
        case "points":
            return _points(drawing, folder / "points.jpg")
        case "slides":
            return _film(drawing, folder / "film.mp4")
    raise ValueError(f"there is no template {drawing.template!r}; write quotation, points or slides")


def _card(drawing: Drawing, out: Path) -> Path:
    from campaigns.studio.design import Card, render_card

    quote, reference = scripture.part_from_reference(drawing.title)
    card = Card(
        language=drawing.language,
        quote=quote,
        reference=reference,
        kicker=drawing.kicker,
        handle=SIGNATURE[drawing.language],
        rehearsal=drawing.rehearsal,
        verse=scripture.is_verse(quote),
    )
    return render_card(card, shape=drawing.shape, out=out).path


def _points(drawing: Drawing, out: Path) -> Path:
    from campaigns.studio.design import Points, render_points

    lines = [line.strip() for line in drawing.text.splitlines()]
    points = Points(
        language=drawing.language,
        title=drawing.title,
        points=tuple(line.removeprefix(BULLET).strip() for line in lines if line.startswith(BULLET.strip())),
        kicker=drawing.kicker,
        handle=SIGNATURE[drawing.language],
        rehearsal=drawing.rehearsal,
    )
    return render_points(points, shape=drawing.shape, out=out).path


def _film(drawing: Drawing, out: Path) -> Path:
    from campaigns.studio.film import render_film

    words = Script(
        language=drawing.language,
        title=drawing.title,
        text=drawing.text,
        kicker=drawing.kicker,
        rehearsal=drawing.rehearsal,
    )
    return render_film(words.film, shape=drawing.shape, out=out, pace=drawing.pace).path


def _revision(session: Session, key: str) -> Revision:
    post = session.scalar(select(Post).where(Post.key == key))
    if post is None:
        raise ReviewError(f"there is no post {key!r}; see: sawt publications")
    return post.revision


def _keep(session: Session, key: str, revision_id: int, drawn: list[Made]) -> int:
    session.scalar(select(Post.id).where(Post.key == key).with_for_update())  # two may have drawn the same
    revision = _revision(session, key)
    if revision.id != revision_id:
        raise ReviewError(f"{key} was changed while its pictures were made; run: sawt submit {key}")
    have = {_place(asset) for asset in revision.assets}
    new = [asset for each in drawn if _place(asset := each.asset) not in have]
    revision.assets.extend(new)
    return len(new)


def _place(asset: Asset) -> tuple[Part, Language, Shape | None, int, Network | None]:
    """Where a file stands in its revision: one file in each place."""
    return asset.role, asset.language, asset.shape, asset.position or 0, asset.network
