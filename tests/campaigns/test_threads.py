"""A thread goes out once, part by part, whatever happens between its parts, and comes down whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from sqlalchemy import select, update

from campaigns import levers, planning, settling, withdrawing
from campaigns.languages import Language
from campaigns.models import Delivery, Publication, Scope
from campaigns.publishing import Lane, Line, Publisher
from campaigns.publishing.following import TWICE
from campaigns.publishing.steps import Claim
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.telling import Teller
from campaigns.withdrawing import WithdrawError
from campaigns.words import unmarked, words_in
from platforms.contract import Checkpoint, Outgoing, Receipt, Save
from platforms.errors import Refused
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.stage import Stage
from platforms.x.publish import XAccount
from tests import factories
from tests.conftest import MovableClock, StillClock

TEXT = "\n\n".join(f"Paragraph {number} says one thing. " + "It says it slowly. " * 10 for number in (1, 2, 3, 4))


@pytest.fixture
def clock() -> MovableClock:
    """A slow machine must not come to look at a part before the test says so."""
    return StillClock()


@dataclass
class Scene:
    """One thread, approved for x-en and due, and what a test does to it."""

    store: Store
    settings: Settings
    publisher: Publisher
    stage: Stage
    clock: MovableClock
    key: str

    def fault(self, name: str, *, part: int) -> None:
        self.stage.faults.add(Fault(name=name, path="/2/tweets", method="POST", skip=part - 1))

    def let_replies(self, own: bool) -> None:
        """Whether X takes replies to one's own posts: its policy does not say."""
        self.stage.records.put("x.settings", "replies", {"own": own})

    def work(self, **later: float) -> Publication:
        self.clock.move(**later)
        self.publisher.work("x-en")
        return self.now

    def do(self, verb: Callable[..., object], **values: object) -> None:
        with self.store.writing() as session:
            publication = session.scalars(select(Publication)).one()
            verb(session, publication, by="Yusuf", now=self.clock(), **values)

    def release(self) -> Publication:
        self.do(levers.resume, settings=self.settings)
        return self.work()

    @property
    def now(self) -> Publication:
        return factories.publication(self.store, self.key)

    @property
    def posts(self) -> list[dict[str, object]]:
        """What X shows, in order."""
        return [each for each in self.stage.records.all("x.posts") if not each["deleted_at"]]

    @property
    def ids(self) -> list[object]:
        return [each["id"] for each in self.posts]

    def told(self, language: Language = Language.EN) -> str:
        with self.store.reading() as session:
            it = session.scalars(select(Publication)).one()
            return unmarked(Teller(session, words_in(language), now=self.clock()).tell(it).text)

    def is_whole(self) -> None:
        """All four parts are out, once and in order, each an answer to the one before; the first is the receipt's."""
        assert [str(each["written"]).rpartition("\n\n")[2] for each in self.posts] == ["1/4", "2/4", "3/4", "4/4"]
        assert [each["answering"] for each in self.posts] == [None, *self.ids[:-1]]
        assert (self.now.state, self.now.remote_id) == (Delivery.PUBLISHED, self.ids[0])


@pytest.fixture
def scene(store: Store, settings: Settings, publisher: Publisher, stage: Stage, clock: MovableClock) -> Scene:
    due_at = datetime.now(UTC) + timedelta(minutes=1)
    [key] = factories.approved(store, settings, text=TEXT, due_at=due_at)
    clock.move(minutes=2)
    return Scene(store, settings, publisher, stage, clock, key)


def test_a_thread_goes_out_in_order_and_is_known_by_its_first_part(scene: Scene) -> None:
    scene.work()
    scene.is_whole()


@pytest.mark.parametrize("part", [1, 2, 4])
@pytest.mark.parametrize("fault", ["drop-after", "error-after", "truncated-after"])
def test_a_part_whose_answer_was_lost_is_found_and_the_others_follow_it(scene: Scene, fault: str, part: int) -> None:
    scene.fault(fault, part=part)
    assert scene.work().state is Delivery.UNCERTAIN
    scene.work(minutes=1)
    scene.is_whole()


@pytest.mark.parametrize("part", [1, 3])
def test_a_part_that_never_arrived_is_a_persons_to_settle_and_the_others_are_not_sent_again(
    scene: Scene, part: int
) -> None:
    scene.fault("drop-before", part=part)
    scene.work()
    for _ in range(8):
        scene.work(minutes=10)
    assert (scene.now.state, scene.now.not_before, len(scene.posts)) == (Delivery.UNCERTAIN, None, part - 1)
    scene.do(settling.it_is_not_out)
    assert scene.now.state is Delivery.MISSED
    scene.release()
    scene.is_whole()


