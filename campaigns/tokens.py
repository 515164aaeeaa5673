"""Keep credentials sealed, hand them out, renew them one at a time, and seal them anew under another key.

An account that was connected goes by the store; a credentials file speaks for the others.
"""

from __future__ import annotations

import fcntl
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from sqlalchemy import func, inspect, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from campaigns import levers
from campaigns.chronicle import note
from campaigns.keyring import Keyring, KeyTrouble
from campaigns.models import Account, Token
from campaigns.settings import Settings
from campaigns.store import PAUSES, Store, take_in_hand
from platforms.contract import Network
from platforms.errors import NotSignedIn, PlatformError, Unreachable
from platforms.signing_in import Candidate, Standing
from platforms.vouchers import Exchange, Vouchers

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds after which an account that another process has connected is seen."""
TURN_WITHIN, TURN_EVERY = 90.0, 0.1


# Connect and disconnect


def keep(session: Session, account: Account, candidate: Candidate, keyring: Keyring, *, by: str, now: datetime) -> None:
    """Store what signs the account in, in place of what was there; a paused account is taken up again."""
    take_in_hand(session, account)
    row = session.get(Token, account.key, with_for_update=True)
    if row is None:
        row = Token(account_key=account.key, version=0)
        session.add(row)
    row.version, row.failures, row.renewed_at = row.version + 1, 0, None
    row.connected_by, row.connected_at = by, now
    row.sealed = _sealed(keyring, account.key, account.network, candidate.standing.remote_id, candidate.credentials)
    seen(row, candidate.standing, now=now)
    note(session, by, "connected", f"{account.key} as {candidate.standing.name}", now=now)
    if account.paused_at:
        levers.resume_account(session, account, by=by, now=now)


def forget(session: Session, account: Account, *, settings: Settings, by: str, now: datetime) -> int:
    """Destroy what signs the account in, and hold what waited to be sent with it; how many that is.

    On the network itself the access stays until a person takes it away there.
    """
    take_in_hand(session, account)
    row = session.get(Token, account.key, with_for_update=True)
    if row is None:
        raise ValueError(f"{account.key} was not connected; nothing was changed")
    session.delete(row)
    note(session, by, "disconnected", account.key, now=now)
    if account.key in filed(settings):
        return 0
    return levers.hold_account(session, account, why=f"{by} disconnected {account.key}", by=by, now=now)


def still_signs_in(session: Session, account: str, connected_at: datetime | None) -> bool:
    """Whether a call under the sign-in of that moment tells of the one that there is now."""
    take_in_hand(session, session.get_one(Account, account))
    return session.scalar(select(Token.connected_at).where(Token.account_key == account)) == connected_at


def connected_at(credentials: Mapping[str, str] | None) -> datetime | None:
    """When these were stored; None for what a file says, and for the stage's."""
    return credentials.connected_at if isinstance(credentials, Sealed) else None


def make_key(session: Session, keyring: Keyring) -> bool:
    """Whether the first key was made just now. Never where something is sealed that it would not open."""
    if not keyring.file.exists() and session.scalar(select(func.count()).select_from(Token)):
        raise KeyTrouble(
            f"the key file {keyring.file} is gone, and accounts are sealed with it: put it back, or disconnect them all"
        )
    return keyring.make()


def seen(row: Token, standing: Standing, *, now: datetime) -> None:
    """Write down how a network found the sign-in."""
    row.speaks_as, row.scopes, row.expires_at = standing.name[:200], list(standing.scopes), standing.expires_at
    row.checked_at, row.trouble = now, "; ".join(standing.lacks)


# Hand out


def keyring_of(settings: Settings) -> Keyring:
    return Keyring(settings.key_file, settings.home)


def with_connected(settings: Settings, store: Store) -> Settings:
    """These settings, knowing of accounts that were connected, also of those still to come."""
    return replace(settings, credentials=Connected(store, keyring_of(settings), filed(settings)))


