"""What the environment and the config folder say, as one frozen value."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from campaigns.languages import Language
from campaigns.paths import shipped
from platforms.contract import Network
from platforms.endpoints import LOOPBACK, Endpoints, origin
from platforms.limits import limit

Engine = Literal["threads", "procrastinate"]
"""Who works what the clock finds due: threads of each worker for itself, or a queue that several hosts share."""

APPS, MEDIA = "apps", "media"
_ADDRESSES = {
    "x": "SAWT_X_URL",
    "graph": "SAWT_GRAPH_URL",
    "rupload": "SAWT_RUPLOAD_URL",
    "youtube": "SAWT_YOUTUBE_URL",
    "youtube_analytics": "SAWT_YOUTUBE_ANALYTICS_URL",
    "youtube_token": "SAWT_YOUTUBE_TOKEN_URL",
    "website": "SAWT_WEBSITE_URL",
}


class SettingsError(ValueError):
    """A setting that cannot be used; the message says which and what to write instead."""


@dataclass(frozen=True, kw_only=True)
class AccountSetting:
    """One account as config/accounts.toml says it."""

    key: str
    network: Network
    languages: tuple[Language, ...]
    name: str
    timezone: str
    spacing: timedelta
    waits_for_uncertain: bool = False
    hashtags: int | None = None
    """How many hashtags a post may carry, on Instagram; None leaves it to what is known to be safe there."""
    budget: int | None = None
    """What it may cost in a month, in millionths of a US dollar; None for as much as it takes."""


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """`ages` after publishing at which a network's figures are fetched."""

    ages: tuple[timedelta, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    home: Path
    database_url: str = field(repr=False)
    """May hold a password; never printed."""
    endpoints: Endpoints
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)
    """By account key; never printed."""
    apps: Mapping[str, Mapping[str, str]] = field(repr=False)
    """What our apps are known by at `x`, `meta` and `google`: for signing accounts in; never printed."""
    key_file: Path
    """What seals the credentials of accounts that are connected."""
    media_base_url: str | None
    media_folder: Path | None
    """Both together are where networks fetch pictures from, unless `media_place` names another."""
    accounts: tuple[AccountSetting, ...]
    slots: Mapping[Language, tuple[time, ...]]
    too_late: Mapping[str, timedelta]
    """By kind of post: later than this after its hour, a person decides whether it is still right."""
    cadence: Mapping[Network, Cadence]
    language: Language
    media_place: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The table [media] of the credentials file: a bucket or a website's library that pictures are fetched from."""
    pace: float = 1.0
    """How much faster than the clock a rehearsal lives; 1 outside of one."""
    engine: Engine = "threads"
    vault_folder: Path | None = None
    """Where several hosts share their media; each has its own in SAWT_HOME if None."""
    stage_url: str | None = None
    """A rehearsal stage that somebody else keeps up; each SAWT_HOME has its own if None."""

    @property
    def shown_folder(self) -> Path:
        """The folder that a web server, or the desk under /shelf/, shows to everybody who knows a file's name."""
        return self.media_folder or self.home / "shown"

    @property
    def media(self) -> Path:
        """The folder of the vault."""
        return self.vault_folder or self.home / "media"

    def signed_in(self, account: str) -> bool:
        """Whether there are credentials for this account; without them it plays on the rehearsal stage."""
        return account in self.credentials

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read SAWT_HOME and its friends. Raises SettingsError."""
        home = Path(environ.get("SAWT_HOME") or Path.home() / ".local/share/sawt").expanduser().resolve()
        folder = environ.get("SAWT_MEDIA_DIR")
        database_url = environ.get("SAWT_DATABASE_URL") or f"sqlite:///{home / 'sawt.sqlite'}"
        vault = environ.get("SAWT_VAULT_DIR")
        tables = _tables(environ.get("SAWT_CREDENTIALS_FILE"))
        return cls(
            home=home,
            database_url=database_url,
            endpoints=replace(Endpoints(), **_addresses(environ)),
            credentials={key: _plain(table) for key, table in tables.items() if key not in (APPS, MEDIA)},
            apps={name: _plain(table) for name, table in tables.get(APPS, {}).items()},
            key_file=_key_file(environ),
            media_base_url=environ.get("SAWT_MEDIA_BASE_URL"),
            media_folder=Path(folder) if folder else None,
            media_place=_media_place(tables.get(MEDIA, {})),
            accounts=_accounts(_config(home, "accounts.toml")),
            slots=_slots(_config(home, "hours.toml")),
            too_late=_too_late(_config(home, "hours.toml")),
            cadence=_cadence(_config(home, "cadence.toml")),
            language=_language(environ.get("SAWT_LANG")),
            engine=_engine(environ.get("SAWT_ENGINE"), database_url),
            vault_folder=Path(vault).expanduser().resolve() if vault else None,
            stage_url=_stage_url(environ.get("SAWT_STAGE_URL")),
        )


def _addresses(environ: Mapping[str, str]) -> dict[str, str]:
    """Base addresses that the environment sets. Half a network is never left pointing at the real one."""
    given = {field: environ[name].rstrip("/") for field, name in _ADDRESSES.items() if environ.get(name)}
    if "graph" in given:
        given.setdefault("rupload", given["graph"])
    if "youtube" in given:
        given.setdefault("youtube_analytics", given["youtube"])
        given.setdefault("youtube_token", given["youtube"] + "/token")
    for network, page in (("x", "x_consent"), ("graph", "meta_consent"), ("youtube", "google_consent")):
        if network in given:
            given.setdefault(page, f"{origin(given[network])}/consent/{page.removesuffix('_consent')}")
    return given


def _key_file(environ: Mapping[str, str]) -> Path:
    """SAWT_KEY_FILE, else what systemd hands over as the credential `sawt-keys`, else the user's own configuration."""
    if named := environ.get("SAWT_KEY_FILE"):
        return Path(named).expanduser().absolute()
    handed = Path(environ.get("CREDENTIALS_DIRECTORY") or "/nowhere") / "sawt-keys"
    if handed.is_file():
        return handed
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config").expanduser() / "sawt" / "keys"


