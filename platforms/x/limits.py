"""What X takes: 280 weighted characters, four pictures, or one GIF, or one video.

Source: X docs, Counting characters (twitter-text configuration 3) and Media best practices, read 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twitter_text import extract_urls, parse_tweet
from twitter_text.has_invalid_characters import has_invalid_characters

from platforms import limits
from platforms.contract import Form, Network, Outgoing
from platforms.errors import MediaNotAccepted, PlatformError, Refused


def weighted_length(text: str) -> int:
    """Length as X counts it: Arabic and Latin letters 1, most else 2, an emoji 2, every link 23."""
    return int(parse_tweet(text).weightedLength)


def check(outgoing: Outgoing) -> Sequence[Exception]:
    """Everything for which X would refuse this post."""
    return [*_text(outgoing), *_media(outgoing)]


def _text(outgoing: Outgoing) -> Iterator[Refused]:
    yield from limits.too_long(Network.X, "text", outgoing.text)
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


def _media(outgoing: Outgoing) -> Iterator[PlatformError]:
    if outgoing.form is Form.TEXT:
        if outgoing.media:
            yield MediaNotAccepted("this is a text post and has media; make it a picture or video post")
        return
    wanted = "video/" if outgoing.form is Form.VIDEO else "image/"
    if any(not each.mime_type.startswith(wanted) for each in outgoing.media):
        yield MediaNotAccepted("X takes pictures or one video in a post, not both; take one kind away")
    yield from limits.refused_files(Network.X, outgoing)
