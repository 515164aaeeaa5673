"""What YouTube takes: one film, titles in characters, descriptions in bytes, tags by a rule of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platforms import limits
from platforms.contract import Form, Network, Outgoing
from platforms.errors import MediaNotAccepted, NotOffered, PlatformError, Refused, TooLong
from platforms.youtube.resource import tags

_QUOTES = len('""')


def check(outgoing: Outgoing) -> Sequence[PlatformError]:
    """Everything for which YouTube would refuse this post; empty when it fits."""
    if outgoing.form is not Form.VIDEO:
        return [NotOffered("YouTube takes films only: plan this post for another network, or give it a film")]
    return [*_film(outgoing), *_words(outgoing), *_tags(outgoing), *_beside(outgoing)]


def tag_characters(words: Sequence[str]) -> int:
    """Length of a tag list as YouTube counts it: commas between, and two quotes around a tag with a space."""
    return sum(len(word) + _QUOTES * (" " in word) for word in words) + max(len(words) - 1, 0)


def _film(outgoing: Outgoing) -> Iterator[PlatformError]:
    for media in outgoing.media:
        if not media.mime_type.startswith("video/"):
            yield MediaNotAccepted(f"YouTube takes films only; {media.path.name} is {media.mime_type}")
    yield from limits.refused_files(Network.YOUTUBE, outgoing)


def _words(outgoing: Outgoing) -> Iterator[PlatformError]:
    yield from _title(outgoing.title, outgoing.language)
    yield from _description(outgoing.text, outgoing.language)
    for language, wording in outgoing.localizations.items():
        if language != outgoing.language:
            yield from _title(wording.title, language)
            yield from _description(wording.text, language)


def _title(title: str, language: str) -> Iterator[PlatformError]:
    if not title.strip():
        yield Refused(f"YouTube needs a title ({language}): write one")
    yield from limits.too_long(Network.YOUTUBE, "title", title, called=f"title ({language})")
    yield from _without_brackets(title, f"title ({language})")


def _description(text: str, language: str) -> Iterator[PlatformError]:
    yield from limits.too_long(Network.YOUTUBE, "description", text, called=f"description ({language})")
    yield from _without_brackets(text, f"description ({language})")


def _tags(outgoing: Outgoing) -> Iterator[PlatformError]:
    words = tags(outgoing)
    row = limits.limit(Network.YOUTUBE, "words", "tags")
    if not row.takes(length := tag_characters(words)):
        yield TooLong(limit=row.longest, length=length, network="YouTube", what="list of tags")
    if any(character in word for word in words for character in "<>,"):
        yield Refused("YouTube takes no < > or comma in a hashtag: take it out")


def _beside(outgoing: Outgoing) -> Iterator[PlatformError]:
    """Thumbnail and captions."""
    if picture := outgoing.thumbnail:
        for row, measured in limits.misfits(Network.YOUTUBE, "thumbnail", picture):
            yield MediaNotAccepted(f"the thumbnail has the {row.what} {measured}; YouTube takes {row.said}")
    row = limits.limit(Network.YOUTUBE, "captions", "bytes")
    for each in outgoing.captions:
        if not row.takes(each.size):
            yield MediaNotAccepted(f"captions ({each.language}) have {each.size:,} bytes; YouTube takes {row.said}")


def _without_brackets(text: str, what: str) -> Iterator[PlatformError]:
    if "<" in text or ">" in text:
        yield Refused(f"YouTube takes no < or > in the {what}: write « » or words instead")
