"""Meta's side of the stage, and small true media for it."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount

from platforms.contract import Charge, Checkpoint, Form, MediaFile, Outgoing
from platforms.endpoints import Call, Gatekeeper
from platforms.errors import TooSoon
from platforms.rehearsal.faults import Name
from platforms.rehearsal.graph import routes, rupload_routes
from platforms.rehearsal.stage import Stage
from tests.door import Door

APPLIED: list[Name] = ["drop-after", "error-after", "truncated-after", "empty-after"]
NOT_APPLIED: list[Name] = ["drop-before", "error-before"]
WORDS = "الحكمة ضالة المؤمن — la sagesse, où qu'elle soit 🌿 #Hikma"


def new_stage(folder: Path, *, behind: Door) -> Stage:
    stage = Stage(files=folder / "stage", processing=timedelta(seconds=2), lag=timedelta(seconds=10))
    mounts = [Mount("/graph", routes=routes(stage)), Mount("/rupload", routes=rupload_routes(stage))]
    behind.lead_to(stage.faults.around(Starlette(routes=mounts)))
    return stage


def picture(folder: Path, *, shade: int = 90, size: tuple[int, int] = (400, 500), kind: str = "JPEG") -> MediaFile:
    content = io.BytesIO()
    Image.new("RGB", size, (shade, 120, 60)).save(content, kind)
    suffix = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}[kind]
    path = _written(folder / f"picture-{shade}{suffix}", content.getvalue())
    return _media(path, f"image/{kind.lower()}", *size, alt_text=f"لوحة {shade}")


def film(folder: Path, *, kilobytes: int = 300, size: tuple[int, int] = (1080, 1920), seconds: float = 20) -> MediaFile:
    """A file that begins as an MP4 does; nobody on the stage decodes it."""
    noise = b"".join(hashlib.sha256(bytes([number % 256])).digest() for number in range(32))
    path = _written(folder / "film.mp4", b"\0\0\0\x18ftypmp42" + noise * kilobytes)
    return _media(path, "video/mp4", *size, duration=timedelta(seconds=seconds))


def post(*media: MediaFile, text: str = WORDS, **fields: Any) -> Outgoing:
    form = Form.TEXT if not media else Form.VIDEO if media[0].duration else Form.PICTURE
    return Outgoing(key="post", language="ar", form=form, text=text, media=media, **fields)


def keep(_: Checkpoint) -> None:
    """A save that always succeeds."""


class Killed(BaseException):
    """The program dies right after a checkpoint was stored."""


class DiesAfter:
    """A save that stores, and kills the program at the `times`-th time."""

    def __init__(self, times: int) -> None:
        self.left, self.stored = times, dict[str, Any]()

    def __call__(self, checkpoint: Checkpoint) -> None:
        self.stored = dict(checkpoint)
        self.left -= 1
        if not self.left:
            raise Killed


class AccountBook(Gatekeeper):
    """A gatekeeper that lets everything by, and remembers what was charged and how far uploads have come."""

    def __init__(self) -> None:
        self.charged: Counter[str] = Counter()
        self.uploads: list[tuple[int, int]] = []

    def before(self, call: Call) -> None:
        return None

    def after(self, call: Call, closing: TooSoon | None, charges: Sequence[Charge]) -> None:
        for each in charges:
            self.charged[each.bucket] += each.amount

    def spent(self, bucket: str, on: date, *, whole_app: bool) -> int:
        return self.charged[bucket] if on == datetime.now(UTC).date() else 0

    def sent(self, so_far: int, of: int) -> None:
        self.uploads.append((so_far, of))

    def settled(self) -> None:
        return None


def shown(stage: Stage) -> list[dict[str, Any]]:
    """What the audience can see now."""
    return [each for each in stage.records.all("shown") if each["hidden_at"] is None]


def a_minute_ago(stage: Stage) -> datetime:
    return stage.now().astimezone(UTC) - timedelta(minutes=1)


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _media(path: Path, mime_type: str, width: int, height: int, **fields: Any) -> MediaFile:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return MediaFile(
        path=path, mime_type=mime_type, sha256=digest, size=len(content), width=width, height=height, **fields
    )
