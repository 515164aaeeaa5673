"""A small month counted by hand, and the files that tell it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from campaigns.languages import Language
from campaigns.models import (
    Account,
    Campaign,
    Delivery,
    Kind,
    Misconception,
    Person,
    Post,
    Publication,
    Reading,
    Rebuttal,
    Revision,
    Role,
    Standing,
    Summary,
    Wording,
)
from campaigns.reports.monthly import tell
from campaigns.reports.speech import Digits, Speech, plain
from campaigns.reports.summary import summarise
from campaigns.reports.tables import lay_out
from campaigns.reports.told import Line, Month, MonthTold, Outcome
from campaigns.reports.words import NAMES, NOUNS, PHRASES
from campaigns.reports.writing import Format, write
from campaigns.store import Store
from campaigns.vault import digest_of
from platforms.contract import Network

NOW = datetime(2026, 12, 20, 9, tzinfo=UTC)
HOSTILE = '=1+1 <script>alert("x")</script> \u202egnp.exe\u202c & #panic() $x$'


@pytest.fixture
def desk_copy(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """One database is enough where only the writing of files is looked at."""
    shutil.copy(migrated_sqlite, tmp_path / "sawt.sqlite")
    store = Store(f"sqlite:///{tmp_path / 'sawt.sqlite'}")
    yield store
    store.close()


class Diary:
    """Writes the smallest true rows: a post on one account, and the figures that came back."""

    def __init__(self, session: Any) -> None:
        self.session, self.number = session, session.query(Post).count()
        self.author = session.query(Person).first() or Person(name="Maryam", role=Role.EDITOR, created_at=NOW)
        session.add(self.author)

    def account(self, key: str, network: Network, *languages: str) -> None:
        self.session.add(Account(key=key, network=network, languages=list(languages), name=key, timezone="UTC"))

    def misconception(self, key: str, standing: Standing = Standing.DRAFT) -> None:
        claims = {f"claim_{language.value}": f"{key} {language.value}" for language in Language}
        self.session.add(Misconception(key=key, category="violence", standing=standing, **claims))
        self.session.flush()

    def post(
        self,
        *answers: str,
        title: str = "Mercy",
        kind: Kind = Kind.DESIGN,
        campaign: str | None = None,
        rehearsal: bool = False,
    ) -> Revision:
        """Answers are keys of misconceptions, the one answered first of all in front."""
        self.number += 1
        post = Post(key=f"post-{self.number}", created_at=NOW, rehearsal=rehearsal)
        revision = Revision(
            post=post,
            number=1,
            kind=kind,
            campaign_key=campaign,
            accounts=[],
            at="slot",
            timezone="UTC",
            author=self.author,
            row_digest="0" * 64,
            created_at=NOW,
        )
        revision.wordings = [Wording(language=each, title=f"{title} {each.value}", text=title) for each in Language]
        revision.rebuttals = [Rebuttal(misconception_key=key, position=place) for place, key in enumerate(answers)]
        self.session.add(revision)
        self.session.flush()
        return revision

    def publication(
        self,
        revision: Revision,
        account: str,
        due_at: datetime,
        state: Delivery = Delivery.PUBLISHED,
        *,
        language: Language = Language.AR,
        published_at: datetime | None = None,
        why: str = "",
        url: str | None = None,
        **figures: int,
    ) -> Publication:
        publication = Publication(
            key=f"{revision.post.key}/{account}/{language.value}",
            post=revision.post,
            revision=revision,
            account_key=account,
            language=language,
            state=state,
            rehearsal=revision.post.rehearsal,
            due_at=due_at,
            published_at=published_at or (due_at if state is Delivery.PUBLISHED else None),
            why=why,
            url=url,
        )
        self.session.add(publication)
        self.session.flush()
        if figures:
            self.reading(publication, due_at + timedelta(days=7), **figures)
        return publication

    def reading(self, publication: Publication, at: datetime, **figures: int) -> None:
        self.session.add(Reading(publication_id=publication.id, taken_at=at, **figures))


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def small_month(store: Store) -> None:
    """Five publications on three accounts: three are out, of which two have impressions and one has nothing."""
    with store.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        diary.account("facebook-fr", Network.FACEBOOK, "fr")
        diary.account("youtube-en-fr", Network.YOUTUBE, "en", "fr")
        for key in ("war", "women", "mosques"):
            diary.misconception(key)
        session.add(Campaign(key="mercy", titles={"ar": "رحمة", "en": "Mercy", "fr": "Miséricorde"}))
        first = diary.post("war", "women", campaign="mercy")
        out = diary.publication(first, "x-ar", at(3), url="https://x.example/1")
        diary.reading(out, at(4), impressions=10, reactions=1)
        diary.reading(out, at(10), impressions=1000, reactions=30, comments=2, shares=8, reach=700)
        diary.reading(out, NOW + timedelta(days=1), impressions=99_999, reactions=99_999)
        diary.publication(first, "facebook-fr", at(3), language=Language.FR, impressions=3000, reactions=60, reach=2500)
        diary.publication(
            first, "youtube-en-fr", at(3), Delivery.FAILED, language=Language.EN, why="The film is too long."
        )
        second = diary.post("women", kind=Kind.FILM)
        diary.publication(second, "x-ar", at(5), Delivery.UNCERTAIN)
        diary.publication(second, "youtube-en-fr", at(6), language=Language.EN)


def told(store: Store, month: str = "2026-11", now: datetime = NOW) -> MonthTold:
    with store.reading() as session:
        return tell(session, month, now=now)


def by_key(lines: tuple[Line, ...]) -> dict[str, Line]:
    return {line.key: line for line in lines}


def test_every_publication_has_one_outcome_so_that_they_add_up_to_the_plan(desk_copy: Store) -> None:
    small_month(desk_copy)
    month = told(desk_copy)
    whole = month.whole
    assert (whole.planned, whole.published, whole.not_out) == (5, 3, 2)
    assert whole.outcomes[Outcome.FAILED] == whole.outcomes[Outcome.UNCERTAIN] == 1
    for lines in (month.accounts, month.networks, month.languages, month.kinds):
        assert sum(line.planned for line in lines) == 5


def test_a_sum_takes_the_newest_reading_and_says_over_how_many_it_is(store: Store) -> None:
    small_month(store)
    totals = told(store).whole.totals
    assert (totals["impressions"].value, totals["impressions"].over, totals["impressions"].of) == (4000, 2, 3)
    assert (totals["engagements"].value, totals["engagements"].over) == (30 + 2 + 8 + 60, 2)
    assert (totals["comments"].value, totals["comments"].over) == (2, 1)


def test_the_rate_is_sum_by_sum_and_the_median_is_of_single_posts(desk_copy: Store) -> None:
    small_month(desk_copy)
    rate = told(desk_copy).whole.rate
    assert rate is not None
    assert (rate.value, rate.over, rate.of) == (100 / 4000, 2, 3)
    assert rate.median == pytest.approx((0.04 + 0.02) / 2)


def test_the_rate_leaves_out_what_lacks_one_of_the_two_figures(desk_copy: Store) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        diary.publication(diary.post(), "x-ar", at(1), impressions=100, reactions=5)
        diary.publication(diary.post(), "x-ar", at(2), impressions=900)
        diary.publication(diary.post(), "x-ar", at(3), reactions=50)
    rate = told(desk_copy).whole.rate
    assert rate is not None
    assert (rate.value, rate.over, rate.of, rate.median, rate.quartiles) == (0.05, 1, 3, 0.05, None)


def test_a_missing_figure_is_absent_and_never_zero(desk_copy: Store) -> None:
    small_month(desk_copy)
    month = told(desk_copy)
    youtube = by_key(month.networks)["youtube"]
    assert youtube.published == 1
    assert youtube.totals == {}
    assert youtube.rate is None
    assert youtube.largest_reach is None
    assert "views" not in month.whole.totals


def test_a_measured_zero_is_a_zero(desk_copy: Store) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        diary.publication(diary.post(), "x-ar", at(1), impressions=0, reactions=0)
    whole = told(desk_copy).whole
    assert whole.totals["impressions"].value == whole.totals["engagements"].value == 0
    assert whole.rate is None


def test_reach_is_the_largest_of_one_post_and_never_a_sum(desk_copy: Store) -> None:
    small_month(desk_copy)
    month = told(desk_copy)
    assert month.whole.largest_reach == 2500
    assert "reach" not in month.whole.totals
    text = " ".join(cell.text for table in lay_out(month, Language.EN).tables for row in table.rows for cell in row)
    assert "3,200" not in text


def test_a_month_begins_and_ends_at_midnight_utc(store: Store) -> None:
    with store.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        post = diary.post
        diary.publication(post(), "x-ar", datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
        diary.publication(post(), "x-ar", datetime(2026, 11, 1, tzinfo=UTC))
        diary.publication(post(), "x-ar", datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
        diary.publication(post(), "x-ar", datetime(2026, 12, 1, tzinfo=UTC))
        late = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
        diary.publication(post(), "x-ar", datetime(2026, 11, 30, 23, 55, tzinfo=UTC), published_at=late)
    assert [told(store, month).whole.published for month in ("2026-10", "2026-11", "2026-12")] == [1, 2, 2]
    days = {day.on: day.published for day in told(store).days}
    assert len(days) == 30
    assert days[date(2026, 11, 1)] == days[date(2026, 11, 30)] == 1


@pytest.mark.parametrize("name", ["2026-13", "2026-1", "November", "2026-11-01", ""])
def test_what_is_not_a_month_gets_advice(name: str) -> None:
    with pytest.raises(ValueError, match="write year and month like 2026-11"):
        Month.named(name)


def test_december_ends_with_the_year() -> None:
    assert Month.named("2026-12").ends_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert len(Month.named("2028-02").days) == 29


def test_misconceptions_are_counted_by_posts_first_and_second_in_line(store: Store) -> None:
    small_month(store)
    month = told(store)
    answered = {each.key: each for each in month.misconceptions}
    assert (answered["war"].first_in, answered["war"].also_in) == (1, 0)
    assert (answered["women"].first_in, answered["women"].also_in) == (1, 1)
    assert answered["war"].languages == (Language.AR, Language.FR)
    assert answered["war"].line.totals["impressions"].value == 4000
    assert answered["women"].last_on == date(2026, 11, 6)
    assert [each.key for each in month.never_answered] == ["mosques"]


def test_an_answer_before_the_month_is_remembered_and_one_after_it_is_not(desk_copy: Store) -> None:
    small_month(desk_copy)
    december = {each.key: each for each in told(desk_copy, "2026-12").misconceptions}
    assert (december["war"].first_in, december["war"].last_on) == (0, date(2026, 11, 3))
    assert {each.key for each in told(desk_copy, "2026-10").never_answered} == {"war", "women", "mosques"}


def test_rehearsals_never_mix_with_real_figures(desk_copy: Store) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        diary.publication(diary.post(rehearsal=True), "x-ar", at(2), impressions=5000)
    assert told(desk_copy).rehearsal
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.publication(diary.post(), "x-ar", at(2), impressions=70)
    month = told(desk_copy)
    assert not month.rehearsal
    assert month.rehearsals_left_out == 1
    assert month.whole.totals["impressions"].value == 70


def test_a_withdrawn_publication_is_counted_but_its_figures_are_not_summed(desk_copy: Store) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        diary.publication(diary.post(), "x-ar", at(2), Delivery.WITHDRAWN, published_at=at(2), impressions=70)
    whole = told(desk_copy).whole
    assert whole.outcomes[Outcome.WITHDRAWN] == 1
    assert whole.totals == {}


def test_best_are_ranked_by_engagements_and_troubles_told_with_their_reasons(desk_copy: Store) -> None:
    small_month(desk_copy)
    month = told(desk_copy)
    assert [each.account for each in month.best] == ["facebook-fr", "x-ar"]
    assert [each.outcome for each in month.troubles] == [Outcome.FAILED, Outcome.UNCERTAIN]
    first = lay_out(month, Language.EN).troubles[0]
    sentence = "".join(span.text for span in first.sentence)
    assert sentence == "On 3 November, YouTube · English, French did not take “Mercy en”."
    assert first.reason.folded == "The film is too long."


def test_papers_and_workbook_give_reasons_in_their_own_language_and_a_persons_in_theirs(
    desk_copy: Store, tmp_path: Path
) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        stopped = "a worker stopped while sending it; the network is asked whether it is out"
        diary.publication(diary.post(), "x-ar", at(2), Delivery.UNCERTAIN, why=stopped)
        passed = "its hour was 2026-11-03 12:00 UTC; decide if it is still right"
        diary.publication(diary.post(), "x-ar", at(3), Delivery.MISSED, why=passed)
        diary.publication(diary.post(), "x-ar", at(4), Delivery.WITHDRAWN, why="سُحب بطلب اللجنة")
    month = told(desk_copy)
    for language, interrupted in (
        (Language.AR, "توقف النظام أثناء إرساله، فيُسأل \u2068إكس\u2069 هل صدر."),
        (Language.EN, "Sawt was interrupted while sending it; it asks \u2068X\u2069 whether it is out."),
        (Language.FR, "Sawt a été interrompu pendant l’envoi\u202f; il vérifie sur \u2068X\u2069 si elle a paru."),
    ):
        reasons = [each.reason for each in lay_out(month, language).troubles]
        assert reasons[0].said == interrupted
        assert "12:00" in reasons[1].said
        assert not any(each.folded for each in reasons)
        assert interrupted in write(month, language, "html", tmp_path).read_text(encoding="utf-8")
        sheet = openpyxl.load_workbook(write(month, language, "xlsx", tmp_path)).worksheets[-1]
        told_in_sheet = [row[-1].value for row in sheet.iter_rows()]
        assert interrupted in told_in_sheet
        assert "سُحب بطلب اللجنة" in told_in_sheet


def test_what_is_long_overdue_is_told_as_waiting(desk_copy: Store) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        diary.publication(diary.post(), "x-ar", at(2), Delivery.PLANNED)
        diary.publication(diary.post(), "x-ar", at(20), Delivery.PLANNED)
    month = told(desk_copy, now=at(10))
    assert not month.is_over
    assert [each.at for each in month.troubles] == [at(2)]
    assert "has been due" in "".join(span.text for span in lay_out(month, Language.EN).troubles[0].sentence)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "لا منشورات"),
        (1, "منشور واحد"),
        (2, "منشوران"),
        (3, "3 منشورات"),
        (10, "10 منشورات"),
        (11, "11 منشورًا"),
        (99, "99 منشورًا"),
        (100, "100 منشور"),
        (102, "102 منشور"),
        (103, "103 منشورات"),
        (111, "111 منشورًا"),
        (1000, "1,000 منشور"),
    ],
)
def test_arabic_counts_in_six_forms(number: int, said: str) -> None:
    assert Speech(language=Language.AR).counted("publications", number) == said


def test_figures_are_written_as_each_language_does() -> None:
    arabic, english, french = (Speech(language=language) for language in Language)
    assert (arabic.count(1204), english.count(1204), french.count(1204)) == ("1,204", "1,204", "1\u202f204")
    assert english.percent(0.0425) == "4.2%"
    assert french.percent(0.0425) == "4,2\u202f%"
    assert arabic.percent(0.0425) == "\u20664.2%\u2069"
    eastern = Speech(language=Language.AR, digits=Digits.ARABIC)
    assert (eastern.count(1204), eastern.day(date(2026, 11, 3))) == ("١٬٢٠٤", "٣ نوفمبر")
    assert Speech(language=Language.FR, digits=Digits.ARABIC).count(1204) == "1\u202f204"


def test_the_hijri_months_stand_beside_the_gregorian_one() -> None:
    november = Month.named("2026-11")
    arabic, english, french = (Speech(language=language) for language in Language)
    assert arabic.month(november) == "نوفمبر 2026 م"
    assert arabic.hijri(november) == "جمادى الأولى – جمادى الآخرة 1448 هـ"
    assert english.hijri(Month.named("2027-06")) == "Dhu al-Hijjah 1448 AH – Muharram 1449 AH"
    assert french.hijri(november) == "joumada al-oula – joumada al-akhira 1448 H"
    assert "ربيع الآخر" in arabic.hijri(Month.named("2020-11"))
    assert english.hijri(Month.named("2090-01")) == ""


def test_every_phrase_has_the_same_gaps_in_all_languages() -> None:
    for key, phrase in PHRASES.items():
        assert len({frozenset(re.findall(r"\{(\w+)\}", words)) for _, words in phrase}) == 1, key
        assert all(words.strip() for _, words in phrase), key
    assert {member.value for group in (Network, Language, Kind, Outcome, Standing) for member in group} <= set(NAMES)
    assert all("other" in forms for noun in NOUNS.values() for _, forms in noun)


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def hostile_month(desk_copy: Store) -> MonthTold:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        session.get_one(Account, "x-ar").name = HOSTILE
        session.add(Campaign(key="c", titles={language.value: HOSTILE for language in Language}))
        post = diary.post(title=HOSTILE, campaign="c")
        diary.publication(post, "x-ar", at(2), url="javascript:alert(1)", impressions=10, reactions=1)
        diary.publication(diary.post(title=HOSTILE), "x-ar", at(3), Delivery.FAILED, why=HOSTILE)
    return told(desk_copy)


def test_hostile_words_are_only_words_in_html(desk_copy: Store, tmp_path: Path) -> None:
    page = write(hostile_month(desk_copy), Language.AR, "html", tmp_path).read_text(encoding="utf-8")
    elements = Elements(page)
    assert "script" not in elements.tags
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert not [value for name, value in elements.attributes if name in ("href", "src")]
    assert "style" not in {name for name, _ in elements.attributes}


def test_hostile_words_are_only_words_in_pdf(desk_copy: Store, tmp_path: Path) -> None:
    reader = PdfReader(write(hostile_month(desk_copy), Language.EN, "pdf", tmp_path))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "#panic()" in text
    assert "<script>" in text
    assert not any(page.get("/Annots") for page in reader.pages)


def test_hostile_words_are_only_words_in_xlsx(desk_copy: Store, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(hostile_month(desk_copy), Language.FR, "xlsx", tmp_path))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("=1+1") for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert "\u202e" not in "".join(str(cell.value) for cell in cells)


def test_plain_keeps_the_words_and_drops_what_turns_them_round() -> None:
    assert plain("مرحبا \u202eabc\u202c\n\u2067x\u2069\x00") == "مرحبا abc x"


@pytest.mark.parametrize("language", list(Language))
def test_the_html_page_stands_alone_and_runs_its_language_s_way(
    desk_copy: Store, tmp_path: Path, language: Language
) -> None:
    small_month(desk_copy)
    page = write(told(desk_copy), language, Format.HTML, tmp_path).read_text(encoding="utf-8")
    assert f'<html lang="{language.value}" dir="{language.direction}">' in page
    assert not {"script", "link", "img", "iframe"} & set(Elements(page).tags)
    assert 'href="https://x.example/1"' in page
    assert Speech(language=language).say("impact") in page
    assert Speech(language=language).say("over", over="2", of="3") in page


def test_bars_start_where_reading_starts(desk_copy: Store, tmp_path: Path) -> None:
    small_month(desk_copy)
    pages = [write(told(desk_copy), language, "html", tmp_path).read_text() for language in (Language.AR, Language.EN)]
    starts = [
        {(float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="0" width="([\d.]+)"', page)}
        for page in pages
    ]
    assert starts[0] == {(100 - width, width) for _, width in starts[1]}
    assert {x for x, _ in starts[1]} == {0.0}


def test_a_rehearsal_is_marked_on_every_page_and_sheet(desk_copy: Store, tmp_path: Path) -> None:
    with desk_copy.writing() as session:
        diary = Diary(session)
        diary.account("x-ar", Network.X, "ar")
        for day in range(1, 29):
            diary.publication(diary.post(rehearsal=True), "x-ar", at(day), Delivery.HELD, why="A drill.")
    month, mark = told(desk_copy), Speech(language=Language.EN).say("mark")
    pages = PdfReader(write(month, Language.EN, "pdf", tmp_path)).pages
    assert len(pages) > 2
    assert all("figures are invented" in page.extract_text() for page in pages)
    book = openpyxl.load_workbook(write(month, Language.EN, "xlsx", tmp_path))
    assert all(sheet["A2"].value == mark for sheet in book)
    assert mark in write(month, Language.EN, "html", tmp_path).read_text(encoding="utf-8")


def test_the_workbook_has_numbers_as_numbers_and_what_is_missing_as_nothing(desk_copy: Store, tmp_path: Path) -> None:
    small_month(desk_copy)
    book = openpyxl.load_workbook(write(told(desk_copy), Language.AR, "xlsx", tmp_path))
    assert book.sheetnames == [
        "نظرة عامة", "الحسابات", "الشبكات", "اللغات", "أنواع المحتوى", "الحملات", "المفاهيم الخاطئة", "المنشورات"
    ]  # fmt: skip
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    header, *rows = book["الشبكات"].iter_rows(min_row=4, max_row=7, values_only=True)
    figures = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert figures["فيسبوك"]["مرات الظهور"] == 3000
    assert figures["فيسبوك"]["معدل التفاعل"] == pytest.approx(0.02)
    assert figures["يوتيوب"]["مرات الظهور"] is None
    assert figures["يوتيوب"]["المخطط"] == 2


def test_the_pdf_is_tagged_and_speaks_its_language(desk_copy: Store, tmp_path: Path) -> None:
    small_month(desk_copy)
    reader = PdfReader(write(told(desk_copy), Language.FR, "pdf", tmp_path))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]
    text = "".join(page.extract_text() for page in reader.pages)
    assert "Impact" in text
    assert "novembre 2026" in text
    links = [note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.get("/Annots", [])]
    assert links == ["https://x.example/1"]


def test_an_empty_month_can_be_told_too(desk_copy: Store, tmp_path: Path) -> None:
    month = told(desk_copy, "2026-03")
    assert month.whole.planned == 0
    for kind in Format:
        assert write(month, Language.AR, kind, tmp_path).stat().st_size > 1000


def test_summarise_writes_the_files_and_remembers_them(desk_copy: Store, tmp_path: Path) -> None:
    small_month(desk_copy)
    out = tmp_path / "summaries"
    paths = summarise(desk_copy, "2026-11", [Language.AR, Language.EN], ["html", "xlsx"], out, now=NOW)
    assert [path.name for path in paths] == [
        "sawt-summary-2026-11-ar.html",
        "sawt-summary-2026-11-ar.xlsx",
        "sawt-summary-2026-11-en.html",
        "sawt-summary-2026-11-en.xlsx",
    ]
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in paths)
    summarise(desk_copy, "2026-11", [Language.AR], ["html"], out, now=NOW + timedelta(hours=1))
    with desk_copy.reading() as session:
        rows = session.query(Summary).all()
    assert {row.path: row.sha256 for row in rows} == {str(path): digest_of(path) for path in paths}


def test_a_file_is_the_same_when_nothing_has_changed(desk_copy: Store, tmp_path: Path) -> None:
    small_month(desk_copy)
    month = told(desk_copy)
    for kind in Format:
        first = digest_of(write(month, Language.AR, kind, tmp_path / "one"))
        assert digest_of(write(month, Language.AR, kind, tmp_path / "two")) == first
