"""YouTube on the stage: Data API v3 with resumable uploads, processing and quotas, Analytics, and Google's tokens.

After discovery revision 20261104 and the documentation read 2026-11. What it is to do badly is in `Habits`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from platforms.rehearsal import account_of
from platforms.rehearsal.stage import Stage
from platforms.rehearsal.youtube_analytics import Reports
from platforms.rehearsal.youtube_beside import Thumbnails, Tracks
from platforms.rehearsal.youtube_call import Refusal, out_of_quota, out_of_scope
from platforms.rehearsal.youtube_films import Films, channel_id
from platforms.rehearsal.youtube_habits import ANALYSING, CAPTIONING, behave, habits_of
from platforms.rehearsal.youtube_upload import NewFilms, Uploads
from platforms.rehearsal.youtube_videos import Videos

__all__ = ["access_token", "behave", "channel_id", "routes", "token_routes"]

Answer: TypeAlias = Callable[[Request, str], Awaitable[Response]]

TOKEN_LIFE = timedelta(hours=1)
_TOKEN = "ya29.stage~"
_API, _UPLOAD = "/youtube/v3", "/upload/youtube/v3"


def routes(stage: Stage) -> list[BaseRoute]:
    """Everything under the API's root, and Analytics beside it."""
    films = Films(stage)
    door = _Door(films)
    videos, tracks, reports = Videos(films), Tracks(films), Reports(films)
    uploads = Uploads(stage, {"videos": NewFilms(films), "thumbnails/set": Thumbnails(films), "captions": tracks})
    calls: list[tuple[str, str, Answer, str, int]] = [
        ("GET", f"{_API}/channels", videos.channels, "units", 1),
        ("GET", f"{_API}/videos", videos.read, "units", 1),
        ("PUT", f"{_API}/videos", videos.update, "units", 50),
        ("DELETE", f"{_API}/videos", videos.delete, "units", 50),
        ("GET", f"{_API}/videos:batchGetStats", videos.count, "stats", 1),
        ("GET", f"{_API}/playlistItems", videos.playlist_items, "units", 1),
        ("GET", f"{_API}/captions", tracks.read, "units", 50),
        ("POST", f"{_UPLOAD}/videos", uploads.start, "uploads", 1),
        ("POST", f"{_UPLOAD}/thumbnails/set", uploads.start, "units", 50),
        ("POST", f"{_UPLOAD}/captions", uploads.start, "units", 400),
        ("PUT", f"{_UPLOAD}/captions", uploads.start, "units", 450),
        ("PUT", f"{_UPLOAD}/{{rest:path}}", uploads.take_chunk, "units", 0),
        ("GET", "/v2/reports", reports.query, "reports", 0),
    ]
    return [Route(at, door.asked(answer, bucket, cost), methods=[method]) for method, at, answer, bucket, cost in calls]


def token_routes(stage: Stage) -> list[BaseRoute]:
    """Google's OAuth 2.0 token endpoint, for the refresh_token grant; refresh tokens stay as they are."""

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


class _Door:
    """Every call: who asks, what it costs, and what time has brought meanwhile. Records: `youtube.quota`."""

    def __init__(self, films: Films) -> None:
        self.films, self.stage, self.records = films, films.stage, films.records

    def asked(self, answer: Answer, bucket: str, cost: int) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                account = self._account(request)
                self._must_be_granted(request)
                if "upload_id" not in request.query_params:
                    self._charge(bucket, cost)
                self.films.publish_scheduled()
                return await answer(request, account)
            except Refusal as refusal:
                return refusal.answer()

        return serve

    def _account(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account, _, issued = token.removeprefix(_TOKEN).rpartition("~")
        known = scheme == "Bearer" and token.startswith(_TOKEN) and account and issued.isdigit()
        if not known or self.stage.now().timestamp() - int(issued) > TOKEN_LIFE.total_seconds():
            raise Refusal(401, "authError", "Invalid Credentials", "global")
        return account

    def _must_be_granted(self, request: Request) -> None:
        needed = {"captions": CAPTIONING, "reports": ANALYSING}.get(request.url.path.rpartition("/")[2])
        if needed in habits_of(self.stage).not_granted:
            raise out_of_scope()

    def _charge(self, bucket: str, cost: int) -> None:
        """Spend quota of the Pacific day; calls that turn out to be wrong cost too."""
        if not cost:
            return
        habits = habits_of(self.stage)
        limit = {"units": habits.units_a_day, "uploads": habits.uploads_a_day}.get(bucket, 10_000)
        day = self.stage.now().astimezone(ZoneInfo("America/Los_Angeles")).date()
        with self.records.lock:
            spent = (self.records.get("youtube.quota", f"{day}:{bucket}") or {"spent": 0})["spent"]
            if spent + cost > limit:
                raise out_of_quota(bucket)
            self.records.put("youtube.quota", f"{day}:{bucket}", {"spent": spent + cost})
