"""Films: what the networks take, the same frames every time, and words in sound order."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from campaigns.languages import Language
from campaigns.studio import film as making
from campaigns.studio import lettering, music, planes
from campaigns.studio.film import Film, FilmError, RenderedVideo, render_film
from campaigns.studio.probing import Sound, atoms, probe
from campaigns.studio.reel import Reel
from campaigns.studio.storyboard import SIZES, timeline
from platforms.contract import Shape

CHECKS = Film(
    language=Language.AR,
    title="قبل أن تشارك",
    slides=("من قال؟ ومتى؟", "تابعوا @voice_of", "هل ينفع؟"),
    kicker="الوعي",
    handle="صوت الحكمة",
    rehearsal=True,
)
SMALL, DRAFT = (180, 320), (134, 240)


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, Shape.STORY, SMALL)
        yield


@pytest.fixture(scope="module")
def made(small: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[RenderedVideo, list[float]]:
    shares: list[float] = []
    out = tmp_path_factory.mktemp("film") / "film.mp4"
    return render_film(CHECKS, shape=Shape.STORY, out=out, pace="draft", progress=shares.append), shares


def test_a_film_is_what_every_network_takes(made: tuple[RenderedVideo, list[float]]) -> None:
    video, _ = made
    found = probe(video.path)
    assert (found.width, found.height) == DRAFT == (video.width, video.height)
    assert (found.codec, found.frame_rate, found.mime_type) == ("h264", 25.0, "video/mp4")
    assert found.sound == Sound(codec="aac", sample_rate=48_000, channels="stereo")
    assert found.duration == video.duration
    assert timedelta(seconds=9) <= video.duration <= timedelta(seconds=25)
    assert (found.size, found.sha256) == (video.size, video.sha256)
    assert found.index_first
    assert [atom.kind for atom in atoms(video.path)][:2] == ["ftyp", "moov"]


def test_a_film_says_its_profile_and_its_colours_and_no_date(made: tuple[RenderedVideo, list[float]]) -> None:
    import imageio_ffmpeg

    told = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(made[0].path)],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert "h264 (High)" in told
    assert "yuv420p(tv, bt709" in told
    assert "aac (LC)" in told
    assert "creation_time" not in told


def test_progress_runs_to_the_end_and_nothing_is_left_behind(made: tuple[RenderedVideo, list[float]]) -> None:
    video, shares = made
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sorted(path.name for path in video.path.parent.iterdir()) == ["film.mp4", "film.srt", "film.vtt"]


def test_captions_say_every_slide_in_its_time(made: tuple[RenderedVideo, list[float]]) -> None:
    import pysubs2

    video, _ = made
    lines = list(pysubs2.load(str(video.captions.srt)))
    assert [line.plaintext for line in lines] == [CHECKS.title, *CHECKS.slides, CHECKS.handle]
    assert [(line.start, line.end) for line in lines] == [
        (round(scene.start * 1000), round(scene.end * 1000)) for scene in timeline(CHECKS)
    ]
    assert video.captions.vtt.read_text("utf-8").startswith("WEBVTT")


def test_frames_are_the_same_every_time(small: None) -> None:
    def digest() -> str:
        reel, total = Reel(CHECKS, Shape.STORY), sha256()
        for number in (0, 1, 70, 72, 100, reel.frames - 1):
            total.update(reel.frame(number))
        return total.hexdigest()

    assert digest() == digest()


def test_words_stand_still_while_the_pattern_drifts(small: None) -> None:
    reel = Reel(CHECKS, Shape.STORY)
    one, other = reel.picture(0.4).astype(int), reel.picture(1.6).astype(int)
    changed = np.abs(one - other).max(axis=2) > 2
    assert changed.any()
    words = slice(int(0.40 * 320), int(0.6 * 320))
    assert not changed[words, 60:120].any()


def test_progress_begins_where_reading_begins(small: None) -> None:
    def foot(language: Language) -> npt.NDArray[np.int64]:
        film = replace(CHECKS, language=language, title="Un", slides=("Un", "Deux", "Trois"), handle="Voix", kicker="")
        return np.asarray(Reel(film, Shape.STORY).picture(3.0)[-1].astype(np.int64).sum(axis=1))

    arabic, french = foot(Language.AR), foot(Language.FR)
    assert arabic[-1] > arabic[0] + 100
    assert french[0] > french[-1] + 100


def test_between_two_slides_there_is_a_moment_without_words(small: None) -> None:
    reel = Reel(replace(CHECKS, kicker="", handle=""), Shape.STORY)
    second = reel.scenes[1]
    bright = [int((reel.picture(second.start + after)[120:200].max(axis=2) > 180).sum()) for after in (0.0, 0.32, 0.7)]
    assert bright[0] > 50
    assert bright[1] == 0
    assert bright[2] > 50


def test_a_verse_in_a_film_is_set_as_scripture(small: None) -> None:
    verse = "﴿وَمَآ أَرۡسَلۡنَٰكَ إِلَّا رَحۡمَةࣰ لِّلۡعَٰلَمِينَ﴾"
    film = replace(CHECKS, slides=(verse, *CHECKS.slides[1:]))
    assert [scene.name for scene in timeline(film)] == ["title", "verse", "slide", "slide", "closing"]
    with pytest.raises(lettering.Scrambled, match="no place in a verse"):
        Reel(replace(film, slides=(verse + "\u200f", *CHECKS.slides[1:])), Shape.STORY)


def test_a_still_is_the_frame_itself(small: None, tmp_path: Path) -> None:
    out = making.render_still(CHECKS, shape=Shape.STORY, out=tmp_path / "still.jpg")
    with Image.open(out) as still:
        difference = np.abs(np.asarray(still).astype(int) - Reel(CHECKS, Shape.STORY).picture(1.0))
    assert difference.mean() < 2


def test_a_preview_is_a_clip_of_the_same_pictures(small: None) -> None:
    clip = making.preview(CHECKS, shape=Shape.STORY)
    reel = Reel(CHECKS, Shape.STORY)
    assert clip.duration == reel.seconds
    assert np.array_equal(clip.get_frame(2.0), reel.picture(2.0))
    assert clip.audio.fps == music.RATE


def test_a_film_is_as_long_as_its_reading_takes() -> None:
    assert all(scene.end - scene.start >= 2.55 for scene in timeline(CHECKS)[:-1])
    longer = timeline(replace(CHECKS, slides=("كلمة " * 10,) * 3))
    assert longer[-1].end > timeline(CHECKS)[-1].end
    assert all(after.start == before.end for before, after in pairwise(longer))
    with pytest.raises(FilmError, match=r"25 s is the most. Shorten"):
        timeline(replace(CHECKS, slides=("كلمة " * 25,) * 5))
    with pytest.raises(FilmError, match=r"3 to 5 slides.* empty line between"):
        timeline(replace(CHECKS, slides=("واحدة",)))


def test_a_film_that_cannot_be_made_leaves_no_file(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "film.mp4"
    with pytest.raises(lettering.MissingGlyph):
        render_film(replace(CHECKS, title="سلام 🕊"), shape=Shape.STORY, out=out)
    monkeypatch.setitem(making._PRESETS, "draft", ("no-such-preset", "22"))
    with pytest.raises(FilmError, match="The encoder stopped"):
        render_film(replace(CHECKS, music=False), shape=Shape.STORY, out=out, pace="draft")
    assert not list(tmp_path.iterdir())


def test_house_colours_come_back_from_the_planes_as_they_were() -> None:
    for colour in ((14, 42, 51), (208, 169, 81), (248, 243, 232)):
        picture = np.full((4, 4, 3), colour, np.float32)
        assert np.abs(planes.to_rgb(*planes.from_rgb(picture)).astype(int) - colour).max() <= 2


def test_the_bed_is_calm_and_always_the_same() -> None:
    one = music.bed(5)
    assert one.shape == (5 * music.RATE, 2)
    assert np.array_equal(one, music.bed(5))
    assert 0.05 < np.sqrt(np.mean(one**2)) < 0.12
    assert np.abs(one).max() < 0.7
    assert np.abs(np.diff(one[:, 0])).max() < 0.1, "a click"
