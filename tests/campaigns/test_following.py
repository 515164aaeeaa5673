"""What follows a post that is out, and what a worker may still do that was taken for dead: on the stage's website."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from sqlalchemy import select, update

from campaigns import levers, planning, review, withdrawing
from campaigns.connections import Connections
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Post, PostState, Publication, Scope
from campaigns.publishing import LEASE, Lane, Line, Publisher, following
from campaigns.publishing.steps import FOLLOW_UPS, Claim
from campaigns.settings import AccountSetting, Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Network, Receipt
from platforms.errors import OutcomeUnknown, Refused, TooSoon, Unreachable
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.serving import RunningStage, in_thread
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock

SITE = "website"
SEND, PREPARE = (Line(account=SITE, lane=lane) for lane in Lane)
OLD, NEW, NEWEST = "Peace came in 1994.", "Peace came in 1995.", "Peace came in 1996."


@dataclass(kw_only=True)
class House:
    """Two workers over one store, a stage, and the people who write and decide."""

    store: Store
    settings: Settings
    stage: Stage
    running: RunningStage
    clock: MovableClock
    one: Publisher
    other: Publisher
    key: str

    def revised(self, text: str, *, correction: str = "The year was wrong.") -> None:
        """The next revision, handed in for review."""
        with self.store.writing() as session:
            post = session.scalars(select(Post).where(Post.key == "peace")).one()
            number = post.revision.number + 1
            draft = factories.text_post(session, f"draft-{number}", text=text, on=[SITE], due_at=self.clock())
            revision = draft.revision
            revision.wordings[0].correction = correction
            session.flush()
            revision.post, revision.number, post.state = post, number, PostState.DRAFTED
        with self.store.writing() as session:
            post = session.scalars(select(Post).where(Post.key == "peace")).one()
            review.submit(session, post, by=post.revision.author, now=self.clock())

    def approve(self) -> None:
        with self.store.writing() as session:
            post = session.scalars(select(Post).where(Post.key == "peace")).one()
            factories.approve(session, post, self.settings, now=self.clock())

    def corrected(self, text: str) -> None:
        self.revised(text)
        self.approve()

    def work(self, worker: Publisher | None = None) -> None:
        (worker or self.one).work(SITE)

    def later(self, **by: float) -> None:
        self.clock.move(**(by or {"minutes": 20}))

    def goes_wrong(self, name: Name, times: int = 1) -> None:
        """The next writes of words to an article."""
        self.stage.faults.add(Fault(name=name, path="/wp/v2/posts/", method="POST", times=times))

    def hold(self) -> None:
        with self.store.writing() as session:
            levers.hold(session, scope=Scope.NETWORK, value=SITE, reason="mourning", by="Yusuf", now=self.clock())

    def lift(self) -> None:
        with self.store.writing() as session:
            levers.release(session, scope=Scope.NETWORK, value=SITE, by="Yusuf", now=self.clock())

    def planned_again(self) -> None:
        planning.plan_all(self.store, settings=self.settings, now=self.clock())

    def taken_down(self) -> None:
        with self.store.writing() as session:
            publication = session.scalars(select(Publication).where(Publication.key == self.key)).one()
            withdrawing.withdraw(
                session, publication, settings=self.settings, by="Yusuf", reason="a wrong year", now=self.clock()
            )

    def lease_runs_out(self) -> None:
        with self.store.writing() as session:
            over = datetime.now(UTC) - timedelta(seconds=1)
            session.execute(update(Publication).where(Publication.owner.is_not(None)).values(lease_until=over))

    def taken(self, line: Line = PREPARE, worker: Publisher | None = None) -> Claim:
        claim = (worker or self.one).claims.take(line)
        assert claim
        return claim

    @property
    def row(self) -> Publication:
        return factories.publication(self.store, self.key)

    @property
    def says(self) -> list[str]:
        """What readers see, copy by copy."""
        visible = [str(each["text"]) for each in self.running.shown() if not each["hidden_at"]]
        return [next((year for year in (OLD, NEW, NEWEST) if year in text), text) for text in visible]

    @property
    def revision(self) -> int:
        with self.store.reading() as session:
            return session.scalars(select(Publication)).one().revision.number


@pytest.fixture
def due(
    store: Store, settings: Settings, vault: Vault, stage: Stage, running: RunningStage, clock: MovableClock
) -> Iterator[House]:
    site = AccountSetting(
        key=SITE, network=Network.WEBSITE, languages=(Language.EN,), name="Wisdom", timezone="UTC", spacing=timedelta()
    )
    settings = replace(settings, accounts=(site,))
    factories.accounts(store, settings)
    [key] = factories.approved(store, settings, text=OLD, on=[SITE], due_at=datetime.now(UTC) + timedelta(minutes=1))
    clock.move(minutes=2)
    connections = Connections(settings, running.base)
    one, other = (Publisher(store, vault, connections, owner=name, clock=clock) for name in ("one", "other"))
    with closing(connections):
        yield House(
            store=store, settings=settings, stage=stage, running=running, clock=clock, one=one, other=other, key=key
        )


@pytest.fixture
def house(due: House) -> House:
    """Its post is out."""
    due.work()
    assert due.row.state is Delivery.PUBLISHED
    return due


@contextmanager
def asleep_behind_the_gate(meanwhile: Callable[[], None]) -> Iterator[None]:
    """The next write that passes the gate leaves only after all this."""
    onto_the_wire, slept = HTTPAdapter.send, list[bool]()

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if request.method == "POST" and "/wp/v2/posts/" in (request.url or "") and not slept:
            slept.append(True)
            meanwhile()
        return onto_the_wire(adapter, request, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(HTTPAdapter, "send", send)
        yield
    assert slept, "nothing was sent"


# -- a correction --------------------------------------------------------------------------------------


def test_a_correction_takes_the_place_of_the_old_words_under_the_same_address(house: House) -> None:
    before = house.row
    house.corrected(NEW)
    house.work()
    out = house.row
    assert (house.says, house.revision, out.remote_id, out.url) == ([NEW], 2, before.remote_id, before.url)
    assert (out.corrected_to_id, out.corrected_at is not None, out.why) == (None, True, "")
    assert out.moves[-1].why == "corrected"


def test_an_edit_that_corrects_nothing_in_public_leaves_what_is_out_alone(house: House) -> None:
    house.revised(NEW, correction="")
    house.approve()
    house.work()
    assert (house.says, house.revision) == ([OLD], 1)


def test_a_correction_whose_worker_died_before_its_call_is_brought_by_another(house: House) -> None:
    house.corrected(NEW)
    house.taken()
    house.work(house.other)
    assert house.says == [OLD]
    house.lease_runs_out()
    house.other.recover()
    house.work(house.other)
    assert (house.says, house.revision) == ([NEW], 2)


def test_a_correction_whose_worker_died_after_its_call_is_brought_again_and_changes_nothing(house: House) -> None:
    house.corrected(NEW)
    claim = house.taken()
    with house.one.connections.platform(claim.speaker) as platform:
        platform.correct(claim.outgoing, claim.remote_id or "", claim.checkpoint)
    assert (house.says, house.revision) == ([NEW], 1)
    house.one.recover(everything_of_ours=True)
    house.work()
    assert (house.says, house.revision) == ([NEW], 2)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "error-after", "truncated-after"])
def test_a_correction_without_a_clear_answer_is_brought_again(fault: Name, house: House) -> None:
    house.corrected(NEW)
    house.goes_wrong(fault)
    house.work()
    assert house.row.setbacks == 1
    house.later()
    house.work()
    assert (house.says, house.revision, house.row.setbacks) == ([NEW], 2, 0)


def test_two_workers_bring_a_correction_once(house: House) -> None:
    house.corrected(NEW)
    claim = house.taken()
    assert claim.correcting
    assert house.other.claims.take(PREPARE) is None
    house.one._take(claim)
    assert (house.says, house.revision) == ([NEW], 2)


def test_a_refused_correction_is_told_and_tried_anew_only_when_a_person_plans_it(house: House) -> None:
    house.corrected(NEW)
    house.one.records.setback(house.taken(), Refused("too long"), None)
    out = house.row
    assert (out.state, out.corrected_to_id) == (Delivery.PUBLISHED, None)
    assert "its correction could not be brought: too long" in out.why
    house.later()
    house.work()
    assert (house.says, house.row.why, house.row.follows_at) == ([OLD], out.why, None)
    house.planned_again()
    house.work()
    assert (house.says, house.row.why) == ([NEW], "")


def test_a_lever_stops_a_correction_and_lifting_it_brings_nothing(house: House) -> None:
    house.corrected(NEW)
    house.hold()
    house.work()
    assert "held by Yusuf: mourning" in house.row.why
    house.lift()
    house.later()
    house.work()
    assert (house.says, house.row.state) == ([OLD], Delivery.PUBLISHED)


def test_a_last_sign_of_life_brings_no_correction_back_that_a_lever_has_stopped(house: House) -> None:
    house.corrected(NEW)
    with house.store.writing() as session:
        session.execute(update(Publication).values(setbacks=1))  # an earlier try had no answer
    claim = house.taken()
    house.hold()
    house.one._take(claim)
    house.one.records.alive([claim])  # the heart had read what is in hand just before
    house.lift()
    house.later(minutes=10)
    house.work()
    assert (house.says, house.row.follows_at) == ([OLD], None)


def test_a_correction_that_no_worker_came_to_under_a_lever_stays_away_when_it_is_lifted(house: House) -> None:
    house.corrected(NEW)
    house.hold()
    house.lift()
    house.later()
    house.work()
    assert (house.says, house.row.follows_at) == ([OLD], None)
    assert "its correction is held by Yusuf: mourning" in house.row.why


def test_a_lever_pulled_between_claim_and_call_stops_a_correction(house: House) -> None:
    house.corrected(NEW)
    claim = house.taken()
    house.hold()
    house.one._take(claim)
    out = house.row
    assert (house.says, out.corrected_to_id) == ([OLD], None)
    assert "could not be brought: held by Yusuf: mourning" in out.why


def test_a_lever_over_what_the_correction_would_say_stops_it_too(house: House) -> None:
    house.corrected(NEW)
    with house.store.writing() as session:
        to = session.scalars(select(Publication)).one().corrected_to
        assert to
        to.campaign_key = None
        levers.hold(session, scope=Scope.CAMPAIGN, value="", reason="mourning", by="Yusuf", now=house.clock())
    house.work()
    assert house.says == [OLD]


def test_a_correction_that_may_have_come_before_it_was_stopped_stays_named_and_told(house: House) -> None:
    house.corrected(NEW)
    house.goes_wrong("drop-after")
    house.work()
    house.hold()
    house.later()
    house.work()
    out = house.row
    assert (out.follows_at, out.corrected_to_id is not None, house.says) == (None, True, [NEW])
    assert "may have changed it all the same" in out.why


def test_a_sister_that_comes_out_does_not_bring_a_correction_that_was_stopped(house: House) -> None:
    house.corrected(NEW)
    house.goes_wrong("drop-before")
    house.work()
    house.hold()
    house.later()
    house.work()
    house.lift()
    with house.store.writing() as session:
        following.follow(session, house.row.id, house.row.account.network, now=house.clock())
    house.later()
    house.work()
    assert house.says == [OLD]
    house.planned_again()
    house.work()
    assert (house.says, house.revision) == ([NEW], 2)


def test_a_correction_does_not_wait_until_uploads_are_taken_again(house: House) -> None:
    due_at = house.clock() + timedelta(minutes=5)
    factories.approved(house.store, house.settings, "next", text="Next.", on=[SITE], due_at=due_at)
    with house.store.writing() as session:
        session.execute(update(Account).values(uploads_at=house.clock() + timedelta(hours=9)))
    house.corrected(NEW)
    house.work()
    assert (house.says, factories.publication(house.store, f"next:{SITE}:en").state) == ([NEW], Delivery.PLANNED)


def test_what_follows_is_nobody_elses_while_its_worker_gives_signs_of_life(house: House) -> None:
    house.corrected(NEW)
    claim = house.taken()
    for _ in range(3):
        house.later(seconds=LEASE.total_seconds() - 1)
        house.one.records.alive([claim])
    assert house.other.claims.take(PREPARE) is None
    house.later(seconds=LEASE.total_seconds() + 1)
    assert house.other.claims.take(PREPARE)


def test_a_correction_that_nobody_answers_is_given_up_and_stays_named(house: House) -> None:
    house.corrected(NEW)
    for _ in range(FOLLOW_UPS):
        house.one.records.setback(house.taken(), Unreachable("no answer"), None)
        house.later()
    out = house.row
    assert (out.follows_at, out.corrected_to_id is not None, house.one.next_at()) == (None, True, None)
    assert "may have changed it all the same" in out.why


def test_a_newer_revision_takes_the_place_of_a_correction_that_has_not_come(house: House) -> None:
    house.corrected(NEW)
    house.revised(NEWEST)
    house.work()
    assert (house.says, house.row.corrected_to_id) == ([OLD], None)
    house.approve()
    house.work()
    assert (house.says, house.revision) == ([NEWEST], 3)


def test_altered_words_are_no_correction_that_was_approved(house: House) -> None:
    house.corrected(NEW)
    with house.store.writing() as session:
        to = session.scalars(select(Publication)).one().corrected_to
        assert to
        to.wordings[0].text = "Something else."
    house.work()
    assert house.says == [OLD]
    assert "not what was approved" in house.row.why


def test_what_is_taken_down_while_its_correction_waits_is_down_and_not_corrected(house: House) -> None:
    house.corrected(NEW)
    claim = house.taken()
    house.taken_down()
    house.one._take(claim)
    house.work()
    assert (house.says, house.row.state) == ([], Delivery.WITHDRAWN)


def test_what_was_taken_down_and_is_approved_anew_carries_nothing_of_its_old_correction(house: House) -> None:
    house.corrected(NEW)
    house.taken_down()
    house.work()
    house.corrected(NEWEST)
    house.later(minutes=1)
    house.work()
    out = house.row
    assert (house.says, out.state, out.corrected_to_id, out.follows_at) == ([NEWEST], Delivery.PUBLISHED, None, None)


# -- whoever wakes up late -----------------------------------------------------------------------------


def test_an_older_correction_that_leaves_late_is_overwritten_by_the_newer_one(house: House) -> None:
    def meanwhile() -> None:
        house.corrected(NEWEST)
        house.work(house.other)
        said.extend(house.says)

    said: list[str] = []
    house.corrected(NEW)
    with asleep_behind_the_gate(meanwhile):
        house.one._take(house.taken())
    assert (said, house.says) == ([NEWEST], [NEW])
    house.work(house.other)
    assert (house.says, house.revision, house.row.corrected_to_id) == ([NEWEST], 3, None)


def test_words_that_leave_late_and_undo_a_correction_are_corrected_again(due: House) -> None:
    """A worker sleeps in its reveal; others prove it absent, send it and correct it; then the first call leaves."""

    def meanwhile() -> None:
        due.lease_runs_out()
        due.other.recover()
        for _ in range(3):
            due.later(minutes=2)
            due.work(due.other)
        due.corrected(NEW)
        due.work(due.other)
        said.extend(due.says)

    said: list[str] = []
    due.one.work_line(PREPARE)
    with asleep_behind_the_gate(meanwhile):
        due.one.work_line(SEND)
    assert (said, due.says) == ([NEW], [OLD])
    due.work(due.other)
    assert (due.says, due.revision, due.row.corrected_to_id) == ([NEW], 2, None)


def test_what_is_shown_late_after_it_was_taken_down_is_taken_down_again(house: House) -> None:
    claim, receipt = _out_and_taken_down(house)
    house.one.records.receipt(claim, receipt, None)
    out = house.row
    assert out.state is Delivery.WITHDRAWING
    house.work()
    assert (house.says, house.row.state) == ([], Delivery.WITHDRAWN)


def test_a_late_doubt_about_what_was_taken_down_has_it_taken_down_again(house: House) -> None:
    claim, _ = _out_and_taken_down(house)
    house.one.records.late_doubt(claim)
    house.work()
    assert (house.says, house.row.state) == ([], Delivery.WITHDRAWN)


def _out_and_taken_down(house: House) -> tuple[Claim, Receipt]:
    """What the worker that sent it holds in its hands, others having gone on without it."""
    house.corrected(NEW)
    claim = house.taken()
    house.work()
    house.taken_down()
    house.work()
    assert house.row.state is Delivery.WITHDRAWN
    return claim, Receipt(remote_id=house.row.remote_id or "", url=house.row.url)


# -- what may be added later ---------------------------------------------------------------------------


def test_what_is_to_follow_waits_under_a_lever_and_comes_after_it(house: House) -> None:
    _has_something_to_follow(house)
    house.hold()
    house.work()
    assert house.row.follows_at
    house.lift()
    house.later()
    house.work()
    assert house.row.follows_at is None


def test_what_is_to_follow_goes_on_when_its_quota_has_room_again(house: House) -> None:
    _has_something_to_follow(house)
    until = house.clock() + timedelta(hours=9)
    house.one.records.setback(house.taken(), TooSoon("no units left today", retry_at=until), None)
    assert (house.row.follows_at, house.row.setbacks) == (until, 0)
    house.later(hours=10)
    house.work()
    assert (house.row.follows_at, house.row.state) == (None, Delivery.PUBLISHED)


def test_what_was_to_follow_and_cannot_is_told_and_leaves_the_post_as_it_is(house: House) -> None:
    _has_something_to_follow(house)
    for _ in range(FOLLOW_UPS):
        house.one.records.setback(house.taken(), OutcomeUnknown("no answer"), None)
        house.later()
    out = house.row
    assert (out.state, out.follows_at, house.says) == (Delivery.PUBLISHED, None, [OLD])
    assert "what was to follow it could not be brought" in out.why


def test_a_sister_that_comes_out_while_the_first_is_told_of_others_is_not_forgotten(house: House) -> None:
    _has_something_to_follow(house)
    claim = house.taken()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("campaigns.publishing.following.alternates", lambda *_: {"fr": "https://example.org/fr"})
        house.one.records.followed(claim, claim.checkpoint, None)
    assert house.row.follows_at


def _has_something_to_follow(house: House) -> None:
    with house.store.writing() as session:
        session.execute(update(Publication).values(follows_at=house.clock()))


# -- another site --------------------------------------------------------------------------------------


@pytest.mark.parametrize("then", ["taken down", "corrected"])
def test_an_account_that_is_another_site_now_costs_that_site_no_article(
    house: House, then: str, tmp_path: Path
) -> None:
    there = Stage(files=tmp_path / "other", processing=timedelta(), lag=timedelta())
    hours = {"title": "Opening hours", "content": "<p>We open at nine.</p>", "status": "publish"}
    with in_thread(there) as running, closing(Connections(house.settings, running.base)) as connections:
        auth = (SITE, f"stage-{SITE}")
        posts = f"{running.base}/website/wp-json/wp/v2/posts"
        while requests.post(posts, json=hours, auth=auth, timeout=10).json()["id"] < int(house.row.remote_id or 0):
            pass
        theirs = there.records.get("wp.posts", house.row.remote_id or "")
        if then == "taken down":
            house.taken_down()
        else:
            house.corrected(NEW)
        house.work(Publisher(house.store, house.one.vault, connections, owner="new", clock=house.clock))
    assert theirs and there.records.get("wp.posts", str(theirs["id"])) == theirs
    assert "another website" in house.row.why
    assert (house.row.state, house.says) == (Delivery.PUBLISHED, [OLD])
