"""A small Centre on the stage: people who write, approve, hold and settle, and two workers that anything may befall.

Everything runs in one thread on one clock that stands still unless it is moved, so that the same acts have the same
outcome. Whatever becomes visible is judged at once: whether it was approved, not held, and not out already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns import catalogue, drafting, levers, review, settling, withdrawing
from campaigns.connections import Connections
from campaigns.languages import Language
from campaigns.models import Delivery, Hold, Kind, Post, PostState, Publication, Role, Scope
from campaigns.publishing import Publisher
from campaigns.settings import AccountSetting, Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Network
from platforms.rehearsal import credentials as stage_credentials
from platforms.rehearsal import endpoints as stage_endpoints
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.stage import Document
from platforms.shelf import LoopbackShelf
from tests import factories
from tests.proofs.fault_matrix import StillStage, Theatre, empty
from tests.proofs.mishaps import Died, Mishap, Seam, Seams, WorkersStore

NETWORKS = {each.value: each for each in (Network.X, Network.FACEBOOK, Network.INSTAGRAM, Network.WEBSITE)}
"""Accounts by key; the key is the network's name."""
WORKERS = ("worker-1", "worker-2")
BEHIND = timedelta(minutes=3)
"""How far the second worker's clock is slow."""
LAG = timedelta(seconds=4)
"""How far the stage's lists are behind; less than the shortest settling of a network."""
_ADDRESSES = {
    Network.X: "https://x.com/seen",
    Network.FACEBOOK: "https://www.facebook.com/seen",
    Network.INSTAGRAM: "https://www.instagram.com/seen",
    Network.YOUTUBE: "https://youtu.be/seen",
    Network.WEBSITE: "https://example.org/seen",
}
"""At which a person saw a post."""
PERSON = "Yusuf"
_TOKEN = re.compile(r"\bpost (\w+), version (\d+)\b")
_PART = re.compile(r"\n\n(\d)/\d$")
PARTS = 3
"""Of a long text on X."""


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """What is made once for all plays: the stage's server, the store, pictures and where they lie."""

    theatre: Theatre
    people: Store
    workers: WorkersStore
    seams: Seams
    settings: Settings
    pictures: Sequence[drafting.Supplied]


def scenery(folder: Path, theatre: Theatre, url: str, shelf: LoopbackShelf) -> Scenery:
    seams = Seams()
    return Scenery(
        theatre=theatre,
        people=Store(url),
        workers=WorkersStore(url, seams),
        seams=seams,
        settings=_settings(folder / "home", theatre.base, shelf),
        pictures=[_picture(folder / f"{number}.jpg", number) for number in range(3)],
    )


def _settings(home: Path, base: str, shelf: LoopbackShelf) -> Settings:
    """Real accounts, as far as anybody here knows: their addresses are the stage's."""
    return replace(
        Settings.from_environment({"SAWT_HOME": str(home)}),
        accounts=tuple(
            AccountSetting(
                key=key, network=network, languages=(Language.EN,), name=key, timezone="UTC", spacing=timedelta()
            )
            for key, network in NETWORKS.items()
        ),
        credentials={key: stage_credentials(network, key) for key, network in NETWORKS.items()},
        endpoints=stage_endpoints(base),
        media_base_url=shelf.base_url,
        media_folder=shelf.folder,
    )


def _picture(file: Path, number: int) -> drafting.Supplied:
    Image.new("RGB", (400, 400), (40 * number, 120, 60)).save(file)
    return drafting.supply(file, Language.EN, 0)