def _language(code: str | None) -> Language:
    try:
        return Language(code or "en")
    except ValueError:
        raise SettingsError(f"SAWT_LANG is {code!r}; write ar, en or fr") from None


def _engine(name: str | None, database_url: str) -> Engine:
    engine = next((each for each in get_args(Engine) if each == (name or "threads")), None)
    if engine is None:
        raise SettingsError(f"SAWT_ENGINE is {name!r}; write {' or '.join(get_args(Engine))}")
    if engine != "threads" and database_url.startswith("sqlite"):
        raise SettingsError(
            f"SAWT_ENGINE={engine} needs PostgreSQL: name it in SAWT_DATABASE_URL, or leave SAWT_ENGINE out"
        )
    return engine  # type: ignore[no-any-return]


def _stage_url(url: str | None) -> str | None:
    if url and urlsplit(url).hostname not in LOOPBACK:
        raise SettingsError(f"SAWT_STAGE_URL is {url!r}; a stage is on this machine alone, like http://127.0.0.1:8400")
    return url.rstrip("/") if url else None


def config_file(home: Path, name: str) -> Path:
    """The Centre's own file in SAWT_HOME/config where there is one, else the shipped one."""
    own = home / "config" / name
    return own if own.is_file() else shipped("config") / name


def _config(home: Path, name: str) -> dict[str, Any]:
    return _toml(config_file(home, name))


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not sound TOML: {error}") from error


def _tables(file: str | None) -> dict[str, dict[str, Any]]:
    """A table for each account, [apps.x], [apps.meta], [apps.google] for what our apps are known by, and [media]."""
    if not file:
        return {}
    tables = _toml(Path(file).expanduser())
    if wrong := [key for key, table in (*tables.items(), *_apps(tables)) if not isinstance(table, dict)]:
        raise SettingsError(f"{file}: {wrong[0]!r} must be a table named after an account, like [x-ar]")
    return tables


def _apps(tables: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    apps = tables.get(APPS)
    return apps.items() if isinstance(apps, dict) else ()


def _plain(table: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in table.items()}


def _media_place(table: Mapping[str, Any]) -> dict[str, str]:
    if table and table.get("kind") not in ("s3", "website"):
        raise SettingsError(f"[{MEDIA}] in the credentials file: kind is {table.get('kind')!r}; write s3 or website")
    return _plain(table)


def _accounts(config: Mapping[str, Any]) -> tuple[AccountSetting, ...]:
    return tuple(_account(key, table) for key, table in config.items())


def _account(key: str, table: Mapping[str, Any]) -> AccountSetting:
    try:
        return AccountSetting(
            key=key,
            network=Network(table["network"]),
            languages=tuple(Language(code) for code in table["languages"]),
            name=table["name"],
            timezone=str(ZoneInfo(table.get("timezone", "UTC"))),
            spacing=timedelta(minutes=table.get("spacing_minutes", 0)),
            waits_for_uncertain=bool(table.get("waits_for_uncertain", False)),
            hashtags=_hashtags(table),
            budget=_budget(table.get("budget_usd")),
        )
    except (KeyError, ValueError) as error:
        raise SettingsError(f"accounts.toml, [{key}]: {error}") from error


def _hashtags(table: Mapping[str, Any]) -> int | None:
    if (number := table.get("hashtags")) is None:
        return None
    most = limit(Network.INSTAGRAM, "words", "hashtags at most").longest
    if table["network"] != Network.INSTAGRAM or type(number) is not int or not 0 <= number <= most:
        raise ValueError(f"hashtags is {number!r}; it is for Instagram alone: write a whole number up to {most}")
    return number


def _budget(dollars: object) -> int | None:
    if dollars is None:
        return None
    if isinstance(dollars, bool) or not isinstance(dollars, int | float) or dollars < 0:
        raise ValueError(f"budget_usd is {dollars!r}; write dollars a month, like 25 or 12.50")
    return round(dollars * 1_000_000)


def _slots(config: Mapping[str, Any]) -> dict[Language, tuple[time, ...]]:
    return {Language(code): tuple(time.fromisoformat(at) for at in slots) for code, slots in config["slots"].items()}


def _too_late(config: Mapping[str, Any]) -> dict[str, timedelta]:
    return {kind: timedelta(hours=hours) for kind, hours in config.get("too_late_hours", {}).items()}


def _cadence(config: Mapping[str, Any]) -> dict[Network, Cadence]:
    return {
        Network(name): Cadence(ages=tuple(timedelta(hours=hours) for hours in table["ages_hours"]))
        for name, table in config.items()
    }
