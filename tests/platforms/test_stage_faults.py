"""The stage on its worse days: calls without an answer, closed windows, dead tokens, and calls that take long."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from platforms import connect
from platforms.contract import Network, Platform
from platforms.errors import NotSignedIn, PlatformError, TooSoon
from platforms.graph import Graph
from platforms.rehearsal import credentials, endpoints
from platforms.rehearsal.desk import Desk, NoStage
from platforms.rehearsal.faults import Asked, Fault, Faults, Name
from platforms.rehearsal.serving import RunningStage, in_thread
from platforms.rehearsal.stage import Stage
from platforms.shelf import NoShelf
from platforms.youtube.quota import next_pacific_midnight

MINUTES = 20
ROOMS = {
    Network.X: "/x/",
    Network.FACEBOOK: "/graph/",
    Network.INSTAGRAM: "/graph/",
    Network.YOUTUBE: "/youtube/",
    Network.WEBSITE: "/website/",
}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(files=tmp_path / "stage")


@pytest.fixture
def running(stage: Stage) -> Iterator[RunningStage]:
    with in_thread(stage) as running:
        yield running


def signed_in(network: Network, base: str) -> Platform:
    return connected(network, base, "account")


def connected(network: Network, base: str, account: str) -> Platform:
    secrets = credentials(network, account)
    return connect(network, credentials=secrets, endpoints=endpoints(base), shelf=NoShelf())


@pytest.mark.parametrize(("fault", "articles"), [("hang", 0), ("silent-after", 1)])
def test_a_call_without_an_answer_is_given_up_by_the_client_and_forgotten_by_the_stage(
    fault: Name, articles: int, stage: Stage, running: RunningStage, wait_for: Callable[..., None]
) -> None:
    stage.faults.add(Fault(name=fault, path="/posts"))
    with pytest.raises(requests.ReadTimeout):
        _write_an_article(running.base, timeout=0.2)
    wait_for(lambda: stage.faults.silences == 1, "the stage falling silent")
    assert len(stage.records.all("wp.posts")) == articles
    wait_for(lambda: stage.faults.unanswered == 0, "the stage noticing that the client has left")


def test_a_stage_that_stops_does_not_wait_for_the_calls_that_it_leaves_unanswered(
    stage: Stage, wait_for: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[Exception] = []

    def call(base: str) -> None:
        try:
            _write_an_article(base, timeout=60)
        except requests.ConnectionError as failure:
            failures.append(failure)

    stage.faults.add(Fault(name="hang", path="/posts"))
    with caplog.at_level(logging.WARNING), in_thread(stage) as running:
        caller = threading.Thread(target=call, args=(running.base,))
        caller.start()
        wait_for(lambda: stage.faults.silences == 1, "the stage falling silent")
    caller.join()
    assert len(failures) == 1
    assert caplog.messages == []


def test_a_fault_waits_for_the_calls_that_are_to_go_well(stage: Stage, running: RunningStage) -> None:
    stage.faults.add(Fault(name="error-before", path="/posts", skip=2))
    assert [_write_an_article(running.base).status_code for _ in range(4)] == [201, 201, 500, 201]


@pytest.mark.parametrize("network", Network)
def test_each_network_says_in_its_own_way_that_its_window_is_closed(
    network: Network, stage: Stage, running: RunningStage
) -> None:
    fault = Fault(name="rate-limited", path=ROOMS[network], method="GET", seconds=60 * MINUTES)
    stage.faults.add(fault)
    before, platform = datetime.now(UTC), signed_in(network, running.base)
    with pytest.raises(TooSoon) as closed:
        platform.verify()
    after = datetime.now(UTC)
    if network is Network.YOUTUBE:
        assert closed.value.retry_at in {next_pacific_midnight(before), next_pacific_midnight(after)}
    else:
        window = timedelta(minutes=MINUTES)
        assert before + window <= closed.value.retry_at <= after + window + timedelta(seconds=2)
    assert platform.verify()


def test_the_upload_host_too_says_when_to_come_back(stage: Stage, running: RunningStage, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    stage.faults.add(Fault(name="rate-limited", path="/rupload/", seconds=60 * MINUTES))
    graph = Graph(network=Network.FACEBOOK, endpoints=endpoints(running.base), access_token="stage-account")
    before = datetime.now(UTC)
    with pytest.raises(TooSoon) as closed:
        graph.send_file("/video-upload/v26.0/1", film, offset=0)
    assert closed.value.retry_at >= before + timedelta(minutes=MINUTES)


@pytest.mark.parametrize("network", Network)
def test_a_dead_token_stays_dead_until_somebody_signs_in(network: Network, stage: Stage, running: RunningStage) -> None:
    platform = signed_in(network, running.base)
    assert platform.verify()
    stage.faults.add(Fault(name="token-dead", path=ROOMS[network], method="GET"))
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            platform.verify()
    stage.faults.forget()
    assert platform.verify()


def test_one_networks_dead_token_is_no_concern_of_the_others(stage: Stage, running: RunningStage) -> None:
    stage.faults.add(Fault(name="token-dead", path="/x/", method="GET"))
    with pytest.raises(NotSignedIn):
        signed_in(Network.X, running.base).verify()
    assert signed_in(Network.WEBSITE, running.base).verify()


def test_the_desk_of_the_stage_sets_faults_and_latency_and_takes_them_back(stage: Stage, running: RunningStage) -> None:
    desk = f"{running.base}/_stage"
    told = requests.post(f"{desk}/faults", json={"name": "hang", "path": "/x", "skip": 1, "seconds": 5}, timeout=30)
    assert told.json() == {"faults": 1}
    assert stage.faults.take(Asked(method="POST", path="/x/2/tweets")) is None
    assert requests.delete(f"{desk}/faults", timeout=30).json() == {"faults": 0}
    assert stage.faults.take(Asked(method="POST", path="/x/2/tweets")) is None
    assert requests.post(f"{desk}/latency", json={"seconds": 0.02}, timeout=30).json() == {"latency": 0.02}
    assert stage.latency == 0.02
    assert signed_in(Network.X, running.base).verify()


def test_a_fault_of_one_account_leaves_the_others_alone(stage: Stage, running: RunningStage) -> None:
    stage.faults.add(Fault(name="token-dead", account="x-en"))
    first, other = (connected(Network.X, running.base, account) for account in ("x-en", "x-fr"))
    with pytest.raises(NotSignedIn):
        first.verify()
    assert other.verify()


@pytest.mark.parametrize("network", Network)
def test_every_network_carries_the_account_that_calls(network: Network, stage: Stage, running: RunningStage) -> None:
    stage.faults.add(Fault(name="refused-once", method="GET", account="somebody"))
    assert connected(network, running.base, "account").verify()
    stage.faults.add(Fault(name="error-before", method="GET", account="account", times=9))
    with pytest.raises(PlatformError):
        connected(network, running.base, "account").verify()


def test_what_happens_now_and_then_happens_at_every_third_call(stage: Stage, running: RunningStage) -> None:
    stage.faults.add(Fault(name="error-before", path="/posts$", every=3, times=0))
    answers = [_write_an_article(running.base).status_code for _ in range(7)]
    assert answers == [500, 201, 201, 500, 201, 201, 500]


def test_what_lasts_for_an_hour_is_over_after_it(stage: Stage, running: RunningStage) -> None:
    stage.faults.add(Fault(name="gateway-before", path="/posts$", times=0, lasting=3600))
    assert [_write_an_article(running.base).status_code for _ in range(2)] == [502, 502]
    stage.move_clock(timedelta(hours=1))
    assert _write_an_article(running.base).status_code == 201
    assert len(stage.faults) == 0


def test_a_networks_own_bad_day_means_nothing_to_the_others(stage: Stage) -> None:
    stage.faults.add(Fault(name="session-conflict"))
    assert stage.faults.take(Asked(method="POST", path="/x/2/tweets")) is None
    assert stage.faults.take(Asked(method="POST", path="/youtube/upload/youtube/v3/videos")) is not None


@pytest.mark.parametrize(
    "unsound",
    [{"name": "rain"}, {"name": "hang", "times": -1}, {"name": "hang", "every": 0}, {"name": "hang", "path": "("}],
)
def test_a_fault_that_could_never_happen_is_refused_in_a_sentence(
    unsound: dict[str, Any], running: RunningStage
) -> None:
    answer = requests.post(f"{running.base}/_stage/faults", json=unsound, timeout=30)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_the_desk_tells_what_is_shown_what_is_under_way_and_what_is_to_go_wrong(
    stage: Stage, running: RunningStage
) -> None:
    desk = Desk(running.base)
    assert (desk.shown(), desk.under_way(), desk.weather().faults) == ([], [], ())
    stage.show(Network.X, "x-en", "1", text="Peace", media=["0" * 64])
    stage.records.put("youtube.sessions", "s", {"id": "s", "account": "youtube", "size": 4096})
    desk.let_go_wrong({"name": "drop-after", "account": "x-en", "method": "*"})
    desk.move_clock(60)
    desk.take_time(0.01)
    weather = desk.weather()
    assert [each.text for each in desk.shown()] == ["Peace"]
    assert [(each.account, each.size, each.received) for each in desk.under_way()] == [("youtube", 4096, None)]
    assert [(each.name, each.account, each.happened) for each in weather.faults] == [("drop-after", "x-en", 0)]
    assert (weather.ahead, weather.latency) == (60, 0.01)
    desk.let_all_go_well()
    assert desk.weather().faults == ()


def test_a_desk_is_on_this_machine_alone_and_says_when_no_stage_answers() -> None:
    with pytest.raises(ValueError, match="this machine"):
        Desk("https://api.x.com")
    with pytest.raises(NoStage, match="no rehearsal stage answers"):
        Desk("http://127.0.0.1:9").shown()


def test_six_hundred_calls_that_take_long_wait_side_by_side_and_in_no_thread_of_their_own() -> None:
    begun: list[int] = []
    seen: list[tuple[int, int]] = []

    def latency() -> float:
        begun.append(threading.get_ident())
        return 0.05

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        seen.append((len(begun), threading.get_ident()))

    async def call_all() -> None:
        served = Faults().around(app, latency=latency)
        scope = {"type": "http", "method": "GET", "path": "/x/2/users/me", "query_string": b""}
        await asyncio.gather(*(served(scope, cast(Any, None), cast(Any, None)) for _ in range(600)))

    asyncio.run(call_all())
    assert [waiting for waiting, _ in seen] == [600] * 600
    assert {thread for _, thread in seen} == {threading.get_ident()}


def test_what_the_stage_says_at_its_own_desk_is_not_delayed(stage: Stage, running: RunningStage) -> None:
    stage.latency = 3600
    assert requests.get(f"{running.base}/_stage/ready", timeout=30).ok


def _write_an_article(base: str, *, timeout: float = 30) -> requests.Response:
    return requests.post(
        f"{base}/website/wp-json/wp/v2/posts",
        json={"title": "Mercy", "content": "Mercy", "status": "draft"},
        auth=("account", "stage-account"),
        timeout=timeout,
    )
