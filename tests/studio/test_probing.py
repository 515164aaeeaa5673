"""Strangers' files: what they are, or one sentence on why they cannot be used."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from campaigns.studio.probing import BadMedia, probe


def picture(path: Path, **options: object) -> Path:
    Image.linear_gradient("L").convert("RGB").resize((64, 48)).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("ending", "mime_type"), [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("gif", "image/gif")]
)
def test_a_picture_is_known_by_what_it_holds_and_not_by_its_name(ending: str, mime_type: str, tmp_path: Path) -> None:
    path = picture(tmp_path / f"a.{ending}").rename(tmp_path / "misnamed.mp4")
    found = probe(path)
    assert (found.width, found.height, found.mime_type, found.duration) == (64, 48, mime_type, None)
    assert found.size == path.stat().st_size


def test_a_picture_on_its_side_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = probe(picture(tmp_path / "a.jpg", exif=exif))
    assert (found.width, found.height) == (48, 64)


def test_a_picture_cut_short_is_told(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(BadMedia, match=r"a\.jpg is damaged or cut short"):
        probe(path)


@pytest.mark.parametrize("side", [7000, 13000, 30000])
def test_a_small_file_with_a_huge_picture_is_refused_before_it_is_unpacked(side: int, tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held)) for kind, held in chunks
    )
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with pytest.raises(BadMedia, match="more than 40 million pixels"):
        probe(path)


def test_an_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for name in ("a.webp", "a.gif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100)
        with pytest.raises(BadMedia, match="is an animation"):
            probe(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_anything_else_is_refused_whatever_it_is_called(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(BadMedia, match="neither a JPEG, PNG, WebP or GIF picture nor"):
        probe(path)


def test_a_film_without_a_film_in_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + b"\0" * 60)
    with pytest.raises(BadMedia, match="holds no film"):
        probe(path)
