"""`sawt run --only worker`, killed while a call hangs and started again: what the next due post has to wait."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from campaigns.models import Delivery
from campaigns.settings import Settings
from campaigns.store import Store
from platforms.contract import Network
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.serving import RunningStage, in_thread
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.proofs.crash_cases import FIRST, NEXT, ROOT, Make, furnish, prepare, publication_key, words

WaitFor = Callable[..., None]


def test_the_command_killed_in_mid_call_sends_the_next_post_as_soon_as_it_is_up_again(
    migrated_sqlite: Path, tmp_path: Path, wait_for: WaitFor
) -> None:
    settings = furnish(tmp_path / "home", spacing_minutes=0)
    shutil.copy(migrated_sqlite, settings.home / "sawt.sqlite")
    stage = Stage(files=tmp_path / "stage", processing=timedelta(), lag=timedelta())
    stage.faults.add(Fault(name="hang", method="POST", path="/wp/v2/posts/"))
    with closing(Store(settings.database_url)) as store, in_thread(stage) as running:
        due = timedelta(), timedelta(milliseconds=1)
        files, now = tmp_path / "files", datetime.now(UTC)
        prepare(store, settings, Network.WEBSITE, Make.TEXT, files, due_in=due, now=now)
        with _worker(settings, running) as worker:
            wait_for(lambda: stage.faults.silences == 1, "the call that hangs", seconds=60)
            assert _state(store, FIRST) is Delivery.REVEALING
            worker.kill()
            worker.wait()
        killed_at = time.monotonic()
        with _worker(settings, running) as worker:
            wait_for(lambda: _is_shown(running, NEXT), "the next due post", seconds=60)
            took = time.monotonic() - killed_at
            wait_for(lambda: _state(store, FIRST) is Delivery.PUBLISHED, "the killed post", seconds=60)
            worker.terminate()
            assert worker.wait(20) == 0
        print(f"killed in mid-call, started again, next due post out after {took:.2f} s")
        assert [each["account"] for each in running.shown()] == ["website-en"] * 2
        assert _is_shown(running, FIRST)


@contextmanager
def _worker(settings: Settings, stage: RunningStage) -> Iterator[subprocess.Popen[bytes]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SAWT_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "campaigns.cli", "run", "--only", "worker"],
        cwd=ROOT,
        env={**clean, "SAWT_HOME": str(settings.home), "SAWT_STAGE_URL": stage.base},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _state(store: Store, name: str) -> Delivery:
    return factories.publication(store, publication_key(name, Network.WEBSITE)).state


def _is_shown(running: RunningStage, name: str) -> bool:
    return any(words(name) in str(each["text"]) for each in running.shown())
