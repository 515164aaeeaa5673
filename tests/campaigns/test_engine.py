"""The engine carries lines and drawings to whichever worker is free, and nothing depends on its memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from psycopg.rows import scalar_row

from campaigns.connections import Connections
from campaigns.engine import Engine, install
from campaigns.engine.tables import SCHEMA, SESSION
from campaigns.measuring import Measurer
from campaigns.models import Delivery
from campaigns.publishing import Lane, Line, Publisher
from campaigns.settings import Settings, SettingsError
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from scheduler import Clock
from tests import factories
from tests.conftest import _database

WaitFor = Callable[..., None]
ONE, TWO = (Line(account=account, lane=Lane.SEND) for account in ("x-en", "x-fr"))


@pytest.fixture(scope="module")
def database(postgres_server: str, migrated_postgres: str) -> Iterator[str]:
    """One for the whole module: making a database takes longer than most of these tests."""
    with _database(postgres_server, migrated_postgres) as url:
        install(url)
        yield url


@pytest.fixture
def postgres(database: str) -> Iterator[str]:
    """It, with an empty queue."""
    yield database
    with psycopg.connect(database, **SESSION) as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")


class Work:
    """Writes down which lines were worked; each waits for `gate`."""

    def __init__(self) -> None:
        self.begun: Counter[Line] = Counter()
        self.done: Counter[Line] = Counter()
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def __call__(self, line: Line) -> int:
        with self._lock:
            self.begun[line] += 1
        assert self.gate.wait(20)
        with self._lock:
            self.done[line] += 1
        return 1


class NoDrawings:
    def draw(self, key: str, pace: str) -> None:
        raise AssertionError("nothing was to be drawn")

    def stop(self) -> None:
        return None


@contextmanager
def engine(url: str, work: Callable[[Line], int], *, at_once: int = 4) -> Iterator[Engine]:
    engine = Engine(url, work, draws=NoDrawings(), at_once=at_once)
    try:
        yield engine
    finally:
        engine.stop()


def queued(url: str, status: str = "todo") -> list[str]:
    """The lines that stand in the queue, without the engine's own chores."""
    query = "SELECT queueing_lock FROM procrastinate_jobs WHERE status = %s AND task_name <> 'rescue' ORDER BY 1"
    with psycopg.connect(url, row_factory=scalar_row, **SESSION) as connection:
        return connection.execute(query, (status,)).fetchall()


def test_a_line_that_is_handed_over_is_worked_and_leaves_nothing_behind(postgres: str, wait_for: WaitFor) -> None:
    work = Work()
    with engine(postgres, work) as hands:
        hands.hand_over(ONE)
        wait_for(lambda: work.done[ONE] == 1, "the work")
        wait_for(lambda: queued(postgres, "doing") == [], "the end of the job")
    assert queued(postgres) == []


def test_a_line_waits_in_the_queue_once_however_often_it_is_handed_over(postgres: str, wait_for: WaitFor) -> None:
    work = Work()
    work.gate.clear()
    with engine(postgres, work, at_once=1) as hands, engine(postgres, work, at_once=1) as others:
        for line in (ONE, Line(account="x-ar", lane=Lane.SEND)):
            hands.hand_over(line)
        wait_for(lambda: sum(work.begun.values()) == 2, "two lines in hand, on two workers")
        for _ in range(20):
            hands.hand_over(TWO)
            others.hand_over(TWO)
        wait_for(lambda: queued(postgres) == ["send x-fr"], "the third in the queue")
        work.gate.set()
        wait_for(lambda: work.done[TWO] == 1, "its work")
        wait_for(lambda: queued(postgres) == [] == queued(postgres, "doing"), "an empty queue")
    assert work.done[TWO] == 1


