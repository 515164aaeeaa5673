"""X on the stage: version 2 of its API as far as a post needs it, as strict as the real one where that matters.

Sources: X's OpenAPI contract 2.166/2.167, its docs, and answers recorded by third parties, read 2026-08.
What a test or a rehearsal may set in the records: `x.settings` `dialect` {"fields": "post.fields"} speaks the
contract of 2026-08-07, `finalize` {"strict": false} takes any body there, `replies` {"own": false} lets nobody
continue a post of their own; `x.accounts` ACCOUNT {"credits": 0} has nothing left to pay with.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from twitter_text import extract_urls_with_indices, parse_tweet

from platforms.contract import Network
from platforms.rehearsal import audience
from platforms.rehearsal.stage import Document, Stage
from platforms.rehearsal.x_door import (
    Door,
    Refusal,
    fields_parameter,
    invalid,
    json_object,
    only,
    problem,
    refuse_unknown,
    user_id,
)
from platforms.rehearsal.x_media import Media

_DUPLICATE_FOR = timedelta(hours=24)
_STILL_DUPLICATE_AFTER_DELETION = timedelta(minutes=15)
_PRIVATE_FOR = timedelta(days=30)

_CREATE_KEYS = {
    "card_uri", "community_id", "direct_message_deep_link", "edit_options", "for_super_followers_only", "geo",
    "made_with_ai", "media", "nullcast", "paid_partnership", "poll", "quote_tweet_id", "reply", "reply_settings",
    "share_with_followers", "text",
}  # fmt: skip
_FIELDS = {
    "article", "attachments", "card_uri", "community_id", "context_annotations", "conversation_id", "created_at",
    "display_text_range", "edit_controls", "entities", "geo", "id", "lang", "media_metadata", "non_public_metrics",
    "organic_metrics", "possibly_sensitive", "promoted_metrics", "public_metrics", "reply_settings", "scopes", "source",
    "text", "withheld",
}  # fmt: skip
_FIELDS_OF = {
    "tweet.fields": {"author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "note_tweet", "referenced_tweets"},
    "post.fields": {"note_post", "paid_partnership"},
}
"""What X took for fields before the contract of 2026-08-07 and takes since (xdk 0.10.6); the others are expansions."""
_EXPANSIONS = {"author_id": "author_id", "in_reply_to_user_id": "in_reply_to_user_id"}
_EXPANSIONS_OF = {
    "tweet.fields": {"referenced_tweets.id": "referenced_tweets", "edit_history_tweet_ids": ""},
    "post.fields": {"referenced_posts": "referenced_posts", "edit_history_post_ids": ""},
}
"""The field that an expansion brings along."""
_OTHER_EXPANSIONS = {
    "article.cover_media", "article.media_entities", "attachments.media_keys", "attachments.poll_ids",
    "attachments.media_source_tweet", "entities.mentions.username", "geo.place_id",
}  # fmt: skip
_READ_PARAMETERS = {"expansions", "media.fields", "user.fields", "place.fields", "poll.fields"}


def routes(stage: Stage) -> list[BaseRoute]:
    """X's paths, to be mounted where its host stands."""
    door, uploads = Door(stage), Media(stage)
    posts = _Posts(stage, uploads)
    return [
        Route("/2/tweets", door.to("create", posts.create), methods=["POST"]),
        Route("/2/tweets", door.to("posts", posts.look_up), methods=["GET"]),
        Route("/2/tweets/{id:int}", door.to("delete", posts.delete), methods=["DELETE"]),
        Route("/2/tweets/{id:int}", door.to("lookup", posts.look_up_one), methods=["GET"]),
        Route("/2/users/me", door.to("me", posts.me), methods=["GET"]),
        Route("/2/users/{id:int}/tweets", door.to("timeline", posts.timeline), methods=["GET"]),
        Route("/2/media/upload/initialize", door.to("upload", uploads.initialize), methods=["POST"]),
        Route("/2/media/upload/{id:int}/append", door.to("upload", uploads.append), methods=["POST"]),
        Route("/2/media/upload/{id:int}/finalize", door.to("upload", uploads.finalize), methods=["POST"]),
        Route("/2/media/upload", door.to("status", uploads.status), methods=["GET"]),
        Route("/2/media/metadata", door.to("metadata", uploads.describe), methods=["POST"]),
        Route("/{unknown:path}", lambda _: Response(status_code=404)),
    ]


