"""What all commands share: the open house, JSON and tables, and progress that knows when nobody watches."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from campaigns.models import Role
    from campaigns.settings import Settings
    from campaigns.store import Store
    from campaigns.vault import Vault

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
_GAP = 2
_PADDING = (0, _GAP, 0, 0)

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys instead of a table.")]
By = Annotated[str, typer.Option("--by", help="Who does it (or set SAWT_PERSON).", envvar="SAWT_PERSON")]


@dataclass(frozen=True)
class House:
    settings: Settings
    store: Store
    vault: Vault


@contextmanager
def opened() -> Iterator[House]:
    """The store and settings of SAWT_HOME, its tables brought up to date."""
    from campaigns import catalogue, tokens
    from campaigns.running import with_remembered_pace
    from campaigns.settings import Settings
    from campaigns.store import Store
    from campaigns.vault import Vault

    settings = with_remembered_pace(Settings.from_environment())
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    try:
        catalogue.prepare(store, settings, now=now())
        yield House(tokens.with_connected(settings, store), store, Vault(settings.media))
    finally:
        store.close()


def now() -> datetime:
    return datetime.now(UTC)


def me() -> str:
    return os.environ.get("SAWT_PERSON") or getpass.getuser()


def role_called(name: str) -> Role | None:
    """What --as says; None where it says nothing."""
    from campaigns.models import Role

    if name and name not in list(Role):
        raise typer.BadParameter(f"{name!r} is no role; write {', '.join(Role)}", param_hint="--as")
    return Role(name) if name else None


def must_be_there(session: Session, names: InstrumentedAttribute[str], name: str, listing: str) -> None:
    """Raises ValueError where something is named that is not there: an empty list would pass for an answer."""
    from sqlalchemy import select

    if name and session.scalar(select(names).where(names == name)) is None:
        raise ValueError(f"there is no {names.class_.__name__.lower()} {name!r}; {listing}")


def counted(number: int, what: str) -> str:
    """ "1 post", "3 posts"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Ids first, so that a terminal without bidirectional text still reads well.

    A word or key is never broken: where the terminal is too narrow for that, each row stands as lines of its own.
    """
    cells = [["—" if cell is None else str(cell) for cell in row] for row in rows]
    longest = [max(map(cell_len, " ".join(column).split())) for column in zip(columns, *cells, strict=True)]
    if sum(longest) + _GAP * (len(columns) - 1) > out.width:
        _print_lines(title, columns, cells)
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=_PADDING)
    for column, width in zip(columns, longest, strict=True):
        table.add_column(column, header_style="dim", overflow="fold", min_width=width)
    for row in cells:
        table.add_row(*row)
    out.print(table)


def _print_lines(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    out.print(title, style="bold")
    for first, *others in rows:
        out.print(f"\n{first}", soft_wrap=True, markup=False)
        told = Table(box=None, pad_edge=False, show_header=False, padding=_PADDING)
        told.add_column(style="dim", no_wrap=True)
        told.add_column(overflow="fold")
        for column, cell in zip(columns[1:], others, strict=True):
            if cell != "—":
                told.add_row(f"  {column}", cell)
        out.print(told)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the error stream: `tell(done, total)`."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def uploads() -> Iterator[Callable[[Mapping[str, tuple[int, int]]], None]]:
    """Bars on the error stream, one for each upload under way: `show({key: (bytes sent, bytes in all)})`."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    tasks: dict[str, TaskID] = {}

    def show(under_way: Mapping[str, tuple[int, int]]) -> None:
        for key in [key for key in tasks if key not in under_way]:
            bars.remove_task(tasks.pop(key))
        for key, (sent, total) in under_way.items():
            if key not in tasks:
                tasks[key] = bars.add_task(key, total=total)
            bars.update(tasks[key], completed=sent, total=total)

    with bars:
        yield show


def local(moment: datetime | None) -> str | None:
    """As a person reads it, in UTC."""
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def rehearsal_mark(settings: Settings) -> str | None:
    """What every listing says while some account plays on the stage."""
    if all(settings.signed_in(account.key) for account in settings.accounts):
        return None
    return "REHEARSAL: accounts without credentials play on the rehearsal stage; nothing there reaches an audience."


def print_mark(settings: Settings) -> None:
    if mark := rehearsal_mark(settings):
        err.print(mark, style="yellow")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