def test_a_line_that_comes_due_while_it_is_in_hand_is_worked_once_more(postgres: str, wait_for: WaitFor) -> None:
    work = Work()
    work.gate.clear()
    with engine(postgres, work) as hands:
        hands.hand_over(ONE)
        wait_for(lambda: work.begun[ONE] == 1, "the work")
        hands.hand_over(ONE)
        wait_for(lambda: work.begun[ONE] == 2, "the second turn")
        work.gate.set()


def test_what_is_prepared_keeps_nothing_waiting_that_is_to_be_sent(postgres: str, wait_for: WaitFor) -> None:
    uploading, sent = threading.Event(), Work()

    def work(line: Line) -> int:
        if line.lane is Lane.PREPARE:
            assert uploading.wait(20)
            return 1
        return sent(line)

    with engine(postgres, work, at_once=2) as hands:
        for account in ("a", "b", "c"):
            hands.hand_over(Line(account=account, lane=Lane.PREPARE))
        wait_for(lambda: queued(postgres, "doing") != [], "an upload")
        hands.hand_over(ONE)
        wait_for(lambda: sent.done[ONE] == 1, "the sending")
        uploading.set()


def test_as_many_accounts_prepare_at_the_same_moment_as_send(postgres: str, wait_for: WaitFor) -> None:
    work = Work()
    work.gate.clear()
    lines = [Line(account=account, lane=Lane.PREPARE) for account in ("a", "b", "c", "d")]
    with engine(postgres, work, at_once=len(lines)) as hands:
        for line in lines:
            hands.hand_over(line)
        wait_for(lambda: set(work.begun) == set(lines), "the preparing on all four")
        work.gate.set()


def test_after_work_the_clock_is_told(postgres: str, wait_for: WaitFor) -> None:
    told = threading.Event()
    hands = Engine(postgres, lambda _: 1, draws=NoDrawings(), then=told.set)
    hands.hand_over(ONE)
    assert told.wait(20)
    hands.stop()


def test_a_failure_in_one_line_leaves_the_others_at_work(postgres: str, wait_for: WaitFor) -> None:
    sent = Work()

    def work(line: Line) -> int:
        if line == ONE:
            raise RuntimeError("no adapter foresaw this")
        return sent(line)

    with engine(postgres, work, at_once=1) as hands:
        hands.hand_over(ONE)
        hands.hand_over(TWO)
        wait_for(lambda: sent.done[TWO] == 1, "the other line")
        wait_for(lambda: queued(postgres, "doing") == [], "the end of both")


def test_stopping_lets_what_is_in_hand_finish_and_takes_nothing_new(postgres: str, wait_for: WaitFor) -> None:
    work = Work()
    work.gate.clear()
    hands = Engine(postgres, work, draws=NoDrawings(), at_once=1)
    hands.hand_over(ONE)
    wait_for(lambda: work.begun[ONE] == 1, "the work")
    hands.hand_over(TWO)
    wait_for(lambda: queued(postgres) == ["send x-fr"], "the second in the queue")
    stopping = threading.Thread(target=hands.stop)
    stopping.start()
    wait_for(lambda: queued(postgres, "doing") == [], "the end of the taking")
    work.gate.set()
    stopping.join(20)
    hands.hand_over(ONE)
    assert not stopping.is_alive()
    assert (work.done[ONE], work.begun[TWO]) == (1, 0)


def test_a_database_that_goes_away_and_comes_back_loses_the_clock_nothing(
    postgres: str, postgres_server: str, wait_for: WaitFor
) -> None:
    work = Work()
    name = postgres.rpartition("/")[2]
    with engine(postgres, work) as hands, psycopg.connect(postgres_server, autocommit=True) as server:
        hands.hand_over(ONE)
        wait_for(lambda: work.done[ONE] == 1, "the work")
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        hands.hand_over(ONE)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())

        def worked_again() -> bool:
            hands.hand_over(ONE)  # as the clock does, each second
            return work.done[ONE] > 1

        wait_for(worked_again, "the work after the connection was lost", 60)


