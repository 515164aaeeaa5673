"""X, from the adapter through tweepy to the stage and back."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount

from platforms.contract import Checkpoint, Form, Found, MediaFile, Network, Outgoing, Platform, Unclear
from platforms.endpoints import Endpoints, StrayCall
from platforms.errors import (
    MediaNotAccepted,
    NotSignedIn,
    OutcomeUnknown,
    PlatformError,
    Refused,
    TooSoon,
    Unreachable,
)
from platforms.rehearsal import credentials
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.stage import Stage
from platforms.rehearsal.x import routes
from platforms.rehearsal.x_door import user_id
from platforms.shelf import NoShelf
from platforms.x import prices
from platforms.x.faults import MediaForgotten
from platforms.x.finding import first_id
from platforms.x.publish import XAccount
from platforms.x.weighing import weighted_length
from tests.door import Door
from tests.factories import forget

FAULTS_AFTER: list[Name] = ["drop-after", "error-after", "truncated-after", "empty-after"]
FAULTS_BEFORE: list[Name] = ["drop-before", "error-before"]

NOT_TAKEN = "Your media IDs are invalid."

Connect = Callable[..., XAccount]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(files=tmp_path / "stage", processing=timedelta(seconds=3), lag=timedelta())


@pytest.fixture
def base(stage: Stage, door: Door) -> str:
    door.lead_to(stage.faults.around(Starlette(routes=[Mount("/x", routes=routes(stage))])))
    return f"{door.base}/x"


@pytest.fixture
def connect(stage: Stage, base: str) -> Iterator[Connect]:
    """Connect an account; its waiting moves the stage's clock instead of ours."""
    opened: list[XAccount] = []

    def _connect(account: str = "x-en", **changed: str) -> XAccount:
        secrets = {**credentials(Network.X, account), **changed}
        opened.append(
            XAccount(
                credentials=secrets,
                endpoints=Endpoints(x=base),
                shelf=NoShelf(),
                sleep=lambda seconds: stage.move_clock(timedelta(seconds=seconds)),
            )
        )
        return opened[-1]

    yield _connect
    for account in opened:
        account._client.session.close()


@pytest.fixture
def x(connect: Connect) -> XAccount:
    return connect()


def _post(text: str = "Wisdom is the stray camel of the believer.", *media: MediaFile, **changed: Any) -> Outgoing:
    form = Form.TEXT
    if media:
        form = Form.VIDEO if media[0].duration else Form.PICTURE
    return Outgoing(**{"key": "post-1", "language": "en", "form": form, "text": text, "media": media, **changed})


def _picture(folder: Path, name: str = "card.jpg", shade: int = 90, alt_text: str = "A quiet card") -> MediaFile:
    path = folder / name
    Image.new("RGB", (160, 90), (shade, 120, 80)).save(path)
    return _file(path, mime_type="image/jpeg", width=160, height=90, alt_text=alt_text)


