"""What is played for the crash matrix: the posts, the ways that a publication may go, and one killed worker on each.

A case is a fresh store with two approved posts on one account, a stage without a past, a worker that is killed at
one point of the first post's way, and another that takes its place. What must have become of both is judged here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import paths, review
from campaigns.languages import Language
from campaigns.models import Asset, Delivery, Kind, Post, Role
from campaigns.models.base import Base
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms import adapter
from platforms.contract import Form, Network
from tests import factories
from tests.proofs.crash_seams import (
    BEGUN,
    CORRECTION,
    LEVER,
    PERSON,
    RECOVER,
    STRAYED,
    Moment,
    Point,
    distinct,
    one_of_alike,
)

ROOT = Path(paths.__file__).parent.parent
FIRST, NEXT = "killed", "next"


# -- what is sent ------------------------------------------------------------------------------------


class Make(StrEnum):
    """How a post is made: its form, and where a network takes different roads for one form, which."""

    TEXT = "text"
    PICTURE = "picture"
    ALBUM = "album"
    FILM = "film"
    REEL = "reel"
    THREAD = "thread"

    @property
    def form(self) -> Form:
        forms = {Form.TEXT: (Make.TEXT, Make.THREAD), Form.PICTURE: (Make.PICTURE, Make.ALBUM)}
        return next((form for form, makes in forms.items() if self in makes), Form.VIDEO)

    @property
    def kind(self) -> Kind:
        return {Form.TEXT: Kind.TEXT, Form.PICTURE: Kind.DESIGN, Form.VIDEO: Kind.FILM}[self.form]

    @property
    def parts(self) -> int:
        return 3 if self is Make.THREAD else 1


ROADS = {Make.ALBUM: (Network.INSTAGRAM,), Make.REEL: (Network.FACEBOOK,), Make.THREAD: (Network.X,)}
"""Makes for which only these networks have a road of their own."""


def offered() -> list[tuple[Network, Make]]:
    """Every form that every network offers, by every road that it has for it."""
    return [
        (network, make)
        for network in Network
        for make in Make
        if make.form in adapter(network).forms and network in ROADS.get(make, tuple(Network))
    ]


def media(make: Make, folder: Path) -> list[Asset]:
    """Small true files for one post, as rows without a revision yet; their bytes lie in `folder` by digest."""
    if make.form is Form.VIDEO:
        return [_film(folder, *((720, 1280) if make is Make.REEL else (1280, 720)))]
    return [_picture(folder, shade) for shade in {Make.PICTURE: [90], Make.ALBUM: [90, 180]}.get(make, [])]


def _picture(folder: Path, shade: int) -> Asset:
    content = BytesIO()
    Image.new("RGB", (640, 640), (shade, 120, 60)).save(content, "JPEG")
    return _kept(folder, content.getvalue(), "image/jpeg", 640, 640, None)


def _film(folder: Path, width: int, height: int) -> Asset:
    """Four seconds in one colour, and room behind them, so that it takes two pieces to send."""
    file = folder / f"{width}.mp4"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = ("-f", "lavfi", "-i", f"color=teal:size={width}x{height}:rate=5:duration=4", "-pix_fmt", "yuv420p")
        subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", "-y", *source, str(file)], check=True)
        room = 1_400_000
        with file.open("ab") as stream:
            stream.write(room.to_bytes(4) + b"free" + bytes(room - 8))
    return _kept(folder, file.read_bytes(), "video/mp4", width, height, 4.0)


def _kept(folder: Path, content: bytes, mime_type: str, width: int, height: int, seconds: float | None) -> Asset:
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / digest).write_bytes(content)
    return Asset(
        language=Language.EN,
        shape=None,
        sha256=digest,
        mime_type=mime_type,
        size=len(content),
        width=width,
        height=height,
        seconds=seconds,
    )


# -- the ways ----------------------------------------------------------------------------------------


class Way(StrEnum):
    """What happens to the first post, apart from the kill."""

    STRAIGHT = "straight on"
    ANSWER_LOST = "the answer is lost"
    CALL_LOST = "the call is lost"
    KILLED_BEFORE = "killed once already"
    TAKEN_DOWN = "taken down"
    HALF_TAKEN_DOWN = "taken down half way"
    CORRECTED = "corrected"

    @property
    def fault(self) -> str | None:
        """What befalls its visible call, of a thread that of the second part; a lever is pulled just before that."""
        return {Way.ANSWER_LOST: "drop-after", Way.CALL_LOST: "drop-before", Way.HALF_TAKEN_DOWN: LEVER}.get(self)

    @property
    def takes_down(self) -> bool:
        return self in (Way.TAKEN_DOWN, Way.HALF_TAKEN_DOWN)

    def part(self, points: list[Point], make: Make) -> list[Point]:
        """Those of the points that are this way's own."""
        match self:
            case Way.STRAIGHT:
                return points
            case Way.KILLED_BEFORE:
                return [point for point in points if point.step == RECOVER]
            case Way.TAKEN_DOWN | Way.HALF_TAKEN_DOWN:
                return [point for point in points if point.step == "withdraw"]
            case Way.CORRECTED:
                asked = max(number for number, point in enumerate(points) if point.step == PERSON)
                return points[asked + 1 :]
        return points[points.index(shown_at(points, make)) :]


