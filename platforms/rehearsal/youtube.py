"""YouTube on the stage: Data API v3 with resumable uploads, processing and quotas, and Google's token endpoint.

After discovery revision 20261104 and the documentation read 2026-11. What it is to do badly is in `Habits`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from platforms.contract import Network
from platforms.rehearsal import account_of, audience
from platforms.rehearsal.stage import Document, Stage

Answer = Callable[[Request, str], Awaitable[Response]]

TOKEN_LIFE, SESSION_LIFE = timedelta(hours=1), timedelta(days=7)
GRAIN = 256 * 1024
_TOKEN = "ya29.stage~"
_SNIPPET = ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage")
_STATUS = (
    "privacyStatus",
    "publishAt",
    "license",
    "embeddable",
    "publicStatsViewable",
    "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)
_STATUS_DEFAULTS = {
    "privacyStatus": "public",
    "license": "youtube",
    "embeddable": True,
    "publicStatsViewable": True,
}
_FOR_THE_OWNER = {"fileDetails", "processingDetails", "suggestions"}


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How YouTube behaves today. `keeps`: bytes kept of each chunk; `conflicts`: 409s left at session start;
    `failure`: how processing ends; `hidden`: statistics that are not given; `channel_full`: no upload for a day.
    """

    keeps: int | None = None
    conflicts: int = 0
    failure: str = ""
    hidden: tuple[str, ...] = ()
    channel_full: bool = False
    units_a_day: int = 10_000
    uploads_a_day: int = 100


def behave(stage: Stage, **habits: Any) -> None:
    """Change some habits of this stage's YouTube."""
    stage.records.put("youtube.habits", "today", asdict(replace(_habits(stage), **habits)))


def routes(stage: Stage) -> list[BaseRoute]:
    """Everything under the API's root."""
    desk = _YouTube(stage)
    api, upload = "/youtube/v3", "/upload/youtube/v3"
    calls: list[tuple[str, str, Answer, str, int]] = [
        ("GET", f"{api}/channels", desk.list_channels, "units", 1),
        ("GET", f"{api}/videos", desk.list_videos, "units", 1),
        ("PUT", f"{api}/videos", desk.update_video, "units", 50),
        ("DELETE", f"{api}/videos", desk.delete_video, "units", 50),
        ("GET", f"{api}/videos:batchGetStats", desk.batch_stats, "stats", 1),
        ("GET", f"{api}/playlistItems", desk.list_playlist_items, "units", 1),
        ("GET", f"{api}/captions", desk.list_captions, "units", 50),
        ("POST", f"{upload}/videos", desk.start_upload, "uploads", 1),
        ("POST", f"{upload}/thumbnails/set", desk.start_upload, "units", 50),
        ("POST", f"{upload}/captions", desk.start_upload, "units", 400),
        ("PUT", f"{upload}/{{rest:path}}", desk.take_chunk, "units", 0),
    ]
    return [
        Route(path, desk.asked(answer, bucket, cost), methods=[method]) for method, path, answer, bucket, cost in calls
    ]


