"""How YouTube behaves on the stage today: what it is to do badly, and how much it takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from platforms.rehearsal.stage import Stage

CAPTIONING, ANALYSING = "youtube.force-ssl", "yt-analytics.readonly"


@dataclass(frozen=True, kw_only=True)
class Habits:
    """`keeps`: bytes kept of each chunk; `conflicts`: 409s left at session start; `failure` or `rejection`: how
    processing ends; `hidden`: statistics that are not given; `channel_full`: no upload for a day; `shorts`: films
    are shown as Shorts; `unverified`: the channel has no phone number, and may set no thumbnails; `not_granted`:
    scopes that the account did not allow.
    """

    keeps: int | None = None
    conflicts: int = 0
    failure: str = ""
    rejection: str = ""
    hidden: tuple[str, ...] = ()
    channel_full: bool = False
    shorts: bool = False
    unverified: bool = False
    not_granted: tuple[str, ...] = ()
    units_a_day: int = 10_000
    uploads_a_day: int = 100


def behave(stage: Stage, **habits: Any) -> None:
    """Change some habits of this stage's YouTube."""
    stage.records.put("youtube.habits", "today", asdict(replace(habits_of(stage), **habits)))


def habits_of(stage: Stage) -> Habits:
    kept = stage.records.get("youtube.habits", "today") or {}
    return Habits(**{**kept, **{name: tuple(kept.get(name, ())) for name in ("hidden", "not_granted")}})
