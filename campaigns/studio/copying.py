"""Make a copy of somebody's picture or film that keeps to bounds: scaled and padded, never cropped, and nothing of the
camera's in it. The same file and bounds give the same bytes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.studio import recipes
from campaigns.studio.probing import Probe, Sound, probe
from campaigns.studio.storyboard import FilmError

if TYPE_CHECKING:
    from PIL import Image

_QUALITIES = (92, 88, 84, 80, 74)
_SMALLER = 0.85
"""What is still too large in the lowest quality is made smaller by this, again and again."""
_LEAST = 16
"""Pixels of a side below which a picture is not worth sending."""
_UNHURRIED = 30.0
"""Frames a second for a film that has too few."""
_SOUND_BITS = 160_000
_FEWEST_BITS, _MOST_BITS = 100_000, 25_000_000
"""Of a second of pictures."""
_ROOM = 0.92
"""The share of the bytes allowed that a film's pictures and sound are planned for; the rest is the container's."""
_PATIENCE = 4 * 3600
"""Seconds after which an encoder is not waited for any longer."""
_PAPER, _INK = "paper", "ink"
"""What stands around a padded picture, and around a film."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a copy must keep to, at most; None where nothing is set. Sides in pixels, ratios are width by height."""

    size: int | None = None
    width: int | None = None
    longer: int | None = None
    shorter: int | None = None
    narrowest: float | None = None
    widest: float | None = None
    slowest: float | None = None
    fastest: float | None = None
    """Frames a second."""


@dataclass(frozen=True, kw_only=True)
class Framed:
    """A picture of `inner` pixels in the middle of `outer` ones."""

    outer: tuple[int, int]
    inner: tuple[int, int]

    @property
    def is_padded(self) -> bool:
        return self.outer != self.inner


def framed(width: int, height: int, bounds: Bounds, *, step: int = 1) -> Framed:
    """Pad to the shapes allowed, then scale down to the sides allowed; all sides are multiples of `step` pixels."""
    canvas_width, canvas_height = float(width), float(height)
    if bounds.narrowest and width / height < bounds.narrowest:
        canvas_width = height * bounds.narrowest
    if bounds.widest and width / height > bounds.widest:
        canvas_height = width / bounds.widest
    short, long = sorted((canvas_width, canvas_height))
    allowed = ((bounds.width, canvas_width), (bounds.longer, long), (bounds.shorter, short))
    scale = min([1.0, *(most / side for most, side in allowed if most)])

    def whole(side: float) -> int:
        return max(step, int(side * scale / step + 1e-6) * step)

    outer = whole(canvas_width), whole(canvas_height)
    if (canvas_width, canvas_height) == (width, height):
        return Framed(outer=outer, inner=outer)
    return Framed(outer=outer, inner=(min(whole(width), outer[0]), min(whole(height), outer[1])))


def copy_picture(source: Path, out: Path, bounds: Bounds) -> Probe:
    """A JPEG in sRGB, upright, on paper where it was transparent. Raises ValueError if none is small enough."""
    picture = _opened(source)
    frame = framed(picture.width, picture.height, bounds)
    while min(frame.outer) >= _LEAST:
        for quality in _QUALITIES:
            content = _jpeg(_set_into(picture, frame), quality)
            if bounds.size is None or len(content) <= bounds.size:
                out.write_bytes(content)
                return probe(out)
        frame = Framed(outer=_scaled(frame.outer), inner=_scaled(frame.inner))
    raise ValueError(f"{source.name} cannot be made small enough; export a smaller picture")


def copy_film(source: Path, out: Path, bounds: Bounds) -> Probe:
    """An MP4 (H.264 High, AAC, 8-bit 4:2:0, BT.709, index first). Raises FilmError.

    Pictures and sound that are so already are taken over as they are, where the bounds allow it.
    """
    film = probe(source)
    if film.duration is None:
        raise FilmError(f"{source.name} has no known length; export it again")
    for share in (1.0, 0.8, 0.6, 0.45):
        _run(_command(source, out, film, bounds, share))
        made = probe(out)
        if bounds.size is None or made.size <= bounds.size:
            return made
    raise FilmError(f"{source.name} cannot be made small enough; export a shorter or smaller film")


def _opened(source: Path) -> Image.Image:
    from PIL import Image, ImageOps

    with Image.open(source, formats=["JPEG", "PNG", "WEBP", "GIF"]) as picture:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    return _on_paper(_in_srgb(upright))


