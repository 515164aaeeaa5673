"""`sawt run` as a person starts it: real processes, killed one after another, and told to stop at bad moments."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import select

from campaigns import catalogue
from campaigns.models import Delivery, Summary
from campaigns.running import Stopping
from campaigns.settings import Settings
from campaigns.stage import stage_up
from campaigns.store import Store
from campaigns.upkeep import LONGEST_PAUSE, STEADY_AFTER, Kept
from tests.factories import approved, publication

ROOT = Path(__file__).parent.parent
STAGE, WORKER, DESK = "platforms.rehearsal", "--only worker", "--only web"

WaitFor = Callable[..., None]


class House:
    """One SAWT_HOME and the `sawt run` over it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = Settings.from_environment({"SAWT_HOME": str(home)})
        home.mkdir()
        self.store = Store(self.settings.database_url)
        catalogue.prepare(self.store, self.settings, now=datetime.now(UTC))
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.seen: set[int] = set()

    def start(self, *words: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAWT_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "campaigns.cli", "run", *words],
            env={**clean, "SAWT_HOME": str(self.home), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )

    def part(self, words: str) -> int | None:
        """The process id of one part that is up."""
        for each in self._processes():
            try:
                if words in " ".join(each.cmdline()) and each.status() != psutil.STATUS_ZOMBIE:
                    return int(each.pid)
            except psutil.NoSuchProcess:
                continue
        return None

    def everybody(self) -> set[int]:
        return {each.pid for each in self._processes()}

    def _processes(self) -> list[psutil.Process]:
        assert self.process
        try:
            parent = psutil.Process(self.process.pid)
            found = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
        self.seen |= {each.pid for each in found}
        return found

    @property
    def left(self) -> set[int]:
        """Who is still there of all that were ever seen."""
        return {pid for pid in self.seen if _is_alive(pid)}

    @property
    def stage(self) -> str:
        note = self.home / "stage" / "address"
        return note.read_text() if note.exists() else ""

    def state(self, key: str) -> Delivery:
        return publication(self.store, key).state

    def shown(self) -> list[str]:
        return [each["text"] for each in requests.get(f"{self.stage}/_stage/shown", timeout=10).json()]

    def close(self) -> None:
        self.store.close()
        if self.process:
            self._processes()
            self.process.kill()
            self.process.wait()
            for pid in self.left:
                psutil.Process(pid).kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _answers(address: str) -> bool:
    try:
        return bool(requests.get(address, timeout=2).ok)
    except requests.RequestException:
        return False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home")
    yield house
    house.close()


@pytest.fixture
def up(house: House, wait_for: WaitFor) -> House:
    """All three parts are up and answer."""
    house.start("--empty", "--port", str(house.port))
    wait_for(lambda: all(house.part(each) for each in (STAGE, WORKER, DESK)), "everything up", 60)
    wait_for(lambda: _answers(f"{house.stage}/_stage/ready"), "the stage's answer", 60)
    return house


def test_each_part_that_is_killed_comes_up_again_where_it_was(up: House, wait_for: WaitFor) -> None:
    stage, desk = up.stage, f"http://127.0.0.1:{up.port}/healthz"
    for part in (STAGE, WORKER, DESK):
        before = up.part(part)
        assert before
        os.kill(before, signal.SIGKILL)
        wait_for(lambda part=part, before=before: up.part(part) not in (None, before), f"{part} again", 60)
    wait_for(lambda: _answers(f"{stage}/_stage/ready") and _answers(desk), "stage and desk at their addresses", 60)
    assert up.stage == stage
    (key,) = approved(up.store, up.settings, due_at=datetime.now(UTC))
    wait_for(lambda: up.state(key) is Delivery.PUBLISHED, "the next post out", 60)
    assert len(up.shown()) == 1


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_part_of_it(up: House, told: signal.Signals, wait_for: WaitFor) -> None:
    assert up.process
    assert len(up.everybody()) >= 4
    up.process.send_signal(told)
    assert up.process.wait(30) == 0
    assert up.left == set()
    assert not (up.home / "stage" / "address").exists()


def test_what_its_parent_leaves_behind_when_killed_ends_by_itself(up: House, wait_for: WaitFor) -> None:
    assert up.process
    up.everybody()
    up.process.kill()
    up.process.wait()
    wait_for(lambda: not up.left, "the end of all parts", 30)


@pytest.mark.parametrize("alone", [False, True], ids=["run", "run --only worker"])
def test_it_stops_while_a_call_hangs_and_the_post_goes_out_once_after_the_next_start(
    house: House, alone: bool, wait_for: WaitFor
) -> None:
    words = ("--only", "worker") if alone else ("--empty", "--port", str(house.port))
    house.start(*words)
    wait_for(lambda: house.part(STAGE) is not None and _answers(f"{house.stage}/_stage/ready"), "the stage up", 60)
    hang = {"name": "hang", "path": "/tweets", "method": "POST"}
    assert requests.post(f"{house.stage}/_stage/faults", json=hang, timeout=10).json() == {"faults": 1}
    (key,) = approved(house.store, house.settings, due_at=datetime.now(UTC))
    wait_for(lambda: house.state(key) is Delivery.REVEALING, "the call under way", 60)
    assert house.process
    house.everybody()
    house.process.terminate()
    assert house.process.wait(30) == 0
    assert house.left == set()
    assert house.state(key) in (Delivery.REVEALING, Delivery.UNCERTAIN)
    house.start(*words)
    wait_for(lambda: house.state(key) is Delivery.UNCERTAIN, "the question whether it is out", 60)
    (second,) = approved(
        house.store, house.settings, "second", text="The next one.", on=("facebook-en",), due_at=datetime.now(UTC)
    )
    wait_for(lambda: house.state(second) is Delivery.PUBLISHED, "the next post out", 60)
    assert house.shown() == ["The next one."]


