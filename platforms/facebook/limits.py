"""What Facebook takes, and which road a video goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from platforms.contract import Form, MediaFile, Outgoing
from platforms.errors import MediaNotAccepted, Refused, TooLong

TEXT = 63_206
"""Longest post in characters: the figure everybody goes by; Meta's reference gives none (read 2026-11)."""
PICTURES = 10
"""Pictures in one post: our own measure, so that a post's attachments come in one answer."""
PICTURE_BYTES = 10_000_000
PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"})
VIDEO_BYTES, VIDEO_LENGTH = 10_000_000_000, timedelta(hours=4)
"""For uploads in chunks (Meta, Video Uploads, read 2026-11)."""
VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime"})
REEL_LENGTHS = timedelta(seconds=3), timedelta(seconds=90)
REEL_WIDTH, REEL_HEIGHT = 540, 960
"""Smallest reel in pixels, 9:16 (Meta, Reels Publishing, 2026-07-30)."""


def check(outgoing: Outgoing) -> list[Exception]:
    """Everything for which Facebook would refuse this post."""
    found: list[Exception] = []
    if len(outgoing.text) > TEXT:
        found.append(TooLong(limit=TEXT, length=len(outgoing.text), network="Facebook"))
    if outgoing.link and _on_facebook(outgoing.link):
        found.append(Refused("Facebook takes no links to facebook.com: leave the link out"))
    found.extend({Form.TEXT: _text, Form.PICTURE: _pictures, Form.VIDEO: _video}[outgoing.form](outgoing))
    return found


def is_reel(video: MediaFile) -> bool:
    """Vertical, short and large enough for Facebook's reels; every other video goes the ordinary road."""
    shortest, longest = REEL_LENGTHS
    upright = abs(video.width * 16 - video.height * 9) <= video.height * 9 * 0.02
    fits = video.duration is not None and shortest <= video.duration <= longest
    return upright and fits and video.width >= REEL_WIDTH and video.height >= REEL_HEIGHT


def _text(outgoing: Outgoing) -> Iterator[Exception]:
    if outgoing.media:
        yield MediaNotAccepted("a text post carries no media: make it a picture or a video post")
    if not outgoing.text.strip():
        yield Refused("there is nothing to post: write a text")


def _pictures(outgoing: Outgoing) -> Iterator[Exception]:
    if not 1 <= len(outgoing.media) <= PICTURES:
        yield MediaNotAccepted(f"a picture post takes 1 to {PICTURES} pictures, not {len(outgoing.media)}")
    for picture in outgoing.media:
        if picture.mime_type not in PICTURE_TYPES:
            yield MediaNotAccepted(f"{picture.path.name} is {picture.mime_type}: Facebook takes JPEG or PNG")
        if picture.size > PICTURE_BYTES:
            yield MediaNotAccepted(f"{picture.path.name} has {picture.size:,} bytes: Facebook takes 10 MB")


def _video(outgoing: Outgoing) -> Iterator[Exception]:
    if len(outgoing.media) != 1:
        yield MediaNotAccepted(f"a video post takes one video, not {len(outgoing.media)}")
    for video in outgoing.media:
        if video.mime_type not in VIDEO_TYPES:
            yield MediaNotAccepted(f"{video.path.name} is {video.mime_type}: send an MP4")
        if video.size > VIDEO_BYTES:
            yield MediaNotAccepted(f"{video.path.name} has {video.size:,} bytes: Facebook takes 10 GB")
        if video.duration is None or not timedelta(seconds=1) <= video.duration <= VIDEO_LENGTH:
            yield MediaNotAccepted(f"{video.path.name} must last between one second and four hours")


def _on_facebook(link: str) -> bool:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:  # not an address at all; Facebook will say so, and intake has said it before
        return False
    return host in {"facebook.com", "fb.com", "fb.me"} or host.endswith(".facebook.com")