def _in_srgb(picture: Image.Image) -> Image.Image:
    """By the picture's own profile; without one, or with one that cannot be read, it is taken for sRGB as it is."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if picture.mode in ("P", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if not profile:
        return picture
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return picture
    return picture if turned is None else turned


def _on_paper(picture: Image.Image) -> Image.Image:
    from PIL import Image

    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGBA", picture.size, (*recipes.house().colour(_PAPER), 255))
    return Image.alpha_composite(paper, picture).convert("RGB")


def _set_into(picture: Image.Image, frame: Framed) -> Image.Image:
    from PIL import Image

    inner = picture if picture.size == frame.inner else picture.resize(frame.inner, Image.Resampling.LANCZOS)
    if not frame.is_padded:
        return inner
    sheet = Image.new("RGB", frame.outer, recipes.house().colour(_PAPER))
    sheet.paste(inner, ((frame.outer[0] - frame.inner[0]) // 2, (frame.outer[1] - frame.inner[1]) // 2))
    return sheet


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality, subsampling=0, optimize=True)
    return stream.getvalue()


def _scaled(sides: tuple[int, int]) -> tuple[int, int]:
    return int(sides[0] * _SMALLER), int(sides[1] * _SMALLER)


def _command(source: Path, out: Path, film: Probe, bounds: Bounds, share: float) -> list[str]:
    import imageio_ffmpeg

    demuxer = "matroska" if film.mime_type == "video/webm" else "mov"
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-protocol_whitelist", "file", "-f", demuxer, "-i", f"file:{source.resolve()}"),
        *("-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *(("-c:v", "copy") if _keeps_pictures(film, bounds) else _pictures(film, bounds, share)),
        *(("-c:a", "copy") if film.sound and _keeps_sound(film.sound) else _SOUND),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
        *("-movflags", "+faststart", "-f", "mp4", str(out)),
    ]


_SOUND_RATE = 48_000
_SOUND = ("-c:a", "aac", "-b:a", str(_SOUND_BITS), "-ar", str(_SOUND_RATE), "-ac", "2")


def _keeps_sound(sound: Sound) -> bool:
    return sound.codec == "aac" and sound.sample_rate <= _SOUND_RATE and sound.channels in ("mono", "stereo")


def _keeps_pictures(film: Probe, bounds: Bounds) -> bool:
    frame = framed(film.width, film.height, bounds, step=2)
    fits = film.codec == "h264" and film.pixel_format in ("yuv420p", "yuvj420p") and not film.high_range
    same = (film.width, film.height) == frame.outer and _rate(film, bounds) is None
    return fits and same and (bounds.size is None or film.size <= bounds.size * _ROOM)


def _pictures(film: Probe, bounds: Bounds, share: float) -> Iterator[str]:
    yield from ("-vf", ",".join(_filters(film, bounds)))
    yield from ("-c:v", "libx264", "-profile:v", "high", "-preset", "medium", "-crf", "20", "-threads", "2")
    yield from ("-pix_fmt", "yuv420p", "-bf", "2", "-flags", "+cgop")
    for tag in ("-colorspace", "-color_primaries", "-color_trc"):
        yield from (tag, "bt709")
    yield from ("-color_range", "tv")
    if bounds.size is not None and film.duration:
        planned = int(bounds.size * 8 * _ROOM / film.duration.total_seconds() * share) - _SOUND_BITS
        bits = min(max(planned, _FEWEST_BITS), _MOST_BITS)
        yield from ("-maxrate", str(bits), "-bufsize", str(2 * bits))


def _filters(film: Probe, bounds: Bounds) -> Iterator[str]:
    """FFmpeg turns a film upright by itself before them."""
    frame = framed(film.width, film.height, bounds, step=2)
    if rate := _rate(film, bounds):
        yield f"fps={rate:g}"
    if film.high_range:
        yield "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709"
        yield "tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
    colours = "" if film.high_range else ":out_color_matrix=bt709:out_range=tv"
    yield f"scale={frame.inner[0]}:{frame.inner[1]}:flags=lanczos{colours}"
    yield "setsar=1"
    yield "format=yuv420p"
    if frame.is_padded:
        ground = "0x{:02X}{:02X}{:02X}".format(*recipes.house().colour(_INK))
        yield f"pad={frame.outer[0]}:{frame.outer[1]}:(ow-iw)/2:(oh-ih)/2:color={ground}"


def _rate(film: Probe, bounds: Bounds) -> float | None:
    """The frames a second to change to; None where the film's own are allowed, or unknown."""
    if film.frame_rate is None:
        return None
    if bounds.fastest and film.frame_rate > bounds.fastest + 0.05:
        return bounds.fastest
    return _UNHURRIED if bounds.slowest and film.frame_rate < bounds.slowest - 0.05 else None


def _run(command: list[str]) -> None:
    try:
        told: Any = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise FilmError("the encoder did not come to an end; export the film again") from error
    if told.returncode:
        last = told.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise FilmError(f"the encoder stopped: {' '.join(last) or 'it gave no reason'}")
