"""One contract over all networks and everything that they offer: stage, reveal, find, and what may come after.

Which posts a network is given, its own class lines and `check` say: what it learns to do is tried here by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from platforms import adapter, graph
from platforms import endpoints as outside
from platforms.capabilities import can_declare
from platforms.contract import METRICS, Charge, Form, Found, MediaFile, Network, Outgoing, Platform
from platforms.endpoints import Call, guarded_by
from platforms.errors import NotOffered, OutcomeUnknown, PlatformError, Refused, TooSoon
from platforms.rehearsal.bad_days import BAD_DAYS
from platforms.rehearsal.faults import Fault
from platforms.shelf import LoopbackShelf
from tests.platforms.meta_stage import DiesAfter, Killed
from tests.platforms.playing import World, is_declared, posts, taken, world

TAKEN = taken()
SECRET = re.compile(r"stage-account|ya29|issued-|https?://|Bearer|OAuth ")


def over(cases: Sequence[tuple[Network, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("network", "what"), cases, ids=lambda each: str(each))


every_post = over(TAKEN)
every_network = pytest.mark.parametrize("network", Network)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackShelf]:
    shelf = LoopbackShelf(tmp_path_factory.mktemp("shelf"))
    yield shelf
    shelf.close()


@pytest.fixture
def here(tmp_path: Path, shelf: LoopbackShelf) -> Iterator[World]:
    with world(tmp_path, shelf) as opened:
        yield opened


@pytest.fixture
def outgoing(what: str, tmp_path: Path) -> Outgoing:
    return posts(tmp_path)[what]


@pytest.fixture
def platform(network: Network, here: World) -> Platform:
    return here.account(network)


@every_network
def test_every_form_that_a_network_offers_is_tried_here(network: Network, tmp_path: Path) -> None:
    tried = {posts(tmp_path)[what].form for each, what in TAKEN if each is network}
    assert tried == adapter(network).forms


@every_post
def test_what_is_staged_is_unseen_and_what_is_revealed_is_found_under_the_same_id(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    checkpoint = platform.stage(outgoing, {}, here.save)
    assert here.shown() == []
    assert not isinstance(here.look(platform, outgoing, checkpoint), Found)
    here.saved.append(dict(checkpoint))
    receipt = platform.reveal(outgoing, checkpoint, here.save)
    assert [each["account"] for each in here.shown()] == ["account"] * _parts(platform, here)
    finding = here.look(here.account(network), outgoing, here.saved[-1])
    assert isinstance(finding, Found)
    assert finding.receipt.remote_id == receipt.remote_id
    assert receipt.remote_id in {each["remote_id"] for each in here.shown()}


@every_post
def test_wherever_it_dies_it_goes_on_from_what_was_stored_and_shows_one(
    network: Network, outgoing: Outgoing, here: World
) -> None:
    for steps in range(1, 30):
        dying = DiesAfter(steps)
        try:
            here.account(network).stage(outgoing, {}, dying)
        except Killed:
            here.account(network).stage(outgoing, dying.stored, here.save)
            assert here.shown() == []
            continue
        break
    assert steps < 29
    platform = here.account(network)
    checkpoint = platform.stage(outgoing, dying.stored, here.save)
    here.saved.append(dict(checkpoint))
    platform.reveal(outgoing, checkpoint, here.save)
    assert len(here.shown()) == _parts(platform, here)


@every_post
def test_what_is_out_though_the_answer_was_lost_is_found_and_not_sent_again(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    checkpoint = platform.stage(outgoing, {}, here.save)
    here.saved.append(dict(checkpoint))
    here.stage.faults.add(Fault(name="drop-after", method="*"))
    with pytest.raises(OutcomeUnknown):
        platform.reveal(outgoing, checkpoint, here.save)
    finding = here.find(here.account(network), outgoing, here.saved[-1])
    assert isinstance(finding, Found), finding
    assert len(here.shown()) == _parts(platform, here)
    assert finding.receipt.remote_id in {each["remote_id"] for each in here.shown()}


@every_post
def test_it_can_be_taken_down_twice_or_the_network_says_that_it_cannot(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    receipt, checkpoint = here.publish(platform, outgoing)
    if not platform.withdraws or outgoing.form is Form.STORY:
        try:
            platform.withdraw(receipt.remote_id, checkpoint)
        except NotOffered as not_offered:
            assert len(here.shown()) == _parts(platform, here), not_offered
            return
        assert platform.withdraws
    for _ in range(2):
        platform.withdraw(receipt.remote_id, checkpoint)
    assert here.shown() == []


@every_post
def test_it_can_be_corrected_twice_or_the_network_says_that_it_cannot(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    receipt, checkpoint = here.publish(platform, outgoing)
    corrected = replace(outgoing, text=f"{outgoing.text} (corrected)".strip())
    before = len(here.shown())
    try:
        for _ in range(2):
            assert platform.correct(corrected, receipt.remote_id, checkpoint).remote_id == receipt.remote_id
    except NotOffered:
        assert not platform.corrects or outgoing.form in (Form.STORY, Form.VIDEO)
    else:
        assert platform.corrects
    assert len(here.shown()) == before


@every_post
def test_what_may_follow_follows_once_or_there_is_nothing_to_follow(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    receipt, checkpoint = here.publish(platform, outgoing)
    if not platform.lacks(outgoing, checkpoint):
        assert platform.complete(outgoing, receipt.remote_id, checkpoint, here.save) == checkpoint
        return
    assert platform.completes
    done = platform.complete(outgoing, receipt.remote_id, checkpoint, here.save)
    assert not platform.lacks(outgoing, done)
    assert platform.complete(outgoing, receipt.remote_id, done, here.save) == done


@every_post
def test_what_a_machine_made_is_declared_wherever_the_network_can_be_told(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    here.publish(platform, replace(outgoing, synthetic=True))
    assert is_declared(here) is can_declare(network, outgoing.form)


@every_post
def test_figures_have_known_names_or_their_own_and_say_where_they_are_from(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    receipt, _ = here.publish(platform, outgoing)
    here.stage.move_clock(timedelta(hours=20))
    figures = platform.measure([receipt.remote_id, _unknown(receipt.remote_id)])
    assert set(figures) <= {receipt.remote_id}
    for each in figures.get(receipt.remote_id, ()):
        assert each.metric in METRICS or re.fullmatch(r"[a-z][a-zA-Z0-9_]+", each.metric), each
        assert re.match(r"(GET|POST) \S+", each.source), each
        assert each.unit in ("count", "seconds", "percent", "ratio"), each
        assert isinstance(each.value, int | float) and each.value >= 0, each


BAD: Mapping[str, Any] = {
    "with words that are too long": lambda each: replace(each, text="كلمة " * 20_000, title="عنوان " * 400),
    "with a file of a strange type": lambda each: replace(each, media=tuple(map(_strange, each.media))),
    "with far too many files": lambda each: replace(each, media=each.media * 12),
    "without its files": lambda each: replace(each, media=()),
    "without words": lambda each: replace(each, text="", title=""),
}


@pytest.mark.parametrize("how", BAD)
@over([case for case in TAKEN if case[1] in ("text", "picture", "film", "picture story")])
def test_what_the_network_refuses_is_said_beforehand(
    how: str, network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    bad = BAD[how](outgoing)
    if platform.check(bad) or bad == outgoing:
        return
    try:
        here.publish(platform, bad)
    except Refused as refusal:
        pytest.fail(f"nobody said beforehand: {refusal}")


@pytest.mark.parametrize("name", BAD_DAYS)
@every_network
def test_on_a_bad_day_a_platform_error_comes_out_and_no_secret_with_it(
    network: Network, name: str, here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if network not in BAD_DAYS[name].networks:
        return
    for module in (outside, graph):
        monkeypatch.setattr(module, "READ_SECONDS", 0.1)
    outgoing = next(posts(tmp_path)[what] for each, what in TAKEN[::-1] if each is network and "story" not in what)
    here.stage.faults.add(Fault(name=name, method="*", times=0))
    platform = here.account(network)
    for act in (platform.verify, lambda: here.publish(platform, outgoing), lambda: platform.measure(["1"])):
        try:
            act()
        except PlatformError as error:
            told = " ".join(str(each) for each in _behind(error))
            assert not SECRET.search(str(error)), error
            assert "stage-account" not in told, told


@over([case for case in TAKEN if case[1] != "text"])
def test_an_upload_tells_how_far_it_is_and_ends_with_all_of_it(
    network: Network, outgoing: Outgoing, platform: Platform, here: World
) -> None:
    watch = Watch()
    with guarded_by(watch):
        here.publish(platform, outgoing)
    for so_far, of in watch.told:
        assert 0 <= so_far <= of
    for before, after in zip(watch.told, watch.told[1:], strict=False):
        assert after >= before or before[0] == before[1], watch.told
    if watch.told:
        assert watch.told[-1][0] == watch.told[-1][1]


@dataclass
class Watch:
    """Lets every call go, and keeps what it is told of uploads."""

    told: list[tuple[int, int]] = field(default_factory=list)

    def before(self, call: Call) -> None: ...

    def after(self, call: Call, closing: TooSoon | None, charges: Sequence[Charge]) -> None: ...

    def spent(self, bucket: str, on: date, *, whole_app: bool) -> int:
        return 0

    def sent(self, so_far: int, of: int) -> None:
        self.told.append((so_far, of))

    def settled(self) -> None: ...


def _parts(platform: Platform, here: World) -> int:
    parts = platform.parts_out(here.saved[-1])
    return parts.of if parts else 1


def _unknown(remote_id: str) -> str:
    """An id of the same kind that nothing has."""
    return re.sub(r"[0-9a-zA-Z]$", lambda last: "1" if last[0] != "1" else "2", remote_id)


def _strange(media: MediaFile) -> MediaFile:
    path = media.path.with_suffix(".bin")
    path.write_bytes(media.path.read_bytes())
    return replace(media, path=path, mime_type="application/x-strange")


def _behind(error: BaseException) -> Iterator[BaseException]:
    while error:
        yield error
        if error.__cause__ is None:
            return
        error = error.__cause__
