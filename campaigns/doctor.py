"""Look the house over: what must be there, what had better be, and what to do about it."""

from __future__ import annotations

import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault

if TYPE_CHECKING:
    from campaigns.models import Token

State = Literal["well", "look", "broken"]
LEAST_FREE = 2 << 30


@dataclass(frozen=True, kw_only=True)
class Finding:
    what: str
    state: State
    says: str


def examine() -> list[Finding]:
    """Every check, none of which stops the others. Speaks to nobody but the place of public media, if one is set."""
    findings = [_guarded("settings", _settings)]
    if findings[0].state == "broken":
        return findings
    settings = Settings.from_environment()
    checks: dict[str, Callable[[], Finding]] = {
        "python": _python,
        "pillow": _pillow,
        "quran text": _quran,
        "arabic letters": _letters,
        "film maker": _ffmpeg,
        "database": lambda: _database(settings),
        "media": lambda: _media(settings),
        "approvals": lambda: _approvals(settings),
        "disk": lambda: _disk(settings),
        "worker": lambda: _worker(settings),
        "keys": lambda: _keys(settings),
        "public media": lambda: _public_media(settings),
    }
    return findings + [_guarded(what, check) for what, check in checks.items()] + list(_accounts(settings))


def _guarded(what: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return Finding(what=what, state="broken", says=f"{error} ({type(error).__name__})")


def _settings() -> Finding:
    settings = Settings.from_environment()
    return Finding(what="settings", state="well", says=f"SAWT_HOME is {settings.home}")


def _python() -> Finding:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    says = f"{sys.version.split()[0]}" + ("" if fits else "; use 3.11, 3.12 or 3.13")
    return Finding(what="python", state="well" if fits else "look", says=says)


def _pillow() -> Finding:
    major, minor = (int(part) for part in version("pillow").split(".")[:2])
    if (major, minor) >= (12, 3):
        return Finding(what="pillow", state="well", says=version("pillow"))
    return Finding(what="pillow", state="broken", says=f"{version('pillow')} lacks security fixes; install the lock")


def _quran() -> Finding:
    from campaigns.scripture import verse

    verse(112, 1)
    return Finding(what="quran text", state="well", says="the pinned text, 6,236 verses")


def _letters() -> Finding:
    """Whether Arabic letters join here: two joined letters are narrower than the same two apart."""
    from campaigns.languages import Language
    from campaigns.studio.lettering import Face, set_line

    face = Face(family="Amiri")
    joined, apart = set_line("بب", face, Language.AR).advance, 2 * set_line("ب", face, Language.AR).advance
    if joined < apart:
        return Finding(what="arabic letters", state="well", says="they join, without any system library")
    return Finding(what="arabic letters", state="broken", says="they do not join; install the locked uharfbuzz")


def _ffmpeg() -> Finding:
    from imageio_ffmpeg import get_ffmpeg_version

    return Finding(what="film maker", state="well", says=f"FFmpeg {get_ffmpeg_version()} (GPL, from imageio-ffmpeg)")


def _database(settings: Settings) -> Finding:
    if not _has_tables(settings):
        return Finding(what="database", state="look", says="not there yet; sawt run makes it")
    store = Store(settings.database_url)
    kind = store.engine.dialect.name
    with store.reading() as session:
        if kind == "sqlite" and (answer := session.scalar(text("PRAGMA quick_check"))) != "ok":
            return Finding(what="database", state="broken", says=f"{answer}; restore the last backup")
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
    store.close()
    return Finding(what="database", state="well", says=f"{kind}, tables of version {revision}")


def _media(settings: Settings) -> Finding:
    from campaigns.models import Asset

    if not _has_tables(settings):
        return Finding(what="media", state="well", says="none yet")
    store, vault = Store(settings.database_url), Vault(settings.media)
    with store.reading() as session:
        digests = set(session.scalars(select(Asset.sha256)))
    store.close()
    broken = [digest for digest in sorted(digests) if not vault.is_whole(digest)]
    if broken:
        return Finding(what="media", state="broken", says=f"{len(broken)} files damaged or gone: {broken[0][:12]}…")
    return Finding(what="media", state="well", says=f"{len(digests)} files, each as its digest says")


def _approvals(settings: Settings) -> Finding:
    from campaigns.seals import planned_unapproved

    if not _has_tables(settings):
        return Finding(what="approvals", state="well", says="nothing is planned yet")
    with _opened(settings) as store, store.reading() as session:
        lost = planned_unapproved(session)
    if not lost:
        return Finding(what="approvals", state="well", says="what is planned is what was approved")
    says = f"not what was approved, and so not sent: {', '.join(lost)}; import again what changed, and approve it"
    return Finding(what="approvals", state="look", says=says)


def _has_tables(settings: Settings) -> bool:
    file = make_url(settings.database_url).database if settings.database_url.startswith("sqlite") else None
    if file and not Path(file).exists():
        return False
    store = Store(settings.database_url)
    try:
        return not store.is_empty()
    finally:
        store.close()


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    store = Store(settings.database_url)
    try:
        yield store
    finally:
        store.close()


def _disk(settings: Settings) -> Finding:
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    state: State = "well" if free > LEAST_FREE else "look"
    return Finding(what="disk", state=state, says=f"{free / (1 << 30):,.1f} GiB free")


def _worker(settings: Settings) -> Finding:
    lock = settings.home / "worker.lock"
    if lock.exists():
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return Finding(what="worker", state="well", says="running")
    return Finding(what="worker", state="look", says="not running; sawt run starts it")


def _keys(settings: Settings) -> Finding:
    from campaigns import tokens
    from campaigns.models import Token

    keyring = tokens.keyring_of(settings)
    if not _has_tables(settings):
        return Finding(what="keys", state="well", says="none yet")
    with _opened(settings) as store:
        troubles = tokens.unopened(store, keyring)
        with store.reading() as session:
            sealed = session.scalar(select(func.count()).select_from(Token)) or 0
    if troubles:
        key, why = next(iter(troubles.items()))
        return Finding(what="keys", state="broken", says=f"{len(troubles)} of {sealed} do not open; {key}: {why}")
    if not sealed and not keyring.file.exists():
        return Finding(what="keys", state="well", says="none yet; the first sawt account connect makes one")
    return Finding(what="keys", state="well", says=f"{sealed} sign-ins open; {keyring.names[0]} seals them")


def _public_media(settings: Settings) -> Finding:
    """Lay a tiny picture out, look at it as Meta will, and take it away."""
    from PIL import Image

    from campaigns.shelves import public_shelf
    from platforms.contract import Network
    from platforms.errors import PlatformError

    if not settings.media_base_url and not settings.media_place:
        real = any(settings.signed_in(each.key) for each in settings.accounts if each.network is Network.INSTAGRAM)
        says = "no address set: Instagram's pictures are refused" if real else "no address set, and none needed"
        return Finding(what="public media", state="look" if real else "well", says=says)
    with TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.jpg"
        Image.new("RGB", (8, 8)).save(probe)
        try:
            shelf = public_shelf(settings)
            url = shelf.put(probe, suffix=".jpg")
            shelf.remove(url)
        except PlatformError as error:
            return Finding(what="public media", state="broken", says=str(error))
    return Finding(what="public media", state="well", says=f"a picture laid out is to be had at {urlsplit(url).netloc}")


def _accounts(settings: Settings) -> Iterator[Finding]:
    from campaigns.models import Token
    from campaigns.tokens import filed

    rows: dict[str, Token] = {}
    if _has_tables(settings):
        with _opened(settings) as store, store.reading() as session:
            rows = {row.account_key: row for row in session.scalars(select(Token))}
    for account in settings.accounts:
        if account.key in rows:
            yield _sign_in(rows[account.key], twice=account.key in filed(settings), now=datetime.now(UTC))
        elif settings.signed_in(account.key):
            yield Finding(
                what=account.key, state="well", says="stands in the file; sawt accounts --verify asks the network"
            )
        else:
            yield Finding(what=account.key, state="well", says="no credentials: plays on the rehearsal stage")
    known = {account.key for account in settings.accounts}
    for key in {*settings.credentials, *rows} - known:
        yield Finding(what=key, state="look", says="has credentials but is not in accounts.toml; the names must match")


def _sign_in(row: Token, *, twice: bool, now: datetime) -> Finding:
    """How a stored sign-in was found when somebody last looked."""
    from campaigns.signed_in import WARN_BEFORE

    def finding(state: State, says: str) -> Finding:
        return Finding(what=row.account_key, state=state, says=f"speaks as {row.speaks_as}; {says}")

    again = f"sawt account connect {row.account_key}"
    if row.expires_at and row.expires_at <= now:
        return finding("broken", f"its sign-in has ended: {again}")
    if row.trouble:
        return finding("look", f"{row.trouble} (looked {row.checked_at:%Y-%m-%d %H:%M} UTC)" if row.checked_at else "")
    if row.expires_at and row.expires_at <= now + WARN_BEFORE:
        days = (row.expires_at - now).days
        return finding("look", f"its sign-in ends on {row.expires_at:%Y-%m-%d}, in {days} days: {again}")
    if twice:
        return finding("look", "its table in the credentials file is not used: take it out")
    return finding("well", f"until {row.expires_at:%Y-%m-%d}" if row.expires_at else "no end of it is known")
