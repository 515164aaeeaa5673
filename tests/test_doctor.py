from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.doctor import examine
from campaigns.store import Store


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


def test_settings_that_cannot_be_read_are_the_one_thing_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAWT_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "accounts.toml").write_text('[x-ar]\nnetwork = "telegraph"\n')
    [finding] = examine()
    assert (finding.what, finding.state) == ("settings", "broken")
    assert "x-ar" in finding.says
