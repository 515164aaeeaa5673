"""What posting costs: told before it is spent, kept in the books, and held against a budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from campaigns import costs, levers
from campaigns.connections import Connections, Speaker
from campaigns.languages import Language
from campaigns.measuring import Measurer
from campaigns.models import Account, Delivery, Publication, Spending
from campaigns.publishing import Publisher
from campaigns.settings import Settings, SettingsError
from campaigns.spending import spender
from campaigns.store import Store
from campaigns.vault import Vault
from campaigns.words import unmarked, words_in
from platforms.contract import Network
from platforms.rehearsal.serving import RunningStage
from tests import factories
from tests.conftest import MovableClock

WITH_LINK = "Read on at example.org today."
THREAD = "\n\n".join(["It says one thing slowly. " * 9] * 3 + ["https://example.org/more"])


def with_budget(settings: Settings, dollars: float) -> Settings:
    accounts = (
        replace(each, budget=round(dollars * costs.DOLLAR)) if each.network is Network.X else each
        for each in settings.accounts
    )
    return replace(settings, accounts=tuple(accounts))


def month(store: Store, settings: Settings, now: datetime) -> costs.Month:
    with store.reading() as session:
        account = session.get_one(Account, "x-en")
        found = costs.month_of(session, account, settings=settings, vault=Vault(settings.media), now=now)
    assert found
    return found


@pytest.fixture
def at_midmonth(clock: MovableClock) -> datetime:
    """A moment after which some minutes are still of the same month of UTC's."""
    if (datetime.now(UTC) + timedelta(minutes=30)).month != datetime.now(UTC).month:
        clock.move(hours=1)
    return clock()


def test_what_is_planned_is_spent_as_it_was_foretold(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, at_midmonth: datetime
) -> None:
    due_at = at_midmonth + timedelta(minutes=1)
    for key, text in (("plain", "A word."), ("linked", WITH_LINK), ("thread", THREAD)):
        factories.approved(store, settings, key, text=text, due_at=due_at)
    foretold = month(store, settings, clock())
    assert (foretold.spent, foretold.planned) == (0, 15_000 + 200_000 + 2 * 15_000 + 200_000)
    clock.move(minutes=2)
    publisher.work("x-en")
    now = month(store, settings, clock())
    assert (now.spent, now.planned) == (foretold.planned, 0)


def test_a_reading_is_in_the_books_too(
    store: Store,
    settings: Settings,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
    at_midmonth: datetime,
) -> None:
    factories.approved(store, settings, due_at=at_midmonth + timedelta(minutes=1))
    clock.move(minutes=2)
    publisher.work("x-en")
    before = month(store, settings, clock()).spent
    connections = Connections(settings, running.base)
    Measurer(store, connections, settings, clock=clock).measure_all()
    connections.close()
    assert month(store, settings, clock()).spent > before


