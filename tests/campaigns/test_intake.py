"""The team's file becomes posts: everything sound comes in, anything wrong is said, and then nothing is stored."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from imageio_ffmpeg import get_ffmpeg_exe
from openpyxl import Workbook, load_workbook
from PIL import Image
from quran_text import Mushaf
from sqlalchemy import func, select

from campaigns import catalogue, intake
from campaigns.intake import COLUMNS, Fault, Imported, Unreadable, letters, read
from campaigns.intake.rows import tidy
from campaigns.languages import Language
from campaigns.models import (
    Account,
    Base,
    Campaign,
    Delivery,
    Misconception,
    Person,
    Post,
    Publication,
    Revision,
    Standing,
    Wording,
)
from campaigns.paths import shipped
from campaigns.settings import Settings, SettingsError
from campaigns.store import Store, backup
from campaigns.vault import Vault

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
NAMES = [column.name for column in COLUMNS]
ROW = {
    "key": "peace-01",
    "kind": "text",
    "campaign": "mercy-to-the-worlds",
    "misconceptions": "ve-takfir-opponents",
    "text_ar": "السلام عليكم",
    "text_en": "Peace be upon you",
    "text_fr": "La paix soit sur vous",
    "hashtags_ar": "#سلام #رحمة",
    "accounts": "all",
    "at": "2026-11-22T18:00",
    "timezone": "Asia/Riyadh",
    "author": "Amal",
}
Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class House:
    """A store with accounts, catalogue and campaigns, and a folder in which the team's files lie."""

    store: Store
    vault: Vault
    settings: Settings
    folder: Path

    def bring_in(self, file: Path, now: datetime = NOW, *, dry_run: bool = False, rehearsal: bool = False) -> Imported:
        return intake.bring_in(
            self.store, self.vault, self.settings, file, now=now, dry_run=dry_run, rehearsal=rehearsal
        )

    def rows(self, *rows: Mapping[str, object], now: datetime = NOW) -> Imported:
        return self.bring_in(self.yaml(rows), now)

    def faults(self, now: datetime = NOW, **cells: object) -> list[Fault]:
        """What is said of the sound row with these cells instead."""
        return list(self.rows(ROW | cells, now=now).faults)

    def yaml(self, rows: Rows) -> Path:
        file = self.folder / "posts.yaml"
        file.write_text(yaml.safe_dump({"posts": [dict(row) for row in rows]}, allow_unicode=True), encoding="utf-8")
        return file

    def count(self, table: type[object]) -> int:
        with self.store.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


