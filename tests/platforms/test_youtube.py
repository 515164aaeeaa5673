"""YouTube: the adapter with Google's own client against the stage, call by call and fault by fault."""

from __future__ import annotations

import hashlib
import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from platforms import connect, rehearsal
from platforms.contract import Absent, Form, Found, Localization, Network, Outgoing, Platform
from platforms.endpoints import Endpoints
from platforms.errors import (
    MediaNotAccepted,
    NotOffered,
    NotSignedIn,
    OutcomeUnknown,
    PlatformError,
    Refused,
    TooLong,
    TooSoon,
    Unreachable,
)
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.youtube import behave, channel_id
from platforms.shelf import NoShelf
from platforms.youtube.client import CHUNK
from platforms.youtube.faults import translated
from platforms.youtube.limits import tag_characters
from platforms.youtube.publish import YouTubeChannel
from platforms.youtube.quota import next_pacific_midnight
from platforms.youtube.resource import marker
from tests.factories import forget
from tests.platforms import youtube_stage
from tests.platforms.youtube_stage import (
    ACCOUNT,
    FAULTS,
    LONG_AGO,
    UPLOAD,
    VIDEOS,
    Death,
    Notebook,
    Visitor,
    World,
    film,
    reason,
    staged,
    visitor,
)

world, outgoing = youtube_stage.world, youtube_stage.outgoing


def test_a_film_is_uploaded_in_private_revealed_once_found_and_withdrawn(world: World, outgoing: Outgoing) -> None:
    channel, notebook = world.channel(), Notebook()

    checkpoint = channel.stage(outgoing, {}, notebook)
    assert [set(page) for page in notebook.pages] == [
        {"marker", "film", "session"},
        {"marker", "film", "video"},
        {"marker", "film", "video", "processed"},
    ]
    assert world.on_show() == []
    assert isinstance(channel.find(outgoing, checkpoint, LONG_AGO), Absent)

    receipt = channel.reveal(outgoing, checkpoint, forget)
    assert receipt.url == f"https://youtu.be/{receipt.remote_id}"
    assert receipt.published_at and receipt.published_at.tzinfo
    (shown,) = world.on_show()
    assert (shown["title"], shown["text"]) == (outgoing.title, outgoing.text)
    assert shown["media"] == [outgoing.media[0].sha256]
    found = channel.find(outgoing, checkpoint, LONG_AGO)
    assert isinstance(found, Found) and found.receipt.remote_id == receipt.remote_id

    channel.withdraw(receipt.remote_id, {})
    channel.withdraw(receipt.remote_id, {})
    channel.withdraw("neverThere1", {})
    assert world.on_show() == []
    assert isinstance(channel.find(outgoing, checkpoint, LONG_AGO), Absent)


def test_the_one_insert_carries_all_languages_and_all_declarations(world: World, outgoing: Outgoing) -> None:
    staged(world, outgoing)
    (start,) = [call for call in world.calls if call.method == "POST" and call.path.endswith(UPLOAD)]
    sent = json.loads(start.body)

    assert start.query["part"] == ["snippet,status,localizations"]
    assert start.query["notifySubscribers"] == ["true"]
    assert sent["snippet"]["defaultLanguage"] == "ar"
    assert sent["snippet"]["tags"] == ["صوت_الحكمة", "الرحمة", marker(outgoing)]
    assert set(sent["localizations"]) == {"en", "fr"}
    assert sent["status"] == {
        "privacyStatus": "private",
        "selfDeclaredMadeForKids": False,
        "containsSyntheticMedia": False,
    }


