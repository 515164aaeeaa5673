"""Publishing against the rehearsal stage: the real adapters, the real SDKs, both databases."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from campaigns import drafting, levers, planning, review, settling, withdrawing
from campaigns.connections import Connections
from campaigns.languages import Language
from campaigns.models import Account, Approval, Delivery, Move, Post, Publication, Revision, Scope
from campaigns.publishing import LEASE, PATIENCE, Lane, Line, Publisher, lines
from campaigns.publishing.gate import Gate
from campaigns.publishing.steps import Claim
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Absent, Network
from platforms.errors import OutcomeUnknown, PlatformError, Refused, TooSoon, Unreachable
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.serving import RunningStage
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock


def shown(running: RunningStage) -> list[str]:
    return [str(each["remote_id"]) for each in running.shown()]


SEND, PREPARE = (Line(account="x-en", lane=lane) for lane in Lane)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_a_due_post_goes_out_once_and_keeps_its_receipt(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    clock.move(minutes=2)
    assert publisher.accounts_with_work() == ["x-en"]
    publisher.work("x-en")
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, out.remote_id, out.rehearsal) == (Delivery.PUBLISHED, *shown(running), True)
    assert [move.went_to for move in out.moves] == ["planned", "staging", "staged", "revealing", "published"]


def test_nothing_is_revealed_before_its_hour_but_it_is_prepared_ahead(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.STAGED
    assert shown(running) == []


def test_the_next_instant_is_the_staging_of_the_first_then_its_hour(
    store: Store, settings: Settings, publisher: Publisher
) -> None:
    due_at = datetime.now(UTC) + timedelta(hours=2)
    factories.approved(store, settings, due_at=due_at)
    assert publisher.next_at() == due_at - timedelta(minutes=10)


def test_an_account_keeps_the_order_of_its_hours(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    hour = soon()
    for number in (3, 1, 2):
        factories.approved(
            store, settings, f"p{number}", text=f"Word {number}.", due_at=hour + timedelta(seconds=number)
        )
    clock.move(minutes=2)
    publisher.work("x-en")
    assert [each["text"] for each in running.shown()] == ["Word 1.", "Word 2.", "Word 3."]


def test_two_workers_at_the_same_account_send_each_post_once(
    store: Store,
    settings: Settings,
    vault: Vault,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
) -> None:
    for number in range(6):
        factories.approved(store, settings, f"p{number}", text=f"Word {number}.", on=["x-en"], due_at=soon())
    clock.move(minutes=2)
    other = Publisher(store, vault, Connections(settings, running.base), owner="worker-2", clock=clock)
    threads = [threading.Thread(target=each.work, args=("x-en",)) for each in (publisher, other) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    publisher.work("x-en")
    assert len(shown(running)) == len(set(shown(running))) == 6


@pytest.mark.parametrize("fault", ["drop-after", "error-after", "truncated-after", "empty-after"])
def test_an_unclear_answer_is_found_on_the_network_and_never_sent_again(
    fault: str,
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    stage: Stage,
    clock: MovableClock,
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    stage.faults.add(Fault(name=fault, path="/2/tweets"))
    clock.move(minutes=2)
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.UNCERTAIN
    clock.move(minutes=1)
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, [out.remote_id]) == (Delivery.PUBLISHED, shown(running))


def test_what_x_never_got_stays_uncertain_for_a_person_and_blocks_nobody(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    stage: Stage,
    clock: MovableClock,
) -> None:
    [lost] = factories.approved(store, settings, "lost", text="First.", due_at=soon())
    [next_one] = factories.approved(store, settings, "next", text="Second.", due_at=soon() + timedelta(seconds=5))
    stage.faults.add(Fault(name="drop-before", path="/2/tweets"))
    clock.move(minutes=2)
    for _ in range(12):
        publisher.work("x-en")
        clock.move(minutes=1)
    out = factories.publication(store, lost)
    assert (out.state, out.not_before) == (Delivery.UNCERTAIN, None)
    assert "person" in out.why
    assert factories.publication(store, next_one).state is Delivery.PUBLISHED
    assert len(shown(running)) == 1


def test_a_person_settles_what_the_network_could_not(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, stage: Stage, clock: MovableClock
) -> None:
    keys = [factories.approved(store, settings, name, text=name, due_at=soon())[0] for name in ("seen", "gone")]
    stage.faults.add(Fault(name="drop-before", path="/2/tweets", times=2))
    clock.move(minutes=2)
    publisher.work("x-en")
    with store.writing() as session:
        seen, gone = session.scalars(select(Publication).order_by(Publication.id))
        settling.it_is_out(session, seen, url="https://x.com/i/status/9", remote_id="9", by="Yusuf", now=clock())
        settling.it_is_not_out(session, gone, by="Yusuf", now=clock())
        with pytest.raises(settling.SettlingError, match="nothing to decide"):
            settling.it_is_not_out(session, seen, by="Yusuf", now=clock())
    publisher.work("x-en")
    assert [factories.publication(store, key).state for key in keys] == [Delivery.PUBLISHED, Delivery.MISSED]
    with store.writing() as session:
        levers.resume(
            session,
            session.scalars(select(Publication).where(Publication.key == keys[1])).one(),
            settings=settings,
            by="Yusuf",
            now=clock(),
        )
    publisher.work("x-en")
    assert factories.publication(store, keys[1]).state is Delivery.PUBLISHED
    assert len(shown(running)) == 1


def test_a_network_that_cannot_be_reached_is_tried_again_later(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, clock: MovableClock, running: RunningStage
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    clock.move(minutes=2)
    nowhere = Publisher(store, vault, Connections(settings, None), owner="worker-1", clock=clock)
    nowhere.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, out.setbacks) == (Delivery.PLANNED, 1)
    clock.move(minutes=1)
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.PUBLISHED
    assert len(shown(running)) == 1


def test_words_altered_after_approval_are_not_sent(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    with store.writing() as session:
        post = session.scalars(select(Post)).one()
        post.revision.wordings[0].text = "Something else."
    clock.move(minutes=2)
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, shown(running)) == (Delivery.FAILED, [])
    assert "not what was approved" in out.why


def test_an_approval_that_has_lapsed_is_told_as_what_it_is(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    with store.writing() as session:
        session.scalars(select(Approval).where(Approval.expires_at.is_not(None))).one().expires_at = clock()
    clock.move(minutes=2)
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, shown(running)) == (Delivery.FAILED, [])
    assert out.why.startswith("its approval ended on ")


def test_what_an_older_version_had_approved_goes_out_as_it_was_and_not_otherwise(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    keys = [factories.approved(store, settings, key, text=key, due_at=soon())[0] for key in ("kept", "altered")]
    with store.writing() as session:
        for post in session.scalars(select(Post)):
            post.revision.approvals[-1].seal = _first_seal(post)
        altered = session.scalars(select(Post).where(Post.key == "altered")).one()
        altered.revision.wordings[0].correction = "A correction that nobody approved."
    clock.move(minutes=2)
    publisher.work("x-en")
    assert [factories.publication(store, key).state for key in keys] == [Delivery.PUBLISHED, Delivery.FAILED]


def _first_seal(post: Post) -> str:
    """As it was computed before there were corrections and captions."""
    revision = post.revision
    content = {
        "form": "sawt-seal-1",
        "post": post.key,
        "kind": revision.kind,
        "wordings": [[w.language, w.title, w.text, w.alt_text, w.hashtags] for w in revision.wordings],
        "media": [],
        "link": revision.link,
        "accounts": revision.accounts,
        "window": [revision.at, revision.timezone],
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def test_a_lever_stops_it_before_the_call_and_lifting_it_sends_nothing(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    publisher.work("x-en")
    with store.writing() as session:
        levers.hold(session, scope=Scope.LANGUAGE, value="en", reason="mourning", by="Yusuf", now=clock())
    clock.move(minutes=2)
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.HELD
    with store.writing() as session:
        levers.release(session, scope=Scope.LANGUAGE, value="en", by="Yusuf", now=clock())
    publisher.work("x-en")
    assert (factories.publication(store, key).state, shown(running)) == (Delivery.HELD, [])
    with store.writing() as session:
        held = session.scalars(select(Publication)).one()
        levers.resume(session, held, settings=settings, by="Yusuf", now=clock())
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.PUBLISHED


def test_what_is_hours_late_waits_for_a_person(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    clock.move(hours=7)
    publisher.work("x-en")
    assert (factories.publication(store, key).state, shown(running)) == (Delivery.MISSED, [])


def test_a_worker_that_died_before_the_call_left_nothing_behind(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    clock.move(minutes=2)
    assert publisher.claims.take(PREPARE)
    with store.writing() as session:
        session.execute(update(Publication).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    assert publisher.recover() == 1
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.PUBLISHED
    assert len(shown(running)) == 1


def test_a_worker_that_died_after_the_intent_makes_the_next_one_look_first(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    factories.revealed(publisher, claim)
    assert publisher.recover(everything_of_ours=True) == 1
    assert factories.publication(store, claim.key).state is Delivery.UNCERTAIN
    clock.move(seconds=5)
    publisher.work("x-en")
    out = factories.publication(store, claim.key)
    assert (out.state, [out.remote_id]) == (Delivery.PUBLISHED, shown(running))


def test_a_worker_that_wakes_up_late_before_its_call_sends_nothing(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    publisher.recover(everything_of_ours=True)
    publisher._take(claim)
    assert (factories.publication(store, claim.key).state, shown(running)) == (Delivery.UNCERTAIN, [])


@pytest.mark.parametrize("meanwhile", [Delivery.UNCERTAIN, Delivery.PLANNED, Delivery.MISSED])
def test_a_late_proof_that_it_is_out_is_never_thrown_away(
    meanwhile: Delivery,
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    receipt = factories.revealed(publisher, claim)
    with store.writing() as session:
        session.execute(update(Publication).values(state=meanwhile, fence=Publication.fence + 1))
    publisher.records.receipt(claim, receipt, None)
    publisher.work("x-en")
    out = factories.publication(store, claim.key)
    assert (out.state, [out.remote_id]) == (Delivery.PUBLISHED, shown(running))


def taken_over(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> tuple[Claim, Publisher, Claim]:
    """One worker sleeps in its reveal; a person has looked, found nothing, and another is about to send it."""
    asleep = factories.about_to_send(store, settings, publisher, clock)
    publisher.recover(everything_of_ours=True)
    with store.writing() as session:
        publication = session.scalars(select(Publication)).one()
        settling.it_is_not_out(session, publication, by="Yusuf", now=clock())
        levers.resume(session, publication, settings=settings, by="Yusuf", now=clock())
    other = Publisher(store, vault, publisher.connections, owner="worker-2", clock=clock)
    other.work_line(PREPARE)
    about_to_send = other.claims.take(SEND)
    assert about_to_send
    assert about_to_send.step == "reveal"
    return asleep, other, about_to_send


def test_a_late_receipt_stops_another_worker_that_has_not_sent_yet(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    asleep, other, about_to_send = taken_over(store, settings, vault, publisher, running, clock)
    publisher.records.receipt(asleep, factories.revealed(publisher, asleep), None)
    other._take(about_to_send)
    out = factories.publication(store, about_to_send.key)
    assert (out.state, [out.remote_id]) == (Delivery.PUBLISHED, shown(running))


def test_of_two_copies_a_person_hears_from_whoever_answers_last(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    asleep, other, about_to_send = taken_over(store, settings, vault, publisher, running, clock)
    first = factories.revealed(publisher, asleep)
    publisher.records.receipt(asleep, first, None)
    other.records.receipt(about_to_send, replace(first, remote_id="another"), None)
    out = factories.publication(store, about_to_send.key)
    assert (out.state, out.remote_id) == (Delivery.PUBLISHED, first.remote_id)
    assert "it may be out twice: a late answer: it is out as another" in out.why
    assert out.moves[-1].why == out.why


def test_a_late_doubt_stops_another_worker_and_the_network_is_asked_anew(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    asleep, other, about_to_send = taken_over(store, settings, vault, publisher, running, clock)
    factories.revealed(publisher, asleep)
    publisher.records.late_doubt(asleep)
    other._take(about_to_send)
    waiting = factories.publication(store, about_to_send.key)
    assert (waiting.state, waiting.looks) == (Delivery.UNCERTAIN, 0)
    assert waiting.not_before and waiting.not_before > clock()
    clock.move(minutes=1)
    other.work("x-en")
    out = factories.publication(store, about_to_send.key)
    assert (out.state, [out.remote_id]) == (Delivery.PUBLISHED, shown(running))


def test_a_late_doubt_makes_absences_that_were_proven_before_it_count_for_nothing(
    store: Store, settings: Settings, publisher: Publisher, stage: Stage, running: RunningStage, clock: MovableClock
) -> None:
    asleep = factories.about_to_send(store, settings, publisher, clock)
    publisher.recover(everything_of_ours=True)
    with store.writing() as session:
        session.execute(update(Publication).values(looks=3, absences=1, not_before=None))
    stage.faults.add(Fault(name="drop-after", path="/2/tweets"))
    with pytest.raises(OutcomeUnknown) as doubt:
        factories.revealed(publisher, asleep)
    publisher._setback(asleep, doubt.value, Gate(store, asleep))
    out = factories.publication(store, asleep.key)
    assert (out.state, out.looks, out.absences) == (Delivery.UNCERTAIN, 0, 0)
    assert out.not_before and out.not_before > clock()


def newer_words(
    store: Store, settings: Settings, clock: MovableClock, text: str, *, puts_right: str = "", in_minutes: float = 1
) -> None:
    """Written, which takes the older ones off the plan, and approved."""
    with store.writing() as session:
        post = factories.newer_words(session, text, due_at=clock() + timedelta(minutes=in_minutes))
        post.revision.wordings[0].correction = puts_right
        drafting._withdraw_waiting(session, post, by="Amina", now=clock())
        review.submit(session, post, by=post.revision.author, now=clock())
        factories.approve(session, post, settings, now=clock())


def test_newer_words_wait_for_a_person_while_the_older_ones_may_yet_appear_however_often_they_are_edited(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    _, _, about_to_send = taken_over(store, settings, vault, publisher, running, clock)
    publisher.records.setback(about_to_send, Unreachable("no network"), None)
    for words in ("Newer words.", "Newest words."):
        newer_words(store, settings, clock, words)
        out = factories.publication(store, about_to_send.key)
        assert out.state is Delivery.HELD
        assert "may yet appear" in out.why


@pytest.mark.parametrize("clear", [Refused("no"), Unreachable("nobody there"), TooSoon("full", retry_at=soon())])
def test_newer_words_need_nobody_where_the_older_ones_had_a_clear_answer(
    clear: PlatformError, store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    publisher.records.setback(claim, clear, None)
    newer_words(store, settings, clock, "Newer words.")
    out = factories.publication(store, claim.key)
    assert (out.state, out.sent_at) == (Delivery.PLANNED, None)


def test_what_is_planned_anew_in_the_midst_of_a_claim_is_taken_with_its_newer_words(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim that takes the old words off the plan goes on with the new ones, and does not go round for ever."""
    [key] = factories.approved(store, settings, text="Old words.", due_at=soon())
    newer_words(store, settings, clock, "New words.")
    with store.writing() as session:
        first = session.scalars(select(Revision).order_by(Revision.id)).first()
        assert first
        old = {"state": Delivery.PLANNED, "revision_id": first.id}
        session.execute(update(Publication).where(Publication.key == key).values(**old))
    rounds, next_in = count(1), lines.next_in

    def counted(session: Session, account: Account, lane: Lane, now: datetime) -> Publication | None:
        assert next(rounds) <= 2
        return next_in(session, account, lane, now)

    monkeypatch.setattr(lines, "next_in", counted)
    claim = publisher.claims.take(PREPARE)
    assert claim
    assert claim.outgoing.text == "New words."