DIES_AT_WORK = """
import os, sys, threading
from campaigns.engine import Engine
from tests.campaigns.test_engine import NoDrawings

def work(line):
    print("begun", flush=True)
    threading.Event().wait()

Engine(sys.argv[1], work, draws=NoDrawings())
threading.Event().wait()
"""


def test_the_job_of_a_host_that_was_killed_is_given_to_another(
    postgres: str, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.engine.hands.HEARTBEAT", timedelta(seconds=0.2))
    monkeypatch.setattr("campaigns.engine.hands.DEAD_AFTER", timedelta(seconds=1))
    root = Path(__file__).parents[2]
    dying = subprocess.Popen(
        [sys.executable, "-c", DIES_AT_WORK, postgres], stdout=subprocess.PIPE, cwd=root, start_new_session=True
    )
    assert dying.stdout is not None
    work = Work()
    try:
        wait_for(lambda: _workers(postgres) == 3, "the first host")
        _defer(postgres, ONE)
        assert dying.stdout.readline() == b"begun\n"
    finally:
        os.killpg(dying.pid, signal.SIGKILL)
        dying.communicate()
    with engine(postgres, work):
        wait_for(lambda: work.done[ONE] == 1, "the work by the other host", 40)
        wait_for(lambda: queued(postgres, "doing") == [] == queued(postgres), "an empty queue")


def _workers(url: str) -> int:
    with psycopg.connect(url, row_factory=scalar_row, **SESSION) as connection:
        return int(connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() or 0)


def _defer(url: str, line: Line) -> None:
    """As another host's clock would."""
    with engine(url, lambda _: 0, at_once=1) as hands:
        hands.stop()
    query = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)"
        " VALUES (%s, 'line', %s, jsonb_build_object('account', %s::text, 'lane', %s::text))"
    )
    with psycopg.connect(url, **SESSION) as connection:
        connection.execute(query, (line.lane, f"{line.lane} {line.account}", line.account, line.lane))


def test_hosts_that_start_at_once_make_the_tables_once(bare_postgres: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(install, [bare_postgres] * 6))
    with psycopg.connect(bare_postgres, row_factory=scalar_row, **SESSION) as connection:
        assert connection.execute("SELECT count(*) FROM installed").fetchone() == 1


