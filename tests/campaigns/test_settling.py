"""A person's decision and a worker's step come at the same moment: each is taken once, and neither waits for good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import select, update

from campaigns import levers, settling
from campaigns.connections import Connections
from campaigns.models import Account, Delivery, Publication
from campaigns.publishing import Lane, Line, Publisher
from campaigns.publishing.following import TWICE
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Network
from tests import factories

LINE = Line(account="x-en", lane=Lane.SEND)


def uncertain(store: Store, settings: Settings) -> str:
    factories.accounts(store, settings)
    now = datetime.now(UTC)
    [key] = factories.approved(store, settings, due_at=now - timedelta(minutes=2))
    with store.writing() as session:
        values = {"state": Delivery.UNCERTAIN, "sent_at": now - timedelta(minutes=1), "not_before": now}
        session.execute(update(Publication).values(**values))
    return key


SEEN = {"url": "https://x.com/i/status/9", "remote_id": "9"}


def stands(store: Store, **values: object) -> None:
    with store.writing() as session:
        session.execute(update(Publication).values(**values))


def _seen(store: Store) -> None:
    with store.writing() as session:
        publication = session.scalars(select(Publication)).one()
        settling.it_is_out(session, publication, **SEEN, by="Yusuf", now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        ({"url": "https://x.com/i/status/7", "remote_id": "7"}, "that is the post of other:x-en:en"),
        ({"url": "https://example.org/9", "remote_id": "9"}, "that is no address of X"),
    ],
)
def test_another_post_or_another_site_is_not_taken_for_what_was_looked_for(
    seen: dict[str, str], says: str, store: Store, settings: Settings
) -> None:
    key = uncertain(store, settings)
    factories.approved(store, settings, "other", text="Another.", due_at=datetime.now(UTC))
    with store.writing() as session:
        published = {"state": Delivery.PUBLISHED, "remote_id": "7"}
        session.execute(update(Publication).where(Publication.key == "other:x-en:en").values(**published))
    with pytest.raises(settling.SettlingError, match=says), store.writing() as session:
        looked_for = session.scalars(select(Publication).where(Publication.key == key)).one()
        settling.it_is_out(session, looked_for, **seen, by="Yusuf", now=datetime.now(UTC))
    assert factories.publication(store, key).state is Delivery.UNCERTAIN


def test_of_what_may_be_out_twice_a_person_says_which_copy_is_left(store: Store, settings: Settings) -> None:
    key = uncertain(store, settings)
    twice = f"{TWICE}: a late answer: it is out as 9 at {SEEN['url']}. Look at the account, and delete one of them"
    stands(store, state=Delivery.PUBLISHED, why=twice, remote_id="8", url="https://x.com/i/status/8")
    _seen(store)
    out = factories.publication(store, key)
    assert (out.state, out.remote_id, out.why) == (Delivery.PUBLISHED, "9", f"seen on the account: {SEEN['url']}")
    with pytest.raises(settling.SettlingError, match="nothing to decide"):
        _seen(store)


def test_an_id_that_is_known_is_not_given_up_for_an_address_that_holds_none(store: Store, settings: Settings) -> None:
    key = uncertain(store, settings)
    known = {"remote_id": "12_34", "url": "https://www.facebook.com/12_34"}
    with store.writing() as session:
        session.execute(update(Account).where(Account.key == "x-en").values(network=Network.FACEBOOK))
    stands(store, state=Delivery.PUBLISHED, why=f"{TWICE}: a late answer", **known)
    with store.writing() as session:
        shared = {"url": "https://www.facebook.com/share/p/1AbC/", "remote_id": "1AbC"}
        settling.it_is_out(
            session, session.scalars(select(Publication)).one(), **shared, by="Yusuf", now=datetime.now(UTC)
        )
    out = factories.publication(store, key)
    assert (out.remote_id, out.url, out.why.startswith(TWICE)) == (*known.values(), False)


def test_two_sites_may_count_their_articles_alike(store: Store, settings: Settings) -> None:
    key = uncertain(store, settings)
    factories.approved(store, settings, "other", text="Another.", on=["facebook-en"], due_at=datetime.now(UTC))
    with store.writing() as session:
        session.execute(update(Account).values(network=Network.WEBSITE))
        published = {"state": Delivery.PUBLISHED, "remote_id": "41"}
        session.execute(update(Publication).where(Publication.key == "other:facebook-en:en").values(**published))
    with store.writing() as session:
        here = {"url": "https://b.example.org/?p=41", "remote_id": "41"}
        looked_for = session.scalars(select(Publication).where(Publication.key == key)).one()
        settling.it_is_out(session, looked_for, **here, by="Yusuf", now=datetime.now(UTC))
    assert factories.publication(store, key).state is Delivery.PUBLISHED


@pytest.fixture
def shared(postgres: str) -> Iterator[Store]:
    with closing(Store(postgres)) as store:
        yield store


@pytest.fixture
def another_host(postgres: str) -> Iterator[Store]:
    """The same database, from elsewhere."""
    with closing(Store(postgres)) as store:
        yield store


def test_a_decision_stands_though_a_look_began_meanwhile(
    shared: Store, another_host: Store, settings: Settings
) -> None:
    key = uncertain(shared, settings)
    with shared.writing() as session:
        seen = session.scalars(select(Publication)).one()
        with another_host.writing() as looking:
            looking.execute(update(Publication).values(fence=Publication.fence + 1))
        settling.it_is_not_out(session, seen, by="Yusuf", now=datetime.now(UTC))
    assert factories.publication(shared, key).state is Delivery.MISSED


def test_an_answer_that_came_first_stands_against_a_decision(
    shared: Store, another_host: Store, settings: Settings
) -> None:
    uncertain(shared, settings)
    with shared.writing() as session:
        seen = session.scalars(select(Publication)).one()
        with another_host.writing() as answered:
            answered.execute(update(Publication).values(state=Delivery.PUBLISHED, fence=Publication.fence + 1))
        with pytest.raises(settling.SettlingError, match="is published, not uncertain"):
            settling.it_is_not_out(session, seen, by="Yusuf", now=datetime.now(UTC))


@pytest.mark.parametrize("state", [Delivery.HELD, Delivery.MISSED, Delivery.FAILED])
def test_what_does_not_go_on_and_is_seen_after_all_is_published(
    store: Store, settings: Settings, state: Delivery
) -> None:
    key = uncertain(store, settings)
    stands(store, state=state, sent_at=datetime.now(UTC))
    _seen(store)
    out = factories.publication(store, key)
    assert (out.state, out.remote_id, out.published_at) == (Delivery.PUBLISHED, "9", out.sent_at)


def test_what_was_never_on_its_way_cannot_have_been_seen(store: Store, settings: Settings) -> None:
    key = uncertain(store, settings)
    stands(store, state=Delivery.FAILED, sent_at=None)
    with pytest.raises(settling.SettlingError, match="nothing to decide"):
        _seen(store)
    assert factories.publication(store, key).state is Delivery.FAILED


def test_earlier_words_that_are_seen_are_not_taken_for_these(store: Store, settings: Settings) -> None:
    key = uncertain(store, settings)
    stands(store, state=Delivery.HELD, sent_at=datetime.now(UTC) - timedelta(minutes=1))
    with pytest.raises(settling.SettlingError, match="in earlier words"):
        _seen(store)
    assert factories.publication(store, key).state is Delivery.HELD


def test_what_goes_on_at_this_moment_is_not_settled_from_an_old_view(
    shared: Store, another_host: Store, settings: Settings
) -> None:
    key = uncertain(shared, settings)
    stands(shared, state=Delivery.HELD, sent_at=datetime.now(UTC))
    with shared.writing() as session:
        seen = session.scalars(select(Publication)).one()
        stands(another_host, state=Delivery.PLANNED, fence=Publication.fence + 1)
        with pytest.raises(settling.SettlingError, match="is planned, not uncertain"):
            settling.it_is_out(session, seen, **SEEN, by="Yusuf", now=datetime.now(UTC))
    assert factories.publication(shared, key).state is Delivery.PLANNED


def test_a_decision_of_several_moves_and_a_claim_do_not_wait_for_each_other(
    shared: Store, settings: Settings, vault: Vault, wait_for: Callable[..., None]
) -> None:
    key = uncertain(shared, settings)
    worker = Publisher(shared, vault, Connections(settings, None), owner="worker", clock=lambda: datetime.now(UTC))
    claiming = threading.Thread(target=worker.work_line, args=(LINE,))
    with shared.writing() as session:
        seen = session.scalars(select(Publication)).one()
        now = datetime.now(UTC)
        settling.it_is_not_out(session, seen, by="Yusuf", now=now)
        claiming.start()
        wait_for(lambda: _waits(shared), "the claim, which waits for the decision")
        levers.resume(session, seen, settings=settings, by="Yusuf", now=now)
    claiming.join(20)
    assert factories.publication(shared, key).state is Delivery.PLANNED


def _waits(store: Store) -> bool:
    with psycopg.connect(store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as own:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return own.execute(query).fetchone() == (1,)
