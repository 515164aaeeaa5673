"""Two things at once: an edit and a sending, taking down and correcting, a stage that ends, a copy that comes late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaigns import drafting, levers, review, settling, tokens, withdrawing
from campaigns.connections import Connections
from campaigns.desk import today
from campaigns.languages import Language
from campaigns.levers import LeverError
from campaigns.models import Account, Delivery, Kind, Post, PostState, Publication, Scope, Token
from campaigns.publishing import Lane, Line, Publisher
from campaigns.publishing.steps import Claim, Step
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.withdrawing import WithdrawError
from platforms.contract import Receipt
from platforms.errors import Refused
from platforms.rehearsal.serving import RunningStage
from tests import factories
from tests.conftest import MovableClock

X, FACEBOOK = "x-en", "facebook-en"
ANOTHER = {
    X: Receipt(remote_id="77", url="https://x.com/i/status/77"),
    FACEBOOK: Receipt(remote_id="1_77", url="https://www.facebook.com/1/posts/77"),
}
"""A copy of which only a worker knows that was taken for dead."""


@dataclass
class Scene:
    """One post of old words, what people do about it, and what the stage's audience sees."""

    store: Store
    settings: Settings
    publisher: Publisher
    running: RunningStage
    clock: MovableClock

    def worker(self, settings: Settings) -> Publisher:
        connections = Connections(settings, self.running.base)
        return Publisher(self.store, self.publisher.vault, connections, owner="worker-2", clock=self.clock)

    def signed_in(self, account: str = X) -> Settings:
        return replace(self.settings, credentials={account: {"access_token": "t"}})

    def taken(self, account: str, lane: Lane = Lane.SEND) -> Claim:
        claim = self.publisher.claims.take(Line(account=account, lane=lane))
        assert claim
        return claim

    def about_to_send(self, account: str, on: Sequence[str]) -> Claim:
        factories.approved(self.store, self.settings, text="Old words.", on=on, due_at=self.clock())
        self.publisher.work_line(Line(account=account, lane=Lane.PREPARE))
        claim = self.taken(account)
        assert claim.step is Step.REVEAL
        return claim

    def out(self, account: str) -> Claim:
        claim = self.about_to_send(account, [account])
        self.publisher._take(claim)
        return claim

    def twice(self, account: str) -> Claim:
        """Out, and another worker that was taken for dead is still to say that it sent it as well."""
        claim = factories.about_to_send(self.store, self.settings, self.publisher, self.clock, on=account)
        again = {"fence": Publication.fence + 1, "state": Delivery.STAGED, "owner": None, "lease_until": None}
        with self.store.writing() as session:
            session.execute(update(Publication).values(**again))
            session.execute(update(Account).values(clear_at=None))
        self.publisher.work(account)
        assert self.now(claim.key).state is Delivery.PUBLISHED
        return claim

    def taken_for_dead(self, key: str) -> None:
        """And a person looks, and does not see it."""
        self.publisher.recover(everything_of_ours=True)
        self.do(key, settling.it_is_not_out)

    def revise(
        self,
        words: str,
        *,
        on: Sequence[str] | None = None,
        languages: Sequence[Language] | None = None,
        puts_right: str = "",
    ) -> list[str]:
        """Newer words, written and approved; the keys of what is planned by that."""
        with self.store.writing() as session:
            post = session.scalars(select(Post).where(Post.key == "peace")).one()
            last = post.revision
            due_at = self.clock() + timedelta(minutes=2)
            factories._revise(
                session, post, last.number + 1, words, on or last.accounts, due_at, languages or last.languages
            )
            post.state = PostState.DRAFTED
            for each in post.revision.wordings:
                each.correction = puts_right
            drafting._withdraw_waiting(session, post, by="Amina", now=self.clock())
            review.submit(session, post, by=post.revision.author, now=self.clock())
            return [each.key for each in factories.approve(session, post, self.settings, now=self.clock())]

    def do(self, key: str, verb: Callable[..., object], **how: object) -> None:
        with self.store.writing() as session:
            publication = session.scalars(select(Publication).where(Publication.key == key)).one()
            verb(session, publication, by="Yusuf", now=self.clock(), **how)

    def take_down(self, key: str) -> None:
        self.do(key, withdrawing.withdraw, settings=self.settings, reason="a wrong year")

    def now(self, key: str) -> Publication:
        return factories.publication(self.store, key)

    def asks_a_person(self) -> bool:
        with self.store.reading() as session:
            waits = session.scalars(select(Publication.id).where(today._waits())).all()
            return bool(waits or session.scalars(select(Account.key).where(Account.paused_at.is_not(None))).all())

    def seen(self, account: str) -> list[str]:
        shown = [each for each in self.running.shown() if each["account"] == account and not each["hidden_at"]]
        return [str(each["text"]) for each in shown]


