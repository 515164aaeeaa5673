"""Instagram, from the adapter through facebook-sdk to the stage and back."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from platforms.contract import Absent, Form, Found, MediaFile, Network, Outgoing, Platform, Unclear
from platforms.endpoints import guarded_by
from platforms.errors import (
    Covers,
    MediaNotAccepted,
    NotOffered,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    TooLong,
    TooSoon,
    Unreachable,
)
from platforms.graph import Created, Page
from platforms.instagram.publish import InstagramAccount
from platforms.rehearsal import credentials, endpoints
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.graph import refuse
from platforms.rehearsal.stage import Stage
from platforms.shelf import FolderShelf, LoopbackShelf, NoShelf, Shelf
from platforms.shelf.checking import CheckedShelf
from tests.door import Door
from tests.factories import forget
from tests.platforms.meta_stage import (
    APPLIED,
    NOT_APPLIED,
    WORDS,
    AccountBook,
    DiesAfter,
    Killed,
    a_minute_ago,
    film,
    keep,
    new_stage,
    picture,
    post,
    shown,
)

Connect = Callable[..., InstagramAccount]
MAKERS: dict[str, Callable[[Path], Outgoing]] = {
    "picture": lambda folder: post(picture(folder)),
    "album": lambda folder: post(*(picture(folder, shade=shade) for shade in (1, 2, 3))),
    "reel": lambda folder: post(film(folder)),
    "story": lambda folder: replace(post(picture(folder, shade=9, size=(540, 960))), form=Form.STORY),
    "moving story": lambda folder: replace(post(film(folder)), form=Form.STORY),
}


@pytest.fixture
def stage(tmp_path: Path, door: Door) -> Stage:
    return new_stage(tmp_path, behind=door)


@pytest.fixture(scope="module")
def shelf_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackShelf]:
    shelf = LoopbackShelf(tmp_path_factory.mktemp("shelf"))
    yield shelf
    shelf.close()


@pytest.fixture
def shelf(shelf_of_all: LoopbackShelf) -> LoopbackShelf:
    """The shelf, empty."""
    for file in shelf_of_all.folder.iterdir():
        file.unlink()
    return shelf_of_all


@pytest.fixture
def connect(stage: Stage, door: Door, shelf: LoopbackShelf) -> Connect:
    """Another object for the same account, as after a restart; its waiting moves the stage's clock."""

    def _connect(account: str = "ig-fr", shelf: Shelf = shelf, **changed: str) -> InstagramAccount:
        return InstagramAccount(
            credentials={**credentials(Network.INSTAGRAM, account), **changed},
            endpoints=endpoints(door.base),
            shelf=shelf,
            sleep=lambda seconds: stage.move_clock(timedelta(seconds=seconds)),
        )

    return _connect


@pytest.fixture
def account(connect: Connect) -> InstagramAccount:
    return connect()