def test_tables_of_an_older_version_are_brought_up_to_the_installed_one(bare_postgres: str, postgres: str) -> None:
    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    old = steps[: len(steps) // 2]
    with psycopg.connect(bare_postgres, autocommit=True, **SESSION) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        connection.execute("CREATE TABLE installed (step text PRIMARY KEY)")
        for step in old:
            connection.execute(step.read_bytes())
        connection.execute("INSERT INTO installed VALUES (%s)", (old[-1].stem,))
    install(bare_postgres)
    assert _shape(bare_postgres) == _shape(postgres)


def _shape(url: str) -> set[str]:
    """Tables with their columns, functions and triggers of the queue."""
    query = """
        SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema
        UNION SELECT routine_name FROM information_schema.routines WHERE routine_schema = current_schema
        UNION SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = current_schema
    """
    with psycopg.connect(url, row_factory=scalar_row, **SESSION) as connection:
        return set(connection.execute(query).fetchall())


def test_our_tables_and_those_of_the_queue_lie_in_schemas_of_their_own(postgres: str) -> None:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate%'"
    with psycopg.connect(postgres, row_factory=scalar_row) as connection:
        assert connection.execute(query).fetchone() == 0


def test_a_user_who_may_make_no_schema_is_told_what_to_allow(bare_postgres: str) -> None:
    with psycopg.connect(bare_postgres, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS sawt_poor")
        connection.execute("CREATE ROLE sawt_poor LOGIN")
        poor = bare_postgres.replace("postgres@", "sawt_poor@")
        try:
            with pytest.raises(ValueError, match="GRANT CREATE ON DATABASE"):
                install(poor)
        finally:
            connection.execute("DROP ROLE sawt_poor")


def test_posts_go_out_through_the_engine_with_a_clock_on_each_of_two_hosts(
    postgres: str, settings: Settings, vault: Vault, tmp_path: Path, wait_for: WaitFor
) -> None:
    store = Store(postgres)
    factories.accounts(store, settings)
    now = datetime.now(UTC)
    keys = [
        factories.approved(store, settings, f"{account}-{number}", text=f"Word {number}.", on=[account], due_at=now)[0]
        for number in range(3)
        for account in ("x-en", "facebook-en")
    ]
    stage = Stage(files=tmp_path / "stage", processing=timedelta(), lag=timedelta())
    with in_thread(stage) as running:
        connections = [Connections(settings, running.base) for _ in range(2)]
        clocks = [_clock(f"host-{n}", store, vault, settings, each) for n, each in enumerate(connections)]
        for clock in clocks:
            clock.start()
        wait_for(
            lambda: all(factories.publication(store, key).state is Delivery.PUBLISHED for key in keys),
            "the publishing of all",
            60,
        )
        for clock in clocks:
            clock.stop()
        for each in connections:
            each.close()
        assert Counter(str(each["account"]) for each in running.shown()) == {"x-en": 3, "facebook-en": 3}
    store.close()


def _clock(owner: str, store: Store, vault: Vault, settings: Settings, connections: Connections) -> Clock:
    publisher = Publisher(store, vault, connections, owner=owner, clock=lambda: datetime.now(UTC))
    measurer = Measurer(store, connections, settings, clock=lambda: datetime.now(UTC))
    return Clock(
        publisher,
        measurer,
        summarise=lambda: None,
        pace=1.0,
        hands=lambda then: Engine(store.url, publisher.work_line, draws=NoDrawings(), then=then, at_once=2),
    )


def test_a_worker_that_is_started_by_itself_prepares_an_empty_database_and_ends_when_told(
    bare_postgres: str, tmp_path: Path, wait_for: WaitFor
) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SAWT_")}
    environ |= {"SAWT_HOME": str(tmp_path), "SAWT_DATABASE_URL": bare_postgres, "SAWT_ENGINE": "procrastinate"}
    environ |= {"PYTHONPATH": str(Path(__file__).parents[2]), "SAWT_STAGE_URL": "http://127.0.0.1:1"}
    command = [sys.executable, "-m", "campaigns.cli", "run", "--only", "worker"]
    worker = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: worker.poll() is not None or _is_made(bare_postgres), "a worker in the queue", 60)
    finally:
        worker.terminate()
        _, said = worker.communicate(timeout=30)
    assert (worker.returncode, said) == (0, "")


def _is_made(url: str) -> bool:
    try:
        return _workers(url) == 3
    except psycopg.errors.UndefinedTable:
        return False


def test_a_worker_that_shares_nothing_does_not_even_load_the_engine() -> None:
    code = "import sys, campaigns.running, campaigns.drawing, scheduler; print('procrastinate' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def test_an_engine_without_postgresql_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs PostgreSQL"):
        Settings.from_environment({"SAWT_HOME": str(tmp_path), "SAWT_ENGINE": "procrastinate"})


def test_an_engine_that_is_not_known_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="write threads or procrastinate"):
        Settings.from_environment({"SAWT_HOME": str(tmp_path), "SAWT_ENGINE": "steam"})


def test_a_stage_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="on this machine alone"):
        Settings.from_environment({"SAWT_HOME": str(tmp_path), "SAWT_STAGE_URL": "http://stage.example:80"})


def test_hosts_may_share_their_media(tmp_path: Path) -> None:
    environ = {"SAWT_HOME": str(tmp_path / "one"), "SAWT_VAULT_DIR": str(tmp_path / "shared")}
    assert Settings.from_environment(environ).media == tmp_path / "shared"
