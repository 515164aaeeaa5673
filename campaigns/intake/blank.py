"""Write the spreadsheet that the team fills in: columns explained, choices to pick from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.intake.explained import DRAFTS, EXPLAINED, STANDINGS
from campaigns.intake.judging import ALL, TEMPLATES, YES
from campaigns.intake.moments import zones
from campaigns.intake.rows import COLUMNS, NAMES
from campaigns.languages import Language
from campaigns.models import Account, Campaign, Kind, Misconception, Standing

ROWS_TO_FILL = 1_000
_WIDTHS = {
    "text": 52,
    "title": 34,
    "alt": 34,
    "correction": 34,
    "hashtags": 26,
    "media": 24,
    "captions": 24,
    "misconceptions": 26,
    "link": 30,
    "key": 22,
}
_INK, _PAPER, _LINE = "#12303A", "#FBF8F2", "#D9D2C3"
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Whatever begins with = or looks like an address is text here."""


def write_template(file: Path, session: Session) -> None:
    """An empty .xlsx with this house's accounts, campaigns and misconceptions to choose from.

    Raises ValueError for a name under which it would take the place of the team's own file, or could not be opened.
    """
    import xlsxwriter

    _may_be_written(file)
    accounts = list(session.scalars(select(Account).where(Account.active).order_by(Account.key)))
    misconceptions = list(
        session.scalars(
            select(Misconception).where(Misconception.standing != Standing.RETIRED).order_by(Misconception.key)
        )
    )
    with xlsxwriter.Workbook(str(file), _PLAIN) as book:
        forms = _Forms(book)
        posts = book.add_worksheet("posts")
        _explain(book.add_worksheet("columns"), forms)
        _list_misconceptions(book.add_worksheet("misconceptions"), forms, misconceptions)
        _list_accounts(book.add_worksheet("accounts"), forms, accounts)
        _set_out(posts, forms)
        _offer_choices(posts, book.add_worksheet("lists"), _choices(session, accounts, misconceptions))
        posts.activate()


def _may_be_written(file: Path) -> None:
    if file.suffix.lower() != ".xlsx":
        raise ValueError(f"a template is an Excel workbook; name it {file.with_suffix('.xlsx')}")
    if file.exists():
        raise ValueError(f"{file} is there already and stays as it is; give the template another name")
    if not file.parent.is_dir():
        raise ValueError(f"there is no folder {file.parent}; make it first")


class _Forms:
    """Cell formats; Arabic is set from the right and read from the right."""

    def __init__(self, book: Any) -> None:
        cell = {"num_format": "@", "text_wrap": True, "valign": "top"}
        head = {"bold": True, "font_color": _PAPER, "bg_color": _INK, "border": 1, "border_color": _LINE}
        self.head = book.add_format(head)
        self.needed = book.add_format(head | {"underline": 1})
        self.note = book.add_format({"italic": True, "text_wrap": True, "valign": "top"})
        self.latin = book.add_format(cell | {"reading_order": 1})
        self.arabic = book.add_format(cell | {"reading_order": 2, "align": "right"})

    def of(self, language: Language) -> Any:
        return self.arabic if language is Language.AR else self.latin


def _set_out(sheet: Any, forms: _Forms) -> None:
    for index, column in enumerate(COLUMNS):
        stem, _, code = column.name.rpartition("_")
        width = _WIDTHS.get(stem or column.name, 18)
        sheet.set_column(index, index, width, forms.arabic if code == Language.AR else forms.latin)
        sheet.write_string(0, index, column.name, forms.needed if column.needed else forms.head)
        told = "\n\n".join(words for _, words in EXPLAINED[column.name])
        sheet.write_comment(0, index, told, {"x_scale": 3, "y_scale": 2.2, "author": "Sawt"})
    sheet.freeze_panes(1, 1)
    sheet.set_default_row(30)


