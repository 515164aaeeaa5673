"""Set a summary on A4 pages as a tagged PDF, with Typst and our own fonts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from campaigns.reports.palette import TEMPLATES, font_folders
from campaigns.reports.tables import Paper


def write_pdf(paper: Paper, at: datetime, out: Path) -> None:
    """`at` is the moment that the file says it was made, so that the same month gives the same bytes.

    The text crosses over as data and is never read as Typst's own markup.
    """
    out.write_bytes(
        typst.compile(
            str(TEMPLATES / "summary.typ"),
            root=str(TEMPLATES),
            font_paths=_fonts(),
            sys_inputs={"paper": json.dumps(asdict(paper), ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=at.replace(microsecond=0),
        )
    )


@cache
def _fonts() -> Any:
    """Read once: only the fonts that ship with us, so that a page looks the same on every machine."""
    folders = [str(folder) for folder in font_folders()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