def test_a_person_who_saw_the_part_in_doubt_lets_the_others_follow(scene: Scene) -> None:
    scene.fault("drop-after", part=2)
    scene.work()
    first, second = scene.ids
    with pytest.raises(settling.SettlingError, match="known to be out"):
        scene.do(settling.it_is_out, url=f"https://x.com/i/status/{first}", remote_id=first)
    scene.do(settling.it_is_out, url=f"https://x.com/i/status/{second}", remote_id=second)
    assert scene.now.state is Delivery.PLANNED
    scene.work()
    scene.is_whole()


def test_a_first_part_said_not_to_be_there_and_seen_after_all_is_not_sent_again(scene: Scene) -> None:
    scene.fault("drop-after", part=1)
    scene.work()
    scene.do(settling.it_is_not_out)
    [first] = scene.ids
    scene.do(settling.it_is_out, url=f"https://x.com/i/status/{first}", remote_id=first)
    scene.work()
    scene.is_whole()


def test_a_refusal_half_way_says_how_much_is_out_and_nothing_plans_it_anew(scene: Scene) -> None:
    scene.let_replies(own=False)
    out = scene.work()
    assert (out.state, out.remote_id, out.is_out_in_part) == (Delivery.FAILED, scene.ids[0], True)
    assert out.why.startswith("1 of 4 parts of the thread are out.")
    assert scene.told().startswith("In part: 1 of 4 parts are out.")
    assert "من أجزائه 1 من 4" in scene.told(Language.AR)
    assert planning.plan_all(scene.store, settings=scene.settings, now=scene.clock()) == ([], [])
    scene.let_replies(own=True)
    scene.release()
    scene.is_whole()


def test_what_is_out_of_a_thread_comes_down_whole(scene: Scene) -> None:
    scene.let_replies(own=False)
    scene.work()
    scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
    assert scene.work().state is Delivery.WITHDRAWN
    assert scene.posts == []


def test_a_whole_thread_comes_down_last_part_first_and_a_half_done_deletion_is_gone_on_with(scene: Scene) -> None:
    scene.work()
    scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
    scene.stage.faults.add(Fault(name="drop-after", path="/2/tweets/", method="DELETE", skip=1))
    scene.work()
    assert scene.work(minutes=1).state is Delivery.WITHDRAWN
    gone = sorted(scene.stage.records.all("x.posts"), key=lambda each: str(each["deleted_at"]))
    assert [str(each["written"])[-3:] for each in gone] == ["4/4", "3/4", "2/4", "1/4"]


def test_half_a_thread_that_x_does_not_take_down_is_not_said_to_be_out(scene: Scene) -> None:
    scene.let_replies(own=False)
    scene.work()
    scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
    claim = scene.publisher.claims.take(Line(account="x-en", lane=Lane.SEND))
    assert claim
    scene.publisher.records.setback(claim, Refused("not yours"), None)
    assert (scene.now.state, scene.now.is_out_in_part) == (Delivery.HELD, True)
    assert "is still out: not yours" in scene.now.why
    scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
    assert (scene.work().state, scene.posts) == (Delivery.WITHDRAWN, [])


