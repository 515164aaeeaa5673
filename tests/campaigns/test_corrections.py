"""What is out is corrected in place where the network can: approved, brought once, said to readers and to the team."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns import catalogue, drafting, levers, planning, review, withdrawing
from campaigns.connections import Connections, Speaker
from campaigns.drafting import Draft, Words
from campaigns.languages import Language
from campaigns.models import Account, Delivery, Kind, Move, Post, Publication, Scope
from campaigns.outgoing import compose
from campaigns.publishing import LEASE, Lane, Line, Publisher
from campaigns.settings import AccountSetting, Settings
from campaigns.store import Store
from campaigns.telling import Teller
from campaigns.vault import Vault
from campaigns.words import unmarked, words_in
from platforms.contract import Network
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.serving import RunningStage, in_thread
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock

WEB, X = "web", "x-en"
PREPARE = Line(account=WEB, lane=Lane.PREPARE)
NOTE = {Language.AR: "صُحّح رقم الآية.", Language.EN: "The verse number was wrong.", Language.FR: "Numéro corrigé."}


@dataclass
class House:
    """A website in three languages and X in English, on the stage; one worker."""

    store: Store
    settings: Settings
    publisher: Publisher
    stage: Stage
    running: RunningStage
    clock: MovableClock
    accounts: tuple[str, ...] = (WEB, X)

    def says(self, text: str, notes: dict[Language, str] | None = None) -> None:
        """The next revision of the one post, submitted and approved."""
        with self.store.writing() as session:
            drafting.save(session, self._draft(text, notes or {}), vault=self.publisher.vault, now=self.clock())
            post = session.scalars(select(Post)).one()
            session.refresh(post)
            review.submit(session, post, by=post.revision.author, now=self.clock())
        self.approve()

    def approve(self) -> None:
        with self.store.writing() as session:
            post = session.scalars(select(Post)).one()
            factories.approve(session, post, self.settings, now=self.clock())

    def _draft(self, text: str, notes: dict[Language, str]) -> Draft:
        return Draft(
            key="peace",
            kind=Kind.TEXT,
            words=tuple(
                Words(language=each, title=f"Peace ({each})", text=f"{text} ({each})", correction=notes.get(each, ""))
                for each in Language
            ),
            accounts=self.accounts,
            at=(datetime.now(UTC) + timedelta(minutes=1)).isoformat(),
            timezone="UTC",
            author=factories.WRITER,
        )

    def work(self, **by: float) -> None:
        self.clock.move(**by)
        for account in self.accounts * 2:
            self.publisher.work(account)

    def out(self, language: Language = Language.EN, account: str = WEB) -> Publication:
        return factories.publication(self.store, f"peace:{account}:{language}")

    def reads(self, language: Language = Language.EN) -> str:
        """What readers of the website see in this language."""
        remote_id = self.out(language).remote_id
        [seen] = [
            each for each in self.running.shown() if each["network"] == "website" and each["remote_id"] == remote_id
        ]
        return str(seen["text"])

    def told(self, language: Language = Language.EN) -> str:
        with self.store.reading() as session:
            publication = session.get_one(Publication, self.out().id)
            return unmarked(Teller(session, words_in(language), now=self.clock()).tell(publication).text)


@pytest.fixture
def house(store: Store, settings: Settings, tmp_path: Path, clock: MovableClock) -> Iterator[House]:
    web = AccountSetting(
        key=WEB, network=Network.WEBSITE, languages=tuple(Language), name="web", timezone="UTC", spacing=timedelta()
    )
    settings = replace(settings, accounts=(*settings.accounts, web))
    with store.writing() as session:
        catalogue.load_accounts(session, settings)
    stage = Stage(files=tmp_path / "stage", processing=timedelta(), lag=timedelta())
    with in_thread(stage) as running:
        connections = Connections(settings, running.base)
        publisher = Publisher(store, Vault(settings.media), connections, owner="worker-1", clock=clock)
        yield House(store, settings, publisher, stage, running, clock)
        connections.close()


@pytest.fixture
def out(house: House) -> House:
    """The post is out in older words, in three languages and on X."""
    house.says("Older words")
    house.work(minutes=2)
    house.work(seconds=1)
    assert {house.out(each).state for each in Language} | {house.out(account=X).state} == {Delivery.PUBLISHED}
    return house


def test_languages_that_came_out_one_after_the_other_lead_to_each_other(out: House) -> None:
    for language in Language:
        for other in set(Language) - {language}:
            assert f'href="{out.out(other).url}"' in out.reads(language)
        assert out.out(language).follows_at is None


def test_an_approved_correction_is_brought_once_and_said_to_readers_and_to_the_team(out: House) -> None:
    first = out.out()
    out.says("Newer words", NOTE)
    assert out.told().endswith("A correction is on its way; until then the older words can be read.")
    out.work(seconds=1)
    corrected = out.out()
    assert (corrected.remote_id, corrected.state, corrected.corrected_to_id) == (
        first.remote_id,
        Delivery.PUBLISHED,
        None,
    )
    assert corrected.corrected_at is not None and corrected.revision_id != first.revision_id
    for language in Language:
        assert "Newer words" in out.reads(language) and "Older words" not in out.reads(language)
        assert out.reads(language).count(NOTE[language]) == 1
    assert "It was corrected at" in out.told()
    assert "صُحّح الساعة" in out.told(Language.AR)
    assert "Elle a été rectifiée" in out.told(Language.FR)
    assert [move.why for move in corrected.moves][-1] == "corrected"


def test_what_cannot_be_corrected_stays_as_it_is(out: House) -> None:
    before = out.out(account=X)
    out.says("Newer words", NOTE)
    out.work(seconds=1)
    after = out.out(account=X)
    assert (after.revision_id, after.corrected_to_id, after.state) == (before.revision_id, None, Delivery.PUBLISHED)


def test_without_a_word_to_the_public_nothing_that_is_out_is_changed(out: House) -> None:
    out.says("Newer words", {Language.EN: NOTE[Language.EN]})
    out.work(seconds=1)
    assert "Newer words" in out.reads(Language.EN)
    assert "Older words" in out.reads(Language.AR)


def test_a_correction_that_was_told_is_told_once_and_is_no_reason_for_another(out: House) -> None:
    out.says("Newer words", NOTE)
    out.work(seconds=1)
    out.says("Newest words", NOTE)
    out.work(seconds=1)
    assert "Newer words" in out.reads()
    again = {language: f"{note} (2)" for language, note in NOTE.items()}
    out.says("Last words", again)
    out.work(seconds=1)
    assert "Last words" in out.reads()
    assert [out.reads().count(note) for note in (f"{NOTE[Language.EN]}</p>", again[Language.EN])] == [1, 1]


FAULTS: list[Name] = ["drop-before", "drop-after", "error-after", "truncated-after", "empty-after"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_correction_whose_answer_is_lost_is_brought_again_and_stands_once(out: House, fault: Name) -> None:
    out.says("Newer words", {Language.EN: NOTE[Language.EN]})
    out.stage.faults.add(Fault(name=fault, path="/posts/"))
    out.work(seconds=1)
    waiting = out.out()
    assert waiting.corrected_to_id is not None and waiting.state is Delivery.PUBLISHED
    assert "Sawt tries again at" in out.told()
    out.work(minutes=1)
    assert out.out().corrected_at is not None
    assert out.reads().count(NOTE[Language.EN]) == 1
    assert len([each for each in out.running.shown() if each["network"] == "website"]) == 3


@pytest.mark.parametrize("sent", [False, True])
def test_a_correction_goes_on_after_a_worker_died_with_it(out: House, sent: bool) -> None:
    out.says("Newer words", {Language.EN: NOTE[Language.EN]})
    out.clock.move(seconds=1)
    claim = out.publisher.claims.take(PREPARE)
    assert claim and claim.correcting
    if sent:
        with out.publisher.connections.platform(claim.speaker) as platform:
            platform.correct(claim.outgoing, claim.remote_id or "", claim.checkpoint)
    next_worker = Publisher(
        out.store, out.publisher.vault, out.publisher.connections, owner="worker-2", clock=out.clock
    )
    with out.store.writing() as session:
        session.get_one(Publication, claim.publication_id).lease_until = datetime.now(UTC) - LEASE
    next_worker.recover()
    next_worker.work(WEB)
    assert out.out().corrected_at is not None
    assert out.reads().count(NOTE[Language.EN]) == 1


def test_a_lever_stops_a_correction_and_planning_again_brings_it(out: House) -> None:
    out.says("Newer words", {Language.EN: NOTE[Language.EN]})
    editor = factories.EDITOR
    with out.store.writing() as session:
        levers.hold(session, scope=Scope.NETWORK, value="website", reason="look first", by=editor, now=out.clock())
    out.work(seconds=1)
    assert "Older words" in out.reads()
    assert "The correction could not be brought" in out.told()
    with out.store.writing() as session:
        levers.release(session, scope=Scope.NETWORK, value="website", by=editor, now=out.clock())
    planning.plan_all(out.store, settings=out.settings, now=out.clock())
    out.work(seconds=1)
    assert "Newer words" in out.reads()
    assert "could not be brought" not in out.told()


def test_an_article_that_somebody_removed_is_not_corrected_and_the_team_hears_of_it(out: House) -> None:
    speaker = Speaker(account=WEB, network=Network.WEBSITE, rehearsal=True)
    with out.publisher.connections.platform(speaker) as platform:
        platform.withdraw(out.out().remote_id or "", {})
    out.says("Newer words", {Language.EN: NOTE[Language.EN]})
    out.work(seconds=1)
    assert "The correction could not be brought" in out.told()
    with out.store.reading() as session:
        said = session.scalars(select(Move.why).where(Move.publication_id == out.out().id)).all()
    assert "no longer out on the website" in said[-1]


def test_words_altered_after_approval_do_not_come_out_with_what_follows(out: House) -> None:
    with out.store.writing() as session:
        english = session.scalars(select(Post)).one().revision.wording(Language.EN)
        assert english
        english.text = "Something else."
        french = session.get_one(Publication, out.out(Language.FR).id)
        withdrawing.withdraw(session, french, settings=out.settings, by="Yusuf", reason="a wrong year", now=out.clock())
    out.work(seconds=1)
    out.work(seconds=1)
    assert "Older words" in out.reads() and "Something else" not in out.reads()
    assert "not what was approved" in out.out().why


def test_an_older_correction_that_was_altered_after_its_approval_is_not_told_with_a_newer_one(out: House) -> None:
    out.says("Newer words", NOTE)
    out.work(seconds=1)
    with out.store.writing() as session:
        english = session.scalars(select(Post)).one().revision.wording(Language.EN)
        assert english
        english.correction = "Nobody approved this."
    out.says("Last words", {language: f"{note} (2)" for language, note in NOTE.items()})
    out.work(seconds=1)
    assert "Last words" in out.reads() and f"{NOTE[Language.EN]} (2)" in out.reads()
    assert "Nobody approved this" not in out.reads()


def test_facebook_reads_the_correction_below_the_newer_words(house: House) -> None:
    house.accounts = ("facebook-fr",)
    house.says("Older words")
    house.work(minutes=2)
    house.says("Newer words", NOTE)
    house.work(seconds=1)
    [seen], out = house.running.shown(), house.out(Language.FR, "facebook-fr")
    words, told = seen["text"].split("\n\n")  # type: ignore[attr-defined]
    assert (out.remote_id, words) == (seen["remote_id"], "Newer words (fr)")
    assert told.startswith("Rectificatif (") and told.endswith(NOTE[Language.FR])
    assert out.corrected_at is not None


@pytest.mark.parametrize(("account", "is_to_be"), [("youtube-en-fr", True), ("facebook-en", False)])
def test_a_correction_in_a_further_language_is_one_where_the_post_carries_it(
    account: str, is_to_be: bool, store: Store, settings: Settings
) -> None:
    factories.accounts(store, settings)
    with store.writing() as session:
        post = factories.text_post(session, on=[account], languages=(Language.EN, Language.FR))
        out = Publication(
            key="out",
            post=post,
            revision=post.revision,
            account=session.get_one(Account, account),
            language=Language.EN,
            state=Delivery.PUBLISHED,
            due_at=datetime.now(UTC),
            remote_id="1",
        )
        session.add(out)
        newer = factories.newer_words(session, "Peace is a word to keep.").revision
        assert not planning.is_to_be_corrected(out, newer)
        french = newer.wording(Language.FR)
        assert french
        french.correction = NOTE[Language.FR]
        assert planning.is_to_be_corrected(out, newer) is is_to_be
        told = compose(newer, out.account, Language.EN, key="out", vault=Vault(settings.media))
        assert [each.note for each in told.localizations["fr"].corrections] == [NOTE[Language.FR]]
        assert not told.corrections
