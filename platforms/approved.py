"""Is this file still the one that was approved? Asked before its first byte leaves."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from platforms.contract import Captions, MediaFile
from platforms.errors import MediaNotAccepted

Sent = TypeVar("Sent", MediaFile, Captions)


def unaltered(media: Sent) -> Sent:
    """The file, if it still is what was approved. Raises MediaNotAccepted when it is gone or different."""
    try:
        with media.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise MediaNotAccepted(f"{media.path.name} cannot be read: put the file back") from error
    if digest != media.sha256:
        raise MediaNotAccepted(f"{media.path.name} is not the file that was approved: have it approved again")
    return media
