"""What came of the crash matrix, as docs/crashes.md tells it: `python -m tests.proofs.crash_table` writes it anew.

With names of networks behind it, their lines alone. Here a worker is killed at every single point.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

from campaigns.store import Store
from platforms.contract import Network
from tests.proofs.crash_cases import (
    ROOT,
    Make,
    Matrix,
    Played,
    Way,
    Zygote,
    furnish,
    offered,
    prepare,
    sqlite_copies,
)
from tests.proofs.crash_seams import Point

DOCUMENT = ROOT / "docs" / "crashes.md"
TABLE, POINTS = "## What came of it", "## The points, one by one"

ON_POSTGRES = {
    (Network.FACEBOOK, Make.PICTURE),
    (Network.X, Make.THREAD),
    (Network.WEBSITE, Make.TEXT),
}
"""With these every kind of commit is made; there killed again and taken over by another worker."""
NOT_ON_POSTGRES = Way.CALL_LOST
"""The longest way; what is its own of it lies in no database."""


def filling(network: Network, make: Make, home: Path, files: Path) -> Callable[[Store], None]:
    settings = furnish(home)
    return lambda store: prepare(store, settings, network, make, files)


def called(network: Network) -> str:
    name = network.label.removeprefix("the ")
    return name[0].upper() + name[1:]


def row(network: Network, make: Make, played: Played) -> str:
    """One line of the table."""
    number = len(played.points)
    at_once = "taken down once" if played.way.takes_down else "published once"
    if played.way is Way.CORRECTED:
        at_once = "published once, and corrected"
    so_far = "no part sent again" if make.parts > 1 else "no copy"
    endings = [
        f"{count} × {ending}"
        for count, ending in (
            (number - played.by_a_person, at_once),
            (played.by_a_person, f"uncertain, {so_far}; after a person had looked, published once"),
        )
        if count
    ]
    cells = (called(network), make, played.way, str(number), "; ".join(endings), "0", "0")
    return f"| {' | '.join(cells)} |"


def told(network: Network, make: Make, played: Played) -> str:
    """The points of one way in order: step by step, each seam with the number of its points."""
    steps = "; ".join(
        f"{step}: {', '.join(_seams(list(points)))}" for step, points in groupby(played.points, lambda each: each.step)
    )
    return f"- **{called(network)}, {make}, {played.way}.** {steps[0].upper()}{steps[1:]}."


def _seams(points: list[Point]) -> Iterator[str]:
    for what, there in groupby(points, lambda each: (each.what, each.time)):
        number = len(list(there))
        yield f"`{what[0]}`{'' if number == 2 else f' ×{number}'}"


def written(rows: list[str], points: list[str]) -> str:
    """The paper with these in it, its own words as they are."""
    words = DOCUMENT.read_text(encoding="utf-8").partition(f"{TABLE}\n")[0]
    sentence = f"Killed at {sum(int(each.split('|')[4]) for each in rows)} points, on SQLite."
    head = "| network | form | way | killed at | became of the first post | twice | lost |"
    table = [TABLE, "", sentence, "", head, "| --- | --- | --- | ---: | --- | ---: | ---: |", *rows]
    return "\n".join([words.rstrip("\n"), "", *table, "", POINTS, "", *points, ""])


def kept(network: Network, make: Make) -> tuple[list[str], list[str]]:
    """What the paper says of it already."""
    table, _, points = DOCUMENT.read_text(encoding="utf-8").partition(TABLE)[2].partition(POINTS)
    rows = [line for line in table.splitlines() if line.startswith(f"| {called(network)} | {make} |")]
    return rows, [line for line in points.splitlines() if line.startswith(f"- **{called(network)}, {make},")]


def played_anew(zygote: Zygote, folder: Path, network: Network, make: Make) -> Iterator[tuple[str, str]]:
    room = folder / f"{network}-{make}"
    room.mkdir()
    fill = filling(network, make, room / "home", folder / "files")
    copies = sqlite_copies(folder / "migrated.sqlite", room, fill)
    matrix = Matrix(zygote=zygote, folder=room, network=network, make=make, copies=copies, everywhere=True)
    for played in matrix.play_all():
        sys.stderr.write(row(network, make, played) + "\n")
        yield row(network, make, played), told(network, make, played)


def main() -> None:
    """Of the networks that are named, or else of all."""
    rows, points = list[str](), list[str]()
    named = [Network(name) for name in sys.argv[1:]] or list(Network)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(Store(f"sqlite:///{folder / 'migrated.sqlite'}")) as store:
            store.migrate()
        with closing(Zygote(folder)) as zygote:
            for network, make in offered():
                if network not in named:
                    lines = kept(network, make)
                else:
                    anew = list(played_anew(zygote, folder, network, make))
                    lines = [each for each, _ in anew], [each for _, each in anew]
                rows += lines[0]
                points += lines[1]
    DOCUMENT.write_text(written(rows, points), encoding="utf-8")


if __name__ == "__main__":
    main()
