"""What keeps an account's line in order: lanes, spacing, windows, rest, levers before every call, withdrawing."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from campaigns import levers, withdrawing
from campaigns.connections import Connections
from campaigns.models import Account, Delivery, Publication, Scope
from campaigns.publishing import Lane, Line, Publisher
from campaigns.publishing.gate import Gate
from campaigns.publishing.steps import STUMBLES
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Network
from platforms.endpoints import Call
from platforms.errors import Covers, OutcomeUnknown, TooSoon
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.serving import RunningStage
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock

SEND, PREPARE = (Line(account="x-en", lane=lane) for lane in Lane)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def state(store: Store, key: str) -> Delivery:
    return factories.publication(store, key).state


def account(store: Store, key: str = "x-en") -> Account:
    with store.reading() as session:
        return session.get_one(Account, key)


def set_account(store: Store, key: str = "x-en", **values: object) -> None:
    with store.writing() as session:
        session.execute(update(Account).where(Account.key == key).values(**values))


def move_to(store: Store, key: str, state: Delivery, **values: object) -> None:
    with store.writing() as session:
        session.execute(update(Publication).where(Publication.key == key).values(state=state, **values))


# -- lanes ---------------------------------------------------------------------------------------------


def test_a_long_upload_does_not_keep_a_due_post_waiting(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [due] = factories.approved(store, settings, "due", text="Due.", due_at=soon())
    [later] = factories.approved(store, settings, "later", text="Later.", due_at=soon() + timedelta(minutes=3))
    publisher.work_line(PREPARE)
    move_to(store, later, Delivery.STAGING, owner="worker-2", lease_until=soon() + timedelta(hours=1))
    clock.move(minutes=2)
    publisher.work_line(SEND)
    assert (state(store, due), state(store, later)) == (Delivery.PUBLISHED, Delivery.STAGING)


def test_a_post_that_is_still_being_prepared_keeps_its_place_in_the_line(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [first] = factories.approved(store, settings, "first", text="First.", due_at=soon())
    [second] = factories.approved(store, settings, "second", text="Second.", due_at=soon() + timedelta(seconds=5))
    publisher.work_line(PREPARE)
    move_to(store, first, Delivery.STAGING, owner="worker-2", lease_until=soon() + timedelta(hours=1))
    clock.move(minutes=2)
    publisher.work_line(SEND)
    assert (state(store, second), running.shown()) == (Delivery.STAGED, [])


def test_the_lanes_with_work_are_those_whose_step_is_due(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    factories.approved(store, settings, due_at=soon())
    assert publisher.lines_with_work() == [PREPARE]
    publisher.work_line(PREPARE)
    assert publisher.lines_with_work() == []
    clock.move(minutes=2)
    assert publisher.lines_with_work() == [SEND]


def test_a_lane_that_another_worker_has_in_hand_is_left_to_it(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [first] = factories.approved(store, settings, "first", text="First.", due_at=soon())
    factories.approved(store, settings, "second", text="Second.", due_at=soon())
    move_to(store, first, Delivery.STAGING, owner="worker-2", lease_until=soon())
    assert publisher.lines_with_work() == []
    move_to(store, first, Delivery.STAGED, owner=None, lease_until=None)
    publisher.work_line(PREPARE)
    clock.move(minutes=2)
    move_to(store, first, Delivery.REVEALING, owner="worker-2", lease_until=soon())
    assert (publisher.lines_with_work(), publisher.work_line(SEND)) == ([], 0)


def test_what_is_uncertain_is_looked_at_while_another_post_is_being_sent(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [uncertain] = factories.approved(store, settings, "uncertain", text="Perhaps.", due_at=soon())
    [sent] = factories.approved(store, settings, "sent", text="Now.", due_at=soon())
    move_to(store, uncertain, Delivery.UNCERTAIN, not_before=clock(), sent_at=clock())
    move_to(store, sent, Delivery.REVEALING, owner="worker-2", lease_until=soon())
    assert publisher.lines_with_work() == [SEND]
    assert publisher.work_line(SEND) == 1


def test_no_worker_waits_for_an_account_that_has_nothing_to_do(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no locks of rows")
    [first] = factories.approved(store, settings, "first", text="First.", due_at=soon())
    move_to(store, first, Delivery.REVEALING, owner="worker-2", lease_until=soon())
    with store.writing() as session:
        session.get_one(Account, "x-en", with_for_update=True)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(publisher.work_line, SEND).result() == 0


# -- spacing and order ---------------------------------------------------------------------------------


def test_between_two_posts_of_an_account_lies_its_spacing(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    set_account(store, spacing_seconds=300)
    keys = [factories.approved(store, settings, name, text=name, due_at=soon())[0] for name in ("one", "two", "three")]
    clock.move(minutes=2)
    publisher.work("x-en")
    assert [state(store, key) for key in keys] == [Delivery.PUBLISHED, Delivery.STAGED, Delivery.STAGED]
    clear_at = account(store).clear_at
    assert clear_at
    assert publisher.next_at() == clear_at
    for expected in (2, 3):
        clock.move(minutes=5, seconds=1)
        publisher.work("x-en")
        assert len(running.shown()) == expected


def test_a_rehearsal_keeps_its_spacing_at_its_own_pace(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    set_account(store, spacing_seconds=300)
    quick = Connections(replace(settings, pace=1e6), running.base)
    worker = Publisher(store, vault, quick, owner="quick", clock=clock)
    for name in ("one", "two"):
        factories.approved(store, settings, name, text=name, due_at=soon())
    clock.move(minutes=2)
    worker.work("x-en")
    clock.move(seconds=1)
    worker.work("x-en")
    assert len(running.shown()) == 2


@pytest.mark.parametrize(("waits", "expected"), [(True, Delivery.STAGED), (False, Delivery.PUBLISHED)])
def test_an_uncertain_post_blocks_the_others_only_where_the_account_says_so(
    waits: bool,
    expected: Delivery,
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
) -> None:
    set_account(store, waits_for_uncertain=waits)
    [lost] = factories.approved(store, settings, "lost", text="Lost.", due_at=soon())
    [after] = factories.approved(store, settings, "after", text="After.", due_at=soon() + timedelta(seconds=3))
    publisher.work("x-en")
    move_to(store, lost, Delivery.UNCERTAIN, not_before=None)
    clock.move(minutes=2)
    publisher.work("x-en")
    assert state(store, after) is expected


# -- windows and rest ----------------------------------------------------------------------------------


def test_no_call_is_made_before_an_account_s_window_ends(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    until = clock() + timedelta(minutes=30)
    set_account(store, resume_at=until)
    clock.move(minutes=5)
    assert publisher.work("x-en") == 0
    assert publisher.next_at() == until
    clock.move(minutes=26)
    publisher.work("x-en")
    assert state(store, key) is Delivery.PUBLISHED


def test_a_window_that_the_stage_closed_does_not_close_the_real_account(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    set_account(store, resume_at=soon(), resume_for_rehearsal=True)
    now = datetime.now(UTC)
    assert not account(store).is_closed(now, rehearsal=False)
    assert account(store).is_closed(now, rehearsal=True)


@pytest.mark.parametrize(
    ("covers", "closed"),
    [
        (Covers.CALL, set()),
        (Covers.ACCOUNT, {"facebook-en"}),
        (Covers.APP, {f"{network}-{code}" for network in ("facebook", "instagram") for code in ("ar", "en", "fr")}),
    ],
)
def test_a_window_closes_whom_it_covers(
    covers: Covers, closed: set[str], store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    factories.approved(store, settings, on=["facebook-en"], due_at=soon())
    claim = publisher.claims.take(Line(account="facebook-en", lane=Lane.PREPARE))
    assert claim
    publisher.records.setback(claim, TooSoon("later", retry_at=soon(), covers=covers), None)
    with store.reading() as session:
        waiting = session.scalars(select(Account).where(Account.resume_at.is_not(None)))
        assert {each.key for each in waiting} == closed


def test_the_stage_s_windows_and_real_ones_do_not_open_each_other(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    factories.approved(store, settings, on=["facebook-en"], due_at=soon())
    claim = publisher.claims.take(Line(account="facebook-en", lane=Lane.PREPARE))
    assert claim
    sooner, later = clock() + timedelta(minutes=30), clock() + timedelta(hours=9)
    set_account(store, "facebook-ar", resume_at=sooner)
    publisher.records.setback(claim, TooSoon("of the stage", retry_at=later, covers=Covers.APP), None)
    assert account(store, "facebook-ar").is_closed(clock(), rehearsal=False)
    move_to(store, claim.key, Delivery.STAGING)
    real = replace(claim, speaker=replace(claim.speaker, rehearsal=False))
    publisher.records.setback(real, TooSoon("of Meta", retry_at=sooner), None)
    closed = account(store, "facebook-en")
    assert (closed.resume_at, closed.uploads_at, closed.is_closed(clock(), rehearsal=False)) == (sooner, None, True)


def test_uploads_that_are_used_up_leave_what_is_uploaded_to_go_out(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [ready] = factories.approved(store, settings, "ready", text="Ready.", due_at=soon())
    publisher.work("x-en")
    [fresh] = factories.approved(store, settings, "fresh", text="Fresh.", due_at=soon())
    set_account(store, uploads_at=clock() + timedelta(hours=1))
    clock.move(minutes=2)
    publisher.work("x-en")
    assert (state(store, ready), state(store, fresh)) == (Delivery.PUBLISHED, Delivery.PLANNED)


def test_a_window_that_a_good_answer_says_is_used_up_is_kept(
    store: Store, settings: Settings, publisher: Publisher, stage: Stage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    until = clock() + timedelta(minutes=15)
    receipt = factories.revealed(publisher, claim)
    publisher.records.receipt(claim, receipt, TooSoon("none left", retry_at=until))
    assert (state(store, claim.key), account(store).resume_at) == (Delivery.PUBLISHED, until)


def test_an_hour_that_a_network_names_and_that_is_past_by_our_clock_hastens_nothing(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    past = TooSoon("wait a minute", retry_at=clock() - timedelta(minutes=4), covers=Covers.ACCOUNT)
    publisher.records.setback(claim, past, None)
    not_before, resume_at = factories.publication(store, claim.key).not_before, account(store).resume_at
    assert not_before and resume_at
    assert min(not_before, resume_at) > clock()


def test_a_post_that_must_wait_for_hours_lets_those_that_are_ready_pass(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    [waits] = factories.approved(store, settings, "waits", text="First.", due_at=soon())
    [ready] = factories.approved(store, settings, "ready", text="Second.", due_at=soon() + timedelta(seconds=9))
    move_to(store, waits, Delivery.PLANNED, not_before=clock() + timedelta(hours=20))
    clock.move(minutes=2)
    publisher.work("x-en")
    assert (state(store, waits), state(store, ready)) == (Delivery.PLANNED, Delivery.PUBLISHED)


def test_two_answers_that_close_their_app_at_the_same_moment_are_both_kept(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage both accounts have stumbled, and each answer concerns the other's row as well as its own."""
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    claims = {}
    for on in ("facebook-en", "instagram-en"):
        factories.approved(store, settings, on, text=on, on=["facebook-en"], due_at=soon())
        move_to(store, f"{on}:facebook-en:en", Delivery.PLANNED, account_key=on)
        claim = publisher.claims.take(Line(account=on, lane=Lane.PREPARE))
        assert claim
        claims[on] = claim
        set_account(store, on, stumbles=1)
    full = TooSoon("the app is full", retry_at=clock() + timedelta(minutes=9), covers=Covers.APP)
    both_here, close = threading.Barrier(2), publisher.records._close

    def together(*args: Any) -> None:
        both_here.wait(10)
        close(*args)

    monkeypatch.setattr("campaigns.store.PAUSES", ())
    monkeypatch.setattr(publisher.records, "_close", together)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(publisher.records.staged, claim, {}, full) for claim in claims.values()]:
            done.result()
    assert {factories.publication(store, claim.key).state for claim in claims.values()} == {Delivery.STAGED}
    assert {account(store, each).resume_at for each in claims} == {full.retry_at}