@contextmanager
def in_the_midst(
    store: Store, meanwhile: Callable[[], object], wait_for: Callable[..., None], patch: pytest.MonkeyPatch
) -> Iterator[None]:
    """What comes meanwhile comes when the block looks for newer words; it is through by then, or has to wait."""
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with ThreadPoolExecutor(1) as pool:
        others = []
        take_its_place = planning.take_its_place

        def look(*args: Any, **kwargs: Any) -> None:
            others.append(other := pool.submit(meanwhile))
            wait_for(lambda: other.done() or factories.somebody_waits_for_a_row(store), "what comes meanwhile")
            take_its_place(*args, **kwargs)

        patch.setattr(planning, "take_its_place", look)
        yield
        others[0].result()


def test_newer_words_approved_while_a_claim_takes_the_old_ones_off_the_plan_are_planned(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    wait_for: Callable[..., None],
) -> None:
    """The approval finds the old words in hand, and the claim finds no approval: one of them has to wait."""
    [key] = factories.approved(store, settings, text="Old words.", due_at=soon())
    with store.writing() as session:
        post = factories.newer_words(session, "New words.", due_at=soon())
        review.submit(session, post, by=post.revision.author, now=clock())

    def approve() -> None:
        with store.writing() as session:
            factories.approve(session, session.get_one(Post, post.id), settings)

    with in_the_midst(store, approve, wait_for, monkeypatch):
        assert publisher.claims.take(PREPARE) is None
    claim = publisher.claims.take(PREPARE)
    assert claim
    assert (claim.key, claim.outgoing.text) == (key, "New words.")


