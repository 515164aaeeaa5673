"""What Instagram takes (Content Publishing and IG User Media reference, read 2026-11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from platforms.contract import Form, MediaFile, Outgoing
from platforms.errors import MediaNotAccepted, NotOffered, Refused, TooLong

CAPTION, ALT_TEXT = 2_200, 1_000
"""In characters."""
MENTIONS = 20
HASHTAGS, HASHTAGS_AT_MOST = 5, 30
"""The developer reference says 30; the Help Center says that a post with more than 5 "won't post"."""
PICTURES = 10
PICTURE_BYTES, PICTURE_WIDTH = 8_000_000, 320
NARROWEST, WIDEST = 4 / 5, 1.91
"""Width by height of a picture."""
VIDEO_BYTES, VIDEO_WIDTH = 300_000_000, 1_920
VIDEO_LENGTHS = timedelta(seconds=3), timedelta(minutes=15)
VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime"})

_ROUNDING = 0.005
_HASHTAG = re.compile(r"(?<![\w&])#\w")
_MENTION = re.compile(r"(?<!\w)@\w")


def check(outgoing: Outgoing, *, hashtags: int = HASHTAGS) -> list[Exception]:
    """Everything for which Instagram would refuse this post."""
    if outgoing.form is Form.TEXT:
        return [NotOffered("Instagram has no posts without media: give it a picture or a film")]
    media = _pictures if outgoing.form is Form.PICTURE else _videos
    return [*_caption(outgoing.text, hashtags), *media(outgoing)]


def _caption(text: str, hashtags: int) -> Iterator[Exception]:
    if len(text) > CAPTION:
        yield TooLong(limit=CAPTION, length=len(text), network="Instagram", what="caption")
    if (count := len(_HASHTAG.findall(text))) > hashtags:
        yield Refused(f"the caption has {count} hashtags: {hashtags} are allowed")
    if (count := len(_MENTION.findall(text))) > MENTIONS:
        yield Refused(f"the caption names {count} accounts: Instagram takes {MENTIONS}")


def _pictures(outgoing: Outgoing) -> Iterator[Exception]:
    if not 1 <= len(outgoing.media) <= PICTURES:
        yield MediaNotAccepted(f"a picture post takes 1 to {PICTURES} pictures, not {len(outgoing.media)}")
    for picture in outgoing.media:
        yield from _picture(picture)


def _picture(picture: MediaFile) -> Iterator[Exception]:
    name = picture.path.name
    if picture.mime_type != "image/jpeg":
        yield MediaNotAccepted(f"{name} is {picture.mime_type}: Instagram takes JPEG only")
    if picture.size > PICTURE_BYTES:
        yield MediaNotAccepted(f"{name} has {picture.size:,} bytes: Instagram takes 8 MB")
    if picture.width < PICTURE_WIDTH:
        yield MediaNotAccepted(f"{name} is {picture.width} pixels wide: Instagram wants at least 320")
    if not NARROWEST - _ROUNDING <= picture.width / max(picture.height, 1) <= WIDEST + _ROUNDING:
        yield MediaNotAccepted(f"{name} must be between 4:5 and 1.91:1: crop it")
    if len(picture.alt_text) > ALT_TEXT:
        yield TooLong(limit=ALT_TEXT, length=len(picture.alt_text), network="Instagram", what="alt text")


def _videos(outgoing: Outgoing) -> Iterator[Exception]:
    if len(outgoing.media) != 1:
        yield MediaNotAccepted(f"a film post takes one film, not {len(outgoing.media)}")
    for video in outgoing.media:
        yield from _video(video)


def _video(video: MediaFile) -> Iterator[Exception]:
    name, (shortest, longest) = video.path.name, VIDEO_LENGTHS
    if video.mime_type not in VIDEO_TYPES:
        yield MediaNotAccepted(f"{name} is {video.mime_type}: send an MP4")
    if video.size > VIDEO_BYTES:
        yield MediaNotAccepted(f"{name} has {video.size:,} bytes: Instagram takes 300 MB")
    if video.width > VIDEO_WIDTH:
        yield MediaNotAccepted(f"{name} is {video.width} pixels wide: Instagram takes up to 1,920")
    if video.duration is None or not shortest <= video.duration <= longest:
        yield MediaNotAccepted(f"{name} must last between 3 seconds and 15 minutes")
