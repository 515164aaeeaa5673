"""Facebook, from the adapter through facebook-sdk to the stage and back."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.responses import JSONResponse

from platforms.contract import Absent, Checkpoint, Correction, Form, Found, Network, Outgoing, Platform, Unclear
from platforms.errors import (
    MediaNotAccepted,
    NotOffered,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    TooLong,
    TooSoon,
    Unreachable,
)
from platforms.facebook.limits import is_reel
from platforms.facebook.publish import FacebookPage
from platforms.rehearsal import credentials, endpoints
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.graph import cut, refuse
from platforms.rehearsal.stage import Stage
from platforms.shelf import NoShelf
from tests.door import Door
from tests.factories import forget
from tests.platforms.meta_stage import (
    APPLIED,
    NOT_APPLIED,
    WORDS,
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

Make = Callable[[Path], Outgoing]
MAKERS: dict[str, Make] = {
    "text": lambda folder: post(),
    "picture": lambda folder: post(picture(folder)),
    "pictures": lambda folder: post(picture(folder, shade=1), picture(folder, shade=2, kind="PNG")),
    "reel": lambda folder: post(film(folder)),
    "video": lambda folder: post(film(folder, size=(1920, 1080), kilobytes=2500), title="فيلم"),
}
FINAL_CALL = {"text": "/feed", "picture": "/feed", "pictures": "/feed", "reel": "/video_reels", "video": "/videos"}


@pytest.fixture
def stage(tmp_path: Path, door: Door) -> Stage:
    return new_stage(tmp_path, behind=door)


@pytest.fixture
def connect(stage: Stage, door: Door) -> Callable[..., FacebookPage]:
    """Another object for the same Page, as after a restart; its waiting moves the stage's clock."""

    def _connect(account: str = "fb-ar", **changed: str) -> FacebookPage:
        return FacebookPage(
            credentials={**credentials(Network.FACEBOOK, account), **changed},
            endpoints=endpoints(door.base),
            shelf=NoShelf(),
            sleep=lambda seconds: stage.move_clock(timedelta(seconds=seconds)),
        )

    return _connect


@pytest.fixture
def page(connect: Callable[..., FacebookPage]) -> FacebookPage:
    return connect()


