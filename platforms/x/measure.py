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

_CALL = "GET /2/tweets"
_PER_CALL = 100
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


def figures(client: Client, remote_ids: Sequence[str], now: datetime) -> dict[str, Sequence[Measurement]]:
    """Figures by post. Private ones are asked while X gives them; a post refused with them is asked without."""
    young = [each for each in remote_ids if now - made_at(each) < _PRIVATE_FOR]
    found = _ask(client, young, private=True)
    found |= _ask(client, [each for each in remote_ids if each not in found], private=False)
    return found


def _ask(client: Client, ids: Sequence[str], *, private: bool) -> dict[str, Sequence[Measurement]]:
    fields = ["public_metrics", "attachments"] + (["non_public_metrics"] if private else [])
    found: dict[str, Sequence[Measurement]] = {}
    for batch in _batches(ids):
        answer = client.get_tweets(
            batch,
            tweet_fields=fields,
            expansions=["attachments.media_keys"],
            media_fields=["public_metrics"],
            user_auth=True,
        )
        posts = Posts.model_validate(answer)
        views = {medium.media_key: medium.public_metrics for medium in posts.includes.media}
        found |= {post.id: list(_of(post, views)) for post in posts.data}
    return found


def _of(post: Post, metrics_by_media_key: Mapping[str, Mapping[str, int] | None]) -> Iterator[Measurement]:
    yield from _told("public_metrics", post.public_metrics, _PUBLIC)
    yield from _told("non_public_metrics", post.non_public_metrics, _PRIVATE)
    for key in post.attachments.media_keys:
        yield from _told("media.public_metrics", metrics_by_media_key.get(key), _VIEWS)
    if post.public_metrics and not {"retweet_count", "repost_count"} & post.public_metrics.keys():
        logging.getLogger(__name__).warning("X gives reposts of %s under no name that we know", post.id)


def _told(group: str, counts: Mapping[str, int] | None, names: Mapping[str, str]) -> Iterator[Measurement]:
    for field, metric in names.items():
        if counts and field in counts:
            yield Measurement(metric=metric, value=counts[field], source=f"{_CALL} {group}.{field}")


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while batch := list(islice(left, _PER_CALL)):
        yield batch
