"""A few hundred posts through a real worker in a few seconds; the hour is `python -m tests.proofs.soak`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.proofs.soak import Sample, Verdict, soak, tell


def test_two_hundred_posts_go_out_once_each_and_leave_nothing_open(tmp_path: Path) -> None:
    verdict = soak(
        tmp_path, length=timedelta(seconds=20), spacing=timedelta(seconds=0.8), look_every=timedelta(seconds=1)
    )
    assert (verdict.twice, verdict.lost, verdict.unfinished) == ((), (), 0)
    assert verdict.posts >= 200
    assert verdict.states["published"] >= 0.9 * verdict.posts
    last = verdict.samples[-1]
    assert last.threads < 40, "a thread for each post, or for some of them, would be more"
    assert last.files < 100, "a file for each post, or for every second one, would be more"
    assert "0 twice, 0 lost, 0 unfinished" in tell(verdict)


def _verdict(*memory: float) -> Verdict:
    samples = [
        Sample(out=1000 * number, memory=used, own=used, files=30, threads=20, database=1.0)
        for number, used in enumerate(memory)
    ]
    return Verdict(samples=samples, posts=len(samples), states={}, faults=0, twice=(), lost=())


def test_warming_up_is_no_growth_and_a_steady_rise_is() -> None:
    steady, rising = _verdict(90, 120, 120, 120, 120, 120), _verdict(90, 92, 94, 96, 98, 100)
    assert steady.growth(lambda s: s.memory) == 0
    assert steady.is_good
    assert rising.growth(lambda s: s.memory) == 20
    assert not rising.is_good


def test_nothing_is_said_about_growth_after_a_few_posts() -> None:
    verdict = _verdict(90, 150)
    assert verdict.growth(lambda s: s.memory) is not None
    few = replace(verdict, samples=verdict.samples[:1])
    assert few.growth(lambda s: s.memory) is None
    assert "too few" in tell(few)


def test_what_was_seen_twice_or_lost_or_left_half_way_is_never_good() -> None:
    good = _verdict(90, 90)
    assert not replace(good, twice=("a",)).is_good
    assert not replace(good, lost=("a",)).is_good
    assert not replace(good, unfinished=1).is_good
