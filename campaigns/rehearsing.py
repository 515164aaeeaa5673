"""A week in a few minutes: the shipped week of posts goes its whole way, on the rehearsal stage.

The file is the team's file as any other; only its hours are moved, so that the week begins in a moment and
is over within `span`. The audience, the look-ahead and the cadence live at the same pace.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import catalogue, illustrating, intake, planning, review
from campaigns.models import Delivery, Post, PostState, Publication, Reading, Role
from campaigns.outgoing import sent_media
from campaigns.paths import shipped
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.lifeline import end_with_parent

APPROVER = "Scholar (rehearsal)"
FIRST_AFTER = timedelta(seconds=8)
"""How long after loading the first post is due."""

Told = Callable[[str], None]


def compress(week: Path, out: Path, *, start: datetime, span: timedelta) -> None:
    """Write the week's file anew with its hours moved into `span` from `start` on."""
    content = yaml.safe_load(week.read_text(encoding="utf-8"))
    hours = [planning.instant(post["at"], post["timezone"]) for post in content["posts"]]
    first, last = min(hours), max(hours)
    for post, hour in zip(content["posts"], hours, strict=True):
        moved = start + (hour - first) / (last - first) * span
        post |= {"at": moved.astimezone(UTC).isoformat(), "timezone": "UTC"}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def load_week(
    store: Store, vault: Vault, settings: Settings, *, span: timedelta, clock: Callable[[], datetime], tell: Told
) -> None:
    """Import the week, make its pictures and films, and have every post approved, the first due ones first.

    Films take longest and are due late, so another process makes them meanwhile. Raises RuntimeError with the
    faults if the shipped file is not sound.
    """
    folder = shipped("config") / "rehearsal"
    with store.writing() as session:
        catalogue.load_campaigns(session, folder / "campaigns.yaml")
    file = settings.home / "rehearsal-week.yaml"
    compress(folder / "week.yaml", file, start=clock() + FIRST_AFTER, span=span)
    brought = intake.bring_in(store, vault, settings, file, now=clock(), rehearsal=True)
    if brought.faults:
        raise RuntimeError("; ".join(str(fault) for fault in brought.faults))
    with store.reading() as session:
        waiting = sorted(_waiting(session))
    films = [key for _, key, is_film in waiting if is_film]
    spawned = get_context("spawn")
    with ProcessPoolExecutor(1, spawned, initializer=end_with_parent, initargs=(os.getpid(),)) as pool:
        made = {key: pool.submit(_make_films, store.url, str(vault.folder), key) for key in films}
        for number, (_, key, is_film) in enumerate(waiting, start=1):
            if is_film:
                made[key].result()
            else:
                illustrating.illustrate(store, vault, key, pace="draft")
            _submit_and_approve(store, vault, settings, key, clock())
            tell(f"{number}/{len(waiting)} {key}")


def _waiting(session: Session) -> list[tuple[str, str, bool]]:
    posts = session.scalars(select(Post).where(Post.rehearsal, Post.state == PostState.DRAFTED))
    return [(post.revision.at, post.key, post.revision.template == "slides") for post in posts]


def _make_films(url: str, vault: str, key: str) -> None:
    store = Store(url)
    illustrating.illustrate(store, Vault(Path(vault)), key, pace="draft")
    store.close()


def _submit_and_approve(store: Store, vault: Vault, settings: Settings, key: str, now: datetime) -> None:
    review.must_be_whole(store, key, vault)
    with store.writing() as session:
        post = session.scalars(select(Post).where(Post.key == key)).one()
        review.submit(session, post, by=post.revision.author, now=now, settings=settings)
        scholar = review.person_called(session, APPROVER, role=Role.SCHOLAR, now=now)
        seal = review.seal_of(post.revision)
        review.approve(session, post, seal=seal, by=scholar, now=now, vault=vault, settings=settings)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a rehearsal ended; `disagreements` are sentences about rows that the stage's records do not bear out."""

    planned: int
    by_state: dict[str, int]
    readings: int
    misconceptions: int
    accounts: int
    disagreements: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every publication ended published, once, as the stage's own records say too."""
        return self.planned > 0 and self.by_state == {Delivery.PUBLISHED: self.planned} and not self.disagreements

    def as_row(self) -> dict[str, int]:
        """The counts of the closing table, by what they count."""
        ends = (Delivery.PUBLISHED, Delivery.UNCERTAIN, Delivery.FAILED)
        others = {f"left {name}": count for name, count in sorted(self.by_state.items()) if name not in ends}
        return {
            "planned": self.planned,
            **{name.value: self.by_state.get(name, 0) for name in ends},
            **others,
            "accounts": self.accounts,
            "readings": self.readings,
            "misconceptions covered": self.misconceptions,
        }


def outcome(session: Session, shown: list[dict[str, object]]) -> Outcome:
    """Count what became of the rehearsal, and hold every row against what the stage itself has `shown`."""
    publications = list(session.scalars(select(Publication).where(Publication.rehearsal)))
    by_state: dict[str, int] = {}
    for publication in publications:
        by_state[publication.state] = by_state.get(publication.state, 0) + 1
    return Outcome(
        planned=len(publications),
        by_state=by_state,
        readings=len(session.scalars(select(Reading.publication_id)).all()),
        misconceptions=len({m.key for p in publications for m in p.revision.misconceptions}),
        accounts=len({p.account_key for p in publications}),
        disagreements=tuple(_disagreements(publications, shown)),
    )


def _disagreements(publications: list[Publication], shown: list[dict[str, object]]) -> list[str]:
    """One shown post for each published row, with its media's bytes; nothing shown that no row knows."""
    on_stage = {(str(each["network"]), str(each["remote_id"])): each for each in shown if not each["hidden_at"]}
    wrong = []
    for publication in publications:
        there = on_stage.pop((publication.account.network, publication.remote_id or ""), None)
        if (publication.state is Delivery.PUBLISHED) != (there is not None):
            wrong.append(f"{publication.key} is {publication.state} here, and {'' if there else 'not '}on the stage")
        elif there is not None and there["account"] != publication.account_key:
            wrong.append(f"{publication.key} is out on {there['account']}")
        elif there is not None and there["media"] != _media(publication):
            wrong.append(f"{publication.key} is out with other pictures or films than were approved")
    unknown = [f"{network} {remote_id} is on the stage and no publication knows it" for network, remote_id in on_stage]
    return wrong + unknown


def _media(publication: Publication) -> list[str]:
    media = sent_media(publication.revision, publication.account, publication.language)
    return [asset.sha256 for asset in media]


def unfinished(session: Session) -> int:
    """Rehearsal publications still on their way, or still being looked for."""
    return len(
        session.scalars(
            select(Publication.id).where(
                Publication.rehearsal,
                Publication.state.in_(("planned", "staging", "staged", "revealing"))
                | ((Publication.state == Delivery.UNCERTAIN) & Publication.not_before.is_not(None)),
            )
        ).all()
    )
