"""Captions follow a film that is out, over as many Pacific days as the quota asks for, through publishing itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from campaigns import review, spending
from campaigns.connections import Speaker
from campaigns.languages import Language
from campaigns.models import Asset, Delivery, Kind, Part, Publication, Spending
from campaigns.publishing import Lane, Line, Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.studio.captions import SUBRIP
from campaigns.vault import Vault
from platforms.contract import Charge, Network
from platforms.errors import Refused
from platforms.rehearsal.stage import Stage
from platforms.rehearsal.youtube import behave
from platforms.rehearsal.youtube_habits import CAPTIONING
from platforms.youtube import quota
from tests import factories
from tests.conftest import MovableClock

CHANNEL = Speaker(account="youtube-ar", network=Network.YOUTUBE, rehearsal=True)


@pytest.fixture
def film(store: Store, settings: Settings, vault: Vault, publisher: Publisher, tmp_path: Path) -> str:
    """The key of an approved film with captions in three languages, due in a minute."""
    with store.writing() as session:
        post = factories.text_post(session, "film", text="رحمة", on=["youtube-ar"], languages=[Language.AR])
        revision = post.revision
        revision.kind, revision.wordings[0].title = Kind.FILM, "رحمة"
        size = {"width": 1280, "height": 720, "codec": "h264", "frame_rate": 25.0}
        revision.assets.append(
            _kept(vault, tmp_path, b"a film", Language.AR, mime_type="video/mp4", seconds=5.0, **size)
        )
        for language in Language:
            words = f"1\n00:00:00,000 --> 00:00:02,000\n{language}\n".encode()
            track = {"role": Part.CAPTIONS, "mime_type": SUBRIP, "width": 0, "height": 0}
            revision.assets.append(_kept(vault, tmp_path, words, language, **track))
        now = datetime.now(UTC)
        review.submit(session, post, by=revision.author, now=now)
        [planned] = factories.approve(session, post, settings, now=now)
        return planned.key


def _kept(vault: Vault, folder: Path, content: bytes, language: Language, **values: object) -> Asset:
    file = folder / hashlib.sha256(content).hexdigest()
    file.write_bytes(content)
    return Asset(language=language, sha256=vault.keep(file), size=len(content), **values)


def spend(store: Store, units: int) -> date:
    """Another account of our app has spent so much today."""
    today = quota.pacific_day(datetime.now(UTC))
    with store.writing() as session:
        spending.charge(session, CHANNEL, [Charge(bucket=quota.UNITS, amount=units, on=today, whole_app=True)])
    return today


def test_captions_that_a_day_does_not_hold_follow_on_the_next_and_the_film_waits_for_none(
    store: Store, publisher: Publisher, stage: Stage, clock: MovableClock, film: str
) -> None:
    room = quota.UNITS_A_DAY - quota.KEPT_BACK
    today = spend(store, room - quota.CAPTIONS - 30)
    clock.move(minutes=2)
    publisher.work("youtube-ar")

    out = factories.publication(store, film)
    assert out.state is Delivery.PUBLISHED
    assert [each["snippet"]["language"] for each in stage.records.all("youtube.captions")] == ["ar"]
    assert out.follows_at == quota.next_pacific_midnight(datetime.now(UTC))
    assert publisher.next_at() == out.follows_at

    with store.writing() as session:  # the night has passed: the ledger of the new day is empty
        session.execute(delete(Spending))
    clock.ahead = out.follows_at + timedelta(minutes=1) - datetime.now(UTC)
    publisher.work("youtube-ar")

    done = factories.publication(store, film)
    assert sorted(each["snippet"]["language"] for each in stage.records.all("youtube.captions")) == ["ar", "en", "fr"]
    assert (done.state, done.follows_at, done.why) == (Delivery.PUBLISHED, None, "")
    with store.reading() as session:
        spent = session.scalar(select(func.sum(Spending.amount)).where(Spending.on >= today))
    assert spent == 2 * quota.CAPTIONS


def test_captions_that_wait_come_though_a_correction_in_between_was_given_up(
    store: Store, publisher: Publisher, stage: Stage, clock: MovableClock, film: str
) -> None:
    spend(store, quota.UNITS_A_DAY - quota.KEPT_BACK - quota.CAPTIONS - 30)
    clock.move(minutes=2)
    publisher.work("youtube-ar")
    with store.writing() as session:
        publication = session.scalars(select(Publication)).one()
        publication.corrected_to_id, publication.follows_at = publication.revision_id, clock()
        session.execute(delete(Spending))
    claim = publisher.claims.take(Line(account="youtube-ar", lane=Lane.PREPARE))
    assert claim and claim.correcting
    publisher.records.setback(claim, Refused("too long"), None)
    publisher.work("youtube-ar")

    done = factories.publication(store, film)
    assert sorted(each["snippet"]["language"] for each in stage.records.all("youtube.captions")) == ["ar", "en", "fr"]
    assert (done.follows_at, done.corrected_to_id) == (None, None)
    assert "its correction could not be brought: too long" in done.why


def test_what_is_refused_beside_a_film_is_told_and_the_account_goes_on(
    store: Store, publisher: Publisher, stage: Stage, clock: MovableClock, film: str
) -> None:
    behave(stage, not_granted=(CAPTIONING,))
    clock.move(minutes=2)
    publisher.work("youtube-ar")

    out = factories.publication(store, film)
    assert out.state is Delivery.PUBLISHED and out.follows_at is None
    assert "it is out, but what was to follow it could not be brought" in out.why and "force-ssl" in out.why
    assert out.account.paused_at is None
