"""A YouTube channel: upload in private, reveal by one change of privacy, find by reading it back; correct, complete."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar

from platforms.capabilities import CostsNothing, GoesOutWhole
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
from platforms.correcting import in_every_language
from platforms.endpoints import Endpoints
from platforms.errors import NotOffered, NotSignedIn, OutcomeUnknown, PlatformError, Refused, Unreachable
from platforms.shelf import Shelf
from platforms.youtube import limits
from platforms.youtube.analytics import Analytics
from platforms.youtube.answers import Channel, Video
from platforms.youtube.beside import Beside, missing
from platforms.youtube.client import Client
from platforms.youtube.faults import translated
from platforms.youtube.measure import measure
from platforms.youtube.quota import UPLOADS_A_DAY
from platforms.youtube.resource import rewritten, says
from platforms.youtube.signin import sign_in
from platforms.youtube.upload import Upload, belongs, must_be_alive


class YouTubeChannel(GoesOutWhole, CostsNothing):
    """`credentials`: client_id, client_secret, refresh_token; if known access_token and channel_id.

    `channel_id` is compared before every upload and every reveal: one Google account may own several channels,
    and the one that was chosen at sign-in gets the film. One thread at a time.
    """

    network: ClassVar = Network.YOUTUBE
    forms: ClassVar = frozenset({Form.VIDEO})
    picture_shape: ClassVar = Shape.WIDE
    settling: ClassVar = timedelta(seconds=10)
    withdraws: ClassVar = True
    corrects: ClassVar = True
    localizes: ClassVar = True
    completes: ClassVar = True
    allowances: ClassVar[tuple[Allowance, ...]] = (
        Allowance(posts=UPLOADS_A_DAY, forms=forms, days_of="America/Los_Angeles", whole_app=True, by_upload=True),
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
        """Upload in private and wait until it is processed; thumbnail and captions as far as the day's quota goes.

        Raises Unreachable while the film itself is not ready.
        """
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
            done = upload.go_on(checkpoint, save)
        return self._beside(outgoing, done["video"]).add_while_there_is_room(done, save)

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        """Make the staged film public; repeating is harmless, for it is the same film.

        Raises Unreachable when other words or another film were staged: staging again uploads anew.
        """
        if not (belongs(checkpoint, outgoing) and checkpoint.get("processed")):
            raise Unreachable("what was uploaded is not what is to be published now; it is prepared anew")
        with translated():
            channel = self._own_channel()
            video = self._client.video(checkpoint["video"], "snippet,status")
        if video is None:
            raise Refused("the uploaded film is no longer on the channel: prepare the post anew")
        _must_be_on(channel, video)
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
            return measure(self._client, self._analytics, remote_ids)

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        """Back to private: the film, its figures and its comments stay, for the channel's owner alone."""
        with translated():
            video = self._client.video(remote_id, "status")
        if video and video.status.privacy_status != "private":
            self._turn(video, "private")

    def correct(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Receipt:
        """Read words and declarations, write them whole, read them back: 50 units and a few, nothing when they stand.

        Raises NotOffered for another film: nothing can take the place of the one that is out.
        """
        if checkpoint.get("film") not in (None, *(each.sha256 for each in outgoing.media)):
            raise NotOffered("YouTube changes the words alone of a film that is out, and the film was changed as well")
        corrected = in_every_language(outgoing)
        for problem in self.check(corrected):
            raise problem
        with translated():
            video = self._read(remote_id)
            _must_be_on(self._own_channel(), video)
            if not says(video, corrected):
                self._client.rewrite(rewritten(video, corrected))
                self._until_read_back(remote_id, corrected)
        return _receipt(video.id, video.snippet.published_at)

    def lacks(self, outgoing: Outgoing, checkpoint: Checkpoint) -> bool:
        return bool(missing(outgoing, checkpoint))

    def complete(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Thumbnail and captions that found no room before; over several days where the quota is small."""
        return self._beside(outgoing, remote_id).add_the_rest(checkpoint, save)

    def _until_read_back(self, remote_id: str, outgoing: Outgoing) -> None:
        """A read may be behind the write. Writing again would change nothing."""
        for pause in (0.5, self.settling.total_seconds(), 0):
            if says(self._read(remote_id), outgoing):
                return
            self._sleep(pause)
        raise Unreachable("YouTube still shows the old words; the correction is looked at again later")

    def _read(self, remote_id: str) -> Video:
        video = self._client.video(remote_id, "snippet,localizations,status")
        if video is None:
            raise Refused("the film is no longer on the channel: there is nothing to correct")
        if video.status.privacy_status is None:  # a status that is written back without it makes the film public
            raise Unreachable("YouTube did not say who may see the film; the correction is looked at again later")
        return video

    def _beside(self, outgoing: Outgoing, video: str) -> Beside:
        return Beside(client=self._client, outgoing=outgoing, video=video)

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

    @cached_property
    def _analytics(self) -> Analytics:
        return Analytics(self._transport, self._endpoints)


def _must_be_on(channel: Channel, video: Video) -> None:
    if video.snippet.channel_id not in (None, channel.id):
        raise NotSignedIn(
            f"the film is on another channel than this sign-in ({channel.snippet.title}): "
            "sign in again and choose the right one"
        )


def _receipt(video_id: str, published_at: datetime | None) -> Receipt:
    return Receipt(remote_id=video_id, url=f"https://youtu.be/{video_id}", published_at=published_at)
