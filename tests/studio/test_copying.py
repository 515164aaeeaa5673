"""Copies of somebody's pictures and films: within bounds, whole, upright, silent about the camera, the same again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image, ImageCms

from campaigns.studio.copying import Bounds, copy_film, copy_picture, framed
from campaigns.studio.probing import probe

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
INSTAGRAM = Bounds(size=8_000_000, width=1440, narrowest=0.8, widest=1.91)
X = Bounds(size=512_000_000, longer=1280, shorter=1024, narrowest=1 / 3, widest=3.0, fastest=60.0)


def film(path: Path, *options: str, size: str = "320x240", rate: int = 25, seconds: float = 0.6) -> Path:
    """A test picture that moves, with a tone, encoded as `options` say."""
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}", "-f", "lavfi", "-i", "sine=sample_rate=44100"]
    command = [FFMPEG, "-loglevel", "error", "-y", *inputs, "-t", str(seconds), "-threads", "2", *options, str(path)]
    subprocess.run(command, check=True)
    return path


def picture(path: Path, size: tuple[int, int], **options: object) -> Path:
    Image.linear_gradient("L").convert("RGB").resize(size).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("sides", "bounds", "outer", "inner"),
    [
        ((3000, 2000), INSTAGRAM, (1440, 960), (1440, 960)),
        ((1080, 1920), INSTAGRAM, (1440, 1800), (1012, 1800)),
        ((2000, 500), INSTAGRAM, (1440, 753), (1440, 360)),
        ((1080, 1350), INSTAGRAM, (1080, 1350), (1080, 1350)),
        ((3840, 2160), X, (1280, 720), (1280, 720)),
        ((1080, 1920), X, (720, 1280), (720, 1280)),
        ((1400, 1400), X, (1024, 1024), (1024, 1024)),
    ],
)
def test_a_frame_is_padded_to_the_shapes_and_scaled_to_the_sides_allowed(
    sides: tuple[int, int], bounds: Bounds, outer: tuple[int, int], inner: tuple[int, int]
) -> None:
    found = framed(*sides, bounds)
    assert (found.outer, found.inner) == (outer, inner)


def test_a_picture_becomes_a_jpeg_without_the_cameras_words(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    source = picture(tmp_path / "a.webp", (1350, 1080), exif=exif)
    made = copy_picture(source, tmp_path / "a.jpg", INSTAGRAM)
    assert (made.mime_type, made.width, made.height) == ("image/jpeg", 1080, 1350)
    with Image.open(tmp_path / "a.jpg") as opened:
        assert not opened.getexif() and "icc_profile" not in opened.info


def test_nothing_of_a_picture_is_cropped(tmp_path: Path) -> None:
    source = tmp_path / "tall.png"
    tall = Image.new("RGB", (400, 1600), "#C00000")
    tall.paste("#00C000", (0, 1590, 400, 1600))
    tall.save(source)
    copy_picture(source, tmp_path / "a.jpg", INSTAGRAM)
    with Image.open(tmp_path / "a.jpg") as made:
        assert made.size == (1280, 1600)
        assert _near(made.getpixel((640, 5)), (192, 0, 0)) and _near(made.getpixel((640, 1597)), (0, 192, 0))
        assert _near(made.getpixel((20, 800)), (0xF8, 0xF3, 0xE8)), "beside it stands the house's paper"


def test_what_was_transparent_stands_on_paper_and_other_colours_become_srgb(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGBA", (800, 800), (255, 0, 0, 0)).save(source, icc_profile=lab)
    copy_picture(source, tmp_path / "a.jpg", INSTAGRAM)
    with Image.open(tmp_path / "a.jpg") as made:
        assert _near(made.getpixel((400, 400)), (0xF8, 0xF3, 0xE8))


def test_a_picture_is_lowered_in_quality_and_then_in_size_until_its_bytes_fit(tmp_path: Path) -> None:
    source = tmp_path / "noise.png"
    Image.effect_noise((1200, 1200), 90).convert("RGB").save(source)
    made = copy_picture(source, tmp_path / "a.jpg", Bounds(size=150_000))
    assert made.size <= 150_000 and made.width < 1200


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png", (900, 1600))
    copies = [copy_picture(source, tmp_path / f"{number}.jpg", INSTAGRAM).sha256 for number in range(2)]
    assert copies[0] == copies[1]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("hevc.mp4", ("-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le", "-c:a", "aac")),
        ("prores.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s16le")),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus")),
    ],
)
def test_a_film_in_any_codec_becomes_h264_with_aac_index_first(
    name: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    made = copy_film(film(tmp_path / name, *options, seconds=0.4), tmp_path / "copy.mp4", Bounds(longer=160))
    assert (made.mime_type, made.codec, made.pixel_format, made.index_first) == ("video/mp4", "h264", "yuv420p", True)
    assert (made.width, made.height, made.sound and made.sound.codec) == (160, 120, "aac")


def test_frames_a_second_are_brought_into_the_bounds(tmp_path: Path) -> None:
    fast = film(tmp_path / "fast.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", rate=120)
    slow = film(tmp_path / "slow.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", rate=12)
    bounds = Bounds(slowest=23.0, fastest=60.0)
    assert copy_film(fast, tmp_path / "1.mp4", bounds).frame_rate == 60
    assert copy_film(slow, tmp_path / "2.mp4", bounds).frame_rate == 30


def test_a_film_whose_index_stands_last_keeps_its_pictures(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    assert probe(source).index_first is False
    made = copy_film(source, tmp_path / "b.mp4", X)
    assert made.index_first
    assert _pictures(source) == _pictures(tmp_path / "b.mp4")


def test_a_film_is_kept_within_its_bytes_and_its_words_about_itself_stay_behind(tmp_path: Path) -> None:
    place = ("-metadata", "location=+21.4225+039.8262/", "-metadata", "comment=a secret")
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "1", "-pix_fmt", "yuv444p", "-c:a", "aac", *place)
    source = film(tmp_path / "a.mp4", *options, size="640x480", seconds=2)
    assert b"loci" in source.read_bytes()
    made = copy_film(source, tmp_path / "b.mp4", Bounds(size=120_000))
    assert made.size <= 120_000
    assert b"loci" not in (tmp_path / "b.mp4").read_bytes()
    assert b"a secret" not in (tmp_path / "b.mp4").read_bytes()


def test_the_same_film_gives_the_same_bytes(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", "-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "aac")
    copies = [copy_film(source, tmp_path / f"{number}.mp4", X).sha256 for number in range(2)]
    assert copies[0] == copies[1]


def test_a_film_in_a_high_range_of_light_is_brought_down_to_bt709(tmp_path: Path) -> None:
    bright = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
    source = film(
        tmp_path / "hdr.mp4",
        *("-c:v", "libx265", "-x265-params", "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"),
        *("-pix_fmt", "yuv420p10le", *bright),
    )
    assert probe(source).high_range
    made = copy_film(source, tmp_path / "b.mp4", X)
    assert not made.high_range and made.pixel_format == "yuv420p"


def _pictures(path: Path) -> bytes:
    """A digest of each frame as it is stored."""
    command = [FFMPEG, "-loglevel", "error", "-i", str(path), "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"]
    told = subprocess.run(command, check=True, capture_output=True).stdout
    return b"\n".join(line.rpartition(b",")[2] for line in told.splitlines() if not line.startswith(b"#"))


def _near(found: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) <= 6 for one, other in zip(found, wanted, strict=True))
