"""Lay a month out for reading in one language: tiles, bars, a month grid, tables and sentences, no format yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from campaigns.languages import Language
from campaigns.models import Standing
from campaigns.reports.speech import MISSING, Digits, Span, Speech, plain
from campaigns.reports.told import (
    COMPONENTS,
    NOT_OUT,
    Answered,
    Line,
    MonthTold,
    Outcome,
    Rate,
    Told,
    Total,
)
from campaigns.telling import Reason

TROUBLES_TOLD = 40
"""More would bury the rest of the paper; the workbook has them all."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    label: str
    text: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`note` is a second, smaller line; `people` marks what somebody wrote, in `lang` as far as that is known."""

    text: str
    note: str = ""
    people: bool = False
    lang: str = ""
    link: str | None = None
    """An http or https address."""


@dataclass(frozen=True, kw_only=True)
class Column:
    title: str
    numeric: bool = True
    weight: float = 1
    """Share of the width, by the width of a figure."""
    wraps: bool = False
    """Its small lines are long and may break."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table without rows says `empty` instead. The first cell of a row is its heading."""

    key: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`share` of the longest bar, 0 to 1; None where the figure is missing."""

    label: str
    text: str
    share: float | None


@dataclass(frozen=True, kw_only=True)
class Bars:
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class DayCell:
    """`depth` from 0 (nothing went out) to 4 (the busiest days)."""

    number: str
    hijri: str
    text: str
    not_out: str
    depth: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    title: str
    caption: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[DayCell | None, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    sentence: tuple[Span, ...]
    reason: Reason


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A summary ready to be written down; every text is final and in one language."""

    language: Language
    direction: str
    centre: str
    organisation: str
    title: str
    month: str
    hijri: str
    told_on: str
    page: str
    mark: str
    """Not empty for a rehearsal: it must be seen on every page."""
    opening: tuple[str, ...]
    impact: str
    tiles: tuple[Tile, ...]
    grid: Grid
    bars: tuple[Bars, ...]
    tables: tuple[Table, ...]
    troubles_title: str
    troubles: tuple[Trouble, ...]
    troubles_none: str
    troubles_more: str
    notes_title: str
    notes: tuple[str, ...]


def lay_out(told: MonthTold, language: Language, digits: Digits = Digits.WESTERN) -> Paper:
    """The whole summary, in the order of reading."""
    speech = Speech(language=language, digits=digits)
    return Paper(
        language=language,
        direction=language.direction,
        centre=speech.say("centre"),
        organisation=speech.say("organisation"),
        title=speech.say("title"),
        month=speech.month(told.month),
        hijri=speech.hijri(told.month),
        told_on=speech.say("told_on", day=speech.moment(told.told_at)),
        page=speech.say("page", n="{n}", of="{of}"),
        mark=speech.say("mark") if told.rehearsal else "",
        opening=_opening(told, speech),
        impact=speech.say("impact"),
        tiles=_tiles(told, speech),
        grid=_grid(told, speech),
        bars=_bars(told, speech),
        tables=_tables(told, speech),
        troubles_title=speech.say("troubles"),
        troubles=tuple(_trouble(each, told, speech) for each in told.troubles[:TROUBLES_TOLD]),
        troubles_none=speech.say("troubles_none"),
        troubles_more=_more(len(told.troubles) - TROUBLES_TOLD, speech),
        notes_title=speech.say("reading"),
        notes=_notes(told, speech),
    )


def _opening(told: MonthTold, speech: Speech) -> tuple[str, ...]:
    whole = told.whole
    spoken_on = sum(1 for line in told.accounts if line.published)
    sentences = [
        speech.say(
            "opening" if whole.published else "opening_none",
            published=speech.counted("publications", whole.published),
            planned=speech.count(whole.planned),
            accounts=speech.counted("on_accounts", spoken_on),
        ),
    ]
    if rest := [(each, number) for each, number in whole.outcomes.items() if number and each is not Outcome.PUBLISHED]:
        sentences.append(speech.say("opening_rest", rest=_outcomes(rest, speech)))
    if not told.is_over:
        sentences.append(speech.say("not_over", day=speech.moment(told.told_at)))
    return tuple(sentences)


