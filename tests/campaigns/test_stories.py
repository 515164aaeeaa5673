"""A story on its way: drawn upright, agreed on, out for a day, and measured while it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from campaigns import illustrating, review
from campaigns.connections import Connections
from campaigns.drafting import Draft, Words, save
from campaigns.languages import Language
from campaigns.measuring import Measurer
from campaigns.models import Delivery, Kind, Post, Reading
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.rehearsal.faults import Fault
from platforms.rehearsal.serving import RunningStage
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock

KEY = "greeting:instagram-en:en"
HOURS = [0.5, 0.6, 5, 16.5, 0.5, 1, 30]
"""Between the looks that the clock takes; Instagram's ages are 1, 6 and 24 hours, and a story's 1, 6 and 23."""


def approved(store: Store, settings: Settings, vault: Vault) -> None:
    """A story of one verse, drawn, and approved for the next minute."""
    now = datetime.now(UTC)
    words = Words(language=Language.EN, title="Peace", text="Peace", alt_text="Peace")
    draft = Draft(
        key="greeting",
        kind=Kind.STORY,
        template="quotation",
        words=(words,),
        accounts=("instagram-en",),
        at=(now + timedelta(minutes=1)).isoformat(),
        timezone="UTC",
        author=factories.WRITER,
    )
    factories.accounts(store, settings)
    with store.writing() as session:
        save(session, draft, now=now, vault=vault)
    illustrating.illustrate(store, vault, draft.key, pace="draft")
    with store.writing() as session:
        post = session.scalars(select(Post)).one()
        review.submit(session, post, by=post.revision.author, now=now)
        factories.approve(session, post, settings, now=now)


def later(clock: MovableClock, stage: Stage, by: timedelta) -> None:
    """For us and for the network."""
    clock.ahead += by
    stage.move_clock(by)


def test_a_story_is_drawn_upright_published_and_measured_until_it_is_gone(
    store: Store,
    settings: Settings,
    vault: Vault,
    stage: Stage,
    running: RunningStage,
    connections: Connections,
    clock: MovableClock,
) -> None:
    approved(store, settings, vault)
    clock.move(minutes=2)
    Publisher(store, vault, connections, owner="w", clock=clock).work("instagram-en")
    [shown], published = running.shown(), factories.publication(store, KEY)
    with store.reading() as session:
        [asset] = session.scalars(select(Post)).one().revision.assets

    assert (published.state, published.remote_id) == (Delivery.PUBLISHED, shown["remote_id"])
    assert (asset.width, asset.height) == (1080, 1920)
    assert (shown["text"], shown["media"]) == ("", [asset.sha256])

    measurer, looks = Measurer(store, connections, settings, clock=clock), []
    for hours in HOURS:
        later(clock, stage, timedelta(hours=hours))
        looks.append(measurer.measure_due().readings)
    with store.reading() as session:
        last = session.scalars(select(Reading).order_by(Reading.taken_at.desc())).first()

    assert looks == [0, 1, 1, 0, 1, 0, 0]
    assert last and last.views and last.reach and "navigation" in last.others


def test_a_story_whose_answer_was_lost_is_found_where_stories_stand(
    store: Store,
    settings: Settings,
    vault: Vault,
    running: RunningStage,
    stage: Stage,
    connections: Connections,
    clock: MovableClock,
) -> None:
    approved(store, settings, vault)
    stage.faults.add(Fault(name="drop-after", path="/media_publish"))
    publisher = Publisher(store, vault, connections, owner="w", clock=clock)
    later(clock, stage, timedelta(minutes=2))
    publisher.work("instagram-en")
    assert factories.publication(store, KEY).state is Delivery.UNCERTAIN
    later(clock, stage, timedelta(minutes=1))
    publisher.work("instagram-en")

    [shown], published = running.shown(), factories.publication(store, KEY)
    assert (published.state, published.remote_id) == (Delivery.PUBLISHED, shown["remote_id"])
