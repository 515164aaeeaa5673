"""Instagram's containers: a post that is ready but that nobody can see, for 24 hours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import chain, repeat
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from platforms.approved import unaltered
from platforms.contract import Checkpoint, Form, MediaFile, Outgoing, Save
from platforms.endpoints import spent
from platforms.errors import Covers, OutcomeUnknown, Refused, TooSoon, Unreachable
from platforms.graph import Created, Graph, Page, path_of
from platforms.graph_faults import Missing, from_status
from platforms.graph_session import CONTAINERS
from platforms.shelf import Shelf

_QUOTA = 50
"""Posts in 24 hours if the answer does not say; Meta's guide says 100, its reference 50 (read 2026-11)."""
_CONTAINERS_A_DAY = 400
_PATIENCE = timedelta(minutes=5)
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


Answer = TypeVar("Answer", bound=BaseModel)


class Container(BaseModel):
    """`status` is a sentence that carries the subcode of an error."""

    id: str
    status_code: Literal["IN_PROGRESS", "FINISHED", "ERROR", "EXPIRED", "PUBLISHED"]
    status: str = ""


class _Phase(BaseModel):
    # Meta's guides spell it both ways.
    bytes_transfered: int = 0
    bytes_transferred: int = 0


class _VideoStatus(BaseModel):
    uploading_phase: _Phase = _Phase()


class _Upload(BaseModel):
    video_status: _VideoStatus = _VideoStatus()

    @property
    def received(self) -> int:
        phase = self.video_status.uploading_phase
        return max(phase.bytes_transfered, phase.bytes_transferred)


class _Resumable(Created):
    uri: str


class _Config(BaseModel):
    quota_total: int = _QUOTA


class _Quota(BaseModel):
    quota_usage: int
    config: _Config = _Config()


def look(graph: Graph, container: str) -> Container:
    """Raises Missing."""
    return graph.read(container, Container, fields="id,status_code,status")


def check_quota(graph: Graph, user: str) -> None:
    """Raise TooSoon when the account has no post left in its 24 hours; the window slides, so an hour may free one."""
    answer = graph.read(f"{user}/content_publishing_limit", Page[_Quota], fields="quota_usage,config")
    for quota in answer.data:
        if quota.quota_usage >= quota.config.quota_total:
            raise TooSoon(
                f"Instagram takes {quota.config.quota_total} posts in 24 hours and has them",
                retry_at=datetime.now(UTC) + timedelta(hours=1),
            )


def check_containers() -> None:
    """Raise TooSoon when so many containers were made that Instagram makes no more.

    It counts over 24 hours that slide; two calendar days hold them all.
    """
    today = datetime.now(UTC).date()
    if sum(spent(CONTAINERS, today - timedelta(days=ago)) for ago in (0, 1)) >= _CONTAINERS_A_DAY:
        raise TooSoon(
            f"Instagram makes {_CONTAINERS_A_DAY} containers in 24 hours and may have made them",
            retry_at=datetime.combine(today, time(), UTC) + timedelta(days=1),
            covers=Covers.UPLOADS,
        )


