"""Tell our own post among those that X shows: by its media's keys, else by its words.

X gives back another text than it was sent: escaped, every link as t.co, one more for attached media.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from platforms.x.answers import Link, Post, Posts
from platforms.x.client import Client

_EPOCH_MILLISECONDS = 1288834974657
_SKEW = timedelta(minutes=2)
_MOST_PAGES = 32  # X shows the newest 3,200 posts of a timeline
_SHORT_LINK = re.compile(r"https?://t\.co/[A-Za-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Sought:
    """A post of ours: its words as they were sent, how many media, by which keys, and the post that it answers."""

    text: str
    media: int = 0
    media_keys: tuple[str, ...] = ()
    answering: str | None = None


def first_id(moment: datetime) -> int:
    """The smallest id that a post made at `moment` can have."""
    return max(int(moment.timestamp() * 1000) - _EPOCH_MILLISECONDS, 0) << 22


def made_at(remote_id: str) -> datetime:
    """When the post with this id was made, to the millisecond."""
    return datetime.fromtimestamp(((int(remote_id) >> 22) + _EPOCH_MILLISECONDS) / 1000, UTC)


def own_posts(client: Client, user_id: str, since: datetime) -> Iterator[Post]:
    """The account's posts made from `since` on, newest first, a little earlier ones included."""
    page: str | None = None
    for _ in range(_MOST_PAGES):
        posts = Posts.model_validate(
            client.get_users_tweets(
                user_id,
                since_id=str(first_id(since - _SKEW)),
                exclude=["retweets"],
                max_results=100,
                tweet_fields=["author_id", "attachments", "entities", "referenced_tweets"],
                pagination_token=page,
            )
        )
        yield from posts.data
        page = posts.meta.next_token
        if page is None:
            return


def matches(sought: Sought, user_id: str, posts: Sequence[Post]) -> Sequence[Post]:
    """Those of `posts` that are this one. A media key is proof; words and number of media are the next best."""
    own = [post for post in posts if post.author_id in (None, user_id) and post.answers == sought.answering]
    keys, words = set(sought.media_keys), sent(sought.text)
    proven = [post for post in own if keys and set(post.attachments.media_keys) == keys]
    return proven or [
        post for post in own if len(post.attachments.media_keys) == sought.media and _same(shown(post), words)
    ]


def sent(text: str) -> str:
    """Our words with every link in its plainest form."""
    from twitter_text import extract_urls_with_indices  # tables of 12 MB, for the rare post that is looked for

    plain, end = "", 0
    for link in extract_urls_with_indices(text):
        start, stop = link["indices"]
        plain, end = plain + text[end:start] + _plain(link["url"]), stop
    return plain + text[end:]


def shown(post: Post) -> str:
    """X's words for a post as its author wrote them, every link in its plainest form."""
    links = {link.url: _written(link, post) for link in post.entities.urls}

    def expanded(link: re.Match[str]) -> str:
        return links.get(link[0], "" if post.attachments.media_keys else link[0])

    return _SHORT_LINK.sub(expanded, html.unescape(post.text))


def _written(link: Link, post: Post) -> str:
    """What the author wrote where X shows this link: nothing where X itself added it for attached media."""
    if link.media_key or f"/status/{post.id}/" in link.expanded_url:
        return ""
    return _plain(link.expanded_url)


def _same(one: str, other: str) -> bool:
    return _letters(one) == _letters(other)


def _letters(text: str) -> str:
    """NFC without what X may change or drop: the kind of white space, invisible marks, the case of a host."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")
    return " ".join(visible.split()).casefold()


def _plain(url: str) -> str:
    return unquote(re.sub(r"^https?://", "", url, flags=re.IGNORECASE)).rstrip("/")
