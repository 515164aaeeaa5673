"""One post in all its languages, and the decision over exactly what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Annotated
from urllib.parse import quote

from babel.lists import format_list
from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from campaigns import costs, planning, review, scripture
from campaigns.desk.pages import Obstacle, page
from campaigns.desk.places import places
from campaigns.desk.sent import sent_in
from campaigns.desk.visits import Decider, SignedIn, Visit, signed_in
from campaigns.languages import Language
from campaigns.models import (
    Account,
    Approval,
    Asset,
    Delivery,
    Part,
    Person,
    Post,
    PostState,
    Publication,
    Revision,
    Wording,
)
from campaigns.models.post import timed_for
from campaigns.outgoing import compose
from campaigns.scripture import NoSuchVerse, Verse
from campaigns.studio import captions
from campaigns.studio.captions import Cue
from campaigns.vault import Vault
from campaigns.words import LOCALES
from platforms import adapter
from platforms.contract import Form as MediaForm
from platforms.contract import Network, Shape
from platforms.youtube.shorts import is_short

router = APIRouter(dependencies=[Depends(signed_in)])

LONGEST_REMARK = 4000
_DONE = {
    "approved": "review.approved",
    "sent_back": "review.sent_back",
    "out": "act.done_out",
    "not_out": "act.done_not_out",
    "back": "act.done_back",
    "withdrawing": "act.done_withdrawing",
    "down": "act.done_down",
}
"""What the page says at its top after something was done, by the word in its address."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """The post in one language; `media` by shape, None for files that the team supplied."""

    language: Language
    wording: Wording | None
    media: tuple[tuple[Shape | None, tuple[Asset, ...]], ...]
    thumbnail: Asset | None
    captions: tuple[Track, ...]


@dataclass(frozen=True, kw_only=True)
class Track:
    """Captions as they are read; `film` is the language of the film that they are timed for, None for all films."""

    asset: Asset
    film: Language | None
    cues: tuple[Cue, ...]


Decide = Callable[[Session, Post, Person], object]
Seal = Annotated[str, Form(max_length=64)]
Remark = Annotated[str, Form(max_length=LONGEST_REMARK, pattern=r"^[^\x00]*$")]


@router.get("/posts/{key}")
def post(visit: SignedIn, key: str, done: str = "") -> Response:
    with visit.desk.store.reading() as session:
        return show(visit, session, _find(session, key), done=_DONE.get(done, ""))


@router.post("/posts/{key}/approve")
def approve(visit: Decider, key: str, seal: Seal, remark: Remark = "") -> Response:
    def decide(session: Session, post: Post, by: Person) -> None:
        desk = visit.desk
        review.approve(
            session, post, seal=seal, by=by, now=visit.now, vault=desk.vault, settings=desk.settings,
            remark=remark.strip(),
        )  # fmt: skip

    def look() -> None:
        review.must_be_whole(visit.desk.store, key, visit.desk.vault)

    return _decide(visit, key, seal, decide, done="approved", beforehand=look)


@router.post("/posts/{key}/send-back")
def send_back(visit: Decider, key: str, seal: Seal, remark: Remark = "") -> Response:
    if not remark.strip():
        with visit.desk.store.reading() as session:
            needed = Obstacle(text=visit.words.say("review.say_why"), language=visit.language)
            return show(visit, session, _find(session, key), obstacle=needed)

    def decide(session: Session, post: Post, by: Person) -> None:
        review.send_back(session, post, seal=seal, by=by, now=visit.now, remark=remark.strip())

    return _decide(visit, key, seal, decide, done="sent_back")


def _decide(
    visit: Visit, key: str, seal: str, decide: Decide, *, done: str, beforehand: Callable[[], None] = lambda: None
) -> Response:
    """Take the decision in one transaction; where review refuses, nothing has changed and the page says why."""
    try:
        beforehand()
        with visit.desk.store.writing() as session:
            decide(session, _find(session, key), session.get_one(Person, visit.who.id))
    except review.ReviewError as error:
        with visit.desk.store.reading() as session:
            post = _find(session, key)
            return show(visit, session, post, obstacle=_obstacle(visit, post, seal, error))
    return RedirectResponse(f"/posts/{quote(key, safe='')}?done={done}", status_code=303)


def _obstacle(visit: Visit, post: Post, seal: str, error: review.ReviewError) -> Obstacle:
    """In the page's language where we know the reason, else as review says it."""
    say = visit.words.say
    if seal != review.seal_of(post.revision):
        return Obstacle(text=say("review.stale"), language=visit.language)
    if review.wrote(visit.who, post.revision):
        return Obstacle(text=say("review.own"), language=visit.language)
    if post.state is not PostState.IN_REVIEW:
        return Obstacle(text=say("review.too_late", state=say(f"state.{post.state}")), language=visit.language)
    return Obstacle(text=str(error), language=Language.EN)