@pytest.fixture(params=MAKERS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def outgoing(form: str, tmp_path: Path) -> Outgoing:
    return MAKERS[form](tmp_path)


def test_an_account_is_a_platform(account: InstagramAccount) -> None:
    platform: Platform = account
    assert platform.verify() == "ig-fr"
    assert platform.forms == {Form.PICTURE, Form.VIDEO, Form.STORY}


def test_every_form_is_staged_unseen_then_shown_once_as_it_was(
    outgoing: Outgoing, account: InstagramAccount, stage: Stage, shelf: LoopbackShelf
) -> None:
    assert account.check(outgoing) == []
    checkpoint = account.stage(outgoing, {}, keep)
    assert shown(stage) == []
    assert list(shelf.folder.iterdir()) == []

    receipt = account.reveal(outgoing, checkpoint, forget)

    [seen] = shown(stage)
    words = "" if outgoing.form is Form.STORY else WORDS
    assert (seen["text"], seen["remote_id"]) == (words, receipt.remote_id)
    assert seen["media"] == [each.sha256 for each in outgoing.media]
    assert receipt.url and receipt.url.startswith("https://www.instagram.com/")
    assert receipt.published_at is not None


def test_every_form_is_found_by_a_later_process_under_the_same_id(
    outgoing: Outgoing, connect: Connect, stage: Stage
) -> None:
    checkpoint = connect().stage(outgoing, {}, keep)
    receipt = connect().reveal(outgoing, checkpoint, forget)
    stage.move_clock(InstagramAccount.settling)

    assert connect().find(outgoing, checkpoint, a_minute_ago(stage)) == Found(receipt=receipt)


@pytest.mark.parametrize("fault", [*APPLIED, *NOT_APPLIED])
def test_a_lost_answer_to_the_reveal_is_unknown_and_find_then_tells(
    fault: Name, outgoing: Outgoing, account: InstagramAccount, stage: Stage
) -> None:
    checkpoint = account.stage(outgoing, {}, keep)
    stage.faults.add(Fault(name=fault, path="/media_publish"))

    with pytest.raises(OutcomeUnknown) as caught:
        account.reveal(outgoing, checkpoint, forget)
    stage.move_clock(InstagramAccount.settling)
    finding = account.find(outgoing, checkpoint, a_minute_ago(stage))

    assert "stage-ig-fr" not in str(caught.value)
    if fault in APPLIED:
        [seen] = shown(stage)
        assert isinstance(finding, Found)
        assert finding.receipt.remote_id == seen["remote_id"]
    else:
        assert shown(stage) == [] and finding == Absent()
        account.reveal(outgoing, account.stage(outgoing, checkpoint, keep), forget)
        assert len(shown(stage)) == 1


@pytest.mark.parametrize("fault", [*APPLIED, *NOT_APPLIED])
@pytest.mark.parametrize(
    ("form", "path"),
    [("picture", "/media"), ("album", "/media"), ("reel", "/media"), ("reel", "/ig-api-upload/")],
)
def test_a_fault_while_staging_is_repeatable_and_ends_in_one_post(
    fault: Name, form: str, path: str, connect: Connect, stage: Stage, shelf: LoopbackShelf, tmp_path: Path
) -> None:
    outgoing, stored = MAKERS[form](tmp_path), dict[str, object]()
    stage.faults.add(Fault(name=fault, path=path))

    with pytest.raises(Unreachable):
        connect().stage(outgoing, {}, stored.update)
    account = connect()
    account.reveal(outgoing, account.stage(outgoing, stored, stored.update), forget)

    assert [each["media"] for each in shown(stage)] == [[each.sha256 for each in outgoing.media]]
    assert list(shelf.folder.iterdir()) == []


@pytest.mark.parametrize("death", [1, 2, 3, 4])
def test_staging_goes_on_where_it_was_killed(
    death: int, outgoing: Outgoing, connect: Connect, stage: Stage, shelf: LoopbackShelf
) -> None:
    save = DiesAfter(death)
    try:
        checkpoint = connect().stage(outgoing, {}, save)
    except Killed:
        checkpoint = connect().stage(outgoing, save.stored, keep)

    connect().reveal(outgoing, checkpoint, forget)

    assert [each["media"] for each in shown(stage)] == [[each.sha256 for each in outgoing.media]]
    assert list(shelf.folder.iterdir()) == []
    assert len(stage.records.all("graph.containers")) <= len(outgoing.media) + 2


def test_a_reel_goes_on_at_the_byte_where_the_connection_died(
    connect: Connect, door: Door, stage: Stage, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    outgoing, save = MAKERS["reel"](tmp_path), DiesAfter(1)
    with pytest.raises(Killed):
        connect().stage(outgoing, {}, save)
    _send_half(door.base, f"/rupload{save.stored['upload_path']}", outgoing.media[0].path)
    wait_for(lambda: stage.records.all("graph.containers")[0]["received"] > 0, "the half upload")

    account = connect()
    account.reveal(outgoing, account.stage(outgoing, save.stored, keep), forget)

    assert [each["media"] for each in shown(stage)] == [[outgoing.media[0].sha256]]
    assert len(stage.records.all("graph.containers")) == 1


def test_a_reel_whose_progress_is_not_told_starts_anew(connect: Connect, stage: Stage, tmp_path: Path) -> None:
    outgoing, save = MAKERS["reel"](tmp_path), DiesAfter(1)
    with pytest.raises(Killed):
        connect().stage(outgoing, {}, save)
    account = connect()
    refuse(stage, save.stored["container"], code=100, method="GET", query="video_status")
    account.reveal(outgoing, account.stage(outgoing, save.stored, keep), forget)
    assert [each["media"] for each in shown(stage)] == [[outgoing.media[0].sha256]]
    assert len(stage.records.all("graph.containers")) == 2


def test_other_words_get_another_container(account: InstagramAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = account.stage(outgoing, {}, keep)
    corrected = replace(outgoing, text="corrected words")
    account.reveal(corrected, account.stage(corrected, checkpoint, keep), forget)
    assert [each["text"] for each in shown(stage)] == ["corrected words"]


def test_an_expired_container_is_replaced_and_proves_absence(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = account.stage(outgoing, {}, keep)
    stage.move_clock(timedelta(hours=25))

    assert account.find(outgoing, checkpoint, a_minute_ago(stage)) == Absent()
    with pytest.raises(Unreachable):
        account.reveal(outgoing, checkpoint, forget)
    account.reveal(outgoing, account.stage(outgoing, checkpoint, keep), forget)
    assert len(shown(stage)) == 1


def test_a_published_container_is_never_staged_or_revealed_again(
    outgoing: Outgoing, account: InstagramAccount, stage: Stage
) -> None:
    checkpoint = account.stage(outgoing, {}, keep)
    account.reveal(outgoing, checkpoint, forget)
    with pytest.raises(OutcomeUnknown):
        account.reveal(outgoing, checkpoint, forget)
    with pytest.raises(OutcomeUnknown):
        account.stage(outgoing, checkpoint, keep)
    assert len(shown(stage)) == 1


def test_a_published_container_whose_post_cannot_be_told_is_left_to_a_person(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = account.stage(outgoing, {}, keep)
    account.reveal(outgoing, checkpoint, forget)
    too_early = account.find(outgoing, checkpoint, a_minute_ago(stage))
    account.reveal(outgoing, account.stage(outgoing, {}, keep), forget)
    stage.move_clock(InstagramAccount.settling)
    two_alike = account.find(outgoing, checkpoint, a_minute_ago(stage))

    assert isinstance(too_early, Unclear) and "do not send it again" in too_early.why
    assert isinstance(two_alike, Unclear) and "2 posts" in two_alike.why


def test_a_picture_an_album_and_a_reel_with_the_same_caption_are_told_apart(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    checkpoints, receipts = {}, {}
    for form, make in MAKERS.items():
        checkpoints[form] = account.stage(make(tmp_path), {}, keep)
        receipts[form] = account.reveal(make(tmp_path), checkpoints[form], forget)
    stage.move_clock(InstagramAccount.settling)
    for form, make in MAKERS.items():
        found = account.find(make(tmp_path), checkpoints[form], a_minute_ago(stage))
        assert found == Found(receipt=receipts[form])


def test_publishing_before_it_is_finished_waits(account: InstagramAccount, stage: Stage, tmp_path: Path) -> None:
    outgoing, save = MAKERS["picture"](tmp_path), DiesAfter(2)
    with pytest.raises(Killed):
        account.stage(outgoing, {}, save)
    with pytest.raises(TooSoon):
        account.reveal(outgoing, save.stored, forget)
    assert shown(stage) == []


def test_endless_processing_ends_the_wait_and_staging_goes_on_later(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    stage.processing = timedelta(minutes=8)
    outgoing, stored = MAKERS["picture"](tmp_path), dict[str, object]()
    with pytest.raises(Unreachable, match="still processing"):
        account.stage(outgoing, {}, stored.update)
    account.reveal(outgoing, account.stage(outgoing, stored, keep), forget)
    assert len(stage.records.all("graph.containers")) == 1


def test_a_full_quota_is_seen_before_anything_is_prepared(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    now = stage.now().isoformat()
    for number in range(50):
        stage.records.put("graph.media", str(number), {"account": "ig-fr", "created": now})
    with pytest.raises(TooSoon, match="50 posts"):
        account.stage(MAKERS["picture"](tmp_path), {}, keep)
    assert stage.records.all("graph.containers") == []


def test_a_file_that_is_no_film_is_named_as_such(account: InstagramAccount, tmp_path: Path, stage: Stage) -> None:
    fake = replace(picture(tmp_path), mime_type="video/mp4", duration=timedelta(seconds=9))
    stored = dict[str, object]()
    with pytest.raises(MediaNotAccepted, match="2207026"):
        account.stage(post(fake), {}, stored.update)


def test_a_picture_that_meta_cannot_fetch_is_tried_again_later(connect: Connect, tmp_path: Path) -> None:
    nowhere = FolderShelf(tmp_path / "shelf", "http://127.0.0.1:9/shelf")
    outgoing = MAKERS["picture"](tmp_path)
    with pytest.raises(Unreachable, match="could not fetch"):
        connect(shelf=nowhere).stage(outgoing, {}, keep)
    with pytest.raises(Refused, match="SAWT_MEDIA_BASE_URL"):
        connect(shelf=NoShelf()).stage(outgoing, {}, keep)


def test_meta_is_told_of_no_picture_that_it_could_not_fetch(
    connect: Connect, stage: Stage, shelf: LoopbackShelf, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    elsewhere = FolderShelf(tmp_path / "not-shown", shelf.base_url)
    with pytest.raises(Refused, match="does it show this folder"):
        connect(shelf=CheckedShelf(elsewhere, shelf.base_url, for_loopback=True)).stage(outgoing, {}, keep)
    assert stage.records.all("graph.containers") == []
    connect(shelf=CheckedShelf(shelf, shelf.base_url, for_loopback=True)).stage(outgoing, {}, keep)
    assert len(stage.records.all("graph.containers")) == 1
    assert list(shelf.folder.iterdir()) == []


def test_what_was_shown_for_other_words_does_not_stay_on_the_shelf_either(
    connect: Connect, stage: Stage, tmp_path: Path, shelf: LoopbackShelf
) -> None:
    save = DiesAfter(2)
    with pytest.raises(Killed):
        connect().stage(MAKERS["picture"](tmp_path), {}, save)
    assert len(list(shelf.folder.iterdir())) == 1
    connect().stage(post(picture(tmp_path), text="better words"), save.stored, keep)
    assert list(shelf.folder.iterdir()) == []


def test_a_shelf_that_keeps_robots_out_cannot_be_fetched_from(
    account: InstagramAccount, tmp_path: Path, shelf: LoopbackShelf, stage: Stage
) -> None:
    (shelf.folder / "robots.txt").write_text("User-agent: *\nDisallow: /\n")
    with pytest.raises(Unreachable, match="2207052"):
        account.stage(MAKERS["picture"](tmp_path), {}, keep)
    (shelf.folder / "robots.txt").write_text(
        "User-agent: facebookexternalhit\nAllow: /\n\nUser-agent: *\nDisallow: /\n"
    )
    account.stage(MAKERS["picture"](tmp_path), {}, keep)


@pytest.mark.parametrize(
    ("made", "code"),
    [({"kind": "PNG"}, "2207005"), ({"size": (400, 900)}, "2207009"), ({"size": (300, 300)}, "2207009")],
)
def test_what_is_fetched_is_looked_at(
    made: dict[str, Any], code: str, account: InstagramAccount, tmp_path: Path
) -> None:
    with pytest.raises(MediaNotAccepted, match=code):
        account.stage(post(picture(tmp_path, **made)), {}, keep)


def test_a_refused_picture_does_not_stay_on_the_shelf(
    account: InstagramAccount, tmp_path: Path, shelf: LoopbackShelf
) -> None:
    with pytest.raises(MediaNotAccepted):
        account.stage(post(picture(tmp_path, size=(400, 900))), {}, keep)
    assert list(shelf.folder.iterdir()) == []


def test_a_fresh_container_that_is_missing_for_a_moment_is_borne(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = account.stage(outgoing, {}, keep)
    refuse(stage, checkpoint["container"], code=100, subcode=33, method="GET", times=2)
    assert account.find(outgoing, checkpoint, a_minute_ago(stage)) == Absent()


def test_an_address_that_does_not_come_does_not_undo_the_post(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = account.stage(outgoing, {}, keep)
    stage.faults.add(Fault(name="error-before", path="/v26.0/", method="GET", times=3))
    receipt = account.reveal(outgoing, checkpoint, forget)
    assert receipt.url is None
    assert receipt.remote_id == shown(stage)[0]["remote_id"]


@pytest.mark.parametrize("form", ["picture", "album", "reel"])
def test_figures_are_asked_by_product_and_a_fresh_post_has_no_insights(
    form: str, outgoing: Outgoing, account: InstagramAccount, stage: Stage
) -> None:
    receipt = account.reveal(outgoing, account.stage(outgoing, {}, keep), forget)
    fresh = {each.metric for each in account.measure([receipt.remote_id]).get(receipt.remote_id, ())}
    stage.move_clock(timedelta(days=3))
    [(remote_id, measured)] = account.measure([receipt.remote_id, "123"]).items()
    figures = {each.metric: each.value for each in measured}

    assert remote_id == receipt.remote_id
    assert fresh == {"reactions", "comments", "saves", "shares", "reposts_count"}
    assert {"views", "reach", "reactions", "comments", "saves", "shares"} <= figures.keys()
    assert {"total_views", "total_likes", "total_comments", "facebook_views"} <= figures.keys()
    assert ("watch_time" in figures) == ("reels_skip_rate" in figures) == (form == "reel")
    assert ("profile_visits" in figures) == (form != "reel")
    assert len(figures) == len(measured)


def test_a_metric_that_an_account_is_refused_leaves_the_others(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    receipt = account.reveal(outgoing, account.stage(outgoing, {}, keep), forget)
    stage.move_clock(timedelta(days=3))
    refuse(stage, "/insights", code=100, method="GET", times=4)  # nine names, four, two, the first alone
    figures = {each.metric for each in account.measure([receipt.remote_id])[receipt.remote_id]}
    assert "views" not in figures
    assert {"reach", "reactions", "comments", "saves", "total_views"} <= figures


def test_an_account_without_the_newer_figures_gives_the_older_ones(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    receipt = account.reveal(outgoing, account.stage(outgoing, {}, keep), forget)
    stage.move_clock(timedelta(days=3))
    refuse(stage, receipt.remote_id, code=100, method="GET")
    refuse(stage, "/insights", query="total_views", code=10, method="GET", status=403)
    figures = {each.metric for each in account.measure([receipt.remote_id])[receipt.remote_id]}
    assert {"views", "reactions"} <= figures
    assert not {"reposts_count", "total_views"} & figures


def test_a_post_that_may_not_be_measured_does_not_hide_the_others(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    first, second = (account.reveal(outgoing, account.stage(outgoing, {}, keep), forget).remote_id for _ in range(2))
    refuse(stage, first, code=10, method="GET", status=403, times=4)
    assert list(account.measure([first, second])) == [second]
    with pytest.raises(NotSignedIn):
        account.measure([first])


def test_what_was_out_before_the_account_was_professional_has_no_insights(
    account: InstagramAccount, stage: Stage, door: Door, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    receipt = account.reveal(outgoing, account.stage(outgoing, {}, keep), forget)
    stage.move_clock(timedelta(days=3))
    refuse(stage, "/insights", code=100, subcode=2108006, method="GET", times=2)
    door.calls.clear()
    figures = {each.metric for each in account.measure([receipt.remote_id])[receipt.remote_id]}
    assert figures == {"reactions", "comments", "saves", "shares", "reposts_count"}
    assert len(door.calls) == 3


def test_a_storys_figures_come_while_it_stands_and_not_under_five_viewers(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["story"](tmp_path)
    remote_id = account.reveal(outgoing, account.stage(outgoing, {}, keep), forget).remote_id

    def metrics() -> set[str]:
        return {each.metric for each in account.measure([remote_id]).get(remote_id, ())}

    fresh = metrics()
    stage.move_clock(timedelta(hours=23))
    standing = metrics()
    stage.move_clock(timedelta(hours=2))
    assert {"views", "reach", "replies", "navigation"} <= standing
    assert not {"views", "reach"} & fresh and not {"views", "reach"} & metrics()


def test_a_story_stands_in_no_list_of_posts_and_two_at_once_are_left_to_a_person(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    picture_post, story = MAKERS["picture"](tmp_path), MAKERS["story"](tmp_path)
    checkpoint = account.stage(story, {}, keep)
    account.reveal(story, checkpoint, forget)
    stage.move_clock(InstagramAccount.settling)
    assert account._graph.read("ig-ig-fr/media", Page[Created]).data == []
    assert isinstance(account.find(story, checkpoint, a_minute_ago(stage)), Found)

    other = account.stage(picture_post, {}, keep)
    account.reveal(picture_post, other, forget)
    account.reveal(story, account.stage(story, {}, keep), forget)
    stage.move_clock(InstagramAccount.settling)
    assert isinstance(account.find(story, checkpoint, a_minute_ago(stage)), Unclear)
    assert isinstance(account.find(picture_post, other, a_minute_ago(stage)), Found)


def test_another_story_long_after_the_attempt_is_not_taken_for_ours(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    story = MAKERS["story"](tmp_path)
    checkpoint = account.stage(story, {}, keep)
    account.reveal(story, checkpoint, forget)
    stage.move_clock(timedelta(minutes=20))
    assert isinstance(account.find(story, checkpoint, stage.now() - timedelta(minutes=30)), Unclear)


def test_an_upright_thumbnail_is_a_reels_cover_and_a_wide_one_is_not(
    account: InstagramAccount, stage: Stage, shelf: LoopbackShelf, tmp_path: Path
) -> None:
    for size in ((540, 960), (960, 540)):
        reel = replace(MAKERS["reel"](tmp_path), thumbnail=picture(tmp_path, size=size), synthetic=True)
        account.stage(reel, {}, keep)
    made = stage.records.all("graph.containers")
    assert [(each["cover"], each["declared"]) for each in made] == [(True, True), (False, True)]
    assert list(shelf.folder.iterdir()) == []


def test_containers_are_counted_and_no_more_are_asked_for_than_instagram_makes(
    account: InstagramAccount, stage: Stage, tmp_path: Path
) -> None:
    book = AccountBook()
    with guarded_by(book):
        account.stage(MAKERS["album"](tmp_path), {}, keep)
        assert sum(book.charged.values()) == 4
        book.charged["instagram containers"] = 400
        with pytest.raises(TooSoon, match="400 containers") as caught:
            account.stage(MAKERS["picture"](tmp_path), {}, keep)
    assert caught.value.covers is Covers.UPLOADS
    assert len(stage.records.all("graph.containers")) == 4


def test_instagram_lets_nobody_withdraw(account: InstagramAccount) -> None:
    with pytest.raises(NotOffered, match="in the app"):
        account.withdraw("1", {})


def test_alt_texts_arrive(account: InstagramAccount, stage: Stage, tmp_path: Path) -> None:
    account.stage(MAKERS["album"](tmp_path), {}, keep)
    children = [each for each in stage.records.all("graph.containers") if each["child"]]
    assert [each["alt_text"] for each in children] == ["لوحة 1", "لوحة 2", "لوحة 3"]


def test_check_says_what_instagram_would_refuse(tmp_path: Path) -> None:
    def kinds(outgoing: Outgoing) -> list[type[Exception]]:
        return [type(each) for each in InstagramAccount.check(outgoing)]

    jpeg, reel = picture(tmp_path), film(tmp_path, kilobytes=1)
    six = "#أ #ب #ت #d #e #f"
    assert kinds(post()) == [NotOffered]
    assert kinds(post(jpeg, text="x" * 2_201)) == [TooLong]
    assert kinds(post(jpeg, text=six)) == [Refused]
    assert kinds(post(jpeg, text="@a " * 21)) == [Refused]
    assert kinds(post(picture(tmp_path, kind="PNG"))) == [MediaNotAccepted]
    assert kinds(post(picture(tmp_path, size=(400, 600)))) == [MediaNotAccepted]
    assert kinds(post(replace(jpeg, alt_text="x" * 1_001))) == [TooLong]
    assert kinds(post(*[jpeg] * 11)) == [MediaNotAccepted]
    assert kinds(post(replace(reel, duration=timedelta(seconds=2)))) == [MediaNotAccepted]
    assert kinds(post(replace(reel, size=300_000_001))) == [MediaNotAccepted]
    assert kinds(post(replace(reel, codec="prores"))) == [MediaNotAccepted]
    assert kinds(post(replace(reel, frame_rate=20.0))) == [MediaNotAccepted]
    assert kinds(post(replace(reel, index_first=False))) == [MediaNotAccepted]
    assert kinds(post(jpeg, text=six, most_hashtags=6)) == []
    assert kinds(post(jpeg, text="#one", most_hashtags=0)) == [Refused]


def test_check_says_what_a_story_may_be(tmp_path: Path) -> None:
    def kinds(*media: MediaFile) -> list[type[Exception]]:
        return [type(each) for each in InstagramAccount.check(replace(post(*media, text="#a " * 9), form=Form.STORY))]

    upright, moving = picture(tmp_path, size=(540, 960)), film(tmp_path, kilobytes=1)
    assert kinds(upright) == kinds(moving) == []
    assert kinds(upright, upright) == [MediaNotAccepted]
    assert kinds(picture(tmp_path)) == [MediaNotAccepted]
    assert kinds(replace(moving, duration=timedelta(seconds=61))) == [MediaNotAccepted]
    assert kinds(replace(moving, size=100_000_001)) == [MediaNotAccepted]


def test_missing_credentials_are_named(connect: Connect) -> None:
    with pytest.raises(NotSignedIn, match="ig_user_id"):
        connect(ig_user_id="")
    with pytest.raises(NotSignedIn, match="ig-ig-fr"):
        connect(access_token="stage-ig-en").verify()


def test_the_token_is_in_no_url(account: InstagramAccount, stage: Stage, door: Door, tmp_path: Path) -> None:
    for make in MAKERS.values():
        outgoing = make(tmp_path)
        checkpoint = account.stage(outgoing, {}, keep)
        account.measure([account.reveal(outgoing, checkpoint, forget).remote_id])
        account.find(outgoing, checkpoint, a_minute_ago(stage))
    assert not [call for call in door.calls if "stage-ig-fr" in call or "access_token" in call]


def _send_half(base: str, path: str, file: Path) -> None:
    """Announce a whole file and die in the middle of it."""
    content, address = file.read_bytes(), urlsplit(base)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: OAuth stage-ig-fr\r\n"
        f"offset: 0\r\nfile_size: {len(content)}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(head.encode() + content[: len(content) // 2])
        connection.shutdown(socket.SHUT_WR)
