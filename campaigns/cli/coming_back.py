"""What comes back: measure, readings, summary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from campaigns.cli.terminal import (
    AsJSON,
    counted,
    err,
    local,
    must_be_there,
    now,
    opened,
    out,
    print_json,
    print_mark,
    print_table,
    progress,
)


def add_to(app: typer.Typer) -> None:
    app.command()(measure)
    app.command()(readings)
    app.command()(summary)


def measure(as_json: AsJSON = False) -> None:
    """Fetch the figures of everything that is out, now. `sawt run` does it on its cadence."""
    from campaigns.connections import Connections
    from campaigns.measuring import Measurer
    from campaigns.stage import stage_if_needed

    with opened() as house, stage_if_needed(house.settings) as stage:
        connections = Connections(house.settings, stage)
        with progress("measuring") as tell:
            measured = Measurer(house.store, connections, house.settings, clock=now).measure_all(tell)
        connections.close()
        if as_json:
            print_json({"readings": measured.readings, "failures": measured.failures})
        else:
            print_mark(house.settings)
            out.print(counted(measured.readings, "reading"))
    for account, why in measured.failures.items():
        err.print(f"sawt: {account}: {why}")
    if measured.failures:
        raise typer.Exit(1)


def readings(
    as_json: AsJSON = False,
    publication: Annotated[str, typer.Option("--publication", help="Only those of this publication.")] = "",
    latest: Annotated[bool, typer.Option("--latest", help="Only the newest of each publication.")] = False,
) -> None:
    """The figures that came back; a figure that a network withheld is not there."""
    from sqlalchemy import func, select

    from campaigns.models import Publication, Reading

    query = select(Publication.key, Reading).join(Reading.publication)
    if publication:
        query = query.where(Publication.key == publication)
    if latest:
        newest = select(func.max(Reading.taken_at)).where(Reading.publication_id == Publication.id)
        query = query.where(Reading.taken_at == newest.correlate(Publication).scalar_subquery())
    with opened() as house:
        with house.store.reading() as session:
            must_be_there(session, Publication.key, publication, "sawt publications lists them")
            rows: list[dict[str, Any]] = [
                {
                    "publication": key,
                    "metric": figure.metric,
                    "value": figure.value,
                    "unit": figure.unit,
                    "taken_at": reading.taken_at,
                    "source": figure.source,
                }
                for key, reading in session.execute(query.order_by(Publication.id, Reading.taken_at))
                for figure in reading.figures()
            ]
        if as_json:
            print_json(rows)
            return
        print_mark(house.settings)
        print_table(
            counted(len(rows), "figure"),
            ("publication", "metric", "value", "unit", "taken (UTC)", "source"),
            ((r["publication"], r["metric"], r["value"], r["unit"], local(r["taken_at"]), r["source"]) for r in rows),
        )


def summary(
    month: Annotated[str, typer.Argument(help="The month, as 2026-11.")],
    lang: Annotated[str, typer.Option("--lang", help="ar, en, fr; several with commas.")] = "ar,en,fr",
    formats: Annotated[str, typer.Option("--format", help="html, pdf, xlsx; several with commas.")] = "html,pdf,xlsx",
    folder: Annotated[Path, typer.Option("--out", help="Where to write the files.")] = Path(),
) -> None:
    """Tell a month in numbers and sentences: what went out and what came back."""
    from campaigns.languages import Language
    from campaigns.reports.summary import summarise

    languages = [Language(_one_of(code, list(Language), "--lang")) for code in _split(lang)]
    wanted = [_one_of(name, ["html", "pdf", "xlsx"], "--format") for name in _split(formats)]
    with opened() as house:
        for file in summarise(house.store, month, languages, wanted, folder, now=now()):
            out.print(str(file), soft_wrap=True)
        print_mark(house.settings)


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _one_of(word: str, known: list[str], option: str) -> str:
    if word not in known:
        raise ValueError(f"{option} {word!r} is not known; write {', '.join(known)}")
    return word
