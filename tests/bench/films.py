"""Films: a whole film beside FFmpeg encoding the very same frames from a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg

from campaigns.languages import Language
from campaigns.studio.film import Film, RenderedVideo, render_film
from platforms.contract import Shape
from tests.bench.measured import Row, cpu_seconds, side_by_side

FILM = Film(
    language=Language.AR,
    title="كلمة طيبة",
    slides=("نصغي قبل أن نحكم.", "نجيب بالحجة لا بالغضب.", "ونترك الباب مفتوحا."),
    kicker="أسرة إنسانية واحدة",
    handle="صوت الحكمة",
)
ROUNDS = 3


def measure(folder: Path) -> list[Row]:
    video = _render(folder)
    raw = folder / "frames.yuv"
    _ffmpeg("-i", str(video.path), "-an", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(raw))
    size = f"{video.width}x{video.height}"
    source = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", "25", "-i", str(raw))
    encoding = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-threads", "1")

    def limit() -> None:
        _ffmpeg(*source, *encoding, "-f", "mp4", str(folder / "limit.mp4"))

    taken, floor = side_by_side(lambda: _render(folder), limit, rounds=ROUNDS, clock=cpu_seconds)
    seconds = video.duration.total_seconds()
    what = f"a draft film of {seconds:.0f} s, {size} ({seconds / taken:.1f} film seconds a CPU second)"
    return [Row(what=what, ours=taken, against="encode its frames, no sound", limit=floor, unit="CPU s")]


def _render(folder: Path) -> RenderedVideo:
    return render_film(FILM, shape=Shape.STORY, out=folder / "film.mp4", pace="draft")


def _ffmpeg(*words: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *words], check=True)
