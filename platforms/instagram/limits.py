"""What Instagram takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from platforms import limits
from platforms.contract import Form, Network, Outgoing
from platforms.errors import NotOffered, Refused

HASHTAGS = limits.limit(Network.INSTAGRAM, "words", "hashtags").longest
HASHTAGS_AT_MOST = limits.limit(Network.INSTAGRAM, "words", "hashtags at most").longest
"""The developer reference says 30; the Help Center says that a post with more than 5 "won't post"."""

_HASHTAG = re.compile(r"(?<![\w&])#\w")
_MENTION = re.compile(r"(?<!\w)@\w")


def check(outgoing: Outgoing) -> list[Exception]:
    """Everything for which Instagram would refuse this post."""
    if outgoing.form is Form.TEXT:
        return [NotOffered("Instagram has no posts without media: give it a picture or a film")]
    files = limits.refused_files(Network.INSTAGRAM, outgoing)
    if outgoing.form is Form.STORY:
        return list(files)
    hashtags = HASHTAGS if outgoing.most_hashtags is None else min(outgoing.most_hashtags, HASHTAGS_AT_MOST)
    return [*_caption(outgoing.text, hashtags), *files]


def _caption(text: str, hashtags: int) -> Iterator[Exception]:
    yield from limits.too_long(Network.INSTAGRAM, "caption", text)
    if (count := len(_HASHTAG.findall(text))) > hashtags:
        yield Refused(f"the caption has {count} hashtags: {hashtags} are allowed")
    mentions = limits.limit(Network.INSTAGRAM, "words", "mentions")
    if not mentions.takes(count := len(_MENTION.findall(text))):
        yield Refused(f"the caption names {count} accounts: Instagram takes {mentions.said}")
