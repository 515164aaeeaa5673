"""`make bench`: each figure beside what it is held against, measured in turn in one run, as a ratio.

Machines differ and are busy; the ratios are what to compare. Nothing here fails for being slow.
`make bench ARGS=--load` measures ten thousand posts due at once, and takes many minutes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import cards, films, load, reveal, sending
from tests.bench.measured import Row

BENCHES: tuple[Callable[[Path], list[Row]], ...] = (
    sending.measure,
    reveal.measure,
    cards.measure,
    films.measure,
)


def main() -> None:
    console = Console(width=150)
    table = Table(title="Sawt, beside its limits", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("what", "ours", "held against", "it took", "ratio"):
        table.add_column(column, justify="left" if column in ("what", "held against") else "right")
    for bench in (load.measure,) if "--load" in sys.argv[1:] else BENCHES:
        with tempfile.TemporaryDirectory(prefix="sawt-bench-") as folder:
            for row in bench(Path(folder)):
                table.add_row(row.what, row.ours_as_text, row.against, row.limit_as_text, f"{row.ratio:.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