def ways(network: Network, make: Make) -> list[Way]:
    """Those that this network allows. Where nothing proves absence, a lost call ends alike for all forms."""
    left_out = set() if adapter(network).withdraws else {Way.TAKEN_DOWN}
    if not adapter(network).corrects:
        left_out.add(Way.CORRECTED)
    if make.parts == 1:
        left_out.add(Way.HALF_TAKEN_DOWN)
    if not proves_absence(network, make) and make.form is not Form.TEXT:
        left_out.add(Way.CALL_LOST)
    return [way for way in Way if way not in left_out]


def proves_absence(network: Network, make: Make) -> bool:
    """Whether the network can say for certain that a post is not out (docs/concepts.md)."""
    return network is not Network.X and (network, make) != (Network.FACEBOOK, Make.TEXT)


def shown_at(points: list[Point], make: Make) -> Point:
    """The moment just after the call that an audience sees; of a thread, the one of the second part."""
    return [each for each in points if _shows(each)][min(make.parts, 2) - 1]


def only_a_person_knows(way: Way, points: list[Point]) -> set[Point]:
    """Between an intent and its call: where absence cannot be proven, nothing but looking at the account helps."""
    if way is Way.CALL_LOST:
        return set(points)
    found, since = set[Point](), list[Point]()
    for point in points:
        if point.step != "reveal" or (point.moment is Moment.AFTER and not point.is_call):
            since = []
        if _shows(point):
            found |= set(since)
        if point.step == "reveal":
            since.append(point)
    return found


def _shows(point: Point) -> bool:
    return point.step == "reveal" and point.is_write and point.moment is Moment.AFTER


# -- playing -----------------------------------------------------------------------------------------