def filed(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """What the credentials file alone says."""
    return settings.credentials.filed if isinstance(settings.credentials, Connected) else settings.credentials


def look_again(settings: Settings) -> None:
    """See at once what this process itself has connected."""
    if isinstance(settings.credentials, Connected):
        settings.credentials.look_again()


class Connected(Mapping[str, Mapping[str, str]]):
    """Credentials by account key: of the store, which wins, and of the file.

    Whether an account has any needs no key. One whose credentials do not open has them nevertheless: it must
    never pass for one that plays on the stage.
    """

    def __init__(self, store: Store, keyring: Keyring, filed: Mapping[str, Mapping[str, str]]) -> None:
        self.filed = filed
        self._store, self._keyring = store, keyring
        self._lock, self._asking = threading.Lock(), threading.Lock()
        self._known: Mapping[str, datetime] | None = None
        self._looked = 0.0
        self._given: dict[str, Sealed] = {}

    def look_again(self) -> None:
        self._looked = 0.0

    def __getitem__(self, account: str) -> Mapping[str, str]:
        """The same object until somebody connects the account anew."""
        connected_at = self._connected().get(account)
        if connected_at is None:
            return self.filed[account]
        with self._lock:
            given = self._given.get(account)
            if given is None or given.connected_at != connected_at:
                given = self._given[account] = Sealed(self._store, self._keyring, account, connected_at)
            return given

    def __contains__(self, account: object) -> bool:
        return account in self._connected() or account in self.filed

    def __iter__(self) -> Iterator[str]:
        return iter({**self.filed, **self._connected()})

    def __len__(self) -> int:
        return len({**self.filed, **self._connected()})

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def _connected(self) -> Mapping[str, datetime]:
        """Since when each was connected. While the database cannot be asked, as it was."""
        known = self._known
        if known is not None and time.monotonic() - self._looked < LOOK_EVERY:
            return known
        if not self._asking.acquire(blocking=known is None):
            return known or {}
        try:
            self._known = self._read()
            self._looked = time.monotonic()
        except (OperationalError, PoolTimeout):
            if known is None:
                raise
        finally:
            self._asking.release()
        return self._known or {}

    def _read(self) -> Mapping[str, datetime]:
        if self._known is None and not inspect(self._store.engine).has_table(Token.__tablename__):
            return {}
        with self._store.reading() as session:
            return {row.account_key: row.connected_at for row in session.execute(select(*_WHO))}


_WHO = (Token.account_key, Token.connected_at)


@dataclass(frozen=True)
class _Opened:
    version: int
    remote_id: str
    credentials: Mapping[str, str] = field(repr=False)


class Sealed(Vouchers):
    """One connected account's credentials; opened when first needed. Raises NotSignedIn where they cannot be."""

    def __init__(self, store: Store, keyring: Keyring, account: str, connected_at: datetime) -> None:
        self.connected_at = connected_at
        self._store, self._keyring, self._account = store, keyring, account
        self._opened: _Opened | None = None

    def __getitem__(self, name: str) -> str:
        return self._current().credentials[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current().credentials)

    def __len__(self) -> int:
        return len(self._current().credentials)

    __hash__ = object.__hash__

    @property
    def remote_id(self) -> str:
        """Who answered when the account was connected."""
        return self._current().remote_id

    def renew(self, stale: Mapping[str, str], exchange: Exchange) -> Mapping[str, str]:
        """One at a time over all hosts, and what came of it is on the disk before anybody uses it.

        A crash between the network's answer and that commit loses a refresh token that is good once: nothing
        can close that gap, and a note written before the call tells of it.
        """
        with _turn(self._store, self._account):
            current = self._read()
            if current.credentials != stale:
                return current.credentials
            return self._exchanged(current, exchange)

    def _exchanged(self, current: _Opened, exchange: Exchange) -> Mapping[str, str]:
        before = self._write(current, trouble=_UNFINISHED, more_failures=1)  # proves as well that we can write now
        try:
            fresh = exchange(current.credentials)
        except PlatformError as error:
            self._write(current, trouble=str(error))
            raise
        except BaseException:  # it was stopped before it left
            self._write(current, trouble=before, more_failures=-1)
            raise
        return self._kept(current, fresh)

    def _kept(self, current: _Opened, fresh: Mapping[str, str]) -> Mapping[str, str]:
        for pause in (*PAUSES, None):
            try:
                return self._commit(current, fresh)
            except (OperationalError, PoolTimeout, KeyTrouble) as error:
                if pause is None:
                    logger.exception("what %s was renewed with could not be stored; sign it in again", self._account)
                    raise Unreachable(f"the renewed sign-in of {self._account} could not be stored") from error
                time.sleep(pause)
        raise AssertionError

    def _commit(self, current: _Opened, fresh: Mapping[str, str]) -> Mapping[str, str]:
        """If a person has connected the account meanwhile, theirs is the newer sign-in."""
        with self._store.writing(durable=True) as session:
            row = session.get(Token, self._account, with_for_update=True)
            if row is None or row.version != current.version:
                return self._read(session).credentials
            network = session.get_one(Account, self._account).network
            row.sealed = _sealed(self._keyring, self._account, network, current.remote_id, fresh)
            row.version, row.failures, row.trouble = current.version + 1, 0, ""
            row.renewed_at = datetime.now(self.connected_at.tzinfo)
        self._opened = _Opened(current.version + 1, current.remote_id, dict(fresh))
        return self._opened.credentials

    def _write(self, current: _Opened, *, trouble: str, more_failures: int = 0) -> str:
        """What the trouble was before."""
        with self._store.writing(durable=True) as session:
            mine = (Token.account_key == self._account, Token.version == current.version)
            before = session.scalar(select(Token.trouble).where(*mine)) or ""
            session.execute(update(Token).where(*mine).values(trouble=trouble, failures=Token.failures + more_failures))
        return before

    def _current(self) -> _Opened:
        return self._opened or self._read()

    def _read(self, session: Session | None = None) -> _Opened:
        with ExitStack() as stack:
            session = session or stack.enter_context(self._store.reading())
            row = session.get(Token, self._account)
            account = session.get(Account, self._account)
            if row is None or account is None:
                raise NotSignedIn(f"{self._account} was disconnected: sawt account connect {self._account}")
            try:
                opened = _unsealed(self._keyring, row, account.network)
            except KeyTrouble as error:
                raise NotSignedIn(f"the credentials of {self._account} do not open: {error}") from None
        self._opened = _Opened(row.version, opened["remote_id"], opened["credentials"])
        return self._opened


_UNFINISHED = "a renewal has begun and its answer was not stored; if this stays, sign in again"


# Keys


def rotate(store: Store, keyring: Keyring) -> int:
    """A new key, and everything sealed anew with it, in one transaction; how many. The old keys still open."""
    with keyring.alone():
        keyring.put_new_first()
        return reseal(store, keyring)


def reseal(store: Store, keyring: Keyring) -> int:
    with store.writing(durable=True) as session:
        rows = list(session.scalars(select(Token).with_for_update()))
        for row in rows:
            row.sealed = keyring.reseal(row.sealed)
        return len(rows)


def retire(store: Store, keyring: Keyring) -> int:
    """Drop every key but the first; how many. Raises KeyTrouble while something still needs an old one."""
    with keyring.alone(), store.writing() as session:
        rows = session.scalars(select(Token).with_for_update())
        if late := [row.account_key for row in rows if not keyring.opens_with_first(row.sealed)]:
            raise KeyTrouble(f"{', '.join(late)} still need an old key: sawt keys rotate first")
        return keyring.drop_all_but_first()


def unopened(store: Store, keyring: Keyring) -> dict[str, str]:
    """By account: why what is sealed does not open."""
    troubles = {}
    with store.reading() as session:
        for row, network in session.execute(select(Token, Account.network).join(Account)):
            try:
                _unsealed(keyring, row, network)
            except KeyTrouble as error:
                troubles[row.account_key] = str(error)
    return troubles


# What is sealed, and the turn


def _sealed(keyring: Keyring, account: str, network: Network, remote_id: str, credentials: Mapping[str, str]) -> str:
    """With whose it is inside, so that a row that was moved under another account opens nothing."""
    whose = {"account": account, "network": str(network), "remote_id": remote_id}
    return keyring.seal(json.dumps({**whose, "credentials": dict(credentials)}))


def _unsealed(keyring: Keyring, row: Token, network: Network) -> Mapping[str, Any]:
    opened: dict[str, Any] = json.loads(keyring.open(row.sealed))
    if (opened["account"], opened["network"]) != (row.account_key, str(network)):
        raise KeyTrouble(f"what is stored for {row.account_key} was sealed for another account: sign it in again")
    return opened


@contextmanager
def _turn(store: Store, account: str) -> Iterator[None]:
    """One at a time over all workers. A lock and no transaction: a call takes long, and who dies lets go of it."""
    until = time.monotonic() + TURN_WITHIN
    asking = _on_postgres if store.engine.dialect.name == "postgresql" else _on_this_host
    with asking(store, account) as is_ours:
        while not is_ours():
            if time.monotonic() > until:
                raise Unreachable(f"the sign-in of {account} is being renewed elsewhere, and does not come to an end")
            time.sleep(TURN_EVERY)
        yield


@contextmanager
def _on_postgres(store: Store, account: str) -> Iterator[Callable[[], bool]]:
    """The lock is the connection's, and goes with it."""
    number = int.from_bytes(sha256(account.encode()).digest()[:4], signed=True)
    try:
        connection = store.apart()
    except OperationalError as error:  # nothing has left: whoever was about to send must not come into doubt
        raise _nobody_says_whose_turn(account) from error

    def is_ours() -> bool:
        try:
            return bool(connection.scalar(select(func.pg_try_advisory_lock(91, number))))
        except OperationalError as error:
            raise _nobody_says_whose_turn(account) from error

    with connection:
        yield is_ours


def _nobody_says_whose_turn(account: str) -> Unreachable:
    return Unreachable(f"the database cannot be asked whose turn it is to renew the sign-in of {account}")


@contextmanager
def _on_this_host(store: Store, account: str) -> Iterator[Callable[[], bool]]:
    folder = Path(store.engine.url.database or ".").absolute().parent
    with (folder / f"renewing-{sha256(account.encode()).hexdigest()[:12]}.lock").open("w") as lock:
        yield lambda: _is_locked(lock)


def _is_locked(file: IO[str]) -> bool:
    """Whether the file is locked, for us."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