@pytest.fixture
def scene(store: Store, settings: Settings, publisher: Publisher, running: RunningStage, clock: MovableClock) -> Scene:
    factories.accounts(store, settings)
    return Scene(store, settings, publisher, running, clock)


# -- newer words go only where they were approved for ----------------------------------------------------


def test_an_hour_given_by_a_person_sends_no_newer_words_where_they_were_not_meant(scene: Scene) -> None:
    claim = scene.about_to_send(X, [X, FACEBOOK])
    scene.revise("New words.", on=[FACEBOOK])
    scene.taken_for_dead(claim.key)
    later = scene.clock() + timedelta(minutes=5)
    with pytest.raises(LeverError, match="no place in the words"):
        scene.do(claim.key, levers.resume, settings=scene.settings, due_at=later)
    scene.clock.move(minutes=6)
    scene.publisher.work(X)
    assert scene.seen(X) == []


def test_a_language_that_was_dropped_stops_nothing_else_of_its_account(scene: Scene) -> None:
    both = (Language.EN, Language.FR)
    spoken = tuple(replace(each, languages=both) if each.key == X else each for each in scene.settings.accounts)
    scene.settings = replace(scene.settings, accounts=spoken)
    factories.accounts(scene.store, scene.settings)
    with scene.store.writing() as session:
        post = factories.text_post(
            session, "peace", text="Anciens.", on=[X], due_at=scene.clock(), languages=[Language.FR]
        )
        review.submit(session, post, by=post.revision.author, now=scene.clock())
        factories.approve(session, post, scene.settings, now=scene.clock())
    scene.publisher.work_line(Line(account=X, lane=Lane.PREPARE))
    claim = scene.taken(X)
    [english] = scene.revise("New words.", languages=[Language.EN])
    scene.taken_for_dead(claim.key)
    with pytest.raises(LeverError, match="no place in the words"):
        scene.do(claim.key, levers.resume, settings=scene.settings, due_at=scene.clock() + timedelta(minutes=1))
    scene.clock.move(minutes=5)
    scene.publisher.work(X)
    assert scene.now(english).state is Delivery.PUBLISHED


def test_a_correction_is_brought_only_to_the_accounts_that_it_names(scene: Scene) -> None:
    claim = scene.about_to_send(FACEBOOK, [FACEBOOK, X])
    receipt = factories.revealed(scene.publisher, claim)
    scene.revise("New words.", on=[X], puts_right="The year is put right.")
    scene.publisher.records.receipt(claim, receipt, None)
    scene.publisher.work(FACEBOOK)
    assert scene.seen(FACEBOOK) == ["Old words."]


# -- taking down, and newer words ------------------------------------------------------------------------


def test_a_correction_comes_to_what_the_network_would_not_take_down(scene: Scene) -> None:
    key = scene.out(FACEBOOK).key
    scene.take_down(key)
    down = scene.taken(FACEBOOK)
    scene.clock.move(seconds=5)
    scene.revise("New words.", puts_right="The year is put right.")
    scene.publisher.records.setback(down, Refused("not yours"), None)
    scene.publisher.work(FACEBOOK)
    [said] = scene.seen(FACEBOOK)
    assert said.startswith("New words.")


@pytest.mark.parametrize("by_hand", [False, True])
def test_words_approved_after_the_older_ones_were_to_come_down_go_out_when_those_are_gone(
    by_hand: bool, scene: Scene
) -> None:
    key = scene.out(X).key
    scene.take_down(key)
    scene.clock.move(seconds=5)
    assert scene.revise("New words.") == []
    scene.clock.move(seconds=5)
    if by_hand:
        scene.do(key, withdrawing.it_is_down, settings=scene.settings, reason="deleted in the app")
    else:
        scene.publisher.work(X)
    assert scene.now(key).state in (Delivery.PLANNED, Delivery.STAGED)
    scene.clock.move(minutes=5)
    scene.publisher.work(X)
    assert (scene.now(key).state, scene.seen(X)[-1]) == (Delivery.PUBLISHED, "New words.")


