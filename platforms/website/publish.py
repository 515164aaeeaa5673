"""Stage, reveal, find, correct and complete an article on a WordPress site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from platforms.capabilities import CostsNothing, GoesOutWhole, SpeaksOneLanguage
from platforms.contract import (
    Absent,
    Allowance,
    Checkpoint,
    Finding,
    Form,
    Found,
    Measurement,
    Network,
    Outgoing,
    Receipt,
    Save,
    Shape,
    Unclear,
)
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn
from platforms.shelf import Shelf
from platforms.website import article, limits
from platforms.website.answers import Article
from platforms.website.client import Client
from platforms.website.faults import translated
from platforms.website.measure import figures
from platforms.website.signin import sign_in
from platforms.website.writing import Writing, elsewhere, says


class WordPressSite(GoesOutWhole, SpeaksOneLanguage, CostsNothing):
    """One user on one site. Slugs follow from the post's key, so that nothing is ever made twice.

    The checkpoint is `{"site": address, "slug": slug, "media": [[id, address], …], "article": id, "alternates":
    {language: address}}`: numbers are those of the site at this address, the slug is the article's, and the last are
    the addresses of its sisters that stand in the article. An older one has neither site nor slug.
    """

    network: ClassVar[Network] = Network.WEBSITE
    forms: ClassVar[frozenset[Form]] = frozenset({Form.TEXT, Form.PICTURE, Form.VIDEO})
    picture_shape: ClassVar[Shape] = Shape.WIDE
    settling: ClassVar[timedelta] = timedelta(seconds=5)
    withdraws: ClassVar[bool] = True
    corrects: ClassVar[bool] = True
    completes: ClassVar[bool] = True
    allowances: ClassVar[tuple[Allowance, ...]] = ()

    def __init__(self, *, credentials: Mapping[str, str], endpoints: Endpoints, shelf: Shelf) -> None:
        self._client = Client(sign_in(credentials, endpoints.website), endpoints)
        self._writing = Writing(self._client)

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        return limits.check(outgoing)

    def verify(self) -> str:
        """The user's name, and what the site would take out of this user's articles."""
        with translated():
            user = self._client.me()
        if not user.may("publish_posts"):
            raise NotSignedIn(f"the website lets {user.name} publish nothing: make this user an editor there")
        if user.may("unfiltered_html"):
            return user.name
        return f"{user.name}, without structured data: the website takes it out; make this user an editor there"

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """A draft of its own comes before its files, which nobody sees listed as long as it is one."""
        staged: dict[str, Any] = {"site": self._client.site_url, "slug": article.slug(outgoing)}
        if "article" in checkpoint and self._writing.is_home(checkpoint):
            staged["article"] = checkpoint["article"]
        with translated():
            media: list[list[Any]] = []
            if outgoing.media:
                staged["article"] = self._writing.place(outgoing, checkpoint).id
                save(staged)
                media = self._writing.media(
                    outgoing, staged["article"], lambda so_far: save(staged | {"media": so_far})
                )
            staged["media"] = media
            staged["article"] = self._writing.draft(outgoing, staged, media).id
        staged["alternates"] = dict(outgoing.alternates)
        save(staged)
        return staged

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        """Always writes: what goes out is what was approved, whoever opened the draft or published it since."""
        with translated():
            draft = self._writing.waiting(checkpoint)
        if checkpoint.get("alternates") != outgoing.alternates:
            save({**checkpoint, "alternates": dict(outgoing.alternates)})
        words = {"status": "publish", **self._writing.words(outgoing, checkpoint["media"], draft)}
        with translated(visible=True):
            shown = self._client.write(words, draft.id)
        if shown.status != "publish":
            raise NotSignedIn(f"the website left the article as '{shown.status}': the user may not publish there")
        return _receipt(shown)

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        """Exact in both directions: the slug is ours alone. Older words that are out do not count as these.

        Where it was sent to another site, this one proves nothing.
        """
        with translated():
            seen = self._writing.ours(outgoing, checkpoint)
        out = [each for each in seen if each.status == "publish"]
        if these := [each for each in out if says(outgoing, each)]:
            return Found(receipt=_receipt(these[0]))
        if "site" in checkpoint and not self._writing.is_home(checkpoint):
            return Unclear(why=elsewhere(checkpoint))
        if out:
            return Absent()
        if any(each.status == "trash" for each in seen):
            return Unclear(why="an article of this post is in the website's bin; see whether it should go out again")
        if others := [each.status for each in seen if each.status != "draft"]:
            return Unclear(why=f"somebody set the article on the website to '{others[0]}'; look there")
        return Absent()

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        with translated():
            return figures(self._client, remote_ids)

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        """Nothing but our own article: on another site than it went out on, it must bear its slug."""
        with translated():
            if not self._writing.is_home(checkpoint) and self._writing.numbered(int(remote_id), checkpoint) is None:
                return
            self._writing.take_away(int(remote_id))

    def correct(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Receipt:
        """The article says the new words, and in a box at its foot what was corrected and when.

        It leads to the same sisters as before: what changed about them follows, and is then remembered.
        """
        known = replace(outgoing, alternates=checkpoint.get("alternates", {}))
        with translated():
            return _receipt(self._writing.rewrite(known, remote_id, checkpoint))

    def lacks(self, outgoing: Outgoing, checkpoint: Checkpoint) -> bool:
        return dict(outgoing.alternates) != dict(checkpoint.get("alternates", {}))

    def complete(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """The way to the sisters that have come out since, or from those that were taken down."""
        with translated():
            self._writing.rewrite(outgoing, remote_id, checkpoint)
        done = {**checkpoint, "alternates": dict(outgoing.alternates)}
        save(done)
        return done


def _receipt(shown: Article) -> Receipt:
    return Receipt(remote_id=str(shown.id), url=shown.link, published_at=shown.published_at)
