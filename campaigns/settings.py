"""What the environment and the config folder say, as one frozen value."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.languages import Language
from campaigns.paths import shipped
from platforms.contract import Network
from platforms.endpoints import Endpoints

_ADDRESSES = {
    "x": "SAWT_X_URL",
    "graph": "SAWT_GRAPH_URL",
    "rupload": "SAWT_RUPLOAD_URL",
    "youtube": "SAWT_YOUTUBE_URL",
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


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """`ages` after publishing at which a network's figures are fetched."""

    ages: tuple[timedelta, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    home: Path
    database_url: str
    endpoints: Endpoints
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)
    """By account key; never printed."""
    media_base_url: str | None
    media_folder: Path | None
    accounts: tuple[AccountSetting, ...]
    slots: Mapping[Language, tuple[time, ...]]
    cadence: Mapping[Network, Cadence]
    language: Language
    pace: float = 1.0
    """How much faster than the clock a rehearsal lives; 1 outside of one."""

    @property
    def media(self) -> Path:
        """The folder of the vault."""
        return self.home / "media"

    def signed_in(self, account: str) -> bool:
        """Whether there are credentials for this account; without them it plays on the rehearsal stage."""
        return account in self.credentials

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read SAWT_HOME and its friends. Raises SettingsError."""
        home = Path(environ.get("SAWT_HOME") or Path.home() / ".local/share/sawt").expanduser().resolve()
        folder = environ.get("SAWT_MEDIA_DIR")
        return cls(
            home=home,
            database_url=environ.get("SAWT_DATABASE_URL") or f"sqlite:///{home / 'sawt.sqlite'}",
            endpoints=replace(Endpoints(), **_addresses(environ)),
            credentials=_credentials(environ.get("SAWT_CREDENTIALS_FILE")),
            media_base_url=environ.get("SAWT_MEDIA_BASE_URL"),
            media_folder=Path(folder) if folder else None,
            accounts=_accounts(_config(home, "accounts.toml")),
            slots=_slots(_config(home, "hours.toml")),
            cadence=_cadence(_config(home, "cadence.toml")),
            language=_language(environ.get("SAWT_LANG")),
        )


def _addresses(environ: Mapping[str, str]) -> dict[str, str]:
    """Base addresses that the environment sets. Half a network is never left pointing at the real one."""
    given = {field: environ[name].rstrip("/") for field, name in _ADDRESSES.items() if environ.get(name)}
    if "graph" in given:
        given.setdefault("rupload", given["graph"])
    if "youtube" in given:
        given.setdefault("youtube_token", given["youtube"] + "/token")
    return given


def _language(code: str | None) -> Language:
    try:
        return Language(code or "en")
    except ValueError:
        raise SettingsError(f"SAWT_LANG is {code!r}; write ar, en or fr") from None


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


def _credentials(file: str | None) -> dict[str, dict[str, str]]:
    if not file:
        return {}
    tables = _toml(Path(file).expanduser())
    if wrong := [key for key, table in tables.items() if not isinstance(table, dict)]:
        raise SettingsError(f"{file}: {wrong[0]!r} must be a table named after an account, like [x-ar]")
    return {key: {name: str(value) for name, value in table.items()} for key, table in tables.items()}


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
        )
    except (KeyError, ValueError) as error:
        raise SettingsError(f"accounts.toml, [{key}]: {error}") from error


def _slots(config: Mapping[str, Any]) -> dict[Language, tuple[time, ...]]:
    return {Language(code): tuple(time.fromisoformat(at) for at in slots) for code, slots in config["slots"].items()}


def _cadence(config: Mapping[str, Any]) -> dict[Network, Cadence]:
    return {
        Network(name): Cadence(ages=tuple(timedelta(hours=hours) for hours in table["ages_hours"]))
        for name, table in config.items()
    }