class _Posts:
    """The endpoints of posts and people. Each gets the request and the account that signed it."""

    def __init__(self, stage: Stage, uploads: Media) -> None:
        self.stage, self.records, self._uploads = stage, stage.records, uploads

    async def create(self, request: Request, account: str) -> Response:
        body = await json_object(request)
        text, media_ids, answering = _checked_create(body)
        declared = body.get("made_with_ai", False)
        with self.records.lock:
            media = self._uploads.usable(media_ids, account)
            self._refuse_reply(account, answering)
            self._refuse_duplicate(account, text, media_ids)
            post = self._keep_post(account, text, media, answering, declared)
        path = f"/2/tweets/{post['id']}"
        data = {key: post[key] for key in ("id", "text")} | {self._words("edit_history"): [post["id"]]}
        return JSONResponse({"data": data}, 201, {"location": f"https://api.x.com{path}"})

    def _keep_post(
        self, account: str, text: str, media: Sequence[Document], answering: str | None, declared: bool
    ) -> Document:
        remote_id, written = self.stage.new_number(), unicodedata.normalize("NFC", text)
        shown, links = _shortened(written, remote_id, media)
        post = {
            "id": remote_id,
            "account": account,
            "author_id": user_id(account),
            "written": written,
            "text": shown,
            "links": links,
            "media": [each["id"] for each in media],
            "answering": answering,
            "declared": declared,
            "created_at": self.stage.now().isoformat(),
            "deleted_at": None,
        }
        self.records.put("x.posts", remote_id, post)
        digests = [each["sha256"] for each in media]
        self.stage.show(Network.X, account, remote_id, text=written, media=digests)
        return post

    def _refuse_reply(self, account: str, answering: str | None) -> None:
        """Replies are for whom the author named or quoted (X, self-serve policy, 2026-02-23), and for oneself.

        The last is what the policy does not say: `replies` {"own": false} plays that it is not so.
        """
        if answering is None:
            return
        post = self.records.get("x.posts", answering)
        if post is None or post["deleted_at"]:
            detail = "You attempted to reply to a Tweet that is deleted or not visible to you."
            raise Refusal(403, problem(403, "Forbidden", detail))
        own = (self.records.get("x.settings", "replies") or {}).get("own", True)
        if post["account"] != account or not own:
            detail = "Reply to this conversation is not allowed because you have not been mentioned by the author."
            raise Refusal(403, problem(403, "Forbidden", detail))

    def _refuse_duplicate(self, account: str, text: str, media_ids: Sequence[str]) -> None:
        """The same words again, without media: each upload has a link of its own and makes other words."""
        now, words = self.stage.now(), " ".join(unicodedata.normalize("NFC", text).split())
        for post in self.records.all("x.posts"):
            gone = post["deleted_at"]
            over = now - datetime.fromisoformat(gone) > _STILL_DUPLICATE_AFTER_DELETION if gone else False
            recent = now - datetime.fromisoformat(post["created_at"]) < _DUPLICATE_FOR and not over
            same = post["account"] == account and " ".join(post["written"].split()) == words
            if recent and same and not post["media"] and not media_ids:
                detail = "You are not allowed to create a Tweet with duplicate content."
                raise Refusal(403, problem(403, "Forbidden", detail))

    async def delete(self, request: Request, account: str) -> Response:
        remote_id = str(request.path_params["id"])
        with self.records.lock:
            post = self.records.get("x.posts", remote_id)
            if post is None or post["deleted_at"]:
                raise Refusal(404, _missing(remote_id))
            if post["account"] != account:
                raise Refusal(403, problem(403, "Forbidden", "You are not authorized to delete this Tweet."))
            self.records.put("x.posts", remote_id, {**post, "deleted_at": self.stage.now().isoformat()})
            self.stage.hide(Network.X, remote_id)
        return JSONResponse({"data": {"deleted": True}})

    async def me(self, request: Request, account: str) -> Response:
        only(request, {"expansions", "user.fields", self._fields})
        data = {"id": user_id(account), "name": account, "username": account.replace("-", "_")}
        return JSONResponse({"data": data})

    async def look_up(self, request: Request, account: str) -> Response:
        only(request, _READ_PARAMETERS | {"ids", self._fields})
        ids = request.query_params.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100 or not all(re.fullmatch(r"[0-9]{1,19}", each) for each in ids):
            raise invalid("ids", ids, "ids takes 1 to 100 numbers")
        answer = self._page(request, account, [self.records.get("x.posts", each) or {"id": each} for each in ids])
        return JSONResponse(answer)

    async def look_up_one(self, request: Request, account: str) -> Response:
        only(request, _READ_PARAMETERS | {self._fields})
        post = self.records.get("x.posts", str(request.path_params["id"])) or {"id": str(request.path_params["id"])}
        answer = self._page(request, account, [post])
        return JSONResponse({**answer, "data": answer["data"][0]} if "data" in answer else answer)

    async def timeline(self, request: Request, account: str) -> Response:
        asked = request.query_params
        only(
            request,
            _READ_PARAMETERS | {"max_results", "since_id", "until_id", "start_time", "end_time", "exclude",
                                "pagination_token", self._fields},
        )  # fmt: skip
        size = int(asked.get("max_results", "10"))
        if not 5 <= size <= 100:
            raise invalid("max_results", [str(size)], "max_results is between 5 and 100")
        before = int(asked.get("pagination_token", "") or asked.get("until_id", "") or 2**63)
        posts = [
            post
            for post in reversed(self.records.all("x.posts"))
            if post["author_id"] == str(request.path_params["id"]) and self._is_listed(post, asked, before)
        ]
        answer = self._page(request, account, posts[:size])
        answer["meta"] = {"result_count": len(posts[:size])}
        if posts:
            answer["meta"] |= {"newest_id": posts[0]["id"], "oldest_id": posts[:size][-1]["id"]}
        if len(posts) > size:
            answer["meta"]["next_token"] = posts[size - 1]["id"]
        return JSONResponse(answer)

    def _is_listed(self, post: Document, asked: Mapping[str, str], before: int) -> bool:
        made = datetime.fromisoformat(post["created_at"])
        if post["answering"] and "replies" in asked.get("exclude", ""):
            return False
        if post["deleted_at"] or self.stage.now() < made + self.stage.lag:
            return False
        start, end = asked.get("start_time"), asked.get("end_time")
        return (
            int(asked.get("since_id", "0")) < int(post["id"]) < before
            and (start is None or made >= datetime.fromisoformat(start))
            and (end is None or made < datetime.fromisoformat(end))
        )

    def _page(self, request: Request, account: str, posts: Sequence[Document]) -> Document:
        """`data`, `includes` and, with status 200 all the same, `errors`, each only when there is any."""
        fields = self._asked_fields(request)
        answer: Document = {"data": [], "includes": {"media": []}, "errors": []}
        for post in posts:
            if post.get("deleted_at", "") is not None:
                answer["errors"].append(_missing(post["id"]))
            elif "non_public_metrics" in fields and not self._shows_private(post, account):
                answer["errors"].append(_withheld(post["id"]))
            else:
                answer["data"].append(self._told(post, fields))
                answer["includes"]["media"] += self._media_of(post, request)
        if not answer["includes"]["media"]:
            del answer["includes"]
        return {key: value for key, value in answer.items() if value}

    def _asked_fields(self, request: Request) -> set[str]:
        """Those named, and those that an expansion brings. Refuses names that the contract of the day does not have."""
        brought = _EXPANSIONS | _EXPANSIONS_OF[self._fields]
        fields = self._named(request, self._fields, _FIELDS | _FIELDS_OF[self._fields])
        expansions = self._named(request, "expansions", brought.keys() | _OTHER_EXPANSIONS)
        return fields | {brought[each] for each in expansions & brought.keys()}

    def _named(self, request: Request, parameter: str, known: AbstractSet[str]) -> set[str]:
        named = set(filter(None, request.query_params.get(parameter, "").split(",")))
        if unknown := sorted(named - known):
            message = f"The `{parameter}` query parameter value [{unknown[0]}] is not one of the known ones"
            raise invalid(parameter, unknown, message)
        return named

    def _told(self, post: Document, fields: set[str]) -> Document:
        told: Document = {"id": post["id"], "text": post["text"], self._words("edit_history"): [post["id"]]}
        keys = [f"{medium['prefix']}_{medium['id']}" for medium in self._all_media(post)]
        counts = audience.figures(post["id"], self.stage.age(post["created_at"]))
        optional: Document = {
            "author_id": post["author_id"],
            "created_at": post["created_at"][:23] + "Z",
            "entities": {"urls": post["links"]} if post["links"] else None,
            "attachments": {"media_keys": keys} if keys else None,
            self._words("references"): [{"type": "replied_to", "id": post["answering"]}] if post["answering"] else None,
            "in_reply_to_user_id": post["author_id"] if post["answering"] else None,
            "public_metrics": {
                self._words("reposts"): counts["shares"],
                "reply_count": counts["comments"],
                "like_count": counts["reactions"],
                "quote_count": counts["shares"] // 5,
                "bookmark_count": counts["saves"],
                "impression_count": counts["impressions"],
            },
            "non_public_metrics": {
                "impression_count": counts["impressions"],
                "url_link_clicks": counts["clicks"],
                "user_profile_clicks": counts["clicks"] // 3,
                "engagements": counts["reactions"] + counts["comments"] + counts["shares"] + counts["clicks"],
            },
        }
        return told | {name: optional[name] for name in fields if optional.get(name) is not None}

    def _media_of(self, post: Document, request: Request) -> list[Document]:
        if "attachments.media_keys" not in request.query_params.get("expansions", ""):
            return []
        media: list[Document] = []
        for medium in self._all_media(post):
            kind = {"tweet_image": "photo", "tweet_gif": "animated_gif"}.get(medium["category"], "video")
            told: Document = {"media_key": f"{medium['prefix']}_{medium['id']}", "type": kind}
            if kind == "video" and "public_metrics" in request.query_params.get("media.fields", ""):
                views = audience.figures(post["id"], self.stage.age(post["created_at"]))["views"]
                told["public_metrics"] = {"view_count": views}
            media.append(told)
        return media

    def _all_media(self, post: Document) -> list[Document]:
        return [medium for each in post["media"] if (medium := self.records.get("x.media", each))]

    def _shows_private(self, post: Document, account: str) -> bool:
        return post["account"] == account and self.stage.age(post["created_at"]) <= _PRIVATE_FOR

    @property
    def _fields(self) -> str:
        return fields_parameter(self.records)

    def _words(self, what: str) -> str:
        new = self._fields == "post.fields"
        return {
            "edit_history": "edit_history_post_ids" if new else "edit_history_tweet_ids",
            "reposts": "repost_count" if new else "retweet_count",
            "references": "referenced_posts" if new else "referenced_tweets",
        }[what]