def _tiles(told: MonthTold, speech: Speech) -> tuple[Tile, ...]:
    whole = told.whole
    answered = sum(each.this_month for each in told.misconceptions)
    return (
        Tile(
            label=speech.say("out"),
            text=speech.count(whole.published),
            note=speech.say("of_planned", of=speech.count(whole.planned)),
        ),
        *(_total_tile(name, whole, speech) for name in ("impressions", "views", "engagements")),
        _rate_tile(whole.rate, speech),
        Tile(
            label=speech.say("answered"),
            text=speech.count(answered),
            note=speech.say("of_catalogue", of=speech.count(len(told.misconceptions))),
        ),
    )


def _total_tile(name: str, line: Line, speech: Speech) -> Tile:
    cell = _total(line.totals.get(name), speech)
    return Tile(label=speech.name(name), text=cell.text, note=cell.note)


def _rate_tile(rate: Rate | None, speech: Speech) -> Tile:
    if rate is None:
        return Tile(label=speech.say("rate"), text=MISSING)
    notes = [_over(rate, speech)]
    if rate.median is not None:
        notes.append(speech.say("median", rate=speech.percent(rate.median)))
    if rate.quartiles:
        notes.append(speech.say("middle_half", rates=speech.percents(*rate.quartiles)))
    return Tile(label=speech.say("rate"), text=speech.percent(rate.value), note=" · ".join(notes))


def _over(figure: Total | Rate, speech: Speech) -> str:
    return speech.say("over", over=speech.count(figure.over), of=speech.count(figure.of))


def _total(total: Total | None, speech: Speech) -> Cell:
    if total is None:
        return Cell(text=MISSING)
    return Cell(text=speech.count(total.value), note=_over(total, speech))


def _figure(number: int | None, speech: Speech) -> Cell:
    return Cell(text=MISSING if number is None else speech.count(number))


def _rate(rate: Rate | None, speech: Speech) -> Cell:
    if rate is None:
        return Cell(text=MISSING)
    note = speech.say("median", rate=speech.percent(rate.median)) if rate.median is not None else ""
    return Cell(text=speech.percent(rate.value), note=note)


def _grid(told: MonthTold, speech: Speech) -> Grid:
    busiest = max(day.published for day in told.days)
    cells: list[DayCell | None] = [None] * speech.week.index(told.month.first.weekday())
    for day in told.days:
        cells.append(
            DayCell(
                number=speech.number(day.on),
                hijri=speech.hijri_day(day.on),
                text=speech.count(day.published) if day.planned else "",
                not_out=speech.count(day.not_out) if day.not_out else "",
                depth=-(-4 * day.published // busiest) if busiest else 0,
            )
        )
    cells += [None] * (-len(cells) % 7)
    return Grid(
        title=speech.say("days"),
        caption=speech.say("days_caption"),
        weekdays=speech.weekdays(),
        weeks=tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7)),
    )


def _bars(told: MonthTold, speech: Speech) -> tuple[Bars, ...]:
    facts = told.account_facts
    return (
        _published_bars("bars_networks", told.networks, speech),
        _published_bars("bars_languages", told.languages, speech),
        _published_bars("bars_kinds", told.kinds, speech),
        _bar_chart(
            "bars_accounts",
            [
                (speech.account(facts[line.key]), total.value if (total := line.totals.get("engagements")) else None)
                for line in told.accounts
            ],
            speech,
        ),
    )


def _published_bars(title: str, lines: Iterable[Line], speech: Speech) -> Bars:
    return _bar_chart(title, [(speech.heading(line.key), line.published) for line in lines], speech)


def _bar_chart(title: str, figures: Sequence[tuple[str, int | None]], speech: Speech) -> Bars:
    longest = max((figure for _, figure in figures if figure), default=1)
    return Bars(
        title=speech.say(title),
        bars=tuple(
            Bar(
                label=label,
                text=_figure(figure, speech).text,
                share=None if figure is None else figure / longest,
            )
            for label, figure in figures
        ),
    )


