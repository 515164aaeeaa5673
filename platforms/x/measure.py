"""Bring X's figures back. A figure that X does not give is absent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from platforms.contract import Measurement
from platforms.x.answers import Post, Posts
from platforms.x.client import Client
from platforms.x.finding import made_at

_LOOKUP, _TIMELINE = "GET /2/tweets", "GET /2/users/:id/tweets"
_PER_CALL = 100
_SMALLEST_PAGE = 5
_READS_FOR_ONE = 5
"""A post costs $0.001 to read on our own timeline, and $0.005 to look up by its id (X, pricing, read 2026-08-22)."""
_PRIVATE_FOR = timedelta(days=29)  # X withholds private figures after 30 days, and then the whole post

# The network's field → ours. X renamed retweet_count to repost_count on 2026-08-07; either may come.
_PUBLIC = {
    "impression_count": "impressions",
    "like_count": "reactions",
    "reply_count": "comments",
    "retweet_count": "shares",
    "repost_count": "shares",
    "quote_count": "quotes",
    "bookmark_count": "saves",
}
_PRIVATE = {"url_link_clicks": "clicks", "user_profile_clicks": "user_profile_clicks"}
_VIEWS = {"view_count": "views"}


def figures(client: Client, user_id: str, remote_ids: Sequence[str], now: datetime) -> dict[str, Sequence[Measurement]]:
    """Figures by post. Private ones are asked while X gives them; a post refused with them is asked without.

    Read from the account's own timeline where the posts lie close together, for a fifth of the price of a look-up.
    """
    found: dict[str, Sequence[Measurement]] = {}
    young = [each for each in remote_ids if now - made_at(each) < _PRIVATE_FOR]
    for ids, private in ((young, True), (remote_ids, False)):
        left = [each for each in ids if each not in found]
        found |= _on_the_timeline(client, user_id, left, private=private)
        found |= _looked_up(client, [each for each in left if each not in found], private=private)
    return found


def _on_the_timeline(
    client: Client, user_id: str, ids: Sequence[str], *, private: bool
) -> dict[str, Sequence[Measurement]]:
    """Page by page from the newest that is sought, each skipping to the next one, while a page is worth its price."""
    found: dict[str, Sequence[Measurement]] = {}
    left = sorted(ids, key=int, reverse=True)
    while left:
        size = min(max(len(left) * _READS_FOR_ONE, _SMALLEST_PAGE), _PER_CALL)
        answer = client.get_users_tweets(
            user_id,
            since_id=str(int(left[-1]) - 1),
            until_id=str(int(left[0]) + 1),
            exclude=["retweets"],
            max_results=size,
            **_asked(private=private),
        )
        page = _told_of(Posts.model_validate(answer), _TIMELINE)
        seen = {each: page[each] for each in left if each in page}
        found |= seen
        left = [each for each in left if each not in seen and page and int(each) < min(map(int, page))]
        if len(seen) * _READS_FOR_ONE < size:
            break
    return found


def _looked_up(client: Client, ids: Sequence[str], *, private: bool) -> dict[str, Sequence[Measurement]]:
    found: dict[str, Sequence[Measurement]] = {}
    for batch in _batches(ids):
        answer = client.get_tweets(batch, **_asked(private=private), user_auth=True)
        found |= _told_of(Posts.model_validate(answer), _LOOKUP)
    return found


def _asked(*, private: bool) -> dict[str, list[str]]:
    return {
        "tweet_fields": ["public_metrics", "attachments"] + (["non_public_metrics"] if private else []),
        "expansions": ["attachments.media_keys"],
        "media_fields": ["public_metrics"],
    }


def _told_of(posts: Posts, call: str) -> dict[str, Sequence[Measurement]]:
    views = {medium.media_key: medium.public_metrics for medium in posts.includes.media}
    return {post.id: list(_of(post, views, call)) for post in posts.data}


def _of(post: Post, metrics_by_media_key: Mapping[str, Mapping[str, int] | None], call: str) -> Iterator[Measurement]:
    yield from _told(f"{call} public_metrics", post.public_metrics, _PUBLIC)
    yield from _told(f"{call} non_public_metrics", post.non_public_metrics, _PRIVATE)
    for key in post.attachments.media_keys:
        yield from _told(f"{call} media.public_metrics", metrics_by_media_key.get(key), _VIEWS)
    if post.public_metrics and not {"retweet_count", "repost_count"} & post.public_metrics.keys():
        logging.getLogger(__name__).warning("X gives reposts of %s under no name that we know", post.id)


def _told(group: str, counts: Mapping[str, int] | None, names: Mapping[str, str]) -> Iterator[Measurement]:
    for field, metric in names.items():
        if counts and field in counts:
            yield Measurement(metric=metric, value=counts[field], source=f"{group}.{field}")


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while batch := list(islice(left, _PER_CALL)):
        yield batch
