"""What a WordPress site takes. Types are core's; a site may take less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platforms import limits
from platforms.contract import Form, Network, Outgoing
from platforms.errors import MediaNotAccepted, PlatformError, Refused

ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}


def check(outgoing: Outgoing) -> Sequence[Exception]:
    """Everything for which the website would refuse this article."""
    return list(_problems(outgoing))


def _problems(outgoing: Outgoing) -> Iterator[PlatformError]:
    if not outgoing.text.strip():
        yield Refused("an article needs words; write its text")
    kinds = {medium.mime_type.partition("/")[0] for medium in outgoing.media}
    if outgoing.form is Form.VIDEO and "video" not in kinds:
        yield MediaNotAccepted("this video post has no video file; add one")
    if outgoing.form is Form.PICTURE and kinds != {"image"}:
        yield MediaNotAccepted("a picture post takes pictures, at least one, and nothing else")
    yield from limits.refused_files(Network.WEBSITE, outgoing)