@pytest.fixture(params=MAKERS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def outgoing(form: str, tmp_path: Path) -> Outgoing:
    return MAKERS[form](tmp_path)


def test_a_page_is_a_platform(page: FacebookPage) -> None:
    platform: Platform = page
    assert platform.verify() == "Page fb-ar"
    assert platform.forms == {Form.TEXT, Form.PICTURE, Form.VIDEO}


def test_every_form_is_staged_unseen_then_shown_once_as_it_was(
    outgoing: Outgoing, page: FacebookPage, stage: Stage
) -> None:
    assert page.check(outgoing) == []
    checkpoint = page.stage(outgoing, {}, keep)
    assert shown(stage) == []

    receipt = page.reveal(outgoing, checkpoint, forget)

    [seen] = shown(stage)
    assert seen["text"] == WORDS
    assert seen["title"] == outgoing.title
    assert seen["media"] == [each.sha256 for each in outgoing.media]
    assert seen["remote_id"] == receipt.remote_id
    assert receipt.url and receipt.url.startswith("https://www.facebook.com/")


def test_every_form_is_found_by_a_later_process_under_the_same_id(
    outgoing: Outgoing, connect: Callable[..., FacebookPage], stage: Stage
) -> None:
    checkpoint = connect().stage(outgoing, {}, keep)
    receipt = connect().reveal(outgoing, checkpoint, forget)
    stage.move_clock(FacebookPage.settling)

    finding = connect().find(outgoing, checkpoint, a_minute_ago(stage))

    assert isinstance(finding, Found)
    assert finding.receipt.remote_id == receipt.remote_id


@pytest.mark.parametrize("fault", [*APPLIED, *NOT_APPLIED])
def test_a_lost_answer_to_the_reveal_is_unknown_and_find_then_tells(
    fault: Name, form: str, outgoing: Outgoing, page: FacebookPage, stage: Stage
) -> None:
    checkpoint = page.stage(outgoing, {}, keep)
    stage.faults.add(Fault(name=fault, path=FINAL_CALL[form]))

    with pytest.raises(OutcomeUnknown) as caught:
        page.reveal(outgoing, checkpoint, forget)
    stage.move_clock(FacebookPage.settling)
    finding = page.find(outgoing, checkpoint, a_minute_ago(stage))

    assert "stage-fb-ar" not in str(caught.value)
    assert len(shown(stage)) == (fault in APPLIED)
    if fault in APPLIED:
        assert isinstance(finding, Found)
        assert finding.receipt.remote_id == shown(stage)[0]["remote_id"]
    else:
        assert isinstance(finding, Unclear if form == "text" else Absent)


@pytest.mark.parametrize("fault", [*APPLIED, *NOT_APPLIED])
@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("pictures", "/photos"),
        ("reel", "/video_reels"),
        ("reel", "/video-upload/"),
        ("video", "/videos"),
    ],
)
def test_a_fault_while_staging_is_repeatable_and_ends_in_one_post(
    fault: Name, form: str, path: str, connect: Callable[..., FacebookPage], stage: Stage, tmp_path: Path
) -> None:
    outgoing, stored = MAKERS[form](tmp_path), dict[str, object]()
    stage.faults.add(Fault(name=fault, path=path))

    with pytest.raises(Unreachable):
        connect().stage(outgoing, {}, stored.update)
    page = connect()
    checkpoint = page.stage(outgoing, stored, stored.update)
    page.reveal(outgoing, checkpoint, forget)

    [seen] = shown(stage)
    assert seen["media"] == [each.sha256 for each in outgoing.media]


def test_pictures_are_not_sent_again_after_a_kill(
    connect: Callable[..., FacebookPage], stage: Stage, tmp_path: Path
) -> None:
    outgoing, save = MAKERS["pictures"](tmp_path), DiesAfter(1)
    with pytest.raises(Killed):
        connect().stage(outgoing, {}, save)

    checkpoint = connect().stage(outgoing, save.stored, keep)

    assert len(stage.records.all("graph.photos")) == 2
    assert [each["sha256"] for each in checkpoint["photos"]] == [each.sha256 for each in outgoing.media]
    assert [each["alt_text"] for each in stage.records.all("graph.photos")] == ["لوحة 1", "لوحة 2"]


@pytest.mark.parametrize("death", [1, 2, 3])
def test_a_chunked_video_goes_on_where_it_was_killed(
    death: int, connect: Callable[..., FacebookPage], stage: Stage, tmp_path: Path
) -> None:
    outgoing, save = MAKERS["video"](tmp_path), DiesAfter(death)
    with pytest.raises(Killed):
        connect().stage(outgoing, {}, save)

    page = connect()
    page.reveal(outgoing, page.stage(outgoing, save.stored, keep), forget)

    assert [each["media"] for each in shown(stage)] == [[outgoing.media[0].sha256]]
    assert len(stage.records.all("graph.videos")) == 1


def test_a_chunk_that_arrived_although_its_answer_was_lost_is_not_sent_again(
    connect: Callable[..., FacebookPage], door: Door, stage: Stage, tmp_path: Path
) -> None:
    outgoing, save = MAKERS["video"](tmp_path), DiesAfter(1)
    with pytest.raises(Killed):
        connect().stage(outgoing, {}, save)
    stage.faults.add(Fault(name="drop-after", path="/videos"))
    with pytest.raises(Unreachable):
        connect().stage(outgoing, save.stored, keep)

    page = connect()
    page.reveal(outgoing, page.stage(outgoing, save.stored, keep), forget)

    assert [each["media"] for each in shown(stage)] == [[outgoing.media[0].sha256]]


