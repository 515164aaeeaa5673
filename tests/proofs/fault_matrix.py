"""Every write call to every network, gone wrong in every way: what is out there afterwards, and what we say of it.

A post is published once untouched, and the calls that it made are written down. Then the same post is published
anew for each of these calls and each way to go wrong, on a stage and in a store of its own, until nothing more
happens by itself. `python -m tests.proofs.fault_matrix` writes what came out into docs/faults.md.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image
from sqlalchemy import select, update

from campaigns import catalogue, review
from campaigns.connections import Connections, Speaker
from campaigns.languages import Language
from campaigns.models import Account, Asset, Delivery, Kind, Post, PostState, Publication, Revision, Role, Wording
from campaigns.models.base import Base
from campaigns.publishing import Publisher
from campaigns.settings import AccountSetting, Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms import adapter, endpoints
from platforms.contract import Form, Network, Platform
from platforms.endpoints import WalledSession
from platforms.rehearsal import credentials as stage_credentials
from platforms.rehearsal import endpoints as stage_endpoints
from platforms.rehearsal.bad_days import BAD_DAYS
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.stage import Stage, application
from platforms.shelf import LoopbackShelf
from platforms.youtube.quota import next_pacific_midnight
from tests import factories
from tests.conftest import StillClock
from tests.door import Door, opened

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "faults.md"

ACCOUNT = "account"
LAG, PROCESSING = timedelta(seconds=20), timedelta(seconds=3.5)
"""How far lists lag behind on the stage, and how long a film or a container takes there.

Whatever the spread of our own waits, this processing takes the same number of looks.
"""
WINDOW = timedelta(minutes=10)
SILENCE = 0.1
"""Seconds after which a call that is not answered is given up; moved on the clock as long as it takes in earnest."""

FAULTS: Mapping[Name, str] = {
    "error-after": "done, then HTTP 500",
    "drop-after": "done, then cut off",
    "silent-after": "done, but no answer",
    "hang": "not done, and no answer",
    "truncated-after": "done, half an answer",
    "empty-after": "done, answer without an id",
    "rate-limited": "window closed",
    "token-dead": "token dead",
}
ELSEWHERE = ("gateway-after", "rate-limited-openly", "refused-once")
"""Any network's as well; tried at the call that shows the post alone, as elsewhere they are much like the others."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network with a kind of post."""

    network: Network
    kind: Kind

    @property
    def name(self) -> str:
        form = {Kind.TEXT: "text", Kind.DESIGN: "picture", Kind.FILM: "film", Kind.VIDEOGRAPHIC: "reel"}[self.kind]
        return f"{self.network.label.removeprefix('the ')}, {form}"


def cases() -> Iterator[Case]:
    """Every form that an adapter offers; films on Facebook go two roads."""
    for network in Network:
        for kind in (Kind.TEXT, Kind.DESIGN, Kind.FILM, Kind.VIDEOGRAPHIC):
            offered = kind.form in adapter(network).forms
            if offered and (kind is not Kind.VIDEOGRAPHIC or network is Network.FACEBOOK):
                yield Case(network=network, kind=kind)