def _checked_create(body: Document) -> tuple[str, list[str], str | None]:
    """Text, media ids, and the id of the post that it is a reply to."""
    refuse_unknown(body, _CREATE_KEYS)
    text, media = body.get("text", ""), body.get("media")
    if not isinstance(text, str):
        raise invalid("text", [str(text)], f"$.text: {type(text).__name__} found, string expected")
    media_ids = [] if media is None else media.get("media_ids", [])
    if media is not None and not 1 <= len(media_ids) <= 4:
        raise invalid("media.media_ids", [], "$.media.media_ids: 1 to 4 items expected")
    if not isinstance(declared := body.get("made_with_ai", False), bool):
        found = type(declared).__name__
        raise invalid("made_with_ai", [str(declared)], f"$.made_with_ai: {found} found, boolean expected")
    for position, each in enumerate(media_ids):
        if not isinstance(each, str) or not re.fullmatch(r"[0-9]{1,19}", each):
            name = f"media.media_ids[{position}]"
            raise invalid(name, [str(each)], f"$.{name}: {type(each).__name__} found, string expected")
    if not text.strip() and not media_ids:
        raise invalid("text", [text], "$.text: required when there is no media")
    if text.strip() and not parse_tweet(text).valid:
        raise Refusal(403, problem(403, "Forbidden", "You are not permitted to perform this action."))
    return text, media_ids, _checked_reply(body.get("reply"))


