"""What Facebook takes, and which road a video goes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from platforms import limits
from platforms.contract import Form, MediaFile, Network, Outgoing
from platforms.errors import MediaNotAccepted, NotOffered, Refused


def check(outgoing: Outgoing) -> list[Exception]:
    """Everything for which Facebook would refuse this post."""
    found: list[Exception] = [*limits.too_long(Network.FACEBOOK, "text", outgoing.text)]
    if outgoing.link and _on_facebook(outgoing.link):
        found.append(Refused("Facebook takes no links to facebook.com: leave the link out"))
    if outgoing.form is Form.STORY:
        return [NotOffered("Facebook takes no stories from us: choose another form")]
    files = _text(outgoing) if outgoing.form is Form.TEXT else limits.refused_files(Network.FACEBOOK, outgoing)
    return [*found, *files]


def is_reel(video: MediaFile) -> bool:
    """Vertical, short and large enough for Facebook's reels; every other video goes the ordinary road."""
    return not any(limits.misfits(Network.FACEBOOK, "reel", video))


def _text(outgoing: Outgoing) -> Iterator[Exception]:
    if outgoing.media:
        yield MediaNotAccepted("a text post carries no media: make it a picture or a video post")
    if not outgoing.text.strip():
        yield Refused("there is nothing to post: write a text")


def _on_facebook(link: str) -> bool:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:  # not an address at all; Facebook will say so, and intake has said it before
        return False
    return host in {"facebook.com", "fb.com", "fb.me"} or host.endswith(".facebook.com")