class Centre:
    def __init__(self, scenery: Scenery) -> None:
        self._scenery, self.seams, self._people = scenery, scenery.seams, scenery.people
        self._settings = scenery.settings
        self._vault = Vault(scenery.settings.media)
        self.stage: StillStage = scenery.theatre.open()
        self.stage.lag, self.stage.processing = LAG, timedelta()
        self._connections: list[Connections] = []
        self._workers: dict[str, Publisher | None] = {}
        self._versions: dict[str, int] = {}
        self._pictured: dict[str, int] = {}
        self._long: set[str] = set()
        self._approved: set[tuple[str, int]] = set()
        self._sent_off: set[tuple[str, str, int]] = set()
        self._seen: set[tuple[str, str, int]] = set()
        self._sent_asleep: set[str] = set()
        empty(self._people)
        with self._people.writing() as session:
            catalogue.load_accounts(session, self._settings)
            factories.person(session, factories.WRITER, Role.WRITER)
            factories.person(session, PERSON, Role.EDITOR)
        self.seams.leaving, self.seams.answered, self.seams.others = self._stands, self._has_answered, self._others_act
        for owner in WORKERS:
            self.start(owner)

    def close(self) -> None:
        for each in self._connections:
            each.close()

    # -- time and chance -----------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.stage.clock()

    def time_passes(self, seconds: float) -> None:
        self.stage.clock.move(seconds=seconds)

    def goes_wrong(self, fault: Fault) -> None:
        self.stage.faults.add(fault)

    def all_goes_well(self) -> None:
        self.stage.faults.forget()

    # -- people --------------------------------------------------------------------------------------

    @property
    def posts(self) -> list[str]:
        return list(self._versions)

    def write(self, kind: Kind, accounts: Sequence[str], *, is_long: bool = False, due_in: float) -> None:
        """On X a long one is a thread."""
        key = f"p{len(self._versions) + 1}"
        self._long |= {key} if is_long else set()
        self._versions[key], self._pictured[key] = 0, len(self._versions) % 3
        self._save(key, kind, tuple(accounts), due_in)
        self.approve(key)

    def edit(self, key: str, *, due_in: float, correction: str = "") -> None:
        """Other words; what waited goes off the plan until they are approved. A `correction` says so to the public."""
        with self._people.reading() as session:
            revision = _post(session, key).revision
            kind, accounts = revision.kind, tuple(revision.accounts)
            in_hand = (Publication.state == Delivery.REVEALING) | Publication.owner.is_not(None)
            for each in session.scalars(select(Publication).join(Publication.post).where(Post.key == key, in_hand)):
                said = (each.revision, each.corrected_to)
                self._sent_off |= {(key, each.account_key, revision.number) for revision in said if revision}
        self._pictured[key] = (self._pictured[key] + 1) % 3
        self._save(key, kind, accounts, due_in, correction)

    def _save(self, key: str, kind: Kind, accounts: tuple[str, ...], due_in: float, correction: str = "") -> None:
        self._versions[key] += 1
        text = f"A word about peace: post {key}, version {self._versions[key]}."
        if key in self._long:
            text = "\n\n".join([text + " It is said slowly." * 9] * PARTS)
        picture = self._scenery.pictures[self._pictured[key]]
        draft = drafting.Draft(
            key=key,
            kind=kind,
            words=(drafting.Words(language=Language.EN, title=f"On peace, {key}", text=text, alt_text="A card"),),
            media=(picture,) if kind is Kind.DESIGN else (),
            accounts=accounts,
            at=(self.now() + timedelta(seconds=due_in)).isoformat(),
            timezone="UTC",
            author=factories.WRITER,
        )
        with self._people.writing() as session:
            drafting.save(session, draft, now=self.now(), vault=self._vault)
        with self._people.writing() as session:
            post = _post(session, key)
            post.revision.wordings[0].correction = correction
            review.submit(session, post, by=post.revision.author, now=self.now())

    def approve(self, key: str) -> bool:
        """Whether it was: not where its hour is over, or where they see that an older version is out after all."""
        if any(stray.startswith(f"{key}:") for stray in self.strays()):
            return False
        with suppress(review.ReviewError), self._people.writing() as session:
            post, by = _post(session, key), factories.person(session, PERSON, Role.EDITOR)
            seal = review.seal_of(post.revision)
            review.approve(session, post, seal=seal, by=by, now=self.now(), vault=self._vault, settings=self._settings)
            self._approved.add((key, post.revision.number))
            return True
        return False

    def pull(self, scope: Scope, value: str) -> None:
        with self._people.writing() as session:
            levers.hold(session, scope=scope, value=value, reason="mourning", by=PERSON, now=self.now())

    def lift(self) -> None:
        with self._people.writing() as session:
            for scope, value in set(_held(session)):
                levers.release(session, scope=scope, value=value, by=PERSON, now=self.now())

    def put_back(self) -> None:
        """What may go back on the plan, unless a lever still holds it or a person sees more of it than is known."""
        for key in self._in(levers.RESUMABLE):
            with suppress(levers.LeverError), self._people.writing() as session:
                publication = _publication(session, key)
                if not self._unknown(publication):
                    levers.resume(session, publication, settings=self._settings, by=PERSON, now=self.now())

    def take_down(self, keys: Sequence[str]) -> None:
        """Of these posts whatever is out, if only in part, where the network lets us."""
        for key in self._in((Delivery.PUBLISHED, *levers.RESUMABLE)):
            if key.partition(":")[0] in keys:
                with suppress(withdrawing.WithdrawError), self._people.writing() as session:
                    publication = _publication(session, key)
                    withdrawing.withdraw(
                        session, publication, settings=self._settings, by=PERSON, reason="a wrong date", now=self.now()
                    )

    def look_at_the_account(self) -> None:
        """A person looks for whatever is uncertain, and says what they see."""
        for key in self._in((Delivery.UNCERTAIN,)):
            with self._people.writing() as session:
                publication = _publication(session, key)
                if seen := self._unknown(publication):
                    found = {"url": _ADDRESSES[publication.account.network], "remote_id": str(seen[0]["remote_id"])}
                    settling.it_is_out(session, publication, **found, by=PERSON, now=self.now())
                else:
                    settling.it_is_not_out(session, publication, by=PERSON, now=self.now())

    def _in(self, states: Sequence[Delivery]) -> list[str]:
        with self._people.reading() as session:
            return list(session.scalars(select(Publication.key).where(Publication.state.in_(states))))

    # -- workers -------------------------------------------------------------------------------------

    def start(self, owner: str) -> None:
        """A new process under this name: it frees at once what its predecessor had in hand."""
        connections = Connections(self._settings, None)
        self._connections.append(connections)
        behind = BEHIND if owner == WORKERS[1] else timedelta()
        worker = Publisher(
            self._scenery.workers, self._vault, connections, owner=owner, clock=lambda: self.now() - behind
        )
        self._workers[owner] = worker
        worker.recover(everything_of_ours=True)

    def work(self, owner: str, account: str, mishap: Mishap | None = None) -> None:
        """Take every step that is due, until the mishap. A worker that died is gone until it is started."""
        if (worker := self._workers[owner]) is None:
            return
        try:
            with self.seams.with_mishap(mishap):
                worker.work(account)
        except Died:
            self._workers[owner] = None

    def work_everywhere(self, owner: str, mishap: Mishap | None = None) -> None:
        """Where there may be something to do, as a worker's own clock asks."""
        worker = self._workers[owner]
        for account in worker.accounts_with_work() if worker else ():
            self.work(owner, account, mishap)

    def leases_run_out(self, owner: str) -> None:
        """Nobody has given a sign of life for long, and this worker frees what they had in hand."""
        if (worker := self._workers[owner]) is None:
            return
        with self._people.writing() as session:
            over = self.now() - timedelta(days=365)
            session.execute(update(Publication).where(Publication.lease_until.is_not(None)).values(lease_until=over))
        worker.recover()

    def take_over(self, owner: str) -> None:
        """What a worker does when the other has given no sign of life: it looks, and looks again."""
        self.leases_run_out(owner)
        for _ in range(3):
            self.time_passes(40)
            self.work_everywhere(owner)

    def look_and_send_again(self) -> None:
        """Whatever a person cannot see on the account goes out anew."""
        for owner in WORKERS:
            self.take_over(owner)
        self.look_at_the_account()
        self.put_back()
        for owner in WORKERS:
            self.work_everywhere(owner)

    def _others_act(self, mishap: Mishap, visible: bool) -> None:
        """While one worker sleeps. Nobody is so hasty as to decide while it may yet send (docs/model/README.md)."""
        for act in mishap.meanwhile or ():
            if not (act.decides and visible and mishap.seam is Seam.GAP):
                act(self)

    # -- what is seen --------------------------------------------------------------------------------

    def visible(self) -> list[Document]:
        return [each for each in self.stage.records.all("shown") if not each["hidden_at"]]

    def parts(self, publication: Publication) -> list[Document]:
        """What the audience sees of it, in whatever version, oldest first; of all but threads that is one part."""
        post, account = publication.post.key, publication.account_key
        return [each for each in self.visible() if each["account"] == account and _token(each)[0] == post]

    def copies(self, publication: Publication) -> list[Document]:
        """Its first parts."""
        return [each for each in self.parts(publication) if _number(each) == 1]

    def _unknown(self, publication: Publication) -> list[Document]:
        """What the audience sees of it and the row does not know."""
        known = {publication.remote_id, *(each.get("remote_id") for each in publication.checkpoint.get("sent", ()))}
        return [each for each in self.parts(publication) if each["remote_id"] not in known]

    def strays(self) -> set[str]:
        """What a worker sent from its sleep behind the gate, and nobody but the audience knows of."""
        with self._people.reading() as session:
            asleep = session.scalars(select(Publication).where(Publication.key.in_(self._sent_asleep)))
            return {each.key for each in asleep if each.state is not Delivery.PUBLISHED and self._unknown(each)}

    def _stands(self) -> frozenset[tuple[Scope, str]]:
        with self._people.reading() as session:
            return frozenset(_held(session))

    def _has_answered(self, held: frozenset[tuple[Scope, str]], slept: bool) -> None:
        for each in self.visible():
            if (says := (each["remote_id"], *_token(each))) not in self._seen:
                self._seen.add(says)
                self._judge(each, held, slept)

    def _judge(self, seen: Document, held: frozenset[tuple[Scope, str]], slept: bool) -> None:
        """Something has become visible through a call that left while these levers were in force."""
        (post, version), account = _token(seen), seen["account"]
        with self._people.reading() as session:
            publication = _publication(session, f"{post}:{account}:en")
            assert (post, version) in self._approved, f"{publication.key}: version {version} was never approved"
            newest = publication.post.revision.number
            if version != newest and not slept:
                overtaken = f"{publication.key}: version {version} went out after {newest} was written"
                assert (post, account, version) in self._sent_off, overtaken
            covering = {
                (Scope.EVERYTHING, ""),
                (Scope.NETWORK, account),
                (Scope.ACCOUNT, account),
                (Scope.KIND, str(publication.revision.kind)),
            }
            assert not covering & held, f"{publication.key} went out while held"
            if slept:
                self._sent_asleep.add(publication.key)

    def check(self) -> None:
        """What must hold between any two acts."""
        with self._people.reading() as session:
            for publication in session.scalars(select(Publication)):
                parts, copies = self.parts(publication), self.copies(publication)
                assert len(copies) <= 1, f"{publication.key} is out {len(copies)} times"
                numbers = [_number(each) for each in parts]
                assert numbers == [*range(1, len(parts) + 1)], f"of {publication.key} the parts {numbers} are out"
                if publication.state is Delivery.PUBLISHED:
                    assert copies, f"{publication.key} is called published, and is not out"
                    assert copies[0]["remote_id"] == publication.remote_id
                    is_thread = publication.account_key == Network.X and publication.post.key in self._long
                    assert len(parts) == (PARTS if is_thread else 1), f"{publication.key} is not whole"
                    told = {each.number for each in (publication.revision, publication.corrected_to) if each}
                    told |= self._earlier(publication) if publication.follows_at and publication.corrected_to else set()
                    assert _token(copies[0])[1] in told, f"{publication.key} does not say what it is said to say"
                elif publication.state is Delivery.WITHDRAWN and publication.withdrawn_at:
                    assert not parts, f"{publication.key} is called taken down, and is out"

    def _earlier(self, publication: Publication) -> set[int]:
        """What a correction that is on its way may still have to overwrite."""
        return set(range(1, publication.revision.number))

    # -- the end -------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing goes wrong any more, and people do what is theirs to do; then everything goes out."""
        self.all_goes_well()
        self.lift()
        for owner in WORKERS:
            self.start(owner)
        for _ in range(40):
            for key in self.posts:
                self._have_approved(key)
            self.take_down(self._overtaken_half_way())
            self.put_back()
            for owner in WORKERS:
                self.work_everywhere(owner)
                self.check()
            if not self._unfinished():
                return
            self.time_passes(300)
            self._decide_what_the_networks_cannot()
        left = {key: self.told(key) for key in self._unfinished()}
        raise AssertionError(f"not everything goes out in the end: {left}")

    def told(self, key: str) -> str:
        with self._people.reading() as session:
            publication = _publication(session, key)
            return f"{publication.state}: {publication.why}"

    def _have_approved(self, key: str) -> None:
        with self._people.reading() as session:
            approved = _post(session, key).state is PostState.APPROVED
        if not approved and not self.approve(key):
            self.edit(key, due_in=60)

    def _overtaken_half_way(self) -> list[str]:
        """Posts of which a part is out, and newer words wait to take its place."""
        with self._people.reading() as session:
            rows = session.scalars(select(Publication).where(Publication.state == Delivery.HELD))
            return [each.post.key for each in rows if each.is_out_in_part and each.revision != each.post.revision]

    def _unfinished(self) -> set[str]:
        """What is neither out and whole, nor taken down."""
        is_out = (Publication.state == Delivery.PUBLISHED) & Publication.follows_at.is_(None)
        is_down = (Publication.state == Delivery.WITHDRAWN) & Publication.withdrawn_at.is_not(None)
        with self._people.reading() as session:
            return set(session.scalars(select(Publication.key).where(~(is_out | is_down)))) - self.strays()

    def _decide_what_the_networks_cannot(self) -> None:
        with self._people.reading() as session:
            for_a_person = (Publication.state == Delivery.UNCERTAIN, Publication.not_before.is_(None))
            undecided = session.scalars(select(Publication.key).where(*for_a_person)).all()
        if undecided:
            self.look_at_the_account()


def _post(session: Session, key: str) -> Post:
    return session.scalars(select(Post).where(Post.key == key)).one()


def _publication(session: Session, key: str) -> Publication:
    return session.scalars(select(Publication).where(Publication.key == key)).one()


def _held(session: Session) -> Iterator[tuple[Scope, str]]:
    lever: Hold
    for lever in levers.in_force(session):
        yield lever.scope, lever.value


def _token(shown: Document) -> tuple[str, int]:
    """Which post and which version of it this is, by its words."""
    found = _TOKEN.search(shown["text"])
    assert found, f"nobody wrote these words: {shown['text']!r}"
    return found[1], int(found[2])


def _number(shown: Document) -> int:
    """Which part of a thread it is; what is no thread is in one."""
    found = _PART.search(shown["text"])
    return int(found[1]) if found and shown["network"] == Network.X else 1


__all__ = ["LAG", "NETWORKS", "WORKERS", "Centre", "Scenery", "scenery"]