def _checked_reply(reply: Document | None) -> str | None:
    if reply is None:
        return None
    refuse_unknown(reply, {"in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"})
    answering = reply.get("in_reply_to_tweet_id")
    if not isinstance(answering, str) or not re.fullmatch(r"[0-9]{1,19}", answering):
        name = "reply.in_reply_to_tweet_id"
        raise invalid(name, [str(answering)], f"$.{name}: {type(answering).__name__} found, string expected")
    return answering


def _shortened(written: str, remote_id: str, media: Sequence[Document]) -> tuple[str, list[Document]]:
    """The text as X gives it back, and its links' entities: escaped, shortened, one more link for the media."""
    text, shown, links, end = written.strip(), "", [], 0
    for found in extract_urls_with_indices(text):
        start, stop = found["indices"]
        full = found["url"] if re.match(r"https?://", found["url"], re.IGNORECASE) else f"http://{found['url']}"
        shown += html.escape(text[end:start], quote=False)
        link = _linked(f"{remote_id}:{start}", full, at=len(shown))
        shown, end = shown + link["url"], stop
        links.append(link)
    shown += html.escape(text[end:], quote=False)
    if not media:
        return shown, links
    kind = "photo" if media[0]["category"] == "tweet_image" else "video"
    full = f"https://x.com/stage/status/{remote_id}/{kind}/1"
    shown += " " if shown else ""
    link = _linked(f"{remote_id}:media", full, at=len(shown))
    links += [{**link, "media_key": f"{each['prefix']}_{each['id']}"} for each in media]
    return shown + link["url"], links


def _linked(seed: str, full: str, *, at: int) -> Document:
    """One link's entity: where it stands in the text, its short form and what it stands for."""
    short = _short(seed)
    display = re.sub(r"^https?://", "", full)[:30]
    return {"start": at, "end": at + len(short), "url": short, "expanded_url": full, "display_url": display}


def _short(seed: str) -> str:
    letters = base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()
    return f"https://t.co/{letters[:10]}"


def _missing(remote_id: str) -> Document:
    return {
        **problem(404, "Not Found Error", f"Could not find tweet with ids: [{remote_id}].", "resource-not-found"),
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": remote_id,
        "value": remote_id,
    }


def _withheld(remote_id: str) -> Document:
    detail = "Sorry, you are not authorized to access 'non_public_metrics.impression_count' on the Tweet."
    return {
        **problem(403, "Field Authorization Error", detail, "not-authorized-for-field"),
        "resource_type": "tweet",
        "field": "non_public_metrics.impression_count",
        "section": "data",
        "resource_id": remote_id,
    }
