"""Stage, reveal and find a post on X."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import tweepy
from pydantic import BaseModel, ConfigDict

from platforms.capabilities import CompletesNothing, CorrectsNothing, CostsNothing, GoesOutWhole
from platforms.contract import (
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
from platforms.errors import Unreachable
from platforms.shelf import Shelf
from platforms.x.answers import Created, Me, User
from platforms.x.client import Client
from platforms.x.faults import Unauthenticated, translated
from platforms.x.finding import made_at, matches, own_posts
from platforms.x.measure import figures
from platforms.x.upload import Sleep, Uploaded, upload


class Staged(BaseModel):
    """X's checkpoint: the uploads in the order of the post's media."""

    model_config = ConfigDict(frozen=True)

    media: tuple[Uploaded, ...] = ()

    def having(self, position: int, uploaded: Uploaded) -> Staged:
        return Staged(media=(*self.media[:position], uploaded, *self.media[position + 1 :]))

    @property
    def media_keys(self) -> tuple[str, ...]:
        return tuple(each.media_key for each in self.media if each.media_key)


class XAccount(GoesOutWhole, CorrectsNothing, CompletesNothing, CostsNothing):
    """One X account. Creating the post is the visible act, and X knows no way to make it repeatable."""

    network: ClassVar[Network] = Network.X
    forms: ClassVar[frozenset[Form]] = frozenset({Form.TEXT, Form.PICTURE, Form.VIDEO})
    picture_shape: ClassVar[Shape] = Shape.WIDE
    settling: ClassVar[timedelta] = timedelta(seconds=30)
    withdraws: ClassVar[bool] = True
    allowances: ClassVar[tuple[Allowance, ...]] = (Allowance(posts=100, forms=forms, within=timedelta(minutes=15)),)
    """X, rate limits of POST /2/tweets; a live header said 100 in February 2026."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        endpoints: Endpoints,
        shelf: Shelf,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._client = Client(credentials, endpoints)
        self._sleep = sleep
        self._user: User | None = None

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        from platforms.x import limits  # 12 MB of tables that sending has no use for

        return limits.check(outgoing)

    def verify(self) -> str:
        return self._ask_who_we_are().username

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        staged = Staged.model_validate(checkpoint)
        with self._speaking():
            for position, file in enumerate(outgoing.media):

                def keep(uploaded: Uploaded, position: int = position) -> None:
                    nonlocal staged
                    staged = staged.having(position, uploaded)
                    save(staged.model_dump(mode="json"))

                begun = staged.media[position] if position < len(staged.media) else None
                upload(self._client, file, begun, keep, self._sleep)
        return staged.model_dump(mode="json")

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        media_ids = _ready(outgoing, Staged.model_validate(checkpoint))
        # A connection that idled since staging may be dead, and would leave the outcome unknown.
        self._client.session.close()
        with self._speaking(visible=True):
            answer = self._client.create_tweet(text=outgoing.text, media_ids=media_ids or None)
            return _receipt(Created.model_validate(answer).data.id)

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        media_keys = Staged.model_validate(checkpoint).media_keys
        with self._speaking():
            user_id = self._who_we_are().id
            posts = list(own_posts(self._client, user_id, since))
        same = matches(outgoing, media_keys, user_id, posts)
        if len(same) == 1:
            return Found(receipt=_receipt(same[0].id))
        if same:
            return Unclear(why=f"X shows {len(same)} posts with these words; look which of them is this one")
        return Unclear(why=f"not among the {len(posts)} posts that X shows since then, which proves nothing on X")

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        with self._speaking():
            return figures(self._client, remote_ids, datetime.now(UTC))

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        with self._speaking():
            try:
                self._client.delete_tweet(remote_id)
            except tweepy.NotFound:
                return

    def _who_we_are(self) -> User:
        return self._user or self._ask_who_we_are()

    def _ask_who_we_are(self) -> User:
        """Ask X, a second time if it says 401: one false 401 must not stop an account."""
        try:
            return self._ask_once()
        except Unauthenticated:
            return self._ask_once()

    def _ask_once(self) -> User:
        with translated():
            self._user = Me.model_validate(self._client.get_me()).data
        return self._user

    @contextmanager
    def _speaking(self, *, visible: bool = False) -> Iterator[None]:
        try:
            with translated(visible=visible):
                yield
        except Unauthenticated as refusal:
            self._ask_once()
            raise Unreachable("X refused the token once and took it again; nothing was done") from refusal


def _ready(outgoing: Outgoing, staged: Staged) -> list[str]:
    """The media ids in order. Raises Unreachable when they must be uploaded first, or again."""
    now = datetime.now(UTC)
    ready = [
        uploaded
        for uploaded, file in zip(staged.media, outgoing.media, strict=False)
        if uploaded.is_ready_for(file) and not uploaded.is_past(now)
    ]
    if len(ready) < len(outgoing.media):
        raise Unreachable("the media are not on X, or no longer; they must be uploaded before the post")
    return [each.media_id for each in ready]


def _receipt(remote_id: str) -> Receipt:
    return Receipt(remote_id=remote_id, url=f"https://x.com/i/status/{remote_id}", published_at=made_at(remote_id))