def _tables(told: MonthTold, speech: Speech) -> tuple[Table, ...]:
    facts = told.account_facts
    return (
        _by("networks", "network", told.networks, lambda line: Cell(text=speech.heading(line.key)), speech),
        _components(told.networks, speech),
        _by("languages", "language", told.languages, lambda line: Cell(text=speech.heading(line.key)), speech),
        _by(
            "accounts",
            "account",
            told.accounts,
            lambda line: Cell(text=speech.account(facts[line.key]), note=plain(facts[line.key].name)),
            speech,
        ),
        _by("kinds", "kind", told.kinds, lambda line: Cell(text=speech.heading(line.key)), speech),
        _by("campaigns", "campaign", told.campaigns, lambda line: _campaign(line, speech), speech),
        _answered(told, speech),
        _never(told, speech),
        _best(told, speech),
    )


def _by(key: str, what: str, lines: Iterable[Line], heading: Callable[[Line], Cell], speech: Speech) -> Table:
    counts = ("impressions", "views", "engagements")
    return Table(
        key=key,
        title=speech.say(key),
        caption=speech.say("by_caption"),
        columns=(
            Column(title=speech.say(what), numeric=False, weight=2.1),
            Column(title=speech.say("planned"), weight=0.75),
            Column(title=speech.say("out"), weight=0.75),
            Column(title=speech.say("not_out"), weight=1.1, wraps=True),
            *(Column(title=speech.name(each), weight=1.3) for each in counts),
            Column(title=speech.say("rate"), weight=1.3),
            Column(title=speech.say("largest_reach"), weight=1.05),
        ),
        rows=tuple((heading(line), *_figures(line, speech)) for line in lines),
    )


def _figures(line: Line, speech: Speech) -> tuple[Cell, ...]:
    wrong = [(outcome, line.outcomes[outcome]) for outcome in NOT_OUT if line.outcomes[outcome]]
    return (
        Cell(text=speech.count(line.planned)),
        Cell(text=speech.count(line.published)),
        Cell(
            text=speech.count(line.not_out),
            note=_outcomes(wrong, speech),
        ),
        *(_total(line.totals.get(name), speech) for name in ("impressions", "views", "engagements")),
        _rate(line.rate, speech),
        _figure(line.largest_reach, speech),
    )


def _outcomes(numbers: Iterable[tuple[Outcome, int]], speech: Speech) -> str:
    """ "refused 2, held 1"; a number stays with its word when the line breaks."""
    said = (f"{speech.name(outcome.value)}\u00a0{speech.count(number)}" for outcome, number in numbers)
    return speech.say("comma").join(said)


def _campaign(line: Line, speech: Speech) -> Cell:
    if not line.key:
        return Cell(text=speech.say("no_campaign"))
    return Cell(text=plain(line.names.in_(speech.language) if line.names else line.key), people=True)


def _components(lines: Iterable[Line], speech: Speech) -> Table:
    return Table(
        key="components",
        title=speech.say("components"),
        caption=speech.say("components_caption"),
        columns=(
            Column(title=speech.say("network"), numeric=False, weight=1.5),
            *(Column(title=speech.name(name)) for name in COMPONENTS),
        ),
        rows=tuple(
            (Cell(text=speech.name(line.key)), *(_total(line.totals.get(name), speech) for name in COMPONENTS))
            for line in lines
        ),
    )


def _answered(told: MonthTold, speech: Speech) -> Table:
    return Table(
        key="misconceptions",
        title=speech.say("misconceptions"),
        caption=speech.say("misconceptions_caption"),
        columns=(
            Column(title=speech.say("misconception"), numeric=False, weight=4.2),
            Column(title=speech.say("first_in")),
            Column(title=speech.say("also_in")),
            Column(title=speech.say("in_languages"), numeric=False, weight=1.4),
            Column(title=speech.name("impressions"), weight=1.2),
            Column(title=speech.name("engagements"), weight=1.2),
        ),
        rows=tuple(_answer(each, speech) for each in told.misconceptions if each.this_month),
        empty=speech.say("misconceptions_none"),
    )


def _answer(each: Answered, speech: Speech) -> tuple[Cell, ...]:
    return (
        _claim(each, speech),
        Cell(text=speech.count(each.first_in)),
        Cell(text=speech.count(each.also_in)),
        Cell(text=speech.languages(each.languages)),
        _total(each.line.totals.get("impressions"), speech),
        _total(each.line.totals.get("engagements"), speech),
    )