class Zygote:
    """The process of tests/proofs/crash_worker.py, and `stage`, the address of the stage that it has put up."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "workers.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.proofs.crash_worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._http = requests.Session()
        self.stage: str = self._heard()["stage"]

    def live(self, **what: Any) -> int:
        """The exit status of one worker's life."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return int(self._heard()["status"])

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, self.log()
        heard: dict[str, Any] = json.loads(answer)
        return heard

    def new_stage(self, files: Path) -> None:
        self._http.post(f"{self.stage}/_anew?{files}", timeout=30).raise_for_status()

    def shown(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._http.get(f"{self.stage}/_stage/shown", timeout=30).json()
        return answer

    def log(self) -> str:
        return self._log.read_text()[-3000:]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._http.close()
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


Copies = Callable[[], AbstractContextManager[str]]
"""A database as it was before the first worker, by its address, for as long as the block lasts."""


def sqlite_copies(migrated: Path, folder: Path, fill: Callable[[Store], None]) -> Copies:
    prepared, file = folder / "prepared.sqlite", folder / "case.sqlite"
    shutil.copy(migrated, prepared)
    with closing(Store(f"sqlite:///{prepared}")) as store:
        fill(store)

    @contextmanager
    def copy() -> Iterator[str]:
        shutil.copy(prepared, file)
        yield f"sqlite:///{file}"
        for each in folder.glob(f"{file.name}*"):  # the log of a killed writer lies beside it
            each.unlink()

    return copy


def postgres_copies(url: str, fill: Callable[[Store], None]) -> Copies:
    """One database, whose rows are put back for each case: making many takes most of a minute."""
    tables = Base.metadata.sorted_tables
    with closing(Store(url)) as store:
        fill(store)
        with store.engine.connect() as connection:
            rows = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}

    @contextmanager
    def copy() -> Iterator[str]:
        with closing(Store(url)) as store, store.engine.begin() as connection:
            for table in reversed(tables):
                connection.execute(table.delete())
            for table in tables:
                if rows[table]:
                    connection.execute(table.insert(), rows[table])
        yield url

    return copy


@dataclass(frozen=True, kw_only=True)
class Played:
    """One way of one matrix: the points at which a worker was killed, and how often a person had to look."""

    way: Way
    points: list[Point]
    by_a_person: int


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """One network and form on one database. `others_come`: another worker takes over, once the lease has run out."""

    zygote: Zygote
    folder: Path
    network: Network
    make: Make
    copies: Copies
    others_come: bool = False
    everywhere: bool = False
    """Killed at every point, and not at the last alone of those that leave the same world behind."""
    careless: bool = False
    """Workers send again what a dead one had in hand, without looking: to see that it would be noticed."""

    def play_all(self, *, left_out: Way | None = None) -> Iterator[Played]:
        with self._case(Way.STRAIGHT) as case:
            case.practise()
        for way in ways(self.network, self.make):
            if way is not left_out:
                yield self.play(way)

    def play(self, way: Way) -> Played:
        """The way undisturbed, and then with a worker killed at each of its points, or one of those that are alike."""
        passed = self.passed(way)
        points = way.part(distinct(passed), self.make)
        unknown = set() if proves_absence(self.network, self.make) else only_a_person_knows(way, points)
        for point in points if self.everywhere else one_of_alike(passed, points):
            self.killed_at(way, point, unknown=point in unknown)
        return Played(way=way, points=points, by_a_person=len(unknown))

    def passed(self, way: Way) -> list[Point]:
        before = self._first_kill if way is Way.KILLED_BEFORE else None
        with self._case(way) as case:
            if before:
                case.killed(before)
            points = case.lived()
            unknown = way is Way.CALL_LOST and not proves_absence(self.network, self.make)
            case.judge("undisturbed", unknown=unknown)
        return points

    def killed_at(self, way: Way, point: Point, *, unknown: bool) -> None:
        """`unknown`: only a person can know what became of it then."""
        before = self._first_kill if way is Way.KILLED_BEFORE else None
        with self._case(way) as case:
            if before:
                case.killed(before)
            case.killed(point)
            case.lived()
            case.judge(str(point), unknown=unknown)

    @cached_property
    def _first_kill(self) -> Point:
        with self._case(Way.STRAIGHT) as case:
            return shown_at(case.lived(), self.make)

    @contextmanager
    def _case(self, way: Way) -> Iterator[Case]:
        number = len(list(self.folder.glob("case-*")))
        folder = self.folder / f"case-{number}"
        folder.mkdir()
        self.zygote.new_stage(folder / "stage")
        with self.copies() as database:
            yield Case(matrix=self, way=way, folder=folder, database=database)
        shutil.rmtree(folder / "stage", ignore_errors=True)


