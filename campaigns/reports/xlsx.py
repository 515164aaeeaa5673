"""Write a summary as a workbook: numbers as numbers, what is missing as an empty cell, words never as formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import xlsxwriter

from campaigns.reports.palette import colours
from campaigns.reports.speech import Speech, plain
from campaigns.reports.tables import reason_in
from campaigns.reports.told import SUMMED, Line, MonthTold, Outcome, Told

Value: TypeAlias = str | int | float | None
Column: TypeAlias = tuple[str, Callable[[Any], Value], str]
"""A heading, what stands in the cell, and its format: text, count or rate."""

_WIDTHS = {"text": 26, "count": 13, "rate": 12}


def write_xlsx(told: MonthTold, speech: Speech, out: Path) -> None:
    """One sheet for each way of counting, then every publication of the month."""
    book = _Book(told, speech, out)
    facts = told.account_facts
    book.overview()
    book.lines("accounts", "account", told.accounts, lambda line: speech.account(facts[line.key]))
    book.lines("networks", "network", told.networks, lambda line: speech.heading(line.key))
    book.lines("languages", "language", told.languages, lambda line: speech.heading(line.key))
    book.lines("kinds", "kind", told.kinds, lambda line: speech.heading(line.key))
    book.lines("campaigns", "campaign", told.campaigns, lambda line: _campaign(line, speech))
    book.sheet("misconceptions", told.misconceptions, _answer_columns(speech))
    book.sheet("posts", told.publications, _post_columns(told, speech))
    book.close()


def _campaign(line: Line, speech: Speech) -> str:
    if not line.key:
        return speech.say("no_campaign")
    return plain(line.names.in_(speech.language)) if line.names else line.key


def _line_columns(what: str, heading: Callable[[Line], str], speech: Speech) -> list[Column]:
    columns: list[Column] = [
        (speech.say(what), heading, "text"),
        (speech.say("planned"), lambda line: line.planned, "count"),
    ]
    columns += [(speech.heading(outcome.value), _outcome(outcome), "count") for outcome in Outcome]
    for name in SUMMED:
        columns.append((speech.name(name), _sum(name), "count"))
        columns.append((speech.say("counted_over", figure=speech.name(name)), _over(name), "count"))
    columns += [
        (speech.say("rate"), lambda line: line.rate and line.rate.value, "rate"),
        (speech.say("counted_over", figure=speech.say("rate")), lambda line: line.rate and line.rate.over, "count"),
        (speech.say("median_rate"), lambda line: line.rate and line.rate.median, "rate"),
        (speech.say("largest_reach"), lambda line: line.largest_reach, "count"),
    ]
    return columns


def _outcome(outcome: Outcome) -> Callable[[Line], Value]:
    return lambda line: line.outcomes[outcome]


def _sum(name: str) -> Callable[[Line], Value]:
    return lambda line: line.totals[name].value if name in line.totals else None


def _over(name: str) -> Callable[[Line], Value]:
    return lambda line: line.totals[name].over if name in line.totals else None


def _answer_columns(speech: Speech) -> list[Column]:
    return [
        (speech.say("misconception"), lambda each: speech.quoted(each.claims.in_(speech.language)), "text"),
        (speech.say("category"), lambda each: speech.name(each.category), "text"),
        (speech.say("standing"), lambda each: speech.name(each.standing.value), "text"),
        (speech.say("first_in"), lambda each: each.first_in, "count"),
        (speech.say("also_in"), lambda each: each.also_in, "count"),
        (speech.say("in_languages"), lambda each: speech.languages(each.languages), "text"),
        (speech.say("last_on"), lambda each: each.last_on.isoformat() if each.last_on else None, "text"),
        (speech.name("impressions"), lambda each: _sum("impressions")(each.line), "count"),
        (speech.name("views"), lambda each: _sum("views")(each.line), "count"),
        (speech.name("engagements"), lambda each: _sum("engagements")(each.line), "count"),
    ]


def _post_columns(told: MonthTold, speech: Speech) -> list[Column]:
    facts = told.account_facts
    titles = {line.key: _campaign(line, speech) for line in told.campaigns}

    def figure(name: str) -> Callable[[Told], Value]:
        return lambda each: each.figures.get(name)

    return [
        (speech.say("post"), lambda each: plain(each.words), "text"),
        (speech.say("account"), lambda each: speech.account(facts[each.account]), "text"),
        (speech.say("language"), lambda each: speech.name(each.language.value), "text"),
        (speech.say("kind"), lambda each: speech.name(each.kind.value), "text"),
        (speech.say("campaign"), lambda each: titles[each.campaign or ""], "text"),
        (speech.say("outcome"), lambda each: speech.name(each.outcome.value), "text"),
        (speech.say("day"), lambda each: f"{each.at:%Y-%m-%d %H:%M}", "text"),
        *((speech.name(name), figure(name), "count") for name in ("impressions", "reach", *SUMMED[1:])),
        (speech.say("rate"), lambda each: each.rate, "rate"),
        (speech.say("link"), lambda each: plain(each.url or "") or None, "text"),
        (speech.say("why"), lambda each: reason_in(told, each, speech).in_a_line or None, "text"),
    ]


class _Book:
    """A workbook in one language, with a title and the rehearsal's mark on every sheet."""

    def __init__(self, told: MonthTold, speech: Speech, out: Path) -> None:
        self.told, self.speech = told, speech
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book: Any = xlsxwriter.Workbook(out, options)
        self.book.set_properties({"title": self._title, "author": speech.say("centre"), "created": told.told_at})
        self.rtl = speech.language.direction == "rtl"
        self.formats = self._formats()

    def overview(self) -> None:
        """The month's own line turned on its side, the sentences beneath, and the charts beside."""
        speech, whole = self.speech, self.told.whole
        sheet = self._add("overview")
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 16)
        columns = _line_columns("overview", lambda line: "", speech)[1:]
        for row, (heading, value, shape) in enumerate(columns, start=3):
            sheet.write_string(row, 0, heading, self.formats["text"])
            self._put(sheet, row, 1, value(whole), shape)
        notes = ("impact", "note_missing", "note_apart", "note_reach", "note_month")
        for row, note in enumerate(notes, start=4 + len(columns)):
            sheet.write_string(row, 0, speech.say(note), self.formats["note"])

    def lines(self, key: str, what: str, lines: Sequence[Line], heading: Callable[[Line], str]) -> None:
        """A sheet of counted lines, and on it a bar chart of what was planned and what went out."""
        sheet = self.sheet(key, lines, _line_columns(what, heading, self.speech))
        if lines:
            self._chart(sheet, key, len(lines))

    def sheet(self, key: str, rows: Sequence[Any], columns: Sequence[Column]) -> Any:
        sheet = self._add(key)
        for number, (heading, value, shape) in enumerate(columns):
            widest = max((len(str(value(row) or "")) for row in rows), default=0) if shape == "text" else 0
            sheet.set_column(number, number, min(max(_WIDTHS[shape] if shape != "text" else 12, widest + 2), 60))
            sheet.write_string(3, number, heading, self.formats["heading"])
            for index, row in enumerate(rows, start=4):
                self._put(sheet, index, number, value(row), shape)
        sheet.freeze_panes(4, 1)
        sheet.autofilter(3, 0, 3 + max(len(rows), 1), len(columns) - 1)
        return sheet

    def close(self) -> None:
        self.book.close()

    @property
    def _title(self) -> str:
        speech, month = self.speech, self.told.month
        return f"{speech.say('centre')} · {speech.say('title')} · {speech.month(month)} · {speech.hijri(month)}"

    def _add(self, key: str) -> Any:
        name = self.speech.say(key)
        sheet = self.book.add_worksheet(name)
        if self.rtl:
            sheet.right_to_left()
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(3)
        sheet.write_string(0, 0, f"{name} · {self._title}", self.formats["title"])
        if self.told.rehearsal:
            sheet.write_string(1, 0, self.speech.say("mark"), self.formats["mark"])
            sheet.set_header(f"&C{self.speech.say('mark')}")
        return sheet

    def _put(self, sheet: Any, row: int, column: int, value: Value, shape: str) -> None:
        if isinstance(value, str):
            sheet.write_string(row, column, value, self.formats["text"])
        elif value is not None:
            sheet.write_number(row, column, value, self.formats[shape])

    def _chart(self, sheet: Any, key: str, length: int) -> None:
        name, last = self.speech.say(key), 3 + length
        chart = self.book.add_chart({"type": "bar"})
        for column, colour in ((1, "line"), (2, "teal")):
            chart.add_series(
                {
                    "name": [name, 3, column],
                    "categories": [name, 4, 0, last, 0],
                    "values": [name, 4, column, last, column],
                    "fill": {"color": colours()[colour]},
                    "gap": 60,
                    "overlap": 0,
                }
            )
        chart.set_title({"name": name, "name_font": {"color": colours()["ink"], "size": 12}})
        chart.set_y_axis({"reverse": True, "line": {"none": True}})
        chart.set_x_axis({"reverse": self.rtl, "major_gridlines": {"visible": True, "line": {"color": "#EEE9DD"}}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 620, "height": 140 + 34 * length})
        sheet.insert_chart(last + 2, 0, chart)

    def _formats(self) -> dict[str, Any]:
        order = {"reading_order": 2 if self.rtl else 1, "font_name": "Arial", "font_color": colours()["ink"]}
        shapes: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 14},
            "mark": {"bold": True, "font_color": "#FFFFFF", "bg_color": colours()["alert"]},
            "heading": {
                "bold": True,
                "text_wrap": True,
                "valign": "bottom",
                "bottom": 2,
                "border_color": colours()["ink"],
            },
            "text": {"valign": "top"},
            "note": {"font_color": colours()["muted"]},
            "count": {"num_format": "#,##0"},
            "rate": {"num_format": "0.0%"},
        }
        return {name: self.book.add_format({**order, **shape}) for name, shape in shapes.items()}
