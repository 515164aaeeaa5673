from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import planning, review
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Post, PostState, Publication
from campaigns.planning import CannotPlan
from campaigns.settings import Settings
from campaigns.store import Store
from tests import factories

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_an_hour_is_read_in_the_zone_that_the_row_names() -> None:
    assert planning.instant("2026-11-22T18:00", "Asia/Riyadh") == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert planning.instant("2026-11-22T18:00+01:00", "Asia/Riyadh") == datetime(2026, 11, 22, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "says"),
    [("2027-03-28T02:30", "does not exist"), ("2026-10-25T02:30", "comes twice"), ("tomorrow", "not a date")],
)
def test_an_hour_that_is_not_one_instant_is_said_plainly(at: str, says: str) -> None:
    with pytest.raises(CannotPlan, match=says):
        planning.instant(at, "Europe/Paris")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["Asia/Riyadh", "Europe/London"]))
def test_a_planned_instant_shows_the_wanted_hour_on_the_audiences_clock(moment: datetime, zone: str) -> None:
    try:
        instant = planning.local_instant(moment, ZoneInfo(zone))
    except CannotPlan:
        return
    assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment


def _approved(store: Store, at: str, on: list[str], keys: list[str], settings: Settings) -> list[Publication]:
    with store.writing() as session:
        planned = []
        for key in keys:
            post = factories.text_post(session, key, on=on, languages=Language)
            post.state, post.revision.at = PostState.APPROVED, at
            planned += planning.plan(session, post, settings=settings, now=NOW)
        return planned


def test_a_slot_is_the_next_free_one_of_the_account(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    planned = _approved(store, "slot", ["x-ar"], ["a", "b", "c"], settings)
    riyadh = [f"{each.due_at.astimezone(ZoneInfo('Asia/Riyadh')):%d %H:%M}" for each in planned]
    assert riyadh == ["21 17:30", "21 21:00", "22 09:00"]


def test_an_account_in_two_languages_gets_one_publication_for_each(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    at = (NOW + timedelta(hours=1)).isoformat()
    planned = _approved(store, at, ["youtube-en-fr", "youtube-ar"], ["film"], settings)
    assert [each.key for each in planned] == [
        "film:youtube-ar:ar",
        "film:youtube-en-fr:en",
        "film:youtube-en-fr:fr",
    ]


def test_planning_again_adds_nothing(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    _approved(store, "slot", ["x-ar", "x-en"], ["a"], settings)
    assert planning.plan_all(store, settings=settings, now=NOW) == ([], [])
    with store.reading() as session:
        assert len(session.scalars(select(Publication)).all()) == 2


def test_a_post_whose_hour_has_passed_needs_a_new_one(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    with pytest.raises(CannotPlan, match="has passed"):
        _approved(store, (NOW - timedelta(hours=2)).isoformat(), ["x-ar"], ["a"], settings)


def test_an_account_taken_out_of_use_gets_nothing(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        session.get_one(Account, "x-ar").active = False
    assert [p.account_key for p in _approved(store, "slot", ["x-ar", "x-en"], ["a"], settings)] == ["x-en"]
    with store.reading() as session:
        assert session.scalars(select(Post.state)).one() is PostState.APPROVED


def test_a_post_that_cannot_be_planned_does_not_keep_the_others_from_it(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        for key, at in (("late", (NOW - timedelta(hours=2)).isoformat()), ("fine", "slot")):
            post = factories.text_post(session, key, on=["x-en"])
            post.state, post.revision.at = PostState.APPROVED, at
    planned, problems = planning.plan_all(store, settings=settings, now=NOW)
    assert planned == ["fine:x-en:en"]
    assert len(problems) == 1
    assert "late" in problems[0]


def test_what_a_network_refused_is_not_planned_again_unchanged(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    [refused] = _approved(store, "slot", ["x-ar"], ["a"], settings)
    with store.writing() as session:
        session.get_one(Publication, refused.id).state = Delivery.FAILED
    assert planning.plan_all(store, settings=settings, now=NOW) == ([], [])


def test_a_language_that_an_account_gets_after_an_approval_needs_another_one(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    for key, at in (("whenever", "slot"), ("fixed", (NOW + timedelta(days=30)).isoformat())):
        with store.writing() as session:
            _reviewed(session, key, settings, at=at, on=["x-ar", "x-en"], languages=(Language.AR, Language.EN))
    wider = _speaking(store, settings, "x-ar", Language.AR, Language.EN)
    for later in (timedelta(minutes=5), timedelta(days=20)):
        planned, problems = planning.plan_all(store, settings=wider, now=NOW + later)
        assert planned == []
        assert [problem.partition(";")[0] for problem in problems] == [
            "whenever: it was approved before it could go to x-ar in English",
            "fixed: it was approved before it could go to x-ar in English",
        ]


def test_a_slot_of_today_is_not_given_to_what_was_approved_before_its_account_came(
    store: Store, settings: Settings
) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        session.get_one(Account, "x-ar").active = False
        _reviewed(session, "whenever", settings, at="slot", on=["x-ar", "x-en"], languages=Language)
        session.get_one(Account, "x-ar").active = True
    planned, problems = planning.plan_all(store, settings=settings, now=NOW + timedelta(days=200))
    assert (planned, len(problems)) == ([], 1)
    assert planning.plan_all(store, settings=settings, now=NOW + timedelta(minutes=30))[0] == ["whenever:x-ar:ar"]


def test_newer_words_take_the_slot_of_older_ones_long_after_their_approval(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        [older] = _reviewed(session, "whenever", settings, at="slot", on=["x-en"], languages=[Language.EN])
        older.state = Delivery.STAGING
        newer = factories.newer_words(session, "Newer words", of="whenever")
        newer.revision.at = "slot"
        _approve(session, newer, settings)
        older.state = Delivery.FAILED
    planned, problems = planning.plan_all(store, settings=settings, now=NOW + timedelta(days=2))
    assert (planned, problems) == (["whenever:x-en:en"], [])


def _reviewed(
    session: Session, key: str, settings: Settings, *, at: str, on: list[str], languages: Iterable[Language]
) -> list[Publication]:
    post = factories.text_post(session, key, on=on, languages=languages)
    post.revision.at = at
    return _approve(session, post, settings)


def _approve(session: Session, post: Post, settings: Settings) -> list[Publication]:
    review.submit(session, post, by=post.revision.author, now=NOW)
    return list(factories.approve(session, post, settings, now=NOW))


def _speaking(store: Store, settings: Settings, key: str, *languages: Language) -> Settings:
    """The accounts as before, one of them in these languages."""
    accounts = tuple(replace(each, languages=languages) if each.key == key else each for each in settings.accounts)
    changed = replace(settings, accounts=accounts)
    factories.accounts(store, changed)
    return changed
