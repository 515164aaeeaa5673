"""The stage's uploads, judged by a client that is not ours: google-resumable-media."""

from __future__ import annotations

import hashlib
import io
import json
import random
from datetime import timedelta
from typing import Any

import pytest
import requests
from google.resumable_media import requests as untyped
from google.resumable_media.common import InvalidResponse

from platforms.rehearsal.youtube import behave
from tests.platforms import youtube_stage
from tests.platforms.youtube_stage import VIDEOS, World, reason, visitor

library: Any = untyped
world = youtube_stage.world
FILM = random.Random("film").randbytes(1_300_001)
GRAIN = 256 * 1024
RESOURCE = {"snippet": {"title": "Mercy"}, "status": {"privacyStatus": "private"}}


@pytest.fixture
def transport(world: World) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {visitor(world).token}"
    return session


def address(world: World, how: str, what: str = "videos") -> str:
    return f"{world.base}/youtube/upload/youtube/v3/{what}?uploadType={how}&part=snippet,status"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_googles_own_upload_library_sends_a_film_in_chunks(world: World, transport: requests.Session) -> None:
    upload = library.ResumableUpload(address(world, "resumable"), 2 * GRAIN)
    upload.initiate(transport, io.BytesIO(FILM), RESOURCE, "video/mp4")
    answers = []
    while not upload.finished:
        answers.append(upload.transmit_next_chunk(transport))

    assert [each.status_code for each in answers] == [308, 308, 200]
    assert world.videos()[0]["digest"] == digest(FILM)
    assert answers[-1].json()["status"]["uploadStatus"] == "uploaded"


def test_googles_own_upload_library_recovers_after_partial_acceptance(
    world: World, transport: requests.Session
) -> None:
    behave(world.stage, keeps=GRAIN)
    upload = library.ResumableUpload(address(world, "resumable"), 2 * GRAIN)
    upload.initiate(transport, io.BytesIO(FILM), RESOURCE, "video/mp4")
    asked = 0
    while not upload.finished:
        try:
            upload.transmit_next_chunk(transport)
        except (InvalidResponse, ValueError):  # it expects every chunk to be kept, and asks after the first surprise
            asked += 1
            upload._make_invalid()
            upload.recover(transport)
    assert asked and world.videos()[0]["digest"] == digest(FILM)


def test_googles_own_upload_library_sends_a_film_at_once(world: World, transport: requests.Session) -> None:
    multipart = library.MultipartUpload(address(world, "multipart"))
    simple = library.SimpleUpload(address(world, "media"))
    whole = multipart.transmit(transport, FILM, RESOURCE, "video/mp4")
    bare = simple.transmit(transport, FILM, "video/mp4")

    assert whole.json()["snippet"]["title"] == "Mercy" and bare.ok
    assert [each["digest"] for each in world.videos()] == [digest(FILM)] * 2
    assert not list(world.stage.files.glob("*.part"))


def test_a_lost_session_is_gone_for_that_library_too(world: World, transport: requests.Session) -> None:
    upload = library.ResumableUpload(address(world, "resumable"), 2 * GRAIN)
    upload.initiate(transport, io.BytesIO(FILM), RESOURCE, "video/mp4")
    world.stage.records.remove("youtube.sessions", upload.resumable_url.partition("upload_id=")[2])
    with pytest.raises(InvalidResponse) as gone:
        upload.transmit_next_chunk(transport)
    assert gone.value.response.status_code == 404


def test_a_broken_multipart_body_and_a_large_thumbnail_are_refused(world: World) -> None:
    call = visitor(world)
    broken = call(
        "POST",
        "/upload/youtube/v3/videos?part=snippet&uploadType=multipart",
        data=b"--b\r\n\r\n{}\r\n--b\r\n\r\nno closing line",
        headers={"Content-Type": "multipart/related; boundary=b"},
    )
    assert reason(broken) == (400, "badContent")
    video = call(
        "POST",
        "/upload/youtube/v3/videos?part=snippet&uploadType=media",
        data=b"film",
        headers={"Content-Type": "video/mp4"},
    ).json()["id"]
    large = call(
        "POST",
        f"/upload/youtube/v3/thumbnails/set?videoId={video}&uploadType=resumable",
        headers={"X-Upload-Content-Length": str(51 * 2**20), "X-Upload-Content-Type": "image/jpeg"},
    )
    assert reason(large) == (413, "uploadTooLarge")


def test_a_shorts_thumbnail_waits_for_its_processing(world: World) -> None:
    behave(world.stage, shorts=True)
    call = visitor(world)
    video = call(
        "POST",
        "/upload/youtube/v3/videos?part=snippet&uploadType=media",
        data=b"film",
        headers={"Content-Type": "video/mp4"},
    ).json()["id"]
    asked = {"params": {"videoId": video, "uploadType": "media"}, "data": b"\xff\xd8\xff picture"}
    at = "/upload/youtube/v3/thumbnails/set"
    assert reason(call("POST", at, **asked)) == (400, "failedPrecondition")
    world.stage.move_clock(world.stage.processing)
    assert call("POST", at, **asked).ok


def test_analytics_knows_its_own_channel_and_the_combinations_that_it_supports(world: World) -> None:
    call = visitor(world)
    asked = {"ids": "channel==MINE", "startDate": "2026-11-01", "endDate": "2026-11-10", "metrics": "views"}
    table = call("GET", "/v2/reports", params={**asked, "dimensions": "day"}).json()
    assert "rows" not in table and [each["name"] for each in table["columnHeaders"]] == ["day", "views"]
    for wrong in ({"dimensions": "city"}, {"metrics": "money"}, {"endDate": "2026-10-01"}):
        answer = call("GET", "/v2/reports", params={**asked, **wrong})
        assert reason(answer) == (400, "badRequest")
    assert reason(call("GET", "/v2/reports", params={**asked, "ids": "channel==UCother"})) == (403, "forbidden")


def test_a_day_that_is_spent_comes_back_at_pacific_midnight(world: World) -> None:
    behave(world.stage, units_a_day=1)
    asked = {"part": "id", "id": "neverThere1"}
    assert visitor(world)("GET", VIDEOS, params=asked).ok
    assert reason(visitor(world)("GET", VIDEOS, params=asked)) == (403, "quotaExceeded")
    world.stage.move_clock(timedelta(hours=25))
    assert visitor(world)("GET", VIDEOS, params=asked).ok
    assert json.loads(world.calls[-1].answer)["items"] == []
