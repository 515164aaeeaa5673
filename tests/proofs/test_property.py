"""Whatever people, workers, networks and clocks do, and in whatever order: out at most once, never unapproved, never
while held, never lost, and saying what the row says.

Real stores, real adapters and SDKs, and the rehearsal stage; Hypothesis thinks up what happens. A plain run tries some
sixty stories. `SAWT_PROPERTY_RUNS=3000` tries as many as it says, other ones each time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaigns.models import Kind, Scope
from platforms.contract import Network
from platforms.rehearsal.faults import Fault
from platforms.shelf import LoopbackShelf
from tests.proofs.centre import NETWORKS, WORKERS, Centre, Scenery, scenery
from tests.proofs.fault_matrix import theatre
from tests.proofs.mishaps import Mishap, Seam

RUNS = int(os.environ.get("SAWT_PROPERTY_RUNS", "0"))
AS_FOUND = bool(os.environ.get("SAWT_PROPERTY_AS_FOUND"))
"""A story that breaks a rule is told as it was found, and not made shorter first."""
STEPS = 25


@dataclass(frozen=True)
class Act:
    """Something that others do while a worker sleeps. `decides`: a person judges by what there is to see now."""

    told: str
    do: Callable[[Centre], object]
    decides: bool = False

    def __call__(self, centre: Centre) -> None:
        self.do(centre)

    def __repr__(self) -> str:
        return self.told


def _edited_and_approved(centre: Centre) -> None:
    for key in centre.posts:
        centre.edit(key, due_in=30)
        centre.approve(key)


def _corrected_and_approved(centre: Centre) -> None:
    for key in centre.posts:
        centre.edit(key, due_in=30, correction="The date was wrong.")
        centre.approve(key)


def _later(seconds: float) -> Act:
    return Act(f"{seconds} s pass", lambda centre: centre.time_passes(seconds))


def _of(owner: str) -> list[Act]:
    return [
        Act(f"{owner} works", lambda centre: centre.work_everywhere(owner)),
        Act(f"leases run out for {owner}", lambda centre: centre.leases_run_out(owner)),
        Act(f"{owner} takes over", lambda centre: centre.take_over(owner)),
        Act(f"{owner} is started anew", lambda centre: centre.start(owner)),
    ]


ACTS = [
    *(act for owner in WORKERS for act in _of(owner)),
    *(_later(seconds) for seconds in (2, 40, 200)),
    Act("a lever over everything", lambda centre: centre.pull(Scope.EVERYTHING, "")),
    Act("levers lifted", lambda centre: centre.lift()),
    Act("held ones put back", lambda centre: centre.put_back(), decides=True),
    Act("a person looks", lambda centre: centre.look_at_the_account(), decides=True),
    Act("a person looks and has it sent again", lambda centre: centre.look_and_send_again(), decides=True),
    Act("all edited and approved", _edited_and_approved),
    Act("all corrected and approved", _corrected_and_approved),
    Act("all taken down", lambda centre: centre.take_down(centre.posts)),
]

MEANWHILE = st.lists(st.sampled_from(ACTS), min_size=1, max_size=6).map(tuple)
AFTER = st.sampled_from([0, 0, 0, 1, 2, 4])
DEATH = st.builds(Mishap, seam=st.sampled_from(list(Seam)), after=AFTER, visible=st.booleans())
SLEEP = st.one_of(
    st.builds(
        Mishap,
        seam=st.sampled_from([Seam.BEFORE_CALL, Seam.GAP, Seam.AFTER_CALL]),
        after=st.sampled_from([0, 0, 0, 1, 2]),
        visible=st.just(True),
        meanwhile=MEANWHILE,
    ),
    st.builds(
        Mishap,
        seam=st.sampled_from([Seam.AFTER_COMMIT, Seam.BEFORE_CALL, Seam.GAP, Seam.AFTER_CALL]),
        after=AFTER,
        meanwhile=MEANWHILE,
    ),
)
"""Not before a commit: SQLite lets nobody else write until it is over, and PostgreSQL nobody at this row."""
ACCOUNTS = {
    Kind.TEXT: [Network.X, Network.FACEBOOK, Network.WEBSITE],
    Kind.DESIGN: [Network.X, Network.FACEBOOK, Network.INSTAGRAM, Network.WEBSITE],
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A post to write: a text, a long text that is a thread on X, or a picture."""

    kind: Kind
    accounts: tuple[str, ...]
    is_long: bool = False

    def write(self, centre: Centre, *, due_in: float) -> None:
        centre.write(self.kind, self.accounts, is_long=self.is_long, due_in=due_in)


def _on(kind: Kind, most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(ACCOUNTS[kind]), min_size=1, max_size=most, unique=True).map(tuple)


POSTS = st.one_of(
    *(st.builds(Told, kind=st.just(kind), accounts=_on(kind, 2)) for kind in ACCOUNTS),
    st.builds(
        Told,
        kind=st.just(Kind.TEXT),
        accounts=st.sampled_from([(Network.X,), (Network.X,), (Network.X, Network.WEBSITE)]),
        is_long=st.just(True),
    ),
)
FAULTS = st.builds(
    Fault,
    name=st.sampled_from(
        ["drop-before", "drop-after", "error-before", "error-after", "truncated-after", "empty-after"]
    ),
    path=st.sampled_from(["/2/tweets", "/feed", "/media_publish", "/posts", "/x/", "/graph/", "/website/"]),
    method=st.sampled_from(["POST", "POST", "GET"]),
    times=st.integers(1, 2),
    skip=st.sampled_from([0, 0, 0, 1, 2]),
)
LEVERS = st.one_of(
    st.just((Scope.EVERYTHING, "")),
    st.tuples(st.sampled_from([Scope.NETWORK, Scope.ACCOUNT]), st.sampled_from(list(NETWORKS))),
    st.tuples(st.just(Scope.KIND), st.sampled_from([str(kind) for kind in ACCOUNTS])),
)
MOST_POSTS = 6


