from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.doctor import Finding, examine
from campaigns.models import Wording
from campaigns.settings import Settings
from campaigns.store import Store
from tests import factories


def test_a_house_that_was_never_opened_is_nowhere_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAWT_HOME", str(tmp_path / "home"))
    findings = {each.what: each for each in examine()}
    assert [each.what for each in findings.values() if each.state == "broken"] == []
    assert findings["database"].state == "look"
    assert not (tmp_path / "home").exists()


def test_arabic_letters_join_and_the_quran_is_the_pinned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAWT_HOME", str(tmp_path))
    Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}").migrate()
    states = {each.what: each.state for each in examine()}
    assert {states[what] for what in ("arabic letters", "quran text", "database", "media", "pillow")} == {"well"}


def test_a_planned_post_that_lost_its_approval_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAWT_HOME", str(tmp_path))
    settings = Settings.from_environment()
    store = Store(settings.database_url)
    store.migrate()
    factories.accounts(store, settings)
    factories.approved(store, settings)
    assert _found("approvals").state == "well"
    with store.writing() as session:
        session.scalars(select(Wording)).one().text = "Something else."
    store.close()
    finding = _found("approvals")
    assert finding.state == "look" and "not sent: peace;" in finding.says


def _found(what: str) -> Finding:
    return next(each for each in examine() if each.what == what)


def test_settings_that_cannot_be_read_are_the_one_thing_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAWT_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "accounts.toml").write_text('[x-ar]\nnetwork = "telegraph"\n')
    [finding] = examine()
    assert (finding.what, finding.state) == ("settings", "broken")
    assert "x-ar" in finding.says