def test_a_thread_whose_receipt_comes_late_comes_down_whole(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker is taken for dead after its last part, before it can say so."""
    store_part = scene.publisher.records.part

    def and_be_taken_for_dead(claim: Claim, checkpoint: Checkpoint) -> None:
        store_part(claim, checkpoint)
        if len(scene.posts) == 4:
            scene.publisher.recover(everything_of_ours=True)

    with monkeypatch.context() as patched:
        patched.setattr(scene.publisher.records, "part", and_be_taken_for_dead)
        scene.publisher.work_line(Line(account="x-en", lane=Lane.PREPARE))
        scene.publisher.work_line(Line(account="x-en", lane=Lane.SEND))
    scene.is_whole()
    scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
    assert (scene.work().state, scene.posts) == (Delivery.WITHDRAWN, [])


def test_a_lever_between_two_parts_holds_the_others_and_release_sends_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pull_after_two(self: XAccount, *arguments: object) -> str:
        created = create(self, *arguments)  # type: ignore[arg-type]
        if len(scene.posts) == 2:
            with scene.store.writing() as session:
                levers.hold(session, scope=Scope.NETWORK, value="x", reason="mourning", by="Yusuf", now=scene.clock())
        return created

    create = XAccount._create
    monkeypatch.setattr(XAccount, "_create", pull_after_two)
    assert (scene.work().state, len(scene.posts)) == (Delivery.HELD, 2)
    with scene.store.writing() as session:
        levers.release(session, scope=Scope.NETWORK, value="x", by="Yusuf", now=scene.clock())
    scene.release()
    scene.is_whole()


def test_a_window_that_closes_half_way_is_waited_for(scene: Scene) -> None:
    scene.fault("rate-limited", part=3)
    assert (scene.work().state, len(scene.posts)) == (Delivery.PLANNED, 2)
    scene.work(minutes=30)
    scene.is_whole()


class Killed(BaseException):
    """The worker dies here."""


def _killing(after: int) -> Callable[[XAccount, Outgoing, Checkpoint, Save], Receipt]:
    """`reveal`, with a worker that dies as soon as so many checkpoints are stored."""
    reveal = XAccount.reveal

    def dying(self: XAccount, outgoing: Outgoing, checkpoint: Checkpoint, save: Save) -> Receipt:
        left = iter(range(after - 1, -1, -1))

        def save_and_die(so_far: Checkpoint) -> None:
            save(so_far)
            if next(left) == 0:
                raise Killed

        return reveal(self, outgoing, checkpoint, save_and_die)

    return dying


@pytest.mark.parametrize("after", range(1, 9))
def test_a_worker_killed_at_any_step_of_a_thread_sends_no_part_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with monkeypatch.context() as while_dying:
        while_dying.setattr(XAccount, "reveal", _killing(after))
        with pytest.raises(Killed):
            scene.work()
    out, intent_stands = after // 2, after % 2 == 1
    assert len(scene.posts) == out
    assert scene.publisher.recover(everything_of_ours=True) == 1
    found = scene.work(minutes=1)
    if intent_stands:  # killed before the call: no reading of X's proves that it did not arrive
        assert found.state is Delivery.UNCERTAIN
        scene.do(settling.it_is_not_out)
        scene.release()
    scene.is_whole()


def test_a_worker_killed_after_the_call_finds_its_part_by_the_one_that_it_answers(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = XAccount._create

    def die_after(self: XAccount, *arguments: object) -> str:
        create(self, *arguments)  # type: ignore[arg-type]
        if len(scene.posts) == 3:
            raise Killed
        return str(scene.ids[-1])

    with monkeypatch.context() as while_dying:
        while_dying.setattr(XAccount, "_create", die_after)
        with pytest.raises(Killed):
            scene.work()
    scene.publisher.recover(everything_of_ours=True)
    scene.work(minutes=1)
    scene.is_whole()


def test_an_edit_does_not_take_the_place_of_a_thread_that_is_out_in_part(scene: Scene) -> None:
    scene.let_replies(own=False)
    scene.work()
    with scene.store.writing() as session:
        from campaigns.drafting import _withdraw_waiting

        publication = session.scalars(select(Publication)).one()
        _withdraw_waiting(session, publication.post, by="Amina", now=scene.clock())
    assert scene.now.state is Delivery.FAILED
    assert scene.now.is_out_in_part


@pytest.mark.parametrize("part", [1, 2])
def test_a_part_that_leaves_after_a_person_did_not_see_it_is_found_and_the_others_follow_it(
    scene: Scene, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platforms.rehearsal.x._DUPLICATE_FOR", timedelta())  # or X itself would refuse a second one
    onto_the_wire, calls = HTTPAdapter.send, count(1)

    def send(adapter: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
        if request.method == "POST" and (request.url or "").endswith("/2/tweets") and next(calls) == part:
            scene.publisher.recover(everything_of_ours=True)
            scene.do(settling.it_is_not_out)
        return onto_the_wire(adapter, request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", send)
    for _ in range(5):
        scene.work(minutes=5)
    scene.is_whole()


def test_a_part_that_is_known_late_comes_down_with_those_that_were_taken_down_before(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_down, once = scene.publisher.records.part, count()

    def late(claim: Claim, checkpoint: Checkpoint) -> None:
        if len(scene.posts) == 2 and next(once) == 0:
            scene.publisher.recover(everything_of_ours=True)
            scene.do(settling.it_is_not_out)
            scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
            scene.publisher.work("x-en")
        write_down(claim, checkpoint)

    with monkeypatch.context() as while_late:
        while_late.setattr(scene.publisher.records, "part", late)
        scene.publisher.work_line(Line(account="x-en", lane=Lane.PREPARE))
        scene.publisher.work_line(Line(account="x-en", lane=Lane.SEND))
    scene.work(minutes=5)
    assert (scene.now.state, scene.ids) == (Delivery.WITHDRAWN, [])


def test_of_another_copy_of_a_thread_only_its_first_part_is_known_and_a_person_takes_it_down(scene: Scene) -> None:
    scene.work()
    first = str(scene.ids[0])
    with scene.store.writing() as session:
        it = session.scalars(select(Publication)).one()
        of_another = json.loads(json.dumps(it.checkpoint).replace(first, "77"))
        why = f"{TWICE}: a late answer: it is out as {first} at https://x.com/i/status/{first}"
        session.execute(update(Publication).values(why=why, remote_id="77", checkpoint=of_another))
    scene.do(settling.it_is_out, url=f"https://x.com/i/status/{first}", remote_id=first)
    with pytest.raises(WithdrawError, match="only 1 of 4 parts of what is left are known"):
        scene.do(withdrawing.withdraw, settings=scene.settings, reason="A name is wrong in it.")
    scene.do(withdrawing.it_is_down, settings=scene.settings, reason="deleted in the app")
    assert scene.now.state is Delivery.WITHDRAWN
