"""What a picture or a film really is: asked of the file, never of its name, with a stranger's file in mind."""

from __future__ import annotations

import re
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

if TYPE_CHECKING:
    from PIL import Image

_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_MOST_PIXELS = 40_000_000
_PATIENCE = 20
"""Seconds that reading a film's header may take."""
_TURNED = frozenset({5, 6, 7, 8})
"""Exif orientations in which the picture is shown on its side."""

_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_VIDEO = re.compile(r"Stream #\S+ Video: (\w+)[^\n]*?, (\d{2,5})x(\d{2,5})[^\n]*")
_RATE = re.compile(r"([\d.]+) fps")
_PIXELS = re.compile(r"Video: [^\n]*?, ((?:yuv|gray|rgb|bgr|gbr|nv|p0)\w+)")
_HIGH_RANGE = re.compile(r"\b(?:smpte2084|arib-std-b67)\b")
"""HDR10 and HLG."""
_AUDIO = re.compile(r"Stream #\S+ Audio: (\w+)[^\n]*?, (\d+) Hz, ([\w.]+)")
_TURN = re.compile(r"rotation of (-?[\d.]+) degrees")


class BadMedia(ValueError):
    """This file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    codec: str
    sample_rate: int
    channels: str


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Pixels as shown (after rotation), bytes, and for films duration, frames a second and sound, where known.

    `index_first` says that a film can start before all of it has come (its moov atom stands before mdat).
    Codecs and pixel formats by FFmpeg's names. `high_range` is HDR, which most screens show pale.
    """

    width: int
    height: int
    mime_type: str
    size: int
    sha256: str
    codec: str
    duration: timedelta | None = None
    frame_rate: float | None = None
    sound: Sound | None = None
    pixel_format: str = ""
    high_range: bool = False
    index_first: bool | None = None


def probe(path: Path) -> Probe:
    """Look into a picture (JPEG, PNG, WebP, still GIF) or a film (MP4, MOV, WebM). Raises BadMedia, a sentence."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] == b"ftyp":
        return _probe_film(path, "mov", "video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _probe_film(path, "matroska", "video/webm")
    if head[:3] == b"\xff\xd8\xff" or head[:4] in (b"\x89PNG", b"GIF8") or head[8:12] == b"WEBP":
        return _probe_picture(path)
    raise BadMedia(f"{path.name} is neither a JPEG, PNG, WebP or GIF picture nor an MP4, MOV or WebM film.")


def _probe_picture(path: Path) -> Probe:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=list(_PICTURES)) as picture:
                _check_picture(picture, path)
                picture.load()
                turned = picture.getexif().get(0x0112) in _TURNED
                width, height = picture.size[::-1] if turned else picture.size
                kind = str(picture.format)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_large(path) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, BadMedia):
            raise
        raise BadMedia(f"{path.name} is damaged or cut short; export the picture again.") from error
    return Probe(width=width, height=height, mime_type=_PICTURES[kind], codec=kind.lower(), **_weighed(path))


def _check_picture(picture: Image.Image, path: Path) -> None:
    """Before its pixels are unpacked."""
    if picture.width * picture.height > _MOST_PIXELS:
        raise _too_large(path)
    if getattr(picture, "is_animated", False):
        raise BadMedia(f"{path.name} is an animation; upload it as an MP4 film.")


def _too_large(path: Path) -> BadMedia:
    return BadMedia(f"{path.name} has more than {_MOST_PIXELS // 1_000_000} million pixels; make it smaller.")


def _probe_film(path: Path, demuxer: str, mime_type: str) -> Probe:
    report = _report(path, demuxer)
    video, length = _VIDEO.search(report), _DURATION.search(report)
    if not video or not length:
        raise BadMedia(f"{path.name} holds no film that can be read; export it again as MP4 (H.264).")
    hours, minutes, seconds = length.groups()
    width, height = int(video[2]), int(video[3])
    turn = _TURN.search(report)
    if turn and round(float(turn[1])) % 180:
        width, height = height, width
    rate, pixels, audio = _RATE.search(video[0]), _PIXELS.search(video[0]), _AUDIO.search(report)
    return Probe(
        width=width,
        height=height,
        mime_type=mime_type,
        codec=video[1],
        duration=timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds)),
        frame_rate=float(rate[1]) if rate else None,
        pixel_format=pixels[1] if pixels else "",
        high_range=bool(_HIGH_RANGE.search(video[0])),
        sound=Sound(codec=audio[1], sample_rate=int(audio[2]), channels=audio[3]) if audio else None,
        index_first=_index_first(path) if demuxer == "mov" else None,
        **_weighed(path),
    )


def _report(path: Path, demuxer: str) -> str:
    """What FFmpeg says about the file; it may open this file and nothing else."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist", "file"]
    command += ["-threads", "1", "-f", demuxer, "-i", f"file:{path.resolve()}"]
    try:
        told = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise BadMedia(f"{path.name} could not be read in {_PATIENCE} s; export it again as MP4.") from error
    return told.stderr.decode(errors="replace")


def _index_first(path: Path) -> bool:
    """Whether moov comes before mdat. Raises BadMedia where an atom ends after the file does."""
    found = list(atoms(path))
    if any(atom.end > path.stat().st_size for atom in found):
        raise BadMedia(f"{path.name} is cut short; upload it again.")
    return [atom.kind for atom in found if atom.kind in ("moov", "mdat")][:1] == ["moov"]


class Atom(NamedTuple):
    kind: str
    end: int


def atoms(path: Path) -> Iterator[Atom]:
    """The outermost atoms, in order (ISO/IEC 14496-12: 32-bit size and kind, or a 64-bit size after them)."""
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            at = end if length == 0 else at + max(8, length)
            yield Atom(head[4:8].decode("latin-1"), at)


class _Weight(TypedDict):
    size: int
    sha256: str


def _weighed(path: Path) -> _Weight:
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": file_digest(file, "sha256").hexdigest()}
