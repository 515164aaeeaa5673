"""A film of 300 MB goes out everywhere at once, from a process that holds little of it and tells how far it is."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from sqlalchemy import select

from campaigns.languages import Language
from campaigns.models import Delivery, Publication
from campaigns.settings import AccountSetting
from campaigns.stage import stage_up
from platforms.contract import Network
from tests.bench.ground import Ground, ToSend, ground, now_, shown

BYTES = 300 * 1000 * 1000
MOST_MEMORY = 150 * 1024 * 1024
ACCOUNTS = tuple(
    AccountSetting(
        key=f"{network}-en",
        network=network,
        languages=(Language.EN,),
        name="Voice of Wisdom",
        timezone="UTC",
        spacing=timedelta(),
    )
    for network in Network
)
PUBLISH = """
from campaigns.cli import app

app(["publish"], standalone_mode=False)
with open("/proc/self/status") as status:
    print(next(line for line in status if line.startswith("VmHWM")))
"""
"""What the system reports of a child that has ended counts the parent in, from before the child became itself."""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Four real seconds, and an empty box behind them that players skip: it lies sparse on the disk."""
    file = tmp_path / "large.mp4"
    pictures, sound = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"), ("-f", "lavfi", "-i", "sine")
    form = ("-t", "4", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *pictures, *sound, *form, str(file)], check=True)
    empty = BYTES - file.stat().st_size
    with file.open("ab") as stream:
        stream.write(empty.to_bytes(4) + b"free")
        stream.truncate(BYTES)
    return file


def test_a_film_of_300_mb_goes_out_everywhere_at_once_within_150_mb_of_memory(film: Path, tmp_path: Path) -> None:
    everywhere = tuple(each.key for each in ACCOUNTS)
    with ground(tmp_path / "home", accounts=ACCOUNTS) as here, stage_up(here.settings) as base:
        here.approve([ToSend(key="large", on=everywhere, due_at=now_() - timedelta(minutes=1), media=film)])
        memory = _publish(here, base)
        seen = shown(base)
        publications = _publications(here)
    assert {each.key: each.why for each in publications if each.state is not Delivery.PUBLISHED} == {}
    assert sorted(each["account"] for each in seen) == sorted(everywhere)
    assert {(each.upload_sent, each.upload_total) for each in publications} == {(BYTES, BYTES)}
    assert memory < MOST_MEMORY


def _publish(here: Ground, base: str) -> int:
    """`sawt publish` in a process of its own; the answer is the most memory that it ever had, in bytes."""
    command = [sys.executable, "-c", PUBLISH]
    said = subprocess.run(command, env=here.environ(SAWT_STAGE_URL=base), capture_output=True, text=True, check=True)
    return int(said.stdout.split()[-2]) * 1024


def _publications(here: Ground) -> list[Publication]:
    with here.store.reading() as session:
        return list(session.scalars(select(Publication)))
