"""`python -m tests.proofs.crash_worker`: everything imported once, and then a fresh worker for each line of JSON read.

This process has one thread and no connection, so that a fork of it is as good as a new start, only sooner.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import requests
import uvicorn
from sqlalchemy import select, update
from sqlalchemy.orm import Session, configure_mappers

from campaigns import levers, review, settling, withdrawing
from campaigns.connections import Connections
from campaigns.models import ACTIVE, Asset, Delivery, PostState, Publication, Revision, Role, Scope, Wording
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms import connect
from platforms.contract import Network
from platforms.lifeline import end_with_parent
from platforms.rehearsal import credentials, endpoints
from platforms.rehearsal.stage import Stage, application
from platforms.shelf import NoShelf
from tests import factories
from tests.proofs.crash_seams import BEGUN, CORRECTION, LEVER, PERSON, RECOVER, Point, Seams

LAG = timedelta(milliseconds=500)
"""How far the stage's lists are behind: less than the time after which it is looked."""
_MOST_MOVES = 100
_WHO = "Yusuf"
_EVERYTHING: dict[str, Any] = {"scope": Scope.EVERYTHING, "value": ""}


# -- the zygote --------------------------------------------------------------------------------------


def main() -> None:
    stage = _put_a_stage_up()
    _grow_up(stage)
    print(json.dumps({"stage": stage}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["practice"]:
            _practise(asked)
            status = 0
        else:
            worker = _fork(partial(_live, asked))
            status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        print(json.dumps({"status": status}), flush=True)


def _grow_up(stage: str) -> None:
    """Import and prepare what every worker needs, so that its life is short."""
    configure_mappers()
    assert psycopg.version
    for network in Network:
        signed_in = credentials(network, "nobody")
        platform = connect(network, credentials=signed_in, endpoints=endpoints(stage), shelf=NoShelf())
        getattr(platform, "_client", None)  # YouTube's is built when first needed; none has called anybody yet
    gc.disable()


_stores: dict[str, Store] = {}
"""By address: what a practised store has compiled its workers need not compile again."""


def _practise(asked: dict[str, Any]) -> None:
    """Live once in this very process, unwatched and unharmed, and leave nothing open behind."""
    life = Life(asked)
    life.live()
    life.connections.close()
    life.store.close()
    del life
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()
    gc.collect()
    gc.freeze()


def _fork(deed: Callable[[], None]) -> int:
    if process := os.fork():
        return process
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        deed()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


# -- the stage ---------------------------------------------------------------------------------------


class StillStage(Stage):
    def now(self) -> datetime:
        return BEGUN + self._ahead


class Stages:
    """One server, and a stage without a past for each case."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/_anew":
            files = Path(scope["query_string"].decode())
            self._app = application(StillStage(files=files, processing=timedelta(), lag=LAG))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        else:
            await self._app(scope, receive, send)


def _put_a_stage_up() -> str:
    """The address of a process of its own, which ends with this one."""
    # Named as TCP, so that asyncio switches Nagle off: it cost 40 ms a call.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        _fork(partial(_be_the_stage, listener))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _be_the_stage(listener: socket.socket) -> None:
    end_with_parent()
    config = uvicorn.Config(Stages(), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run([listener])


# -- one life of a worker ----------------------------------------------------------------------------


class Clock:
    """Ours and the stage's, moved together; how far is written down, so that the next life goes on from there."""

    def __init__(self, note: Path, stage: str, seams: Seams) -> None:
        self._note, self._stage, self._seams = note, stage, seams
        self._ahead = timedelta(seconds=float(note.read_text()) if note.exists() else 0)

    def __call__(self) -> datetime:
        return BEGUN + self._ahead

    def move_to(self, moment: datetime) -> None:
        by = max(moment - self(), timedelta(milliseconds=1))
        self._ahead += by
        self._note.write_text(str(self._ahead.total_seconds()))
        with self._seams.outside():
            requests.post(f"{self._stage}/_stage/clock", json={"seconds": by.total_seconds()}, timeout=10)


class Life:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.watched, self.other = asked["publications"]
        self.seams = Seams(
            watched=self.watched,
            other=self.other,
            fatal=Point.from_json(asked["fatal"]) if asked["fatal"] else None,
            lose=self._lose if asked["lose"] else None,
        )
        self.settings = Settings.from_environment({"SAWT_HOME": asked["home"]})
        self.store = _stores.setdefault(asked["database"], Store(asked["database"]))
        self.clock = Clock(Path(asked["clock"]), asked["stage"], self.seams)
        self.connections = Connections(self.settings, asked["stage"])
        self.publisher = Publisher(
            self.store,
            Vault(self.settings.media),
            self.connections,
            owner=asked["owner"],
            clock=self.clock,
        )

    def live(self) -> dict[str, Any]:
        """Start as a worker starts, then do what is due, and when nothing is, move on to when something will be."""
        self.seams.look_at(self.store)
        with self.seams.step_called(RECOVER):
            self._take_over()
        match self.asked["person"]:
            case "looks":
                with self.seams.step_called(PERSON):
                    self._say_it_is_not_out()
            case "withdraws" | "corrects" as asked:
                self._go_on(until=self._is_out)
                with self.seams.step_called(PERSON):
                    self._ask_to_withdraw() if asked == "withdraws" else self._have_it_corrected()
        self._go_on(until=lambda: False)
        return self._answer()

    def _take_over(self) -> None:
        """Our own at once; another's once its lease is over, and nothing of it before."""
        if self.asked["careless"]:
            with self.store.writing() as session:
                again = {"state": Delivery.PLANNED, "owner": None, "lease_until": None}
                session.execute(update(Publication).where(Publication.state.in_(ACTIVE)).values(**again))
            return
        if not self.asked["others_come"]:
            self.publisher.recover(everything_of_ours=True)
            return
        with self.store.reading() as session:
            row = self._row(session)
        in_hand = row.state in ACTIVE
        leased = in_hand and row.lease_until is not None and row.lease_until > datetime.now(UTC)
        if (freed := self.publisher.recover()) and leased:
            raise AssertionError("what another worker has in hand was taken before its lease was over")
        with self.store.engine.begin() as connection:
            over = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(update(Publication).where(Publication.lease_until.is_not(None)).values(lease_until=over))
        if freed + self.publisher.recover() != in_hand:
            raise AssertionError("nobody took over what a dead worker had in hand")

    def _go_on(self, *, until: Callable[[], bool]) -> None:
        for _ in range(_MOST_MOVES):
            self.publisher.work(self.asked["account"])
            at = self.publisher.next_at()
            if at is None or until():
                return
            self.clock.move_to(at)
        raise AssertionError(f"it never came to rest: {self._states()}")

    def _lose(self, method: str, path: str) -> None:
        """The next call of this kind goes wrong on its way, or none is let go after this one."""
        if self.asked["lose"] == LEVER:
            with self.store.writing() as session:
                levers.hold(session, **_EVERYTHING, reason="mourning", by=_WHO, now=self.clock())
            return
        skip = self.asked["lost_part"] - 1
        fault = {"name": self.asked["lose"], "method": method, "path": path.partition("/")[2], "skip": skip}
        requests.post(f"{self.asked['stage']}/_stage/faults", json=fault, timeout=10).raise_for_status()

    # -- a person ------------------------------------------------------------------------------------

    def _say_it_is_not_out(self) -> None:
        with self.store.writing() as session:
            publication = self._row(session)
            settling.it_is_not_out(session, publication, by=_WHO, now=self.clock())
            levers.resume(session, publication, settings=self.settings, by=_WHO, now=self.clock())

    def _ask_to_withdraw(self) -> None:
        with self.store.writing() as session:
            if levers.in_force(session):
                levers.release(session, **_EVERYTHING, by=_WHO, now=self.clock())
            reason = "it was said too early"
            withdrawing.withdraw(
                session, self._row(session), settings=self.settings, by=_WHO, reason=reason, now=self.clock()
            )

    def _have_it_corrected(self) -> None:
        """Somebody writes other words, and somebody else approves them."""
        with self.store.writing() as session:
            post = self._row(session).post
            session.add(_corrected(post.revision))
            post.state = PostState.DRAFTED
            session.flush()
            session.expire(post)
            review.submit(session, post, by=post.revision.author, now=self.clock())
            by, seal = factories.person(session, factories.EDITOR, Role.EDITOR), review.seal_of(post.revision)
            vault, settings = self.publisher.vault, self.settings
            review.approve(session, post, seal=seal, by=by, now=self.clock(), vault=vault, settings=settings)

    def _is_out(self) -> bool:
        """Or as much of it as a lever let go."""
        return self._states()[self.watched] in (Delivery.PUBLISHED, Delivery.HELD)

    # -- what became of it ---------------------------------------------------------------------------

    def _row(self, session: Session) -> Publication:
        return session.scalars(select(Publication).where(Publication.key == self.watched)).one()

    def _states(self) -> dict[str, Delivery]:
        with self.store.reading() as session:
            return {each.key: each.state for each in session.scalars(select(Publication))}

    def _answer(self) -> dict[str, Any]:
        with self.store.reading() as session:
            return {
                "points": [point.as_json() for point in self.seams.points],
                "publications": {
                    each.key: {
                        "state": each.state,
                        "remote_id": each.remote_id,
                        "media": sorted(asset.sha256 for asset in each.revision.assets),
                        "owner": each.owner,
                        "not_before": each.not_before and each.not_before.isoformat(),
                        "why": each.why,
                        "moves": [[move.came_from, move.went_to] for move in each.moves],
                    }
                    for each in session.scalars(select(Publication))
                },
            }


def _corrected(last: Revision) -> Revision:
    """The same in other words."""
    alike = ("post", "kind", "accounts", "at", "timezone", "author", "row_digest", "created_at")
    [said] = last.wordings
    words = Wording(language=said.language, title=said.title, text=f"{said.text} {CORRECTION}", alt_text=said.alt_text)
    words.correction = "A word was wrong."
    media = ("language", "shape", "position", "sha256", "mime_type", "size", "width", "height", "seconds")
    return Revision(
        number=last.number + 1,
        wordings=[words],
        assets=[Asset(**{name: getattr(each, name) for name in media}) for each in last.assets],
        **{name: getattr(last, name) for name in alike},
    )


def _live(asked: dict[str, Any]) -> None:
    life = Life(asked)
    life.seams.watch()
    Path(asked["answer"]).write_text(json.dumps(life.live()))


if __name__ == "__main__":
    main()