def test_words_approved_after_the_ask_for_which_no_hour_is_left_wait_for_a_person_as_new(scene: Scene) -> None:
    key = scene.out(X).key
    scene.take_down(key)
    scene.clock.move(seconds=5)
    scene.revise("New words.")
    scene.clock.move(hours=30)
    scene.publisher.work(X)
    out = scene.now(key)
    assert (out.state, out.remote_id, out.is_out_in_part) == (Delivery.HELD, None, False)
    scene.do(key, levers.resume, settings=scene.settings, due_at=scene.clock() + timedelta(minutes=1))
    scene.clock.move(minutes=2)
    scene.publisher.work(X)
    assert scene.seen(X) == ["New words."]


# -- two copies ------------------------------------------------------------------------------------------


def test_a_correction_makes_nobody_forget_the_second_copy(scene: Scene) -> None:
    claim = scene.twice(FACEBOOK)
    scene.publisher.records.receipt(claim, ANOTHER[FACEBOOK], None)
    scene.revise("New words.", puts_right="The year is put right.")
    scene.publisher.work(FACEBOOK)
    assert scene.now(claim.key).corrected_at
    assert scene.asks_a_person()


def test_a_correction_that_a_lever_stops_makes_nobody_forget_the_second_copy(scene: Scene) -> None:
    claim = scene.twice(FACEBOOK)
    scene.publisher.records.receipt(claim, ANOTHER[FACEBOOK], None)
    scene.revise("New words.", puts_right="The year is put right.")
    with scene.store.writing() as session:
        levers.hold(session, scope=Scope.EVERYTHING, value="", reason="mourning", by="Yusuf", now=scene.clock())
    scene.publisher.work(FACEBOOK)
    assert scene.now(claim.key).why.startswith("it may be out twice")


def test_of_two_copies_a_person_says_which_is_left_before_that_one_comes_down(scene: Scene) -> None:
    claim = scene.twice(X)
    scene.publisher.records.receipt(claim, ANOTHER[X], None)
    with pytest.raises(WithdrawError, match="may be out twice"):
        scene.take_down(claim.key)
    left = scene.now(claim.key)
    scene.do(claim.key, settling.it_is_out, url=left.url, remote_id=left.remote_id)
    scene.take_down(claim.key)
    scene.publisher.work(X)
    assert (scene.now(claim.key).state, scene.seen(X)) == (Delivery.WITHDRAWN, [])


def test_a_copy_that_is_learnt_of_while_the_other_comes_down_is_asked_about(scene: Scene) -> None:
    claim = scene.twice(X)
    scene.take_down(claim.key)
    scene.publisher.records.receipt(claim, ANOTHER[X], None)
    scene.publisher.work(X)
    out = scene.now(claim.key)
    assert (out.state, out.why[:19]) == (Delivery.PUBLISHED, "it may be out twice")
    assert scene.asks_a_person()


def test_a_copy_that_is_learnt_of_after_the_other_came_down_comes_down_as_well(scene: Scene) -> None:
    claim = scene.twice(X)
    scene.take_down(claim.key)
    scene.publisher.work(X)
    scene.publisher.records.receipt(claim, ANOTHER[X], None)
    out = scene.now(claim.key)
    assert (out.state, out.remote_id) == (Delivery.WITHDRAWING, "77")


@pytest.mark.parametrize("newer_first", [False, True])
def test_two_versions_that_are_both_out_are_told_as_such(newer_first: bool, scene: Scene) -> None:
    """The older one's sender sleeps; the newer one is sent meanwhile."""
    old = scene.about_to_send(X, [X])
    scene.taken_for_dead(old.key)
    scene.revise("New words.")
    scene.do(old.key, levers.resume, settings=scene.settings, due_at=scene.clock() + timedelta(minutes=1))
    with scene.store.writing() as session:
        session.execute(update(Account).values(clear_at=None))
    scene.publisher.work_line(Line(account=X, lane=Lane.PREPARE))
    scene.clock.move(minutes=3)
    new = scene.taken(X)
    assert new.revision_id != old.revision_id
    answers = [(old, ANOTHER[X]), (new, Receipt(remote_id="88", url="https://x.com/i/status/88"))]
    for claim, receipt in reversed(answers) if newer_first else answers:
        scene.publisher.records.receipt(claim, receipt, None)
    out = scene.now(old.key)
    assert (out.state, out.remote_id) == (Delivery.PUBLISHED, "88")
    assert out.why.startswith("it may be out twice")
    assert "the revision before this one is out" in out.why
    assert scene.asks_a_person()