def _explain(sheet: Any, forms: _Forms) -> None:
    _head(sheet, forms, ("column", "needed", *(language.own_name for language in Language)), (18, 9, 70, 70, 70))
    for row, column in enumerate(COLUMNS, 1):
        sheet.write_string(row, 0, column.name, forms.latin)
        sheet.write_string(row, 1, "✓" if column.needed else "", forms.latin)
        _write_in_three(sheet, forms, row, 2, EXPLAINED[column.name])


def _list_misconceptions(sheet: Any, forms: _Forms, misconceptions: Sequence[Misconception]) -> None:
    titles = ("key", "category", "standing", *(language.own_name for language in Language))
    _head(sheet, forms, titles, (26, 16, 34, 60, 60, 60))
    _write_in_three(sheet, forms, 1, 3, DRAFTS)
    for row, each in enumerate(misconceptions, 2):
        standing = " · ".join(words for _, words in STANDINGS[each.standing])
        for index, words in enumerate((each.key, each.category, standing)):
            sheet.write_string(row, index, words, forms.latin)
        _write_in_three(sheet, forms, row, 3, [(language, each.claim(language)) for language in Language])


def _list_accounts(sheet: Any, forms: _Forms, accounts: Sequence[Account]) -> None:
    _head(sheet, forms, ("key", "network", "languages", "name", "timezone"), (20, 14, 14, 44, 20))
    for row, each in enumerate(accounts, 1):
        told = (each.key, each.network.label, ", ".join(each.languages), each.name, each.timezone)
        for index, words in enumerate(told):
            sheet.write_string(row, index, words, forms.latin)


def _head(sheet: Any, forms: _Forms, titles: Sequence[str], widths: Sequence[int]) -> None:
    for index, (title, width) in enumerate(zip(titles, widths, strict=True)):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, title, forms.head)
    sheet.freeze_panes(1, 1)


def _write_in_three(sheet: Any, forms: _Forms, row: int, start: int, words: Iterable[tuple[Language, str]]) -> None:
    for index, (language, text) in enumerate(words, start):
        sheet.write_string(row, index, text, forms.of(language))


def _choices(
    session: Session, accounts: Sequence[Account], misconceptions: Sequence[Misconception]
) -> dict[str, list[str]]:
    """By column, what may be picked; the first entries are the likeliest."""
    near = dict.fromkeys(["UTC", *(account.timezone for account in accounts)])
    return {
        "kind": [kind.value for kind in Kind],
        "template": list(dict.fromkeys(name for names in TEMPLATES.values() for name in names)),
        "timezone": [*near, *sorted(zones() - set(near))],
        "campaign": list(session.scalars(select(Campaign.key).order_by(Campaign.key))),
        "accounts": [ALL, *(account.key for account in accounts)],
        "misconceptions": [each.key for each in misconceptions],
        "at": ["slot"],
        "synthetic": [YES],
        "for_children": [YES],
    }


_CLOSED = frozenset({"kind", "template", "timezone", "synthetic", "for_children"})
"""Columns in which nothing but a choice is right; elsewhere several may stand, or something new."""


def _offer_choices(posts: Any, lists: Any, choices: dict[str, list[str]]) -> None:
    lists.hide()
    for index, (column, values) in enumerate(choices.items()):
        if not values:
            continue
        lists.write_column(0, index, values)
        letter = chr(ord("A") + index)
        where = NAMES.index(column)
        rule = {
            "validate": "list",
            "source": f"=lists!${letter}$1:${letter}${len(values)}",
            "show_error": column in _CLOSED,
            "error_title": column,
            "error_message": "Choose one of the list, or leave it empty.",
        }
        posts.data_validation(1, where, ROWS_TO_FILL, where, rule)
    once = {
        "validate": "custom",
        "value": "=COUNTIF($A:$A,A2)=1",
        "error_title": "key",
        "error_message": "Another row has this key already; give each post its own.",
    }
    posts.data_validation(1, 0, ROWS_TO_FILL, 0, once)
