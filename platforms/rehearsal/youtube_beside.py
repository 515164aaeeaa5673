"""What stands beside a film on YouTube's stage: its thumbnail, and its captions in several languages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from platforms.rehearsal.stage import Document
from platforms.rehearsal.youtube_call import Refusal, digest, forbidden, parts, resource
from platforms.rehearsal.youtube_films import Films
from platforms.rehearsal.youtube_habits import habits_of

_SIZES = {"default": (120, 90), "medium": (320, 180), "high": (480, 360), "maxres": (1280, 720)}
_LARGEST_THUMBNAIL, _LARGEST_CAPTIONS = 50 * 2**20, 100 * 2**20
_LONGEST_NAME = 150


class Thumbnails:
    def __init__(self, films: Films) -> None:
        self.films, self.stage = films, films.stage

    def welcome(self, session: Document, request: Request) -> None:
        """Of a Short only once it is processed (revision history, 2026-11-03; which refusal it is, is not said)."""
        video, habits = self.films.own(session["query"].get("videoId", ""), session["account"]), habits_of(self.stage)
        if habits.unverified:
            raise forbidden(
                "The authenticated user doesn't have permissions to upload and set custom video thumbnails."
            )
        if habits.shorts and self.films.upload_state(video) != "processed":
            message = "The thumbnail can't be set before the video is processed."
            raise Refusal(400, "failedPrecondition", message, "youtube.thumbnail")
        if session["size"] and session["size"] > _LARGEST_THUMBNAIL:
            raise Refusal(413, "uploadTooLarge", "The image is too large.", "global")

    def arrived(self, session: Document, digest_of_file: str) -> Document:
        with (self.stage.files / digest_of_file).open("rb") as file:
            if not file.read(8).startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
                raise Refusal(400, "invalidImage", "The provided image content is invalid.", "youtube.thumbnail")
        with self.films.records.lock:
            video = self.films.own(session["query"]["videoId"], session["account"])
            self.films.keep({**video, "thumbnail": digest_of_file})
        item = {
            name: {"url": f"https://i.ytimg.com/vi/{video['id']}/{name}.jpg", "width": width, "height": height}
            for name, (width, height) in _SIZES.items()
        }
        return {"kind": "youtube#thumbnailSetResponse", "etag": digest(digest_of_file), "items": [item]}


class Tracks:
    """Records: `youtube.captions`. A film has one track of each language and name."""

    def __init__(self, films: Films) -> None:
        self.films, self.stage, self.records = films, films.stage, films.records

    def welcome(self, session: Document, request: Request) -> None:
        """A track that names its id takes the place of the one that is there (captions.update)."""
        parts(request, {"id", "snippet"})
        sent, account = session["sent"], session["account"]
        if session["size"] and session["size"] > _LARGEST_CAPTIONS:
            raise Refusal(413, "uploadTooLarge", "The caption track is too large.", "global")
        if "id" in sent:
            self._own(sent["id"], account)
        else:
            self._must_be_new(sent, account)

    def arrived(self, session: Document, digest_of_file: str) -> Document:
        sent, account = session["sent"], session["account"]
        with self.records.lock:
            if "id" in sent:
                track = self._own(sent["id"], account)
            else:
                self._must_be_new(sent, account)
                snippet = {**sent["snippet"], "trackKind": "standard", "status": "serving"}
                track = {"id": _key(snippet), "snippet": snippet}
            track["snippet"] = {**track["snippet"], "lastUpdated": self.stage.now().isoformat()}
            self.records.put("youtube.captions", track["id"], {**track, "digest": digest_of_file})
        return resource("youtube#caption", track, {"id", "snippet"})

    async def read(self, request: Request, account: str) -> Response:
        wanted = parts(request, {"id", "snippet"})
        video = self.films.own(request.query_params.get("videoId", ""), account)
        tracks = [each for each in self.records.all("youtube.captions") if each["snippet"]["videoId"] == video["id"]]
        items = [resource("youtube#caption", track, wanted) for track in tracks]
        return JSONResponse({"kind": "youtube#captionListResponse", "etag": digest(items), "items": items})

    def _own(self, key: str, account: str) -> Document:
        if not (track := self.records.get("youtube.captions", key)):
            message = "The caption track could not be found."
            raise Refusal(404, "captionNotFound", message, "youtube.caption")
        self.films.own(track["snippet"]["videoId"], account)
        return track

    def _must_be_new(self, sent: Document, account: str) -> None:
        snippet = sent.get("snippet", {})
        for name in ("videoId", "language", "name"):
            if name not in snippet:
                raise Refusal(400, "invalidMetadata", f"The caption's {name} is missing.", "youtube.caption")
        if len(snippet["name"]) > _LONGEST_NAME:
            raise Refusal(400, "nameTooLong", "The caption's name is too long.", "youtube.caption")
        self.films.own(snippet["videoId"], account)
        if self.records.get("youtube.captions", _key(snippet)):
            message = "The specified video already has a caption track with this language and name."
            raise Refusal(409, "captionExists", message, "youtube.caption")


def _key(snippet: Document) -> str:
    return digest(snippet["videoId"], snippet["language"], snippet["name"])[:40]