def cases_of_their_own() -> Iterator[Case]:
    """With the fewest posts every call that some bad day of a network's own is about."""
    richest = {Network.X: (Kind.FILM,), Network.WEBSITE: (Kind.TEXT,)}
    return (case for case in cases() if case.kind in richest.get(case.network, tuple(Kind)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """A call that left the house: its path on the stage, and the post's own clock. Of two alike each is itself.

    `phase` is Meta's, of an upload; `kind` its content type.
    """

    method: str
    path: str
    at: datetime
    phase: str = ""
    kind: str = ""

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD") and not self.path.startswith("/youtube-token")

    @property
    def room(self) -> str:
        """The network's part of the stage."""
        return f"/{self.path.split('/')[1]}/"

    @property
    def pattern(self) -> str:
        """Of its path, whatever ids are in there."""
        return "^" + re.sub(r"\d{5,}", r"\\d+", re.escape(self.path)) + "$"

    def is_like(self, other: Call) -> bool:
        return self.method == other.method and bool(re.search(self.pattern, other.path))

    @property
    def told(self) -> str:
        """Without what differs from one run to the next."""
        path = self.path.removeprefix(self.room.rstrip("/")).removeprefix("/2/").removeprefix("/")
        path = re.sub(rf"\b(page|ig)-{ACCOUNT}\b", r"{\1}", path)
        path = re.sub(r"\bv\d+\.\d+/|\bwp-json/wp/v2/|\byoutube/v3/", "", path)
        path = re.sub(r"(^|/)[0-9]+(?=/|$)", r"\1{id}", path)
        return f"{self.method} {path}{f' ({self.phase})' if self.phase else ''}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one post. `calls` and `took` are counted from the fault until nothing more happened by itself."""

    state: str
    copies: int
    same_id: bool
    calls: int
    writes: int
    took: timedelta
    after: Outcome | None = None
    """Once the window had opened, or a person had signed in again."""

    @property
    def told(self) -> str:
        calls = f"{self.calls} call{'' if self.calls == 1 else 's'}"
        if self.after:
            return f"{self.state}, {calls}; {self.after.state} ×{self.after.copies}"
        return f"{self.state} ×{self.copies}, {calls}, {_roughly(self.took)}"


Row = tuple[Call, Mapping[Name, Outcome]]
OwnRow = tuple[Case, Name, Call, Outcome]


def broken(case: Case, call: Call, name: Name, outcome: Outcome) -> list[str]:
    """The rules of the house that this outcome breaks, in sentences."""
    found = list(_untrue(outcome))
    expected = "uncertain" if _nobody_can_know(case, call, name) else "published"
    if (last := outcome.after or outcome).state != expected:
        found.append(f"it ends as {last.state} instead of {expected}")
    if name == "rate-limited" and (outcome.state, outcome.calls) != ("waits", 0):
        found.append(f"{outcome.calls} calls while the window was closed, and it {outcome.state}")
    if name == "token-dead" and (outcome.state, outcome.writes) != ("pauses", 0):
        found.append(f"{outcome.writes} writes with a dead token, and it {outcome.state}")
    return [f"{case.name}: {call.told}: {FAULTS[name]}: {sentence}" for sentence in found]


def broken_own(case: Case, name: Name, call: Call, outcome: Outcome) -> list[str]:
    """The same on a bad day of the network's own. A film that cannot be made ready is refused, and nothing else is."""
    found = list(_untrue(outcome))
    last = outcome.after or outcome
    expected = "failed" if name == "processing-fails" else "published"
    if name == "duplicate" and _no_absence_is_proved(case):
        expected = "uncertain"
    if last.state != expected:
        found.append(f"it ends as {last.state} instead of {expected}")
    return [f"{case.name}: {call.told}: {name}: {sentence}" for sentence in found]


def _untrue(outcome: Outcome) -> Iterator[str]:
    """What must never be, whatever goes wrong."""
    for each in (outcome, *([outcome.after] if outcome.after else [])):
        if each.copies > 1:
            yield f"{each.copies} copies are out"
        if (each.state == "published") != (each.copies == 1 and each.same_id):
            known = "known" if each.same_id else "not known"
            yield f"we say {each.state}, and {each.copies} are out, their id {known}"


def _nobody_can_know(case: Case, call: Call, name: Name) -> bool:
    """What was never done stays uncertain where its absence cannot be proved."""
    return name == "hang" and _no_absence_is_proved(case) and call.told in ("POST tweets", "POST {page}/feed")


def _no_absence_is_proved(case: Case) -> bool:
    """X, and Facebook for a post without media."""
    return case.network is Network.X or (case.network is Network.FACEBOOK and case.kind is Kind.TEXT)


@dataclass
class StillStage(Stage):
    """A stage that goes by the post's own clock."""

    clock: StillClock = field(default_factory=StillClock)

    def now(self) -> datetime:
        return self.clock()


class Theatre:
    """A running server; each cell puts a stage of its own behind it."""

    def __init__(self, folder: Path, door: Door) -> None:
        self._folder, self._door = folder, door
        self.base = door.base

    def open(self) -> StillStage:
        files = Path(tempfile.mkdtemp(dir=self._folder))
        stage = StillStage(files=files, processing=PROCESSING, lag=LAG)
        self._door.lead_to(application(stage))
        return stage


@contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    with opened() as door:
        yield Theatre(folder, door)


@dataclass(kw_only=True)
class Wire:
    """Hears every call that really leaves, and cuts short the waiting for one that will not be answered.

    `impatient_at`: the number of the write call that will not be.
    """

    stage: StillStage
    impatient_at: int | None = None
    calls: list[Call] = field(default_factory=list)

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.writes]

    def send(self, call: Callable[..., requests.Response], request: requests.PreparedRequest, **options: Any) -> Any:
        body = request.body if isinstance(request.body, str) else ""
        phase = re.search(r"\bupload_phase=(\w+)", body)
        path, told = urlsplit(request.url or "").path, phase[1] if phase else ""
        kind = str(request.headers.get("content-type", ""))
        heard = Call(method=request.method or "", path=path, at=self.stage.clock(), phase=told, kind=kind)
        self.calls.append(heard)
        if not self.will_be_left_unanswered(heard):
            return call(request, **options)
        silences = self.stage.faults.silences
        try:
            return call(request, **{**options, "timeout": (endpoints.CONNECT_SECONDS, SILENCE)})
        finally:
            self._wait_for_another_than(silences)
            self.move(endpoints.READ_SECONDS)

    def will_be_left_unanswered(self, call: Call) -> bool:
        return call.writes and len(self.writes) - 1 == self.impatient_at

    def _wait_for_another_than(self, silences: int) -> None:
        """However busy this machine is, the write is applied before anybody looks for it."""
        a_while = threading.Event()
        for _ in range(2000):
            if self.stage.faults.silences > silences:
                return
            a_while.wait(0.005)
        raise AssertionError("the stage did not fall silent")

    def move(self, seconds: float) -> None:
        self.stage.clock.move(seconds=seconds)


@contextmanager
def heard(wire: Wire) -> Iterator[None]:
    sending = requests.Session.send

    def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        if isinstance(session, WalledSession):
            return wire.send(lambda *given, **how: sending(session, *given, **how), request, **options)
        return sending(session, request, **options)

    requests.Session.send = send  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        requests.Session.send = sending  # type: ignore[method-assign]


class Hasty(Connections):
    """Where an adapter would sleep until its network is ready, the clocks are moved instead."""

    def __init__(self, settings: Settings, move: Callable[[float], None]) -> None:
        super().__init__(settings, None)
        self._move = move

    def _connect(self, speaker: Speaker) -> Platform:
        platform = super()._connect(speaker)
        for patient in (platform, getattr(platform, "_graph", platform)):
            if hasattr(patient, "_sleep"):
                patient._sleep = self._move
        return platform


class Play:
    """One post on its way, on a stage of its own."""

    def __init__(self, settings: Settings, stage: StillStage, store: Store) -> None:
        self.stage, self.store, self.clock = stage, store, stage.clock
        self.wire = Wire(stage=stage)
        self._connections = Hasty(settings, self.wire.move)
        vault = Vault(settings.media)
        self.publisher = Publisher(store, vault, self._connections, owner="worker", clock=self.clock)
        with store.reading() as session:
            self._key = session.scalars(select(Publication.key)).one()

    def close(self) -> None:
        self._connections.close()

    def untouched(self) -> list[Call]:
        """Publish it; the answer is the calls that this took."""
        with heard(self.wire):
            self.settle()
        assert self.row.state is Delivery.PUBLISHED, self.row.why
        return self.wire.calls

    def spoilt(self, writes: list[Call], number: int, name: Name) -> Outcome:
        """Publish it while the call with this number goes wrong, until nothing more happens by itself."""
        call = writes[number]
        alike = [each for each in writes[:number] if (each.method, each.room) == (call.method, call.room)]
        seconds = WINDOW.total_seconds()
        fault = Fault(name=name, method=call.method, path=call.room, skip=len(alike), seconds=seconds)
        self.stage.faults.add(fault)
        self.wire.impatient_at = number if name in ("hang", "silent-after") else None
        with heard(self.wire):
            if name == "rate-limited":
                self._try_the_closed_window(number)
            else:
                self.settle()
            return self._settled(self.wire.writes[number], call)

    def spoilt_its_own_way(self, calls: list[Call], number: int, name: Name) -> Outcome:
        """Publish it while the call with this number, which may be a read, meets a bad day of its network's own."""
        meant = calls[number]
        earlier = [each for each in calls[:number] if meant.is_like(each)]
        self.stage.faults.add(Fault(name=name, method=meant.method, path=meant.pattern, skip=len(earlier)))
        with heard(self.wire):
            self.settle()
            return self._settled([each for each in self.wire.calls if meant.is_like(each)][len(earlier)], meant)

    def _settled(self, spoilt: Call, meant: Call) -> Outcome:
        """What came of it, and what comes of it once somebody has signed in or the window has opened."""
        outcome = self._outcome(spoilt)
        assert spoilt.told == meant.told, f"{spoilt.told} was spoilt instead of {meant.told}"
        assert all(each["name"] == "token-dead" for each in self.stage.faults.told()), "the fault did not happen"
        if outcome.state not in ("waits", "pauses"):
            return outcome
        self.sign_in()
        self.settle()
        return replace(outcome, after=self._outcome(spoilt))

    @property
    def row(self) -> Publication:
        return factories.publication(self.store, self._key)

    def settle(self) -> None:
        for _ in range(60):
            self.publisher.work(ACCOUNT)
            row, next_at = self.row, self.publisher.next_at()
            if row.state in _ENDS or row.account.paused_at or next_at is None:
                return
            self._move_to(next_at)
        raise AssertionError(f"it does not come to an end: {self.row.state}, {self.row.why}")

    def _try_the_closed_window(self, number: int) -> None:
        """Work at moments at which it is still closed."""
        self.publisher.work(ACCOUNT)
        call = self.wire.writes[number]
        end = next_pacific_midnight(call.at) if call.room == "/youtube/" else call.at + WINDOW
        for moment in (call.at + (end - call.at) / 2, end - timedelta(seconds=30)):
            self._move_to(moment)
            self.publisher.work(ACCOUNT)

    def sign_in(self) -> None:
        self.stage.faults.forget()
        with self.store.writing() as session:
            session.execute(update(Account).values(paused_at=None, paused_why=None))

    def _outcome(self, call: Call) -> Outcome:
        row = self.row
        later = self.wire.calls[self.wire.calls.index(call) + 1 :]
        shown = [each for each in self.stage.records.all("shown") if not each["hidden_at"]]
        state = "waits" if row.state in _WAITING else str(row.state)
        return Outcome(
            state="pauses" if row.account.paused_at else state,
            copies=len(shown),
            same_id=[each["remote_id"] for each in shown] == [row.remote_id],
            calls=len(later),
            writes=sum(each.writes for each in later),
            took=self.clock() - call.at,
        )

    def _move_to(self, moment: datetime) -> None:
        self.wire.move(max((moment - self.clock()).total_seconds(), 0) + 0.001)


_ENDS = (Delivery.PUBLISHED, Delivery.FAILED, Delivery.HELD, Delivery.MISSED, Delivery.WITHDRAWN)
_WAITING = (Delivery.PLANNED, Delivery.STAGED)


Begin = Callable[[], AbstractContextManager[Play]]
"""Raises the curtain on another play, with nothing left of the last one."""


@contextmanager
def playing(case: Case, store: Store, media: Media, folder: Path) -> Iterator[Begin]:
    """`store` has its tables, and is emptied for each play."""
    shelf = LoopbackShelf(folder / "shelf")
    with theatre(folder) as house, closing(shelf):
        settings = settings_for(case, folder / "home", house.base, shelf)

        def begin() -> AbstractContextManager[Play]:
            empty(store)
            approve(store, settings, case, media)
            return closing(Play(settings, house.open(), store))

        yield begin


def rows(case: Case, store: Store, media: Media, folder: Path, *, last_alone: bool = False) -> Iterator[Row]:
    """Each write call of this case, or the last, which shows it; with what comes of the post when it goes wrong."""
    with playing(case, store, media, folder) as begin:
        with begin() as untouched:
            writes = [call for call in untouched.untouched() if call.writes]
        for number in range(len(writes) - 1 if last_alone else 0, len(writes)):
            outcomes: dict[Name, Outcome] = {}
            for name in FAULTS:
                with begin() as spoilt:
                    outcomes[name] = spoilt.spoilt(writes, number, name)
            yield writes[number], outcomes


def rows_of_its_own(case: Case, store: Store, media: Media, folder: Path) -> Iterator[OwnRow]:
    """Each bad day that is not a column above, at each call of this case that it is about, once for calls alike."""
    with playing(case, store, media, folder) as begin:
        with begin() as untouched:
            calls = untouched.untouched()
        for name in BAD_DAYS:
            told: set[str] = set()
            for number in _spoilable(case, name, calls):
                if calls[number].told not in told:
                    told.add(calls[number].told)
                    with begin() as spoilt:
                        yield case, name, calls[number], spoilt.spoilt_its_own_way(calls, number, name)


def _spoilable(case: Case, name: Name, calls: list[Call]) -> list[int]:
    day = BAD_DAYS[name]
    met = [number for number, call in enumerate(calls) if _befalls(name, call)]
    if case.network not in day.networks or name in FAULTS or not (name in ELSEWHERE or day.is_its_own):
        return []
    return met[-1:] if name in ELSEWHERE else met


def _befalls(name: Name, call: Call) -> bool:
    return BAD_DAYS[name].befalls(call.method, call.path, call.kind)


def empty(store: Store) -> None:
    """As if it had just been made: cheaper than another one, whose statements are all to be compiled anew."""
    with store.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


def settings_for(case: Case, home: Path, base: str, shelf: LoopbackShelf) -> Settings:
    """A real account, as far as it knows: its addresses are the stage's."""
    account = AccountSetting(
        key=ACCOUNT,
        network=case.network,
        languages=(Language.EN,),
        name="Voice of Wisdom",
        timezone="UTC",
        spacing=timedelta(),
    )
    return replace(
        Settings.from_environment({"SAWT_HOME": str(home)}),
        accounts=(account,),
        credentials={ACCOUNT: stage_credentials(case.network, ACCOUNT)},
        endpoints=stage_endpoints(base),
        media_base_url=shelf.base_url,
        media_folder=shelf.folder,
        too_late={kind.value: timedelta(days=30) for kind in Kind},  # YouTube's windows last up to a day each
    )


def approve(store: Store, settings: Settings, case: Case, media: Media) -> None:
    """The post, approved and due now."""
    now, vault = datetime.now(UTC), Vault(settings.media)
    with store.writing() as session:
        catalogue.load_accounts(session, settings)
        revision = Revision(
            number=1,
            kind=case.kind,
            accounts=[ACCOUNT],
            at=now.isoformat(),
            timezone="UTC",
            author=factories.person(session, factories.WRITER, Role.WRITER),
            row_digest="0" * 64,
            created_at=now,
            wordings=[Wording(language=Language.EN, title="Peace", text="Peace is a word to keep.", alt_text="A card")],
            assets=media.assets(case.kind, vault),
        )
        post = Post(key="peace", state=PostState.DRAFTED, rehearsal=False, created_at=now, revisions=[revision])
        session.add(post)
        session.flush()
        review.submit(session, post, by=revision.author, now=now)
        editor = factories.person(session, factories.EDITOR, Role.EDITOR)
        seal = review.seal_of(revision)
        review.approve(session, post, seal=seal, by=editor, now=now, vault=vault, settings=settings)


class Media:
    """A small picture and two small films, made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        Image.new("RGB", (400, 400), (30, 120, 60)).save(folder / "card.jpg")
        self._sizes = {Kind.DESIGN: (400, 400), Kind.FILM: (320, 180), Kind.VIDEOGRAPHIC: (540, 960)}
        for kind in (Kind.FILM, Kind.VIDEOGRAPHIC):
            width, height = self._sizes[kind]
            source = ["-f", "lavfi", "-i", f"color=c=teal:s={width}x{height}:r=24:d=4"]
            end = ["-c:v", "libx264", "-pix_fmt", "yuv420p", str(folder / f"{kind}.mp4")]
            subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *source, *end], check=True)

    def assets(self, kind: Kind, vault: Vault) -> list[Asset]:
        if kind.form is Form.TEXT:
            return []
        moving = kind.form is Form.VIDEO
        file, (width, height) = self._folder / (f"{kind}.mp4" if moving else "card.jpg"), self._sizes[kind]
        return [
            Asset(
                language=Language.EN,
                shape=None,
                sha256=vault.keep(file),
                mime_type="video/mp4" if moving else "image/jpeg",
                size=file.stat().st_size,
                width=width,
                height=height,
                seconds=4.0 if moving else None,
            )
        ]


def introduction() -> str:
    """How the paper is to be read."""
    return INTRODUCTION.format(
        silence=f"{endpoints.READ_SECONDS:.0f}",
        lag=f"{LAG.total_seconds():.0f}",
        processing=f"{PROCESSING.total_seconds()}",
    )


def section(case: Case, told: list[Row]) -> str:
    """The case's part of the paper."""
    lines = [
        f"## {case.name}",
        "",
        "| call | " + " | ".join(FAULTS.values()) + " |",
        "| --- " * (len(FAULTS) + 1) + "|",
    ]
    for call, outcomes in told:
        lines.append(f"| `{call.told}` | " + " | ".join(outcomes[name].told for name in FAULTS) + " |")
    return "\n".join(lines) + "\n"


def section_of_its_own(network: Network, told: list[OwnRow]) -> str:
    """The part of the paper about a network's own bad days."""
    lines = [
        f"## {_heading(network)}",
        "",
        "| what happens | to | with | what comes of it |",
        "| --- | --- | --- | --- |",
    ]
    for case, name, call, outcome in told:
        lines.append(f"| {BAD_DAYS[name].told} | `{call.told}` | {case.name.partition(', ')[2]} | {outcome.told} |")
    return "\n".join(lines) + "\n"


def _heading(network: Network) -> str:
    return f"{network.label.removeprefix('the ')}, in its own way"


def headings() -> list[str]:
    return [*(case.name for case in cases()), *(_heading(network) for network in Network)]


def printed(heading: str) -> str:
    """A part of the paper as it stands."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].rstrip() + "\n" if found else ""


def without_times(text: str) -> str:
    """Waits are spread at random, so times are told but not compared."""
    return re.sub(r", (at once|about [^|]*?)(?= \|)", "", text)


def _roughly(took: timedelta) -> str:
    seconds = took.total_seconds()
    if seconds < 0.5:
        return "at once"
    if seconds < 3:
        return "about 1 s"
    return f"about {5 * max(round(seconds / 5), 1)} s" if seconds < 120 else f"about {round(seconds / 60)} min"


INTRODUCTION = """\
# When a call goes wrong

One post goes out on each network, as text, picture and film. Then it goes out again and again, and each time one of
the calls that it makes goes wrong in one way. A row is a call that changes something, in the order in which they are
made; a column is what happens to it:

- **done, …**: the network did what it was asked, and we do not hear of it: it answers HTTP 500, cuts the connection,
  says nothing, breaks off in the middle of its answer, or leaves the id out.
- **not done, and no answer**: the network did nothing, and says nothing. From here it looks just like a call that was
  done and not answered.
- **window closed**: the network asks us to come back later, in its own way, and did nothing.
- **token dead**: the network does not know us any more, at this call and at every one after it.

`published ×1, 3 calls, about 30 s` reads: in the end we say that it is published, and one copy of it is out there;
from the fault to that moment we made three more calls, and about thirty seconds passed, counting the {silence} s for
which we wait for an answer. While a window is closed it `waits`, without a call; with a dead token the account
`pauses`, without a call that changes anything. After the semicolon stands how it ended once the window had opened, or
a person had signed in again. Beyond that nobody lifts a hand.

Two rules hold in every cell. There is **never more than one copy**. And we say **published exactly when there is one
and we know its id**. `uncertain ×0` stands where nobody can know: X, and Facebook for a post without media, have no
way to prove that something is *not* there ([stage, reveal, find](concepts.md#stage-reveal-find)). Then a person looks,
and until then nothing is sent again.

The stage stands in for the networks; its lists lag {lag} s behind, and it takes {processing} s over a film. The
clocks are moved, not waited for. Nobody lists the calls: they are heard while the untouched post goes out. `make test`
compares every cell but its times, on SQLite, and on PostgreSQL for the call that shows one kind of post of each
network. After a change that is meant, `PYTHONPATH=. python -m tests.proofs.fault_matrix` writes this paper anew.

At the end stand the bad days that have a network's own face, each at every call that it is about, and three that any
network may have, at the call that shows the post. Two more rules hold there: a film that the network cannot make ready
has **failed**, with nothing out; everything else ends as it does above. `sawt rehearsal --faults` lists them all.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name, closing(Store(f"sqlite:///{Path(name) / 'sawt.sqlite'}")) as store:
        folder = Path(name)
        store.migrate()
        parts, media = [introduction()], Media(folder)
        rooms = (folder / str(number) for number in itertools.count())
        for case in cases():
            told = list(rows(case, store, media, made(next(rooms))))
            parts.append(section(case, told))
            _say(
                case.name,
                (each for call, by in told for fault, out in by.items() for each in broken(case, call, fault, out)),
            )
        for network in Network:
            own = [
                row
                for case in cases_of_their_own()
                if case.network is network
                for row in rows_of_its_own(case, store, media, made(next(rooms)))
            ]
            parts.append(section_of_its_own(network, own))
            _say(_heading(network), (each for row in own for each in broken_own(*row)))
    DOCUMENT.write_text("\n".join(parts), encoding="utf-8")


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _say(heading: str, faults: Iterable[str]) -> None:
    sys.stderr.write("\n".join([heading, *faults]) + "\n")


if __name__ == "__main__":
    main()