def test_a_revision_says_its_price_and_its_parts_for_each_account_that_costs(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        revision = factories.text_post(session, text=THREAD, on=("x-en", "facebook-en")).revision
        accounts = session.scalars(select(Account).where(Account.key.in_(revision.accounts))).all()
        [price] = costs.prices(session, revision, accounts, post="peace", vault=Vault(settings.media))
    assert (price.account, price.language, price.parts, price.amount) == ("x-en", Language.EN, 3, 230_000)


def test_what_is_out_already_costs_nothing_more(store: Store, settings: Settings) -> None:
    factories.accounts(store, settings)
    [key] = factories.approved(store, settings)
    with store.writing() as session:
        publication = session.scalars(select(Publication).where(Publication.key == key)).one()
        post, accounts = publication.post, [publication.account]
        vault = Vault(settings.media)
        assert len(list(costs.prices(session, post.revision, accounts, post=post.key, vault=vault))) == 1
        publication.state = Delivery.PUBLISHED
        session.flush()
        assert list(costs.prices(session, post.revision, accounts, post=post.key, vault=vault)) == []


def test_a_plan_beyond_the_budget_is_said_and_not_refused(
    store: Store, settings: Settings, publisher: Publisher, clock: MovableClock, at_midmonth: datetime
) -> None:
    settings = with_budget(settings, 0.1)
    factories.approved(store, settings, text=WITH_LINK, due_at=at_midmonth + timedelta(minutes=1))
    with store.reading() as session:
        planned = session.scalars(select(Publication)).all()
        [said] = costs.warnings(session, planned, settings=settings, vault=Vault(settings.media), now=clock())
    assert said.startswith("x-en: $0.00 spent and $0.20 planned this month are more than its budget of $0.10")


def test_what_the_budget_does_not_hold_waits_for_a_person_and_a_raised_one_lets_it_go(
    store: Store,
    settings: Settings,
    vault: Vault,
    publisher: Publisher,
    running: RunningStage,
    clock: MovableClock,
    at_midmonth: datetime,
) -> None:
    poor, rich = (
        Publisher(store, vault, Connections(each, running.base), owner="worker-1", clock=clock)
        for each in (with_budget(settings, 0.02), with_budget(settings, 0.5))
    )
    due_at = at_midmonth + timedelta(minutes=1)
    [cheap] = factories.approved(store, settings, "cheap", text="A word.", due_at=due_at)
    [dear] = factories.approved(store, settings, "dear", text=WITH_LINK, due_at=due_at + timedelta(seconds=1))
    clock.move(minutes=2)
    poor.work("x-en")
    assert factories.publication(store, cheap).state is Delivery.PUBLISHED
    held = factories.publication(store, dear)
    assert held.state is Delivery.HELD
    assert "used up its budget" in held.why
    with store.writing() as session:
        it = session.scalars(select(Publication).where(Publication.key == dear)).one()
        levers.resume(session, it, settings=settings, by="Yusuf", now=clock())
    rich.work("x-en")
    assert factories.publication(store, dear).state is Delivery.PUBLISHED


def test_the_month_before_is_not_in_this_ones_books(
    store: Store, settings: Settings, publisher: Publisher, at_midmonth: datetime
) -> None:
    speaker = Speaker(account="x-en", network=Network.X, rehearsal=True)
    with store.writing() as session:
        for on in (at_midmonth.date().replace(day=1), at_midmonth.date().replace(day=1) - timedelta(days=1)):
            by = spender(speaker, whole_app=False)
            session.add(Spending(spender=by, bucket="x microdollars", on=on, amount=7))
    assert month(store, settings, at_midmonth).spent == 7


def test_what_is_prepared_on_the_last_evening_for_the_next_month_is_that_months(
    store: Store, settings: Settings, vault: Vault, publisher: Publisher, running: RunningStage, clock: MovableClock
) -> None:
    midnight = (datetime.now(UTC).replace(day=28) + timedelta(days=4)).replace(day=1, hour=0, minute=0)
    [key] = factories.approved(store, settings, text="A word.", due_at=midnight + timedelta(minutes=2))
    by = spender(Speaker(account="x-en", network=Network.X, rehearsal=True), whole_app=False)
    with store.writing() as session:
        session.add(
            Spending(spender=by, bucket="x microdollars", on=(midnight - timedelta(days=1)).date(), amount=20_000)
        )
    poor = Publisher(store, vault, Connections(with_budget(settings, 0.02), running.base), owner="poor", clock=clock)
    clock.ahead = midnight - timedelta(minutes=5) - datetime.now(UTC)
    poor.work("x-en")
    assert factories.publication(store, key).state is Delivery.STAGED
    clock.move(minutes=10)
    poor.work("x-en")
    assert factories.publication(store, key).state is Delivery.PUBLISHED


@pytest.mark.parametrize("wrong", ['"much"', "-5", "true"])
def test_a_budget_that_is_no_amount_is_said(settings: Settings, wrong: str) -> None:
    config = settings.home / "config"
    config.mkdir(parents=True)
    account = 'network = "x"\nlanguages = ["en"]\nname = "x"'
    (config / "accounts.toml").write_text(f"[x-en]\n{account}\nbudget_usd = {wrong}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="write dollars a month"):
        Settings.from_environment({"SAWT_HOME": str(settings.home)})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.EN, "$1,234.015"),
        (Language.FR, "1\u202f234,015\u00a0$ US"),
        (Language.AR, "1,234.015 دولار"),
    ],
)
def test_money_is_written_as_each_language_does(language: Language, said: str) -> None:
    assert unmarked(words_in(language).dollars(1_234_015_000)) == said