def _furnish(store: Store, settings: Settings) -> None:
    with store.writing() as session:
        catalogue.load_accounts(session, settings)
        catalogue.load_misconceptions(session, shipped("config") / "misconceptions.yaml", now=NOW)
        session.add(Campaign(key="mercy-to-the-worlds"))


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the accounts and the catalogue, to be copied for each test."""
    folder = tmp_path_factory.mktemp("furnished")
    store = Store(f"sqlite:///{folder}/s.sqlite")
    Base.metadata.create_all(store.engine)
    _furnish(store, Settings.from_environment({"SAWT_HOME": str(folder)}))
    backup(store, folder / "copy.sqlite")
    store.close()
    return folder / "copy.sqlite"


@pytest.fixture
def house(tmp_path: Path, settings: Settings, vault: Vault, furnished: Path) -> Iterator[House]:
    shutil.copy(furnished, tmp_path / "s.sqlite")
    (tmp_path / "files").mkdir()
    store = Store(f"sqlite:///{tmp_path}/s.sqlite")
    yield House(store=store, vault=vault, settings=settings, folder=tmp_path / "files")
    store.close()


def _csv(rows: Rows, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, NAMES, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _xlsx(file: Path, rows: Rows) -> Path:
    with xlsxwriter.Workbook(
        str(file), {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd hh:mm"}
    ) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, NAMES)
        for number, row in enumerate(rows, 1):
            for name, value in row.items():
                sheet.write(number, NAMES.index(name), value)
    return file


# Reading


def test_the_same_rows_come_out_of_all_three_forms(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"key": "peace-02", "text_en": 'Two lines,\n"one" of them; quoted\tand tabbed'}]
    files = [_xlsx(tmp_path / "a.xlsx", rows), tmp_path / "a.yaml"]
    files[1].write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")
    for delimiter, encoding in ((",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8-sig")):
        files.append(tmp_path / f"{ord(delimiter)}.csv")
        files[-1].write_text(_csv(rows, delimiter), encoding=encoding, newline="")
    for file in files:
        assert [dict(row.cells) for row in read(file)] == rows, file.name


def test_rows_are_numbered_as_the_person_sees_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(_csv([ROW, {}, {}, ROW | {"text_en": "a\nb"}, ROW]), encoding="utf-8")
    assert [row.number for row in read(tmp_path / "a.csv")] == [2, 5, 6]
    assert [row.number for row in read(_xlsx(tmp_path / "a.xlsx", [ROW, {}, {}, ROW]))] == [2, 5]


def test_cells_that_begin_like_formulas_are_text(tmp_path: Path) -> None:
    odd = ROW | {"text_en": "=1+1", "text_fr": "=HYPERLINK(1)", "title_en": "+33", "title_fr": "@here"}
    (tmp_path / "a.csv").write_text(_csv([odd]), encoding="utf-8")
    for file in (_xlsx(tmp_path / "a.xlsx", [odd]), tmp_path / "a.csv"):
        assert dict(read(file)[0].cells) == odd


def test_a_formula_that_was_never_calculated_is_the_text_that_stands_there(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(NAMES)
    sheet.append([str(ROW.get(name, "")) for name in NAMES])
    sheet.cell(2, NAMES.index("text_en") + 1).value = "=Peace"
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0]["text_en"] == "=Peace"


def test_numbers_and_dates_in_cells_become_sensible_text(tmp_path: Path) -> None:
    at = datetime(2026, 11, 22, 18, 30)
    row = read(_xlsx(tmp_path / "a.xlsx", [ROW | {"key": 7, "title_en": 1.5, "at": at}]))[0]
    assert (row.key, row["title_en"], row["at"]) == ("7", "1.5", "2026-11-22T18:30:00")


def test_a_date_cell_without_an_hour_has_none_here_either(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(NAMES)
    sheet.append([str(ROW.get(name, "")) for name in NAMES])
    cell = sheet.cell(2, NAMES.index("at") + 1)
    cell.value, cell.number_format = datetime(2026, 11, 22), "yyyy-mm-dd"
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0]["at"] == "2026-11-22"


def test_a_cell_that_shows_an_error_is_a_fault(house: House) -> None:
    file = house.folder / "a.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, NAMES)
        sheet.write_row(1, 0, [ROW.get(name, "") for name in NAMES])
        sheet.write_formula(1, NAMES.index("text_en"), "=peace", None, "#NAME?")
        sheet.write_formula(1, NAMES.index("title_en"), '="calcu"&"lated"', None, "calculated")
    assert "the cell shows #NAME?; write plain text" in str(house.bring_in(file).faults[0])
    assert read(file)[0]["title_en"] == "calculated"


def test_a_yaml_word_is_the_text_that_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("- {key: no, at: 2026-11-22T09:00:00, title_en: 1_000, accounts: [x-ar, x-en]}", encoding="utf-8")
    assert dict(read(file)[0].cells) == {
        "key": "no",
        "at": "2026-11-22T09:00:00",
        "title_en": "1_000",
        "accounts": "x-ar; x-en",
    }


@pytest.mark.parametrize(
    ("name", "contents", "says"),
    [
        ("a.docx", b"", "save it as one of these"),
        ("a.csv", b"", "no rows"),
        ("a.csv", b"key,kind,accounts,at,author\n", "no rows"),
        ("a.csv", b"key,kind,at,author\nx,text,slot,A\n", "'accounts' is missing"),
        ("a.csv", b"key,kind,acounts,at,author\nx", "did you mean accounts"),
        ("a.csv", b"key,key,kind,accounts,at,author\nx", "'key' stands twice"),
        ("a.csv", b'key,kind,accounts,at,author\n"x,text\n', "not closed"),
        ("a.csv", "clé".encode("latin-1"), "not UTF-8"),
        ("a.xlsx", b"PK\x03\x04 broken", "damaged"),
        ("a.xlsx", b"", "damaged"),
        ("a.yaml", b"posts: [", "not sound YAML: line 2"),
        ("a.yaml", b"- {key: a, key: b}", "stands twice"),
        ("a.yaml", b"hello: there", "no rows; write `posts:`"),
        ("a.yaml", b"posts: 3", "one entry after another"),
        ("a.yaml", b"[" * 4000, "not sound YAML"),
        ("a.yaml", b"", "no rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_sentence(house: House, name: str, contents: bytes, says: str) -> None:
    (house.folder / name).write_bytes(contents)
    faults = house.bring_in(house.folder / name).faults
    assert len(faults) == 1
    assert says in str(faults[0])


def test_a_file_that_is_not_there_is_said(house: House) -> None:
    assert "cannot be read" in str(house.bring_in(house.folder / "none.csv").faults[0])


def test_an_unknown_column_in_a_yaml_entry_is_a_fault_of_that_entry(house: House) -> None:
    (fault,) = house.faults(txt_en="x")
    assert (fault.row, fault.key, fault.column) == (1, "peace-01", "txt_en")
    assert "did you mean text_en" in fault.says


def test_a_csv_row_with_too_many_cells_is_a_fault(house: House) -> None:
    file = house.folder / "a.csv"
    file.write_text(_csv([ROW]).rstrip() + ",more\n", encoding="utf-8")
    assert "more cells than columns" in str(house.bring_in(file).faults[0])


def test_five_thousand_rows_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(_csv([ROW] * 5_000), encoding="utf-8")
    assert len(read(tmp_path / "a.csv")) == 5_000


# Bringing in


def test_a_sound_file_becomes_posts_on_both_databases(
    store: Store, settings: Settings, vault: Vault, tmp_path: Path
) -> None:
    _furnish(store, settings)
    house = House(store=store, vault=vault, settings=settings, folder=tmp_path)
    told = house.rows(ROW, ROW | {"key": "peace-02", "campaign": "dignity"})
    assert told == Imported(new=2, new_campaigns=("dignity",))
    assert house.rows(ROW, ROW | {"key": "peace-02", "campaign": "dignity"}) == Imported(unchanged=2)
    assert house.rows(ROW, ROW | {"key": "peace-02"}) == Imported(changed=1, unchanged=1)
    with store.reading() as session:
        post = session.scalars(select(Post).where(Post.key == "peace-02")).one()
        assert [revision.number for revision in post.revisions] == [1, 2]
        assert post.revision.campaign_key == "mercy-to-the-worlds"


def test_all_means_every_active_account_that_can_carry_it_in_a_written_language(house: House) -> None:
    with house.store.writing() as session:
        session.get_one(Account, "facebook-ar").active = False
    house.rows(
        {name: value for name, value in ROW.items() if name != "text_fr"},
        ROW | {"key": "card", "kind": "design", "template": "quotation"} | _in_three(title="A", alt="B"),
        ROW | {"key": "film", "kind": "film", "template": "slides"} | _in_three(title="A", alt="B", text="1\n\n2\n\n3"),
    )
    with house.store.reading() as session:
        accounts = {r.post.key: r.accounts for r in session.scalars(select(Revision))}
    assert accounts["peace-01"] == ["facebook-en", "x-ar", "x-en"]
    assert len(accounts["card"]) == 8
    assert {"youtube-ar", "youtube-en-fr"} < set(accounts["film"])


def _in_three(**columns: str) -> dict[str, str]:
    return {f"{column}_{language}": text for column, text in columns.items() for language in Language}


def test_one_fault_anywhere_stores_nothing_and_all_faults_of_all_rows_are_told(house: House) -> None:
    told = house.rows(ROW, ROW | {"kind": "poem", "at": "soon"}, ROW | {"key": "x y", "author": ""})
    assert (told.new, told.changed, told.unchanged) == (0, 0, 0)
    assert {(fault.row, fault.column) for fault in told.faults} == {
        (2, "key"),
        (2, "kind"),
        (2, "at"),
        (3, "key"),
        (3, "author"),
    }
    assert house.count(Post) == house.count(Person) == 0


def test_a_dry_run_tells_the_same_and_stores_nothing(house: House) -> None:
    file = house.yaml([ROW | {"campaign": "dignity"}])
    assert house.bring_in(file, dry_run=True) == Imported(new=1, new_campaigns=("dignity",))
    assert house.count(Post) == house.count(Person) == 0
    assert house.count(Campaign) == 1


def test_verses_are_set_and_cited_when_they_come_in(house: House) -> None:
    verse = {f"text_{language}": "{quran:49:13/1-4}" for language in Language}
    house.rows(ROW | verse)
    with house.store.reading() as session:
        words = {w.language: w for w in session.scalars(select(Wording))}
    assert words[Language.AR].text.startswith("﴿")
    assert words[Language.EN].text == "(Quran 49:13)"
    assert all(w.citations == ["49:13"] for w in words.values())


def test_the_shipped_week_is_sound(house: House) -> None:
    with house.store.writing() as session:
        catalogue.load_campaigns(session, shipped("config") / "rehearsal" / "campaigns.yaml")
    week = shipped("config") / "rehearsal" / "week.yaml"
    told = house.bring_in(week, dry_run=True, rehearsal=True)
    assert [str(fault) for fault in told.faults] == []
    assert told.new >= 40


def test_a_misquoted_verse_with_its_reference_is_refused_wherever_it_stands(house: House) -> None:
    words: list[str] = Mushaf.hafs().ayah(2, 256).rasm_imlai[:9]
    wrong = " ".join([*words[:2], "على", *words[3:]])
    for said in (f"«{wrong}» [البقرة: 256]", f"«{wrong}»", f"قال تعالى: {wrong}", "كلام آخر [البقرة: 256]"):
        card = {"kind": "design", "template": "quotation"} | _in_three(title="A", alt="B")
        for column in ("title_ar", "text_ar"):
            (fault,) = house.rows(ROW | card | {column: said}).faults
            assert fault.column == column and "write {quran:2:256" in fault.says


def test_a_file_of_last_week_may_be_imported_again_but_not_changed(house: House) -> None:
    house.rows(ROW)
    later = NOW + timedelta(days=30)
    assert house.rows(ROW, now=later) == Imported(unchanged=1)
    (fault,) = house.faults(now=later, text_en="Peace to you")
    assert fault.column == "at"


def test_what_is_new_says_what_it_will_cost_and_where_it_becomes_a_thread(house: House) -> None:
    told = house.rows(ROW | {"text_en": "One good word after another. " * 20, "link": ""})
    prices = {(each.account, each.language.value): (each.parts, each.amount) for each in told.prices}
    assert prices["x-en", "en"] == (3, 45_000)
    assert prices["x-ar", "ar"][0] == 1
    assert not house.rows(ROW | {"text_en": "One good word after another. " * 20, "link": ""}).prices


def test_what_is_stored_already_does_not_hold_the_file_up_when_the_world_changes(house: House) -> None:
    row = ROW | {"accounts": "x-ar"}
    house.rows(row)
    with house.store.writing() as session:
        session.get_one(Account, "x-ar").active = False
        session.get_one(Misconception, "ve-takfir-opponents").standing = Standing.RETIRED
    assert house.rows(row, ROW | {"key": "peace-02", "misconceptions": ""}) == Imported(new=1, unchanged=1)


# What is wrong with a row


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"key": "peace 01"}, "key", "letters a–z"),
        ({"key": "k" * 81}, "key", "up to 80"),
        ({"kind": "desing"}, "kind", "did you mean design?"),
        ({"kind": ""}, "kind", "write one of text, design"),
        ({"misconceptions": "ve-takfir-oponents"}, "misconceptions", "did you mean ve-takfir-opponents?"),
        ({"misconceptions": "is-monolith; is-monolith"}, "misconceptions", "stands twice"),
        ({"campaign": "mercy-to-the-world"}, "campaign", "did you mean mercy-to-the-worlds?"),
        ({"author": ""}, "author", "the name of the person"),
        ({"accounts": ""}, "accounts", "write all"),
        ({"accounts": "x-ra"}, "accounts", "did you mean x-ar?"),
        ({"accounts": "X-AR"}, "accounts", "did you mean x-ar?"),
        ({"accounts": "x-en, x-fr"}, "accounts", "put ; between one and the next"),
        ({"accounts": "x-en؛ x-fr"}, "accounts", "put ; between one and the next"),
        ({"accounts": "wholly-other"}, "accounts", "youtube-en-fr"),
        ({"misconceptions": "0"}, "misconceptions", ", …"),
        ({"timezone": "localtime"}, "timezone", "no time zone"),
        ({"timezone": "Factory"}, "timezone", "no time zone"),
        ({"accounts": "x-ar; x-ar"}, "accounts", "stands twice"),
        ({"accounts": "youtube-ar"}, "accounts", "cannot carry a text"),
        ({"accounts": "x-fr", "text_fr": ""}, "text_fr", "x-fr speaks Français"),
        ({"text_fr": "", "title_fr": "Paix"}, "text_fr", "title_fr is written"),
        ({"text_en": "{quran:2:999}"}, "text_en", "no verse 2:999"),
        ({"title_en": "{quran: 2:256}"}, "title_en", "not a reference"),
        ({"text_en": "{hadith:1}"}, "text_en", "'{hadith:1}' is not a reference; write {quran:49:13}"),
        ({"text_en": "{{quran:2:255}}"}, "text_en", "not a reference"),
        ({"text_ar": "{قرآن:2:255}"}, "text_ar", "not a reference"),
        ({"text_ar": "قال تعالى ﴿لا إكراه في الدين﴾"}, "text_ar", "write {quran:"),
        ({"text_ar": "قال ﴾"}, "text_ar", "never typed"),
        ({"text_en": "السلام عليكم"}, "text_en", "most of its letters are Arabic; write English here"),
        ({"text_ar": "Peace be upon you"}, "text_ar", "most of its letters are Latin; write العربية here"),
        ({"text_ar": "Peace: {quran:2:255}"}, "text_ar", "most of its letters are Latin"),
        ({"text_fr": "السلام عليكم 🕊 (paix)"}, "text_fr", "most of its letters are Arabic"),
        ({"title_ar": "One word is for all"}, "title_ar", "most of its letters are Latin"),
        ({"text_en": "abc\u202edef"}, "text_en", "override (U+202E) stands at character 4"),
        ({"text_en": "a\u2067b"}, "text_en", "isolate is not closed, or closed without being open, at character 2"),
        ({"text_en": "a\u2067b\nc\u2069"}, "text_en", "isolate"),
        ({"text_en": "a\U000e0041"}, "text_en", "hidden tag character"),
        ({"text_en": "a\x00b"}, "text_en", "control character"),
        ({"author": "A\u202eB"}, "author", "override"),
        ({"hashtags_en": "peace"}, "hashtags_en", "does not begin with #"),
        ({"hashtags_en": "#peace be"}, "hashtags_en", "'be' does not begin with #"),
        ({"hashtags_ar": "#سـلام"}, "hashtags_ar", "tatweel"),
        ({"hashtags_ar": "#سَلام"}, "hashtags_ar", "vowel marks"),
        ({"hashtags_ar": "#سلام،"}, "hashtags_ar", "breaks off"),
        ({"hashtags_en": "#Peace #peace"}, "hashtags_en", "stands twice"),
        ({"hashtags_en": "#2026"}, "hashtags_en", "at least one letter"),
        ({"link": "www.oic-oci.org"}, "link", "no web address"),
        ({"link": "ftp://oic-oci.org/"}, "link", "no web address"),
        ({"link": "https:///path"}, "link", "no web address"),
        ({"link": "https://[half"}, "link", "no web address"),
        ({"link": "https://oic-oci.org/a b"}, "link", "a blank"),
        ({"link": "https://me:pw@oic-oci.org/"}, "link", "user name"),
        ({"at": ""}, "at", "it is empty"),
        ({"at": "tomorrow"}, "at", "no date and hour"),
        ({"at": "2026-11-22"}, "at", "no date and hour"),
        ({"at": "2026-02-30T10:00"}, "at", "not in the calendar"),
        ({"at": "0026-11-22T10:00"}, "at", "the year 26"),
        ({"at": "2026-11-21T08:00", "timezone": "UTC"}, "at", "is past; write a later time or slot"),
        ({"at": "2027-03-28T02:30", "timezone": "Europe/Paris"}, "at", "does not exist"),
        ({"at": "2027-10-31T02:30", "timezone": "Europe/Paris"}, "at", "comes twice"),
        ({"timezone": "Asia/Riad"}, "timezone", "did you mean Asia/Riyadh?"),
        ({"template": "quotation"}, "template", "a text post has no picture"),
        ({"media_en": "a.jpg"}, "media_en", "a text post has no picture"),
        ({"captions_en": "a.srt"}, "captions_en", "a text has none"),
        ({"kind": "film", "template": "slides", "captions_en": "a.srt"}, "captions_en", "by itself"),
        ({"kind": "film", "captions_en": "none.srt"}, "captions_en", "no file 'none.srt'"),
        ({"synthetic": "maybe"}, "synthetic", "neither yes nor no"),
        ({"kind": "design"}, "media_ar", "or a template"),
        ({"kind": "design", "template": "quotations"}, "template", "did you mean quotation?"),
        ({"kind": "film", "template": "quotation"}, "template", "slides"),
        ({"kind": "design", "template": "quotation", "media_en": "a.jpg"}, "media_en", "cannot both"),
        ({"kind": "design", "template": "quotation"}, "title_en", "the words that the picture or film shows"),
        ({"kind": "design", "template": "quotation"}, "alt_en", "say in a sentence"),
        ({"kind": "infographic", "template": "points", "text_en": "• one"}, "text_en", "2 to 5 lines"),
        (
            {"kind": "film", "template": "slides", "text_en": "One.\nTwo.\nThree."},
            "text_en",
            "not 1; leave an empty line",
        ),
        ({"kind": "design", "media_en": "../secret.jpg"}, "media_en", "lies outside"),
        ({"kind": "design", "media_en": "/etc/hostname"}, "media_en", "lies outside"),
        ({"kind": "design", "media_en": "C:\\secret.jpg"}, "media_en", "lies outside"),
        ({"kind": "design", "media_en": "none.jpg"}, "media_en", "no file 'none.jpg'"),
        ({"kind": "design", "media_en": "n" * 300}, "media_en", "no name of a file"),
        ({"text_en": "A long word. " * 600}, "text_en", "on X it would be a thread of 29 parts, and 25 are the most"),
        (
            {"text_en": "x " * 31_700, "accounts": "facebook-en"},
            "text_en",
            "Shorten it by 193 or leave facebook-en out",
        ),
        ({"kind": "film", "template": "slides", "title_en": "t" * 101}, "title_en", "YouTube takes 100"),
        ({"kind": "film", "template": "slides", "title_en": "<b>"}, "title_en", "no < or >"),
    ],
)
def test_a_fault_says_in_its_column_what_to_write_instead(
    house: House, cells: dict[str, object], column: str, says: str
) -> None:
    found = [fault.says for fault in house.rows(ROW | cells).faults if fault.column == column]
    assert any(says in sentence for sentence in found), found


def test_a_retired_misconception_is_not_answered_any_more(house: House) -> None:
    with house.store.writing() as session:
        session.get_one(Misconception, "is-monolith").standing = Standing.RETIRED
    assert "is retired" in house.faults(misconceptions="is-monolith")[0].says


def test_an_account_that_is_no_longer_in_use_is_a_fault_when_named(house: House) -> None:
    with house.store.writing() as session:
        session.get_one(Account, "x-ar").active = False
    assert "no longer in use" in house.faults(accounts="x-ar")[0].says


def test_a_slot_needs_hours_in_the_languages_of_the_post(house: House) -> None:
    bare = replace(house, settings=replace(house.settings, slots={Language.AR: house.settings.slots[Language.AR]}))
    assert house.faults(at="slot") == []
    assert [fault.says for fault in bare.faults(at="slot", key="peace-02")] == [
        "hours.toml has no slots for English; write a date and hour",
        "hours.toml has no slots for Français; write a date and hour",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        {"text_en": "a \u2067ب\u2069 c\u200f \u200d"},
        {"text_en": "He said: «السلام عليكم ورحمة الله وبركاته ومغفرته»"},
        {"text_en": "{quran:2:256/1-4}", "text_ar": "{quran:2:256/1-4}"},
        {"text_ar": "قالت UNESCO إن السلام للجميع https://www.unesco.org/en/articles/peace", "title_ar": "UNESCO"},
        {"text_fr": "123 🕊"},
        {"at": "٢٠٢٦-١١-٢٢ ١٨:٠٠"},
        {"at": "2026-11-22 18:00:00+03:00"},
        {"at": "2026-11-22T18:00:00Z", "timezone": ""},
        {"at": "2027-10-31T02:30:00+01:00", "timezone": "Europe/Paris"},
        {"campaign": "mercy-to-the-worlds-2027"},
        {"campaign": ""},
        {"misconceptions": ""},
        {"link": "https://www.oic-oci.org/"},
        {"accounts": "x-ar;facebook-en"},
        {"author": "أمل  الصالح"},
    ],
)
def test_what_is_unusual_but_sound_comes_in(house: House, cells: dict[str, object]) -> None:
    assert house.rows(ROW | cells).faults == ()
    assert house.count(Post) == 1


def test_next_years_campaign_is_no_slip_of_the_pen(house: House) -> None:
    house.rows(ROW | {"campaign": "ramadan-2027"})
    assert house.rows(ROW | {"key": "next", "campaign": "ramadan-2028"}).new_campaigns == ("ramadan-2028",)


def test_a_key_of_a_rehearsal_is_not_free_for_the_real_plan(house: House) -> None:
    house.bring_in(house.yaml([ROW]), rehearsal=True)
    assert "rehearsal post" in house.faults(text_en="Peace")[0].says


# Media


def _picture(file: Path, colour: str = "teal", size: tuple[int, int] = (1080, 1080)) -> str:
    Image.new("RGB", size, colour).save(file)
    return file.name


def _design(**cells: str) -> dict[str, str]:
    return ROW | {"kind": "design"} | _in_three(alt="A card") | cells


def test_supplied_pictures_are_measured_and_kept_in_the_order_of_the_cell(house: House) -> None:
    first, second = _picture(house.folder / "1.jpg"), _picture(house.folder / "2.jpg", "red", (1080, 1350))
    assert house.rows(_design(**_in_three(media=f"{first}; {second}"))).faults == ()
    with house.store.reading() as session:
        revision = session.scalars(select(Revision)).one()
        sizes = [(a.position, a.width, a.height, a.mime_type) for a in revision.assets_in(Language.AR)]
        assert sizes == [(0, 1080, 1080, "image/jpeg"), (1, 1080, 1350, "image/jpeg")]
        assert len(revision.assets) == 6
        assert all(house.vault.is_whole(asset.sha256) for asset in revision.assets)


def test_a_supplied_film_is_measured_in_seconds(house: House) -> None:
    _film(house.folder / "1.mp4")
    row = _design(kind="film", accounts="x-ar", **_in_three(media="1.mp4", title="A"))
    assert house.rows(row).faults == ()
    with house.store.reading() as session:
        (asset,) = session.scalars(select(Revision)).one().assets_in(Language.AR)
        assert (asset.mime_type, asset.width, asset.height, asset.seconds) == ("video/mp4", 64, 64, 1.0)


def test_captions_and_declarations_come_in_with_their_film(house: House) -> None:
    _film(house.folder / "1.mp4")
    said = {f"captions_{code}": _captions(house.folder / f"{code}.srt") for code in ("ar", "en")}
    told = {"synthetic": "Yes", "for_children": "no"}
    row = _design(kind="film", accounts="x-ar", **told, **_in_three(media="1.mp4", title="A"))
    assert house.rows(row).new == 1
    assert house.rows(row | {"synthetic": ""}).changed == 1
    assert house.rows(row | said).changed == 1
    assert house.rows(row | said).unchanged == 1
    with house.store.reading() as session:
        revision = session.scalars(select(Post)).one().revision
        assert revision.synthetic and not revision.for_children
        tracks = revision.captions_over(Language.FR)
        assert [(track.language, track.mime_type) for track in tracks] == [
            (Language.AR, "application/x-subrip"),
            (Language.EN, "application/x-subrip"),
        ]
        assert all(house.vault.is_whole(track.sha256) for track in tracks)
        assert len(revision.assets_in(Language.AR)) == 1


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        ("", "has no captions"),
        ("not captions at all", "has no captions"),
        ("1\n00:00:00,000 --> 00:00:09,000\nPeace\n", "ends after the film, which lasts 1 s"),
        ("1\n00:00:01,000 --> 00:00:00,500\nPeace\n", "ends before it begins"),
        ("1\n00:00:00,000 --> 00:00:01,000\n\ufd3f typed \ufd3e\n", "name its sura and number"),
        ("1\n00:00:00,000 --> 00:00:01,000\nPea\u202ece\n", "right-to-left override"),
        ("1\n00:00:00,000 --> 00:00:01,000\nPeace {unseen}\n", "captions are plain text: delete {"),
        ("1\n00:00:00,000 --> 00:00:01,000\n<i>Peace</i>\n", "captions are plain text: delete <"),
        ("1\n00:00:00,000 --> 00:00:01,000\nPeace\n\n2\n0:0:1 -> 0:0:2\nno\n", "captions are plain text: delete >"),
        ("Unseen\n\n1\n00:00:00,000 --> 00:00:01,000\nPeace\n", "words that stand in no caption"),
        ("1\n00:00:00,000 --> 00:00:01,000 unseen\nPeace\n", "captions are plain text"),
        ("1\n00:00:00,000 --> 00:00:01,000\nPeace\n\n256", "words that stand in no caption"),
        ("x" * (1 << 20) + "x", "larger than 1 MB"),
        (b"1\n00:00:00,000 --> 00:00:01,000\n\xff\xfe\n", "is not UTF-8"),
    ],
)
def test_captions_that_cannot_be_shown_are_faults(house: House, contents: str | bytes, says: str) -> None:
    _film(house.folder / "1.mp4")
    (house.folder / "ar.srt").write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    row = _design(kind="film", accounts="x-ar", captions_ar="ar.srt", **_in_three(media="1.mp4", title="A"))
    (fault,) = house.rows(row).faults
    assert fault.column == "captions_ar" and says in fault.says
    with house.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Revision)) == 0


def _captions(file: Path) -> str:
    file.write_text(f"1\n00:00:00,000 --> 00:00:01,500\nسلام {file.stem}\n", encoding="utf-8")
    return file.name


def _film(file: Path) -> None:
    source = ["-f", "lavfi", "-i", "color=c=teal:s=64x64:d=1:r=10", "-pix_fmt", "yuv420p"]
    subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *source, str(file)], check=True)


def test_other_bytes_under_the_same_name_are_a_change(house: House) -> None:
    row = _design(**_in_three(media=_picture(house.folder / "1.jpg")))
    assert house.rows(row).new == 1
    assert house.rows(row).unchanged == 1
    _picture(house.folder / "1.jpg", "red")
    assert house.rows(row).changed == 1


def test_a_link_that_leads_out_of_the_folder_is_refused(house: House, tmp_path: Path) -> None:
    _picture(tmp_path / "secret.jpg")
    (house.folder / "in.jpg").symlink_to(tmp_path / "secret.jpg")
    assert "lies outside" in house.rows(_design(**_in_three(media="in.jpg"))).faults[0].says


def test_a_misspelt_file_is_suggested(house: House) -> None:
    _picture(house.folder / "peace-01.jpg")
    assert "did you mean peace-01.jpg?" in house.rows(_design(**_in_three(media="peace-1.jpg"))).faults[0].says


def test_a_file_that_is_no_picture_says_so_once_for_each_language(house: House) -> None:
    (house.folder / "a.jpg").write_bytes(b"not a picture")
    faults = house.rows(_design(**_in_three(media="a.jpg"))).faults
    assert [fault.column for fault in faults] == ["media_ar", "media_en", "media_fr"]


def test_a_picture_for_a_film_and_two_films_are_faults(house: House) -> None:
    name = _picture(house.folder / "1.jpg")
    faults = house.rows(_design(kind="film", **_in_three(media=f"{name}; {name}", title="A"))).faults
    told = " ".join(fault.says for fault in faults)
    assert "needs a video file" in told
    assert "name one file" in told


def test_a_picture_that_a_network_would_refuse_is_named_with_the_account(house: House) -> None:
    name = _picture(house.folder / "1.jpg", size=(200, 200))
    told = [f.says for f in house.rows(_design(accounts="instagram-ar", **_in_three(media=name))).faults]
    assert told == [
        "1.jpg is 200 pixels wide; Instagram takes at least 320 pixels: export it in another size (instagram-ar)"
    ]


def test_a_file_that_a_copy_can_mend_is_a_remark_and_no_fault(house: House) -> None:
    name = _picture(house.folder / "1.png", size=(600, 1800))
    accounts = "instagram-ar; instagram-en; facebook-ar; x-ar"
    brought = house.rows(_design(accounts=accounts, **_in_three(media=name)))
    assert not brought.faults
    (remark,) = brought.remarks
    assert "1.png goes as a copy to Instagram;" in remark


def test_where_a_network_cannot_be_told_that_a_machine_made_it_the_team_hears_so(house: House) -> None:
    name = _picture(house.folder / "1.jpg")
    made = _design(accounts="facebook-ar; x-ar; instagram-ar", synthetic="yes", **_in_three(media=name))
    (remark,) = house.rows(made).remarks
    assert "Facebook cannot be told that a machine made this" in remark
    assert not house.rows(made | {"key": "by-hand", "synthetic": ""}).remarks
    assert not house.rows(made | {"key": "told", "accounts": "x-ar; instagram-ar"}).remarks


def _story(**cells: str) -> dict[str, str]:
    return ROW | {"kind": "story", "template": "quotation", "hashtags_ar": ""} | cells


def test_a_story_goes_to_the_accounts_that_have_stories_and_its_text_is_what_it_shows(house: House) -> None:
    assert house.rows(_story()).faults == ()
    with house.store.reading() as session:
        revision = session.scalars(select(Revision)).one()
        [words] = [each for each in revision.wordings if each.language is Language.EN]
        assert revision.accounts == ["instagram-ar", "instagram-en", "instagram-fr"]
        assert (words.title, words.text, words.alt_text) == ("Peace be upon you",) * 3
        assert words.correction == ""


def test_a_story_has_one_file_and_nothing_beside_it(house: House) -> None:
    name = _picture(house.folder / "1.jpg", size=(1080, 1920))
    assert house.rows(_story(key="one", template="", **_in_three(media=name))).faults == ()

    def told(**cells: str) -> list[tuple[str, str]]:
        return [(fault.column, fault.says) for fault in house.rows(_story(**cells)).faults]

    assert told(template="points")[0][1].startswith("there is no story template")
    assert told(hashtags_en="#peace") == [
        ("hashtags_en", "a story goes out without words beside its picture; clear this")
    ]
    assert told(link="https://example.org/a")[0][0] == "link"
    assert told(template="", **_in_three(media=f"{name}; {name}"))[0][1].endswith("name one file")
    assert "takes no story posts" in told(accounts="facebook-en; instagram-en")[0][1]


def test_an_account_may_be_allowed_more_hashtags(house: House) -> None:
    name = _picture(house.folder / "1.jpg")
    many = _design(accounts="instagram-en", **_in_three(media=name), hashtags_en="#a #b #c #d #e #f")
    assert [fault.column for fault in house.rows(many).faults] == ["hashtags_en"]
    allowed = tuple(replace(each, hashtags=30) for each in house.settings.accounts)
    assert replace(house, settings=replace(house.settings, accounts=allowed)).rows(many).faults == ()


@pytest.mark.parametrize(
    ("network", "number"), [("instagram", "31"), ("instagram", "true"), ("instagram", '"many"'), ("x", "5")]
)
def test_how_many_hashtags_is_a_number_that_instagram_takes(settings: Settings, network: str, number: str) -> None:
    own = settings.home / "config/accounts.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f'[ig]\nnetwork = "{network}"\nlanguages = ["en"]\nname = "ig"\nhashtags = {number}\n')
    with pytest.raises(SettingsError, match=r"\[ig\]: hashtags is .* up to 30"):
        Settings.from_environment({"SAWT_HOME": str(settings.home)})


# The spreadsheet to fill in


@pytest.fixture
def template(house: House) -> Path:
    file = house.folder / "template.xlsx"
    with house.store.reading() as session:
        intake.write_template(file, session)
    return file


def test_the_empty_template_has_no_rows(house: House, template: Path) -> None:
    assert "has no rows; write one post per row" in str(house.bring_in(template).faults[0])


def test_a_filled_template_comes_in_as_it_was_written(house: House, template: Path) -> None:
    book = load_workbook(template)
    for column, value in ROW.items():
        book["posts"].cell(2, NAMES.index(column) + 1).value = value
    book.save(template)
    assert dict(read(template)[0].cells) == ROW
    assert house.bring_in(template) == Imported(new=1)


def test_the_template_explains_every_column_and_offers_choices(house: House, template: Path) -> None:
    book = load_workbook(template)
    assert book.sheetnames == ["posts", "columns", "misconceptions", "accounts", "lists"]
    posts = book["posts"]
    assert [cell.value for cell in posts[1]] == NAMES
    assert posts.freeze_panes == "B2"
    assert all(cell.comment is not None and cell.comment.text.count("\n\n") == 2 for cell in posts[1])
    assert len(posts.data_validations.dataValidation) == 10
    explained = {row[0].value: [cell.value for cell in row[2:]] for row in book["columns"].iter_rows(min_row=2)}
    assert list(explained) == NAMES
    assert all(all(words) for words in explained.values())
    assert book["lists"].sheet_state == "hidden"
    assert "scholars" in str(book["misconceptions"]["E2"].value)
    assert book["misconceptions"].max_row == 31
    assert [row[0].value for row in book["accounts"].iter_rows(min_row=2)] == sorted(
        account.key for account in house.settings.accounts
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [("ours.xlsx", "is there already"), ("blank.csv", "name it .*blank.xlsx"), ("away/blank.xlsx", "no folder")],
)
def test_a_template_never_takes_the_place_of_a_file_nor_a_name_that_says_something_else(
    house: House, name: str, says: str
) -> None:
    ours = house.folder / "ours.xlsx"
    ours.write_bytes(b"the team's own work")
    with house.store.reading() as session, pytest.raises(ValueError, match=says):
        intake.write_template(house.folder / name, session)
    assert [each.name for each in house.folder.iterdir()] == ["ours.xlsx"]
    assert ours.read_bytes() == b"the team's own work"


def test_arabic_columns_of_the_template_read_from_the_right(template: Path) -> None:
    posts = load_workbook(template)["posts"]
    for number, name in enumerate(NAMES):
        style = posts.column_dimensions[chr(ord("A") + number) if number < 26 else "AA"].alignment
        assert (style.readingOrder == 2) == name.endswith("_ar")


def test_a_claim_that_looks_like_a_formula_stays_text_in_the_template(house: House) -> None:
    with house.store.writing() as session:
        session.get_one(Misconception, "is-monolith").claim_en = "=1+1"
    file = house.folder / "t.xlsx"
    with house.store.reading() as session:
        intake.write_template(file, session)
    cells = [cell for row in load_workbook(file)["misconceptions"].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"]


# For any words at all

_WORDS = st.text(max_size=60)
_ROWS = st.lists(
    st.fixed_dictionaries(
        {"text_ar": _WORDS, "text_en": _WORDS},
        optional={
            name: _WORDS
            for name in NAMES
            if name not in {"key", "kind", "accounts", "at", "author", "text_ar", "text_en"}
        },
    ),
    min_size=1,
    max_size=4,
)
_QUICK = tries(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_QUICK
@given(words=_ROWS)
def test_importing_twice_changes_nothing(house: House, words: list[dict[str, str]]) -> None:
    rows = [ROW | {"key": f"k{n}", "accounts": "facebook-ar"} | row for n, row in enumerate(words)]
    file = _csv_file(house, rows)
    told = house.bring_in(file)
    assert told.faults or house.bring_in(file) == Imported(unchanged=len(rows))


@_QUICK
@given(cells=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)))
def test_whatever_is_in_the_cells_is_stored_as_written_or_is_a_fault(house: House, cells: dict[str, str]) -> None:
    file = _csv_file(house, [ROW | {"key": "any"} | cells])
    try:
        row = read(file)[0]
    except Unreadable:
        return
    if house.bring_in(file).faults:
        return
    with house.store.reading() as session:
        revision = session.scalars(select(Post).where(Post.key == row.key)).one().revision
        for language in Language:
            words = revision.wording(language)
            assert row[f"text_{language}"] == (words.text if words else "")
            assert row[f"title_{language}"] == (words.title if words else "")
        assert revision.author.name == " ".join(row["author"].split())


@_QUICK
@given(contents=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".xlsx", ".yaml"]))
def test_any_bytes_are_rows_or_a_sentence(house: House, contents: bytes, suffix: str) -> None:
    (house.folder / f"any{suffix}").write_bytes(contents)
    assert house.bring_in(house.folder / f"any{suffix}").faults


def _csv_file(house: House, rows: Rows) -> Path:
    file = house.folder / "any.csv"
    file.write_bytes(_csv(rows).encode("utf-8", "replace"))
    return file


def test_a_cell_is_only_trimmed() -> None:
    assert tidy(" a\r\nb\rc \u00a0") == "a\nb\nc"


def test_a_correction_is_for_what_is_out_and_comes_in_though_its_hour_has_passed(house: House) -> None:
    says = {"correction_en": "The verse number was wrong."}
    assert [fault.column for fault in house.rows(ROW | says).faults] == ["correction_en"]
    assert house.rows(ROW).new == 1
    _is_out(house, "x-en", Language.EN)
    later = NOW + timedelta(days=3)
    assert house.rows(ROW | says, now=later).changed == 1
    assert house.rows(ROW | says, now=later).unchanged == 1
    with house.store.reading() as session:
        written = session.scalars(select(Wording).where(Wording.correction != "")).all()
        assert [(each.language, each.correction) for each in written] == [(Language.EN, says["correction_en"])]


def _is_out(house: House, account: str, language: Language) -> None:
    with house.store.writing() as session:
        post = session.scalars(select(Post)).one()
        session.add(
            Publication(
                key=f"{post.key}:{account}:{language}", post=post, revision=post.revision, account_key=account,
                language=language, state=Delivery.PUBLISHED, due_at=NOW, published_at=NOW, remote_id="4711",
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.AR, "شاهدوا اللقاء: www.sawtalhikma.org/ar/peace"),
        (Language.AR, "راسلونا: peace@sawtalhikma.org"),
        (Language.AR, "انضموا إلينا على Facebook وInstagram وYouTube وTelegram"),
        (Language.AR, "محاضرة Ask an Imam مع د. John Smith على Zoom"),
        (Language.AR, "شعار Sawt Centre for Dialogue"),
        (Language.EN, "The poster reads: بسم الله الرحمن الرحيم"),
        (Language.EN, "Say السلام عليكم ورحمة الله وبركاته to all."),
        (Language.FR, "Calligraphie : لا إكراه في الدين"),
        (Language.FR, "On lit ‹ لا إكراه في الدين › sur le mur"),
    ],
)
def test_names_addresses_and_quotations_in_another_script_are_no_column_mixed_up(language: Language, text: str) -> None:
    assert letters.of_another_script(text, language) is None
