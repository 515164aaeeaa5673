"""The sentence about where a publication stands says what is so, at the audience's hour, in three languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from campaigns import levers, settling, telling, withdrawing
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Publication, Scope
from campaigns.moving import move
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.telling import Teller, Told
from campaigns.words import unmarked, words_in
from tests.factories import accounts, approved

NOW = datetime(2026, 11, 22, 15, 10, tzinfo=UTC)
DUE = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=20)


class Scene:
    """One publication on x-en, its hour at 15:00 in London, told at 15:10 unless said otherwise."""

    def __init__(self, store: Store, settings: Settings) -> None:
        accounts(store, settings)
        self.settings = settings
        self.store = store
        [self.key] = approved(store, settings)
        self.change(due_at=DUE)

    def change(self, **values: object) -> None:
        with self.store.writing() as session:
            publication = self._publication(session)
            for name, value in values.items():
                setattr(publication, name, value)

    def account(self, **values: object) -> None:
        with self.store.writing() as session:
            for name, value in values.items():
                setattr(session.get_one(Account, "x-en"), name, value)

    def stands(self, state: Delivery, why: str = "", **values: object) -> None:
        with self.store.writing() as session:
            move(session, self._publication(session), state, by="worker-1", why=why, now=NOW, **values)

    def told(self, language: Language = Language.EN, *, now: datetime = NOW) -> Told:
        with self.store.reading() as session:
            return Teller(session, words_in(language), now=now).tell(self._publication(session))

    def says(self, language: Language = Language.EN, *, now: datetime = NOW) -> str:
        return unmarked(self.told(language, now=now).text)

    def _publication(self, session: object) -> Publication:
        return session.scalars(select(Publication)).one()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def scene(store: Store, settings: Settings) -> Scene:
    return Scene(store, settings)


def test_what_is_planned_goes_out_at_its_audience_s_hour(scene: Scene) -> None:
    scene.change(due_at=LATER)
    assert scene.says() == "It goes out at 11:10 on 23 November (London)."
    scene.account(timezone="Asia/Riyadh")
    assert scene.says(now=LATER - timedelta(hours=1)) == "It goes out at 14:10 (Riyadh)."
    assert scene.says(Language.AR, now=LATER - timedelta(hours=1)) == "يصدر الساعة 14:10 بتوقيت الرياض."
    assert scene.says(Language.FR, now=LATER - timedelta(hours=1)) == "Elle paraît à 14:10 (Riyad)."


def test_a_day_in_another_year_is_told_with_its_year(scene: Scene) -> None:
    scene.change(due_at=datetime(2027, 1, 1, 9, 0, tzinfo=UTC))
    assert scene.says() == "It goes out at 09:00 on 1 January 2027 (London)."


def test_preparing_ready_and_sending_are_told_apart(scene: Scene) -> None:
    scene.change(due_at=SOON)
    scene.stands(Delivery.STAGING)
    assert scene.says() == "It is being prepared; nobody can see it yet. It goes out at 15:11 (London)."
    scene.stands(Delivery.STAGED)
    assert scene.says() == "It is prepared and goes out at 15:11 (London)."
    scene.stands(Delivery.REVEALING)
    assert scene.says() == "It is being sent at this moment."


def test_an_upload_tells_how_far_it_is_and_how_fast(scene: Scene) -> None:
    scene.change(due_at=LATER, upload_sent=42_000_000, upload_total=300_000_000)
    scene.change(upload_began_at=LATER - timedelta(seconds=4))
    scene.stands(Delivery.STAGING)
    now = LATER
    assert scene.says(now=now).startswith("It is being uploaded: 42 of 300 MB so far, 10.5 MB a second.")
    assert "وصل 42 من 300 ميغابايت" in scene.says(Language.AR, now=now)
    assert "42 Mo sur 300, à 10,5 Mo par seconde" in scene.says(Language.FR, now=now)


def test_what_waits_past_its_hour_says_for_what(scene: Scene, settings: Settings) -> None:
    assert scene.says() == "Its hour was 15:00 (London); it goes out when its turn comes."
    scene.account(clear_at=SOON)
    assert scene.says() == "It goes out at 15:11 (London), at a distance from what was last sent there."
    scene.change(not_before=SOON + timedelta(minutes=1), why="X cannot be reached")
    assert scene.says() == "Sending did not succeed, and nothing of it is visible. Sawt tries again at 15:12 (London)."
    assert scene.told().detail == "X cannot be reached"
    scene.account(resume_at=SOON + timedelta(minutes=2))
    assert scene.says() == "Nothing is sent to X from this account before 15:13 (London); then it goes out by itself."
    scene.account(paused_at=NOW)
    assert scene.says().startswith("It waits until a person has signed in to X again;")
    scene.account(active=False)
    assert scene.says() == "This account is no longer in use, so it does not go out."


def test_a_window_that_opens_too_late_for_a_post_promises_nothing(scene: Scene) -> None:
    scene.account(resume_at=DUE + timedelta(hours=6))
    assert scene.says().endswith("; then it goes out by itself.")
    scene.account(resume_at=DUE + timedelta(hours=6, minutes=1))
    assert scene.says().endswith("; then it goes out by itself, unless it is too late.")
    assert scene.says(Language.AR).endswith("ثم يصدر تلقائيًا ما لم يفت وقته.")
    with scene.store.reading() as session:
        patient = Teller(session, words_in(Language.EN), now=NOW, too_late={"text": timedelta(days=1)})
        assert patient.tell(scene._publication(session)).case == "closed"


def test_a_window_that_opens_before_the_hour_is_not_in_the_way(scene: Scene) -> None:
    scene.change(due_at=LATER)
    scene.account(resume_at=SOON, uploads_at=LATER - timedelta(minutes=1))
    assert scene.told().case == "planned"


def test_used_up_uploads_keep_back_what_is_planned_and_not_what_is_ready(scene: Scene) -> None:
    scene.account(uploads_at=LATER)
    assert scene.told().case == "closed_late"
    scene.stands(Delivery.STAGING)
    scene.stands(Delivery.STAGED)
    assert scene.told().case == "next"


def test_a_window_of_the_stage_says_nothing_about_a_real_post(scene: Scene) -> None:
    scene.account(resume_at=LATER, resume_for_rehearsal=True)
    scene.change(rehearsal=False)
    assert scene.told().case == "next"
    scene.change(rehearsal=True)
    assert scene.told().case == "closed_late"


def test_a_post_that_waits_for_an_uncertain_one_says_so(scene: Scene, settings: Settings) -> None:
    with scene.store.reading() as session:
        first = session.scalars(select(Publication.id)).one()
    approved(scene.store, settings, "second")
    scene.account(waits_for_uncertain=True)
    with scene.store.writing() as session:
        one = session.get_one(Publication, first)
        move(session, one, Delivery.UNCERTAIN, by="worker-1", why="", now=NOW)
        other = session.scalars(select(Publication).where(Publication.id != first)).one()
        other.due_at = DUE
        session.flush()
        told = Teller(session, words_in(Language.EN), now=NOW).tell(other)
    assert "waits until it is known whether an earlier post on this account is out" in told.text


def test_a_lever_is_named_before_its_hour_and_when_it_holds(scene: Scene) -> None:
    with scene.store.writing() as session:
        levers.hold(session, scope=Scope.NETWORK, value="x", reason="a day of mourning.", by="Yusuf", now=NOW)
    assert scene.says() == ("“Network X” is stopped (Yusuf: a day of mourning). It does not go out while that holds.")
    scene.stands(Delivery.HELD, "held by Yusuf: a day of mourning.")
    assert scene.says().endswith("Once that is lifted, a person puts it back on the plan.")
    assert scene.told().detail == ""
    with scene.store.writing() as session:
        levers.release(session, scope=Scope.NETWORK, value="x", by="Yusuf", now=NOW)
    assert scene.says() == "It is held until a person puts it back on the plan."
    assert scene.told().detail == "held by Yusuf: a day of mourning."


def test_an_uncertain_one_says_when_it_was_sent_and_when_sawt_looks_again(scene: Scene) -> None:
    scene.stands(Delivery.UNCERTAIN, "the connection broke", sent_at=DUE, not_before=SOON)
    assert scene.says() == (
        "It was sent at 15:00 (London), and X gave no clear answer. "
        "Sawt looks whether it is out, next at 15:11; nothing is sent meanwhile."
    )
    assert "أُرسل الساعة 15:00 بتوقيت لندن، ولم يصل من إكس رد واضح. " in scene.says(Language.AR)
    assert "mais X n’a pas répondu clairement. " in scene.says(Language.FR)
    assert "Sawt is looking whether it is out;" in scene.says(now=SOON)
    scene.account(resume_at=SOON + timedelta(minutes=9))
    assert "next at 15:20;" in scene.says()
    scene.account(paused_at=NOW)
    assert "as soon as a person has signed in to X again" in scene.says()
    scene.account(paused_at=None)
    scene.change(not_before=None)
    assert "Please look at the account and say whether it is out" in scene.says()
    scene.change(sent_at=None)
    assert scene.says().startswith("It may be out from an earlier attempt.")


def test_a_worker_that_looks_at_this_moment_is_not_told_as_a_time_to_come(scene: Scene) -> None:
    scene.stands(Delivery.UNCERTAIN, sent_at=DUE, not_before=SOON)
    scene.change(owner="worker-2", lease_until=LATER)
    assert "Sawt is looking whether it is out;" in scene.says()


def test_what_was_missed_says_so_and_who_looked(scene: Scene) -> None:
    scene.stands(Delivery.MISSED, "its hour was 2026-11-22 15:00 UTC; decide if it is still right")
    assert scene.says().startswith("Its hour has passed, and it was not sent.")
    scene.stands(Delivery.PLANNED)
    scene.stands(Delivery.UNCERTAIN, sent_at=DUE)
    with scene.store.writing() as session:
        settling.it_is_not_out(session, scene._publication(session), by="Ibrahim", now=NOW)
    assert scene.says().startswith("Ibrahim looked at the account, and it is not there.")


def test_what_is_taken_down_says_who_asked_why_and_when_it_is_gone(scene: Scene) -> None:
    scene.stands(Delivery.PUBLISHED, remote_id="1", url="https://x.com/i/status/1", published_at=DUE)
    assert scene.says() == "It went out at 15:00 (London)."
    with scene.store.writing() as session:
        withdrawing.withdraw(
            session,
            scene._publication(session),
            settings=scene.settings,
            by="Ibrahim",
            reason="the date is wrong",
            now=NOW,
        )
    assert scene.says() == (
        "Ibrahim asked for it to be taken down: the date is wrong. Sawt is doing so; until then it can be seen."
    )
    assert scene.told().detail == ""
    scene.change(not_before=SOON, why="X cannot be reached")
    assert scene.says().endswith("Sawt tries again at 15:11 (London); until then it can be seen.")
    assert scene.told().detail == "X cannot be reached"
    scene.stands(Delivery.WITHDRAWN, withdrawn_at=SOON, not_before=None)
    assert scene.says() == "It was out, and was taken down at 15:11 (London)."


def test_what_the_network_would_not_take_down_is_out_still(scene: Scene) -> None:
    scene.stands(Delivery.PUBLISHED, remote_id="1", published_at=DUE)
    scene.stands(Delivery.WITHDRAWING, "the date is wrong")
    scene.stands(Delivery.PUBLISHED, "it could not be taken down and is still out: X said no")
    assert scene.says().startswith("It could not be taken down and can still be seen: a person must delete it on X")


def test_what_still_follows_a_post_that_is_out_says_when_it_comes(scene: Scene) -> None:
    for state in (Delivery.STAGING, Delivery.STAGED, Delivery.REVEALING):
        scene.stands(state)
    scene.stands(Delivery.PUBLISHED, published_at=DUE, follows_at=LATER)
    assert "What is still to follow it, such as captions, comes by itself at 11:10 on 23 November." in scene.says()
    assert "captions" not in scene.says(now=LATER + timedelta(minutes=1))


def test_what_was_refused_or_taken_off_the_plan_is_not_out(scene: Scene) -> None:
    scene.stands(Delivery.FAILED, "312 characters; X takes 280.")
    assert scene.says().startswith("It was refused and is not out.")
    assert scene.told().detail == "312 characters; X takes 280."
    scene.stands(Delivery.WITHDRAWN, "a newer revision takes its place")
    assert scene.says().startswith("The post was edited, so this was taken off the plan before it was sent.")


@pytest.mark.parametrize("state", list(Delivery))
def test_every_state_has_a_sentence_in_every_language(scene: Scene, state: Delivery) -> None:
    if state is not Delivery.PLANNED:
        scene.stands(state, sent_at=DUE, not_before=SOON)
    for language in Language:
        said = scene.says(language)
        assert said.endswith(".")
        assert "{" not in said


def test_what_goes_out_next_is_told_at_the_hour_at_which_it_can(scene: Scene) -> None:
    for values, due_at, expected in (
        ({}, LATER, LATER),
        ({"clear_at": SOON}, DUE, SOON),
        ({"uploads_at": LATER}, SOON, SOON),
        ({"uploads_at": LATER}, DUE, LATER),
        ({"resume_at": LATER}, DUE, LATER),
        ({"paused_at": NOW}, DUE, None),
        ({"active": False}, DUE, None),
    ):
        scene.account(**values)
        with scene.store.reading() as session:
            account = session.get_one(Account, "x-en")
            assert telling.goes_on_at(account, due_at, now=NOW, rehearsal=True) == expected


def test_an_account_says_how_it_stands_and_what_goes_out_next(scene: Scene) -> None:
    with scene.store.reading() as session:
        assert telling.next_due(session) == {"x-en": DUE}
    for values, expected in (
        ({}, ("works", None)),
        ({"uploads_at": LATER}, ("full", LATER)),
        ({"resume_at": SOON}, ("closed", SOON)),
        ({"paused_at": NOW}, ("paused", None)),
        ({"active": False}, ("unused", None)),
    ):
        scene.account(**values)
        with scene.store.reading() as session:
            account = session.get_one(Account, "x-en")
            assert telling.standing_of(account, now=NOW, rehearsal=True) == expected