def test_revealing_keeps_every_other_property_of_the_status(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    video = world.stage.records.get("youtube.videos", checkpoint["video"])
    assert video
    changed = {**video["status"], "license": "creativeCommon", "embeddable": False}
    world.stage.records.put("youtube.videos", video["id"], {**video, "status": changed})

    world.channel().reveal(outgoing, checkpoint, forget)

    after = world.videos()[0]
    assert after["status"] == {**changed, "privacyStatus": "public"}
    assert after["snippet"]["tags"] and after["localizations"]


def test_the_session_is_stored_before_the_first_byte_and_survives_a_death_there(
    world: World, outgoing: Outgoing
) -> None:
    notebook = Notebook(dies_at=lambda checkpoint: "session" in checkpoint)
    with pytest.raises(Death):
        world.channel().stage(outgoing, {}, notebook)
    assert world.puts() == []

    world.channel().stage(outgoing, notebook.last, Notebook())
    assert world.asked("POST", UPLOAD) == 1
    assert len(world.videos()) == 1


def test_a_new_process_goes_on_where_the_upload_broke_off(world: World, outgoing: Outgoing, tmp_path: Path) -> None:
    outgoing = replace(outgoing, media=(film(tmp_path, 3 * CHUNK + 17),))
    world.stage.faults.add(Fault(name="drop-after", path=UPLOAD, method="PUT"))
    notebook = Notebook()
    with pytest.raises(Unreachable):
        world.channel().stage(outgoing, {}, notebook)

    world.channel().stage(outgoing, notebook.last, notebook)

    size = outgoing.media[0].size
    assert world.puts() == [
        f"bytes 0-{CHUNK - 1}/{size}",
        f"bytes */{size}",
        f"bytes {CHUNK}-{2 * CHUNK - 1}/{size}",
        f"bytes {2 * CHUNK}-{3 * CHUNK - 1}/{size}",
        f"bytes {3 * CHUNK}-{size - 1}/{size}",
    ]
    (video,) = world.videos()
    assert video["digest"] == outgoing.media[0].sha256


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_the_last_chunk_makes_no_second_video(world: World, outgoing: Outgoing, name: Name) -> None:
    world.stage.faults.add(Fault(name=name, path=UPLOAD, method="PUT"))
    notebook = Notebook()
    try:
        world.channel().stage(outgoing, {}, notebook)
    except Unreachable:
        world.channel().stage(outgoing, notebook.last, notebook)
    assert notebook.last["processed"]
    assert world.asked("POST", UPLOAD) == 1
    assert [video["digest"] for video in world.videos()] == [outgoing.media[0].sha256]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_the_reveal_is_an_unknown_outcome_that_find_resolves(
    world: World, outgoing: Outgoing, name: Name
) -> None:
    checkpoint = staged(world, outgoing)
    world.stage.faults.add(Fault(name=name, path=VIDEOS, method="PUT"))
    with pytest.raises(OutcomeUnknown):
        world.channel().reveal(outgoing, checkpoint, forget)

    finding = world.channel().find(outgoing, checkpoint, LONG_AGO)

    assert isinstance(finding, Absent if name.endswith("before") else Found)
    if isinstance(finding, Absent):
        world.channel().reveal(outgoing, checkpoint, forget)
    assert len(world.on_show()) == len(world.videos()) == 1


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_the_read_before_the_reveal_shows_nobody_anything(
    world: World, outgoing: Outgoing, name: Name
) -> None:
    checkpoint = staged(world, outgoing)
    world.stage.faults.add(Fault(name=name, path=VIDEOS, method="GET"))
    with pytest.raises(Unreachable):
        world.channel().reveal(outgoing, checkpoint, forget)
    assert world.on_show() == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_the_sign_in_is_no_unknown_outcome_and_pauses_nobody(
    world: World, outgoing: Outgoing, name: Name, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)
    checkpoint = staged(world, outgoing)
    world.stage.faults.add(Fault(name=name, path="/youtube-token", times=3))
    with pytest.raises(Unreachable):
        world.channel().reveal(outgoing, checkpoint, forget)
    assert world.on_show() == []


def test_revealing_twice_writes_once(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    first = world.channel().reveal(outgoing, checkpoint, forget)
    second = world.channel().reveal(outgoing, checkpoint, forget)
    assert first.remote_id == second.remote_id
    assert world.asked("PUT", VIDEOS) - len(world.puts()) == 1


def test_an_expired_session_is_reconciled_with_the_uploads_before_a_second_one(
    world: World, outgoing: Outgoing
) -> None:
    notebook = Notebook(dies_at=lambda checkpoint: "video" in checkpoint)
    with pytest.raises(Death):
        world.channel().stage(outgoing, {}, notebook)
    world.stage.move_clock(timedelta(days=8))

    world.channel().stage(outgoing, notebook.pages[0], Notebook())

    assert world.asked("POST", UPLOAD) == 1
    assert len(world.videos()) == 1


def test_an_expired_session_that_never_ended_starts_anew(world: World, outgoing: Outgoing) -> None:
    other = replace(outgoing, key="another", language="en")
    staged(world, other)
    notebook = Notebook(dies_at=lambda checkpoint: "session" in checkpoint)
    with pytest.raises(Death):
        world.channel().stage(outgoing, {}, notebook)
    world.stage.move_clock(timedelta(days=8))

    checkpoint = world.channel().stage(outgoing, notebook.last, Notebook())

    assert len(world.videos()) == 2
    assert checkpoint["video"] == world.videos()[-1]["id"]


def test_our_upload_is_found_behind_a_page_of_newer_ones(world: World, outgoing: Outgoing) -> None:
    notebook = Notebook(dies_at=lambda checkpoint: "video" in checkpoint)
    with pytest.raises(Death):
        world.channel().stage(outgoing, {}, notebook)
    ours = world.videos()[0]
    for number in range(60):
        newer = {**ours, "id": f"newer{number:06}", "snippet": {**ours["snippet"], "tags": ["other"]}}
        world.stage.records.put("youtube.videos", newer["id"], newer)
    world.stage.move_clock(timedelta(days=8))

    checkpoint = world.channel().stage(outgoing, notebook.pages[0], Notebook())

    assert checkpoint["video"] == ours["id"]


def test_partly_kept_chunks_arrive_whole(world: World, outgoing: Outgoing, tmp_path: Path) -> None:
    outgoing = replace(outgoing, media=(film(tmp_path, 2 * CHUNK + 5),))
    behave(world.stage, keeps=CHUNK // 2)
    staged(world, outgoing)
    assert world.videos()[0]["digest"] == outgoing.media[0].sha256


def test_a_conflict_at_the_session_start_is_tried_again(world: World, outgoing: Outgoing) -> None:
    behave(world.stage, conflicts=2)
    staged(world, outgoing)
    assert world.asked("POST", UPLOAD) == 3
    assert len(world.videos()) == 1


def test_slow_processing_is_left_and_taken_up_again(world: World, outgoing: Outgoing) -> None:
    world.stage.processing = timedelta(minutes=3)
    notebook = Notebook()
    with pytest.raises(Unreachable):
        world.channel().stage(outgoing, {}, notebook)
    assert "processed" not in notebook.last

    checkpoint = world.channel().stage(outgoing, notebook.last, notebook)

    assert checkpoint["processed"]
    assert len(world.videos()) == 1


def test_failed_processing_is_told_with_its_reason_and_a_retry_uploads_anew(world: World, outgoing: Outgoing) -> None:
    behave(world.stage, failure="codec")
    notebook = Notebook()
    with pytest.raises(MediaNotAccepted, match="codec"):
        world.channel().stage(outgoing, {}, notebook)
    behave(world.stage, failure="")
    checkpoint = world.channel().stage(outgoing, notebook.last, notebook)
    assert checkpoint["video"] == world.videos()[-1]["id"]


def test_a_checkpoint_of_other_words_is_neither_revealed_nor_gone_on_with(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    edited = replace(outgoing, text="Other words")
    with pytest.raises(Unreachable):
        world.channel().reveal(edited, checkpoint, forget)
    assert world.on_show() == []

    anew = world.channel().stage(edited, checkpoint, Notebook())

    assert anew["video"] != checkpoint["video"]
    world.channel().reveal(edited, anew, forget)
    assert [shown["text"] for shown in world.on_show()] == ["Other words"]


def test_a_film_that_is_not_the_approved_one_is_not_sent(world: World, outgoing: Outgoing) -> None:
    outgoing.media[0].path.write_bytes(b"something else")
    with pytest.raises(MediaNotAccepted, match="approved"):
        staged(world, outgoing)
    assert world.asked("POST", UPLOAD) == 0


def test_figures_are_numbers_and_a_hidden_one_is_absent(world: World, outgoing: Outgoing) -> None:
    channel, checkpoint = world.channel(), staged(world, outgoing)
    video = channel.reveal(outgoing, checkpoint, forget).remote_id
    world.stage.move_clock(timedelta(hours=30))
    behave(world.stage, hidden=("likeCount",))

    figures = channel.measure([video, "neverThere1"])

    assert set(figures) == {video}
    assert [each.metric for each in figures[video]] == ["views", "comments"]
    assert all(isinstance(each.value, int) for each in figures[video])
    assert figures[video][0].value > 0
    assert "first frame" in figures[video][0].source


def test_figures_are_asked_for_fifty_at_a_time(world: World) -> None:
    assert world.channel().measure([f"video{number:06}" for number in range(101)]) == {}
    assert world.asked("GET", "videos:batchGetStats") == 3


def test_verify_names_the_channel_and_refuses_another_one(world: World, outgoing: Outgoing) -> None:
    assert world.channel(channel_id=channel_id(ACCOUNT)).verify() == ACCOUNT
    wrong = world.channel(channel_id="UCsomebodyElse")
    with pytest.raises(NotSignedIn, match="another channel"):
        wrong.verify()
    with pytest.raises(NotSignedIn):
        wrong.stage(outgoing, {}, Notebook())
    assert world.asked("POST", UPLOAD) == 0


def test_a_dead_sign_in_asks_for_a_person(world: World, outgoing: Outgoing) -> None:
    with pytest.raises(NotSignedIn, match="invalid_grant"):
        world.channel(refresh_token="revoked").verify()
    with pytest.raises(NotSignedIn, match="refresh_token"):
        world.channel(refresh_token="")
    assert world.channel(access_token="ya29.stale").verify() == ACCOUNT


def test_nothing_secret_is_in_any_error(world: World, outgoing: Outgoing) -> None:
    secrets = {"stage-", "ya29", "upload_id", "Bearer"}
    raised: list[BaseException] = []
    for name in FAULTS:
        for method, path in (("POST", UPLOAD), ("PUT", UPLOAD), ("GET", VIDEOS)):
            world.stage.faults.add(Fault(name=name, path=path, method=method))
            try:
                staged(world, outgoing)
            except PlatformError as problem:
                raised.append(problem)
    with pytest.raises(NotSignedIn) as refused:
        world.channel(refresh_token="stage-").verify()
    raised.append(refused.value)

    assert len(raised) > 12
    for each in raised:
        said: BaseException | None = each
        while said:
            assert not any(secret in f"{said!s} {said!r}" for secret in secrets)
            said = said.__cause__ or (None if said.__suppress_context__ else said.__context__)
    assert not any("token" in call.query or "access_token" in call.query for call in world.calls)


def test_nobody_at_the_address_is_unreachable_even_for_the_reveal(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = Endpoints(
            **{
                **dict.fromkeys(("x", "graph", "rupload"), ""),
                "youtube": f"http://127.0.0.1:{listener.getsockname()[1]}",
                "youtube_token": world.endpoints.youtube_token,
            }
        )
    channel = YouTubeChannel(
        credentials=rehearsal.credentials(Network.YOUTUBE, ACCOUNT), endpoints=gone, shelf=NoShelf()
    )
    with pytest.raises(Unreachable):
        channel.reveal(outgoing, checkpoint, forget)


def test_a_day_without_units_ends_at_pacific_midnight(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    behave(world.stage, units_a_day=40)
    with pytest.raises(TooSoon) as shut:
        world.channel().reveal(outgoing, checkpoint, forget)
    assert shut.value.retry_at == next_pacific_midnight(datetime.now(UTC))
    assert world.on_show() == []


def test_the_hundred_and_first_upload_of_a_day_waits_for_pacific_midnight(world: World, outgoing: Outgoing) -> None:
    behave(world.stage, uploads_a_day=0)
    with pytest.raises(TooSoon) as shut:
        staged(world, outgoing)
    assert shut.value.retry_at == next_pacific_midnight(datetime.now(UTC))


def test_a_full_channel_waits_a_day(world: World, outgoing: Outgoing) -> None:
    behave(world.stage, channel_full=True)
    before = datetime.now(UTC)
    with pytest.raises(TooSoon) as shut:
        staged(world, outgoing)
    assert shut.value.retry_at >= before + timedelta(hours=24)


def test_pacific_midnight_follows_the_season() -> None:
    winter, summer = datetime(2026, 11, 21, 9, tzinfo=UTC), datetime(2026, 7, 1, 6, 59, tzinfo=UTC)
    assert next_pacific_midnight(winter) == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert next_pacific_midnight(summer) == datetime(2026, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (400, "invalidTitle", Refused),
        (403, "forbiddenPrivacySetting", Refused),
        (404, "videoNotFound", Refused),
        (403, "insufficientPermissions", NotSignedIn),
        (401, "authError", NotSignedIn),
        (403, "rateLimitExceeded", TooSoon),
        (403, "quotaExceeded", TooSoon),
        (503, "backendError", Unreachable),
    ],
)
def test_reasons_decide_what_follows(status: int, reason: str, error: type[PlatformError]) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SOMETHING_ELSE"}]
    content = {"error": {"code": status, "message": "No.", "details": details, "errors": [{"reason": reason}]}}
    with pytest.raises(error), translated():
        raise HttpError(_Answered(status), json.dumps(content).encode())


def test_an_answer_cut_within_a_letter_is_an_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknown), translated(visible=True):
        "صوت".encode()[:-1].decode()


def test_the_class_is_a_platform_and_connects(world: World) -> None:
    signed = {**rehearsal.credentials(Network.YOUTUBE, ACCOUNT)}
    platform: Platform = world.channel()
    assert platform.forms == {Form.VIDEO}
    connected = connect(Network.YOUTUBE, credentials=signed, endpoints=world.endpoints, shelf=NoShelf())
    assert connected.verify() == ACCOUNT


class _Answered:
    reason = "why"

    def __init__(self, status: int) -> None:
        self.status = status


def problems(outgoing: Outgoing) -> str:
    return " | ".join(map(str, YouTubeChannel.check(outgoing)))


def test_what_fits_has_no_problems(outgoing: Outgoing) -> None:
    assert YouTubeChannel.check(outgoing) == []
    assert YouTubeChannel.check(replace(outgoing, title="ع" * 100, text="ع" * 2500)) == []


def test_text_and_pictures_are_not_offered(outgoing: Outgoing) -> None:
    for form in (Form.TEXT, Form.PICTURE):
        (problem,) = YouTubeChannel.check(replace(outgoing, form=form))
        assert isinstance(problem, NotOffered)


def test_descriptions_are_counted_in_bytes(outgoing: Outgoing) -> None:
    (problem,) = YouTubeChannel.check(replace(outgoing, text="ع" * 2501))
    assert isinstance(problem, TooLong) and (problem.length, problem.limit) == (5002, 5000)


def test_every_language_is_checked(outgoing: Outgoing) -> None:
    longer = {"fr": Localization(title="é" * 101, text="a > b"), "ar": Localization(title="", text="")}
    said = problems(replace(outgoing, localizations=longer))
    assert "title (fr) has 101 characters" in said and "description (fr)" in said and "(ar)" not in said


def test_a_title_is_needed_and_brackets_are_not_taken(outgoing: Outgoing) -> None:
    assert "needs a title" in problems(replace(outgoing, title=" "))
    assert "no < or >" in problems(replace(outgoing, title="a <b"))


def test_tags_are_counted_with_commas_and_quotes() -> None:
    assert tag_characters([]) == 0
    assert tag_characters(["ab", "c d"]) == 2 + 1 + 5


def test_too_many_hashtags_are_told(outgoing: Outgoing) -> None:
    many = tuple(f"#hashtag{number:03}" for number in range(60))
    assert "list of tags" in problems(replace(outgoing, hashtags=many))


def test_exactly_one_film_is_taken(outgoing: Outgoing, tmp_path: Path) -> None:
    picture = replace(outgoing.media[0], mime_type="image/png")
    assert "takes 1 file, not 0" in problems(replace(outgoing, media=()))
    assert "takes 1 file, not 2" in problems(replace(outgoing, media=outgoing.media * 2))
    assert "films only" in problems(replace(outgoing, media=(picture,)))
    assert "0 bytes" in problems(replace(outgoing, media=(replace(outgoing.media[0], size=0),)))


# The stage itself, where the adapter does not go.


def test_the_stage_erases_what_an_update_leaves_out(world: World, outgoing: Outgoing) -> None:
    video = staged(world, outgoing)["video"]
    call = visitor(world)
    sent = {"id": video, "snippet": {"title": "New", "categoryId": "29"}, "status": {"license": "youtube"}}
    assert reason(call("PUT", VIDEOS, params={"part": "snippet"}, json={**sent, "snippet": {}})) == (
        400,
        "invalidTitle",
    )
    answer = call("PUT", VIDEOS, params={"part": "snippet,status"}, json=sent).json()
    assert "tags" not in answer["snippet"] and answer["snippet"]["description"] == ""
    assert answer["status"]["privacyStatus"] == "public"


def test_the_stage_hides_private_films_from_other_accounts(world: World, outgoing: Outgoing) -> None:
    video = staged(world, outgoing)["video"]
    stranger = visitor(world, "someone-else")
    listed = stranger("GET", VIDEOS, params={"part": "snippet", "id": video})
    assert listed.json()["items"] == []
    sent = {"id": video, "status": {"privacyStatus": "public"}}
    assert reason(stranger("PUT", VIDEOS, params={"part": "status"}, json=sent)) == (403, "forbidden")
    assert reason(stranger("DELETE", VIDEOS, params={"id": "neverThere1"})) == (404, "videoNotFound")


def test_the_stage_takes_raw_and_multipart_uploads_and_public_is_the_default(world: World, tmp_path: Path) -> None:
    call = visitor(world)
    raw = call(
        "POST",
        UPLOAD,
        params={"part": "snippet", "uploadType": "media"},
        data=b"raw film",
        headers={"Content-Type": "video/mp4"},
    )
    head = b'--b\r\nContent-Type: application/json\r\n\r\n{"snippet": {"title": "Two"}}\r\n--b\r\n'
    content = b"--not the end\r\n\r\nfilm\r\n"
    both = call(
        "POST",
        UPLOAD,
        params={"part": "snippet", "uploadType": "multipart"},
        data=head + b"Content-Type: video/mp4\r\n\r\n" + content + b"\r\n--b--",
        headers={"Content-Type": 'multipart/related; boundary="b"'},
    )
    assert raw.status_code == both.status_code == 200, both.text
    assert [shown["title"] for shown in world.on_show()] == ["unknown", "Two"]
    assert world.videos()[1]["digest"] == hashlib.sha256(content).hexdigest()


def test_the_stage_keeps_whole_grains_and_knows_gaps_and_foreign_sessions(world: World) -> None:
    call, size = visitor(world), 600_000
    started = call(
        "POST",
        UPLOAD,
        params={"part": "status", "uploadType": "resumable"},
        json={"status": {"privacyStatus": "private"}},
        headers={"X-Upload-Content-Length": str(size), "X-Upload-Content-Type": "video/mp4"},
    )
    place = started.headers["Location"]
    asked = call("PUT", place, headers={"Content-Range": f"bytes */{size}"})
    assert asked.status_code == 308 and "Range" not in asked.headers
    partly = call("PUT", place, data=bytes(300_000), headers={"Content-Range": f"bytes 0-299999/{size}"})
    assert (partly.status_code, partly.headers["Range"]) == (308, "bytes=0-262143")
    gap = call("PUT", place, data=bytes(10), headers={"Content-Range": f"bytes 300000-300009/{size}"})
    assert reason(gap) == (400, "badRequest")
    rest = call("PUT", place, data=bytes(size - 262_144), headers={"Content-Range": f"bytes 262144-599999/{size}"})
    assert rest.status_code == 200 and world.videos()[0]["size"] == size
    assert call("PUT", place, headers={"Content-Range": f"bytes */{size}"}).json()["id"] == rest.json()["id"]
    assert reason(call("PUT", f"{UPLOAD}?upload_id=unknown")) == (404, "notFound")


def test_the_stage_publishes_by_itself_when_publish_at_has_come(world: World, outgoing: Outgoing) -> None:
    video, call = staged(world, outgoing)["video"], visitor(world)
    at = (world.stage.now() + timedelta(hours=1)).isoformat()
    late = {"id": video, "status": {"privacyStatus": "public", "publishAt": at}}
    assert reason(call("PUT", VIDEOS, params={"part": "status"}, json=late)) == (400, "invalidPublishAt")
    sent = {"id": video, "status": {"privacyStatus": "private", "publishAt": at}}
    call("PUT", VIDEOS, params={"part": "status"}, json=sent)
    world.stage.move_clock(timedelta(minutes=59))
    assert world.on_show() == []
    world.stage.move_clock(timedelta(minutes=2))
    listed = visitor(world)("GET", VIDEOS, params={"part": "status", "id": video}).json()
    assert listed["items"][0]["status"]["privacyStatus"] == "public"
    assert len(world.on_show()) == 1
    call("DELETE", VIDEOS, params={"id": video})
    assert visitor(world)("DELETE", VIDEOS, params={"id": video}).status_code == 204
    assert world.on_show() == []


def test_the_stage_takes_thumbnails_and_each_caption_track_once(world: World, outgoing: Outgoing) -> None:
    video, call = staged(world, outgoing)["video"], visitor(world)
    thumbnails, captions = "/upload/youtube/v3/thumbnails/set", "/upload/youtube/v3/captions"
    asked = {"videoId": video, "uploadType": "media"}
    assert call("POST", thumbnails, params=asked, data=b"\xff\xd8\xff picture").ok
    assert reason(call("POST", thumbnails, params=asked, data=b"text")) == (400, "invalidImage")
    track = json.dumps({"snippet": {"videoId": video, "language": "ar", "name": ""}}).encode()
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + track + b"\r\n--b\r\n\r\nWEBVTT\r\n--b--"
    options: dict[str, Any] = {
        "params": {"part": "snippet", "uploadType": "multipart"},
        "data": body,
        "headers": {"Content-Type": "multipart/related; boundary=b"},
    }
    assert call("POST", captions, **options).ok
    assert reason(call("POST", captions, **options)) == (409, "captionExists")
    listed = call("GET", "/youtube/v3/captions", params={"part": "snippet", "videoId": video}).json()
    assert [each["snippet"]["language"] for each in listed["items"]] == ["ar"]


def test_the_stage_knows_its_own_tokens_alone_and_for_an_hour(world: World) -> None:
    call = visitor(world)
    assert call("GET", "/youtube/v3/channels", params={"part": "id", "mine": "true"}).ok
    world.stage.move_clock(timedelta(hours=2))
    assert reason(call("GET", "/youtube/v3/channels", params={"part": "id"})) == (401, "authError")
    assert reason(Visitor(world, "ya29.other")("GET", VIDEOS, params={"part": "id"})) == (401, "authError")
