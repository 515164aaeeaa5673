"""Bring the website's figures back: comments only, for WordPress itself counts no readers."""

from __future__ import annotations

from collections.abc import Sequence

from platforms.contract import Measurement
from platforms.website.client import Client

_PER_CALL = 100
_SOURCE = "GET /wp/v2/comments X-WP-Total"


def figures(client: Client, remote_ids: Sequence[str]) -> dict[str, Sequence[Measurement]]:
    """Comments by article, where the article is out and open to them."""
    counted: dict[str, Sequence[Measurement]] = {}
    for start in range(0, len(remote_ids), _PER_CALL):
        for each in client.articles(list(remote_ids[start : start + _PER_CALL])):
            if each.status == "publish":
                counted[str(each.id)] = _comments(client, str(each.id)) if each.comment_status == "open" else []
    return counted


def _comments(client: Client, article_id: str) -> list[Measurement]:
    total = client.comments(article_id)
    return [] if total is None else [Measurement(metric="comments", value=total, source=_SOURCE)]