# -- the stage, and sign-ins -----------------------------------------------------------------------------


@pytest.mark.parametrize("clear", [True, False])
def test_what_the_stage_says_late_is_nothing_that_is_out_in_earnest(clear: bool, scene: Scene) -> None:
    claim = scene.about_to_send(X, [X])
    receipt = factories.revealed(scene.publisher, claim)
    scene.publisher.recover(everything_of_ours=True)
    scene.clock.move(seconds=3)
    real = scene.signed_in()
    scene.worker(real).claims.take(Line(account=X, lane=Lane.SEND))
    assert scene.now(claim.key).state is Delivery.HELD
    scene.do(claim.key, levers.resume, settings=real)
    if clear:
        scene.publisher.records.receipt(claim, receipt, None)
    else:
        scene.publisher.records.late_doubt(claim)
    out = scene.now(claim.key)
    assert (out.rehearsal, out.state) == (False, Delivery.PLANNED)


def test_a_window_of_the_stage_keeps_no_real_post_waiting(scene: Scene) -> None:
    factories.approved(scene.store, scene.settings, "one", text="On the stage.", due_at=scene.clock())
    closed = {"resume_at": scene.clock() + timedelta(hours=20), "resume_for_rehearsal": True}
    with scene.store.writing() as session:
        session.execute(update(Account).where(Account.key == X).values(**closed))
    real = scene.signed_in()
    [key] = factories.approved(scene.store, real, "two", text="In earnest.", due_at=scene.clock())
    scene.worker(real).claims.take(Line(account=X, lane=Lane.PREPARE))
    assert scene.now(key).state is Delivery.STAGING


@pytest.mark.parametrize("what", ["taken down", "corrected"])
def test_what_is_asked_of_an_account_without_a_sign_in_pauses_it_so_that_a_person_hears(
    what: str, scene: Scene
) -> None:
    key = scene.out(FACEBOOK).key
    with scene.store.writing() as session:
        session.execute(update(Publication).values(rehearsal=False))
        row = Token(account_key=FACEBOOK, version=1, sealed="", connected_by="Yusuf", connected_at=scene.clock())
        row.checked_at, row.failures, row.speaks_as, row.scopes, row.trouble = scene.clock(), 0, "", [], ""
        session.add(row)
        session.flush()
        account = session.get_one(Account, FACEBOOK)
        tokens.forget(session, account, settings=scene.settings, by="Yusuf", now=scene.clock())
        assert account.paused_at is None
    if what == "taken down":
        scene.take_down(key)
    else:
        scene.revise("New words.", puts_right="The year is put right.")
    assert scene.asks_a_person()
    with scene.store.reading() as session:
        assert "is not connected" in (session.get_one(Account, FACEBOOK).paused_why or "")


def test_what_nobody_can_send_any_more_is_missed_in_the_end(scene: Scene) -> None:
    [key] = factories.approved(scene.store, scene.signed_in(), due_at=scene.clock())
    scene.clock.move(hours=30)
    scene.publisher.work(X)
    assert scene.now(key).state is Delivery.MISSED


# -- an import, and a review -----------------------------------------------------------------------------


def test_a_review_that_meets_an_import_of_the_same_post_sees_what_was_imported(
    scene: Scene, wait_for: Callable[..., None]
) -> None:
    if scene.store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")

    def bring(words: str) -> None:
        draft = drafting.Draft(
            key="peace",
            kind=Kind.TEXT,
            words=(drafting.Words(language=Language.EN, text=words),),
            accounts=(X,),
            at=scene.clock().isoformat(),
            timezone="UTC",
            author="Amina",
        )
        drafting.save(session, draft, now=scene.clock(), vault=scene.publisher.vault)

    def hand_in() -> None:
        with scene.store.writing() as reviewing:
            post = reviewing.scalars(select(Post)).one()
            review.submit(reviewing, post, by=post.revision.author, now=scene.clock())

    with scene.store.writing() as session:
        bring("Old words.")
    handing_in = threading.Thread(target=hand_in)
    with scene.store.writing() as session, session.no_autoflush:
        bring("New words.")
        handing_in.start()
        wait_for(lambda: factories.somebody_waits_for_a_row(scene.store), "the review")
    handing_in.join()
    with scene.store.reading() as session:
        post = session.scalars(select(Post)).one()
        assert post.state is PostState.IN_REVIEW
        assert [each.seal for each in post.revision.approvals] == [review.seal_of(post.revision)]
        assert post.revision.wordings[0].text == "New words."