def token_routes(stage: Stage) -> list[BaseRoute]:
    """Google's OAuth 2.0 token endpoint, for the refresh_token grant."""

    async def token(request: Request) -> JSONResponse:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != ("stage", "stage"):
            return JSONResponse({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
        if not (account := account_of(form.get("refresh_token", ""))):
            return JSONResponse({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
        return JSONResponse(
            {
                "access_token": access_token(account, stage.now()),
                "expires_in": int(TOKEN_LIFE.total_seconds()),
                "scope": "https://www.googleapis.com/auth/youtube.force-ssl",
                "token_type": "Bearer",
            }
        )

    return [Route("/", token, methods=["POST"])]


def access_token(account: str, now: datetime) -> str:
    return f"{_TOKEN}{account}~{int(now.timestamp())}"


def channel_id(account: str) -> str:
    """The channel of this account on the stage: `UC` and 22 characters."""
    return f"UC{_digest('channel', account)[:22]}"


class _Refusal(Exception):
    def __init__(self, status: int, reason: str, message: str, domain: str = "youtube.api") -> None:
        self.status, self.reason, self.message, self.domain = status, reason, message, domain

    def answer(self) -> JSONResponse:
        error = {"message": self.message, "domain": self.domain, "reason": self.reason}
        envelope: Document = {"code": self.status, "message": self.message, "errors": [error]}
        if self.status == 429:
            envelope["status"] = "RESOURCE_EXHAUSTED"
        return JSONResponse({"error": envelope}, self.status)


class _YouTube:
    """Records: `youtube.videos`, `.sessions`, `.captions`, `.quota`, `.habits`."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.records = stage, stage.records

    # Every call: who asks, what it costs, and what time has brought meanwhile.

    def asked(self, answer: Answer, bucket: str, cost: int) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                account = self._account(request)
                self._charge(bucket, cost)
                self._publish_scheduled()
                return await answer(request, account)
            except _Refusal as refusal:
                return refusal.answer()

        return serve

    def _account(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account, _, issued = token.removeprefix(_TOKEN).rpartition("~")
        known = scheme == "Bearer" and token.startswith(_TOKEN) and account and issued.isdigit()
        if not known or self.stage.now().timestamp() - int(issued) > TOKEN_LIFE.total_seconds():
            raise _Refusal(401, "authError", "Invalid Credentials", "global")
        return account

    def _charge(self, bucket: str, cost: int) -> None:
        """Spend quota of the Pacific day; calls that turn out to be wrong cost too."""
        habits = _habits(self.stage)
        limit = {"units": habits.units_a_day, "uploads": habits.uploads_a_day, "stats": 10_000}[bucket]
        day = self.stage.now().astimezone(ZoneInfo("America/Los_Angeles")).date()
        with self.records.lock:
            spent = (self.records.get("youtube.quota", f"{day}:{bucket}") or {"spent": 0})["spent"]
            if cost and spent + cost > limit:
                raise _out_of_quota(bucket)
            if cost:
                self.records.put("youtube.quota", f"{day}:{bucket}", {"spent": spent + cost})

    def _publish_scheduled(self) -> None:
        """YouTube's own scheduler: `publishAt` has come."""
        now = self.stage.now()
        with self.records.lock:
            for video in self.records.all("youtube.videos"):
                due = video["status"].get("publishAt")
                if due and datetime.fromisoformat(due) <= now:
                    status = {name: value for name, value in video["status"].items() if name != "publishAt"}
                    self._keep({**video, "status": {**status, "privacyStatus": "public"}})

    # Channels, playlists and videos.

    async def list_channels(self, request: Request, account: str) -> Response:
        mine = request.query_params.get("mine") == "true" or channel_id(account) in _ids(request)
        uploads = {"relatedPlaylists": {"likes": "", "uploads": _uploads_of(account)}}
        channel = {
            "id": channel_id(account),
            "snippet": {"title": account, "description": "", "publishedAt": "2020-01-01T00:00:00Z"},
            "contentDetails": uploads,
        }
        wanted = _parts(request, {"id", "snippet", "contentDetails"})
        found = [_resource("youtube#channel", channel, wanted)] if mine else None
        return _listing("youtube#channelListResponse", found, 5)

    async def list_playlist_items(self, request: Request, account: str) -> Response:
        """Newest first; an upload appears after the stage's lag."""
        wanted = _parts(request, {"id", "snippet", "contentDetails", "status"})
        if (playlist := request.query_params.get("playlistId")) != _uploads_of(account):
            message = "The playlist identified with the request's playlistId parameter cannot be found."
            raise _Refusal(404, "playlistNotFound", message, "youtube.playlistItem")
        horizon = (self.stage.now() - self.stage.lag).isoformat()
        listed = [each for each in self._videos_of(account) if each["uploaded_at"] <= horizon][::-1]
        size, start = int(request.query_params.get("maxResults", 5)), _offset(request)
        items = [
            _resource("youtube#playlistItem", _playlist_item(video, playlist, start + place), wanted)
            for place, video in enumerate(listed[start : start + size])
        ]
        more = {"nextPageToken": _page_token(start + size)} if start + size < len(listed) else {}
        return _listing("youtube#playlistItemListResponse", items, size, total=len(listed), **more)

    async def list_videos(self, request: Request, account: str) -> Response:
        wanted = _parts(
            request, {"id", "snippet", "status", "statistics", "contentDetails", "localizations"} | _FOR_THE_OWNER
        )
        found = [video for video in self._videos(_ids(request)) if _may_see(video, account)]
        if wanted & _FOR_THE_OWNER and any(video["account"] != account for video in found):
            raise _forbidden("The request cannot access user rating or file information of this video.")
        items = [_resource("youtube#video", self._shape(video, account), wanted) for video in found]
        return _listing("youtube#videoListResponse", items, len(items))

    async def batch_stats(self, request: Request, account: str) -> Response:
        wanted = _parts(request, {"id", "snippet", "statistics", "contentDetails"}, needed=False)
        items = []
        for video in self._videos(_ids(request)):
            if _may_see(video, account):
                counts = self._statistics(video)
                counts.pop("favoriteCount")
                shaped = {"id": video["id"], "statistics": counts, "contentDetails": {}}
                shaped["snippet"] = {"publishTime": video["published_at"] or video["uploaded_at"]}
                items.append(_resource("youtube#videoStats", shaped, wanted))
        body: Document = {"kind": "youtube#batchGetStatsResponse", "etag": _digest(items)}
        return JSONResponse({**body, "items": items} if items else body)

    async def update_video(self, request: Request, account: str) -> Response:
        """Each named part is replaced as a whole: what the request leaves out is erased."""
        wanted = _parts(request, {"id", "snippet", "status", "localizations"})
        sent = await _json(request)
        with self.records.lock:
            video = self._own(sent.get("id", ""), account)
            _must_be_sound(sent, wanted, ever_public=bool(video["published_at"]), before=video)
            changed = self._keep({**video, **{part: _taken(part, sent) for part in wanted if part != "id"}})
        return JSONResponse(_resource("youtube#video", self._shape(changed, account), wanted))

    async def delete_video(self, request: Request, account: str) -> Response:
        with self.records.lock:
            video = self._own(request.query_params.get("id", ""), account)
            self.records.remove("youtube.videos", video["id"])
            self.stage.hide(Network.YOUTUBE, video["id"])
        return Response(status_code=204)

    async def list_captions(self, request: Request, account: str) -> Response:
        wanted = _parts(request, {"id", "snippet"})
        video = self._own(request.query_params.get("videoId", ""), account)
        tracks = [each for each in self.records.all("youtube.captions") if each["snippet"]["videoId"] == video["id"]]
        items = [_resource("youtube#caption", track, wanted) for track in tracks]
        return JSONResponse({"kind": "youtube#captionListResponse", "etag": _digest(items), "items": items})

    # Uploads: raw, multipart, or in a session that takes chunks.

    async def start_upload(self, request: Request, account: str) -> Response:
        how, what = request.query_params.get("uploadType"), request.url.path.rpartition("/v3/")[2]
        if how == "resumable":
            return await self._open_session(request, account, what)
        if how not in ("media", "multipart"):
            raise _Refusal(400, "mediaBodyRequired", "The request does not include the upload content.")
        body, kind = await request.body(), request.headers.get("content-type", "")
        sent, kind, content = ({}, kind, body) if how == "media" else _multipart(kind, body)
        session = self._session(request, account, what, sent, kind, len(content))
        half = self._half(session)
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(content)
        return self._complete(session)

    async def _open_session(self, request: Request, account: str, what: str) -> Response:
        sent = await _json(request) if int(request.headers.get("content-length") or 0) else {}
        kind = request.headers.get("x-upload-content-type", "application/octet-stream")
        size = request.headers.get("x-upload-content-length")
        session = self._session(request, account, what, sent, kind, int(size) if size else None)
        if (habits := _habits(self.stage)).conflicts:
            behave(self.stage, conflicts=habits.conflicts - 1)
            raise _Refusal(
                409, "alreadyExists", "The entity that a client attempted to create already exists.", "global"
            )
        self.records.put("youtube.sessions", session["id"], session)
        place = request.url.remove_query_params(["upload_id"]).include_query_params(upload_id=session["id"])
        return Response(headers={"Location": str(place), "X-GUploader-UploadID": session["id"]})

    def _session(
        self, request: Request, account: str, what: str, sent: Document, kind: str, size: int | None
    ) -> Document:
        """A checked upload. `query` and `sent` are what the call said besides the bytes."""
        session: Document = {
            "id": secrets.token_urlsafe(24),
            "account": account,
            "what": what,
            "query": dict(request.query_params),
            "sent": sent,
            "kind": kind,
            "size": size,
            "opened_at": self.stage.now().isoformat(),
        }
        self._must_be_welcome(session, request)
        return session

    def _must_be_welcome(self, session: Document, request: Request) -> None:
        query, sent, account = session["query"], session["sent"], session["account"]
        if session["what"] == "thumbnails/set":
            self._own(query.get("videoId", ""), account)
        elif session["what"] == "captions":
            _parts(request, {"id", "snippet"})
            self._must_be_new_caption(sent, account)
        else:
            if _habits(self.stage).channel_full:
                message = "The user has exceeded the number of videos they may upload."
                raise _Refusal(400, "uploadLimitExceeded", message, "youtube.video")
            _must_be_sound(sent, _parts(request, {"id", "snippet", "status", "localizations"}))
            if not re.match(r"video/|application/octet-stream", session["kind"]):
                message = f"Media type '{session['kind']}' is not supported."
                raise _Refusal(400, "badContent", message, "global")

    async def take_chunk(self, request: Request, _: str) -> Response:
        """`bytes a-b/N` stores, `bytes */N` asks; 308 with Range until all is there, then the resource."""
        session = self._open(request.query_params.get("upload_id", ""))
        if session.get("answer"):
            return JSONResponse(session["answer"])
        asked = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+|\*)", request.headers.get("content-range", ""))
        length = int(request.headers.get("content-length") or 0)
        first, last, total = _range(asked, length)
        if total is not None and session["size"] not in (None, total):
            raise _Refusal(400, "badRequest", "The total size does not match X-Upload-Content-Length.", "global")
        if first is not None:
            await self._store(request, session, first, final=last + 1 == total)
        have = self._have(session)
        if total is not None and have == total:
            return self._complete({**session, "size": total})
        return Response(status_code=308, headers={"Range": f"bytes=0-{have - 1}"} if have else {})

    async def _store(self, request: Request, session: Document, first: int, *, final: bool) -> None:
        """Append what arrives. Of a chunk that is not the last, only whole 256 KiB are kept; a broken one too."""
        half, have, keeps = self._half(session), self._have(session), _habits(self.stage).keeps
        if first > have:
            raise _Refusal(400, "badRequest", "Invalid request. There were gaps in the uploaded bytes.", "global")
        half.parent.mkdir(parents=True, exist_ok=True)
        complete = False
        with half.open("ab") as file:
            try:
                skip = have - first
                async for piece in request.stream():
                    file.write(piece[skip:])
                    skip = max(skip - len(piece), 0)
                complete = final
            except ClientDisconnect:
                pass
            end = file.tell()
            if keeps is not None and end - have > keeps:
                end, complete = have + keeps, False
            file.truncate(end if complete else max(have, end // GRAIN * GRAIN))

    def _complete(self, session: Document) -> Response:
        """All bytes are here: the upload takes effect once, and the session goes on answering with it."""
        half = self._half(session)
        half.parent.mkdir(parents=True, exist_ok=True)
        half.touch()
        with half.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        half.replace(self.stage.files / digest)
        finish = {"thumbnails/set": self._set_thumbnail, "captions": self._add_caption}
        answer = finish.get(session["what"], self._add_video)(session, digest)
        self.records.put("youtube.sessions", session["id"], {**session, "answer": answer})
        return JSONResponse(answer)

    def _add_video(self, session: Document, digest: str) -> Document:
        wanted = set(session["query"]["part"].split(","))
        sent, size = session["sent"], (self.stage.files / digest).stat().st_size
        video = {
            "id": secrets.token_urlsafe(8),
            "account": session["account"],
            "snippet": {"title": "unknown", "description": "", "categoryId": "22", **_taken("snippet", sent)},
            "status": _taken("status", sent),
            "localizations": _taken("localizations", sent),
            "digest": digest,
            "size": size,
            "failure": _habits(self.stage).failure or ("" if size else "emptyFile"),
            "thumbnail": None,
            "uploaded_at": self.stage.now().isoformat(),
            "published_at": None,
        }
        return _resource("youtube#video", self._shape(self._keep(video), session["account"]), wanted)

    def _set_thumbnail(self, session: Document, digest: str) -> Document:
        picture = self.stage.files / digest
        with picture.open("rb") as file:
            if not file.read(8).startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
                raise _Refusal(400, "invalidImage", "The provided image content is invalid.", "youtube.thumbnail")
        if picture.stat().st_size > 50 * 2**20:
            raise _Refusal(413, "uploadTooLarge", "The image is too large.", "global")
        with self.records.lock:
            video = self._own(session["query"]["videoId"], session["account"])
            self._keep({**video, "thumbnail": digest})
        item = {"default": {"url": f"https://i.ytimg.com/vi/{video['id']}/default.jpg", "width": 120, "height": 90}}
        return {"kind": "youtube#thumbnailSetResponse", "etag": _digest(digest), "items": [item]}

    def _add_caption(self, session: Document, digest: str) -> Document:
        with self.records.lock:
            self._must_be_new_caption(session["sent"], session["account"])
            snippet = session["sent"]["snippet"]
            track: Document = {
                "id": _digest(snippet["videoId"], snippet["language"], snippet["name"])[:40],
                "digest": digest,
                "snippet": {**snippet, "lastUpdated": self.stage.now().isoformat(), "trackKind": "standard"},
            }
            track["snippet"]["status"] = "serving"
            self.records.put("youtube.captions", track["id"], track)
        return _resource("youtube#caption", track, {"id", "snippet"})

    def _must_be_new_caption(self, sent: Document, account: str) -> None:
        snippet = sent.get("snippet", {})
        for name in ("videoId", "language", "name"):
            if name not in snippet:
                raise _Refusal(400, "invalidMetadata", f"The caption's {name} is missing.", "youtube.caption")
        self._own(snippet["videoId"], account)
        key = _digest(snippet["videoId"], snippet["language"], snippet["name"])[:40]
        if self.records.get("youtube.captions", key):
            message = "The specified video already has a caption track with this language and name."
            raise _Refusal(409, "captionExists", message, "youtube.caption")

    # What is kept, and how it looks from outside.

    def _open(self, upload_id: str) -> Document:
        session = self.records.get("youtube.sessions", upload_id)
        if not session or self.stage.now() - datetime.fromisoformat(session["opened_at"]) > SESSION_LIFE:
            raise _Refusal(404, "notFound", "Not Found", "global")
        return session

    def _half(self, session: Document) -> Path:
        return self.stage.files / f"youtube-{session['id']}.part"

    def _have(self, session: Document) -> int:
        half = self._half(session)
        return half.stat().st_size if half.exists() else 0

    def _videos(self, ids: Iterable[str]) -> list[Document]:
        return [video for each in ids if (video := self.records.get("youtube.videos", each))]

    def _videos_of(self, account: str) -> list[Document]:
        return [video for video in self.records.all("youtube.videos") if video["account"] == account]

    def _own(self, video_id: str, account: str) -> Document:
        if not (video := self.records.get("youtube.videos", video_id)):
            message = "The video that you are trying to use cannot be found."
            raise _Refusal(404, "videoNotFound", message, "youtube.video")
        if video["account"] != account:
            raise _forbidden("Forbidden")
        return video

    def _keep(self, video: Document) -> Document:
        """Write a video down; when its privacy has just changed, the audience sees or loses it."""
        before = self.records.get("youtube.videos", video["id"])
        was = before is not None and before["status"]["privacyStatus"] == "public"
        public = video["status"]["privacyStatus"] == "public"
        if public and not was:
            video = {**video, "published_at": self.stage.now().isoformat()}
            said = video["snippet"]
            self.stage.show(
                Network.YOUTUBE,
                video["account"],
                video["id"],
                text=said.get("description", ""),
                title=said["title"],
                media=[video["digest"]],
            )
        elif was and not public:
            self.stage.hide(Network.YOUTUBE, video["id"])
        return self.records.put("youtube.videos", video["id"], video)

    def _shape(self, video: Document, account: str) -> Document:
        """The whole resource; the caller picks its parts."""
        said = video["snippet"]
        localized = {"title": said["title"], "description": said.get("description", "")}
        state = self._upload_state(video)
        kids = video["status"].get("selfDeclaredMadeForKids", False)
        mine = video["account"] == account
        own = ("selfDeclaredMadeForKids", "publishAt", "containsSyntheticMedia")
        shaped: Document = {
            "id": video["id"],
            "snippet": {
                "description": "",
                **said,
                "publishedAt": video["published_at"] or video["uploaded_at"],
                "channelId": channel_id(video["account"]),
                "channelTitle": video["account"],
                "liveBroadcastContent": "none",
                "localized": localized,
            },
            "status": {
                "madeForKids": kids,
                "uploadStatus": state,
                **{name: value for name, value in video["status"].items() if mine or name not in own},
            },
            "statistics": self._statistics(video),
            "contentDetails": {"dimension": "2d", "hasCustomThumbnail": bool(video["thumbnail"])},
            "fileDetails": {},
            "processingDetails": _processing(state),
        }
        if state == "failed":
            shaped["status"]["failureReason"] = video["failure"]
        if state == "processed":
            shaped["fileDetails"] = {"fileName": "unknown", "fileSize": str(video["size"]), "fileType": "video"}
        if video["localizations"]:
            shaped["localizations"] = video["localizations"]
        return shaped

    def _upload_state(self, video: Document) -> str:
        if self.stage.now() - datetime.fromisoformat(video["uploaded_at"]) < self.stage.processing:
            return "uploaded"
        return "failed" if video["failure"] else "processed"

    def _statistics(self, video: Document) -> dict[str, str]:
        """Counts as strings; a hidden one is left out."""
        age = self.stage.age(video["published_at"]) if video["published_at"] else timedelta()
        figures = audience.figures(video["id"], age)
        counts = {
            "viewCount": figures["views"],
            "likeCount": figures["reactions"],
            "commentCount": figures["comments"],
            "favoriteCount": 0,
        }
        hidden = _habits(self.stage).hidden
        return {name: str(count) for name, count in counts.items() if name not in hidden}


def _habits(stage: Stage) -> Habits:
    kept = stage.records.get("youtube.habits", "today") or {}
    return Habits(**{**kept, "hidden": tuple(kept.get("hidden", ()))})


def _must_be_sound(
    sent: Document, wanted: set[str], *, ever_public: bool = False, before: Document | None = None
) -> None:
    """The metadata rules of insert and update (`before` is the video as it is, for an update)."""
    said = sent.get("snippet", {}) if "snippet" in wanted else {}
    if said or (before and "snippet" in wanted):
        _must_be_sound_words(said, "snippet")
        if before and not said.get("categoryId"):
            raise _invalid("CategoryId", "The request metadata specifies an invalid category ID.")
        if not _tags_fit(said.get("tags", [])):
            raise _invalid("Tags", "The request metadata specifies invalid video keywords.")
    if "localizations" in wanted and sent.get("localizations"):
        snippet = said or (before or {}).get("snippet", {})
        if not snippet.get("defaultLanguage"):
            message = "The request is trying to add localized video details without specifying the default language."
            raise _Refusal(400, "defaultLanguageNotSet", message, "youtube.video")
        for wording in sent["localizations"].values():
            _must_be_sound_words(wording, "localizations")
    status = sent.get("status", {}) if "status" in wanted else {}
    if status.get("privacyStatus", "public") not in ("public", "unlisted", "private"):
        raise _invalid("VideoMetadata", "The request metadata is invalid.")
    if status.get("publishAt") and (ever_public or status.get("privacyStatus") != "private"):
        raise _invalid("PublishAt", "The request metadata specifies an invalid scheduled publishing time.")


def _must_be_sound_words(said: Mapping[str, Any], where: str) -> None:
    title, description = said.get("title", ""), said.get("description", "")
    if not title.strip() or len(title) > 100 or set("<>") & set(title):
        raise _invalid("Title", f"The request metadata specifies an invalid or empty video title ({where}).")
    if len(description.encode()) > 5000 or set("<>") & set(description):
        raise _invalid("Description", f"The request metadata specifies an invalid video description ({where}).")


def _tags_fit(tags: list[str]) -> bool:
    quoted = [f'"{tag}"' if " " in tag else tag for tag in tags]
    return len(",".join(quoted)) <= 500 and not any(set("<>,") & set(tag) for tag in tags)


def _taken(part: str, sent: Document) -> Document:
    """What YouTube keeps of a part that was sent: the writable properties, and defaults for the rest."""
    given: Document = sent.get(part, {})
    if part == "snippet":
        return {name: given[name] for name in _SNIPPET if name in given}
    if part == "status":
        return {**_STATUS_DEFAULTS, **{name: given[name] for name in _STATUS if name in given}}
    return given


def _invalid(what: str, message: str) -> _Refusal:
    return _Refusal(400, f"invalid{what}", message, "youtube.video")


def _forbidden(message: str) -> _Refusal:
    return _Refusal(403, "forbidden", message, "youtube.common")


def _out_of_quota(bucket: str) -> _Refusal:
    if bucket == "units":
        message = "The request cannot be completed because you have exceeded your <b>quota</b>."
        return _Refusal(403, "quotaExceeded", message, "youtube.quota")
    name = {"uploads": "Video Uploads", "stats": "Batch Video Stats"}[bucket]
    message = (
        f"Quota exceeded for quota metric '{name}' and limit '{name} per day' of service 'youtube.googleapis.com'."
    )
    return _Refusal(429, "rateLimitExceeded", message, "global")


def _may_see(video: Document, account: str) -> bool:
    return bool(video["account"] == account or video["status"]["privacyStatus"] != "private")


def _processing(state: str) -> Document:
    status = {"uploaded": "processing", "processed": "succeeded", "failed": "failed"}[state]
    details = {
        "processingStatus": status,
        "fileDetailsAvailability": "available" if state == "processed" else "inProgress",
    }
    return {**details, "processingFailureReason": "transcodeFailed"} if state == "failed" else details


def _playlist_item(video: Document, playlist: str, position: int) -> Document:
    content = {"videoId": video["id"]}
    if video["published_at"]:
        content["videoPublishedAt"] = video["published_at"]
    return {
        "id": _digest(playlist, video["id"])[:32],
        "snippet": {
            "publishedAt": video["uploaded_at"],
            "channelId": channel_id(video["account"]),
            "title": video["snippet"]["title"],
            "description": video["snippet"].get("description", ""),
            "playlistId": playlist,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video["id"]},
        },
        "contentDetails": content,
        "status": {"privacyStatus": video["status"]["privacyStatus"]},
    }


def _resource(kind: str, whole: Document, wanted: set[str]) -> Document:
    """Kind, etag, id and the wanted parts, as every resource has them."""
    chosen = {part: whole[part] for part in sorted(wanted) if whole.get(part)}
    return {"kind": kind, "etag": _digest(chosen)[:27], "id": whole["id"], **chosen}


def _listing(
    kind: str, items: list[Document] | None, size: int, *, total: int | None = None, **more: str
) -> JSONResponse:
    """A page. channels.list leaves `items` out when there is none (None)."""
    count = len(items or ()) if total is None else total
    page: Document = {"kind": kind, "etag": _digest(items)[:27], **more}
    page["pageInfo"] = {"totalResults": count, "resultsPerPage": size}
    return JSONResponse(page if items is None else {**page, "items": items})


def _parts(request: Request, known: set[str], *, needed: bool = True) -> set[str]:
    """The `part` parameter, repeated or with commas."""
    wanted = {part for value in request.query_params.getlist("part") for part in value.split(",") if part}
    if needed and not wanted:
        raise _Refusal(
            400, "missingRequiredParameter", "No filter selected. Required parameter: part", "youtube.parameter"
        )
    if strange := wanted - known:
        raise _Refusal(400, "unknownPart", f"'{sorted(strange)[0]}'", "youtube.part")
    return wanted


def _ids(request: Request) -> list[str]:
    ids = [each for value in request.query_params.getlist("id") for each in value.split(",") if each]
    if len(ids) > 50:
        raise _Refusal(400, "invalidFilters", "The request specifies too many ids.", "youtube.parameter")
    return list(dict.fromkeys(ids))


async def _json(request: Request) -> Document:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _Refusal(400, "parseError", "Parse Error", "global")
    return body


def _multipart(kind: str, body: bytes) -> tuple[Document, str, bytes]:
    """multipart/related: the resource as JSON first, then the bytes and their type."""
    try:
        boundary = re.search(r'boundary="?([^";]+)', kind)[1]  # type: ignore[index]
        line = rb"(?:\A|\r?\n)--" + re.escape(boundary.encode()) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)"
        _, first, second, *_ = re.split(line, body)
        (_, resource), (head, content) = (re.split(rb"(?:\A|\r?\n)\r?\n", part, maxsplit=1) for part in (first, second))
        found = re.search(rb"content-type:\s*([^\r\n]+)", head, re.IGNORECASE)
        return json.loads(resource), found[1].decode() if found else "", content
    except (TypeError, ValueError):
        raise _Refusal(400, "badContent", "Malformed multipart body.", "global") from None


def _range(asked: re.Match[str] | None, length: int) -> tuple[int | None, int, int | None]:
    """First and last byte (None when only asked how far it is) and the total (None while unknown)."""
    if asked is None:
        return (0, length - 1, length)
    first, last, total = asked.groups()
    whole = None if total == "*" else int(total)
    return (None, 0, whole) if first is None else (int(first), int(last), whole)


def _uploads_of(account: str) -> str:
    return f"UU{channel_id(account)[2:]}"


def _page_token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"page:{offset}".encode()).decode()


def _offset(request: Request) -> int:
    if not (token := request.query_params.get("pageToken")):
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("page:"))
    except ValueError:
        raise _Refusal(
            400, "invalidPageToken", "The request specifies an invalid page token.", "youtube.parameter"
        ) from None


def _digest(*parts: object) -> str:
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