def test_a_reel_goes_on_at_the_byte_where_the_connection_died(
    connect: Callable[..., FacebookPage],
    door: Door,
    stage: Stage,
    tmp_path: Path,
    wait_for: Callable[..., None],
) -> None:
    outgoing, save = MAKERS["reel"](tmp_path), DiesAfter(1)
    with pytest.raises(Killed):
        connect().stage(outgoing, {}, save)
    video = outgoing.media[0]
    _send_half(door.base, f"/rupload{save.stored['upload_path']}", video.path)
    wait_for(lambda: stage.records.all("graph.videos")[0]["received"] > 0, "the half upload")
    half = stage.records.all("graph.videos")[0]["received"]

    page = connect()
    page.reveal(outgoing, page.stage(outgoing, save.stored, keep), forget)

    assert 0 < half < video.size
    assert [each["media"] for each in shown(stage)] == [[video.sha256]]
    assert hashlib.sha256((stage.files / video.sha256).read_bytes()).hexdigest() == video.sha256


def test_two_posts_with_the_same_words_are_left_to_a_person(page: FacebookPage, stage: Stage) -> None:
    outgoing = post()
    page.reveal(outgoing, {}, forget)
    page.reveal(post(text="another text in between"), {}, forget)
    page.reveal(outgoing, {}, forget)
    stage.move_clock(FacebookPage.settling)

    finding = page.find(outgoing, {}, a_minute_ago(stage))

    assert isinstance(finding, Unclear)
    assert "2 posts" in finding.why


def test_the_same_words_from_before_do_not_count(page: FacebookPage, stage: Stage) -> None:
    page.reveal(post(), {}, forget)
    stage.move_clock(timedelta(hours=3))
    assert isinstance(page.find(post(), {}, a_minute_ago(stage)), Unclear)


def test_a_post_is_found_behind_pages_of_others(page: FacebookPage, stage: Stage) -> None:
    page.reveal(post(text="  needle\r\n in  the  hay "), {}, forget)
    for number in range(30):
        page.reveal(post(text=f"hay {number}"), {}, forget)
    stage.move_clock(FacebookPage.settling)
    assert isinstance(page.find(post(text="needle in the hay"), {}, a_minute_ago(stage)), Found)