class Story(RuleBasedStateMachine):
    scenery: Scenery

    def __init__(self) -> None:
        super().__init__()
        self.centre = Centre(self.scenery)

    def teardown(self) -> None:
        with closing(self.centre):
            self.centre.settle()

    @initialize(posts=st.lists(POSTS, min_size=1, max_size=2))
    def the_first_posts(self, posts: list[Told]) -> None:
        for post in posts:
            post.write(self.centre, due_in=0)

    @precondition(lambda self: len(self.centre.posts) < MOST_POSTS)
    @rule(post=POSTS, due_in=st.sampled_from([0, 0, 30, 900]))
    def another_post(self, post: Told, due_in: float) -> None:
        post.write(self.centre, due_in=due_in)

    @rule(which=st.integers(0, MOST_POSTS - 1), due_in=st.sampled_from([0, 0, 30, 900]))
    def an_edit(self, which: int, due_in: float) -> None:
        self.centre.edit(self.centre.posts[which % len(self.centre.posts)], due_in=due_in)

    @rule(which=st.integers(0, MOST_POSTS - 1), due_in=st.sampled_from([0, 30]), is_approved=st.booleans())
    def a_correction(self, which: int, due_in: float, is_approved: bool) -> None:
        key = self.centre.posts[which % len(self.centre.posts)]
        self.centre.edit(key, due_in=due_in, correction="The date was wrong.")
        if is_approved:
            self.centre.approve(key)

    @rule(which=st.integers(0, MOST_POSTS - 1))
    def taken_down(self, which: int) -> None:
        self.centre.take_down([self.centre.posts[which % len(self.centre.posts)]])

    @rule(which=st.integers(0, MOST_POSTS - 1))
    def an_approval(self, which: int) -> None:
        self.centre.approve(self.centre.posts[which % len(self.centre.posts)])

    @rule(lever=LEVERS)
    def a_lever(self, lever: tuple[Scope, str]) -> None:
        self.centre.pull(*lever)

    @rule()
    def levers_lifted(self) -> None:
        self.centre.lift()

    @rule()
    def put_back_on_the_plan(self) -> None:
        self.centre.put_back()

    @rule(owner=st.sampled_from(WORKERS))
    def a_worker_works(self, owner: str) -> None:
        self.centre.work_everywhere(owner)

    @rule(owner=st.sampled_from(WORKERS), post=POSTS, mishap=DEATH)
    def a_worker_dies(self, owner: str, post: Told, mishap: Mishap) -> None:
        self._one_more(post)
        self.centre.work_everywhere(owner, mishap)

    @rule(owner=st.sampled_from(WORKERS), post=POSTS, mishap=SLEEP)
    def a_worker_sleeps(self, owner: str, post: Told, mishap: Mishap) -> None:
        self._one_more(post)
        self.centre.work_everywhere(owner, mishap)

    @rule(
        owner=st.sampled_from(WORKERS),
        post=POSTS,
        faults=st.lists(FAULTS, min_size=1, max_size=2),
        mishap=st.none() | SLEEP,
    )
    def a_network_has_a_bad_day(self, owner: str, post: Told, faults: list[Fault], mishap: Mishap | None) -> None:
        self._one_more(post)
        for fault in faults:
            self.centre.goes_wrong(fault)
        self.centre.work_everywhere(owner, mishap)

    def _one_more(self, post: Told) -> None:
        if len(self.centre.posts) < MOST_POSTS:
            post.write(self.centre, due_in=0)

    @rule(owner=st.sampled_from(WORKERS))
    def leases_run_out(self, owner: str) -> None:
        self.centre.leases_run_out(owner)

    @rule(owner=st.sampled_from(WORKERS))
    def started_anew(self, owner: str) -> None:
        self.centre.start(owner)

    @rule(seconds=st.sampled_from([1, 10, 60, 300, 300, 1200, 25_200]))
    def time_passes(self, seconds: float) -> None:
        self.centre.time_passes(seconds)

    @rule()
    def a_person_looks(self) -> None:
        self.centre.look_at_the_account()

    @invariant()
    def out_at_most_once_and_truly_told(self) -> None:
        self.centre.check()


def profile(examples: int) -> settings:
    return settings(
        max_examples=RUNS or examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=not RUNS,
        phases=[Phase.generate] if AS_FOUND else list(Phase),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite, tmp_path / "sawt.sqlite")
    return f"sqlite:///{tmp_path / 'sawt.sqlite'}"


@pytest.fixture
def stories(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[type[Story]]:
    """Stories on this database; they share a stage's server and a store, which each finds empty."""
    url: str = request.getfixturevalue(request.param)
    shelf = LoopbackShelf(tmp_path / "shelf")
    with closing(shelf), theatre(tmp_path) as house:
        made = scenery(tmp_path, house, url, shelf)
        with made.seams.watching():
            yield type("Story", (Story,), {"scenery": made, "on": request.param})
        made.people.close()
        made.workers.close()


@pytest.mark.parametrize(("stories", "examples"), [("sqlite", 60), ("postgres", 8)], indirect=["stories"])
def test_out_at_most_once_never_unapproved_never_while_held_and_never_lost(stories: type[Story], examples: int) -> None:
    run_state_machine_as_test(stories, settings=profile(examples))
