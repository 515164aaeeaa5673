"""Read the team's file, whichever of the three forms it has, into rows of text."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import yaml
from rapidfuzz import fuzz, process

from campaigns.intake.rows import COLUMNS, NAMES, SEVERAL, Fault, Row, Unreadable, tidy

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_ROWS = 20_000
LARGEST_FILE = 64 << 20
"""Of a file, and of a workbook once it is unpacked, in bytes."""
_UNDER_NAMES = "write one post per row under the column names"
_UNDER_POSTS = "write `posts:` and under it one entry after another, each beginning with `- key:`"


def read(file: Path) -> list[Row]:
    """Rows of an .xlsx, .csv or .yaml file, empty ones left out. Raises Unreadable."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise Unreadable(f"{file.name} is not .xlsx, .csv or .yaml; save it as one of these")
    rows = reader(_contents(file))
    if not rows:
        raise Unreadable(f"{file.name} has no rows; {_UNDER_POSTS if reader is _read_yaml else _UNDER_NAMES}")
    if len(rows) > MOST_ROWS:
        raise Unreadable(f"{file.name} has more than {MOST_ROWS:,} rows; import it in parts")
    return rows


def _contents(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Unreadable(f"{file.name} is larger than {LARGEST_FILE >> 20} MB; import it in parts")
        return file.read_bytes()
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error.strerror or error}") from error


def _read_csv(contents: bytes) -> list[Row]:
    text = _decoded(contents)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        return _rows(lines)
    except csv.Error as error:
        raise Unreadable(f"the CSV breaks off: {error}; look for a quotation mark that is not closed") from error


def _decoded(contents: bytes) -> str:
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8; save it as 'CSV UTF-8' or as .xlsx") from None


def _delimiter(text: str) -> str:
    """The mark that parts most of the header."""
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def _read_xlsx(contents: bytes) -> list[Row]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of decoration that it does not read
        try:
            formulas = _has_formulas(contents)
            seen = load_workbook(io.BytesIO(contents), read_only=True, data_only=True)
            written = load_workbook(io.BytesIO(contents), read_only=True) if formulas else None
            return _rows(_sheet_lines(seen, written))
        except (Unreadable, MemoryError):
            raise
        except Exception as error:  # a damaged workbook can break openpyxl anywhere
            raise Unreadable("the file is damaged or is no Excel workbook; save it again as .xlsx") from error


def _has_formulas(contents: bytes) -> bool:
    """Whether a second look is needed: a formula that was never calculated has text but no value."""
    with ZipFile(io.BytesIO(contents)) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_FILE:
            raise Unreadable("the workbook is too large once unpacked; import it in parts")
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<f[\s>]", archive.read(name)) for name in sheets)


def _sheet_lines(seen: Workbook, written: Workbook | None) -> Iterator[list[object]]:
    lines = _cells(seen)
    if written is None:
        yield from ([_as_seen(cell) for cell in line] for line in lines)
        return
    for line, formulas in zip(lines, _cells(written), strict=True):
        yield [
            formula.value if cell.value is None else _as_seen(cell)
            for cell, formula in zip(line, formulas, strict=True)
        ]


def _cells(workbook: Workbook) -> Iterator[Sequence[Any]]:
    sheet: Any = workbook["posts"] if "posts" in workbook.sheetnames else workbook.worksheets[0]
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    return iter(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=len(COLUMNS) * 3))


def _as_seen(cell: Any) -> object:
    """The value as the person sees it: a date without an hour has none here either."""
    value = cell.value
    if cell.data_type == "e":
        return _Broken(value)
    if isinstance(value, datetime) and "h" not in str(cell.number_format).lower():
        return value.date()
    if isinstance(value, str):
        return value.replace("_x000D_", "\r")
    return value


class _Broken:
    """A formula that came to nothing, such as #NAME?."""

    def __init__(self, shows: str) -> None:
        self.shows = shows

    def __str__(self) -> str:
        return self.shows


def _read_yaml(contents: bytes) -> list[Row]:
    try:
        document = yaml.load(_decoded(contents), Loader=_Words)  # noqa: S506 - builds nothing but text, lists, mappings
    except yaml.YAMLError as error:
        raise Unreadable(f"the file is not sound YAML: {_yaml_sentence(error)}") from error
    except (RecursionError, ValueError) as error:
        raise Unreadable("the file is not sound YAML: it is nested too deeply or has a wrong escape") from error
    entries = document.get("posts") if isinstance(document, dict) else document
    if entries in (None, ""):
        return []
    if not isinstance(entries, list):
        raise Unreadable(_UNDER_POSTS)
    return [_entry(number, entry) for number, entry in enumerate(entries, 1)]