def _video(folder: Path, size: int = 2_500_000) -> MediaFile:
    path = folder / "film.mp4"
    beginning = b"\0\0\0\x18ftypmp42"
    path.write_bytes(beginning + bytes(range(256)) * (size // 256))
    return _file(path, mime_type="video/mp4", width=1280, height=720, duration=timedelta(seconds=12))


def _file(path: Path, **about: Any) -> MediaFile:
    content = path.read_bytes()
    return MediaFile(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content), **about)


def _forget(_: Checkpoint) -> None:
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def _publish(account: Platform, outgoing: Outgoing) -> str:
    checkpoint = account.stage(outgoing, {}, _forget)
    return account.reveal(outgoing, checkpoint, forget).remote_id


def _visible(stage: Stage) -> list[dict[str, Any]]:
    return [each for each in stage.records.all("shown") if each["hidden_at"] is None]


def test_verify_gives_the_name_that_x_knows(x: XAccount) -> None:
    assert x.verify() == "x_en"


def test_a_text_goes_out_once_and_is_found_again(x: XAccount, stage: Stage) -> None:
    since, outgoing = _now(), _post()
    receipt = x.reveal(outgoing, x.stage(outgoing, {}, _forget), forget)
    assert receipt.url == f"https://x.com/i/status/{receipt.remote_id}"
    assert receipt.published_at is not None
    assert abs(receipt.published_at - _now()) < timedelta(minutes=1)
    assert [each["text"] for each in _visible(stage)] == [outgoing.text]
    found = x.find(outgoing, {}, since)
    assert isinstance(found, Found)
    assert found.receipt == receipt


def test_under_the_new_contract_a_post_is_found_as_well(x: XAccount, stage: Stage) -> None:
    stage.records.put("x.settings", "dialect", {"fields": "post.fields"})
    since, remote_id = _now(), _publish(x, _post())
    found = x.find(_post(), {}, since)
    assert isinstance(found, Found)
    assert found.receipt.remote_id == remote_id


def test_figures_of_posts_that_lie_far_apart_are_looked_up_for_less(x: XAccount, stage: Stage) -> None:
    remote_id = _publish(x, _post())
    post = stage.records.get("x.posts", remote_id)
    assert post
    for number in range(1, 40):
        later = str(int(remote_id) + number)
        stage.records.put("x.posts", later, {**post, "id": later})
    sources = {
        each: x.measure([remote_id, later])[each][0].source.partition(" public")[0] for each in (remote_id, later)
    }
    assert sources == {later: "GET /2/users/:id/tweets", remote_id: "GET /2/tweets"}


def test_four_pictures_arrive_as_they_were_with_their_alt_texts(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    pictures = [_picture(tmp_path, f"{n}.jpg", 40 * n, f"Card {n}") for n in range(4)]
    _publish(x, _post("Four cards", *pictures))
    assert [each["media"] for each in _visible(stage)] == [[each.sha256 for each in pictures]]
    assert [each["alt_text"] for each in stage.records.all("x.media")] == ["Card 0", "Card 1", "Card 2", "Card 3"]


def test_what_a_machine_made_is_declared_on_the_post_that_carries_it(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    thread = _post("Many words, one after the other. " * 12, _picture(tmp_path), synthetic=True)
    for made in (thread, _post("A made voice", synthetic=True), _post("By hand", _picture(tmp_path))):
        _publish(x, made)
    assert [each["declared"] for each in stage.records.all("x.posts")] == [True, False, True, False]


def test_a_video_is_waited_for_and_posted(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    film = _video(tmp_path)
    _publish(x, _post("A film", film))
    assert [each["media"] for each in _visible(stage)] == [[film.sha256]]


def test_a_video_that_x_cannot_read_is_refused_before_anything_is_visible(
    x: XAccount, stage: Stage, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"this is no film at all")
    film = _file(path, mime_type="video/mp4", width=1280, height=720, duration=timedelta(seconds=12))
    with pytest.raises(MediaNotAccepted, match="Unsupported video format"):
        x.stage(_post("A film", film), {}, _forget)
    assert not _visible(stage)


@pytest.mark.parametrize("steps", range(1, 7))
def test_staging_killed_after_any_step_goes_on_where_it_was(
    connect: Connect, stage: Stage, tmp_path: Path, steps: int
) -> None:
    outgoing = _post("A film", replace(_video(tmp_path), alt_text="A quiet film"))
    kept: list[Checkpoint] = []

    def die_after(checkpoint: Checkpoint) -> None:
        kept.append(checkpoint)
        if len(kept) == steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        connect().stage(outgoing, {}, die_after)
    later = connect()
    later.reveal(outgoing, later.stage(outgoing, kept[-1], _forget), forget)
    assert len(stage.records.all("x.media")) == 1
    assert [each["media"] for each in _visible(stage)] == [[outgoing.media[0].sha256]]


def test_a_piece_that_arrived_unnoticed_is_sent_again_harmlessly(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing, kept = _post("A film", _video(tmp_path)), list[Checkpoint]()
    stage.faults.add(Fault(name="drop-after", path="/append"))
    with pytest.raises(Unreachable):
        x.stage(outgoing, {}, kept.append)
    x.reveal(outgoing, x.stage(outgoing, kept[-1], kept.append), forget)
    assert [each["media"] for each in _visible(stage)] == [[outgoing.media[0].sha256]]


def test_a_lost_answer_to_finalize_does_not_upload_the_video_again(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing, kept = _post("A film", _video(tmp_path)), list[Checkpoint]()
    stage.faults.add(Fault(name="drop-after", path="/finalize"))
    with pytest.raises(Unreachable):
        x.stage(outgoing, {}, kept.append)
    x.reveal(outgoing, x.stage(outgoing, kept[-1], kept.append), forget)
    assert len(stage.records.all("x.media")) == 1
    assert len(_visible(stage)) == 1


def test_media_that_x_has_forgotten_are_uploaded_again(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing = _post("A card", _picture(tmp_path))
    checkpoint = x.stage(outgoing, {}, _forget)
    stage.move_clock(timedelta(days=2))
    with pytest.raises(Unreachable, match="uploaded again"):
        x.reveal(outgoing, checkpoint, forget)
    x.reveal(outgoing, x.stage(outgoing, checkpoint, _forget), forget)
    assert len(_visible(stage)) == 1


@pytest.mark.parametrize("words", ["A card", "Many words, one after the other. " * 12])
def test_media_that_x_shows_as_ready_and_does_not_take_are_uploaded_again(
    x: XAccount, stage: Stage, door: Door, tmp_path: Path, words: str
) -> None:
    outgoing, kept = _post(words, _picture(tmp_path)), list[Checkpoint]()
    checkpoint = x.stage(outgoing, {}, kept.append)
    answering = door.app
    door.lead_to(JSONResponse({"errors": [{"message": NOT_TAKEN}]}, 400))
    with pytest.raises(Unreachable, match="uploaded again"):
        x.reveal(outgoing, checkpoint, kept.append)
    door.lead_to(answering)

    again = x.stage(outgoing, kept[-1], kept.append)
    x.reveal(outgoing, again, forget)

    assert again["media"][0]["media_id"] != checkpoint["media"][0]["media_id"]
    assert next(each["media"] for each in _visible(stage)) == [outgoing.media[0].sha256]


def test_media_past_their_day_are_not_even_tried(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing = _post("A card", _picture(tmp_path))
    checkpoint = x.stage(outgoing, {}, _forget)
    old = {"media": [{**checkpoint["media"][0], "expires_at": "2026-01-01T00:00:00Z"}]}
    with pytest.raises(Unreachable, match="uploaded before"):
        x.reveal(outgoing, old, forget)
    assert x.stage(outgoing, old, _forget)["media"][0]["media_id"] != old["media"][0]["media_id"]


def test_nothing_staged_means_nothing_revealed(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        x.reveal(_post("A card", _picture(tmp_path)), {}, forget)
    assert not _visible(stage)


def test_a_picture_without_its_alt_text_is_not_ready(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing = _post("A card", _picture(tmp_path))
    checkpoint = x.stage(outgoing, {}, _forget)
    undescribed = {"media": [{**checkpoint["media"][0], "described": False}]}
    with pytest.raises(Unreachable):
        x.reveal(outgoing, undescribed, forget)
    assert not _visible(stage)


def test_a_file_that_changed_since_approval_does_not_leave(x: XAccount, stage: Stage, tmp_path: Path) -> None:
    card = _picture(tmp_path)
    card.path.write_bytes(card.path.read_bytes() + b"more")
    with pytest.raises(MediaNotAccepted, match="approved"):
        x.stage(_post("A card", card), {}, _forget)
    assert not stage.records.all("x.media")


@pytest.mark.parametrize("with_media", [False, True])
@pytest.mark.parametrize("fault", FAULTS_AFTER)
def test_a_lost_answer_leaves_the_outcome_unknown_and_one_post_to_be_found(
    x: XAccount, stage: Stage, tmp_path: Path, fault: Name, with_media: bool
) -> None:
    since, outgoing = _now(), _post("Lost & found", *([_picture(tmp_path)] if with_media else []))
    checkpoint = x.stage(outgoing, {}, _forget)
    stage.faults.add(Fault(name=fault, path="/2/tweets"))
    with pytest.raises(OutcomeUnknown):
        x.reveal(outgoing, checkpoint, forget)
    found = x.find(outgoing, checkpoint, since)
    assert isinstance(found, Found)
    assert [each["remote_id"] for each in _visible(stage)] == [found.receipt.remote_id]


@pytest.mark.parametrize("fault", FAULTS_BEFORE)
def test_a_post_that_died_on_the_way_is_unknown_and_its_absence_proves_nothing(
    x: XAccount, stage: Stage, fault: Name
) -> None:
    since = _now()
    stage.faults.add(Fault(name=fault, path="/2/tweets"))
    with pytest.raises(OutcomeUnknown):
        x.reveal(_post(), {}, forget)
    assert isinstance(x.find(_post(), {}, since), Unclear)
    assert not _visible(stage)


@pytest.mark.parametrize("fault", FAULTS_AFTER + FAULTS_BEFORE)
@pytest.mark.parametrize("step", ["/initialize", "/append", "/finalize", "/2/media/metadata"])
def test_a_fault_while_staging_is_never_a_question(
    x: XAccount, stage: Stage, tmp_path: Path, step: str, fault: Name
) -> None:
    outgoing, kept = _post("A card", _picture(tmp_path)), list[Checkpoint]([{}])
    stage.faults.add(Fault(name=fault, path=step))
    try:
        x.stage(outgoing, {}, kept.append)
    except PlatformError as error:
        assert type(error) is Unreachable
    x.reveal(outgoing, x.stage(outgoing, kept[-1], kept.append), forget)
    assert [each["media"] for each in _visible(stage)] == [[outgoing.media[0].sha256]]


def test_a_refused_connection_proves_that_nothing_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    x = XAccount(
        credentials=credentials(Network.X, "x-en"),
        endpoints=Endpoints(x=f"http://127.0.0.1:{port}"),
        shelf=NoShelf(),
    )
    with pytest.raises(Unreachable, match="nothing was sent"):
        x.reveal(_post(), {}, forget)


def test_the_same_text_again_is_a_question_not_a_failure(x: XAccount, stage: Stage) -> None:
    x.reveal(_post(), {}, forget)
    with pytest.raises(OutcomeUnknown, match="already has this text"):
        x.reveal(_post(), {}, forget)
    assert len(_visible(stage)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "«الكلمة الطيبة صدقة» https://example.org/%D9%85%D9%82%D8%A7%D9%84 #صوت_الحكمة",
        "Salt & pepper < 3 > 2 \"quoted\" 'single' &amp; done",
        "README.md and Example.ORG/Path?x=1&y=2, then\n\nan end…",
        "Cafe\u0301 \u200f(décomposé)\u200f 👨‍👩‍👧",
    ],
)
def test_a_text_is_known_again_however_x_gives_it_back(x: XAccount, tmp_path: Path, text: str) -> None:
    since, outgoing = _now(), _post(text, _picture(tmp_path))
    remote_id = _publish(x, outgoing)
    by_words = x.find(outgoing, {}, since)
    assert isinstance(by_words, Found)
    assert by_words.receipt.remote_id == remote_id


def test_other_words_are_never_taken_for_ours(x: XAccount) -> None:
    since = _now()
    x.reveal(_post("Something else"), {}, forget)
    assert isinstance(x.find(_post(), {}, since), Unclear)


def test_the_same_words_with_another_picture_are_told_apart_by_the_media(x: XAccount, tmp_path: Path) -> None:
    since = _now()
    first, second = (_post("One text", _picture(tmp_path, f"{n}.jpg", n)) for n in (10, 200))
    one, two = x.stage(first, {}, _forget), x.stage(second, {}, _forget)
    ids = [x.reveal(first, one, forget).remote_id, x.reveal(second, two, forget).remote_id]
    found = [x.find(first, one, since), x.find(second, two, since)]
    assert [each.receipt.remote_id for each in found if isinstance(each, Found)] == ids
    assert isinstance(x.find(first, {}, since), Unclear)


def test_another_accounts_post_is_not_found(x: XAccount, connect: Connect) -> None:
    since = _now()
    connect("x-ar").reveal(_post(), {}, forget)
    assert isinstance(x.find(_post(), {}, since), Unclear)


def test_a_post_is_found_behind_more_than_a_page_of_others(x: XAccount, stage: Stage) -> None:
    since = _now()
    remote_id = _publish(x, _post())
    post = stage.records.get("x.posts", remote_id)
    assert post
    for number in range(1, 151):
        later = str(int(remote_id) + (number << 22))
        stage.records.put("x.posts", later, {**post, "id": later, "text": f"Number {number}"})
    found = x.find(_post(), {}, since)
    assert isinstance(found, Found)
    assert found.receipt.remote_id == remote_id


def test_a_post_is_unclear_until_the_timeline_shows_it(x: XAccount, stage: Stage) -> None:
    since, stage.lag = _now(), timedelta(seconds=20)
    x.reveal(_post(), {}, forget)
    assert isinstance(x.find(_post(), {}, since), Unclear)
    stage.move_clock(x.settling)
    assert isinstance(x.find(_post(), {}, since), Found)


def test_withdrawing_takes_a_post_down_and_repeating_is_harmless(x: XAccount, stage: Stage) -> None:
    since, remote_id = _now(), x.reveal(_post(), {}, forget).remote_id
    x.withdraw(remote_id, {})
    x.withdraw(remote_id, {})
    assert not _visible(stage)
    assert isinstance(x.find(_post(), {}, since), Unclear)


@pytest.mark.parametrize(
    ("body", "meaning"),
    [('{"data": {"deleted": false}}', Refused), ('{"data": {}}', Unreachable), ("null", Unreachable)],
)
def test_only_what_x_says_it_deleted_counts_as_taken_down(
    connect: Connect, door: Door, body: str, meaning: type[PlatformError]
) -> None:
    x = connect()
    door.lead_to(Response(body, 200))
    with pytest.raises(meaning):
        x.withdraw("1990000000000000000", {})


def test_another_accounts_post_cannot_be_withdrawn(x: XAccount, connect: Connect, stage: Stage) -> None:
    remote_id = connect("x-ar").reveal(_post(), {}, forget).remote_id
    with pytest.raises(Refused):
        x.withdraw(remote_id, {})
    assert len(_visible(stage)) == 1


@pytest.mark.parametrize("dialect", ["tweet.fields", "post.fields"])
def test_figures_come_back_in_both_dialects(x: XAccount, stage: Stage, tmp_path: Path, dialect: str) -> None:
    remote_id = _publish(x, _post("A film", _video(tmp_path)))
    stage.records.put("x.settings", "dialect", {"fields": dialect})
    stage.move_clock(timedelta(days=3))
    figures = {each.metric: each for each in x.measure([remote_id, "1"])[remote_id]}
    assert set(figures) == {
        "impressions", "reactions", "comments", "shares", "quotes", "saves", "clicks", "user_profile_clicks", "views",
    }  # fmt: skip
    assert figures["impressions"].value > 0
    name = "repost_count" if dialect == "post.fields" else "retweet_count"
    assert figures["shares"].source == f"GET /2/users/:id/tweets public_metrics.{name}"
    assert figures["views"].source == "GET /2/users/:id/tweets media.public_metrics.view_count"


def test_a_post_that_is_gone_has_no_figures(x: XAccount) -> None:
    kept, gone = _publish(x, _post("One")), _publish(x, _post("Two"))
    x.withdraw(gone, {})
    assert set(x.measure([kept, gone])) == {kept}


def test_figures_that_x_withholds_are_absent_and_take_nothing_else_along(x: XAccount, stage: Stage) -> None:
    remote_id = _publish(x, _post())
    stage.pace = 1e10  # for the audience months have passed
    metrics = {each.metric for each in x.measure([remote_id])[remote_id]}
    assert "impressions" in metrics
    assert "clicks" not in metrics


def test_figures_are_asked_for_a_hundred_posts_at_a_time(x: XAccount, stage: Stage) -> None:
    remote_id = _publish(x, _post())
    post = stage.records.get("x.posts", remote_id)
    assert post
    ids = [str(int(remote_id) + number) for number in range(120)]
    for each in ids:
        stage.records.put("x.posts", each, {**post, "id": each})
    assert set(x.measure(ids)) == set(ids)


def test_a_closed_window_says_when_it_opens(x: XAccount, stage: Stage) -> None:
    reset = _now().replace(microsecond=0) + timedelta(minutes=7)
    window = {"used": 100, "reset": reset.isoformat()}
    stage.records.put("x.windows", "x-en:create:x-rate-limit", window)
    with pytest.raises(TooSoon) as caught:
        x.reveal(_post(), {}, forget)
    assert reset <= caught.value.retry_at <= reset + timedelta(seconds=2)
    assert not _visible(stage)


def test_the_window_of_a_day_counts_before_that_of_a_quarter_hour(x: XAccount, stage: Stage) -> None:
    reset = _now().replace(microsecond=0) + timedelta(hours=9)
    stage.records.put("x.windows", "x-en:create:x-app-limit-24hour", {"used": 10_000, "reset": reset.isoformat()})
    with pytest.raises(TooSoon) as caught:
        x.reveal(_post(), {}, forget)
    assert caught.value.retry_at >= reset


def test_an_account_without_credits_needs_a_person(x: XAccount, stage: Stage) -> None:
    stage.records.put("x.accounts", "x-en", {"credits": 0})
    with pytest.raises(NotSignedIn, match="credits"):
        x.reveal(_post(), {}, forget)


def test_a_wrong_token_needs_a_person(connect: Connect) -> None:
    with pytest.raises(NotSignedIn, match="sign the account in again"):
        connect(access_token_secret="stage-wrong").verify()


def test_one_false_401_on_a_post_is_tried_again_later(x: XAccount, base: str, stage: Stage) -> None:
    right = x._client.access_token_secret
    x._client.access_token_secret = "wrong for a moment"
    x._client.create_post = _then(x._client.create_post, lambda: setattr(x._client, "access_token_secret", right))  # type: ignore[method-assign]
    with pytest.raises(Unreachable, match="nothing was done"):
        x.reveal(_post(), {}, forget)
    assert x.reveal(_post(), {}, forget).remote_id
    assert len(_visible(stage)) == 1


def _then(call: Callable[..., Any], afterwards: Callable[[], None]) -> Callable[..., Any]:
    def both(*arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        finally:
            afterwards()

    return both


def test_a_users_bearer_token_signs_in_as_well(base: str) -> None:
    x = XAccount(credentials={"bearer_token": "stage-x-fr"}, endpoints=Endpoints(x=base), shelf=NoShelf())
    assert x.verify() == "x_fr"
    assert x.reveal(_post(), {}, forget).remote_id
    x._client.session.close()


def test_an_apps_own_bearer_token_does_not(base: str) -> None:
    x = XAccount(credentials={"bearer_token": "stage"}, endpoints=Endpoints(x=base), shelf=NoShelf())
    with pytest.raises(NotSignedIn, match="unsupported-authentication"):
        x.reveal(_post(), {}, forget)
    x._client.session.close()


def test_missing_secrets_are_named_and_the_others_not_shown() -> None:
    secrets = {"api_key": "k-secret", "api_secret": "s-secret", "access_token": "t-secret"}
    with pytest.raises(NotSignedIn, match="lacks access_token_secret") as caught:
        XAccount(credentials=secrets, endpoints=Endpoints(), shelf=NoShelf())
    assert "-secret" not in str(caught.value).replace("access_token_secret", "")


@pytest.mark.parametrize("fault", FAULTS_BEFORE + FAULTS_AFTER)
def test_no_error_tells_a_secret(connect: Connect, stage: Stage, fault: Name) -> None:
    x = connect("tell-nobody")
    stage.faults.add(Fault(name=fault, path="/2/tweets"))
    with pytest.raises(OutcomeUnknown) as caught:
        x.reveal(_post(), {}, forget)
    error: BaseException | None = caught.value
    while error is not None:
        assert "stage-tell-nobody" not in f"{error!s} {error!r}"
        error = error.__cause__ or error.__context__


def test_the_session_stops_a_call_to_any_other_host(x: XAccount) -> None:
    with pytest.raises(StrayCall):
        x._client.session.get("https://api.twitter.com/2/users/me")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("صوت الحكمة", 10),
        ("ﷺ", 2),
        ("…", 2),
        ("see https://example.org/a/very/long/path/that/does/not/matter", 27),
        ("README.md", 23),
        ("\u200f", 2),
        ("👨‍👩‍👧", 2),
    ],
)
def test_length_is_counted_as_x_counts_it(text: str, length: int) -> None:
    assert weighted_length(text) == length


def test_a_text_that_280_do_not_hold_is_no_trouble() -> None:
    assert not XAccount.check(_post("ص" * 281))


def test_the_stage_takes_no_more_than_280(base: str) -> None:
    assert _call(base, "POST", "/2/tweets", json={"text": "ص" * 281}).status_code == 403


def _wrong(folder: Path) -> Mapping[str, Outgoing]:
    card, film = _picture(folder), _video(folder, 256)
    return {
        "words": _post(" "),
        "character": _post("word\ufeff"),
        "the whole link": _post("http://localhost/page", link="http://localhost/page"),
        "text post": _post("Words", card, form=Form.TEXT),
        "1 to 4 files, not 0": _post("Words", form=Form.PICTURE),
        "1 to 4 files, not 5": _post("Words", *[card] * 5),
        "not both": _post("Words", card, film),
        "takes 1 file, not 2": _post("Words", film, film),
        "a gif post on X takes 1 file, not 2": _post("Words", card, replace(card, mime_type="image/gif")),
        "alt text": _post("Words", replace(card, alt_text="a" * 1001)),
        "5,000,000": _post("Words", replace(card, size=5_000_001)),
        "image/tiff": _post("Words", replace(card, mime_type="image/tiff")),
        "140 seconds": _post("Words", replace(film, duration=timedelta(seconds=141))),
        "1080×1920; X takes up to 1,280": _post("Words", replace(film, width=1080, height=1920)),
        "h264": _post("Words", replace(film, codec="hevc")),
        "sound as mp3": _post("Words", replace(film, sound_codec="mp3")),
        "120 frames a second": _post("Words", replace(film, frame_rate=120.0)),
        "8-bit": _post("Words", replace(film, pixel_format="yuv420p10le")),
        "350 frames": _post("Words", _gif(card, seconds=36), form=Form.PICTURE),
        "1,080 pixels": _post("Words", replace(_gif(card), height=1081), form=Form.PICTURE),
        "300,000,000": _post("Words", replace(_gif(card, seconds=30), width=1280, height=1080), form=Form.PICTURE),
        "3:1": _post("Words", replace(film, width=1000, height=300)),
    }


def _gif(card: MediaFile, *, seconds: float = 1) -> MediaFile:
    return replace(card, mime_type="image/gif", duration=timedelta(seconds=seconds), frame_rate=10.0)


def test_what_x_would_refuse_is_said_before_in_one_sentence(tmp_path: Path) -> None:
    for advice, outgoing in _wrong(tmp_path).items():
        problems = [str(problem) for problem in XAccount.check(outgoing)]
        assert any(advice in problem for problem in problems), (advice, problems)


def test_a_standing_film_fits(tmp_path: Path) -> None:
    assert not XAccount.check(_post("Words", replace(_video(tmp_path, 256), width=720, height=1280)))


# The stage itself: what it must refuse for a rehearsal to mean anything.


def _call(base: str, method: str, path: str, **options: Any) -> requests.Response:
    headers = {"Authorization": "Bearer stage-x-en"}
    return requests.request(method, base + path, headers=headers, timeout=10, **options)


def test_the_stage_knows_no_other_paths(base: str) -> None:
    answer = _call(base, "GET", "/2/insights/28hr")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "alt_text": "b"},
        {"text": "a", "media": {"media_ids": [12345]}},
        {"text": "a", "media": {"media_ids": ["12345"]}},
        {"text": 5},
        {"text": "a", "made_with_ai": "true"},
        {},
        ["text"],
    ],
)
def test_the_stage_refuses_a_body_outside_the_contract(base: str, body: object) -> None:
    assert _call(base, "POST", "/2/tweets", json=body).status_code == 400


def test_the_stage_refuses_parameters_outside_the_contract(base: str) -> None:
    path = f"/2/users/{user_id('x-en')}/tweets"
    assert _call(base, "GET", path, params={"count": "5"}).status_code == 400
    assert _call(base, "GET", path, params={"max_results": "4"}).status_code == 400
    assert _call(base, "GET", path, params={"post.fields": "text"}).status_code == 400


def test_the_stage_cuts_a_large_piece_off_without_a_word(base: str) -> None:
    answer = _call(
        base, "POST", "/2/media/upload/1/append", files={"media": b"0" * 1_200_000}, data={"segment_index": "0"}
    )
    assert (answer.status_code, answer.content) == (413, b"")


def test_the_stage_lets_nobody_use_anothers_media(x: XAccount, base: str, tmp_path: Path) -> None:
    checkpoint = x.stage(_post("A card", _picture(tmp_path)), {}, _forget)
    media = {"media_ids": [checkpoint["media"][0]["media_id"]]}
    headers = {"Authorization": "Bearer stage-x-fr"}
    answer = requests.post(f"{base}/2/tweets", json={"text": "a", "media": media}, headers=headers, timeout=10)
    assert "Your media IDs are invalid." in answer.text


def test_ids_rise_with_time_and_stay_above_what_a_float_holds(x: XAccount) -> None:
    before = first_id(_now() - timedelta(seconds=1))
    remote_id = int(x.reveal(_post(), {}, forget).remote_id)
    assert remote_id > before > 2**53


# Answers that X has been seen to give, and what they mean for the one visible call.


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (503, "<html>Over capacity</html>", OutcomeUnknown),
        (302, "", OutcomeUnknown),
        (200, "", OutcomeUnknown),
        (201, "null", OutcomeUnknown),
        (201, '{"data": {"id": 12345, "text": "a"}}', OutcomeUnknown),
        (404, "", Refused),
        (400, "[]", Refused),
        (400, '{"errors": "text"}', Refused),
        (400, f'{{"errors": [{{"message": "{NOT_TAKEN}"}}]}}', MediaForgotten),
        (403, '{"detail": "Your client app is not configured with the appropriate oauth1 app permissions '
              'for this endpoint."}', NotSignedIn),
        (403, '{"detail": "Monthly spend cap reached"}', NotSignedIn),
        (403, '{"detail": "Your account is temporarily locked"}', NotSignedIn),
        (403, '{"detail": "You have been blocked from mentioning this author"}', Refused),
        (403, '{"detail": "You are not permitted to perform this action."}', Refused),
        (403, '{"errors": [{"code": 187, "message": "Status is a duplicate."}]}', OutcomeUnknown),
        (429, '{"errors": [{"code": 88, "message": "Rate limit exceeded"}]}', TooSoon),
    ],
)  # fmt: skip
def test_an_odd_answer_to_a_post_has_one_meaning(
    connect: Connect, door: Door, status: int, body: str, meaning: type[PlatformError]
) -> None:
    x = connect()
    door.lead_to(Response(body, status, {"location": "http://127.0.0.1/elsewhere"}))
    with pytest.raises(PlatformError) as caught:
        x.reveal(_post(), {}, forget)
    assert type(caught.value) is meaning


def test_a_closed_window_without_a_header_is_waited_for_a_quarter_of_an_hour(connect: Connect, door: Door) -> None:
    x = connect()
    door.lead_to(Response("{}", 429))
    with pytest.raises(TooSoon) as caught:
        x.reveal(_post(), {}, forget)
    assert timedelta(minutes=14) < caught.value.retry_at - _now() < timedelta(minutes=16)


def test_an_alternative_text_that_was_paid_for_is_not_still_to_be_paid(x: XAccount, tmp_path: Path) -> None:
    outgoing = _post("A card.", _picture(tmp_path))
    before, after = x.price(outgoing, {}), x.price(outgoing, x.stage(outgoing, {}, forget))
    assert (before - after, after) == (prices.METADATA, prices.POST)
