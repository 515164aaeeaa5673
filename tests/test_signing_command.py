"""`sawt account` and `sawt keys`, as a person at a terminal gives them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from campaigns import doctor
from campaigns.cli import app
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.tokens import with_connected
from platforms.rehearsal import x_door
from platforms.rehearsal.putting_up import listening
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage
from tests import factories

KEYS = "stage\nstage\nstage-x-en\nstage-x-en\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose networks are the stage, with our apps in a file."""
    file = tmp_path / "credentials.toml"
    file.write_text('[apps.x]\nclient_id = "stage"\nclient_secret = "stage"\n[x-fr]\nbearer_token = "stage-x-fr"\n')
    with in_thread(Stage()) as running:
        for name, value in {
            "SAWT_HOME": str(tmp_path / "home"),
            "SAWT_KEY_FILE": str(tmp_path / "apart" / "keys"),
            "SAWT_CREDENTIALS_FILE": str(file),
            "SAWT_X_URL": f"{running.base}/x",
            "SAWT_PERSON": "Yusuf",
        }.items():
            monkeypatch.setenv(name, value)
        yield tmp_path / "home"


def given(*command: str, typed: str = "") -> str:
    answer = CliRunner().invoke(app, list(command), input=typed, catch_exceptions=True)
    said = answer.output + (str(answer.exception) if answer.exception else "")
    return " ".join(said.split())


def connected(home: Path) -> dict[str, str]:
    """The credentials of x-en as a worker would find them."""
    settings = Settings.from_environment()
    store = Store(settings.database_url)
    try:
        return dict(with_connected(settings, store).credentials.get("x-en", {}))
    finally:
        store.close()


def test_four_keys_are_pasted_and_kept_once_a_person_says_yes(home: Path) -> None:
    refused = given("account", "connect", "x-en", "--way", "keys", typed=KEYS + "n\n")
    assert "There answers @x_en" in refused
    assert "A key was made" in refused
    assert "nothing was stored" in refused
    assert not connected(home)
    said = given("account", "connect", "x-en", "--way", "keys", typed=KEYS + "y\n")
    assert "x-en speaks as @x_en from now on." in said
    assert "stage-x-en" not in said
    assert connected(home)["access_token"] == "stage-x-en"
    listed = given("accounts", "--json")
    assert '"signed_in_as": "@x_en"' in listed
    findings = {finding.what: finding for finding in doctor.examine()}
    assert findings["x-en"].says == "speaks as @x_en; no end of it is known"
    assert findings["keys"].state == "well"


def test_an_account_is_signed_in_by_consent_on_loopback(home: Path) -> None:
    with listening() as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "campaigns.cli", "account", "connect", "x-en"]
    command += ["--callback-port", str(port), "--as", x_door.user_id("x-en")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "9999"}) as sawt:
        assert sawt.stdout is not None
        address = next(line for line in sawt.stdout if "/consent/x?" in line).strip()
        back = requests.post(address, data={"account": "x-en"}, allow_redirects=False, timeout=30).headers["location"]
        assert requests.get(back, timeout=30).ok
        said = sawt.stdout.read()
    assert sawt.returncode == 0
    assert "x-en speaks as @x_en from now on." in said
    assert connected(home)["refresh_token"].startswith("issued-")


def test_another_than_expected_is_not_kept(home: Path) -> None:
    said = given("account", "connect", "x-en", "--way", "keys", "--as", "12", typed=KEYS)
    assert "12 did not answer; nothing was stored" in said
    assert not connected(home)


def test_a_file_is_brought_into_the_store_and_an_account_given_back_to_it(home: Path) -> None:
    assert "x-fr speaks as @x_fr; its table can leave the file." in given("account", "import")
    assert "its table in the credentials file is not used" in given("doctor")
    assert "x-fr is disconnected." in given("account", "disconnect", "x-fr")
    assert "was not connected; nothing was changed" in given("account", "disconnect", "x-fr")


def test_who_disconnects_an_account_reads_how_much_is_held_for_it(home: Path) -> None:
    given("account", "connect", "x-en", "--way", "keys", typed=KEYS + "y\n")
    settings = Settings.from_environment()
    store = Store(settings.database_url)
    factories.approved(store, with_connected(settings, store))
    store.close()
    assert "each is released: 1 that waited there." in given("account", "disconnect", "x-en")
    given("account", "connect", "x-en", "--way", "keys", typed=KEYS + "y\n")
    assert "Held" not in given("account", "disconnect", "x-en")


def test_without_a_credentials_file_nothing_is_imported_and_no_key_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAWT_CREDENTIALS_FILE")
    said = given("account", "import")
    assert "there is nothing to import" in said
    assert not Path(os.environ["SAWT_KEY_FILE"]).exists()


def test_keys_are_looked_at_rotated_and_retired(home: Path) -> None:
    given("account", "connect", "x-en", "--way", "keys", typed=KEYS + "y\n")
    assert "1 of 1 sign-ins open." in given("keys", "check")
    assert "1 sign-ins are sealed with" in given("keys", "rotate")
    assert "1 old keys are gone from the file" in given("keys", "retire")
    assert connected(home)["access_token"] == "stage-x-en"
    Path(os.environ["SAWT_KEY_FILE"]).chmod(0o644)
    assert "chmod 600" in given("keys", "check")
