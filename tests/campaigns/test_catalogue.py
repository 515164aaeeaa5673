"""The Centre's lists come into the store, and what scholars have confirmed stays theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns import catalogue, review, seals
from campaigns.catalogue import CatalogueError
from campaigns.models import Account, Base, Campaign, CampaignKind, Entry, Misconception, Nature, Rebuttal, Standing
from campaigns.paths import shipped
from campaigns.settings import Settings
from campaigns.store import Store
from tests import factories

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ONE = """
- id: ve-one
  category: violence
  claim: {{ar: "زعم", en: "{claim}", fr: "prétention"}}
  quran: "5:32 [A]"
"""


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/s.sqlite")
    Base.metadata.create_all(store.engine)
    yield store
    store.close()


def _written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "list.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_misconceptions_come_in_as_drafts_and_a_second_time_change_nothing(lists: Store) -> None:
    file = shipped("config") / "misconceptions.yaml"
    with lists.writing() as session:
        assert catalogue.load_misconceptions(session, file, now=NOW) == 29
        assert catalogue.load_misconceptions(session, file, now=NOW) == 0
        rows = session.scalars(select(Misconception)).all()
        assert {row.standing for row in rows} == {Standing.DRAFT}
        factual = {row.key for row in rows if row.nature is Nature.FACTUAL}
        assert factual == {"is-muslims-silent", "is-spread-by-sword", "is-monolith", "is-demographic-threat"}
        assert all(row.claim_ar and row.claim_en and row.claim_fr for row in rows)
        assert len(session.scalars(select(Entry)).all()) == 29


def test_a_draft_follows_the_file_and_a_confirmed_or_retired_one_does_not(lists: Store, tmp_path: Path) -> None:
    with lists.writing() as session:
        catalogue.load_misconceptions(session, _written(tmp_path, ONE.format(claim="first")), now=NOW)
        assert catalogue.load_misconceptions(session, _written(tmp_path, ONE.format(claim="second")), now=NOW) == 1
        row = session.get_one(Misconception, "ve-one")
        assert row.claim_en == "second"
        for standing in (Standing.CONFIRMED, Standing.RETIRED):
            row.standing = standing
            assert catalogue.load_misconceptions(session, _written(tmp_path, ONE.format(claim="third")), now=NOW) == 0
            assert (row.claim_en, row.standing) == ("second", standing)


def test_a_list_under_its_name_beside_notes_is_read_as_well(lists: Store, tmp_path: Path) -> None:
    under = "note: drafts\nmisconceptions:\n" + ONE.format(claim="x").replace("\n", "\n  ")
    with lists.writing() as session:
        assert catalogue.load_misconceptions(session, _written(tmp_path, under), now=NOW) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- id: ve-one\n  category: x\n  claim: {ar: ا, en: b}\n", "entry 1, claim.fr"),
        ("- id: ve-one\n  colour: red\n", "entry 1"),
        ("nothing: here\n", "holds no list"),
        ("- [", "cannot be read as YAML"),
        (ONE.format(claim="x") + ONE.format(claim="y"), "ve-one stands twice"),
    ],
)
def test_a_list_that_cannot_be_used_says_where(lists: Store, tmp_path: Path, text: str, says: str) -> None:
    with lists.writing() as session, pytest.raises(CatalogueError, match=says):
        catalogue.load_misconceptions(session, _written(tmp_path, text), now=NOW)


def test_campaigns_come_in_with_partners_and_hashtags_and_follow_the_file(lists: Store, tmp_path: Path) -> None:
    text = "campaigns:\n  - {key: mercy, kind: annual, title_ar: رحمة, partners: [Sawab], hashtags_ar: '#رحمة #سلام'}\n"
    with lists.writing() as session:
        assert catalogue.load_campaigns(session, _written(tmp_path, text)) == 1
        assert catalogue.load_campaigns(session, _written(tmp_path, text)) == 0
        assert catalogue.load_campaigns(session, _written(tmp_path, text.replace("annual", "reactive"))) == 1
        row = session.get_one(Campaign, "mercy")
        assert (row.kind, row.partners) == (CampaignKind.REACTIVE, ["Sawab"])
        assert (row.titles, row.hashtags) == ({"ar": "رحمة"}, {"ar": ["#رحمة", "#سلام"]})


def test_accounts_follow_the_configuration_and_one_that_is_gone_becomes_inactive(
    lists: Store, settings: Settings
) -> None:
    with lists.writing() as session:
        assert catalogue.load_accounts(session, settings) == 11
        assert catalogue.load_accounts(session, settings) == 0
        paused = session.get_one(Account, "x-ar")
        paused.paused_why = "signed out"
        fewer = replace(settings, accounts=settings.accounts[1:])
        assert catalogue.load_accounts(session, fewer) == 1
        gone = session.get_one(Account, settings.accounts[0].key)
        assert not gone.active
        assert catalogue.load_accounts(session, settings) == 1
        assert gone.active
        assert paused.paused_why == "signed out"


def test_a_planned_post_that_loses_its_approval_with_a_reworded_claim_is_named(
    store: Store, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        catalogue.load_misconceptions(session, _written(tmp_path, ONE.format(claim="first")), now=NOW)
        for key, answered in (("answers", ["ve-one"]), ("answers-none", [])):
            post = factories.text_post(session, key)
            post.revision.rebuttals += [Rebuttal(misconception_key=each, position=0) for each in answered]
            session.flush()
            review.submit(session, post, by=post.revision.author, now=NOW)
            factories.approve(session, post, settings)
        assert seals.planned_unapproved(session) == []
        catalogue.load_misconceptions(session, _written(tmp_path, ONE.format(claim="second")), now=NOW)
        assert seals.planned_unapproved(session) == ["answers"]
    assert caplog.messages == ["misconceptions have changed; what answers them needs approval again: answers"]