@dataclass(kw_only=True)
class Case:
    """One store, one stage, and the lives of the workers upon them, one after the other."""

    matrix: Matrix
    way: Way
    folder: Path
    database: str
    lives: int = 0
    publications: dict[str, dict[str, Any]] = field(default_factory=dict)

    def killed(self, at: Point) -> None:
        """A life that ends by SIGKILL at this point."""
        status = self._live(fatal=at)
        assert status == -signal.SIGKILL, f"nobody was killed at {at} (exit status {status})\n{self._log()}"

    def lived(self, *, person: str = "") -> list[Point]:
        """A life until nothing is left to do; the points that it passed."""
        status = self._live(person=person)
        assert status != STRAYED, self._log()
        assert status == 0, f"a worker failed with {status}\n{self._log()}"
        answer = json.loads((self.folder / "answer").read_text())
        self.publications = answer["publications"]
        return [Point.from_json(each) for each in answer["points"]]

    def practise(self) -> None:
        """What every life has in common is learnt once, by the zygote itself."""
        assert self._live(practice=True) == 0, self._log()

    def _live(self, *, fatal: Point | None = None, person: str = "", practice: bool = False) -> int:
        self.lives += 1
        first, matrix = self.lives == 1, self.matrix
        return matrix.zygote.live(
            home=str(matrix.folder / "home"),
            database=self.database,
            stage=matrix.zygote.stage,
            clock=str(self.folder / "clock"),
            answer=str(self.folder / "answer"),
            account=account(matrix.network),
            publications=[publication_key(name, matrix.network) for name in (FIRST, NEXT)],
            owner=f"worker-{self.lives if matrix.others_come else 1}",
            others_come=matrix.others_come and not first,
            careless=matrix.careless,
            practice=practice,
            fatal=fatal and fatal.as_json(),
            lose=self.way.fault if first else None,
            lost_part=min(matrix.make.parts, 2),
            person=person or (_ASKS.get(self.way, "") if first else ""),
        )

    # -- what must have become of it -----------------------------------------------------------------

    def judge(self, what: str, *, unknown: bool) -> None:
        """Nothing lost, nothing twice, and the store says what is true. `unknown`: only a person can know."""
        matrix = self.matrix
        if unknown:
            first = self._publication(FIRST)
            assert (first["state"], first["not_before"]) == (Delivery.UNCERTAIN, None), self._told(what)
            assert "person" in first["why"], self._told(what)
            out = self._copies(FIRST)
            assert _counters(out) == _all_parts(matrix.make)[: len(out)], self._told(what)
            assert len(out) < max(matrix.make.parts, 1), self._told(what)
            self._judge_one(NEXT, Delivery.PUBLISHED, what)
            self.lived(person="looks")
        self._judge_one(FIRST, Delivery.WITHDRAWN if self.way.takes_down else Delivery.PUBLISHED, what)
        self._judge_one(NEXT, Delivery.PUBLISHED, what)

    def _judge_one(self, name: str, state: Delivery, what: str) -> None:
        publication, copies = self._publication(name), self._copies(name)
        assert publication["state"] == state, self._told(what)
        parts = _all_parts(self.matrix.make)
        if name == FIRST and self.way is Way.HALF_TAKEN_DOWN:
            parts = parts[:1]
        assert len(copies) == len(parts), f"{len(copies)} copies: {self._told(what)}"
        assert _counters(copies) == parts, self._told(what)
        assert publication["remote_id"] == copies[0]["remote_id"], self._told(what)
        assert publication["media"] == sorted(copies[0]["media"]), self._told(what)
        is_corrected = name == FIRST and self.way is Way.CORRECTED
        assert (CORRECTION in copies[0]["text"]) == is_corrected, self._told(what)
        assert {each["hidden_at"] is not None for each in copies} == {state is Delivery.WITHDRAWN}, self._told(what)
        assert publication["owner"] is None, self._told(what)
        moves = publication["moves"]
        assert [came_from for came_from, _ in moves] == [None, *(went_to for _, went_to in moves[:-1])], moves
        assert moves[-1][1] == state, self._told(what)

    def _publication(self, name: str) -> dict[str, Any]:
        return self.publications[publication_key(name, self.matrix.network)]

    def _copies(self, name: str) -> list[dict[str, Any]]:
        """Everything with these words that the stage's audience could ever see."""
        return [each for each in self.matrix.zygote.shown() if words(name) in each["text"]]

    def _told(self, what: str) -> str:
        killed = f"{self.matrix.network}, {self.matrix.make}, {self.way}: killed at {what}"
        shown = self.matrix.zygote.shown()
        return "\n".join([killed, json.dumps(self.publications, indent=1), json.dumps(shown, indent=1), self._log()])

    def _log(self) -> str:
        return self.matrix.zygote.log()


