"""An Instagram account: a picture, an album of up to ten, a reel or a story. There are no posts without media."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel

from platforms.capabilities import CompletesNothing, CorrectsNothing, CostsNothing, GoesOutWhole, SpeaksOneLanguage
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
from platforms.errors import NotOffered, NotSignedIn, OutcomeUnknown, PlatformError, Refused
from platforms.graph import Created, CutShort, Dated, Graph, same_words, signed_in
from platforms.graph_faults import Missing
from platforms.instagram import limits
from platforms.instagram.containers import Staging, check_quota, is_film, look
from platforms.instagram.measure import measure
from platforms.instagram.signin import InstagramCredentials
from platforms.shelf import Shelf

_SKEW = timedelta(seconds=120)
_STORYS_SPAN = timedelta(minutes=5)
"""A story has no caption to tell it by: one of our kind that came out so soon after the attempt is ours."""
_FIELDS = "id,media_type,caption,timestamp,permalink"
_FORGOTTEN = "Instagram no longer knows what was prepared: look at the account itself"


class _Name(BaseModel):
    id: str
    username: str


class _Media(Dated):
    media_type: str = ""
    caption: str = ""
    permalink: str | None = None

    @property
    def receipt(self) -> Receipt:
        return Receipt(remote_id=self.id, url=self.permalink, published_at=self.made_at)

    def could_be(self, outgoing: Outgoing, since: datetime) -> bool:
        if self.media_type != _media_type(outgoing):
            return False
        if outgoing.form is Form.STORY:
            return self.made_at <= since + _STORYS_SPAN
        return same_words(self.caption, outgoing.text)


class InstagramAccount(GoesOutWhole, SpeaksOneLanguage, CorrectsNothing, CompletesNothing, CostsNothing):
    """One professional account. Its container tells exactly whether a post is out, though not under which id."""

    network: ClassVar[Network] = Network.INSTAGRAM
    forms: ClassVar[frozenset[Form]] = frozenset({Form.PICTURE, Form.VIDEO, Form.STORY})
    picture_shape: ClassVar[Shape] = Shape.PORTRAIT
    settling: ClassVar[timedelta] = timedelta(seconds=30)
    withdraws: ClassVar[bool] = False
    allowances: ClassVar[tuple[Allowance, ...]] = (Allowance(posts=50, forms=forms),)
    """Meta's pages say 100 and 50 (read 2026-11): the smaller is planned, and the real one is read before staging."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        endpoints: Endpoints,
        shelf: Shelf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        account = signed_in(InstagramCredentials, credentials, self.network)
        self._user, self._shelf, self._sleep = account.ig_user_id, shelf, sleep
        self._graph = Graph(
            network=self.network,
            endpoints=endpoints,
            access_token=account.access_token.get_secret_value(),
            app_secret=account.app_secret.get_secret_value(),
            sleep=sleep,
        )

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        return limits.check(outgoing)

    def verify(self) -> str:
        try:
            me = self._graph.read(self._user, _Name, fields="id,username")
        except Missing:
            raise NotSignedIn(f"the token does not show the account {self._user}: sign it in again") from None
        return me.username

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """A finished container; it expires after 24 hours, and staging again then makes another."""
        check_quota(self._graph, self._user)
        return Staging(self._graph, self._user, self._shelf, self._sleep, save).run(outgoing, checkpoint)

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        """A refusal may follow from our own earlier attempt, so the container is asked before it is believed."""
        container = checkpoint["container"]
        try:
            media = self._graph.reveal(f"{self._user}/media_publish", Created, creation_id=container)
        except Refused:
            if self._state(container) == "PUBLISHED":
                raise OutcomeUnknown("Instagram says that this is already published") from None
            raise
        return self._receipt(media.id)

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        """PUBLISHED is exact, but the id behind it can only be told by kind, caption and time.

        Where no single post matches, the finding is Unclear although the post is out: a receipt with a wrong or
        made-up id would send measuring and withdrawing to another post, and a second look often finds it.
        """
        if "container" not in checkpoint:
            return Absent()
        state = self._state(checkpoint["container"])
        if state in {"FINISHED", "IN_PROGRESS", "EXPIRED", "ERROR"}:
            return Absent()
        if state is None and outgoing.form is Form.STORY:
            return Unclear(why=_FORGOTTEN)
        try:
            hits = [each for each in self._since(outgoing, since - _SKEW) if each.could_be(outgoing, since)]
        except CutShort:
            return Unclear(why="the account has published more since then than can be read: look at the account")
        if len(hits) == 1:
            return Found(receipt=hits[0].receipt)
        if state == "PUBLISHED":
            why = f"Instagram says that it is published, and {len(hits)} posts could be it"
            return Unclear(why=f"{why}: do not send it again, say which post it is")
        return Unclear(why=_FORGOTTEN)

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        return measure(self._graph, remote_ids)

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        raise NotOffered("Instagram lets nobody delete a post from outside: delete it in the app")

    def _receipt(self, media: str) -> Receipt:
        """The address is a courtesy: the post is out, whatever becomes of this call."""
        try:
            return self._graph.read(media, _Media, fields=_FIELDS).receipt
        except PlatformError:
            return Receipt(remote_id=media)

    def _state(self, container: str) -> str | None:
        try:
            return look(self._graph, container).status_code
        except Missing:
            return None

    def _since(self, outgoing: Outgoing, earliest: datetime) -> Iterator[_Media]:
        """Stories stand in a list of their own, as long as they stand at all."""
        edge = "stories" if outgoing.form is Form.STORY else "media"
        return self._graph.since(f"{self._user}/{edge}", _Media, earliest, fields=_FIELDS)


def _media_type(outgoing: Outgoing) -> str:
    """A reel is a VIDEO in the media list (IG Media reference, read 2026-11)."""
    if is_film(outgoing):
        return "VIDEO"
    return "CAROUSEL_ALBUM" if len(outgoing.media) > 1 else "IMAGE"
