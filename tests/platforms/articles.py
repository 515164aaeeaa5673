"""Posts as they go to a website, and the files that go with them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from platforms.contract import Form, MediaFile, Outgoing


def an_article(text: str = "الكلمة الطيبة صدقة\n\nحديث شريف", *media: MediaFile, **changed: Any) -> Outgoing:
    form = Form.TEXT
    if media:
        form = Form.VIDEO if media[0].duration else Form.PICTURE
    about = {"key": "Mercy/12", "language": "ar", "form": form, "text": text, "media": media}
    return Outgoing(**{**about, "title": "الرحمة", **changed})


def a_picture(folder: Path, colour: tuple[int, int, int] = (20, 120, 80)) -> MediaFile:
    path = folder / "card.jpg"
    Image.new("RGB", (160, 90), colour).save(path)
    return _file(path, mime_type="image/jpeg", width=160, height=90, alt_text='بطاقة "هادئة"')


def a_video(folder: Path) -> MediaFile:
    path = folder / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + b"film" * 50_000)
    return _file(path, mime_type="video/mp4", width=1280, height=720, duration=timedelta(seconds=12))


def _file(path: Path, **about: Any) -> MediaFile:
    content = path.read_bytes()
    return MediaFile(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content), **about)
