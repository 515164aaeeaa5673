"""Make a videographic: a title, a few slides and the Centre's name over slowly drifting geometry, with captions."""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from campaigns.studio import music
from campaigns.studio.captions import write
from campaigns.studio.reel import Reel
from campaigns.studio.storyboard import FPS, Film, FilmError
from platforms.contract import Shape

__all__ = ["Captions", "Film", "FilmError", "RenderedVideo", "frame_of", "preview", "render_film", "render_still"]

Pace: TypeAlias = Literal["final", "draft"]
Progress: TypeAlias = Callable[[float], None]

_PRESETS: dict[Pace, tuple[str, str]] = {"final": ("faster", "19"), "draft": ("veryfast", "22")}
"""The encoder's preset and quality."""
_PATIENCE = 60
"""Seconds that taking one frame may need."""


@dataclass(frozen=True, kw_only=True)
class Captions:
    srt: Path
    vtt: Path


@dataclass(frozen=True, kw_only=True)
class RenderedVideo:
    path: Path
    width: int
    height: int
    duration: timedelta
    sha256: str
    size: int
    captions: Captions


def render_film(
    film: Film, *, shape: Shape, out: Path, pace: Pace = "final", progress: Progress | None = None
) -> RenderedVideo:
    """Write an MP4 (H.264 High, AAC stereo, index first) to `out`, and captions beside it (.srt, .vtt).

    A draft is three quarters of the size each way and encoded faster: for rehearsals, and to look at.

    Raises lettering.LetteringError for words that cannot be set, FilmError for the rest. `out` appears whole or
    not at all.
    """
    reel = Reel(film, shape, small=pace == "draft")
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".film-") as folder:
        sound, draft = Path(folder) / "sound.wav", Path(folder) / "film.mp4"
        _write_sound(film, reel.seconds, sound)
        _encode(reel, sound, draft, pace, progress or (lambda share: None))
        captions = _write_captions(film, out)
        draft.replace(out)
    return RenderedVideo(
        path=out,
        width=reel.width,
        height=reel.height,
        duration=timedelta(seconds=reel.seconds),
        sha256=sha256(out.read_bytes()).hexdigest(),
        size=out.stat().st_size,
        captions=captions,
    )


def render_still(film: Film, *, shape: Shape, out: Path, at: float = 1.0) -> Path:
    """One frame as a JPEG, for a thumbnail; `at` in seconds."""
    from PIL import Image

    reel = Reel(film, shape)
    Image.fromarray(reel.picture(at), "RGB").save(out, "JPEG", quality=92, subsampling=0)
    return out


def frame_of(film: Path, *, at: float, out: Path) -> Path:
    """A telling frame of a finished film near `at` (seconds) as a JPEG, at most 1280 pixels wide. Raises FilmError."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    command += ["-protocol_whitelist", "file", "-ss", f"{at:.3f}", "-i", f"file:{film.resolve()}"]
    command += ["-vf", "thumbnail=50,scale='min(1280,iw)':-2", "-frames:v", "1", "-q:v", "2", str(out)]
    try:
        subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise FilmError("No frame could be taken from the film; export it again as MP4 (H.264).") from error
    return out


def preview(film: Film, *, shape: Shape) -> Any:
    """The film as a MoviePy VideoClip with its sound, to look at or to cut into something longer."""
    from moviepy import VideoClip

    reel = Reel(film, shape)
    clip = VideoClip(frame_function=reel.picture, duration=reel.seconds).with_fps(FPS)
    return clip.with_audio(_soundtrack(film, reel.seconds))


def _soundtrack(film: Film, seconds: float) -> Any:
    """The bed, faded in and out, as a MoviePy audio clip; silence where the film wants no music."""
    from moviepy import CompositeAudioClip
    from moviepy.audio.AudioClip import AudioArrayClip
    from moviepy.audio.fx import AudioFadeIn, AudioFadeOut

    samples = music.bed(seconds) if film.music else np.zeros((round(seconds * music.RATE), 2), np.float32)
    bed = AudioArrayClip(samples, fps=music.RATE).with_effects([AudioFadeIn(1.0), AudioFadeOut(2.0)])
    return CompositeAudioClip([bed]).with_duration(seconds)


def _write_sound(film: Film, seconds: float, out: Path) -> None:
    sound = _soundtrack(film, seconds).to_soundarray(fps=music.RATE)
    with wave.open(str(out), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(music.RATE)
        file.writeframes(np.rint(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def _encode(reel: Reel, sound: Path, out: Path, pace: Pace, progress: Progress) -> None:
    """Send every frame down a wide pipe to the encoder. Raises FilmError with its last words."""
    with tempfile.TemporaryFile() as complaints:
        encoder = subprocess.Popen(
            _command(reel, sound, out, pace), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        )
        try:
            _feed(reel, encoder, progress)
        finally:
            with suppress(BrokenPipeError):
                if encoder.stdin:
                    encoder.stdin.close()
            failed = encoder.wait()
        if failed:
            complaints.seek(0)
            last = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
            raise FilmError(f"The encoder stopped: {' '.join(last) or 'it gave no reason'}")


def _feed(reel: Reel, encoder: subprocess.Popen[bytes], progress: Progress) -> None:
    pipe = encoder.stdin
    assert pipe is not None
    if widen := getattr(fcntl, "F_SETPIPE_SZ", None):
        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), widen, 1 << 20)
    with suppress(BrokenPipeError):
        for number in range(reel.frames):
            pipe.write(reel.frame(number))
            progress((number + 1) / reel.frames)


def _command(reel: Reel, sound: Path, out: Path, pace: Pace) -> list[str]:
    """Tags say what the planes are (BT.709, limited); no date and no version goes into the file."""
    import imageio_ffmpeg

    preset, quality = _PRESETS[pace]
    colours = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{reel.width}x{reel.height}", "-r", str(FPS)),
        *(*colours, "-i", "-", "-i", str(sound), "-map", "0:v", "-map", "1:a"),
        *(
            "-c:v",
            "libx264",
            "-profile:v",
            "high",
            "-preset",
            preset,
            "-crf",
            quality,
            "-threads",
            "1" if pace == "draft" else "2",
        ),
        *("-pix_fmt", "yuv420p", "-g", str(FPS * 2), "-bf", "2", *colours),
        *("-x264-params", "aq-mode=3:scenecut=0"),  # keeps dark grounds smooth
        *("-c:a", "aac", "-b:a", "128k", "-ar", str(music.RATE), "-ac", "2"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
        *("-movflags", "+faststart", "-f", "mp4", str(out)),
    ]


def _write_captions(film: Film, out: Path) -> Captions:
    """One caption a scene, in the film's own language."""
    captions = Captions(srt=out.with_suffix(".srt"), vtt=out.with_suffix(".vtt"))
    for file in (captions.srt, captions.vtt):
        write(film, film, file)
    return captions
