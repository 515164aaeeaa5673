"""Tell a month, write its files, and remember which files were written from what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from campaigns.languages import Language
from campaigns.models import Summary
from campaigns.reports.monthly import tell
from campaigns.reports.speech import Digits
from campaigns.reports.writing import Format, write
from campaigns.store import Store
from campaigns.vault import digest_of


def summarise(
    store: Store,
    month: str,
    languages: Iterable[Language],
    formats: Iterable[Format | str],
    out: Path,
    *,
    now: datetime,
    digits: Digits = Digits.WESTERN,
) -> list[Path]:
    """Write the month "2026-11" in all these languages and formats into `out`. Raises ValueError."""
    kinds = [Format(each) for each in formats]
    with store.reading() as session:
        told = tell(session, month, now=now)
    rows = []
    for language in languages:
        for kind in kinds:
            path = write(told, language, kind, out, digits)
            rows.append(
                Summary(
                    month=month,
                    language=language.value,
                    format=kind.value,
                    written_at=now,
                    path=str(path),
                    sha256=digest_of(path),
                )
            )
    with store.writing() as session:
        for row in rows:
            session.merge(row)
    return [Path(row.path) for row in rows]
