"""One signed-in user of a WordPress site and the few calls that publishing needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from platforms.endpoints import Endpoints, WalledSession
from platforms.streaming import Stream
from platforms.website.answers import Article, Articles, Media, Medium, Site, User
from platforms.website.faults import Refusal
from platforms.website.signin import SignIn

_ANY_STATUS = "publish,future,draft,pending,private,trash"


class Client:
    """WordPress REST v2. Raises `Refusal` for every answer that is not 2xx, and requests' own exceptions."""

    def __init__(self, account: SignIn, endpoints: Endpoints) -> None:
        self.session = WalledSession(replace(endpoints, website=account.site_url))
        self.session.auth = HTTPBasicAuth(account.username.encode(), account.application_password.encode())
        self.site_url = account.site_url
        self._base = f"{account.site_url}/wp-json/wp/v2"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        response = self.session.request(method, self._base + path, **options)
        if not 200 <= response.status_code < 300:
            raise Refusal(response)
        return response

    @cached_property
    def speaks_languages(self) -> bool:
        """Whether Polylang is there; only its paid edition heeds the languages that a call names."""
        answer = self.session.get(f"{self.site_url}/wp-json/")
        if answer.status_code != 200:
            raise Refusal(answer)
        return "pll/v1" in Site.model_validate_json(answer.content).namespaces

    def me(self) -> User:
        answer = self.call("GET", "/users/me", params={"context": "edit"})
        return User.model_validate_json(answer.content)

    def articles_called(self, *slugs: str) -> list[Article]:
        """Articles with one of these slugs, whatever their status; a lookup without statuses sees only public ones."""
        asked = {"slug": ",".join(slugs), "status": _ANY_STATUS, "context": "edit"}
        return Articles.validate_json(self.call("GET", "/posts", params=asked).content)

    def articles(self, ids: list[str]) -> list[Article]:
        asked = {"include": ",".join(ids), "status": _ANY_STATUS, "context": "edit", "per_page": str(len(ids))}
        return Articles.validate_json(self.call("GET", "/posts", params=asked).content)

    def article(self, article_id: int) -> Article:
        answer = self.call("GET", f"/posts/{article_id}", params={"context": "edit"})
        return Article.model_validate_json(answer.content)

    def write(self, fields: dict[str, Any], article_id: int | None = None) -> Article:
        """Create an article, or change the one with this id."""
        path = "/posts" if article_id is None else f"/posts/{article_id}"
        return Article.model_validate_json(self.call("POST", path, json=fields).content)

    def remove(self, article_id: str, *, for_good: bool = False) -> None:
        self.call("DELETE", f"/posts/{article_id}", params={"force": "true"} if for_good else {})

    def medium_called(self, slug: str) -> Medium | None:
        media = Media.validate_json(self.call("GET", "/media", params={"slug": slug}).content)
        return next((each for each in media if each.slug == slug), None)

    def media_before(self, moment: datetime, words: str) -> list[Medium]:
        """Up to a hundred media with these words in their title, uploaded before then (aware UTC)."""
        asked = {"search": words, "before": moment.isoformat(), "per_page": "100"}
        return Media.validate_json(self.call("GET", "/media", params=asked).content)

    def send(self, file: Path, *, name: str, mime_type: str, article_id: int | None = None) -> Medium:
        """Upload a file, read from disk as it goes. WordPress takes the slug from `name`, which must be ASCII.

        Strangers see it listed as soon as they may see the article that it belongs to; at once where that is none.
        """
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": mime_type}
        with file.open("rb") as content:
            body, whose = Stream(content, file.stat().st_size), {} if article_id is None else {"post": str(article_id)}
            answer = self.call("POST", "/media", data=body, headers=headers, params=whose)
        return Medium.model_validate_json(answer.content)

    def describe(self, medium_id: int, fields: dict[str, Any]) -> None:
        self.call("POST", f"/media/{medium_id}", json=fields)

    def remove_medium(self, medium_id: int) -> None:
        """Media have no bin: without `force` WordPress answers 501."""
        self.call("DELETE", f"/media/{medium_id}", params={"force": "true"})

    def comments(self, article_id: str) -> int | None:
        """How many approved comments an article has; None when the site does not say."""
        answer = self.call("GET", "/comments", params={"post": article_id, "per_page": "1"})
        total = answer.headers.get("X-WP-Total", "")
        return int(total) if total.isdecimal() else None
