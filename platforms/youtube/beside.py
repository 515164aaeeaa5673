"""What stands beside a film: its thumbnail, and captions in several languages, as far as each day's quota goes.

The checkpoint's `beside` says by name what is up: the digest of the file, and a caption track's id; and of captions
that are on their way, what was `tried`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from googleapiclient.errors import HttpError

from platforms.approved import unaltered
from platforms.contract import Captions, Checkpoint, MediaFile, Outgoing, Save
from platforms.errors import Covers, Refused, TooSoon, Unreachable
from platforms.youtube.client import Client
from platforms.youtube.faults import translated
from platforms.youtube.quota import CAPTIONS, CAPTIONS_ANEW, THUMBNAIL, has_room, next_pacific_midnight

_NO_THUMBNAILS = "YouTube lets this channel set no thumbnails: verify its phone number in YouTube Studio"
_NO_CAPTIONS = "this sign-in may not set captions: sign in again and allow managing the channel (youtube.force-ssl)"


@dataclass(frozen=True, kw_only=True)
class Addition:
    """One file, by the name that the checkpoint knows it under."""

    name: str
    file: MediaFile | Captions


def missing(outgoing: Outgoing, checkpoint: Checkpoint) -> list[Addition]:
    """What is not up yet, or has changed since, in the order in which it matters to the audience."""
    up = checkpoint.get("beside", {})
    return [each for each in _wanted(outgoing) if up.get(each.name, {}).get("sha256") != each.file.sha256]


@dataclass(frozen=True, kw_only=True)
class Beside:
    client: Client
    outgoing: Outgoing
    video: str

    def add_while_there_is_room(self, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """Before the film is shown. None of it may hold the film up: what does not go follows later."""
        done = checkpoint

        def keep(noted: Checkpoint) -> None:
            nonlocal done
            done = noted
            save(noted)

        with suppress(Refused, TooSoon, Unreachable):
            for each in missing(self.outgoing, checkpoint):
                self._add(each, done, keep)
        return done

    def add_the_rest(self, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        """After it. Raises TooSoon until the quota has room again, and in the end Refused for what was refused."""
        done = checkpoint
        refused: list[str] = []
        for each in missing(self.outgoing, checkpoint):
            try:
                done = self._add(each, done, save)
            except Refused as refusal:
                refused.append(str(refusal))
        if refused:
            raise Refused("; ".join(dict.fromkeys(refused)))
        return done

    def _add(self, addition: Addition, done: Checkpoint, save: Save) -> Checkpoint:
        before = done.get("beside", {}).get(addition.name, {})
        track, tried = before.get("track"), before.get("tried", [])
        _must_have_room(_units(addition, track))
        if not addition.file.path.exists():
            raise Unreachable(f"{addition.name} is not in the media folder of this worker")
        if isinstance(addition.file, Captions) and track is None:
            save(_noting(done, addition, {"tried": sorted({*tried, addition.file.sha256})}))
        up = {"sha256": addition.file.sha256, **self._send(addition, track, tried)}
        noted = _noting(done, addition, up)
        save(noted)
        return noted

    def _send(self, addition: Addition, track: str | None, tried: Sequence[str]) -> dict[str, Any]:
        if isinstance(addition.file, MediaFile):
            with translated(withheld=_NO_THUMBNAILS):
                self.client.set_thumbnail(self.video, unaltered(addition.file))
            return {}
        captions = unaltered(addition.file)
        with translated(withheld=_NO_CAPTIONS):
            if track is not None:
                return {"track": self.client.replace_captions(track, captions)}
            return {"track": self._insert(captions, tried)}

    def _insert(self, captions: Captions, tried: Sequence[str]) -> str | None:
        """A track that is there already is ours, and its answer was lost; or the team's own, which stays.

        Ours may hold other captions that were `tried` before these: then these take their place.
        """
        try:
            return self.client.insert_captions(self.video, captions)
        except HttpError as refusal:
            if refusal.status_code != 409:
                raise
            track = self.client.caption_tracks(self.video).get(captions.language)
            if track is None or set(tried) <= {captions.sha256}:
                return track
        _must_have_room(CAPTIONS_ANEW)
        return self.client.replace_captions(track, captions)


def _wanted(outgoing: Outgoing) -> Iterator[Addition]:
    if outgoing.thumbnail:
        yield Addition(name="thumbnail", file=outgoing.thumbnail)
    for each in sorted(outgoing.captions, key=lambda captions: captions.language != outgoing.language):
        yield Addition(name=f"captions {each.language}", file=each)


def _noting(done: Checkpoint, addition: Addition, known: dict[str, Any]) -> Checkpoint:
    return {**done, "beside": {**done.get("beside", {}), addition.name: known}}


def _must_have_room(units: int) -> None:
    now = datetime.now(UTC)
    if not has_room(units, now):
        why = "YouTube's quota of this day is kept for films that are still to be shown"
        raise TooSoon(why, retry_at=next_pacific_midnight(now), covers=Covers.CALL)


def _units(addition: Addition, track: str | None) -> int:
    if isinstance(addition.file, MediaFile):
        return THUMBNAIL
    return CAPTIONS if track is None else CAPTIONS_ANEW
