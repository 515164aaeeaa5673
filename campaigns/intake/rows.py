"""A row of the team's file, and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.languages import Language


@dataclass(frozen=True, kw_only=True)
class Column:
    """`needed` columns must be there in a sheet; `several` says how values stand side by side in one cell."""

    name: str
    needed: bool = False
    several: str = ""


def _in_three(name: str, several: str = "") -> tuple[Column, ...]:
    return tuple(Column(name=f"{name}_{language}", several=several) for language in Language)


COLUMNS = (
    Column(name="key", needed=True),
    Column(name="kind", needed=True),
    Column(name="campaign"),
    Column(name="misconceptions", several="; "),
    *_in_three("text"),
    *_in_three("title"),
    *_in_three("alt"),
    *_in_three("media", several="; "),
    *_in_three("captions"),
    Column(name="template"),
    *_in_three("hashtags", several=" "),
    *_in_three("correction"),
    Column(name="link"),
    Column(name="synthetic"),
    Column(name="for_children"),
    Column(name="accounts", needed=True, several="; "),
    Column(name="at", needed=True),
    Column(name="timezone"),
    Column(name="author", needed=True),
)
NAMES = tuple(column.name for column in COLUMNS)
SEVERAL = {column.name: column.several for column in COLUMNS if column.several}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong and what to write instead. `row` counts as the person's program does; 0 is the file itself."""

    row: int
    column: str
    says: str
    key: str = ""

    def __str__(self) -> str:
        post = f" ({self.key})" if self.key else ""
        place = f"row {self.row}{post}" if self.row else "the file"
        return f"{place}, {self.column}: {self.says}" if self.column else f"{place}: {self.says}"


class Unreadable(ValueError):
    """A file from which no rows can be taken; the message says what to do, `fault` says it with its place."""

    def __init__(self, says: str, *, row: int = 0, column: str = "") -> None:
        self.fault = Fault(row=row, column=column, says=says)
        super().__init__(says)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One post as the team wrote it: the cells that are not empty, as text with plain line ends."""

    number: int
    cells: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    """What could not be read as text."""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def key(self) -> str:
        return self["key"]

    def fault(self, column: str, says: str) -> Fault:
        return Fault(row=self.number, column=column, says=says, key=self.key[:80])


def tidy(text: str) -> str:
    """Plain line ends and no blanks around; inside, a text stays as it was written."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
