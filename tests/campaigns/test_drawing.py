"""Pictures are made by whichever worker is free where an engine shares the work, and here where none is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import select

from campaigns.drawing import Beside, drawing
from campaigns.engine import Engine, Orders
from campaigns.languages import Language
from campaigns.models import Asset, Kind
from campaigns.review import ReviewError
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from tests import factories

WaitFor = Callable[..., None]


@pytest.fixture
def shared(postgres: str, settings: Settings) -> Iterator[Store]:
    store = Store(postgres)
    factories.accounts(store, settings)
    yield store
    store.close()


@pytest.fixture
def engine_on(settings: Settings, shared: Store) -> Settings:
    return replace(settings, engine="procrastinate", database_url=shared.url)


def card(store: Store, key: str, title: str = "Peace begins with a greeting") -> None:
    with store.writing() as session:
        revision = factories.text_post(session, key).revision
        revision.kind, revision.template = Kind.DESIGN, "quotation"
        [wording] = revision.wordings
        wording.title = title


def pictures(store: Store) -> list[Language]:
    with store.reading() as session:
        return list(session.scalars(select(Asset.language)))


def worker(store: Store, vault: Vault) -> Engine:
    return Engine(store.url, lambda _: 0, draws=Beside(store.url, vault.folder))


def heard() -> tuple[list[tuple[int, int]], Callable[[int, int], None]]:
    told: list[tuple[int, int]] = []
    return told, lambda done, total: told.append((done, total))


def test_a_free_worker_makes_the_picture_and_nothing_is_left_to_do_here(
    shared: Store, engine_on: Settings, vault: Vault
) -> None:
    card(shared, "greeting")
    told, tell = heard()
    with ExitStack() as stack:
        stack.callback(worker(shared, vault).stop)
        draw = stack.enter_context(drawing(shared, vault, engine_on, ["greeting"], pace="draft"))
        draw("greeting", tell)
    assert pictures(shared) == [Language.EN]
    assert told == []


def test_what_nobody_takes_up_is_drawn_here_after_a_while(
    shared: Store, engine_on: Settings, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.drawing.NOBODY_COMES_WITHIN", 0.1)
    card(shared, "greeting")
    told, tell = heard()
    with drawing(shared, vault, engine_on, ["greeting"], pace="draft") as draw:
        draw("greeting", tell)
    assert pictures(shared) == [Language.EN]
    assert told == [(1, 1)]
    with Orders(shared.url) as orders:
        assert not orders.stands("greeting")


def test_words_that_do_not_fit_are_said_to_whoever_asked(shared: Store, engine_on: Settings, vault: Vault) -> None:
    card(shared, "endless", title="Peace " * 400)
    _, tell = heard()
    with ExitStack() as stack:
        stack.callback(worker(shared, vault).stop)
        draw = stack.enter_context(drawing(shared, vault, engine_on, ["endless"], pace="draft"))
        with pytest.raises(ReviewError, match="endless"):
            draw("endless", tell)
    assert pictures(shared) == []


def test_a_text_asks_nothing_of_anybody(shared: Store, engine_on: Settings, vault: Vault) -> None:
    with shared.writing() as session:
        factories.text_post(session, "peace")
    with drawing(shared, vault, engine_on, ["peace"], pace="draft"), Orders(shared.url) as orders:
        assert not orders.stands("peace")


def test_a_worker_that_stops_ends_the_drawing_and_leaves_it_to_others(
    shared: Store, vault: Vault, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    card(shared, "greeting")
    begun = Beside(shared.url, vault.folder)
    failures: list[Exception] = []

    def try_it() -> None:
        try:
            begun.draw("greeting", "draft")
        except RuntimeError as error:
            failures.append(error)

    thread = Thread(target=try_it)
    thread.start()
    wait_for(lambda: begun._process is not None, "the drawing")
    begun.stop()
    thread.join(20)
    assert [str(each) for each in failures] == ["the drawing of greeting ended with -15"]
    assert pictures(shared) == []
    with pytest.raises(RuntimeError, match="the worker stops"):
        begun.draw("greeting", "draft")


def test_two_who_drew_the_same_keep_it_once(shared: Store, vault: Vault) -> None:
    card(shared, "greeting")
    both = [Thread(target=Beside(shared.url, vault.folder).draw, args=("greeting", "draft")) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert pictures(shared) == [Language.EN]


def test_without_an_engine_it_is_drawn_here(shared: Store, settings: Settings, vault: Vault) -> None:
    card(shared, "greeting")
    told, tell = heard()
    with drawing(shared, vault, settings, ["greeting"], pace="draft") as draw:
        draw("greeting", tell)
    assert (pictures(shared), told) == ([Language.EN], [(1, 1)])
