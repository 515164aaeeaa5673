"""Stage, reveal and find an article on a WordPress site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from platforms.approved import unaltered
from platforms.capabilities import CompletesNothing, CorrectsNothing, CostsNothing, GoesOutWhole
from platforms.contract import (
    Absent,
    Allowance,
    Checkpoint,
    Finding,
    Form,
    Found,
    Measurement,
    MediaFile,
    Network,
    Outgoing,
    Receipt,
    Save,
    Shape,
    Unclear,
)
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn, Refused, Unreachable
from platforms.shelf import Shelf
from platforms.website import article, limits
from platforms.website.answers import Article, Medium
from platforms.website.client import Client
from platforms.website.faults import Refusal, translated
from platforms.website.measure import figures
from platforms.website.signin import sign_in


class WordPressSite(GoesOutWhole, CorrectsNothing, CompletesNothing, CostsNothing):
    """One user on one site. Slugs follow from the post's key, so that nothing is ever made twice.

    The checkpoint is `{"media": [[id, address], …], "article": id}`.
    """

    network: ClassVar[Network] = Network.WEBSITE
    forms: ClassVar[frozenset[Form]] = frozenset({Form.TEXT, Form.PICTURE, Form.VIDEO})
    picture_shape: ClassVar[Shape] = Shape.WIDE
    settling: ClassVar[timedelta] = timedelta(seconds=5)
    withdraws: ClassVar[bool] = True
    allowances: ClassVar[tuple[Allowance, ...]] = ()

    def __init__(self, *, credentials: Mapping[str, str], endpoints: Endpoints, shelf: Shelf) -> None:
        self._client = Client(sign_in(credentials, endpoints.website), endpoints)

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        return limits.check(outgoing)

    def verify(self) -> str:
        with translated():
            return self._client.me().name

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        staged: dict[str, Any] = {"media": []}
        with translated():
            for file in outgoing.media:
                medium = self._medium(outgoing, file)
                staged["media"].append([medium.id, medium.source_url])
                save(staged)
            staged["article"] = self._draft(outgoing, staged["media"]).id
            save(staged)
        return staged

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        if "article" not in checkpoint:
            raise Unreachable("the article is not on the website yet; its draft must be made before")
        with translated():
            draft = self._waiting(checkpoint["article"])
        if draft.status == "publish":
            return _receipt(draft)
        # The words once more, so that what goes out is what was approved, whoever opened the draft since.
        words = {"status": "publish", **_words(outgoing, checkpoint["media"])}
        with translated(visible=True):
            shown = self._client.write(words, draft.id)
        if shown.status != "publish":
            raise NotSignedIn(f"the website left the article as '{shown.status}': the user may not publish there")
        return _receipt(shown)

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        """Exact in both directions: the slug is ours alone."""
        slug = article.slug(outgoing)
        with translated():
            seen = self._client.articles_called(slug, f"{slug}__trashed")
        for each in seen:
            if each.slug == slug and each.status == "publish":
                return Found(receipt=_receipt(each))
        removed = [each for each in seen if each.status == "trash"]
        if removed:
            return Unclear(why="an article of this post is in the website's bin; see whether it should go out again")
        if any(each.status in ("future", "private", "pending") for each in seen):
            return Unclear(why=f"somebody set the article on the website to '{seen[0].status}'; look there")
        return Absent()

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        with translated():
            return figures(self._client, remote_ids)

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        with translated():
            try:
                self._client.remove(remote_id)
            except Refusal as refusal:
                if refusal.status not in (404, 410):
                    raise

    def _waiting(self, article_id: int) -> Article:
        """The draft as it is now. Raises Refused when somebody removed it."""
        try:
            draft = self._client.article(article_id)
        except Refusal as refusal:
            if refusal.problem.code != "rest_post_invalid_id":
                raise
            draft = None
        if draft is None or draft.status == "trash":
            raise Refused("somebody removed the draft from the website; plan the article anew")
        return draft

    def _medium(self, outgoing: Outgoing, file: MediaFile) -> Medium:
        """The file in the site's library, sent unless it is there already."""
        slug = article.medium_slug(outgoing, file)
        medium = self._client.medium_called(slug)
        if medium is None:
            unaltered(file)
            name = article.file_name(outgoing, file)
            medium = self._client.send(file.path, name=name, mime_type=file.mime_type)
        self._client.describe(medium.id, {"slug": slug, "alt_text": file.alt_text})
        return medium

    def _draft(self, outgoing: Outgoing, media: Sequence[Sequence[Any]]) -> Article:
        """The article under our slug: as it is if it is out, else a draft with today's words.

        A draft is not told again to be one: a worker that wakes up late must not take back what is out by now.
        """
        slug = article.slug(outgoing)
        there = next((each for each in self._client.articles_called(slug) if each.slug == slug), None)
        if there and there.status == "publish":
            return there
        pictures = [each[0] for each, file in zip(media, outgoing.media, strict=True) if file.duration is None]
        fields: dict[str, Any] = {
            "slug": slug,
            **_words(outgoing, media),
            "featured_media": pictures[0] if pictures else 0,
        }
        if there is None or there.status != "draft":
            fields["status"] = "draft"
        made = self._client.write(fields, there.id if there else None)
        if made.slug != slug:
            self._client.remove(str(made.id), for_good=True)
            raise Unreachable("another process made this article's draft in the same moment; it is used next time")
        return made


def _words(outgoing: Outgoing, media: Sequence[Sequence[Any]]) -> dict[str, str]:
    return {
        "title": article.title(outgoing),
        "content": article.body(outgoing, [address for _, address in media]),
    }


def _receipt(shown: Article) -> Receipt:
    return Receipt(remote_id=str(shown.id), url=shown.link, published_at=shown.published_at)
