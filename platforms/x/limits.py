"""What X takes: 280 weighted characters, four pictures, or one GIF, or one video.

Source: X docs, Counting characters (twitter-text configuration 3) and Media best practices, read 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from twitter_text import extract_urls, parse_tweet
from twitter_text.has_invalid_characters import has_invalid_characters

from platforms.contract import Form, MediaFile, Outgoing
from platforms.errors import MediaNotAccepted, Refused, TooLong

LONGEST_TEXT = 280
LONGEST_ALT_TEXT = 1000
MOST_PICTURES = 4

# Largest file by MIME type, in bytes; X writes "MB", and the smaller reading is safe.
_LARGEST = {
    "image/jpeg": 5_000_000,
    "image/png": 5_000_000,
    "image/webp": 5_000_000,
    "image/gif": 15_000_000,
    "video/mp4": 512_000_000,
    "video/quicktime": 512_000_000,
}
_SHORTEST_VIDEO, _LONGEST_VIDEO = timedelta(seconds=0.5), timedelta(seconds=140)
_FRAME = (1280, 1024)  # longer and shorter side
_NARROWEST = 32


def weighted_length(text: str) -> int:
    """Length as X counts it: Arabic and Latin letters 1, most else 2, an emoji 2, every link 23."""
    return int(parse_tweet(text).weightedLength)


def check(outgoing: Outgoing) -> Sequence[Exception]:
    """Everything for which X would refuse this post."""
    return [*_text(outgoing), *_number_of_media(outgoing), *_each_medium(outgoing)]


def _text(outgoing: Outgoing) -> Iterator[Refused]:
    length = weighted_length(outgoing.text)
    if length > LONGEST_TEXT:
        yield TooLong(limit=LONGEST_TEXT, length=length, network="X")
    if not outgoing.text.strip() and outgoing.form is Form.TEXT:
        yield Refused("a post on X without media needs words")
    if has_invalid_characters(outgoing.text):
        yield Refused("the text has a character that X refuses (a byte-order mark or a non-character); delete it")
    link = outgoing.link
    if link and link in outgoing.text and link not in extract_urls(outgoing.text):
        yield Refused(
            "X would cut the link off at its first letter that is not Latin; "
            "percent-encode it and keep it apart from the words around it"
        )


def _number_of_media(outgoing: Outgoing) -> Iterator[Refused]:
    media = outgoing.media
    wanted = {Form.TEXT: "text", Form.PICTURE: "image", Form.VIDEO: "video"}[outgoing.form]
    if outgoing.form is Form.TEXT:
        if media:
            yield MediaNotAccepted("this is a text post and has media; make it a picture or video post")
        return
    if not media:
        yield MediaNotAccepted(f"this {outgoing.form} post has no {wanted} file; add one")
    if any(not each.mime_type.startswith(f"{wanted}/") for each in media):
        yield MediaNotAccepted("X takes pictures or one video in a post, not both; take one kind away")
    if outgoing.form is Form.VIDEO and len(media) > 1:
        yield MediaNotAccepted(f"X takes one video in a post, not {len(media)}")
    if outgoing.form is Form.PICTURE and len(media) > MOST_PICTURES:
        yield MediaNotAccepted(f"X takes {MOST_PICTURES} pictures in a post, not {len(media)}")
    if len(media) > 1 and any(each.mime_type == "image/gif" for each in media):
        yield MediaNotAccepted("X takes a GIF only on its own; take the other pictures away")


def _each_medium(outgoing: Outgoing) -> Iterator[Refused]:
    for medium in outgoing.media:
        yield from _file(medium)
        if len(medium.alt_text) > LONGEST_ALT_TEXT:
            yield TooLong(
                limit=LONGEST_ALT_TEXT,
                length=len(medium.alt_text),
                network="X",
                what=f"alt text of {medium.path.name}",
            )


def _file(medium: MediaFile) -> Iterator[MediaNotAccepted]:
    name, largest = medium.path.name, _LARGEST.get(medium.mime_type)
    if largest is None:
        yield MediaNotAccepted(f"{name}: X takes JPEG, PNG, WebP, GIF, MP4 and MOV, not {medium.mime_type}")
    elif not 0 < medium.size <= largest:
        yield MediaNotAccepted(f"{name} has {medium.size:,} bytes; X takes 1 to {largest:,} of {medium.mime_type}")
    if medium.mime_type.startswith("video/"):
        yield from _film(medium)


def _film(medium: MediaFile) -> Iterator[MediaNotAccepted]:
    name, short, long = medium.path.name, *sorted((medium.width, medium.height))
    if medium.duration is None or not _SHORTEST_VIDEO <= medium.duration <= _LONGEST_VIDEO:
        seconds = "no known length" if medium.duration is None else f"{medium.duration.total_seconds():g} seconds"
        yield MediaNotAccepted(f"{name} has {seconds}; X takes videos of 0.5 to 140 seconds")
    if short < _NARROWEST or long > _FRAME[0] or short > _FRAME[1]:
        yield MediaNotAccepted(
            f"{name} is {medium.width}×{medium.height}; X takes 32×32 to 1280×1024, standing or lying"
        )
    elif long > 3 * short:
        yield MediaNotAccepted(f"{name} is {medium.width}×{medium.height}; X takes at most 3:1")
