"""Bring the Centre's own lists into the store: misconceptions, campaigns, accounts."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.languages import Language
from campaigns.models import Account, Campaign, CampaignKind, Entry, Misconception, Nature, Standing
from campaigns.paths import shipped
from campaigns.seals import planned_unapproved
from campaigns.settings import AccountSetting, Settings
from campaigns.store import Store, one_host_at_a_time

logger = logging.getLogger(__name__)

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,80}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Tags = Annotated[list[str], BeforeValidator(lambda tags: tags.split() if isinstance(tags, str) else tags)]
"""A list, or one line with spaces between the tags."""


class CatalogueError(ValueError):
    """A list that cannot be used; the message says where and what to write instead."""


def prepare(store: Store, settings: Settings, *, now: datetime) -> None:
    """Tables, accounts and misconceptions of a SAWT_HOME, made or brought up to date."""
    store.migrate()
    with store.writing() as session:
        one_host_at_a_time(session.connection())
        load_accounts(session, settings)
        load_misconceptions(session, shipped("config") / "misconceptions.yaml", now=now)


def load_misconceptions(session: Session, file: Path, *, now: datetime) -> int:
    """Insert what is new as a draft and bring drafts up to the file; answer how many rows changed.

    What scholars have confirmed or retired is theirs and stays as it is. A planned post that answers another claim
    than the one it was approved with is not sent, so its name is logged. Raises CatalogueError.
    """
    known = {each.key: each for each in session.scalars(select(Misconception))}
    entries = _listed(file, "misconceptions", _Claimed)
    changed = sum(_learn(session, entry, known.get(entry.id), now) for entry in entries)
    if changed and known and (lost := planned_unapproved(session)):
        logger.warning("misconceptions have changed; what answers them needs approval again: %s", ", ".join(lost))
    return changed


def load_campaigns(session: Session, file: Path) -> int:
    """Insert campaigns and bring those that are there up to the file; answer how many rows changed.

    A campaign that the file does not name stays. Raises CatalogueError.
    """
    known = {each.key: each for each in session.scalars(select(Campaign))}
    changed = 0
    for season in _listed(file, "campaigns", _Season):
        row = known.get(season.key) or Campaign(key=season.key)
        changed += _bring_up(row, season.columns())
        session.add(row)
    session.flush()
    return changed


def load_accounts(session: Session, settings: Settings) -> int:
    """Make the accounts those of the configuration; answer how many rows changed.

    An account that is gone from there becomes inactive and is never deleted: its posts are history.
    """
    known = {each.key: each for each in session.scalars(select(Account))}
    changed = 0
    for setting in settings.accounts:
        row = known.pop(setting.key, None) or Account(key=setting.key)
        changed += _bring_up(row, _columns(setting))
        session.add(row)
    changed += sum(_bring_up(gone, {"active": False}) for gone in known.values())
    session.flush()
    return changed


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Claim(_Strict):
    ar: Words
    en: Words
    fr: Words


class _Claimed(_Strict):
    """One misconception as the file writes it."""

    id: Key
    category: Annotated[Words, StringConstraints(max_length=40)]
    nature: Nature = Nature.DOCTRINAL
    claim: _Claim
    rebutted_by: str = ""
    quran: str = ""
    hadith: str = ""
    misused_verses: str = ""
    note: str = ""

    def columns(self) -> dict[str, object]:
        told = self.model_dump(exclude={"id", "claim"})
        return told | {f"claim_{code}": words for code, words in self.claim.model_dump().items()}


class _Season(_Strict):
    """One campaign as the file writes it."""

    key: Key
    kind: CampaignKind = CampaignKind.PROACTIVE
    title_ar: str = ""
    title_en: str = ""
    title_fr: str = ""
    partners: list[str] = []
    hashtags_ar: Tags = []
    hashtags_en: Tags = []
    hashtags_fr: Tags = []
    starts_on: date | None = None
    ends_on: date | None = None

    def columns(self) -> dict[str, object]:
        told = self.model_dump(include={"kind", "partners", "starts_on", "ends_on"})
        return told | {"titles": self._by_language("title"), "hashtags": self._by_language("hashtags")}

    def _by_language(self, column: str) -> dict[str, object]:
        values = ((language.value, getattr(self, f"{column}_{language}")) for language in Language)
        return {code: value for code, value in values if value}


def _columns(setting: AccountSetting) -> dict[str, object]:
    return {
        "network": setting.network,
        "languages": [language.value for language in setting.languages],
        "name": setting.name,
        "timezone": setting.timezone,
        "spacing_seconds": setting.spacing.total_seconds(),
        "waits_for_uncertain": setting.waits_for_uncertain,
        "active": True,
    }


def _learn(session: Session, entry: _Claimed, known: Misconception | None, now: datetime) -> int:
    if known is not None and known.standing is not Standing.DRAFT:
        return 0
    row = known or Misconception(key=entry.id, standing=Standing.DRAFT)
    if not _bring_up(row, entry.columns()):
        return 0
    did = "changed a drafted misconception" if known else "drafted a misconception"
    session.add_all([row, Entry(at=now, who="catalogue", did=did, subject=entry.id)])
    session.flush()
    return 1


def _bring_up(row: object, columns: Mapping[str, object]) -> int:
    """Set what differs; 1 when something did."""
    differing = {name: value for name, value in columns.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return int(bool(differing))


_Model = TypeVar("_Model", bound=BaseModel)


def _listed(file: Path, name: str, model: type[_Model]) -> list[_Model]:
    """The entries of a YAML file: a bare list, or a list under `name` beside notes."""
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{file} cannot be read as YAML in UTF-8: {error}") from error
    entries = read.get(name) if isinstance(read, dict) else read
    if not isinstance(entries, list):
        raise CatalogueError(f"{file} holds no list; write `{name}:` and under it one entry after another")
    return _once(file, [_entry(file, number, entry, model) for number, entry in enumerate(entries, 1)])


def _entry(file: Path, number: int, entry: object, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the entry"
        raise CatalogueError(f"{file}, entry {number}, {where}: {first['msg']}") from error


def _once(file: Path, entries: Sequence[_Model]) -> list[_Model]:
    seen: set[str] = set()
    for entry in entries:
        key = str(getattr(entry, "id", None) or getattr(entry, "key", ""))
        if key in seen:
            raise CatalogueError(f"{file}: {key} stands twice; keep one of the two")
        seen.add(key)
    return list(entries)