def _all_parts(make: Make) -> list[str]:
    """Their counters; a post in one part has none."""
    return [f"{number}/{make.parts}" for number in range(1, make.parts + 1)] if make.parts > 1 else [""]


def _counters(copies: list[dict[str, Any]]) -> list[str]:
    return [each["text"].rpartition("\n\n")[2] if each["text"].endswith("/3") else "" for each in copies]


# -- the store before the first worker ---------------------------------------------------------------


def account(network: Network) -> str:
    return f"{network}-en"


def furnish(home: Path, *, spacing_minutes: int = 5) -> Settings:
    """A home with one account on each network, none of them signed in."""
    told = f'languages = ["en"]\nname = "Wisdom"\nspacing_minutes = {spacing_minutes}\n'
    config = home / "config"
    config.mkdir(parents=True)
    tables = (f'[{account(network)}]\nnetwork = "{network}"\n{told}' for network in Network)
    (config / "accounts.toml").write_text("\n".join(tables))
    return Settings.from_environment({"SAWT_HOME": str(home)})


def publication_key(name: str, network: Network) -> str:
    return f"{name}:{account(network)}:en"


_ASKS = {Way.TAKEN_DOWN: "withdraws", Way.HALF_TAKEN_DOWN: "withdraws", Way.CORRECTED: "corrects"}
"""What a person asks for once the first post is out."""


def words(name: str) -> str:
    return f"A word to keep, the {name} one."


SOON, LATER = timedelta(minutes=9), timedelta(minutes=40)
"""The first is to be prepared at once, the next not before the first is out."""


def prepare(
    store: Store,
    settings: Settings,
    network: Network,
    make: Make,
    files: Path,
    *,
    due_in: tuple[timedelta, timedelta] = (SOON, LATER),
    now: datetime = BEGUN,
) -> None:
    """Two approved posts."""
    factories.accounts(store, settings)
    vault = Vault(settings.media)
    for name, due in zip((FIRST, NEXT), due_in, strict=True):
        with store.writing() as session:
            post = _post(session, name, make, account(network), now + due)
            post.revision.kind = make.kind
            for position, asset in enumerate(media(make, files)):
                vault.keep(files / asset.sha256)
                asset.position = position
                post.revision.assets.append(asset)
            session.flush()
            review.submit(session, post, by=post.revision.author, now=now)
            editor = factories.person(session, factories.EDITOR, Role.EDITOR)
            seal = review.seal_of(post.revision)
            review.approve(session, post, seal=seal, by=editor, now=now, vault=vault, settings=settings)


def _post(session: Session, name: str, make: Make, on: str, due_at: datetime) -> Post:
    """Of a thread each part begins with its words."""
    text = words(name)
    if make.parts > 1:
        text = "\n\n".join([text + " It is said slowly." * 9] * make.parts)
    post = factories.text_post(session, name, text=text, on=[on], due_at=due_at)
    [wording] = post.revision.wordings
    wording.title, wording.alt_text = "A word", "A plain colour"
    return post