def test_a_plan_that_meets_the_refusal_of_older_words_waits_for_it(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    wait_for: Callable[..., None],
) -> None:
    """Neither holds what the other waits for: PostgreSQL would end one of the two, and a person would read of it."""
    claim = factories.about_to_send(store, settings, publisher, clock)
    newer_words(store, settings, clock, "Newer words.")

    def plan() -> object:
        return planning.plan_all(store, settings=settings, now=clock())

    with in_the_midst(store, plan, wait_for, monkeypatch):
        publisher.records.setback(claim, Refused("no"), None)
    assert factories.publication(store, claim.key).state is Delivery.PLANNED


def test_newer_words_approved_while_the_older_ones_were_being_prepared_go_out_though_those_are_refused(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    factories.approved(store, settings, text="Old words.", due_at=soon())
    claim = publisher.claims.take(PREPARE)
    assert claim
    newer_words(store, settings, clock, "New words.")
    publisher.records.setback(claim, Refused("too long"), None)
    clock.move(minutes=3)
    publisher.work("x-en")
    assert [each["text"] for each in running.shown()] == ["New words."]


@pytest.mark.parametrize("learnt", ["from the answer", "late", "from a person"])
def test_a_correction_approved_while_the_older_words_were_being_sent_is_brought(
    learnt: str, store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock, on="facebook-en")
    newer_words(store, settings, clock, "New words.", puts_right="The year is put right.")
    receipt = factories.revealed(publisher, claim)
    if learnt == "from the answer":
        publisher.records.receipt(claim, receipt, None)
    publisher.recover(everything_of_ours=True)
    if learnt == "late":
        publisher.records.receipt(claim, receipt, None)
    elif learnt == "from a person":
        with store.writing() as session:
            uncertain = session.scalars(select(Publication)).one()
            seen = {"url": receipt.url or "", "remote_id": receipt.remote_id}
            settling.it_is_out(session, uncertain, **seen, by="Yusuf", now=clock())
    publisher.work("facebook-en")
    [said] = [str(each["text"]) for each in running.shown() if not each["hidden_at"]]
    assert said.startswith("New words.")
    assert "The year is put right." in said


def test_newer_words_for_which_no_hour_is_left_are_held_and_say_so(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, text="Old words.", due_at=soon())
    claim = publisher.claims.take(PREPARE)
    assert claim
    newer_words(store, settings, clock, "New words.")
    publisher._take(claim)
    clock.move(hours=2)
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, shown(running)) == (Delivery.HELD, [])
    assert "there is no hour for it any more" in out.why
    with store.writing() as session:
        held = session.scalars(select(Publication)).one()
        at = clock() + timedelta(minutes=30)
        levers.resume(session, held, settings=settings, by="Yusuf", now=clock(), due_at=at)
    clock.move(minutes=31)
    publisher.work("x-en")
    assert [each["text"] for each in running.shown()] == ["New words."]