def test_an_account_rests_after_calls_in_a_row_without_an_answer_and_the_others_do_not(
    store: Store, settings: Settings, publisher: Publisher, stage: Stage, running: RunningStage, clock: MovableClock
) -> None:
    for number in range(STUMBLES):
        factories.approved(store, settings, f"lost{number}", text=f"Lost {number}.", due_at=soon())
    [other] = factories.approved(store, settings, "other", text="Other.", on=["facebook-en"], due_at=soon())
    publisher.work("x-en")
    stage.faults.add(Fault(name="drop-before", path="/2/tweets", times=STUMBLES))
    clock.move(minutes=2)
    publisher.work_line(SEND)
    rests_until = account(store).resume_at
    assert rests_until
    assert rests_until > clock()
    publisher.work("facebook-en")
    assert state(store, other) is Delivery.PUBLISHED
    clock.move(minutes=16)
    publisher.work("x-en")
    assert account(store).stumbles == 0


# -- levers before every call --------------------------------------------------------------------------


def test_a_lever_pulled_between_the_claim_and_the_call_stops_the_call(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    with store.writing() as session:
        levers.hold(session, scope=Scope.ACCOUNT, value="x-en", reason="mourning", by="Yusuf", now=clock())
    publisher._take(claim)
    assert (state(store, claim.key), running.shown()) == (Delivery.HELD, [])


def test_what_was_half_shown_when_the_lever_was_pulled_is_looked_at(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    gate, write = Gate(store, claim), Call(method="POST", path="/2/tweets", signs_in=False)
    gate.before(write)
    with store.writing() as session:
        levers.hold(session, scope=Scope.EVERYTHING, value="", reason="mourning", by="Yusuf", now=clock())
    gate.before(replace(write, method="GET"))
    with pytest.raises(OutcomeUnknown, match="half way"):
        gate.before(write)


def test_looking_and_taking_down_go_on_while_everything_is_held(
    store: Store, settings: Settings, publisher: Publisher, stage: Stage, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    stage.faults.add(Fault(name="drop-after", path="/2/tweets"))
    clock.move(minutes=2)
    publisher.work("x-en")
    with store.writing() as session:
        levers.hold(session, scope=Scope.EVERYTHING, value="", reason="mourning", by="Yusuf", now=clock())
    clock.move(minutes=1)
    publisher.work("x-en")
    assert state(store, key) is Delivery.PUBLISHED
    _withdraw(store, settings, key, clock)
    publisher.work("x-en")
    assert state(store, key) is Delivery.WITHDRAWN
    assert [each["hidden_at"] is not None for each in running.shown()] == [True]


def test_what_came_due_under_a_lever_while_its_account_rested_stays_held_when_it_is_lifted(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [due] = factories.approved(store, settings, "due", text="Due.", due_at=soon())
    [later] = factories.approved(store, settings, "later", text="Later.", due_at=soon() + timedelta(minutes=9))
    set_account(store, resume_at=clock() + timedelta(minutes=5), resume_for_rehearsal=True)
    with store.writing() as session:
        levers.hold(session, scope=Scope.LANGUAGE, value="en", reason="mourning", by="Yusuf", now=clock())
    clock.move(minutes=2)
    publisher.work("x-en")
    with store.writing() as session:
        levers.release(session, scope=Scope.LANGUAGE, value="en", by="Yusuf", now=clock())
    clock.move(minutes=15)
    publisher.work("x-en")
    assert (state(store, due), state(store, later)) == (Delivery.HELD, Delivery.PUBLISHED)
    assert factories.publication(store, due).why == "held by Yusuf: mourning"


def test_an_account_that_a_person_takes_up_again_sends_at_once_what_waited_for_its_window(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    claim = factories.about_to_send(store, settings, publisher, clock)
    blocked = TooSoon("blocked", retry_at=clock() + timedelta(hours=5), covers=Covers.ACCOUNT)
    publisher.records.setback(claim, blocked, None)
    with store.writing() as session:
        levers.resume_account(session, session.get_one(Account, "x-en"), by="Yusuf", now=clock())
    publisher.work("x-en")
    assert state(store, claim.key) is Delivery.PUBLISHED


# -- withdrawing ---------------------------------------------------------------------------------------


def _withdraw(store: Store, settings: Settings, key: str, clock: MovableClock, reason: str = "a wrong date") -> None:
    with store.writing() as session:
        publication = session.scalars(select(Publication).where(Publication.key == key)).one()
        withdrawing.withdraw(session, publication, settings=settings, by="Yusuf", reason=reason, now=clock())


def _published(store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, on: str = "x-en") -> str:
    [key] = factories.approved(store, settings, on=[on], due_at=soon())
    clock.move(minutes=2)
    publisher.work(on)
    assert state(store, key) is Delivery.PUBLISHED
    return key


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "error-after"])
def test_taking_down_is_repeated_until_it_is_down(
    fault: str,
    store: Store,
    settings: Settings,
    publisher: Publisher,
    stage: Stage,
    running: RunningStage,
    clock: MovableClock,
) -> None:
    key = _published(store, settings, publisher, clock)
    stage.faults.add(Fault(name=fault, path="/2/tweets", method="DELETE"))
    _withdraw(store, settings, key, clock)
    publisher.work("x-en")
    assert state(store, key) is Delivery.WITHDRAWING
    clock.move(minutes=1)
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, out.withdrawn_at is not None, out.remote_id is not None) == (Delivery.WITHDRAWN, True, True)
    assert [each["hidden_at"] is not None for each in running.shown()] == [True]


def test_what_is_not_out_cannot_be_taken_down_and_needs_a_reason(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    with pytest.raises(withdrawing.WithdrawError, match="only what is out"):
        _withdraw(store, settings, key, clock)
    clock.move(minutes=2)
    publisher.work("x-en")
    with pytest.raises(withdrawing.WithdrawError, match="say why"):
        _withdraw(store, settings, key, clock, reason=" ")
    assert state(store, key) is Delivery.PUBLISHED


def test_where_a_network_takes_nothing_down_a_person_does_and_says_so(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock
) -> None:
    key = _published(store, settings, publisher, clock)
    with store.writing() as session:
        session.execute(update(Account).where(Account.key == "x-en").values(network=Network.INSTAGRAM))
    with pytest.raises(withdrawing.WithdrawError, match="delete it in the app"):
        _withdraw(store, settings, key, clock)
    with store.writing() as session:
        publication = session.scalars(select(Publication).where(Publication.key == key)).one()
        withdrawing.it_is_down(session, publication, settings=settings, by="Yusuf", reason="a wrong date", now=clock())
    assert state(store, key) is Delivery.WITHDRAWN


def test_a_worker_that_died_while_taking_down_is_followed_by_one_that_does_it(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    key = _published(store, settings, publisher, clock)
    _withdraw(store, settings, key, clock)
    assert publisher.claims.take(SEND)
    assert publisher.work("x-en") == 0
    publisher.recover(everything_of_ours=True)
    publisher.work("x-en")
    assert state(store, key) is Delivery.WITHDRAWN


# -- too late, by kind ---------------------------------------------------------------------------------


def test_what_is_too_late_depends_on_its_kind(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    patient = Connections(replace(settings, too_late={"text": timedelta(hours=20)}), running.base)
    worker = Publisher(store, vault, patient, owner="patient", clock=clock)
    clock.move(hours=8)
    worker.work("x-en")
    assert state(store, key) is Delivery.PUBLISHED


def test_after_a_night_without_power_what_is_not_too_late_goes_out_in_order(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    start = soon()
    keys = [
        factories.approved(store, settings, f"p{hour}", text=f"Hour {hour}.", due_at=start + timedelta(hours=hour))[0]
        for hour in range(0, 9, 2)
    ]
    clock.move(hours=9)
    publisher.work("x-en")
    assert [state(store, key) for key in keys] == [Delivery.MISSED] * 2 + [Delivery.PUBLISHED] * 3
    assert [each["text"] for each in running.shown()] == ["Hour 4.", "Hour 6.", "Hour 8."]


def test_a_media_folder_that_cannot_be_read_says_nothing_about_the_post(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    [key] = factories.approved(store, settings, due_at=soon())
    claim = publisher.claims.take(PREPARE)
    assert claim

    def unreadable(_: Vault, digest: str) -> bool:
        raise OSError(errno.EIO, "Input/output error", digest)

    monkeypatch.setattr(Vault, "is_whole", unreadable)
    picture = replace(factories.UPRIGHT_FILM, path=tmp_path)
    publisher._take(replace(claim, outgoing=replace(claim.outgoing, media=(picture,))))
    out = factories.publication(store, key)
    assert (out.state, out.setbacks, account(store).stumbles) == (Delivery.PLANNED, 1, 0)
    assert "could not be read" in out.why


def test_an_upload_goes_on_though_how_far_it_has_come_cannot_be_noted(
    store: Store, settings: Settings, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.approved(store, settings, due_at=soon())
    claim = publisher.claims.take(PREPARE)
    assert claim

    def busy(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(Store, "writing", busy)
    Gate(store, claim).sent(1, of=2)


def test_a_worker_without_the_picture_leaves_it_to_another_and_the_account_alone(
    store: Store, settings: Settings, publisher: Publisher, running: RunningStage, vault: Vault, clock: MovableClock
) -> None:
    from campaigns.publishing.steps import NotHere

    [key] = factories.approved(store, settings, due_at=soon())
    claim = publisher.claims.take(PREPARE)
    assert claim
    for _ in range(STUMBLES):
        publisher.records.setback(claim, NotHere("a picture is not in the media folder of worker-1"), None)
        assert (state(store, key), account(store).stumbles) == (Delivery.PLANNED, 0)
        clock.move(minutes=1)
        claim = publisher.claims.take(PREPARE)
        assert claim
