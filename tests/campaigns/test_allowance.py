"""A day's allowance is spent by plan, and what comes late all at once waits before the network refuses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from campaigns import allowance, planning
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Kind, Move, PostState, Publication
from campaigns.planning import CannotPlan
from campaigns.settings import Settings
from campaigns.store import Store
from platforms.contract import Form
from tests import factories

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def real(store: Store, settings: Settings) -> Settings:
    """Signed in on every account: what is planned is counted."""
    factories.accounts(store, settings)
    return replace(settings, credentials={account.key: {"token": "t"} for account in settings.accounts})


def _plan(
    store: Store, settings: Settings, key: str, *, on: str, kind: Kind, at: datetime | str, now: datetime = NOW
) -> list[str]:
    with store.writing() as session:
        post = factories.text_post(session, key, on=[on])
        post.state, post.revision.kind = PostState.APPROVED, kind
        post.revision.at = at if isinstance(at, str) else at.isoformat()
        return [each.key for each in planning.plan(session, post, settings=settings, now=now)]


def _sent(store: Store, keys: list[str], at: datetime) -> None:
    with store.writing() as session:
        values = {"state": Delivery.PUBLISHED, "sent_at": at}
        session.execute(update(Publication).where(Publication.key.in_(keys)).values(**values))


def test_a_day_that_is_full_is_said_when_the_plan_is_made(store: Store, real: Settings) -> None:
    for number in range(30):
        moment = NOW + HOUR + timedelta(minutes=20 * number)
        _plan(store, real, f"reel{number}", on="facebook-en", kind=Kind.VIDEOGRAPHIC, at=moment)
    with pytest.raises(CannotPlan, match="Facebook takes no more posts of this kind on facebook-en"):
        _plan(store, real, "one-more", on="facebook-en", kind=Kind.VIDEOGRAPHIC, at=NOW + 5 * HOUR)
    assert _plan(store, real, "words", on="facebook-en", kind=Kind.TEXT, at=NOW + 5 * HOUR)
    assert _plan(store, real, "elsewhere", on="x-en", kind=Kind.VIDEOGRAPHIC, at=NOW + 5 * HOUR)
    assert _plan(store, real, "next-day", on="facebook-en", kind=Kind.VIDEOGRAPHIC, at=NOW + 36 * HOUR)


def test_a_slot_passes_over_a_day_that_is_full(store: Store, real: Settings) -> None:
    begins = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    for number in range(100):
        on = "youtube-ar" if number % 2 else "youtube-en-fr"
        moment = begins + timedelta(minutes=9 * number)
        with store.writing() as session:
            post = factories.text_post(session, f"film{number}", on=[on])
            post.revision.kind = Kind.FILM
            session.add(
                Publication(
                    key=post.key,
                    post=post,
                    revision=post.revision,
                    account=session.get_one(Account, on),
                    language=Language.EN,
                    due_at=moment,
                )
            )
    now = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)  # 23:00 of the day before in California
    [key] = _plan(store, real, "fresh", on="youtube-en-fr", kind=Kind.FILM, at="slot", now=now)
    due_at = factories.publication(store, key).due_at
    assert datetime(2026, 11, 23, 8, 0, tzinfo=UTC) <= due_at < datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@given(st.lists(st.integers(0, 200), max_size=40), st.integers(1, 60))
def test_the_fullest_span_is_found_wherever_it_lies(minutes: list[int], span: int) -> None:
    moments = sorted(NOW + timedelta(minutes=each) for each in minutes)
    slow = max((sum(m <= other < m + timedelta(minutes=span) for other in moments) for m in moments), default=0)
    assert allowance._most_within(moments, timedelta(minutes=span)) == slow


def test_a_slot_keeps_the_spacing_to_what_is_planned_around_it(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        session.execute(update(Account).where(Account.key == "x-en").values(spacing_seconds=3600))
    _plan(store, settings, "near", on="x-en", kind=Kind.TEXT, at=datetime(2026, 11, 21, 12, 45, tzinfo=UTC))
    [key] = _plan(store, settings, "slot", on="x-en", kind=Kind.TEXT, at="slot")
    assert factories.publication(store, key).due_at == datetime(2026, 11, 21, 17, 0, tzinfo=UTC)


def test_what_was_really_sent_decides_when_there_is_room_again(store: Store, real: Settings) -> None:
    earlier = [
        _plan(store, real, f"reel{number}", on="facebook-en", kind=Kind.VIDEOGRAPHIC, at=NOW + number * 2 * HOUR)[0]
        for number in range(31)
    ]
    _sent(store, earlier[:30], NOW - HOUR)
    with store.reading() as session:
        last = session.scalars(select(Publication).where(Publication.key == earlier[30])).one()
        assert allowance.used_up_until(session, last, now=NOW, preparing=False) == NOW + 23 * HOUR
        assert allowance.used_up_until(session, last, now=NOW, preparing=True) is None
        assert allowance.used_up_until(session, last, now=NOW + 24 * HOUR, preparing=False) is None


def test_uploads_are_counted_by_the_day_in_which_they_were_first_prepared(store: Store, real: Settings) -> None:
    with store.writing() as session:
        for number in range(101):
            post = factories.text_post(session, f"film{number}", on=["youtube-ar"])
            post.revision.kind = Kind.FILM
            publication = Publication(
                key=post.key,
                post=post,
                revision=post.revision,
                account=session.get_one(Account, "youtube-ar"),
                language=Language.EN,
                due_at=NOW + number * HOUR,
            )
            session.add(publication)
            session.flush()
            if number < 100:
                move = Move(
                    publication_id=publication.id, at=NOW, came_from=Delivery.PLANNED, went_to=Delivery.STAGING, by="w"
                )
                session.add(move)
    with store.reading() as session:
        last = session.scalars(select(Publication).where(Publication.key == "film100")).one()
        midnight = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        assert allowance.used_up_until(session, last, now=NOW, preparing=True) == midnight
        assert allowance.used_up_until(session, last, now=midnight, preparing=True) is None


def test_a_form_that_has_no_limit_always_fits(store: Store, real: Settings) -> None:
    with store.reading() as session:
        account = session.get_one(Account, "facebook-en")
        assert allowance.fits(session, account, Form.TEXT, NOW)