def _entry(number: int, entry: object) -> Row:
    if not isinstance(entry, dict):
        fault = Fault(row=number, column="", says="an entry must be a mapping like `key: peace-01`")
        return Row(number=number, cells={}, faults=(fault,))
    names = {str(name): value for name, value in entry.items()}
    known = {name: value for name, value in names.items() if name in NAMES}
    row = _row(number, known)
    odd = tuple(row.fault(name[:80], _unknown(name)) for name in names if name not in NAMES)
    return Row(number=number, cells=row.cells, faults=(*odd, *row.faults))


class _Words(yaml.CBaseLoader if hasattr(yaml, "CBaseLoader") else yaml.BaseLoader):  # type: ignore[misc]
    """Every scalar is the text that stands there: `no` is no False, and an hour no number of seconds."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = Counter(name.value for name, _ in node.value if isinstance(name, yaml.ScalarNode))
        if twice := next((name for name, times in names.items() if times > 1), None):
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} stands twice", node.start_mark)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


def _yaml_sentence(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}, {problem}" if mark and problem else str(error).replace("\n", " ")[:200]


_READERS: dict[str, Callable[[bytes], list[Row]]] = {
    ".xlsx": _read_xlsx,
    ".csv": _read_csv,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}


def _rows(lines: Iterable[Sequence[object]]) -> list[Row]:
    """Rows under the first line, which names the columns; numbers as a spreadsheet shows them."""
    numbered = enumerate(lines, 1)
    names = _header(next(((number, line) for number, line in numbered if _is_written(line)), None))
    return [_line(number, names, line) for number, line in numbered if _is_written(line)]


def _is_written(line: Sequence[object]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in line)


def _header(found: tuple[int, Sequence[object]] | None) -> list[str]:
    if found is None:
        return []
    number, line = found
    names = [tidy(str(cell)).lower() if cell is not None else "" for cell in line]
    while names and not names[-1]:
        names.pop()
    wrong = [_unknown(name) for name in names if name not in NAMES]
    wrong += [f"column {name!r} stands twice; keep one" for name in NAMES if names.count(name) > 1]
    wrong += [f"column {c.name!r} is missing; add it" for c in COLUMNS if c.needed and c.name not in names]
    if wrong:
        raise Unreadable("; ".join(wrong[:12]), row=number)
    return names


def _unknown(name: str) -> str:
    if not name:
        return "a column has no name; name it or delete it"
    near = process.extractOne(name, NAMES, scorer=fuzz.ratio, score_cutoff=60)
    return f"unknown column {name[:80]!r}; " + (f"did you mean {near[0]}?" if near else "delete it")


def _line(number: int, names: Sequence[str], line: Sequence[object]) -> Row:
    row = _row(number, dict(zip(names, line, strict=False)))
    if not _is_written(line[len(names) :]):
        return row
    more = row.fault("", "more cells than columns; put a text that contains the delimiter in quotation marks")
    return Row(number=number, cells=row.cells, faults=(*row.faults, more))


def _row(number: int, values: dict[str, object]) -> Row:
    cells, odd = {}, []
    for column, value in values.items():
        try:
            if text := _text(column, value):
                cells[column] = text
        except TypeError as error:
            odd.append((column, str(error)))
    row = Row(number=number, cells=cells)
    return Row(number=number, cells=cells, faults=tuple(row.fault(column, says) for column, says in odd))


def _text(column: str, value: object) -> str:
    """A cell as text. Raises TypeError for one that has no sensible text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, list) and column in SEVERAL and all(isinstance(each, str) for each in value):
        return SEVERAL[column].join(tidy(each) for each in value)
    if isinstance(value, datetime):
        return _whole_seconds(value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, _Broken):
        raise TypeError(f"the cell shows {value}; write plain text, not a formula")
    raise TypeError("this cell holds more than words; write plain text")


def _whole_seconds(moment: datetime) -> datetime:
    """A spreadsheet keeps an hour as a fraction of a day, which is off by microseconds."""
    near = moment.replace(microsecond=0)
    return near + timedelta(seconds=1) if moment.microsecond >= 500_000 and near < datetime.max - timedelta(1) else near