class Staging:
    """One post on its way to a finished container.

    The checkpoint holds `seal` (a digest of what the container was made from), `container` once the whole post
    has one, `children` (container by the picture's position) on the way to an album, `upload_path` and
    `uploaded` for a film, and `shelf`: the addresses still shown to Meta. A story has no caption.
    """

    def __init__(self, graph: Graph, user: str, shelf: Shelf, sleep: Callable[[float], None], save: Save) -> None:
        self._graph, self._user, self._shelf, self._sleep, self._save = graph, user, shelf, sleep, save
        self._done: dict[str, Any] = {}

    def run(self, outgoing: Outgoing, checkpoint: Checkpoint) -> Checkpoint:
        seal = _seal(outgoing)
        shown = {"shelf": checkpoint["shelf"]} if "shelf" in checkpoint else {}
        self._done = dict(checkpoint) if checkpoint.get("seal") == seal else {"seal": seal, **shown}
        try:
            if "container" not in self._done or not self._alive(self._done["container"]):
                self._begin(outgoing)
            elif is_film(outgoing):
                self._resume(outgoing)
            self._wait(self._done["container"])
        except Refused:
            self._clear_shelf()
            raise
        self._clear_shelf()
        return dict(self._done)

    def _begin(self, outgoing: Outgoing) -> None:
        fields = _fields(outgoing)
        if is_film(outgoing):
            self._begin_film(outgoing)
        elif len(outgoing.media) == 1:
            self._keep(container=self._create_picture(unaltered(outgoing.media[0]), **fields))
        else:
            children = [self._child(position, each) for position, each in enumerate(outgoing.media)]
            for each in children:
                self._wait(each)
            self._keep(container=self._create(Created, {"media_type": "CAROUSEL", "children": children, **fields}).id)

    def _begin_film(self, outgoing: Outgoing) -> None:
        shown = {"cover_url": self._show(unaltered(cover))} if (cover := _cover(outgoing)) else {}
        film = self._create(_Resumable, {"upload_type": "resumable", **shown, **_fields(outgoing)})
        self._keep(container=film.id, upload_path=path_of(film.uri), uploaded=False)
        self._upload(outgoing.media[0], offset=0)

    def _resume(self, outgoing: Outgoing) -> None:
        """Send what is missing of a film; where Meta does not say how far it came, a new container is cheap."""
        if self._done.get("uploaded"):
            return
        try:
            seen = self._graph.read(self._done["container"], _Upload, fields="id,video_status")
        except Refused:
            self._begin_film(outgoing)
        else:
            self._upload(outgoing.media[0], offset=seen.received)

    def _upload(self, film: MediaFile, *, offset: int) -> None:
        if offset < film.size:
            self._graph.send_file(self._done["upload_path"], unaltered(film).path, offset=offset)
        self._keep(uploaded=True)

    def _child(self, position: int, picture: MediaFile) -> str:
        """A picture's own container; all of them must be finished before the album is made."""
        children: Mapping[str, str] = self._done.get("children", {})
        container = children.get(str(position))
        if container is None or not self._alive(container):
            container = self._create_picture(unaltered(picture), is_carousel_item=True)
            self._keep(children={**children, str(position): container})
        return container

    def _create_picture(self, picture: MediaFile, **fields: object) -> str:
        fields = {"image_url": self._show(picture), "alt_text": picture.alt_text or None, **fields}
        return self._create(Created, fields).id

    def _show(self, picture: MediaFile) -> str:
        """The address of a picture on the shelf, where it lies until its container is finished: Meta fetches it."""
        url = self._shelf.put(picture.path, suffix=".jpg")
        self._keep(shelf=[*self._done.get("shelf", ()), url])
        return url

    def _create(self, shape: type[Answer], fields: Mapping[str, object]) -> Answer:
        check_containers()
        return self._graph.prepare(f"{self._user}/media", shape, **fields)

    def _alive(self, container: str) -> bool:
        """Whether a container of an earlier attempt still serves. Raises OutcomeUnknown if it went out already."""
        try:
            seen = look(self._graph, container)
        except Missing:
            return False
        if seen.status_code == "PUBLISHED":
            raise OutcomeUnknown("Instagram says that this is already published: look before sending again")
        return seen.status_code in {"IN_PROGRESS", "FINISHED"}

    def _wait(self, container: str) -> None:
        """Until it is FINISHED, pictures too. A broken one is forgotten, so that staging again makes a new one."""
        for pause in _pauses():
            seen = look(self._graph, container)
            if seen.status_code == "FINISHED":
                return
            if seen.status_code != "IN_PROGRESS":
                self._forget(container)
                raise from_status(seen.status or seen.status_code, network="Instagram")
            self._sleep(pause)
        raise Unreachable("Instagram is still processing; staging goes on from here later")

    def _forget(self, container: str) -> None:
        children = {at: each for at, each in self._done.get("children", {}).items() if each != container}
        self._done = {name: self._done[name] for name in ("seal", "shelf") if name in self._done}
        self._done |= {"children": children} if children else {}
        self._save(dict(self._done))

    def _keep(self, **fields: object) -> None:
        self._done.update(fields)
        self._save(dict(self._done))

    def _clear_shelf(self) -> None:
        if addresses := self._done.pop("shelf", None):
            for address in addresses:
                self._shelf.remove(address)
            self._save(dict(self._done))


def is_film(outgoing: Outgoing) -> bool:
    """A story may be a picture or a film."""
    return bool(outgoing.media) and outgoing.media[0].duration is not None


def _cover(outgoing: Outgoing) -> MediaFile | None:
    """An upright thumbnail is a reel's cover. A wide one is meant for other networks: then Instagram takes a frame."""
    cover = outgoing.thumbnail if outgoing.form is Form.VIDEO else None
    return cover if cover and cover.mime_type == "image/jpeg" and cover.height > cover.width else None


def _fields(outgoing: Outgoing) -> dict[str, object]:
    """What a container is told besides its media. A story has no words of its own, alt text neither."""
    fields: dict[Form, dict[str, object]] = {
        Form.STORY: {"media_type": "STORIES", "alt_text": None},
        Form.VIDEO: {"media_type": "REELS", "caption": outgoing.text, "share_to_feed": True},
    }
    # `is_ai_generated` stands in the generated map of v26, read 2026-11.
    told = {"is_ai_generated": outgoing.synthetic or None}
    return fields.get(outgoing.form, {"caption": outgoing.text}) | told


def _seal(outgoing: Outgoing) -> str:
    """Caption, alt texts and cover are set when a container is made, so other ones need another container."""
    cover = thumbnail.sha256 if (thumbnail := _cover(outgoing)) else ""
    media = (part for each in outgoing.media for part in (each.sha256, each.alt_text))
    parts = [outgoing.form, outgoing.text, cover, outgoing.synthetic, *media]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _pauses() -> Iterator[float]:
    """Seconds between looks, a little longer each time, until patience ends."""
    spent = 0.0
    for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
        if spent >= _PATIENCE.total_seconds():
            return
        spent += pause
        yield pause
