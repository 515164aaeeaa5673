"""Copies of supplied files for networks that do not take them as they are: who needs one, what it will be, making it.

What no copy can mend (a film that is too long, a picture that is too small) is left as it is, and the network's check
says what to do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.drafting import measured
from campaigns.languages import Language
from campaigns.limits import Sending
from campaigns.models import Account, Asset, Part, Revision
from campaigns.outgoing import file_of
from campaigns.review import ReviewError
from campaigns.vault import Vault
from platforms import limits
from platforms.contract import Form, MediaFile, Network
from platforms.errors import MediaNotAccepted

if TYPE_CHECKING:
    from campaigns.studio.copying import Bounds
    from campaigns.studio.probing import Probe

_MENDS = frozenset({"type", "codec", "sound codec", "pixel format", "index first", "frame rate", "ratio"})
"""What a copy mends whatever the file has; sides and bytes it mends where there are too many."""
_SCALES = frozenset({"bytes", "width", "height", "longer side", "shorter side"})


@dataclass(frozen=True, kw_only=True)
class Copying:
    """One copy to make: values only, so that another process can make it."""

    post: str
    sha256: str
    mime_type: str
    form: Form
    language: Language
    position: int
    network: Network


@dataclass(frozen=True, kw_only=True)
class Copied:
    """A copy in the vault."""

    of: Copying
    file: Probe

    @property
    def asset(self) -> Asset:
        of = self.of
        return Asset(
            role=Part.MEDIA, language=of.language, position=of.position, network=of.network, **measured(self.file)
        )


def copies(session: Session, revision: Revision) -> Iterator[Copying]:
    """What is still to be copied: each supplied file, once for each network of its accounts that needs it."""
    accounts = session.scalars(select(Account).where(Account.key.in_(revision.accounts), Account.active)).all()
    have = {(asset.language, asset.position, asset.network) for asset in revision.assets}
    for asset in revision.assets:
        if asset.shape is not None or asset.network is not None or asset.role not in (None, Part.MEDIA):
            continue
        for network in sorted({each.network for each in accounts if asset.language in each.spoken}):
            wanted = needs_copy(file_of(asset, Vault(Path())), network, revision.kind.form)
            if wanted and (asset.language, asset.position, network) not in have:
                yield Copying(
                    post=revision.post.key,
                    sha256=asset.sha256,
                    mime_type=asset.mime_type,
                    form=revision.kind.form,
                    language=asset.language,
                    position=asset.position,
                    network=network,
                )


def needs_copy(medium: MediaFile, network: Network, form: Form) -> bool:
    """Whether the network refuses the file for reasons all of which a copy can mend."""
    wrong = list(limits.misfits(network, limits.part_for(network, form, medium.mime_type), medium))
    return bool(wrong) and all(_can_be_mended(row, measured) for row, measured in wrong)


def foreseen(medium: MediaFile, network: Network, form: Form) -> MediaFile:
    """The file as the network will get it: itself, or what its copy will measure, as far as that can be known."""
    if not needs_copy(medium, network, form):
        return medium
    from campaigns.studio.copying import framed

    moving = medium.mime_type.startswith("video/")
    within = bounds(network, form, medium.mime_type)
    frame = framed(medium.width, medium.height, within, step=2 if moving else 1)
    copy = replace(
        medium,
        mime_type="video/mp4" if moving else "image/jpeg",
        size=min(medium.size, within.size or medium.size),
        width=frame.outer[0],
        height=frame.outer[1],
    )
    if not moving:
        return copy
    rate = medium.frame_rate and max(min(medium.frame_rate, within.fastest or medium.frame_rate), within.slowest or 0)
    sound = "aac" if medium.sound_codec else ""
    return replace(copy, codec="h264", sound_codec=sound, frame_rate=rate, pixel_format="yuv420p", index_first=True)


def refused_once_made(sending: Sending, revision: Revision) -> tuple[Exception, ...]:
    """What the network would refuse even when the copies and drawings that are still to be made are there."""
    outgoing, network = sending.outgoing, sending.account.network
    media = tuple(foreseen(medium, network, outgoing.form) for medium in outgoing.media)
    refusals = replace(sending, outgoing=replace(outgoing, media=media)).refusals
    undrawn = bool(revision.template) and not media
    return tuple(error for error in refusals if not (undrawn and isinstance(error, MediaNotAccepted)))


def make(copying: Copying, vault_folder: Path) -> Copied:
    """Make one copy and keep it in the vault. Raises ReviewError."""
    from campaigns.studio.copying import copy_film, copy_picture
    from campaigns.studio.storyboard import FilmError

    vault, moving = Vault(vault_folder), copying.mime_type.startswith("video/")
    within = bounds(copying.network, copying.form, copying.mime_type)
    with tempfile.TemporaryDirectory(prefix="sawt-") as folder:
        out, copy = (Path(folder) / "copy.mp4", copy_film) if moving else (Path(folder) / "copy.jpg", copy_picture)
        try:
            made = copy(vault.path(copying.sha256), out, within)
        except (ValueError, OSError, FilmError) as error:
            raise ReviewError(f"{copying.post}, {copying.language}, for {copying.network.label}: {error}") from error
        vault.keep(out)
    return Copied(of=copying, file=made)


def _can_be_mended(row: limits.Limit, measured: limits.Measured | None) -> bool:
    if row.what in _MENDS:
        return True
    too_much = row.most is not None and isinstance(measured, int | float) and measured > row.most
    return row.what in _SCALES and too_much


def bounds(network: Network, form: Form, mime_type: str) -> Bounds:
    """What a copy of a picture or film keeps to. A picture has no more pixels than the network would show of it."""
    from campaigns.studio.copying import Bounds

    moving = mime_type.startswith("video/")
    part = limits.part_for(network, form, "video/mp4" if moving else "image/jpeg")

    def end(what: str, which: str) -> float | None:
        row = limits.table().get((network, part, what))
        found: float | None = getattr(row, which) if row else None
        return found

    shown = limits.table().get((network, "scaled", "width"))
    width = end("width", "most") or (shown.most if shown and not moving else None)
    return Bounds(
        size=_whole(end("bytes", "most")),
        width=_whole(width),
        longer=_whole(end("longer side", "most")),
        shorter=_whole(end("shorter side", "most")),
        narrowest=end("ratio", "least"),
        widest=end("ratio", "most"),
        slowest=end("frame rate", "least"),
        fastest=end("frame rate", "most"),
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
