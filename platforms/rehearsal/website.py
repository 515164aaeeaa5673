"""A WordPress site on the stage: posts, media, comments and users of its REST API, as 6.1 was measured to answer.

Its users are editors unless `wp.settings` has another `role`; with `polylang` there, `pro` or `free`, the site has that
plugin in that edition; with `bin` there for 0 days, it has none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from platforms.contract import Network
from platforms.rehearsal import account_of, audience
from platforms.rehearsal.stage import Document, Stage

_STATUSES = {"publish", "future", "draft", "pending", "private", "trash"}
_LANGUAGES = {"ar", "en", "fr"}
_MAY = {
    "contributor": {"edit_posts"},
    "author": {"edit_posts", "edit_published_posts", "delete_published_posts", "publish_posts", "upload_files"},
}
_MAY["editor"] = _MAY["author"] | {"edit_others_posts", "unfiltered_html"}
_SHOWN = ("publish", "future", "private")
_TYPES = re.compile(r"^(image/(jpeg|png|gif|webp)|video/(mp4|quicktime|webm))$")
_BASE = "/wp-json/wp/v2"
_SORRY = "Sorry, you are not allowed to do that."

Answerer = Callable[[Request, str | None], Awaitable[Response]]


def routes(stage: Stage) -> list[BaseRoute]:
    """WordPress's paths, to be mounted where the site stands."""
    site = _Site(stage)
    return [
        Route("/wp-json/", site.door(site.about), methods=["GET"]),
        Route(f"{_BASE}/users/me", site.door(site.me), methods=["GET"]),
        Route(f"{_BASE}/posts", site.door(site.list_posts), methods=["GET"]),
        Route(f"{_BASE}/posts", site.door(site.create_post), methods=["POST"]),
        Route(_BASE + "/posts/{id:int}", site.door(site.read_post), methods=["GET"]),
        Route(_BASE + "/posts/{id:int}", site.door(site.update_post), methods=["POST", "PUT", "PATCH"]),
        Route(_BASE + "/posts/{id:int}", site.door(site.delete_post), methods=["DELETE"]),
        Route(f"{_BASE}/media", site.door(site.list_media), methods=["GET"]),
        Route(f"{_BASE}/media", site.door(site.create_medium), methods=["POST"]),
        Route(_BASE + "/media/{id:int}", site.door(site.update_medium), methods=["POST", "PUT", "PATCH"]),
        Route(_BASE + "/media/{id:int}", site.door(site.delete_medium), methods=["DELETE"]),
        Route(f"{_BASE}/comments", site.door(site.list_comments), methods=["GET"]),
        Route("/wp-content/uploads/{name}", site.door(site.show_file), methods=["GET"]),
        Route("/wp-json/{unknown:path}", site.door(site.nothing), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


class _Refusal(Exception):
    """An answer that ends the call, in WordPress's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.response = JSONResponse({"code": code, "message": message, "data": {"status": status}}, status)


def _no_bin() -> _Refusal:
    return _Refusal(501, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")


class _Site:
    """The endpoints. Each gets the request and the account that signed in, None for a passer-by."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.records = stage, stage.records

    def door(self, answer: Answerer) -> Callable[[Request], Awaitable[Response]]:
        async def pass_through(request: Request) -> Response:
            try:
                return await answer(request, _signed_in(request))
            except _Refusal as refusal:
                return refusal.response

        return pass_through

    async def about(self, request: Request, account: str | None) -> Response:
        passwords = {"endpoints": {"authorization": _home(request) + "wp-admin/authorize-application.php"}}
        return JSONResponse(
            {
                "name": "Stage",
                "namespaces": ["oembed/1.0", *(["pll/v1"] if self._polylang else []), "wp/v2"],
                "authentication": {"application-passwords": passwords},
            }
        )

    async def me(self, request: Request, account: str | None) -> Response:
        name = _must_be_in(account, "rest_not_logged_in", "You are not currently logged in.")
        told: Document = {"id": _number(name) % 10_000, "name": name, "slug": name}
        if request.query_params.get("context") == "edit":
            told |= {"roles": [self._role], "capabilities": dict.fromkeys(sorted(_MAY[self._role]), True)}
        return JSONResponse(told)

    async def nothing(self, request: Request, account: str | None) -> Response:
        raise _Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    # Who may do what

    @property
    def _role(self) -> str:
        return str((self.records.get("wp.settings", "role") or {"name": "editor"})["name"])

    @property
    def _has_bin(self) -> bool:
        return bool((self.records.get("wp.settings", "bin") or {"days": 30})["days"])

    @property
    def _polylang(self) -> str:
        return str((self.records.get("wp.settings", "polylang") or {"edition": ""})["edition"])

    def _must_be_allowed(self, code: str, account: str | None, post: Document | None = None, **needed: bool) -> str:
        """401 for a passer-by, 403 for a user whose role does not let them: WordPress has one code for both."""
        name = _must_be_in(account, code, _SORRY)
        others = post is not None and post["account"] != name
        wanted = {right for right, is_needed in {**needed, "edit_others_posts": others}.items() if is_needed}
        if wanted - _MAY[self._role]:
            raise _Refusal(403, code, _SORRY)
        return name

    # Posts

    async def list_posts(self, request: Request, account: str | None) -> Response:
        asked = request.query_params
        statuses = set(asked.get("status", "publish").split(","))
        if statuses - _STATUSES or (statuses != {"publish"} and account is None):
            raise _Refusal(400, "rest_invalid_param", "Invalid parameter(s): status")
        slugs = [unquote(each) for each in asked["slug"].split(",")] if "slug" in asked else None
        ids = asked["include"].split(",") if "include" in asked else None
        found = [
            post
            for post in reversed(self.records.all("wp.posts"))
            if post["status"] in statuses
            and (slugs is None or unquote(post["slug"]) in slugs)
            and (ids is None or str(post["id"]) in ids)
            and (asked.get("context") != "edit" or self._may_edit(account, post))
        ]
        return self._listed(request, [self._told(request, post) for post in found])

    async def create_post(self, request: Request, account: str | None) -> Response:
        author = self._must_be_allowed("rest_cannot_create", account)
        fields = await _fields(request)
        self._must_be_allowed("rest_cannot_publish", account, publish_posts=fields.get("status") in _SHOWN)
        with self.records.lock:
            now = self.stage.now().isoformat()
            post: Document = {
                "id": self._next_id(),
                "account": author,
                "status": "draft",
                "slug": "",
                "title": "",
                "content": "",
                "featured_media": 0,
                "comment_status": "open",
                "lang": "",
                "translations": {},
                "created_at": now,
                "shown_at": None,
            }
            post = self._written(post, fields)
        return JSONResponse(self._told(request, post), 201)

    async def read_post(self, request: Request, account: str | None) -> Response:
        post = self._post(request)
        if request.query_params.get("context") == "edit" and not self._may_edit(account, post):
            raise _Refusal(401 if account is None else 403, "rest_forbidden_context", _SORRY)
        if post["status"] != "publish" and account is None:
            raise _Refusal(401, "rest_forbidden", _SORRY)
        return JSONResponse(self._told(request, post))

    async def update_post(self, request: Request, account: str | None) -> Response:
        self._must_be_allowed("rest_cannot_edit", account, self._post(request))
        fields = await _fields(request)
        self._must_be_allowed("rest_cannot_publish", account, publish_posts=fields.get("status") in _SHOWN)
        with self.records.lock:
            post = self._written(self._post(request), fields)
        return JSONResponse(self._told(request, post))

    async def delete_post(self, request: Request, account: str | None) -> Response:
        self._must_be_allowed("rest_cannot_delete", account, self._post(request))
        with self.records.lock:
            post, for_good = self._post(request), request.query_params.get("force") == "true"
            if not (for_good or self._has_bin):
                raise _no_bin()
            self.stage.hide(Network.WEBSITE, str(post["id"]))
            if for_good:
                self.records.remove("wp.posts", str(post["id"]))
                return JSONResponse({"deleted": True, "previous": self._told(request, post)})
            if post["status"] == "trash":
                raise _Refusal(410, "rest_already_trashed", "The post has already been deleted.")
            trashed = {**post, "status": "trash", "slug": f"{post['slug']}__trashed", "shown_at": None}
            self.records.put("wp.posts", str(post["id"]), trashed)
        return JSONResponse(self._told(request, trashed))

    def _may_edit(self, account: str | None, post: Document) -> bool:
        return account is not None and (post["account"] == account or "edit_others_posts" in _MAY[self._role])

    def _written(self, post: Document, fields: Mapping[str, Any]) -> Document:
        """The post with these fields. Unknown ones, and media that are not there, are passed over in silence."""
        kept = {name: fields[name] for name in ("title", "content", "status", "comment_status") if name in fields}
        if "unfiltered_html" not in _MAY[self._role]:
            kept |= {name: _filtered(kept[name]) for name in ("title", "content") if name in kept}
        if self._polylang == "pro" and fields.get("lang") in _LANGUAGES:
            kept |= {"lang": fields["lang"], "translations": fields.get("translations") or {}}
        if kept.get("status", "draft") not in _STATUSES - {"trash"}:
            raise _Refusal(400, "rest_invalid_param", "Invalid parameter(s): status")
        if "featured_media" in fields:
            there = self.records.get("wp.media", str(fields["featured_media"]))
            kept["featured_media"] = fields["featured_media"] if there else 0
        if post["status"] == "trash" and "status" in kept:
            post = {**post, "slug": post["slug"].removesuffix("__trashed")}
        post = {**post, **kept}
        if "slug" in fields or (post["status"] == "publish" and not post["slug"]):
            post["slug"] = _slug(fields.get("slug") or post["title"])
        # A draft is given a slug of its own only when the call itself says that it is one (measured).
        if post["status"] not in ("draft", "pending", "trash") or "status" in kept:
            post["slug"] = self._free_slug("wp.posts", post["slug"], post["id"])
        post = self._shown_or_hidden(post)
        return self.records.put("wp.posts", str(post["id"]), post)

    def _shown_or_hidden(self, post: Document) -> Document:
        out = post["status"] == "publish"
        if out and post["shown_at"] is None:
            media = [
                medium["sha256"] for medium in self.records.all("wp.media") if medium["source_path"] in post["content"]
            ]
            self.stage.show(
                Network.WEBSITE, post["account"], str(post["id"]),
                text=post["content"], title=post["title"], media=media,
            )  # fmt: skip
            return {**post, "shown_at": self.stage.now().isoformat()}
        if out:
            self.stage.reword(Network.WEBSITE, str(post["id"]), text=post["content"], title=post["title"])
        if not out and post["shown_at"] is not None:
            self.stage.hide(Network.WEBSITE, str(post["id"]))
            return {**post, "shown_at": None}
        return post

    def _post(self, request: Request) -> Document:
        post = self.records.get("wp.posts", str(request.path_params["id"]))
        if post is None:
            raise _Refusal(404, "rest_post_invalid_id", "Invalid post ID.")
        return dict(post)

    def _told(self, request: Request, post: Document) -> Document:
        date = datetime.fromisoformat(post["shown_at"] or post["created_at"])
        address = f"{post['slug']}/" if post["status"] == "publish" else f"?p={post['id']}"
        languages = {name: post[name] for name in ("lang", "translations")} if self._polylang == "pro" else {}
        return languages | {
            "id": post["id"],
            "date_gmt": date.strftime("%Y-%m-%dT%H:%M:%S"),
            "slug": post["slug"],
            "generated_slug": _slug(post["title"]),
            "permalink_template": _home(request) + "%postname%/",
            "status": post["status"],
            "link": _home(request) + address,
            "title": {"raw": post["title"], "rendered": post["title"]},
            "content": {"raw": post["content"], "rendered": post["content"]},
            "featured_media": post["featured_media"],
            "comment_status": post["comment_status"],
        }

    # Media

    async def list_media(self, request: Request, account: str | None) -> Response:
        asked = request.query_params
        slug, before = asked.get("slug"), asked.get("before", "9999")
        found = [
            self._medium_told(request, medium)
            for medium in reversed(self.records.all("wp.media"))
            if self._may_see(account, medium)
            and (slug is None or unquote(medium["slug"]) == unquote(slug))
            and asked.get("search", "") in medium["title"]
            and medium["created_at"] < before
        ]
        return self._listed(request, found)

    async def create_medium(self, request: Request, account: str | None) -> Response:
        self._must_be_allowed("rest_cannot_create", account, upload_files=True)
        name, kind, content, fields = await _upload(request)
        whose = self._whose(account, fields)
        if not _TYPES.match(kind) or not content:
            raise _Refusal(500, "rest_upload_sideload_error", "Sorry, you are not allowed to upload this file type.")
        stem, _, ending = name.rpartition(".")
        with self.records.lock:
            number = self._next_id()
            path = self._free_path(_slug(stem), ending)
            medium = {
                "id": number,
                "slug": self._free_slug("wp.media", _slug(fields.get("slug") or fields.get("title") or stem), number),
                "title": fields.get("title") or stem,
                "alt_text": fields.get("alt_text", ""),
                "mime_type": kind,
                "sha256": self.stage.keep_file(content),
                "source_path": path,
                "post": whose,
                "created_at": self.stage.now().isoformat(),
            }
            self.records.put("wp.media", str(number), medium)
        return JSONResponse(self._medium_told(request, medium), 201)

    async def update_medium(self, request: Request, account: str | None) -> Response:
        self._must_be_allowed("rest_cannot_edit", account)
        fields = await _fields(request)
        with self.records.lock:
            medium = self.records.get("wp.media", str(request.path_params["id"]))
            if medium is None:
                raise _Refusal(404, "rest_post_invalid_id", "Invalid post ID.")
            medium = {**medium, **{name: fields[name] for name in ("alt_text", "title") if name in fields}}
            medium["post"] = self._whose(account, fields) or medium.get("post")
            if "slug" in fields:
                medium["slug"] = self._free_slug("wp.media", _slug(fields["slug"]), medium["id"])
            self.records.put("wp.media", str(medium["id"]), medium)
        return JSONResponse(self._medium_told(request, medium))

    async def delete_medium(self, request: Request, account: str | None) -> Response:
        self._must_be_allowed("rest_cannot_delete", account)
        if request.query_params.get("force") != "true":
            raise _no_bin()
        medium = self.records.remove("wp.media", str(request.path_params["id"]))
        if medium is None:
            raise _Refusal(404, "rest_post_invalid_id", "Invalid post ID.")
        return JSONResponse({"deleted": True, "previous": self._medium_told(request, medium)})

    def _whose(self, account: str | None, fields: Mapping[str, Any]) -> int | None:
        """The number of the post that a file is to belong to, which must be one that the user may edit."""
        if not fields.get("post"):
            return None
        post = self.records.get("wp.posts", str(fields["post"]))
        if post is None or not self._may_edit(account, post):
            raise _Refusal(403, "rest_cannot_edit", "Sorry, you are not allowed to upload media to this post.")
        return int(post["id"])

    def _may_see(self, account: str | None, medium: Document) -> bool:
        """As its post may be seen; what belongs to none, or to one that is gone, is everybody's to see."""
        post = self.records.get("wp.posts", str(medium.get("post") or ""))
        return post is None or post["status"] == "publish" or self._may_edit(account, post)

    async def show_file(self, request: Request, account: str | None) -> Response:
        path = f"wp-content/uploads/{request.path_params['name']}"
        for medium in self.records.all("wp.media"):
            if medium["source_path"] == path:
                return Response((self.stage.files / medium["sha256"]).read_bytes(), media_type=medium["mime_type"])
        return Response(status_code=404)

    def _medium_told(self, request: Request, medium: Document) -> Document:
        return {
            "id": medium["id"],
            "slug": medium["slug"],
            "status": "inherit",
            "title": {"raw": medium["title"], "rendered": medium["title"]},
            "alt_text": medium["alt_text"],
            "mime_type": medium["mime_type"],
            "post": medium.get("post"),
            "source_url": _home(request) + medium["source_path"],
        }

    # Comments

    async def list_comments(self, request: Request, account: str | None) -> Response:
        post = self.records.get("wp.posts", request.query_params.get("post", ""))
        count = 0
        if post and post["shown_at"] and post["comment_status"] == "open":
            count = audience.figures(f"website:{post['id']}", self.stage.age(post["shown_at"]))["comments"]
        comments = [{"id": number, "post": post and post["id"], "status": "approved"} for number in range(count)]
        return self._listed(request, comments)

    def _listed(self, request: Request, found: list[Document]) -> Response:
        size, page = int(request.query_params.get("per_page", "10")), int(request.query_params.get("page", "1"))
        if not 1 <= size <= 100 or page < 1:
            raise _Refusal(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(-(-len(found) // size))}
        return JSONResponse(found[(page - 1) * size : page * size], headers=headers)

    def _next_id(self) -> int:
        counter = self.records.get("wp.settings", "ids") or {"last": 0}
        self.records.put("wp.settings", "ids", {"last": counter["last"] + 1})
        return int(counter["last"]) + 1

    def _free_slug(self, collection: str, wanted: str, own_id: int) -> str:
        """`wanted`, or with -2, -3, … where others have it; drafts that were never public count too."""
        taken = {each["slug"] for each in self.records.all(collection) if each["id"] != own_id}
        slug, number = wanted, 1
        while slug and slug in taken:
            number += 1
            slug = f"{wanted}-{number}"
        return slug

    def _free_path(self, stem: str, ending: str) -> str:
        taken = {medium["source_path"] for medium in self.records.all("wp.media")}
        path, number = f"wp-content/uploads/{stem}.{ending}", 0
        while path in taken:
            number += 1
            path = f"wp-content/uploads/{stem}-{number}.{ending}"
        return path


def _home(request: Request) -> str:
    """The site's own address, with the path that it is mounted under."""
    return str(request.base_url.replace(path=request.scope.get("root_path", "") + "/"))


def _signed_in(request: Request) -> str | None:
    """The user of a good application password; bad ones are nobody, as WordPress has it, and are refused later."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    try:
        username, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return username if scheme == "Basic" and account_of(password.replace(" ", "")) == username else None


def _must_be_in(account: str | None, code: str, message: str) -> str:
    if account is None:
        raise _Refusal(401, code, message)
    return account


async def _fields(request: Request) -> dict[str, Any]:
    """The request's fields, from JSON or from a form."""
    if "json" not in request.headers.get("content-type", ""):
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in form.items()}
    try:
        body = await request.json()
    except ValueError:
        raise _Refusal(400, "rest_invalid_json", "Invalid JSON body passed.") from None
    return body if isinstance(body, dict) else {}


async def _upload(request: Request) -> tuple[str, str, bytes, dict[str, str]]:
    """An uploaded file's name, type, bytes and further fields, from a form or from the bare body."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form() as form:
            fields = {name: each for name, each in form.items() if isinstance(each, str)}
            for each in form.values():
                if not isinstance(each, str):
                    return each.filename or "", each.content_type or "", await each.read(), fields
    disposition = request.headers.get("content-disposition")
    if disposition is None:
        raise _Refusal(400, "rest_upload_no_content_disposition", "No Content-Disposition supplied.")
    name = re.search(r'(?<![\w*])filename="?([^";]+)"?', disposition)
    if name is None:
        raise _Refusal(400, "rest_upload_invalid_disposition", "Invalid Content-Disposition supplied.")
    content = await request.body()
    if (expected := request.headers.get("content-md5")) and hashlib.md5(
        content, usedforsecurity=False
    ).hexdigest() != expected:
        raise _Refusal(412, "rest_upload_hash_mismatch", "Content hash did not match expected.")
    return name[1], request.headers.get("content-type", ""), content, dict(request.query_params)


def _slug(text: str) -> str:
    """WordPress's way with a title: lower case, dashes, other scripts percent-encoded."""
    words = re.sub(r"<[^>]*>|&[a-z#0-9]+;", "", text.lower())
    dashed = re.sub(r"-+", "-", re.sub(r"[^\w-]+", "-", words)).strip("-")
    return urlencode({"": dashed})[1:].lower()[:200]


def _filtered(markup: str) -> str:
    """What WordPress leaves of the HTML of a user without `unfiltered_html`: the words inside a script stay."""
    kept = re.sub(r"</?(script|iframe|style|form|input|time|bdi)\b[^>]*>", "", markup)
    kept = re.sub(r' hreflang="[^"]*"', "", kept)
    kept = re.sub(r"&(?!#?\w+;)", "&amp;", kept)
    return re.sub(r"&#(\d{2});", r"&#0\1;", kept)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
