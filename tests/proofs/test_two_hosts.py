"""Two hosts on one database: whatever happens to one, the other goes on, and nothing goes out twice or not at all.

Each host is a process with a SAWT_HOME of its own, and reaches the database and the stage through relays of ours.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
import requests
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.engine import make_url

from campaigns import levers, paths, review, settling
from campaigns.languages import Language
from campaigns.models import Asset, Delivery, Kind, Publication, Role
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.rehearsal.serving import RunningStage, as_process
from tests import factories
from tests.conftest import _database

WaitFor = Callable[..., None]
ROOT = Path(paths.__file__).parent.parent
LEASE = 2.0
HELD_OPEN = 2.5
"""Seconds: how long the call takes in whose midst something happens to its host; longer than a lease."""
THE_CALL = b"POST /x/2/tweets"
ACCOUNTS = """
[x-en]
network = "x"
languages = ["en"]
name = "Voice of Wisdom"

[facebook-en]
network = "facebook"
languages = ["en"]
name = "Voice of Wisdom"

[instagram-en]
network = "instagram"
languages = ["en"]
name = "Voice of Wisdom"

[website]
network = "website"
languages = ["en"]
name = "Voice of Wisdom"
"""


# -- the line between a host and what it needs ---------------------------------------------------------


class Relay:
    """Hands on what is sent between a host and one server. `cut` is silence, as of a cable that was pulled."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._through = threading.Event()
        self._through.set()
        self._lock = threading.Lock()
        self._is_over = False
        self._sockets: set[socket.socket] = set()
        self._heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._through.clear()

    def heal(self) -> None:
        """What was on its way is lost, and so are the connections; new ones are made."""
        self._hang_up()
        self._through.set()

    def saw(self, head: bytes) -> bool:
        """Whether a call that begins so has been handed on to the server."""
        return any(each.startswith(head) for each in self._heads)

    def forget(self) -> None:
        self._heads.clear()

    def close(self) -> None:
        self._listener.close()
        with self._lock:
            self._is_over = True
        self._hang_up()
        self._through.set()

    def _hang_up(self) -> None:
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                host, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(host,), daemon=True).start()

    def _join(self, host: socket.socket) -> None:
        with suppress(OSError):
            self._keep(host)
            self._through.wait()
            server = socket.create_connection(self._server)
            self._keep(server)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(server, host), daemon=True).start()
            self._pump(host, server)

    def _keep(self, each: socket.socket) -> None:
        with self._lock:
            if not self._is_over:
                self._sockets.add(each)
                return
        each.close()
        raise OSError("the line is closed")

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(1 << 16):
                self._through.wait()
                target.sendall(content)
                self._heads.append(content[:40])
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Host:
    """A worker with a home and lines of its own."""

    def __init__(self, name: str, folder: Path, shared: dict[str, str], database: str, stage: str) -> None:
        url, base = make_url(database), make_url(stage)
        self.name, self.home = name, folder / name
        self.lines = [Relay((url.host or "127.0.0.1", url.port or 5432)), Relay(("127.0.0.1", base.port or 80))]
        to_database, to_stage = self.lines
        here = url.set(host="127.0.0.1", port=to_database.port).render_as_string(hide_password=False)
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SAWT_")},
            **shared,
            "SAWT_HOME": str(self.home),
            "SAWT_DATABASE_URL": here,
            "SAWT_STAGE_URL": f"http://127.0.0.1:{to_stage.port}",
            "PYTHONPATH": str(ROOT),
        }
        (self.home / "config").mkdir(parents=True)
        (self.home / "config" / "accounts.toml").write_text(ACCOUNTS)
        self.process = self._start()

    def settings(self) -> Settings:
        return Settings.from_environment(self._environ)

    def until_ready(self) -> None:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            assert waiting.select(60), f"{self.name} did not come up"
        assert self.process.stdout.readline() == b"ready\n", f"{self.name} did not come up"

    def begin(self) -> None:
        """Up and connected, with nothing heard of it yet."""
        for line in self.lines:
            line.forget()
        if self.process.poll() is not None:
            self.start_again()

    def start_again(self) -> None:
        self._reap()
        self.process = self._start()
        self.until_ready()

    def signal(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def cut_off(self) -> None:
        for line in self.lines:
            line.cut()

    def connect(self) -> None:
        for line in self.lines:
            line.heal()

    def is_calling(self) -> bool:
        """Whether the stage has heard the call that is held open."""
        return self.lines[1].saw(THE_CALL)

    def stop(self) -> None:
        self.signal(signal.SIGTERM)
        self.process.wait(20)

    def close(self) -> None:
        self._reap()
        for line in self.lines:
            line.close()

    def _start(self) -> subprocess.Popen[bytes]:
        script = str(Path(__file__).with_name("host.py"))
        with (self.home / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, script, self.name, str(LEASE)],
                env=self._environ,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def _reap(self) -> None:
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.communicate()


# -- the house ---------------------------------------------------------------------------------------


class House:
    """Two hosts, and what they share."""

    def __init__(self, hosts: list[Host], store: Store, stage: RunningStage, vault: Vault) -> None:
        self.hosts, self.store, self.stage, self.vault = hosts, store, stage, vault
        self.settings = hosts[0].settings()
        self._round = 0

    def begin(self, wait_for: WaitFor) -> None:
        self._wait_for = wait_for
        self._round += 1
        for host in self.hosts:
            host.begin()

    def approve(self, key: str, *, on: list[str], picture: bool = False) -> list[str]:
        """A post that is due in some minutes: soon enough to be prepared, and late enough to wait for us."""
        now, key = datetime.now(UTC), f"{key}-{self._round}"
        with self.store.writing() as session:
            post = factories.text_post(
                session, key, text=f"The words of {key}.", on=on, due_at=now + timedelta(minutes=5)
            )
            if picture:
                post.revision.kind = Kind.DESIGN
                post.revision.wordings[0].alt_text = "A plain colour."
                post.revision.assets.append(self._picture(self._round))
            review.submit(session, post, by=post.revision.author, now=now)
            seal, editor = review.seal_of(post.revision), factories.person(session, factories.EDITOR, Role.EDITOR)
            planned = review.approve(
                session, post, seal=seal, by=editor, now=now, vault=self.vault, settings=self.settings
            )
            return [publication.key for publication in planned]

    def _picture(self, shade: int) -> Asset:
        file = self.vault.folder / f"{shade}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        content = BytesIO()
        Image.new("RGB", (640, 640), (shade, 120, 60)).save(content, "JPEG")
        file.write_bytes(content.getvalue())
        about = {"mime_type": "image/jpeg", "size": file.stat().st_size, "width": 640, "height": 640}
        return Asset(language=Language.EN, sha256=self.vault.keep(file), **about)

    def now_due(self, *keys: str) -> None:
        with self.store.writing() as session:
            mine = Publication.key.in_(keys)
            session.execute(update(Publication).where(mine).values(due_at=datetime.now(UTC)))

    def states(self, *keys: str) -> Counter[Delivery]:
        with self.store.reading() as session:
            return Counter(session.scalars(select(Publication.state).where(Publication.key.in_(keys))))

    def until(self, state: Delivery, *keys: str) -> None:
        try:
            self._wait_for(lambda: self.states(*keys) == {state: len(keys)}, "", 90)
        except AssertionError:
            pytest.fail(f"not all are {state}:\n{self.told(*keys)}")

    def told(self, *keys: str) -> str:
        """What became of each, and what the hosts said."""
        rows = [factories.publication(self.store, key) for key in keys]
        became = [f"{row.key} {row.state} {row.why} {[(m.went_to, m.by) for m in row.moves]}" for row in rows]
        return "\n".join([*became, *((each.home / "log").read_text()[-3000:] for each in self.hosts)])

    def who_moved(self, key: str) -> list[str]:
        return [move.by for move in factories.publication(self.store, key).moves]

    def tell_the_stage(self, what: str, **about: object) -> None:
        requests.post(f"{self.stage.base}/_stage/{what}", json=about, timeout=10).raise_for_status()

    def in_the_midst_of_a_call(self, key: str, fault: str = "") -> tuple[Host, Host]:
        """Let the call that shows `key` begin and stay open, for a while or by `fault` for good.

        The answer is who makes it, and the other.
        """
        if fault:
            self.tell_the_stage("faults", name=fault, path="/2/tweets")
        else:
            self.tell_the_stage("latency", seconds=HELD_OPEN)
        self.now_due(key)
        self._wait_for(lambda: any(each.is_calling() for each in self.hosts), "the call", 60)
        self.tell_the_stage("latency", seconds=0)
        first, second = self.hosts
        return (first, second) if first.is_calling() else (second, first)

    def somebody_looks_and_it_is_not_there(self, key: str) -> None:
        """A person says so truthfully, and puts it back on the plan."""
        now = datetime.now(UTC)
        with self.store.writing() as session:
            publication = session.scalars(select(Publication).where(Publication.key == key)).one()
            assert not [each for each in self.stage.shown() if each["text"] == f"The words of {publication.post.key}."]
            settling.it_is_not_out(session, publication, by="Yusuf", now=now)
            levers.resume(session, publication, settings=self.settings, by="Yusuf", now=now)

    def has_shown(self, text: str) -> bool:
        return any(str(each["text"]).startswith(f"{text}-{self._round}.") for each in self.stage.shown())

    def everything_is_out_once(self) -> None:
        """All of this test's posts; those of the tests before it lie in the same house."""
        ending = f"-{self._round}."
        shown = [each for each in self.stage.shown() if ending in str(each["text"])]
        with self.store.reading() as session:
            rows = [row for row in session.scalars(select(Publication)) if f"{row.post.key}.".endswith(ending)]
            assert {row.state for row in rows} == {Delivery.PUBLISHED}
            recorded = Counter((row.account.network.value, row.remote_id) for row in rows)
            words = [(row.account_key, f"The words of {row.post.key}.") for row in rows]
        assert Counter((each["network"], each["remote_id"]) for each in shown) == recorded
        for account, text in words:
            assert [each["account"] for each in shown if text in str(each["text"])].count(account) == 1


@pytest.fixture(scope="module", params=["threads", "procrastinate"])
def shared_house(
    request: pytest.FixtureRequest, postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Both hosts start at the same moment, on a database in which there is nothing."""
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        database = stack.enter_context(_database(postgres_server))
        stage = stack.enter_context(as_process(folder / "stage"))
        shared = {"SAWT_ENGINE": request.param, "SAWT_VAULT_DIR": str(folder / "media")}
        hosts = []
        for name in ("north", "south"):
            hosts.append(Host(name, folder, shared, database, stage.base))
            stack.callback(hosts[-1].close)
        for host in hosts:
            host.until_ready()
        store = Store(database)
        stack.callback(store.close)
        yield House(hosts, store, stage, Vault(folder / "media"))


@pytest.fixture
def house(shared_house: House, wait_for: WaitFor) -> House:
    """It, with both hosts up, whatever happened to them before."""
    shared_house.begin(wait_for)
    return shared_house


@pytest.fixture
def others(house: House) -> list[str]:
    """What else is to go out, in several forms, prepared."""
    keys = [
        *house.approve("words", on=["facebook-en", "website"]),
        *house.approve("card", on=["x-en", "facebook-en", "instagram-en", "website"], picture=True),
        *house.approve("more", on=["x-en", "facebook-en"]),
    ]
    house.until(Delivery.STAGED, *keys)
    return keys


@pytest.fixture
def held(house: House) -> str:
    [key] = house.approve("held", on=["x-en"])
    house.until(Delivery.STAGED, key)
    return key


def it_works_again(house: House, returned: Host, other: Host) -> None:
    """Alone, without the other's help."""
    other.stop()
    [key] = house.approve("afterwards", on=["x-en"])
    house.now_due(key)
    house.until(Delivery.PUBLISHED, key)
    assert set(house.who_moved(key)[1:]) == {returned.name}


def test_a_host_that_is_killed_in_the_midst_of_a_call_is_replaced_and_comes_back(
    house: House, held: str, others: list[str]
) -> None:
    victim, other = house.in_the_midst_of_a_call(held, "silent-after")
    victim.signal(signal.SIGKILL)
    house.now_due(*others)
    house.until(Delivery.PUBLISHED, held, *others)
    assert other.name in house.who_moved(held)
    victim.start_again()
    it_works_again(house, victim, other)
    house.everything_is_out_once()


def test_what_a_killed_host_never_sent_waits_for_a_person_where_nothing_proves_its_absence(
    house: House, held: str, others: list[str]
) -> None:
    victim, other = house.in_the_midst_of_a_call(held, "hang")
    victim.signal(signal.SIGKILL)
    house.now_due(*others)
    house.until(Delivery.PUBLISHED, *others)
    house.until(Delivery.UNCERTAIN, held)
    house.somebody_looks_and_it_is_not_there(held)
    house.until(Delivery.PUBLISHED, held)
    victim.start_again()
    it_works_again(house, victim, other)
    house.everything_is_out_once()


def test_a_host_that_sleeps_past_its_lease_wakes_up_and_changes_nothing(
    house: House, held: str, others: list[str]
) -> None:
    victim, other = house.in_the_midst_of_a_call(held)
    victim.signal(signal.SIGSTOP)
    house.now_due(*others)
    house.until(Delivery.PUBLISHED, held, *others)
    assert other.name in house.who_moved(held)
    victim.signal(signal.SIGCONT)
    it_works_again(house, victim, other)
    house.everything_is_out_once()


def test_a_host_that_is_cut_off_in_the_midst_of_a_call_is_replaced_and_comes_back(
    house: House, held: str, others: list[str]
) -> None:
    victim, other = house.in_the_midst_of_a_call(held)
    victim.cut_off()
    house.now_due(*others)
    house.until(Delivery.PUBLISHED, held, *others)
    assert other.name in house.who_moved(held)
    victim.connect()
    it_works_again(house, victim, other)
    house.everything_is_out_once()


def test_a_database_that_goes_away_in_the_midst_of_a_call_loses_nothing(
    house: House, held: str, others: list[str], postgres_server: str, wait_for: WaitFor
) -> None:
    name = str(make_url(house.store.url).database)
    house.in_the_midst_of_a_call(held)
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        wait_for(lambda: house.has_shown("The words of held"), "the end of the call")
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
    house.now_due(*others)
    house.until(Delivery.PUBLISHED, held, *others)
    house.everything_is_out_once()
