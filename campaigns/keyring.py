"""The keys that credentials are sealed with: a file outside the database and outside SAWT_HOME.

The first line seals, every line opens. It is read anew each time, so that a key that was changed while a worker
runs is the worker's at once.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

FOR_OTHERS = 0o077
"""File modes that let anybody but the owner in."""


class KeyTrouble(ValueError):
    """The keys cannot be used; the message says why and what to do. Never holds a key."""


@dataclass(frozen=True)
class Keyring:
    """The keys in `file`; `home` is where they must not lie."""

    file: Path
    home: Path

    def make(self) -> bool:
        """Make the first key where there is none yet; whether one was made. Raises KeyTrouble."""
        self._must_be_apart()
        if self.file.exists():
            self._keys()
            return False
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write([Fernet.generate_key().decode()], first=True)
        return True

    def seal(self, text: str) -> str:
        return self._fernet(self._keys()).encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises KeyTrouble when no key opens it."""
        return self._opened(self._keys(), sealed)

    def reseal(self, sealed: str) -> str:
        """The same under the first key. Raises KeyTrouble when no key opens it."""
        try:
            return self._fernet(self._keys()).rotate(sealed.encode()).decode()
        except InvalidToken:
            raise _does_not_open() from None

    def opens_with_first(self, sealed: str) -> bool:
        try:
            self._opened(self._keys()[:1], sealed)
        except KeyTrouble:
            return False
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One change of the keys at a time on this host: of two at once, one would write over the other's new key."""
        self._keys()
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def put_new_first(self) -> None:
        """A new key to seal with; the ones before it still open. Within `alone`."""
        self._write([Fernet.generate_key().decode(), *self._keys()])

    def drop_all_but_first(self) -> int:
        """How many were dropped. Within `alone`."""
        first, *old = self._keys()
        if old:
            self._write([first])
        return len(old)

    @property
    def names(self) -> tuple[str, ...]:
        """What to call the keys by: the beginning of each one's digest, which opens nothing."""
        return tuple(sha256(key.encode()).hexdigest()[:8] for key in self._keys())

    def _keys(self) -> Sequence[str]:
        self._must_be_apart()
        try:
            mode, lines = self.file.stat().st_mode, self.file.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            raise KeyTrouble(
                f"there is no key file {self.file}; the first sawt account connect makes it, "
                "and where accounts were connected it must be put back"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyTrouble(f"the key file {self.file} cannot be read ({type(error).__name__})") from None
        if mode & FOR_OTHERS and self.file.parent != Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/nowhere"):
            raise KeyTrouble(f"others may read the key file: chmod 600 {self.file}")
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise KeyTrouble(f"the key file {self.file} is empty; put it back from where it is kept")
        return keys

    def _must_be_apart(self) -> None:
        if self.file.resolve().is_relative_to(self.home.resolve()):
            raise KeyTrouble(
                f"the key file {self.file} lies in SAWT_HOME, beside what it locks, and would be copied with it: "
                "keep it elsewhere and name it in SAWT_KEY_FILE"
            )

    def _fernet(self, keys: Sequence[str]) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise KeyTrouble(f"a line of the key file {self.file} is no key") from None

    def _opened(self, keys: Sequence[str], sealed: str) -> str:
        try:
            return self._fernet(keys).decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise _does_not_open() from None

    def _write(self, keys: Sequence[str], *, first: bool = False) -> None:
        """All or nothing, and on the disk before anything is sealed with it."""
        draft = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as out:
                out.write("".join(f"{key}\n" for key in keys))
                out.flush()
                os.fsync(out.fileno())
            if first:
                os.link(draft, self.file)  # fails where somebody else was first
            else:
                draft.replace(self.file)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(self.file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _does_not_open() -> KeyTrouble:
    return KeyTrouble("no key opens these credentials: put the right key file back, or sign the account in again")
