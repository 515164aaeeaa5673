"""The house's colours and fonts as files: one palette for summaries, cards and the desk."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from campaigns.paths import shipped

TEMPLATES = shipped("templates") / "reports"


@cache
def colours() -> dict[str, str]:
    """Colours by name ("ink", "paper", …) as #RRGGBB, from templates/reports/tokens.json."""
    tokens: dict[str, str] = json.loads((TEMPLATES / "tokens.json").read_text(encoding="utf-8"))
    return tokens


@cache
def font_folders() -> tuple[Path, ...]:
    """Where the TTF files of Amiri and IBM Plex Sans Arabic lie."""
    import fontpkg

    return tuple(Path(fontpkg.path(family)).parent for family in ("IBM Plex Sans Arabic", "Amiri"))
