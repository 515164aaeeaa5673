"""What X's checkpoint remembers: the uploads, and of a thread each part's words, intent and id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from platforms.contract import Checkpoint, MediaFile, Outgoing, Parts, Receipt
from platforms.errors import Unreachable
from platforms.x.finding import made_at
from platforms.x.upload import Uploaded


class Sent(BaseModel):
    """One part of a thread: `sent_at` stands before the call (aware UTC), `remote_id` once X has answered."""

    model_config = ConfigDict(frozen=True)

    sent_at: datetime
    remote_id: str | None = None


class Staged(BaseModel):
    """Uploads in the order of the post's media; `texts` of a thread once it has begun, and what was sent of them.

    The texts are kept, so that a thread goes on as it began though we may by then cut in other places.
    """

    model_config = ConfigDict(frozen=True)

    media: tuple[Uploaded, ...] = ()
    texts: tuple[str, ...] = ()
    sent: tuple[Sent, ...] = ()

    def having(self, position: int, uploaded: Uploaded) -> Staged:
        return self._with(media=(*self.media[:position], uploaded, *self.media[position + 1 :]))

    def without_media(self) -> Staged:
        return self._with(media=())

    def intending(self, texts: Sequence[str], now: datetime) -> Staged:
        return self._with(texts=tuple(texts), sent=(*self.sent, Sent(sent_at=now)))

    def settled(self, remote_id: str | None) -> Staged:
        """The part in doubt is out as `remote_id`; with None it is not, and is still to be sent."""
        if not self.in_doubt:
            return self
        *before, last = self.sent
        return self._with(sent=(*before, last.model_copy(update={"remote_id": remote_id})) if remote_id else before)

    @property
    def in_doubt(self) -> Sent | None:
        """The part that was about to be sent, of which X has said nothing yet."""
        return next((each for each in self.sent if each.remote_id is None), None)

    @property
    def ids(self) -> tuple[str, ...]:
        """The parts that are out, in order."""
        return tuple(each.remote_id for each in self.sent if each.remote_id)

    @property
    def is_out(self) -> bool:
        """Whether it is a thread all of whose parts are out."""
        return bool(self.texts) and len(self.ids) == len(self.texts)

    @property
    def parts(self) -> Parts | None:
        return Parts(out=len(self.ids), of=len(self.texts), first=receipt(self.ids[0])) if self.ids else None

    @property
    def media_keys(self) -> tuple[str, ...]:
        return tuple(each.media_key for each in self.media if each.media_key)

    def media_ids(self, outgoing: Outgoing) -> list[str]:
        """Those of the post's media, in order. Raises Unreachable when they must be uploaded first, or again."""
        now, pairs = datetime.now(UTC), zip(self.media, outgoing.media, strict=False)
        ready = [uploaded.media_id for uploaded, file in pairs if _is_ready(uploaded, file, now)]
        if len(ready) < len(outgoing.media):
            raise Unreachable("the media are not on X, or no longer; they must be uploaded before the post")
        return ready

    def stored(self) -> Checkpoint:
        return self.model_dump(mode="json", exclude_defaults=True)

    def _with(self, **changed: object) -> Staged:
        return Staged.model_validate({**dict(self), **changed})


def receipt(remote_id: str) -> Receipt:
    return Receipt(remote_id=remote_id, url=f"https://x.com/i/status/{remote_id}", published_at=made_at(remote_id))


def _is_ready(uploaded: Uploaded, file: MediaFile, now: datetime) -> bool:
    return uploaded.is_ready_for(file) and not uploaded.is_past(now)
