"""What stands beside a film on YouTube and in which days' quota; corrections; Analytics; charges."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from platforms.contract import Captions, Charge, Correction, Localization, MediaFile, Outgoing
from platforms.endpoints import Call, guarded_by
from platforms.errors import Covers, NotOffered, NotSignedIn, Refused, TooLong, TooSoon, Unreachable
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.youtube import behave, channel_id
from platforms.rehearsal.youtube_habits import ANALYSING, CAPTIONING
from platforms.youtube import quota
from platforms.youtube.shorts import is_short
from tests.factories import forget
from tests.platforms import youtube_stage
from tests.platforms.youtube_stage import FAULTS, VIDEOS, Notebook, World, film, staged

world, outgoing = youtube_stage.world, youtube_stage.outgoing
THUMBNAILS, CAPTIONS = "/upload/youtube/v3/thumbnails/set", "/upload/youtube/v3/captions"
A_FILM = 3 * quota.CAPTIONS + quota.THUMBNAIL
"""Units of what stands beside one film in three languages."""


@dataclass
class Ledger:
    """Keeps count as publishing does. `already` is what other accounts of the app spent before."""

    already: int = 0
    charged: Counter[str] = field(default_factory=Counter)
    days: set[date] = field(default_factory=set)
    uploaded: list[tuple[int, int]] = field(default_factory=list)

    def before(self, call: Call) -> None: ...

    def after(self, call: Call, closing: TooSoon | None, charges: Sequence[Charge]) -> None:
        for each in charges:
            assert each.whole_app
            self.charged[each.bucket] += each.amount
            self.days.add(each.on)

    def spent(self, bucket: str, on: date, *, whole_app: bool) -> int:
        assert whole_app
        return self.charged[bucket] + (self.already if bucket == quota.UNITS else 0)

    def sent(self, so_far: int, of: int) -> None:
        self.uploaded.append((so_far, of))

    def settled(self) -> None: ...


@contextmanager
def kept_by(ledger: Ledger) -> Iterator[Ledger]:
    with guarded_by(ledger):
        yield ledger


def captions(folder: Path, language: str, words: str = "Mercy") -> Captions:
    content = f"1\n00:00:00,000 --> 00:00:02,000\n{words}\n".encode()
    path = folder / f"{language}-{hashlib.sha256(content).hexdigest()[:6]}.srt"
    path.write_bytes(content)
    return Captions(language=language, path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def picture(folder: Path) -> MediaFile:
    content = b"\xff\xd8\xff a picture"
    path = folder / "thumbnail.jpg"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return MediaFile(path=path, mime_type="image/jpeg", sha256=digest, size=len(content), width=1280, height=720)


@pytest.fixture
def whole(outgoing: Outgoing, tmp_path: Path) -> Outgoing:
    """With a thumbnail and captions in three languages."""
    tracks = tuple(captions(tmp_path, language) for language in ("en", "ar", "fr"))
    return replace(outgoing, thumbnail=picture(tmp_path), captions=tracks)


def tracks(world: World) -> list[str]:
    return [each["snippet"]["language"] for each in world.stage.records.all("youtube.captions")]


def test_thumbnail_and_captions_in_three_languages_go_up_before_the_film_is_shown(
    world: World, whole: Outgoing
) -> None:
    with kept_by(Ledger()) as ledger:
        checkpoint = staged(world, whole)

    assert world.on_show() == []
    assert tracks(world) == ["ar", "en", "fr"]
    assert whole.thumbnail and world.videos()[0]["thumbnail"] == whole.thumbnail.sha256
    assert not world.channel().lacks(whole, checkpoint)
    assert ledger.charged[quota.UPLOADS] == 1
    assert A_FILM < ledger.charged[quota.UNITS] < A_FILM + 20
    assert ledger.days == {quota.pacific_day(datetime.now(UTC))}


def test_progress_of_the_upload_is_told_to_the_last_byte(world: World, outgoing: Outgoing, tmp_path: Path) -> None:
    outgoing = replace(outgoing, media=(film(tmp_path, 2_500_000),))
    with kept_by(Ledger()) as ledger:
        staged(world, outgoing)
    assert ledger.uploaded[0] == (1_048_576, 2_500_000)
    assert ledger.uploaded[-1] == (2_500_000, 2_500_000)
    assert sorted(ledger.uploaded) == ledger.uploaded


def test_captions_leave_enough_of_the_day_to_show_films_and_go_on_the_next(world: World, whole: Outgoing) -> None:
    channel, room = world.channel(), quota.UNITS_A_DAY - quota.KEPT_BACK
    with kept_by(Ledger(already=room - quota.THUMBNAIL - quota.CAPTIONS - 20)):
        checkpoint = channel.stage(whole, {}, Notebook())
        receipt = channel.reveal(whole, checkpoint, forget)
        assert tracks(world) == ["ar"]
        assert channel.lacks(whole, checkpoint)
        with pytest.raises(TooSoon) as later:
            channel.complete(whole, receipt.remote_id, checkpoint, forget)
    assert later.value.covers is Covers.CALL
    assert later.value.retry_at == quota.next_pacific_midnight(datetime.now(UTC))

    notebook = Notebook()
    with kept_by(Ledger(already=room - quota.CAPTIONS)), pytest.raises(TooSoon):
        channel.complete(whole, receipt.remote_id, checkpoint, notebook)
    assert tracks(world) == ["ar", "en"]
    with kept_by(Ledger()):
        done = channel.complete(whole, receipt.remote_id, notebook.last, forget)

    assert tracks(world) == ["ar", "en", "fr"]
    assert not channel.lacks(whole, done)
    assert world.asked("POST", CAPTIONS) == 3


def test_what_youtube_refuses_beside_a_film_does_not_hold_it_up_and_is_told_in_the_end(
    world: World, whole: Outgoing
) -> None:
    behave(world.stage, unverified=True, not_granted=(CAPTIONING,))
    channel = world.channel()
    checkpoint = channel.stage(whole, {}, Notebook())
    receipt = channel.reveal(whole, checkpoint, forget)
    assert len(world.on_show()) == 1
    with pytest.raises(Refused, match=r"phone number.*force-ssl"):
        channel.complete(whole, receipt.remote_id, checkpoint, forget)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("path", [THUMBNAILS, CAPTIONS])
def test_a_lost_answer_beside_a_film_makes_no_second_track_and_holds_nothing_up(
    world: World, whole: Outgoing, path: str, name: Name
) -> None:
    world.stage.faults.add(Fault(name=name, path=path, method="POST"))
    channel = world.channel()
    checkpoint = channel.stage(whole, {}, Notebook())
    receipt = channel.reveal(whole, checkpoint, forget)

    done = channel.complete(whole, receipt.remote_id, checkpoint, forget)

    assert sorted(tracks(world)) == ["ar", "en", "fr"]
    assert not channel.lacks(whole, done)


def test_changed_captions_take_the_place_of_the_old_track(world: World, whole: Outgoing, tmp_path: Path) -> None:
    channel, checkpoint = world.channel(), staged(world, whole)
    changed = captions(tmp_path, "en", "Mercy before all")
    corrected = replace(whole, captions=(changed, *whole.captions[1:]))
    assert channel.lacks(corrected, checkpoint)

    with kept_by(Ledger()) as ledger:
        done = channel.complete(corrected, checkpoint["video"], checkpoint, forget)

    assert not channel.lacks(corrected, done)
    assert ledger.charged[quota.UNITS] == quota.CAPTIONS_ANEW
    digests = {each["snippet"]["language"]: each["digest"] for each in world.stage.records.all("youtube.captions")}
    assert digests["en"] == changed.sha256 and len(digests) == 3


@pytest.mark.parametrize("staging", [True, False])
@pytest.mark.parametrize("name", FAULTS)
def test_changed_captions_take_the_place_of_those_whose_answer_was_lost(
    world: World, outgoing: Outgoing, tmp_path: Path, name: Name, staging: bool
) -> None:
    first, better = captions(tmp_path, "ar", "a wrong verse"), captions(tmp_path, "ar", "the right verse")
    channel, notebook = world.channel(), Notebook()
    wrong, right = replace(outgoing, captions=(first,)), replace(outgoing, captions=(better,))
    checkpoint = channel.stage(outgoing, {}, notebook)
    world.stage.faults.add(Fault(name=name, path=CAPTIONS))
    if staging:
        checkpoint = channel.stage(wrong, checkpoint, notebook)
    else:
        with pytest.raises(Unreachable):
            channel.complete(wrong, checkpoint["video"], checkpoint, notebook)
        checkpoint = notebook.last

    for each in (right, wrong, right):
        checkpoint = channel.complete(each, checkpoint["video"], checkpoint, notebook)
        assert not channel.lacks(each, checkpoint)
        assert [track["digest"] for track in world.stage.records.all("youtube.captions")] == [each.captions[0].sha256]


def test_captions_that_the_team_has_put_up_itself_stay(world: World, outgoing: Outgoing, tmp_path: Path) -> None:
    own, ours = captions(tmp_path, "ar", "by hand"), captions(tmp_path, "ar", "by us")
    channel, checkpoint = world.channel(), staged(world, outgoing)
    channel.complete(replace(outgoing, captions=(own,)), checkpoint["video"], checkpoint, forget)
    channel.complete(replace(outgoing, captions=(ours,)), checkpoint["video"], checkpoint, forget)
    assert [each["digest"] for each in world.stage.records.all("youtube.captions")] == [own.sha256]


def test_captions_that_were_altered_after_approval_are_not_sent(world: World, whole: Outgoing) -> None:
    channel, checkpoint = world.channel(), staged(world, replace(whole, captions=()))
    whole.captions[0].path.write_text("other words")
    with pytest.raises(Refused, match="approved"):
        channel.complete(whole, checkpoint["video"], checkpoint, forget)
    assert tracks(world) == ["ar", "fr"]


def test_a_short_gets_its_thumbnail_because_it_is_processed_by_then(world: World, whole: Outgoing) -> None:
    behave(world.stage, shorts=True)
    staged(world, whole)
    assert world.videos()[0]["thumbnail"]


def test_upright_and_square_films_of_three_minutes_are_shorts(tmp_path: Path) -> None:
    upright = replace(film(tmp_path), width=720, height=1280, duration=timedelta(minutes=3))
    assert is_short(upright) and is_short(replace(upright, width=1280))
    assert not is_short(replace(upright, width=1281))
    assert not is_short(replace(upright, duration=timedelta(minutes=3, seconds=1)))
    assert not is_short(replace(upright, duration=None))


def test_declarations_are_sent_as_the_team_made_them(world: World, outgoing: Outgoing) -> None:
    spoken = (replace(outgoing.media[0], sound_codec="aac"),)
    staged(world, replace(outgoing, synthetic=True, for_children=True, media=spoken))
    (video,) = world.videos()
    assert video["status"]["containsSyntheticMedia"] and video["status"]["selfDeclaredMadeForKids"]
    assert video["snippet"]["defaultAudioLanguage"] == "ar"


def test_other_declarations_are_another_film(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    with pytest.raises(Unreachable, match="prepared anew"):
        world.channel().reveal(replace(outgoing, synthetic=True), checkpoint, forget)


def test_a_reveal_by_another_channels_sign_in_is_stopped(world: World, outgoing: Outgoing) -> None:
    checkpoint = staged(world, outgoing)
    with pytest.raises(NotSignedIn, match="another channel"):
        world.channel(channel_id=channel_id("somebody")).reveal(outgoing, checkpoint, forget)
    with pytest.raises((NotSignedIn, Refused)):
        world.channel(refresh_token="stage-somebody").reveal(outgoing, checkpoint, forget)
    assert world.on_show() == []


# Corrections.


@pytest.fixture
def corrected(outgoing: Outgoing) -> Outgoing:
    note = Correction(on=date(2026, 11, 25), note="كان رقم الآية خطأ.")
    return replace(outgoing, text="نص مصحح.", hashtags=("#جديد",), corrections=(note,))


def test_a_correction_changes_the_words_and_nothing_else_and_says_so(
    world: World, outgoing: Outgoing, corrected: Outgoing
) -> None:
    channel, checkpoint = world.channel(), staged(world, outgoing)
    video = channel.reveal(outgoing, checkpoint, forget).remote_id
    before = world.videos()[0]
    world.stage.records.put(
        "youtube.videos", video, {**before, "localizations": {**before["localizations"], "ur": {"title": "رحمت"}}}
    )

    with kept_by(Ledger()) as ledger:
        receipt = channel.correct(corrected, video, checkpoint)

    after = world.videos()[0]
    assert receipt.remote_id == video
    assert after["snippet"]["description"] == "نص مصحح.\n\nتصحيح (25 نوفمبر 2026): كان رقم الآية خطأ."
    assert after["snippet"]["tags"] == ["جديد", before["snippet"]["tags"][-1]]
    assert after["snippet"]["categoryId"] == before["snippet"]["categoryId"]
    assert set(after["localizations"]) == {"en", "fr", "ur"}
    assert after["status"] == before["status"] and len(world.on_show()) == 1
    assert ledger.charged[quota.UNITS] == 50 + 3


def test_a_correction_in_a_further_language_is_told_to_its_readers(world: World, outgoing: Outgoing) -> None:
    channel, checkpoint = world.channel(), staged(world, outgoing)
    video = channel.reveal(outgoing, checkpoint, forget).remote_id
    note = Correction(on=date(2026, 11, 25), note="Le numéro était faux.")
    french = Localization(title="La miséricorde d’abord", text="Texte corrigé.", corrections=(note,))
    channel.correct(replace(outgoing, localizations={**outgoing.localizations, "fr": french}), video, checkpoint)
    after = world.videos()[0]
    told = "Texte corrigé.\n\nRectificatif (25 novembre 2026) : Le numéro était faux."
    assert after["localizations"]["fr"]["description"] == told
    assert after["localizations"]["en"]["description"] == outgoing.localizations["en"].text
    assert after["snippet"]["description"] == outgoing.text


@pytest.mark.parametrize("before", [(False, False), (True, True)])
def test_a_correction_brings_what_is_declared_and_keeps_the_rest_of_the_status(
    world: World, outgoing: Outgoing, before: tuple[bool, bool]
) -> None:
    synthetic, for_children = before
    first = replace(outgoing, synthetic=synthetic, for_children=for_children)
    channel, checkpoint = world.channel(), staged(world, first)
    video = channel.reveal(first, checkpoint, forget).remote_id
    kept = {**world.videos()[0]["status"], "embeddable": False, "privacyStatus": "unlisted"}
    world.stage.records.put("youtube.videos", video, {**world.videos()[0], "status": kept})
    note = Correction(on=date(2026, 11, 25), note="من صنع آلة.")
    told = replace(outgoing, synthetic=not synthetic, for_children=not for_children, corrections=(note,))

    channel.correct(told, video, checkpoint)

    declared = {"containsSyntheticMedia": not synthetic, "selfDeclaredMadeForKids": not for_children}
    assert world.videos()[0]["status"] == {**kept, **declared}


def test_a_correction_that_stands_already_writes_nothing(world: World, outgoing: Outgoing, corrected: Outgoing) -> None:
    channel, checkpoint = world.channel(), staged(world, outgoing)
    video = channel.reveal(outgoing, checkpoint, forget).remote_id
    for _ in range(2):
        channel.correct(corrected, video, checkpoint)
    assert world.asked("PUT", VIDEOS) - len(world.puts()) == 2  # one reveal, one correction


def test_another_film_is_no_correction_and_the_words_stay_as_they_are(
    world: World, outgoing: Outgoing, corrected: Outgoing, tmp_path: Path
) -> None:
    channel, checkpoint = world.channel(), staged(world, outgoing)
    video = channel.reveal(outgoing, checkpoint, forget).remote_id
    with pytest.raises(NotOffered, match="the film was changed as well"):
        channel.correct(replace(corrected, media=(film(tmp_path, name="better.mp4"),)), video, checkpoint)
    assert world.videos()[0]["snippet"]["description"] == outgoing.text


@pytest.mark.parametrize("name", FAULTS)
def test_a_lost_answer_of_a_correction_is_repeated_without_harm(
    world: World, outgoing: Outgoing, corrected: Outgoing, name: Name
) -> None:
    channel, checkpoint = world.channel(), staged(world, outgoing)
    video = channel.reveal(outgoing, checkpoint, forget).remote_id
    world.stage.faults.add(Fault(name=name, path=VIDEOS, method="PUT"))
    with suppress(Unreachable):  # an empty answer is as good as any: the words are read back
        channel.correct(corrected, video, checkpoint)
    channel.correct(corrected, video, checkpoint)
    assert "مصحح" in world.videos()[0]["snippet"]["description"]


def test_a_correction_must_fit_with_its_notes_and_needs_its_film(world: World, corrected: Outgoing) -> None:
    channel = world.channel()
    with pytest.raises(TooLong):
        channel.correct(replace(corrected, text="ع" * 2490), "neverThere1", {})
    with pytest.raises(Refused, match="nothing to correct"):
        channel.correct(corrected, "neverThere1", {})


# Figures.


def test_analytics_adds_how_long_it_was_watched_with_the_days_of_which_it_is_made(
    world: World, outgoing: Outgoing
) -> None:
    channel = world.channel()
    video = channel.reveal(outgoing, staged(world, outgoing), forget).remote_id
    shown = {**world.videos()[0], "published_at": (datetime.now(UTC) - timedelta(days=10)).isoformat()}
    world.stage.records.put("youtube.videos", video, shown)

    figures = {each.metric: each for each in channel.measure([video])[video]}

    assert {"views", "reactions", "comments", "watch_time", "shares", "engaged_views"} <= set(figures)
    assert figures["watch_time"].unit == "seconds" and figures["watch_time"].value > figures["views"].value
    assert figures["engaged_views"].value < figures["views"].value
    assert "2026-08-27" in figures["views"].source
    out_on = quota.pacific_day(datetime.now(UTC) - timedelta(days=10))
    assert f"sum of the days {out_on} to " in figures["shares"].source
    assert figures["average_view_duration"].value == 31


def test_what_analytics_has_not_counted_or_may_not_tell_is_absent(world: World, outgoing: Outgoing) -> None:
    channel = world.channel()
    video = channel.reveal(outgoing, staged(world, outgoing), forget).remote_id
    public = {"views", "reactions", "comments"}
    assert {each.metric for each in channel.measure([video])[video]} == public
    behave(world.stage, not_granted=(ANALYSING,))
    assert {each.metric for each in channel.measure([video])[video]} == public
    world.stage.faults.add(Fault(name="truncated-after", path="/v2/reports", method="GET"))
    behave(world.stage, not_granted=())
    assert {each.metric for each in channel.measure([video])[video]} == public


def test_reading_counts_costs_nothing_of_the_shared_pool(world: World, outgoing: Outgoing) -> None:
    video = staged(world, outgoing)["video"]
    with kept_by(Ledger()) as ledger:
        world.channel().measure([video])
    assert ledger.charged == {quota.STATS: 1}


def test_a_call_that_is_refused_costs_as_much_and_one_beyond_the_quota_nothing(world: World, whole: Outgoing) -> None:
    checkpoint = staged(world, replace(whole, captions=()))
    with kept_by(Ledger()) as ledger:
        behave(world.stage, not_granted=(CAPTIONING,), uploads_a_day=0)
        with pytest.raises(Refused):
            world.channel().complete(whole, checkpoint["video"], checkpoint, forget)
        with pytest.raises(TooSoon):
            staged(world, replace(whole, key="another"))
    assert ledger.charged[quota.UNITS] == 3 * quota.CAPTIONS + 1
    assert quota.UPLOADS not in ledger.charged


def test_rejected_films_are_told_with_their_reason(world: World, outgoing: Outgoing) -> None:
    behave(world.stage, rejection="duplicate")
    with pytest.raises(Refused, match="duplicate"):
        world.channel().stage(outgoing, {}, Notebook())