def test_it_stops_while_a_film_is_being_made(house: House, wait_for: WaitFor) -> None:
    house.store.close()
    house.start("--port", str(house.port), "--minutes", "1")
    wait_for(lambda: house.part("ffmpeg") is not None, "a film under way", 120)
    assert house.process
    house.everybody()
    house.process.terminate()
    assert house.process.wait(30) == 0
    wait_for(lambda: not house.left, "the end of all parts, encoders too", 30)


# -- the stage of a home -----------------------------------------------------------------------------


def test_who_uses_the_stage_keeps_it_up_when_its_keeper_is_killed(house: House, wait_for: WaitFor) -> None:
    house.start("--only", "worker")
    wait_for(lambda: _answers(f"{house.stage}/_stage/ready"), "the keeper's stage up", 60)
    with stage_up(house.settings) as base:
        assert base == house.stage
        first = house.part(STAGE)
        assert first
        assert house.process
        house.process.kill()
        house.process.wait()
        wait_for(lambda: not _is_alive(first) and _answers(f"{base}/_stage/ready"), "another stage at its place", 60)
    assert not _answers(f"{base}/_stage/ready")


# -- starting again ----------------------------------------------------------------------------------


def _kept(*words: str, restarts: bool = True) -> tuple[Kept, list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(words))
        return started[-1]

    return Kept("it", start, restarts=restarts), started


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def test_what_ends_at_once_is_started_after_growing_pauses_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept, started = _kept("false")
    now, pauses = 0.0, list[float]()
    kept.keep_up(now)
    for _ in range(8):
        started[-1].wait()
        count, ended = len(started), now
        while len(started) == count:
            kept.keep_up(now)
            now += 0.5
        pauses.append(now - 0.5 - ended)
        now -= 0.5
    started[-1].wait()
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "again and again" in caplog.text


def test_what_was_up_for_long_is_started_again_without_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    kept, started = _kept("sleep", "60")
    kept.keep_up(0.0)
    _kill(started[0])
    kept.keep_up(STEADY_AFTER)
    assert len(started) == 2
    kept.terminate()
    kept.wait(10)
    assert not kept.is_up


def test_a_pause_is_short_again_after_a_steady_time() -> None:
    kept, started = _kept("sleep", "60")
    now = 0.0
    for lived in (1.0, 1.0, 1.0):
        kept.keep_up(now)
        now += lived
        _kill(started[-1])
        kept.keep_up(now)
        now += LONGEST_PAUSE
    kept.keep_up(now)
    kept.keep_up(now + STEADY_AFTER)
    _kill(started[-1])
    kept.keep_up(now + STEADY_AFTER)
    _kill(started[-1])
    kept.keep_up(now + STEADY_AFTER)
    assert len(started) == 5
    kept.keep_up(now + STEADY_AFTER + 1)
    assert len(started) == 6
    kept.terminate()
    kept.wait(10)


def test_what_may_end_is_not_started_again() -> None:
    kept, started = _kept("true", restarts=False)
    kept.keep_up(0.0)
    started[0].wait()
    kept.keep_up(100.0)
    assert len(started) == 1


def test_what_does_not_end_when_asked_is_ended_by_force() -> None:
    kept, started = _kept(sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); input()")
    kept.keep_up()
    kept.terminate()
    kept.wait(0)
    assert started[0].returncode is not None


def test_a_signal_wakes_whoever_waits_to_be_told() -> None:
    stopping = Stopping()
    assert not stopping.wait(0)
    threading.Timer(0.01, stopping.tell, (signal.SIGTERM, None)).start()
    assert stopping.wait()
    assert stopping.is_set()
    stopping.close()


# -- the month ---------------------------------------------------------------------------------------


def test_the_worker_has_the_month_written_by_another_process(house: House) -> None:
    worker = (
        "import sys\n"
        "from campaigns import running\n"
        "from campaigns.settings import Settings\n"
        "running.summarise_last_month(Settings.from_environment())\n"
        "print(*sorted({'typst', 'xlsxwriter', 'campaigns.reports.summary'} & set(sys.modules)))\n"
    )
    environ = {**os.environ, "SAWT_HOME": str(house.home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", worker], env=environ, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    with house.store.reading() as session:
        rows = session.scalars(select(Summary)).all()
    assert {row.month for row in rows} == {f"{last:%Y-%m}"}
    assert len(rows) == 9
    assert all(Path(row.path).exists() for row in rows)