def show(
    visit: Visit,
    session: Session,
    post: Post,
    *,
    done: str = "",
    obstacle: Obstacle | None = None,
    kept: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """`kept` is what somebody filled in about the publication `of` that key, where it could not be acted on."""
    revision = post.revision
    return page(
        visit,
        "post.html",
        status=409 if obstacle else 200,
        post=post,
        revision=revision,
        seal=review.seal_of(revision),
        sides=[_side(revision, language, visit.desk.vault) for language in Language],
        short=_is_short(session, revision),
        sent=sent_in(visit, session, revision),
        verses=list(_verses(revision)),
        places=places(visit, session, post),
        accounts=(accounts := _accounts(session, revision)),
        prices=list(costs.prices(session, revision, accounts, post=post.key, vault=visit.desk.vault)),
        wished=_wished(visit, revision),
        decisions=_decisions(post),
        standing=_standing(visit, post),
        out_already=_out_already(visit, session, post),
        done=done,
        obstacle=obstacle,
        kept=kept,
    )


def _standing(visit: Visit, post: Post) -> str:
    """What this person may do here: "decide", or the key of the reason why not."""
    person = visit.who
    if post.state is not PostState.IN_REVIEW:
        return "closed"
    if not person.role.may_approve:
        return "writer"
    return "own" if review.wrote(person, post.revision) else "decide"


def _out_already(visit: Visit, session: Session, post: Post) -> list[str]:
    """What an approval does to what is out in older words: changed in place, or left as it is, and why."""
    if post.state in (PostState.APPROVED, PostState.RETIRED):
        return []
    networks: dict[str, dict[str, None]] = {}
    out = select(Publication).where(Publication.post_id == post.id, Publication.state == Delivery.PUBLISHED)
    for each in session.scalars(out.order_by(Publication.account_key)):
        if each.revision is not post.revision:
            name = visit.words.say(f"stands.network.{each.account.network}")
            networks.setdefault(_fate(each, post.revision), {})[name] = None
    locale = LOCALES[visit.language]
    return [
        visit.words.say(f"correction.{fate}", where=format_list(list(networks[fate]), locale=locale))
        for fate in ("changes", "silent", "stays")
        if fate in networks
    ]


def _fate(publication: Publication, revision: Revision) -> str:
    if not adapter(publication.account.network).corrects:
        return "stays"
    return "changes" if planning.says_correction(publication, revision) else "silent"


def _find(session: Session, key: str) -> Post:
    post = session.scalar(select(Post).where(Post.key == key))
    if post is None or not post.revisions:
        raise HTTPException(404)
    return post


def _side(revision: Revision, language: Language, vault: Vault) -> Side:
    own = [each for each in revision.assets if each.language is language]
    shown = [each for each in own if each.role in (None, Part.MEDIA) and each.network is None]
    media = tuple((shape, tuple(group)) for shape, group in groupby(shown, key=lambda asset: asset.shape))
    return Side(
        language=language,
        wording=revision.wording(language),
        media=media,
        thumbnail=revision.asset_as(Part.THUMBNAIL, language),
        captions=tuple(_track(each, vault) for each in own if each.role is Part.CAPTIONS),
    )


def _track(asset: Asset, vault: Vault) -> Track:
    """Without its words where the file is damaged or gone; then nobody can approve the post either."""
    film = next((each for each in Language if asset.position == timed_for(each)), None)
    try:
        return Track(asset=asset, film=film, cues=captions.read(vault.path(asset.sha256)))
    except (captions.BadCaptions, OSError):
        return Track(asset=asset, film=film, cues=())


def _is_short(session: Session, revision: Revision) -> bool:
    """Whether YouTube will show a film of it as a Short."""
    channels = [each for each in _accounts(session, revision) if each.network is Network.YOUTUBE]
    films = (
        film
        for channel in channels
        for language in channel.spoken
        if language in revision.languages
        for film in compose(revision, channel, language, key="", vault=Vault(Path())).media
    )
    return revision.kind.form is MediaForm.VIDEO and any(is_short(film) for film in films)


def _verses(revision: Revision) -> Iterator[tuple[str, Verse | None]]:
    """Every cited verse, once, with its pinned text; None for a reference that leads nowhere."""
    for citation in dict.fromkeys(each for wording in revision.wordings for each in wording.citations):
        yield citation, _verse(citation)


def _verse(citation: str) -> Verse | None:
    sura, _, ayah = citation.partition(":")
    if not (sura.isdecimal() and ayah.isdecimal()):
        return None
    try:
        return scripture.verse(int(sura), int(ayah))
    except NoSuchVerse:
        return None


def _accounts(session: Session, revision: Revision) -> Sequence[Account]:
    return session.scalars(select(Account).where(Account.key.in_(revision.accounts)).order_by(Account.key)).all()


def _wished(visit: Visit, revision: Revision) -> object:
    """When the author wishes it to go out; None for "the next free hour" and for what cannot be read."""
    try:
        return visit.local(planning.instant(revision.at, revision.timezone))
    except planning.CannotPlan:
        return None


def _decisions(post: Post) -> list[Approval]:
    found = [approval for revision in post.revisions for approval in revision.approvals]
    return sorted(found, key=lambda approval: (approval.at, approval.id), reverse=True)