def _claim(each: Answered, speech: Speech) -> Cell:
    return Cell(
        text=speech.quoted(each.claims.in_(speech.language)),
        note=f"{speech.name(each.category)} · {speech.name(each.standing.value)}",
        people=True,
    )


def _never(told: MonthTold, speech: Speech) -> Table:
    return Table(
        key="never",
        title=speech.say("never"),
        caption=speech.say("never_caption"),
        columns=(
            Column(title=speech.say("misconception"), numeric=False, weight=4),
            Column(title=speech.say("category"), numeric=False),
            Column(title=speech.say("standing"), numeric=False, weight=2),
        ),
        rows=tuple(
            (
                Cell(text=speech.quoted(each.claims.in_(speech.language)), people=True),
                Cell(text=speech.name(each.category)),
                Cell(text=speech.name(each.standing.value)),
            )
            for each in told.never_answered
        ),
        empty=MISSING,
    )


def _best(told: MonthTold, speech: Speech) -> Table:
    return Table(
        key="best",
        title=speech.say("best"),
        caption=speech.say("best_caption"),
        columns=(
            Column(title=speech.say("post"), numeric=False, weight=4.2),
            Column(title=speech.say("day"), numeric=False, weight=1.4),
            *(Column(title=speech.name(name)) for name in ("impressions", "views", "engagements")),
            Column(title=speech.say("rate"), weight=0.9),
            Column(title=speech.name("reach"), weight=0.9),
        ),
        rows=tuple(_best_row(each, told, speech) for each in told.best),
        empty=speech.say("best_none"),
    )


def _best_row(each: Told, told: MonthTold, speech: Speech) -> tuple[Cell, ...]:
    account = speech.account(told.account_facts[each.account])
    return (
        Cell(
            text=plain(each.words),
            note=account,
            people=True,
            lang=each.language.value,
            link=web_address(each.url),
        ),
        Cell(text=speech.day(each.at.date())),
        *(_figure(each.figures.get(name), speech) for name in ("impressions", "views", "engagements")),
        Cell(text=MISSING if each.rate is None else speech.percent(each.rate)),
        _figure(each.figures.get("reach"), speech),
    )


def web_address(url: str | None) -> str | None:
    """The address if a reader may follow it: http or https, and nothing that a page could run."""
    return url if url and urlsplit(url).scheme in ("http", "https") else None


def reason_in(told: MonthTold, each: Told, speech: Speech) -> Reason:
    """As the desk tells it; what was taken down is so for a reason in a person's own words."""
    account, people = told.account_facts[each.account], each.outcome is Outcome.WITHDRAWN
    return speech.reason(each.why, account, now=told.told_at, people=people)


def _trouble(each: Told, told: MonthTold, speech: Speech) -> Trouble:
    sentence = speech.spans(
        f"trouble_{each.outcome.value}",
        day=speech.day(each.at.date()),
        words=Span(plain(each.words), people=True, lang=each.language.value),
        account=speech.account(told.account_facts[each.account]),
    )
    return Trouble(sentence=sentence, reason=reason_in(told, each, speech))


def _more(number: int, speech: Speech) -> str:
    return speech.say("troubles_more", n=speech.count(number)) if number > 0 else ""


def _notes(told: MonthTold, speech: Speech) -> tuple[str, ...]:
    drafts = sum(each.standing is Standing.DRAFT for each in told.misconceptions)
    notes = [speech.say(f"note_{name}") for name in ("missing", "apart", "reach", "rate")]
    if told.read_between:
        first, last = (speech.moment(at) for at in told.read_between)
        notes.append(speech.say("note_read", first=first, last=last))
    notes += [speech.say("note_month"), speech.say("note_hijri")]
    if drafts:
        of = speech.count(len(told.misconceptions))
        notes.append(speech.say("drafts", drafts=speech.count(drafts), of=of))
    if told.rehearsals_left_out:
        notes.append(speech.counted("left_out", told.rehearsals_left_out))
    return tuple(notes)
