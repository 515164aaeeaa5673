"""Sign-ins in the store: sealed, bound to their account, renewed once, and handed to whoever works."""

from __future__ import annotations

import io
import logging
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import OperationalError

from campaigns import catalogue, levers, signed_in, tokens
from campaigns.callback import query_of
from campaigns.connections import Connections, Speaker
from campaigns.keyring import Keyring, KeyTrouble
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Publication, Token
from campaigns.moving import move
from campaigns.publishing import Publisher
from campaigns.publishing.steps import Claim
from campaigns.settings import Settings
from campaigns.store import CONNECTIONS, Store
from campaigns.telling import Teller, Told
from campaigns.vault import Vault
from campaigns.words import unmarked, words_in
from platforms import connect, entrance
from platforms.contract import Network
from platforms.errors import NotSignedIn, PlatformError, TooSoon, Unreachable
from platforms.rehearsal import endpoints
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.signing_in import Issued, revoke
from platforms.rehearsal.stage import Stage
from platforms.shelf import NoShelf
from platforms.signing_in import Candidate, Lapsed, Standing
from tests import factories
from tests.conftest import MovableClock

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BACK = "http://127.0.0.1:8322/connected"
APPS: Mapping[Network, Mapping[str, str]] = {
    Network.X: {"client_id": "stage", "client_secret": "stage"},
    Network.FACEBOOK: {"app_id": "stage", "app_secret": "stage"},
    Network.INSTAGRAM: {"app_id": "stage", "app_secret": "stage"},
    Network.YOUTUBE: {"client_id": "stage", "client_secret": "stage"},
}


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def base(stage: Stage) -> Iterator[str]:
    with in_thread(stage) as running:
        yield running.base


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "apart" / "keys", tmp_path / "home")


@pytest.fixture
def house(store: Store, settings: Settings, keyring: Keyring) -> Settings:
    """Settings that know the store, with one key made."""
    catalogue.prepare(store, settings, now=NOW)
    keyring.make()
    return tokens.with_connected(replace(settings, key_file=keyring.file), store)


def consented(network: Network, base: str, account: str, *, withheld: str = "") -> list[Candidate]:
    """What a person of the stage who allows it all, or nearly, lets us have."""
    door = entrance(network)
    consent = door.consent(APPS[network], endpoints(base), BACK)
    form = {"account": account, "answer": "yes", "withheld": withheld}
    answer = requests.post(consent.address, data=form, allow_redirects=False, timeout=30)
    code = consent.code(query_of(answer.headers["location"]))
    return list(door.granted(APPS[network], endpoints(base), consent, code))


def stored(store: Store, keyring: Keyring, key: str, candidate: Candidate, by: str = "Yusuf") -> None:
    with store.writing() as session:
        tokens.keep(session, session.get_one(Account, key), candidate, keyring, by=by, now=datetime.now(UTC))


def token_of(store: Store, key: str) -> Token:
    with store.reading() as session:
        return session.get_one(Token, key)


def somebody(**credentials: str) -> Candidate:
    return Candidate(standing=Standing(remote_id="1", name="@sawt"), credentials=credentials)


def lines(settings: Settings, base: str) -> Connections:
    return Connections(replace(settings, endpoints=endpoints(base)), None)


X_EN = Speaker(account="x-en", network=Network.X, rehearsal=False)


# What is stored


