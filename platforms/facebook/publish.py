"""A Facebook Page: texts and links, one to ten pictures, reels and longer videos.

Everything that has media is uploaded unseen first, so that its id is known before anybody can see it: that id
is the only protection against posting twice that Facebook offers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import ClassVar

from pydantic import BaseModel

from platforms.approved import unaltered
from platforms.capabilities import CompletesNothing, CostsNothing, GoesOutWhole, SpeaksOneLanguage
from platforms.contract import (
    Allowance,
    Checkpoint,
    Finding,
    Form,
    Measurement,
    MediaFile,
    Network,
    Outgoing,
    Receipt,
    Save,
    Shape,
)
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn, OutcomeUnknown, Refused
from platforms.facebook import limits, video
from platforms.facebook.correct import correct
from platforms.facebook.find import address, find
from platforms.facebook.measure import measure
from platforms.facebook.signin import PageCredentials
from platforms.graph import Created, Graph, signed_in
from platforms.graph_faults import Missing
from platforms.shelf import Shelf


class _Name(BaseModel):
    id: str
    name: str


class FacebookPage(GoesOutWhole, SpeaksOneLanguage, CompletesNothing, CostsNothing):
    """One Page. Text posts are the one form whose absence cannot be proved."""

    network: ClassVar[Network] = Network.FACEBOOK
    forms: ClassVar[frozenset[Form]] = frozenset({Form.TEXT, Form.PICTURE, Form.VIDEO})
    picture_shape: ClassVar[Shape] = Shape.SQUARE
    settling: ClassVar[timedelta] = timedelta(seconds=30)
    withdraws: ClassVar[bool] = True
    corrects: ClassVar[bool] = True
    allowances: ClassVar[tuple[Allowance, ...]] = (Allowance(posts=30, forms=frozenset({Form.VIDEO})),)
    """Meta, reels publishing (2026-07-30), for reels; longer films are counted with them to be safe."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str],
        endpoints: Endpoints,
        shelf: Shelf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        page = signed_in(PageCredentials, credentials, self.network)
        self._page = page.page_id
        self._graph = Graph(
            network=self.network,
            endpoints=endpoints,
            access_token=page.access_token.get_secret_value(),
            app_secret=page.app_secret.get_secret_value(),
            sleep=sleep,
        )

    @staticmethod
    def check(outgoing: Outgoing) -> Sequence[Exception]:
        return limits.check(outgoing)

    def verify(self) -> str:
        """The Page's name; a person's token, or another Page's, is not enough to speak for this one."""
        me = self._graph.read("me", _Name, fields="id,name")
        if me.id != self._page:
            raise NotSignedIn(f"the token belongs to {me.name}, not to Page {self._page}: use the Page's own")
        return me.name

    def stage(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Photos are kept with their ids as `photos`, a text's `link`, a video as `platforms.facebook.video` tells."""
        if outgoing.form is Form.VIDEO:
            return video.stage(self._graph, self._page, outgoing, checkpoint, save)
        photos = []
        for picture, kept in zip_longest(outgoing.media, checkpoint.get("photos", ())[: len(outgoing.media)]):
            photos.append(kept if kept and _is_of(kept, picture) else self._upload(picture))
            save({"photos": list(photos)})
        return {"photos": photos} if photos else {"photos": [], "link": outgoing.link}

    def reveal(self, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        if outgoing.form is Form.VIDEO:
            return self._reveal_video(outgoing, checkpoint)
        photos = [{"media_fbid": each["id"]} for each in checkpoint.get("photos", ())]
        post = self._graph.reveal(
            f"{self._page}/feed",
            Created,
            message=outgoing.text,
            link=None if photos else outgoing.link,
            attached_media=photos or None,
        )
        return Receipt(remote_id=post.id, url=_address_of(post.id))

    def find(self, outgoing: Outgoing, checkpoint: Checkpoint, since: datetime) -> Finding:
        return find(self._graph, self._page, outgoing, checkpoint, since)

    def measure(self, remote_ids: Sequence[str]) -> Mapping[str, Sequence[Measurement]]:
        return measure(self._graph, self._page, remote_ids)

    def withdraw(self, remote_id: str, checkpoint: Checkpoint) -> None:
        """Delete it. A lost answer is Unreachable, as deleting again does no harm."""
        self._graph.remove(remote_id)

    def correct(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Receipt:
        return correct(self._graph, outgoing, remote_id, checkpoint)

    def _upload(self, picture: MediaFile) -> Mapping[str, str]:
        """A photo that nobody sees until a post carries it; an upload that is never used does no harm."""
        with unaltered(picture).path.open("rb") as stream:
            photo = self._graph.call(
                "POST",
                f"{self._page}/photos",
                Created,
                {"published": False, "alt_text_custom": picture.alt_text or None},
                files={"source": (f"picture{picture.path.suffix}", stream, picture.mime_type)},
            )
        return {"id": photo.id, "sha256": picture.sha256, "alt_text": picture.alt_text}

    def _reveal_video(self, outgoing: Outgoing, checkpoint: Checkpoint) -> Receipt:
        """A refusal may follow from our own earlier attempt, so the video itself is asked before it is believed."""
        try:
            video.reveal(self._graph, self._page, outgoing, checkpoint)
        except Refused:
            if self._is_going_out(checkpoint["video_id"]):
                raise OutcomeUnknown("Facebook already has this video: look before sending again") from None
            raise
        place = "reel/" if checkpoint["route"] == "reel" else f"{self._page}/videos/"
        return Receipt(remote_id=checkpoint["video_id"], url=address(place + checkpoint["video_id"]))

    def _is_going_out(self, video_id: str) -> bool:
        try:
            seen = video.look(self._graph, video_id)
        except Missing:
            return False
        return seen.is_out or seen.is_under_way


def _is_of(kept: Mapping[str, str], picture: MediaFile) -> bool:
    return (kept["sha256"], kept["alt_text"]) == (picture.sha256, picture.alt_text)


def _address_of(post: str) -> str:
    """The public address of a post whose id is `{page}_{post}`."""
    page, _, number = post.rpartition("_")
    return address(f"{page}/posts/{number}")