def test_what_a_person_took_down_comes_back_only_by_an_approval_since_then(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    publisher._take(claim)
    newer_words(store, settings, clock, "New words.", in_minutes=60)
    with store.writing() as session:
        out = session.scalars(select(Publication)).one()
        withdrawing.withdraw(session, out, settings=settings, by="Yusuf", reason="a wrong date", now=clock())
    publisher.work("x-en")
    assert factories.publication(store, claim.key).state is Delivery.WITHDRAWN
    assert planning.plan_all(store, settings=settings, now=clock()) == ([], [])
    newer_words(store, settings, clock, "Newest words.")
    clock.move(minutes=3)
    publisher.work("x-en")
    assert [each["text"] for each in running.shown() if not each["hidden_at"]] == ["Newest words."]


def test_an_answer_is_written_down_once_the_database_is_there_again(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    writing, times = store.writing, count(1)

    def away_at_first(*, durable: bool = False) -> AbstractContextManager[Session]:
        if next(times) == 1:
            raise OperationalError("UPDATE", {}, Exception("the database is locked"))
        return writing(durable=durable)

    receipt = factories.revealed(publisher, claim)
    with monkeypatch.context() as patched:
        patched.setattr(store, "writing", away_at_first)
        publisher.records.receipt(claim, receipt, None)
    out = factories.publication(store, claim.key)
    assert (out.state, [out.remote_id]) == (Delivery.PUBLISHED, shown(running))


def test_an_answer_that_was_stored_and_not_confirmed_may_be_written_down_again(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    receipt = factories.revealed(publisher, claim)
    for _ in range(2):
        publisher.records.receipt(claim, receipt, None)
    out = factories.publication(store, claim.key)
    assert (out.state, out.remote_id, out.why) == (Delivery.PUBLISHED, receipt.remote_id, "")


def test_a_correction_approved_while_the_old_words_were_in_hand_takes_their_place(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, text="Old words.", due_at=soon())
    claim = publisher.claims.take(PREPARE)
    assert claim
    assert claim.step == "stage"
    with store.writing() as session:
        post = factories.newer_words(session, "New words.", due_at=soon())
        review.submit(session, post, by=post.revision.author, now=clock())
        factories.approve(session, post, settings, now=clock())
    publisher._take(claim)
    clock.move(minutes=3)
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.PUBLISHED
    assert [each["text"] for each in running.shown()] == ["New words."]


def test_what_failed_before_its_call_had_left_is_in_no_doubt_and_goes_out_once(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)

    def failing(_: Gate) -> None:
        raise OperationalError("SELECT", {}, Exception("the database went away"))

    with monkeypatch.context() as patched:
        patched.setattr(Gate, "_check", failing)
        publisher._take(claim)
    out = factories.publication(store, claim.key)
    assert (out.state, out.setbacks, out.sent_at) == (Delivery.PLANNED, 1, None)
    clock.move(minutes=1)
    publisher.work("x-en")
    assert factories.publication(store, claim.key).state is Delivery.PUBLISHED
    assert len(shown(running)) == 1


def test_what_its_worker_dies_of_each_time_is_tried_later_and_later_and_the_others_pass(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [deadly] = factories.approved(store, settings, "deadly", text="First.", due_at=soon())
    [fine] = factories.approved(store, settings, "fine", text="Second.", due_at=soon() + timedelta(seconds=9))
    waits = []
    for _ in range(PATIENCE):
        assert publisher.claims.take(PREPARE)
        publisher.recover(everything_of_ours=True)
        not_before = factories.publication(store, deadly).not_before
        waits.append(not_before - clock() if not_before else timedelta())
        clock.move(minutes=1)
    assert waits[0] == timedelta() < waits[1] < waits[-1]
    with store.writing() as session:
        later = {"not_before": clock() + timedelta(minutes=5)}
        session.execute(update(Publication).where(Publication.key == deadly).values(**later))
    publisher.work("x-en")
    assert factories.publication(store, fine).state is Delivery.PUBLISHED


def test_a_hand_that_was_taken_for_dead_leaves_the_leases_of_whoever_took_over_alone(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.approved(store, settings, due_at=soon())

    def overtaken(claim: Claim) -> None:
        publisher._in_hand[claim.publication_id, claim.fence + 1] = replace(claim, fence=claim.fence + 1)

    monkeypatch.setattr(publisher, "_take", overtaken)
    publisher.work_line(PREPARE)
    assert [claim.fence for claim in publisher._in_hand.values()] == [2]


def test_a_post_that_cannot_be_prepared_does_not_keep_its_neighbours_waiting(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
) -> None:
    [stuck] = factories.approved(store, settings, "stuck", text="First.", due_at=soon())
    [fine] = factories.approved(store, settings, "fine", text="Second.", due_at=soon() + timedelta(seconds=9))
    with store.writing() as session:
        later = datetime.now(UTC) + timedelta(hours=1)
        session.execute(update(Publication).where(Publication.key == stuck).values(setbacks=PATIENCE, not_before=later))
    clock.move(minutes=2)
    publisher.work("x-en")
    assert factories.publication(store, fine).state is Delivery.PUBLISHED
    assert factories.publication(store, stuck).state is Delivery.PLANNED


def test_what_was_planned_for_the_stage_is_held_once_the_account_is_real(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    real = replace(settings, credentials={"x-en": {"access_token": "t"}})
    worker = Publisher(store, vault, Connections(real, running.base), owner="w", clock=clock)
    clock.move(minutes=2)
    worker.work("x-en")
    assert (factories.publication(store, key).state, shown(running)) == (Delivery.HELD, [])


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (Delivery.UNCERTAIN, Delivery.HELD),
        (Delivery.WITHDRAWING, Delivery.WITHDRAWN),
        (Delivery.PUBLISHED, Delivery.PUBLISHED),
    ],
)
def test_nobody_asks_the_stage_any_more_about_an_account_that_is_real_now(
    state: Delivery,
    becomes: Delivery,
    store: Store,
    settings: Settings,
    vault: Vault,
    running: RunningStage,
    publisher: Publisher,
    clock: MovableClock,
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    with store.writing() as session:
        values = {"state": state, "owner": None, "lease_until": None, "not_before": clock(), "follows_at": clock()}
        session.execute(update(Publication).values(**values))
    real = Connections(replace(settings, credentials={"x-en": {"access_token": "t"}}), running.base)
    Publisher(store, vault, real, owner="w", clock=clock).work("x-en")
    out = factories.publication(store, claim.key)
    assert (out.state, out.follows_at if state is Delivery.PUBLISHED else out.not_before) == (becomes, None)
    assert not settling.may_be_out(out)


def test_what_is_released_for_the_real_account_knows_nothing_of_the_stage(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    of_the_stage = {"state": Delivery.HELD, "checkpoint": {"media_ids": ["9"]}, "owner": None, "lease_until": None}
    real = replace(settings, credentials={"x-en": {"access_token": "t"}})
    with store.writing() as session:
        session.execute(update(Publication).values(**of_the_stage))
    with store.writing() as session:
        levers.resume(session, session.scalars(select(Publication)).one(), settings=real, by="Yusuf", now=clock())
    out = factories.publication(store, claim.key)
    assert (out.state, out.rehearsal, out.checkpoint, out.sent_at) == (Delivery.PLANNED, False, {}, None)


def test_nothing_is_put_back_for_an_hour_beyond_its_approval(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    factories.approved(store, settings, due_at=soon())
    with store.writing() as session:
        session.execute(update(Publication).values(state=Delivery.HELD))
    with pytest.raises(levers.LeverError, match="holds until"), store.writing() as session:
        held, far = session.scalars(select(Publication)).one(), clock() + review.VALID_FOR + timedelta(days=1)
        levers.resume(session, held, settings=settings, by="Yusuf", now=clock(), due_at=far)


def test_what_is_meant_for_the_real_account_is_not_released_to_the_stage(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    real = replace(settings, credentials={"x-en": {"access_token": "t"}})
    [key] = factories.approved(store, real, due_at=soon())
    with store.writing() as session:
        session.execute(update(Publication).values(state=Delivery.HELD))
    with pytest.raises(levers.LeverError, match="connect it first"), store.writing() as session:
        levers.resume(session, session.scalars(select(Publication)).one(), settings=settings, by="Yusuf", now=clock())
    assert factories.publication(store, key).state is Delivery.HELD


def test_a_process_without_the_credentials_leaves_a_real_account_alone(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    real = replace(settings, credentials={"x-en": {"access_token": "t"}})
    [key] = factories.approved(store, real, due_at=soon())
    clock.move(minutes=2)
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, out.rehearsal, out.account.paused_at, shown(running)) == (Delivery.PLANNED, False, None, [])


def test_absence_counts_only_once_reads_have_had_time_to_catch_up(
    store: Store, settings: Settings, publisher: Publisher, stage: Stage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    publisher.recover(everything_of_ours=True)
    with store.writing() as session:
        session.execute(update(Publication).values(not_before=clock(), sent_at=clock()))
    looking = publisher.claims.take(SEND)
    assert looking
    assert looking.step == "look"
    publisher.records.not_found(looking, Absent(), None)
    assert factories.publication(store, claim.key).absences == 0
    clock.move(seconds=5)
    for expected in (Delivery.UNCERTAIN, Delivery.PLANNED):
        looking = publisher.claims.take(SEND)
        assert looking
        publisher.records.not_found(looking, Absent(), None)
        assert factories.publication(store, claim.key).state is expected
        clock.move(seconds=20)


def test_setbacks_while_preparing_do_not_use_up_the_sending_again(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    publisher.work("x-en")
    uncertain = {"state": Delivery.UNCERTAIN, "setbacks": 9, "absences": 1, "sent_at": clock(), "not_before": clock()}
    with store.writing() as session:
        session.execute(update(Publication).values(**uncertain))
    clock.move(minutes=2)
    looking = publisher.claims.take(SEND)
    assert looking
    publisher.records.not_found(looking, Absent(), None)
    out = factories.publication(store, key)
    assert (out.state, out.resendings) == (Delivery.PLANNED, 1)


def test_told_to_stop_it_takes_no_further_step(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    factories.approved(store, settings, due_at=soon())
    clock.move(minutes=2)
    publisher.stop()
    assert publisher.work("x-en") == 0
    assert shown(running) == []


def test_an_edit_takes_the_old_words_off_the_plan(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    with store.writing() as session:
        factories.newer_words(session, "Newer words.")
    clock.move(minutes=2)
    publisher.work("x-en")
    assert (factories.publication(store, key).state, shown(running)) == (Delivery.WITHDRAWN, [])


def test_only_one_publication_of_an_account_can_be_in_hand(
    store: Store, settings: Settings, publisher: Publisher
) -> None:
    factories.approved(store, settings, "a", text="One.", due_at=soon())
    factories.approved(store, settings, "b", text="Two.", due_at=soon())
    with pytest.raises(Exception, match=r"(?i)unique"), store.writing() as session:
        session.execute(update(Publication).values(state=Delivery.STAGING))


def test_every_move_is_written_down_with_its_reason(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    factories.approved(store, settings, due_at=soon())
    clock.move(hours=7)
    publisher.work("x-en")
    with store.reading() as session:
        moves = session.scalars(select(Move).order_by(Move.id)).all()
    assert [(move.came_from, move.went_to) for move in moves] == [(None, "planned"), ("planned", "missed")]
    assert moves[-1].why and moves[-1].by == "worker-1"


def test_eleven_accounts_due_at_once_each_send_theirs(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    on = [account.key for account in settings.accounts if account.network in (Network.X, Network.FACEBOOK)]
    with store.writing() as session:
        post = factories.text_post(session, on=on, due_at=soon(), languages=Language)
        review.submit(session, post, by=post.revision.author, now=clock())
        factories.approve(session, post, settings, now=clock())
    clock.move(minutes=2)
    for account in publisher.accounts_with_work():
        publisher.work(account)
    assert sorted(str(each["account"]) for each in running.shown()) == sorted(on)


def test_a_lease_outlasts_every_call() -> None:
    from platforms.endpoints import CONNECT_SECONDS, READ_SECONDS

    assert timedelta(seconds=CONNECT_SECONDS + READ_SECONDS) * 2 < LEASE
