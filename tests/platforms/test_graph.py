"""The line to the Graph API: what goes over the wire, what comes back, and what the stage refuses."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Any

import pytest
import requests
from pydantic import BaseModel
from urllib3.exceptions import MaxRetryError, ProtocolError, SSLError

from platforms import graph as graph_module
from platforms.contract import Measurement, Network
from platforms.endpoints import StrayCall, guarded_by
from platforms.errors import (
    Covers,
    MediaNotAccepted,
    NotSignedIn,
    OutcomeUnknown,
    PlatformError,
    Refused,
    TooSoon,
    Unreachable,
)
from platforms.graph import VERSION, Created, CutShort, Dated, Done, Graph, same_words
from platforms.graph_faults import (
    Missing,
    NotPermitted,
    WrongOffset,
    from_answer,
    from_silence,
    from_status,
    used_share,
    used_up,
)
from platforms.graph_insights import each_measured, figures
from platforms.rehearsal import endpoints
from platforms.rehearsal.graph import USAGE_AFTER, cut, refuse, used
from platforms.rehearsal.stage import Stage
from tests.door import Door
from tests.platforms.meta_stage import AccountBook, film, new_stage

TOKEN = "stage-fb-en"
PAGE = "page-fb-en"


class Anything(BaseModel):
    """An answer of which nothing is asked."""


@pytest.fixture
def stage(tmp_path: Path, door: Door) -> Stage:
    return new_stage(tmp_path, behind=door)


@pytest.fixture
def connect(stage: Stage, door: Door) -> Callable[..., Graph]:
    def _connect(token: str = TOKEN, **changed: Any) -> Graph:
        to = changed.pop("endpoints", endpoints(door.base))
        return Graph(network=Network.FACEBOOK, endpoints=to, access_token=token, sleep=lambda _: None, **changed)

    return _connect


@pytest.fixture
def graph(connect: Callable[..., Graph]) -> Graph:
    return connect()


def test_the_sdk_can_be_imported_where_warnings_are_errors(tmp_path: Path) -> None:
    code = "import platforms.graph, facebook; assert facebook.__version__ == '3.1.0'"
    fresh = ["-X", f"pycache_prefix={tmp_path}", "-W", "error::SyntaxWarning", "-W", "error::DeprecationWarning"]
    root = Path(graph_module.__file__).parents[1]
    subprocess.run([sys.executable, *fresh, "-c", code], check=True, cwd=root)


def test_the_token_goes_in_a_header_and_the_apps_proof_in_the_query(connect: Callable[..., Graph], door: Door) -> None:
    connect(app_secret="app").glance("me", Created, fields="id")
    proof = hmac.new(b"app", TOKEN.encode(), hashlib.sha256).hexdigest()
    assert door.calls == [f"GET /graph/{VERSION}/me?fields=id&appsecret_proof={proof}"]


def test_a_malformed_token_that_meta_repeats_is_in_no_text(connect: Callable[..., Graph]) -> None:
    with pytest.raises(NotSignedIn) as caught:
        connect("EAABsecret").glance("me", Created, fields="id")
    assert "Malformed access token …" in str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert error.__suppress_context__ or "EAABsecret" not in repr(error.__context__)
        error = error.__cause__


def test_calls_stay_within_the_wall(connect: Callable[..., Graph]) -> None:
    with pytest.raises(StrayCall):
        connect()._session.get("https://graph.instagram.com/me")


def test_a_refused_connection_proves_that_nothing_left_even_on_a_reveal(connect: Callable[..., Graph]) -> None:
    nobody = connect(endpoints=endpoints("http://127.0.0.1:9"), app_secret="app")
    with pytest.raises(Unreachable) as caught:
        nobody.reveal(f"{PAGE}/feed", Created, message="words")
    assert "appsecret_proof" not in str(caught.value) and TOKEN not in str(caught.value)


def test_a_certificate_that_was_not_accepted_proves_that_nothing_left_and_a_broken_line_does_not() -> None:
    def of(reason: Exception) -> requests.exceptions.SSLError:
        return requests.exceptions.SSLError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]

    unsigned, cut_off = SSLCertVerificationError(1, "self-signed certificate"), ProtocolError("cut off")
    assert isinstance(from_silence(of(SSLError(unsigned)), network="Facebook", visible=True), Unreachable)
    assert isinstance(from_silence(of(SSLError(cut_off)), network="Facebook", visible=True), OutcomeUnknown)


def test_every_answer_is_looked_at_for_its_version(connect: Callable[..., Graph], stage: Stage) -> None:
    connect().glance("me", Created)
    graph = connect(version="v99.0")
    with pytest.raises(Refused, match=r"v21\.0"):
        graph.glance("me", Created)
    with pytest.raises(Refused, match=r"v21\.0"):
        graph.reveal(f"{PAGE}/feed", Created, message="words")
    assert stage.records.all("shown") == []


def test_what_is_out_is_told_even_if_another_version_than_ours_put_it_out(
    connect: Callable[..., Graph], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert connect(version="v99.0").reveal(f"{PAGE}/feed", Created, message="words").id
    assert [record.getMessage() for record in caplog.records] == ["Meta answers as v21.0 although v99.0 was asked for"]


@pytest.mark.parametrize(
    ("code", "subcode", "status", "hidden", "seen"),
    [
        (1, 0, 500, Unreachable, OutcomeUnknown),
        (2, 0, 500, Unreachable, OutcomeUnknown),
        (-1, 2207001, 400, Unreachable, OutcomeUnknown),
        (99999, 0, 503, Unreachable, OutcomeUnknown),
        (99999, 0, 400, Refused, Refused),
        (4, 0, 403, TooSoon, TooSoon),
        (32, 0, 400, TooSoon, TooSoon),
        (80002, 0, 400, TooSoon, TooSoon),
        (9, 2207042, 403, TooSoon, TooSoon),
        (9007, 2207027, 400, TooSoon, TooSoon),
        (10, 0, 403, NotPermitted, NotPermitted),
        (200, 0, 403, NotPermitted, NotPermitted),
        (190, 460, 400, NotSignedIn, NotSignedIn),
        (190, 463, 401, NotSignedIn, NotSignedIn),
        (190, 464, 400, NotSignedIn, NotSignedIn),
        (102, 0, 400, NotSignedIn, NotSignedIn),
        (368, 0, 400, TooSoon, TooSoon),
        (368, 1390008, 400, TooSoon, TooSoon),
        (368, 1346003, 400, Refused, Refused),
        (341, 0, 400, TooSoon, TooSoon),
        (80001, 0, 403, TooSoon, TooSoon),
        (1609005, 0, 400, Refused, Refused),
        (100, 1609008, 400, Refused, Refused),
        (100, 2207028, 400, Refused, Refused),
        (25, 2207050, 403, NotSignedIn, NotSignedIn),
        (1, 2207057, 400, Refused, Refused),
        (-2, 2207020, 400, Unreachable, Unreachable),
        (4, 2207051, 403, NotSignedIn, NotSignedIn),
        (100, 33, 400, Missing, Missing),
        (506, 0, 400, OutcomeUnknown, OutcomeUnknown),
        (100, 1366051, 400, OutcomeUnknown, OutcomeUnknown),
        (1, 1366046, 400, MediaNotAccepted, MediaNotAccepted),
        (36003, 2207009, 400, MediaNotAccepted, MediaNotAccepted),
        (9004, 2207052, 400, Unreachable, Unreachable),
        (24, 2207006, 400, Unreachable, Unreachable),
    ],
)
def test_error_codes_mean_what_the_table_says(
    code: int,
    subcode: int,
    status: int,
    hidden: type[PlatformError],
    seen: type[PlatformError],
    graph: Graph,
    stage: Stage,
) -> None:
    refuse(stage, "/feed", code=code, subcode=subcode, status=status, times=2)
    with pytest.raises(PlatformError) as staging:
        graph.prepare(f"{PAGE}/feed", Created, message="words")
    with pytest.raises(PlatformError) as revealing:
        graph.reveal(f"{PAGE}/feed", Created, message="words")
    assert (type(staging.value), type(revealing.value)) == (hidden, seen)


def test_a_gateways_page_is_no_answer(graph: Graph, stage: Stage) -> None:
    refuse(stage, "/feed", code=0, status=502, html=True, times=2)
    with pytest.raises(Unreachable, match="HTTP 502"):
        graph.prepare(f"{PAGE}/feed", Created, message="words")
    with pytest.raises(OutcomeUnknown, match="HTTP 502"):
        graph.reveal(f"{PAGE}/feed", Created, message="words")


def test_a_containers_own_words_carry_the_subcode() -> None:
    assert isinstance(from_status("Error: failed with error code 2207026", network="x"), MediaNotAccepted)
    assert isinstance(from_status("Error: failed with error code 2207053", network="x"), Unreachable)
    assert isinstance(from_status("EXPIRED", network="x"), Unreachable)


def test_words_are_compared_without_blanks_and_in_one_form() -> None:
    assert same_words("e\u0301te\u0301 \r\n fini ", "été fini")
    assert not same_words("الحكمة", "الحكم")


def test_parameters_go_as_json_and_a_plain_form_would_be_refused(graph: Graph, door: Door) -> None:
    url = f"{door.base}/graph/{VERSION}/{PAGE}/feed"
    signed = {"Authorization": f"Bearer {TOKEN}"}
    loose: list[dict[str, Any]] = [
        {"message": "words", "published": True},
        {"message": "words", "attached_media": ["1", "2"]},
        {"message": "words", "attached_media": "['1']"},
        {"message": "words", "color": "red"},
        {},
    ]
    for fields in loose:
        answer = requests.post(url, data=fields, headers=signed, timeout=5)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    assert graph.prepare(f"{PAGE}/feed", Created, message="words", published=True, link=None).id


def test_what_meta_removed_is_refused_and_no_token_is_no_entry(door: Door, stage: Stage) -> None:
    root, signed = f"{door.base}/graph/{VERSION}", {"Authorization": f"Bearer {TOKEN}"}

    def code(url: str, headers: dict[str, str] = signed) -> int:
        return int(requests.get(url, headers=headers, timeout=5).json()["error"]["code"])

    assert code(f"{root}/?ids=1,2") == 100
    assert code(f"{root}/me?date_format=U") == 100
    assert code(f"{root}/me?fields=nonsense") == 100
    assert code(f"{root}/me", {}) == 104
    assert code(f"{root}/page-fb-fr") == 100
    assert requests.get(f"{root}/me?access_token={TOKEN}", timeout=5).json() == {"id": PAGE}


def test_usage_is_told_once_enough_calls_were_made(graph: Graph) -> None:
    for _ in range(USAGE_AFTER - 1):
        graph.glance("me", Created)
    session: Any = graph._session
    assert "x-app-usage" not in session.answer.headers
    graph.glance("me", Created)
    assert "x-business-use-case-usage" in session.answer.headers


def test_a_window_closes_by_its_headers_before_meta_refuses() -> None:
    def told(**headers: object) -> requests.Response:
        answer = requests.Response()
        for name, value in headers.items():
            answer.headers[name.replace("_", "-")] = json.dumps(value)
        return answer

    page: dict[str, object] = {"type": "pages", "call_count": 12, "total_time": 100, "ads_api_access_tier": "x"}
    full = used_up(told(x_business_use_case_usage={"1": [page]}))
    regained = used_up(told(x_business_use_case_usage={"1": [page | {"estimated_time_to_regain_access": 9}]}))
    apps = used_up(told(x_app_usage={"call_count": 100, "total_time": 3}))

    assert full and full.covers is Covers.ACCOUNT
    assert regained and timedelta(minutes=8) < regained.retry_at - datetime.now(UTC) < timedelta(minutes=10)
    assert apps and apps.covers is Covers.APP
    assert used_up(told(x_app_usage={"call_count": 99})) is used_up(told(x_app_usage=["nonsense"])) is None
    assert used_share(told(x_app_usage={"call_count": 96})) == 96 and used_share(told()) == 0


def test_where_little_is_left_measuring_leaves_it_to_publishing(graph: Graph, stage: Stage) -> None:
    def measured(remote_id: str) -> list[Measurement]:
        graph.glance("me", Created)
        return [Measurement(metric="views", value=1, source=remote_id)]

    assert list(each_measured(graph, ["1", "2", "3"], measured)) == ["1", "2", "3"]
    used(stage, "fb-en", percent=96)
    assert list(each_measured(graph, ["1", "2", "3"], measured)) == ["1"]


def test_one_bad_metric_name_fails_the_whole_call(graph: Graph, stage: Stage) -> None:
    post = graph.reveal(f"{PAGE}/feed", Created, message="words").id
    stage.move_clock(timedelta(days=1))
    with pytest.raises(Refused):
        graph.glance(f"{post}/insights", Anything, metric="post_media_view,post_impressions")
    with pytest.raises(Refused):
        graph.glance(f"{post}/insights", Anything)
    assert graph.glance(f"{post}/insights", Anything, metric="post_media_view")


def test_a_bad_name_in_a_group_does_not_cost_a_call_for_each(graph: Graph, stage: Stage, door: Door) -> None:
    post = graph.reveal(f"{PAGE}/feed", Created, message="words").id
    stage.move_clock(timedelta(days=1))
    reactions = [f"post_reactions_{name}_total" for name in ("like", "love", "wow", "haha", "sorry", "anger")]
    door.calls.clear()
    answered = figures(graph, f"{post}/insights", ("post_media_view", "post_impressions", *reactions))
    assert set(answered) == {"post_media_view", *reactions}
    assert len(door.calls) == 7


def test_a_list_that_is_cut_short_is_not_taken_for_whole(graph: Graph, stage: Stage) -> None:
    for number in range(3):
        graph.reveal(f"{PAGE}/feed", Created, message=f"words {number}")
    stage.move_clock(stage.lag)
    long_ago = stage.now() - timedelta(days=1)
    assert len(list(graph.since(f"{PAGE}/published_posts", Dated, long_ago, fields="created_time"))) == 3
    cut(stage, "fb-en")
    with pytest.raises(CutShort):
        list(graph.since(f"{PAGE}/published_posts", Dated, long_ago, fields="created_time"))


@pytest.mark.parametrize("wrapped", [json.dumps, dict])
def test_a_chunk_from_the_wrong_place_is_told_the_right_one(wrapped: Callable[[Any], object]) -> None:
    answer = requests.Response()
    answer.status_code = 400
    data = {"start_offset": "1048576", "end_offset": "2097152"}
    error = {"code": 6001, "error_subcode": 1363037, "message": "", "error_data": wrapped(data)}
    answer._content = json.dumps({"error": error}).encode()
    told = from_answer(answer, network="Facebook", secret="", visible=False)
    assert isinstance(told, WrongOffset) and (told.start, told.end) == (1048576, 2097152)


def test_whoever_watches_hears_how_far_an_upload_has_come(graph: Graph, stage: Stage, tmp_path: Path) -> None:
    class Session(BaseModel):
        video_id: str
        upload_session_id: str = ""

    video = film(tmp_path, kilobytes=600).path
    size, reels, chunks = video.stat().st_size, AccountBook(), AccountBook()
    reel = graph.prepare(f"{PAGE}/video_reels", Session, upload_phase="start")
    chunked = graph.prepare(f"{PAGE}/videos", Session, upload_phase="start", file_size=size)
    fields = {"upload_phase": "transfer", "upload_session_id": chunked.upload_session_id, "start_offset": "0"}
    with guarded_by(reels):
        graph.send_file(f"/video-upload/v26.0/{reel.video_id}", video, offset=0)
    with guarded_by(chunks):
        graph.send_window(f"{PAGE}/videos", Anything, fields, video, 0, 400_000)
    for told, end in ((reels.uploads, size), (chunks.uploads, 400_000)):
        assert told == sorted(told) and len(told) > 2
        assert (told[0], told[-1]) == ((0, size), (end, size))


def test_numbers_are_above_what_a_float_holds(graph: Graph) -> None:
    post = graph.reveal(f"{PAGE}/feed", Created, message="words").id
    assert int(post.rpartition("_")[2]) > 2**53


def test_the_upload_host_speaks_its_own_tongue(graph: Graph, stage: Stage, tmp_path: Path) -> None:
    class Session(BaseModel):
        video_id: str
        upload_url: str

    reel = graph.prepare(f"{PAGE}/video_reels", Session, upload_phase="start")
    path = f"/video-upload/v26.0/{reel.video_id}"
    video = film(tmp_path, kilobytes=8).path
    assert reel.upload_url == f"https://rupload.facebook.com{path}"
    with pytest.raises(Unreachable, match="OffsetInvalidError"):
        graph.send_file(path, video, offset=100)
    with pytest.raises(NotSignedIn, match="NotAuthorizedError"):
        graph.send_file("/video-upload/v26.0/1", video, offset=0)
    with pytest.raises(Refused):
        graph.reveal(
            f"{PAGE}/video_reels", Done, upload_phase="finish", video_id=reel.video_id, video_state="PUBLISHED"
        )
    graph.send_file(path, video, offset=0)
    assert stage.records.all("graph.videos")[0]["received"] == video.stat().st_size