def test_pictures_are_found_though_our_clock_is_hours_ahead(page: FacebookPage, stage: Stage, tmp_path: Path) -> None:
    outgoing = MAKERS["pictures"](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    receipt = page.reveal(outgoing, checkpoint, forget)
    for number in range(30):
        page.reveal(post(text=f"later {number}"), {}, forget)
    stage.move_clock(FacebookPage.settling)
    finding = page.find(outgoing, checkpoint, stage.now() + timedelta(hours=5))
    assert isinstance(finding, Found) and finding.receipt.remote_id == receipt.remote_id


def test_a_list_that_was_cut_short_proves_no_absence(page: FacebookPage, stage: Stage, tmp_path: Path) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    page.reveal(post(text="something else"), {}, forget)
    stage.move_clock(FacebookPage.settling)
    assert page.find(outgoing, checkpoint, a_minute_ago(stage)) == Absent()
    cut(stage, "fb-ar")
    assert isinstance(page.find(outgoing, checkpoint, a_minute_ago(stage)), Unclear)


def test_a_lagging_feed_proves_nothing_about_a_text(page: FacebookPage, stage: Stage) -> None:
    page.reveal(post(), {}, forget)
    assert isinstance(page.find(post(), {}, a_minute_ago(stage)), Unclear)


def test_a_video_that_is_still_processed_is_not_called_absent(page: FacebookPage, stage: Stage, tmp_path: Path) -> None:
    outgoing = MAKERS["reel"](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    page.reveal(outgoing, checkpoint, forget)
    assert isinstance(page.find(outgoing, checkpoint, a_minute_ago(stage)), Unclear)


@pytest.mark.parametrize("form", ["reel", "video"])
def test_a_film_that_is_uploaded_and_that_nobody_has_shown_is_gone_on_with(
    form: str, page: FacebookPage, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS[form](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    assert page.stage(outgoing, checkpoint, keep) == checkpoint
    assert page.find(outgoing, checkpoint, a_minute_ago(stage)) == Absent()
    refuse(stage, FINAL_CALL[form], code=100)
    with pytest.raises(Refused):  # not a question whether it is out
        page.reveal(outgoing, checkpoint, forget)


@pytest.mark.parametrize(
    ("publishing", "meaning"),
    [
        ({"status": "not_started"}, Absent),
        ({"status": "in_progress"}, Unclear),
        ({"status": "complete", "publish_status": "draft"}, Unclear),
        ({"status": "complete", "publish_status": "published"}, Found),
        ({"status": "error"}, Absent),
    ],
)
def test_whether_a_film_is_out_is_told_by_its_publishing_alone(
    publishing: dict[str, str], meaning: type, page: FacebookPage, door: Door, tmp_path: Path
) -> None:
    phases = {"uploading_phase": {"status": "complete"}, "processing_phase": {"status": "not_started"}}
    status = {"video_status": "processing", **phases, "publishing_phase": publishing}
    door.lead_to(JSONResponse({"id": "22", "status": status}))
    checkpoint = {"route": "reel", "video_id": "22", "uploaded": True}
    assert isinstance(page.find(MAKERS["reel"](tmp_path), checkpoint, datetime.now(UTC)), meaning)


def test_a_second_reveal_never_makes_a_second_post(
    form: str, outgoing: Outgoing, page: FacebookPage, stage: Stage
) -> None:
    checkpoint = page.stage(outgoing, {}, keep)
    page.reveal(outgoing, checkpoint, forget)
    with pytest.raises(OutcomeUnknown):
        page.reveal(outgoing, checkpoint, forget)
    assert len(shown(stage)) == 1


def test_a_service_error_that_went_live_is_unknown_and_not_repeated(page: FacebookPage, stage: Stage) -> None:
    refuse(stage, "/feed", code=2, status=500, after=True)
    with pytest.raises(OutcomeUnknown):
        page.reveal(post(), {}, forget)
    assert len(shown(stage)) == 1


def test_a_closed_window_names_the_minutes_until_it_opens(page: FacebookPage, stage: Stage) -> None:
    refuse(stage, "/feed", code=80001, regain=17)
    with pytest.raises(TooSoon) as caught:
        page.reveal(post(), {}, forget)
    assert timedelta(minutes=16) < caught.value.retry_at - stage.now() <= timedelta(minutes=17)
    assert shown(stage) == []


@pytest.mark.parametrize(("code", "subcode"), [(190, 463), (190, 0), (102, 0), (200, 0), (190, 492)])
def test_a_dead_token_or_a_missing_right_asks_for_a_person(
    code: int, subcode: int, page: FacebookPage, stage: Stage
) -> None:
    refuse(stage, "/feed", code=code, subcode=subcode, status=401)
    with pytest.raises(NotSignedIn):
        page.reveal(post(), {}, forget)


def test_a_block_for_spam_waits_for_hours_and_abuse_is_refused(page: FacebookPage, stage: Stage) -> None:
    refuse(stage, "/feed", code=368, subcode=1390008)
    with pytest.raises(TooSoon) as caught:
        page.reveal(post(), {}, forget)
    assert caught.value.retry_at > stage.now() + timedelta(hours=1)
    refuse(stage, "/feed", code=368, subcode=1346003)
    with pytest.raises(Refused):
        page.reveal(post(), {}, forget)


def test_reads_bear_with_an_object_that_is_missing_for_a_moment(
    page: FacebookPage, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["reel"](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    refuse(stage, checkpoint["video_id"], code=100, subcode=33, method="GET", times=2)
    assert isinstance(page.find(outgoing, checkpoint, a_minute_ago(stage)), Absent)


def test_figures_come_by_live_names_and_a_fresh_post_has_no_insights(
    form: str, outgoing: Outgoing, page: FacebookPage, stage: Stage
) -> None:
    receipt = page.reveal(outgoing, page.stage(outgoing, {}, keep), forget)
    stage.move_clock(timedelta(minutes=1))
    fresh = {each.metric for each in page.measure([receipt.remote_id]).get(receipt.remote_id, ())}
    stage.move_clock(timedelta(days=3))
    [(remote_id, measured)] = page.measure([receipt.remote_id, "123", "page-fb-ar_1"]).items()
    figures = {each.metric: each.value for each in measured}

    assert remote_id == receipt.remote_id
    assert "views" not in fresh and "reach" not in fresh
    assert "impressions" not in figures
    assert figures["views"] > 0 and figures["reactions"] > 0 and figures["comments"] > 0
    assert len(figures) == len(measured)
    if form in {"reel", "video"}:
        assert figures["watch_time"] > 0 and "reach" not in figures
    else:
        assert figures["reach"] > 0 and figures["clicks"] > 0


def test_one_dead_metric_name_leaves_the_others_alive(page: FacebookPage, stage: Stage) -> None:
    receipt = page.reveal(post(), {}, forget)
    stage.move_clock(timedelta(days=2))
    refuse(stage, "/insights", code=100, method="GET", times=2)  # all three, then the first alone
    figures = {each.metric for each in page.measure([receipt.remote_id])[receipt.remote_id]}
    assert {"reach", "clicks", "reactions"} <= figures
    assert "views" not in figures


def test_one_field_that_is_not_permitted_leaves_the_others(page: FacebookPage, stage: Stage) -> None:
    receipt = page.reveal(post(), {}, forget)
    stage.move_clock(timedelta(days=2))
    refuse(stage, receipt.remote_id, code=10, method="GET", times=2)
    figures = {each.metric for each in page.measure([receipt.remote_id])[receipt.remote_id]}
    assert {"comments", "shares", "views"} <= figures
    assert "reactions" not in figures


def test_without_the_right_to_insights_the_other_figures_still_come(page: FacebookPage, stage: Stage) -> None:
    receipt = page.reveal(post(), {}, forget)
    stage.move_clock(timedelta(days=2))
    refuse(stage, "/insights", code=10, status=403, method="GET")
    figures = {each.metric for each in page.measure([receipt.remote_id])[receipt.remote_id]}
    assert figures == {"reactions", "comments", "shares"}


def test_a_post_whose_figures_fail_does_not_hide_the_others(page: FacebookPage, stage: Stage) -> None:
    ids = [page.reveal(post(text=text), {}, forget).remote_id for text in ("one", "two", "three")]
    refuse(stage, ids[0], code=2, status=500, method="GET")
    assert set(page.measure(ids)) == set(ids[1:])
    refuse(stage, ids[1], code=4, method="GET")
    assert set(page.measure(ids)) == {ids[0]}
    refuse(stage, ids[0], code=4, method="GET")
    with pytest.raises(TooSoon):
        page.measure(ids)


def test_a_video_that_went_out_is_never_staged_again(page: FacebookPage, stage: Stage, tmp_path: Path) -> None:
    outgoing = MAKERS["reel"](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    page.reveal(outgoing, checkpoint, forget)
    with pytest.raises(OutcomeUnknown):
        page.stage(outgoing, checkpoint, keep)


def test_withdrawing_hides_the_post_and_may_be_repeated(outgoing: Outgoing, page: FacebookPage, stage: Stage) -> None:
    receipt = page.reveal(outgoing, page.stage(outgoing, {}, keep), forget)
    page.withdraw(receipt.remote_id, {})
    page.withdraw(receipt.remote_id, {})
    assert shown(stage) == []


LEADS = {
    "ar": "تصحيح (3 نوفمبر 2026): ",
    "en": "Correction (3 November 2026): ",
    "fr": "Rectificatif (3 novembre 2026) : ",
}


@pytest.mark.parametrize("language", LEADS)
def test_a_correction_is_made_in_place_and_said_below(
    language: str, outgoing: Outgoing, page: FacebookPage, stage: Stage, door: Door
) -> None:
    checkpoint = page.stage(outgoing, {}, keep)
    receipt = page.reveal(outgoing, checkpoint, forget)
    stage.move_clock(stage.processing)
    noted = Correction(on=date(2026, 11, 3), note="16:125")
    corrected = replace(outgoing, text="better words", language=language, corrections=(noted,))

    again = page.correct(corrected, receipt.remote_id, checkpoint)
    assert [each["text"] for each in shown(stage)] == [f"better words\n\n{LEADS[language]}16:125"]
    assert again.remote_id == receipt.remote_id and again.url

    door.calls.clear()
    page.correct(corrected, receipt.remote_id, checkpoint)
    assert [call for call in door.calls if call.startswith("POST")] == []


@pytest.mark.parametrize("fault", [*APPLIED, *NOT_APPLIED])
def test_a_correction_whose_answer_was_lost_is_repeated(fault: Name, page: FacebookPage, stage: Stage) -> None:
    receipt = page.reveal(post(), {}, forget)
    stage.faults.add(Fault(name=fault, path=receipt.remote_id))
    with pytest.raises(Unreachable):
        page.correct(post(text="better words"), receipt.remote_id, {})
    page.correct(post(text="better words"), receipt.remote_id, {})
    assert [each["text"] for each in shown(stage)] == ["better words"]


def test_only_words_can_be_corrected_and_only_of_what_is_there(
    page: FacebookPage, stage: Stage, tmp_path: Path
) -> None:
    outgoing = MAKERS["picture"](tmp_path)
    checkpoint = page.stage(outgoing, {}, keep)
    receipt = page.reveal(outgoing, checkpoint, forget)
    with pytest.raises(NotOffered, match="words alone"):
        page.correct(post(picture(tmp_path, shade=7)), receipt.remote_id, checkpoint)
    words = page.reveal(post(text="words alone"), staged := page.stage(post(), {}, keep), forget)
    with pytest.raises(NotOffered, match="words alone"):  # nor can a picture come to words that went out without
        page.correct(post(picture(tmp_path, shade=7)), words.remote_id, staged)
    page.withdraw(receipt.remote_id, checkpoint)
    with pytest.raises(Refused):
        page.correct(outgoing, receipt.remote_id, checkpoint)


def test_another_link_is_no_correction_for_its_preview_would_lead_to_the_old_one(
    page: FacebookPage, stage: Stage
) -> None:
    old, new = "https://example.org/wrong", "https://example.org/right"
    first = post(text=f"words {old}", link=old)
    receipt = page.reveal(first, checkpoint := page.stage(first, {}, keep), forget)
    for link in (new, None):
        with pytest.raises(NotOffered, match="preview"):
            page.correct(post(text="better words", link=link), receipt.remote_id, checkpoint)
    page.correct(post(text="better words", link=old), receipt.remote_id, {"photos": []})  # as it was kept before
    page.correct(post(text="the best words", link=old), receipt.remote_id, checkpoint)
    bare = page.reveal(post(), checkpoint := page.stage(post(), {}, keep), forget)
    page.correct(post(text=f"words {new}", link=new), bare.remote_id, checkpoint)
    assert [each["text"] for each in shown(stage)] == ["the best words", f"words {new}"]


def test_what_a_machine_made_is_declared_where_facebook_takes_it(
    page: FacebookPage, stage: Stage, tmp_path: Path
) -> None:
    for form in ("reel", "video"):
        made = replace(MAKERS[form](tmp_path), synthetic=True)
        page.reveal(made, page.stage(made, {}, keep), forget)
    assert [each["declared"] for each in stage.records.all("graph.videos")] == [True, True]


def test_what_can_be_seen_but_not_deleted_is_not_called_withdrawn(page: FacebookPage, stage: Stage) -> None:
    receipt = page.reveal(post(), {}, forget)
    refuse(stage, receipt.remote_id, code=100, subcode=33, method="DELETE")
    with pytest.raises(NotSignedIn):
        page.withdraw(receipt.remote_id, {})


def test_a_file_that_changed_after_approval_is_not_sent(page: FacebookPage, stage: Stage, tmp_path: Path) -> None:
    for form in ("picture", "reel"):
        outgoing = MAKERS[form](tmp_path)
        outgoing.media[0].path.write_bytes(b"something else")
        with pytest.raises(MediaNotAccepted, match="approved"):
            page.stage(outgoing, {}, keep)
    assert stage.records.all("graph.photos") == stage.records.all("graph.videos") == []


def test_another_pages_token_cannot_speak_for_this_page(connect: Callable[..., FacebookPage]) -> None:
    with pytest.raises(NotSignedIn, match="Page fb-en"):
        connect(access_token="stage-fb-en").verify()
    with pytest.raises(Refused):
        connect(access_token="stage-fb-en").reveal(post(), {}, forget)
    with pytest.raises(NotSignedIn, match="page_id"):
        connect(page_id="")


def test_the_links_preview_comes_from_the_link_and_pictures_leave_it_out(
    page: FacebookPage, stage: Stage, tmp_path: Path
) -> None:
    page.reveal(post(link="https://example.org/wisdom"), {}, forget)
    outgoing = post(picture(tmp_path), link="https://example.org/wisdom")
    page.reveal(outgoing, page.stage(outgoing, {}, keep), forget)
    assert [each["link"] for each in stage.records.all("graph.posts")] == ["https://example.org/wisdom", ""]


def test_check_says_what_facebook_would_refuse(tmp_path: Path) -> None:
    def kinds(outgoing: Outgoing) -> list[type[Exception]]:
        return [type(each) for each in FacebookPage.check(outgoing)]

    webp, reel = picture(tmp_path, kind="WEBP"), film(tmp_path, kilobytes=1)
    assert kinds(post(text="x" * 63_207)) == [TooLong]
    assert kinds(post(text=" ")) == [Refused]
    assert kinds(post(link="https://www.facebook.com/somebody")) == [Refused]
    assert kinds(post(webp)) == [MediaNotAccepted]
    assert kinds(post(*[picture(tmp_path)] * 11)) == [MediaNotAccepted]
    assert kinds(post(reel, reel)) == [MediaNotAccepted]
    assert kinds(replace(post(reel), form=Form.STORY)) == [NotOffered]
    assert kinds(post(replace(reel, duration=timedelta(hours=5)))) == [MediaNotAccepted]


def test_a_short_upright_film_is_a_reel_and_others_are_not(tmp_path: Path) -> None:
    reel = film(tmp_path, kilobytes=1)
    assert is_reel(reel)
    assert not is_reel(replace(reel, duration=timedelta(seconds=91)))
    assert not is_reel(replace(reel, width=1920, height=1080))
    assert not is_reel(replace(reel, width=360, height=640))
    assert not is_reel(replace(reel, frame_rate=20.0))


def test_the_token_is_in_no_url(page: FacebookPage, stage: Stage, door: Door, tmp_path: Path) -> None:
    for make in MAKERS.values():
        outgoing = make(tmp_path)
        checkpoint: Checkpoint = page.stage(outgoing, {}, keep)
        receipt = page.reveal(outgoing, checkpoint, forget)
        page.find(outgoing, checkpoint, a_minute_ago(stage))
        page.measure([receipt.remote_id])
        page.withdraw(receipt.remote_id, {})
    assert door.calls
    assert not [call for call in door.calls if "stage-fb-ar" in call or "access_token" in call]


def _send_half(base: str, path: str, file: Path) -> None:
    """Announce a whole file and die in the middle of it."""
    content, address = file.read_bytes(), urlsplit(base)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: OAuth stage-fb-ar\r\n"
        f"offset: 0\r\nfile_size: {len(content)}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(head.encode() + content[: len(content) // 2])
        connection.shutdown(socket.SHUT_WR)
