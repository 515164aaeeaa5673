"""Channels, playlists and videos of YouTube's stage: read, changed part by part, deleted, counted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from platforms.rehearsal.stage import Document
from platforms.rehearsal.youtube_call import (
    Refusal,
    digest,
    document,
    forbidden,
    ids,
    listing,
    page_offset,
    page_token,
    parts,
    resource,
)
from platforms.rehearsal.youtube_films import Films, channel_id, may_see, uploads_of
from platforms.rehearsal.youtube_rules import must_be_sound, taken

_FOR_THE_OWNER = {"fileDetails", "processingDetails", "suggestions"}
_PARTS = {"id", "snippet", "status", "statistics", "contentDetails", "localizations", *_FOR_THE_OWNER}


class Videos:
    def __init__(self, films: Films) -> None:
        self.films, self.stage = films, films.stage

    async def channels(self, request: Request, account: str) -> Response:
        mine = request.query_params.get("mine") == "true" or channel_id(account) in ids(request)
        channel = {
            "id": channel_id(account),
            "snippet": {"title": account, "description": "", "publishedAt": "2020-01-01T00:00:00Z"},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": uploads_of(account)}},
        }
        wanted = parts(request, {"id", "snippet", "contentDetails"})
        found = [resource("youtube#channel", channel, wanted)] if mine else None
        return listing("youtube#channelListResponse", found, 5)

    async def playlist_items(self, request: Request, account: str) -> Response:
        """Newest first; an upload appears after the stage's lag."""
        wanted = parts(request, {"id", "snippet", "contentDetails", "status"})
        if (playlist := request.query_params.get("playlistId")) != uploads_of(account):
            message = "The playlist identified with the request's playlistId parameter cannot be found."
            raise Refusal(404, "playlistNotFound", message, "youtube.playlistItem")
        horizon = (self.stage.now() - self.stage.lag).isoformat()
        listed = [each for each in self.films.of(account) if each["uploaded_at"] <= horizon][::-1]
        size, start = int(request.query_params.get("maxResults", 5)), page_offset(request)
        items = [
            resource("youtube#playlistItem", _playlist_item(video, playlist, start + place), wanted)
            for place, video in enumerate(listed[start : start + size])
        ]
        more = {"nextPageToken": page_token(start + size)} if start + size < len(listed) else {}
        return listing("youtube#playlistItemListResponse", items, size, total=len(listed), **more)

    async def read(self, request: Request, account: str) -> Response:
        wanted = parts(request, _PARTS)
        found = [video for video in self.films.some(ids(request)) if may_see(video, account)]
        if wanted & _FOR_THE_OWNER and any(video["account"] != account for video in found):
            raise forbidden("The request cannot access user rating or file information of this video.")
        items = [resource("youtube#video", self.films.shape(video, account), wanted) for video in found]
        return listing("youtube#videoListResponse", items, len(items))

    async def count(self, request: Request, account: str) -> Response:
        wanted = parts(request, {"id", "snippet", "statistics", "contentDetails"}, needed=False)
        items = []
        for video in self.films.some(ids(request)):
            if may_see(video, account):
                counts = self.films.statistics(video)
                counts.pop("favoriteCount", None)
                shaped = {"id": video["id"], "statistics": counts, "contentDetails": {}}
                shaped["snippet"] = {"publishTime": video["published_at"] or video["uploaded_at"]}
                items.append(resource("youtube#videoStats", shaped, wanted))
        body: Document = {"kind": "youtube#batchGetStatsResponse", "etag": digest(items)}
        return JSONResponse({**body, "items": items} if items else body)

    async def update(self, request: Request, account: str) -> Response:
        """Each named part is replaced as a whole: what the request leaves out is erased."""
        wanted = parts(request, {"id", "snippet", "status", "localizations"})
        sent = document(await request.body())
        with self.films.records.lock:
            video = self.films.own(sent.get("id", ""), account)
            must_be_sound(sent, wanted, ever_public=bool(video["published_at"]), before=video)
            changed = self.films.keep({**video, **{part: taken(part, sent) for part in wanted if part != "id"}})
        return JSONResponse(resource("youtube#video", self.films.shape(changed, account), wanted))

    async def delete(self, request: Request, account: str) -> Response:
        with self.films.records.lock:
            self.films.remove(self.films.own(request.query_params.get("id", ""), account))
        return Response(status_code=204)


def _playlist_item(video: Document, playlist: str, position: int) -> Document:
    content = {"videoId": video["id"]}
    if video["published_at"]:
        content["videoPublishedAt"] = video["published_at"]
    return {
        "id": digest(playlist, video["id"])[:32],
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