def test_what_is_stored_says_nothing_and_opens_for_its_own_account_alone(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a-secret"))
    stored(store, keyring, "x-fr", somebody(bearer_token="another"))
    sealed = token_of(store, "x-en").sealed
    assert "a-secret" not in sealed
    assert house.credentials["x-en"]["bearer_token"] == "a-secret"
    with store.writing() as session:
        session.get_one(Token, "x-fr").sealed = sealed
    with pytest.raises(NotSignedIn, match="sealed for another account"):
        tokens.with_connected(house, store).credentials["x-fr"]["bearer_token"]


def test_an_account_whose_key_is_gone_never_passes_for_one_on_the_stage(
    store: Store, house: Settings, keyring: Keyring, base: str
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a-secret"))
    keyring.file.unlink()
    fresh = tokens.with_connected(house, store)
    assert fresh.signed_in("x-en")
    with pytest.raises(NotSignedIn, match="must be put back"), lines(fresh, base).platform(X_EN):
        pass
    with store.reading() as session, pytest.raises(KeyTrouble, match="accounts are sealed with it"):
        tokens.make_key(session, keyring)


def test_what_was_connected_wins_over_the_file_and_the_file_speaks_for_the_others(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    both = tokens.with_connected(
        replace(house, credentials={"x-en": {"bearer_token": "filed"}, "x-ar": {"bearer_token": "filed"}}), store
    )
    stored(store, keyring, "x-en", somebody(bearer_token="connected"))
    tokens.look_again(both)
    assert both.credentials["x-en"]["bearer_token"] == "connected"
    assert both.credentials["x-ar"]["bearer_token"] == "filed"
    assert set(both.credentials) == {"x-en", "x-ar"}
    with store.writing() as session:
        tokens.forget(session, session.get_one(Account, "x-en"), settings=both, by="Yusuf", now=NOW)
    tokens.look_again(both)
    assert both.credentials["x-en"]["bearer_token"] == "filed"


def test_a_worker_sees_an_account_that_is_connected_while_it_runs(
    store: Store, house: Settings, keyring: Keyring, base: str
) -> None:
    working = lines(house, base)
    with pytest.raises(NotSignedIn, match="sawt account connect x-en"), working.platform(X_EN):
        pass
    stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
    tokens.look_again(working.settings)
    with working.platform(X_EN) as platform:
        assert platform.verify() == "x_en"
    stored(store, keyring, "x-en", consented(Network.X, base, "x-fr")[0])
    tokens.look_again(working.settings)
    with working.platform(X_EN) as platform:
        assert platform.verify() == "x_fr"


def test_signing_in_takes_a_paused_account_up_again(store: Store, house: Settings, keyring: Keyring) -> None:
    with store.writing() as session:
        account = session.get_one(Account, "x-en")
        account.paused_at, account.paused_why = NOW, "X no longer takes this sign-in"
    stored(store, keyring, "x-en", somebody(bearer_token="a"))
    with store.reading() as session:
        assert session.get_one(Account, "x-en").paused_at is None


# Keys


def test_a_key_is_made_once_for_its_owner_alone(keyring: Keyring) -> None:
    assert keyring.make()
    first = keyring.names
    assert (keyring.make(), keyring.names) == (False, first)
    assert keyring.file.stat().st_mode & 0o777 == 0o600


def test_a_key_beside_the_data_or_open_to_others_is_refused(tmp_path: Path, keyring: Keyring) -> None:
    with pytest.raises(KeyTrouble, match="beside what it locks"):
        Keyring(tmp_path / "home" / "keys", tmp_path / "home").make()
    keyring.make()
    keyring.file.chmod(0o644)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        keyring.seal("x")


def test_keys_are_rotated_and_the_old_one_retired(store: Store, house: Settings, keyring: Keyring) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a-secret"))
    old = keyring.file.read_text()
    assert tokens.rotate(store, keyring) == 1
    assert tokens.retire(store, keyring) == 1
    assert house.credentials["x-en"]["bearer_token"] == "a-secret"
    assert old.strip() not in keyring.file.read_text()


def test_a_rotation_that_died_half_way_loses_nothing_and_is_done_again(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a-secret"))
    keyring.put_new_first()  # and here the machine went down
    assert tokens.unopened(store, keyring) == {}
    with pytest.raises(KeyTrouble, match="x-en still need an old key"):
        tokens.retire(store, keyring)
    assert tokens.reseal(store, keyring) == 1
    assert tokens.retire(store, keyring) == 1
    assert house.credentials["x-en"]["bearer_token"] == "a-secret"


def test_of_rotations_at_once_none_writes_over_anothers_key(store: Store, house: Settings, keyring: Keyring) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a-secret"))
    starting = threading.Barrier(4)

    def rotate() -> None:
        starting.wait()
        tokens.rotate(store, keyring)

    rotating = [threading.Thread(target=rotate) for _ in range(4)]
    for each in rotating:
        each.start()
    for each in rotating:
        each.join()
    assert len(keyring.names) == 5
    assert tokens.unopened(store, keyring) == {}


def test_a_rotation_that_comes_while_old_keys_are_retired_waits(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a-secret"))
    tokens.rotate(store, keyring)
    rotation = threading.Thread(target=tokens.rotate, args=(store, keyring))

    class Interrupted(Keyring):
        def opens_with_first(self, sealed: str) -> bool:
            opens = super().opens_with_first(sealed)
            rotation.start()
            rotation.join(0.2)
            return opens

    tokens.retire(store, Interrupted(keyring.file, keyring.home))
    rotation.join()
    assert tokens.unopened(store, keyring) == {}


# Renewal


def running_out(candidate: Candidate) -> Candidate:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    return replace(candidate, credentials={**candidate.credentials, "expires_at": soon})


def test_a_token_that_runs_out_is_renewed_and_kept_before_it_is_used(
    store: Store, house: Settings, keyring: Keyring, base: str
) -> None:
    first = running_out(consented(Network.X, base, "x-en")[0])
    stored(store, keyring, "x-en", first)
    with lines(house, base).platform(X_EN) as platform:
        assert platform.verify() == "x_en"
    row, now = token_of(store, "x-en"), tokens.with_connected(house, store).credentials["x-en"]
    assert (row.version, row.failures, row.trouble) == (2, 0, "")
    assert now["refresh_token"] != first.credentials["refresh_token"]


def test_a_token_that_died_early_is_renewed_once_it_is_refused(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage
) -> None:
    stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
    Issued(stage).end("x-en", "access")
    with lines(house, base).platform(X_EN) as platform:
        assert platform.verify() == "x_en"
    stage.move_clock(timedelta(hours=3))
    with lines(house, base).platform(X_EN) as platform:
        assert platform.verify() == "x_en"
    assert token_of(store, "x-en").version == 3


def test_of_many_who_renew_at_once_one_asks_and_all_go_on(
    store: Store, house: Settings, keyring: Keyring, base: str
) -> None:
    stored(store, keyring, "x-en", running_out(consented(Network.X, base, "x-en")[0]))
    names: list[str] = []
    begin = threading.Barrier(4)

    def work() -> None:
        with lines(tokens.with_connected(house, store), base).platform(X_EN) as platform:
            begin.wait(30)
            names.append(platform.verify())

    workers = [threading.Thread(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert names == ["x_en"] * 4
    assert token_of(store, "x-en").version == 2


def test_a_renewal_that_fails_is_counted_and_is_no_end(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage
) -> None:
    stored(store, keyring, "x-en", running_out(consented(Network.X, base, "x-en")[0]))
    stage.faults.add(Fault(name="error-before", path="/oauth2/token"))
    working = lines(house, base)
    with working.platform(X_EN) as platform:
        with pytest.raises(Unreachable):
            platform.verify()
        assert (token_of(store, "x-en").failures, token_of(store, "x-en").version) == (1, 1)
        assert platform.verify() == "x_en"
    assert (token_of(store, "x-en").failures, token_of(store, "x-en").trouble) == (0, "")


def test_a_sign_in_that_is_over_needs_a_person(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage
) -> None:
    stored(store, keyring, "x-en", running_out(consented(Network.X, base, "x-en")[0]))
    revoke(stage, "x-en")
    with lines(house, base).platform(X_EN) as platform, pytest.raises(Lapsed, match="a person must sign in again"):
        platform.verify()
    assert "a person must sign in again" in token_of(store, "x-en").trouble


def test_a_crash_between_the_answer_and_our_commit_leaves_a_note(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="old", refresh_token="r"))
    sealed = house.credentials["x-en"]
    assert isinstance(sealed, tokens.Sealed)
    seen: list[str] = []

    def exchange(_: Mapping[str, str]) -> Mapping[str, str]:
        seen.append(token_of(store, "x-en").trouble)
        return {"bearer_token": "new"}

    assert sealed.renew(dict(sealed), exchange) == {"bearer_token": "new"}
    assert seen == ["a renewal has begun and its answer was not stored; if this stays, sign in again"]


def test_what_a_lever_stops_before_it_leaves_is_no_failure(store: Store, house: Settings, keyring: Keyring) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="old", refresh_token="r"))
    sealed = house.credentials["x-en"]
    assert isinstance(sealed, tokens.Sealed)

    def stopped(_: Mapping[str, str]) -> Mapping[str, str]:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        sealed.renew(dict(sealed), stopped)
    assert (token_of(store, "x-en").failures, token_of(store, "x-en").trouble) == (0, "")


def test_more_accounts_than_the_pool_has_connections_are_renewed_at_once(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    many = [f"x-{number}" for number in range(CONNECTIONS + 1)]
    with store.writing() as session:
        here = session.get_one(Account, "x-en")
        session.add_all(
            Account(key=key, network=here.network, languages=["en"], name=key, timezone=here.timezone) for key in many
        )
    for key in many:
        stored(store, keyring, key, somebody(bearer_token="old", refresh_token="r"))
    tokens.look_again(house)
    all_ask = threading.Barrier(len(many))

    def exchange(_: Mapping[str, str]) -> Mapping[str, str]:
        all_ask.wait(20)
        return {"bearer_token": "new"}

    def renewed(key: str) -> str:
        sealed = house.credentials[key]
        assert isinstance(sealed, tokens.Sealed)
        return sealed.renew(dict(sealed), exchange)["bearer_token"]

    with ThreadPoolExecutor(len(many)) as threads:
        assert list(threads.map(renewed, many)) == ["new"] * len(many)


def test_what_was_renewed_is_kept_though_the_connection_that_held_the_turn_is_lost(
    house: Settings, keyring: Keyring, store: Store
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="old", refresh_token="r"))
    sealed = house.credentials["x-en"]
    assert isinstance(sealed, tokens.Sealed)

    def exchange(_: Mapping[str, str]) -> Mapping[str, str]:
        if store.engine.dialect.name == "postgresql":
            with store.reading() as session:
                mine = "datname = current_database() AND locktype = 'advisory' AND classid = 91"
                holders = f"FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE {mine}"
                session.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {holders}")).one()
        return {"bearer_token": "new"}

    assert sealed.renew(dict(sealed), exchange) == {"bearer_token": "new"}
    assert sealed.renew({"bearer_token": "new"}, exchange) == {"bearer_token": "new"}
    assert token_of(store, "x-en").version == 3


def test_a_renewal_for_which_the_database_has_no_connection_left_leaves_nothing_in_doubt(
    store: Store, house: Settings, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="old", refresh_token="r"))
    sealed = house.credentials["x-en"]
    assert isinstance(sealed, tokens.Sealed)

    def too_many(_: Store) -> Connection:
        raise OperationalError("", {}, Exception("too many clients already"))

    monkeypatch.setattr(Store, "apart", too_many)
    with pytest.raises(Unreachable) if store.engine.dialect.name == "postgresql" else nullcontext():
        sealed.renew(dict(sealed), lambda _: {"bearer_token": "new"})


# On the way of a post


def test_a_post_goes_out_once_though_its_token_runs_out_and_though_its_sign_in_ends(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage, vault: Vault, clock: MovableClock
) -> None:
    stored(store, keyring, "x-en", running_out(consented(Network.X, base, "x-en")[0]))
    tokens.look_again(house)
    due_at = datetime.now(UTC) + timedelta(minutes=1)
    [key] = factories.approved(store, house, due_at=due_at)
    publisher = Publisher(store, vault, lines(house, base), owner="worker-1", clock=clock)
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.STAGED
    revoke(stage, "x-en")
    clock.move(minutes=2)
    publisher.work("x-en")
    with store.reading() as session:
        assert session.get_one(Account, "x-en").paused_at is not None
    assert not stage.records.all("shown")
    stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
    tokens.look_again(house)
    clock.move(minutes=1)
    publisher.work("x-en")
    publisher.work("x-en")
    out = factories.publication(store, key)
    assert (out.state, out.rehearsal) == (Delivery.PUBLISHED, False)
    assert [each["remote_id"] for each in stage.records.all("shown")] == [out.remote_id]


def test_a_sign_in_that_lacks_something_pauses_its_account(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage, vault: Vault, clock: MovableClock
) -> None:
    candidate = consented(Network.X, base, "x-en")[0]
    stored(store, keyring, "x-en", replace(candidate, credentials={"client_id": "app"}))
    tokens.look_again(house)
    factories.approved(store, house, due_at=clock() + timedelta(minutes=1))
    publisher = Publisher(store, vault, lines(house, base), owner="worker-1", clock=clock)
    publisher.work("x-en")
    with store.reading() as session:
        account = session.get_one(Account, "x-en")
        assert account.paused_at is not None
        assert "lacks" in (account.paused_why or "")


def test_a_call_under_the_old_sign_in_does_not_pause_an_account_that_was_signed_in_anew_meanwhile(
    store: Store,
    house: Settings,
    keyring: Keyring,
    base: str,
    stage: Stage,
    vault: Vault,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
    tokens.look_again(house)
    [key] = factories.approved(store, house, due_at=clock() + timedelta(minutes=1))
    publisher = Publisher(store, vault, lines(house, base), owner="worker-1", clock=clock)
    publisher.work("x-en")
    revoke(stage, "x-en")
    clock.move(minutes=2)
    record = publisher.records.setback

    def a_person_is_quicker(claim: Claim, error: Exception, closing: TooSoon | None) -> None:
        assert isinstance(error, NotSignedIn)
        stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
        tokens.look_again(house)
        record(claim, error, closing)

    monkeypatch.setattr(publisher.records, "setback", a_person_is_quicker)
    publisher.work("x-en")
    with store.reading() as session:
        assert session.get_one(Account, "x-en").paused_at is None
    clock.move(minutes=1)
    publisher.work("x-en")
    assert factories.publication(store, key).state is Delivery.PUBLISHED


def test_who_signs_in_takes_up_again_what_a_worker_pauses_at_that_moment(postgres: str, keyring: Keyring) -> None:
    store = Store(postgres)
    keyring.make()
    with store.writing() as session:
        session.add(Account(key="x-en", network=Network.X, languages=["en"], name="x-en", timezone="UTC"))
    with store.writing() as signing_in:
        account = signing_in.get_one(Account, "x-en")
        with store.reading() as worker:
            worker.execute(update(Account).values(paused_at=NOW, paused_why="X no longer takes this sign-in"))
            worker.commit()
        tokens.keep(signing_in, account, somebody(bearer_token="a"), keyring, by="Yusuf", now=NOW)
    with store.reading() as session:
        assert session.get_one(Account, "x-en").paused_at is None
    store.close()


# A person disconnects


def disconnected(store: Store, settings: Settings, key: str) -> int:
    with store.writing() as session:
        held = tokens.forget(session, session.get_one(Account, key), settings=settings, by="Yusuf", now=NOW)
    tokens.look_again(settings)
    return held


def in_words(store: Store, key: str, now: datetime) -> Told:
    with store.reading() as session:
        publication = session.scalars(select(Publication).where(Publication.key == key)).one()
        return Teller(session, words_in(Language.EN), now=now).tell(publication)


def test_what_waits_on_an_account_that_is_disconnected_is_held_and_says_what_to_do(
    store: Store, house: Settings, keyring: Keyring, base: str, vault: Vault, clock: MovableClock
) -> None:
    stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
    tokens.look_again(house)
    [ready] = factories.approved(store, house, due_at=clock() + timedelta(minutes=1))
    [later] = factories.approved(store, house, "later", text="Later.", due_at=clock() + timedelta(hours=1))
    connections = Connections(replace(house, endpoints=endpoints(base)), base)
    publisher = Publisher(store, vault, connections, owner="worker-1", clock=clock)
    publisher.work("x-en")
    assert [factories.publication(store, key).state for key in (ready, later)] == [Delivery.STAGED, Delivery.PLANNED]

    assert disconnected(store, house, "x-en") == 2
    for key in (ready, later):
        assert factories.publication(store, key).state is Delivery.HELD
        assert in_words(store, key, clock()).detail == "Yusuf disconnected x-en: connect it again, then release this"
    with store.reading() as session:
        assert session.get_one(Account, "x-en").paused_at is None, "nothing has begun, so the stage goes on"
    [played] = factories.approved(store, house, "played", text="Played.", due_at=clock() + timedelta(minutes=2))
    publisher.work("x-en")
    clock.move(minutes=3)
    publisher.work("x-en")
    assert factories.publication(store, played).state is Delivery.PUBLISHED
    assert factories.publication(store, ready).state is Delivery.HELD

    stored(store, keyring, "x-en", consented(Network.X, base, "x-en")[0])
    tokens.look_again(house)
    publisher.work("x-en")
    assert factories.publication(store, ready).state is Delivery.HELD
    with store.writing() as session:
        publication = session.scalars(select(Publication).where(Publication.key == ready)).one()
        levers.resume(session, publication, settings=house, by="Yusuf", now=clock())
    publisher.work("x-en")
    out = factories.publication(store, ready)
    assert (out.state, out.rehearsal) == (Delivery.PUBLISHED, False)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Delivery.STAGING, "waits until a person has signed in to X again"),
        (Delivery.REVEALING, "being sent"),
        (Delivery.UNCERTAIN, "looks whether it is out as soon as a person has signed in to X again"),
        (Delivery.WITHDRAWING, "does so as soon as a person has signed in to X again"),
        (Delivery.PUBLISHED, "went out"),
    ],
)
def test_an_account_that_is_disconnected_with_something_begun_waits_for_a_sign_in(
    state: Delivery, told: str, store: Store, house: Settings, keyring: Keyring
) -> None:
    stored(store, keyring, "x-en", somebody(bearer_token="a"))
    tokens.look_again(house)
    [key] = factories.approved(store, house)
    with store.writing() as session:
        publication = session.scalars(select(Publication)).one()
        moments = {"not_before": NOW, "published_at": NOW, "follows_at": NOW}
        move(session, publication, state, by="worker-1", why="", now=NOW, **moments)
    assert disconnected(store, house, "x-en") == 0
    assert factories.publication(store, key).state is state
    with store.reading() as session:
        why = session.get_one(Account, "x-en").paused_why
    assert why == "Yusuf disconnected x-en while something there was on its way or in doubt"
    assert told in unmarked(in_words(store, key, NOW).text)
    stored(store, keyring, "x-en", somebody(bearer_token="b"))
    with store.reading() as session:
        assert session.get_one(Account, "x-en").paused_at is None


def test_an_account_that_is_given_back_to_the_file_goes_on_speaking(
    store: Store, house: Settings, keyring: Keyring
) -> None:
    both = tokens.with_connected(replace(house, credentials={"x-en": {"bearer_token": "filed"}}), store)
    stored(store, keyring, "x-en", somebody(bearer_token="connected"))
    [key] = factories.approved(store, both)
    assert disconnected(store, both, "x-en") == 0
    assert factories.publication(store, key).state is Delivery.PLANNED


# The daily look


def looked(store: Store, house: Settings, base: str, at: datetime) -> int:
    return signed_in.look_when_due(store, replace(house, endpoints=endpoints(base)), now=at)


def test_every_connected_account_is_looked_at_once_a_day(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage
) -> None:
    stored(store, keyring, "facebook-ar", consented(Network.FACEBOOK, base, "facebook-ar")[0])
    assert looked(store, house, base, datetime.now(UTC)) == 0
    tomorrow = datetime.now(UTC) + timedelta(days=1, minutes=1)
    assert looked(store, house, base, tomorrow) == 1
    row = token_of(store, "facebook-ar")
    assert (row.speaks_as, row.trouble, row.checked_at) == ("Page facebook-ar", "", tomorrow)
    assert row.expires_at is not None
    revoke(stage, "facebook-ar")
    assert looked(store, house, base, tomorrow + timedelta(days=1)) == 1
    assert "sign the account in again" in token_of(store, "facebook-ar").trouble


def test_a_look_tells_when_another_answers(store: Store, house: Settings, keyring: Keyring, base: str) -> None:
    candidate = consented(Network.X, base, "x-fr")[0]
    stranger = replace(candidate, standing=replace(candidate.standing, remote_id="12"))
    stored(store, keyring, "x-en", stranger)
    looked(store, house, base, datetime.now(UTC) + timedelta(days=2))
    assert "not who was signed in" in token_of(store, "x-en").trouble


def test_a_right_that_is_missing_is_named_with_what_will_not_work(base: str) -> None:
    (candidate,) = consented(Network.X, base, "x-en", withheld="media.write")
    assert candidate.standing.lacks == ("without media.write no picture and no film can be posted",)
    (page,) = consented(Network.FACEBOOK, base, "facebook-ar", withheld="read_insights")
    assert page.standing.lacks == ("without read_insights there are no figures of views and reach",)


# Ways in


@pytest.mark.parametrize("network", APPS)
def test_consent_leads_to_an_account_that_works(network: Network, base: str) -> None:
    account = f"{network}-ar"
    (candidate,) = consented(network, base, account)
    signed = connect(network, credentials=candidate.credentials, endpoints=endpoints(base), shelf=NoShelf())
    assert signed.verify()


def test_one_consent_leads_to_every_page_of_a_person(base: str) -> None:
    found = consented(Network.FACEBOOK, base, "facebook-ar,facebook-fr")
    assert [each.standing.name for each in found] == ["Page facebook-ar", "Page facebook-fr"]
    assert [each.credentials["page_id"] for each in found] == ["page-facebook-ar", "page-facebook-fr"]


def test_a_token_of_blanks_is_none(base: str) -> None:
    with pytest.raises(NotSignedIn, match="lacks access_token"):
        entrance(Network.FACEBOOK).pasted({"access_token": "  "}, APPS[Network.FACEBOOK], endpoints(base))


def test_the_token_of_a_page_can_be_pasted(base: str) -> None:
    token = consented(Network.FACEBOOK, base, "facebook-ar")[0].credentials["access_token"]
    (page,) = entrance(Network.FACEBOOK).pasted({"access_token": token}, {}, endpoints(base))
    assert (page.standing.name, page.standing.lacks) == ("Page facebook-ar", ())
    with pytest.raises(NotSignedIn):
        entrance(Network.INSTAGRAM).pasted({"access_token": "nobody's"}, {}, endpoints(base))


def test_an_answer_to_another_question_is_not_taken(base: str) -> None:
    consent = entrance(Network.X).consent(APPS[Network.X], endpoints(base), BACK)
    with pytest.raises(NotSignedIn, match="another question"):
        consent.code({"code": "c", "state": "of somebody else"})
    with pytest.raises(NotSignedIn, match="not allowed"):
        consent.code({"error": "access_denied", "state": consent.state})


def test_a_code_is_good_once_and_only_for_who_asked(base: str) -> None:
    door, where = entrance(Network.X), endpoints(base)
    consent = door.consent(APPS[Network.X], where, BACK)
    answer = requests.post(consent.address, data={"account": "x-en"}, allow_redirects=False, timeout=30)
    code = consent.code(query_of(answer.headers["location"]))
    thief = replace(consent, verifier="another")
    with pytest.raises(Lapsed):
        door.granted(APPS[Network.X], where, thief, code)
    with pytest.raises(Lapsed):
        door.granted(APPS[Network.X], where, consent, code)


# Nothing is said


class _Addresses(logging.Handler):
    """Everything that is logged anywhere, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.said.write(self.format(record) + "\n")


@pytest.fixture
def overheard(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All logs at DEBUG, and the address of every call."""
    listener, root, before = _Addresses(), logging.getLogger(), logging.getLogger().level
    send = requests.Session.send

    def heard(self: requests.Session, request: requests.PreparedRequest, **options: object) -> requests.Response:
        listener.said.write(f"{request.method} {request.url}\n")
        return send(self, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "send", heard)
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    yield listener.said
    root.removeHandler(listener)
    root.setLevel(before)


MARK = "marker5ecret"
PASTED: Mapping[tuple[Network, str], Mapping[str, str]] = {
    (Network.X, "keys"): dict.fromkeys(
        ("consumer_key", "consumer_secret", "access_token", "access_token_secret"), MARK
    ),
    (Network.FACEBOOK, "token"): {"access_token": MARK},
    (Network.INSTAGRAM, "token"): {"access_token": MARK},
    (Network.WEBSITE, "password"): {"username": "website-ar", "application_password": MARK},
}


def told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("fault", [None, "error-before", "drop-before", "truncated-after", "empty-after"])
def test_no_secret_is_said_whatever_the_answer_to_what_was_pasted(
    fault: str | None, base: str, stage: Stage, overheard: io.StringIO
) -> None:
    for (network, _), given in PASTED.items():
        if fault:
            stage.faults.add(Fault(name=fault, path="/", method="GET"))
            stage.faults.add(Fault(name=fault, path="/", method="POST"))
        app = {**APPS.get(network, {}), "app_secret": MARK}
        with pytest.raises(PlatformError) as caught:
            entrance(network).pasted({"site_url": f"{base}/website", **given}, app, endpoints(base))
        stage.faults.forget()
        assert MARK not in told(caught.value)
    assert MARK not in overheard.getvalue()


@pytest.mark.parametrize("fault", [None, "error-after", "drop-after", "truncated-after", "empty-after"])
@pytest.mark.parametrize("network", APPS)
def test_no_secret_is_said_on_the_way_of_consent(
    network: Network, fault: str | None, base: str, stage: Stage, overheard: io.StringIO
) -> None:
    door, where, app = entrance(network), endpoints(base), APPS[network]
    consent = door.consent(app, where, BACK)
    answer = requests.post(consent.address, data={"account": f"{network}-ar"}, allow_redirects=False, timeout=30)
    code = consent.code(query_of(answer.headers["location"]))
    overheard.truncate(0)  # what stands before is the browser's
    if fault:
        stage.faults.add(Fault(name=fault, path="/", method="POST"))
    try:
        said = repr(door.granted(app, where, consent, code))
    except PlatformError as error:
        said = told(error)
    said += repr(consent) + overheard.getvalue()
    secrets = {code, consent.verifier, *(each["token"] for each in stage.records.all("issued"))}
    assert not [each for each in secrets if each in said]


def test_no_secret_is_said_by_what_holds_one(
    store: Store, house: Settings, keyring: Keyring, base: str, stage: Stage, overheard: io.StringIO
) -> None:
    stored(store, keyring, "x-en", running_out(consented(Network.X, base, "x-en")[0]))
    working, said = lines(replace(house, apps={"x": {"client_secret": MARK}}), base), ""
    for fault in ("error-after", "truncated-after", "drop-after", None):
        if fault:
            stage.faults.add(Fault(name=fault, path="/oauth2/token"))
        with working.platform(X_EN) as platform:
            said += repr(vars(platform))
            try:
                platform.verify()
            except PlatformError as error:
                said += told(error)
    said += repr(working.settings) + repr(working.settings.credentials["x-en"]) + repr(keyring) + overheard.getvalue()
    first = keyring.file.read_text().strip()
    secrets = {MARK, first, *(each["token"] for each in stage.records.all("issued"))}
    assert not [each for each in secrets if each in said]
    assert Fernet(first)
