"""What X takes: 280 weighted characters or a thread of them, four pictures, or one GIF, or one video.

Source: X docs, Counting characters (twitter-text configuration 3) and Media best practices, read 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twitter_text import extract_urls
from twitter_text.has_invalid_characters import has_invalid_characters

from platforms import limits
from platforms.contract import Form, Network, Outgoing
from platforms.errors import MediaNotAccepted, PlatformError, Refused
from platforms.x.threads import NoThread, parts, written


def check(outgoing: Outgoing) -> Sequence[Exception]:
    """Everything for which X would refuse this post."""
    return [*_text(outgoing), *_media(outgoing)]


def _text(outgoing: Outgoing) -> Iterator[Refused]:
    try:
        parts(outgoing)
    except NoThread as error:
        yield error
    if not outgoing.text.strip() and outgoing.form is Form.TEXT:
        yield Refused("a post on X without media needs words")
    if has_invalid_characters(outgoing.text):
        yield Refused("the text has a character that X refuses (a byte-order mark or a non-character); delete it")
    link, text = written(outgoing.link or ""), written(outgoing.text)
    if link and link in text and link not in extract_urls(text):
        yield Refused("X would not show the whole link as one; keep it apart from the words around it")


def _media(outgoing: Outgoing) -> Iterator[PlatformError]:
    if outgoing.form is Form.TEXT:
        if outgoing.media:
            yield MediaNotAccepted("this is a text post and has media; make it a picture or video post")
        return
    wanted = "video/" if outgoing.form is Form.VIDEO else "image/"
    if any(not each.mime_type.startswith(wanted) for each in outgoing.media):
        yield MediaNotAccepted("X takes pictures or one video in a post, not both; take one kind away")
    yield from limits.refused_files(Network.X, outgoing)
