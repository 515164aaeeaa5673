"""A YouTube channel: upload in private, reveal by one change of privacy, find by reading it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar

from platforms.capabilities import CompletesNothing, CorrectsNothing, CostsNothing, GoesOutWhole
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
)
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn, OutcomeUnknown, PlatformError, Refused, Unreachable
from platforms.shelf import Shelf
from platforms.youtube import limits
from platforms.youtube.answers import Channel, Video
from platforms.youtube.client import Client
from platforms.youtube.faults import translated
from platforms.youtube.measure import measure
from platforms.youtube.signin import sign_in
from platforms.youtube.upload import Upload, belongs, must_be_alive


class YouTubeChannel(GoesOutWhole, CorrectsNothing, CompletesNothing, CostsNothing):
    """`credentials`: client_id, client_secret, refresh_token; if known access_token and channel_id.

    `channel_id` is compared before every upload: one Google account may own several channels, and the one
    that was chosen at sign-in gets the film. One thread at a time.
    """

    network: ClassVar = Network.YOUTUBE
    forms: ClassVar = frozenset({Form.VIDEO})
    picture_shape: ClassVar = Shape.WIDE
    settling: ClassVar = timedelta(seconds=10)
    withdraws: ClassVar = True
    allowances: ClassVar[tuple[Allowance, ...]] = (
        Allowance(posts=100, forms=forms, days_of="America/Los_Angeles", whole_app=True, by_upload=True),
    )
    """YouTube Data API, quota (2026-06-01): videos.insert has a bucket of its own."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        endpoints: Endpoints,
        shelf: Shelf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = sign_in(credentials, endpoints)
        self._endpoints, self._sleep = endpoints, sleep
        self._channel_id = credentials.get("channel_id")

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[PlatformError]:
        return limits.check(outgoing)

    def verify(self) -> str:
        with translated():
            return self._own_channel().snippet.title

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Upload in private and wait until it is processed. Raises Unreachable while there is more to do."""
        for problem in self.check(outgoing):
            raise problem
        upload = Upload(
            client=self._client,
            outgoing=outgoing,
            sleep=self._sleep,
            settling=self.settling.total_seconds(),
        )
        with translated():
            if not belongs(checkpoint, outgoing):
                self._own_channel()
            return upload.go_on(checkpoint, save)

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        """Make the staged film public; repeating is harmless, for it is the same film.

        Raises Unreachable when other words or another film were staged: staging again uploads anew.
        """
        if not (belongs(checkpoint, outgoing) and checkpoint.get("processed")):
            raise Unreachable("what was uploaded is not what is to be published now; it is prepared anew")
        with translated():
            video = self._client.video(checkpoint["video"], "snippet,status")
        if video is None:
            raise Refused("the uploaded film is no longer on the channel: prepare the post anew")
        if must_be_alive(video).status.privacy_status == "public":
            return _receipt(video.id, video.snippet.published_at)
        return _receipt(video.id, self._turn(video, "public"))

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        """Exact: the film has an id before it is revealed, and its owner may read its privacy at any time.

        A read that is behind can say Absent too early; a second reveal of the same film changes nothing.
        """
        if "video" not in checkpoint:
            return Absent()
        with translated():
            video = self._client.video(checkpoint["video"], "snippet,status")
        if video and video.status.privacy_status == "public":
            return Found(receipt=_receipt(video.id, video.snippet.published_at))
        return Absent()

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        with translated():
            return measure(self._client, remote_ids)

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        """Back to private: the film, its figures and its comments stay, for the channel's owner alone."""
        with translated():
            video = self._client.video(remote_id, "status")
        if video and video.status.privacy_status != "private":
            self._turn(video, "private")

    def _turn(self, video: Video, privacy: str) -> datetime | None:
        """The one visible call, believed only when the answer says so. The answer's own time, if it has one."""
        with translated(visible=True):
            status, at = self._client.set_privacy(video, privacy)
        if status.privacy_status is None:
            raise OutcomeUnknown(f"YouTube did not say whether the film is {privacy} now")
        if status.privacy_status != privacy:
            raise Refused(f"YouTube keeps the film {status.privacy_status}: look in YouTube Studio why")
        return at

    def _own_channel(self) -> Channel:
        channel = self._client.channel()
        if self._channel_id and channel.id != self._channel_id:
            raise NotSignedIn(
                f"this sign-in belongs to another channel ({channel.snippet.title}): "
                "sign in again and choose the right one"
            )
        return channel

    @cached_property
    def _client(self) -> Client:
        return Client(self._transport, self._endpoints)


def _receipt(video_id: str, published_at: datetime | None) -> Receipt:
    return Receipt(remote_id=video_id, url=f"https://youtu.be/{video_id}", published_at=published_at)
