"""`sawt rehearsal`: what the stage holds, and bad days by name, on the stage of this SAWT_HOME and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from campaigns.cli import app, terminal
from platforms import connect
from platforms.contract import Network
from platforms.errors import PlatformError
from platforms.rehearsal import credentials, endpoints
from platforms.rehearsal.bad_days import BAD_DAYS
from platforms.rehearsal.desk import NoStage
from platforms.rehearsal.serving import RunningStage, in_thread
from platforms.rehearsal.stage import Stage
from platforms.shelf import NoShelf

Sawt = Callable[..., Result]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(files=tmp_path / "stage")


@pytest.fixture
def running(stage: Stage) -> Iterator[RunningStage]:
    with in_thread(stage) as running:
        yield running


@pytest.fixture
def rehearsal(running: RunningStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sawt:
    monkeypatch.setattr(terminal.out, "_width", 200)  # a console that is there already asks no environment again
    environ = {"SAWT_HOME": str(tmp_path / "home"), "SAWT_STAGE_URL": running.base}
    return lambda *words, **more: CliRunner().invoke(app, ["rehearsal", *words], env={**environ, **more})


def told(done: Result) -> Any:
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_it_lists_what_the_audience_sees_by_account_with_its_first_words(stage: Stage, rehearsal: Sawt) -> None:
    words = "السلام كلمة طيبة، " * 9
    stage.show(Network.X, "x-ar", "11", text=words, media=["0" * 64])
    stage.show(Network.FACEBOOK, "facebook-en", "12", text="Peace")
    stage.hide(Network.FACEBOOK, "12")
    said = rehearsal().stdout
    assert "What the audience sees" in said
    assert words[:30].strip() in said and words.strip() not in said
    assert "Nothing is to go wrong." in said
    row = told(rehearsal("--account", "x-ar", "--json"))["shown"]
    assert [(each["account"], each["text"], each["hidden_at"]) for each in row] == [("x-ar", words, None)]


def test_it_lists_the_uploads_under_way(stage: Stage, rehearsal: Sawt) -> None:
    video = {"id": "7", "account": "facebook-en", "size": 4096, "received": 1024, "sha256": None, "post": None}
    stage.records.put("graph.videos", "7", video)
    assert "1,024 of 4,096" in rehearsal().stdout


def test_a_fault_is_switched_on_for_one_account_told_and_switched_off(
    stage: Stage, running: RunningStage, rehearsal: Sawt
) -> None:
    said = rehearsal("--fault", "token-dead", "--account", "x-en").stdout
    assert BAD_DAYS["token-dead"].told in said
    secrets = credentials(Network.X, "x-en")
    platform = connect(Network.X, credentials=secrets, endpoints=endpoints(running.base), shelf=NoShelf())
    with pytest.raises(PlatformError):
        platform.verify()
    assert [each["name"] for each in told(rehearsal("--json"))["weather"]["faults"]] == ["token-dead"]
    assert "Nothing is to go wrong." in rehearsal("--clear").stdout
    assert platform.verify()


def test_clock_and_latency_are_set_and_told(stage: Stage, rehearsal: Sawt) -> None:
    said = rehearsal("--forward", "90", "--latency", "0.5").stdout
    assert "Every call takes 0.5 s." in said
    assert "90 min ahead" in said
    assert (stage.ahead.total_seconds(), stage.latency) == (5400, 0.5)


def test_everything_that_can_go_wrong_is_listed_without_a_stage(rehearsal: Sawt) -> None:
    rows = told(rehearsal("--faults", "--json", SAWT_STAGE_URL="http://127.0.0.1:9"))
    assert {row["fault"]: row["says"] for row in rows} == {name: day.told for name, day in BAD_DAYS.items()}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--fault", "rain"], "there is no fault 'rain'"),
        (["--fault", "hang", "--path", "("], "no pattern of a path"),
        (["--times", "3"], "name it too: --fault NAME"),
        (["--account", "x-zz"], "there is no account 'x-zz'"),
        (["--account", "x-en", "--fault", "session-gone"], "session-gone does not happen on X"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(words: list[str], says: str, rehearsal: Sawt) -> None:
    done = rehearsal(*words)
    assert isinstance(done.exception, ValueError)
    assert says in str(done.exception)


def test_an_account_with_credentials_is_no_concern_of_the_stage(rehearsal: Sawt, tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text('[x-en]\naccess_token = "secret"\n')
    done = rehearsal("--account", "x-en", SAWT_CREDENTIALS_FILE=str(file))
    assert "speaks to its network" in str(done.exception)


def test_where_no_stage_is_up_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["rehearsal"], env={"SAWT_HOME": str(tmp_path), "SAWT_STAGE_URL": ""})
    assert isinstance(done.exception, NoStage)
    assert "no rehearsal stage is up" in str(done.exception)
