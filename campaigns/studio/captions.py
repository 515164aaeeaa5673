"""Captions as SubRip: read a stranger's file with care, and write words in another language over a film's scenes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from campaigns.studio.storyboard import Film, timeline

SUBRIP = "application/x-subrip"
LARGEST = 1 << 20
"""Bytes; two hours of talk are a tenth of it."""
LEEWAY = timedelta(seconds=1)
"""How far a caption may outlast its film, which players forgive."""


class BadCaptions(ValueError):
    """These captions cannot be used; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Cue:
    """What stands on the screen from `start` to `end`, as plain text."""

    start: timedelta
    end: timedelta
    words: str

    @property
    def clock(self) -> str:
        """`start` as minutes and seconds."""
        minutes, seconds = divmod(int(self.start.total_seconds()), 60)
        return f"{minutes}:{seconds:02}"


def read(path: Path, *, called: str = "") -> tuple[Cue, ...]:
    """The cues of an .srt file, in their order. Raises BadCaptions with one sentence."""
    from pysubs2 import SSAFile
    from pysubs2.exceptions import Pysubs2Error

    name = called or path.name
    if path.stat().st_size > LARGEST:
        raise BadCaptions(f"{name} is larger than {LARGEST >> 20} MB; captions are text, export them as .srt")
    try:
        file = SSAFile.from_string(path.read_bytes().decode("utf-8-sig"), format_="srt")
    except UnicodeDecodeError as error:
        raise BadCaptions(f"{name} is not UTF-8; save it as UTF-8 text") from error
    except (Pysubs2Error, ValueError, IndexError) as error:
        raise BadCaptions(f"{name} is not .srt; export the captions as SubRip (.srt)") from error
    cues = tuple(
        Cue(start=timedelta(milliseconds=event.start), end=timedelta(milliseconds=event.end), words=event.plaintext)
        for event in file
    )
    _must_be_in_order(cues, name)
    return cues


def must_fit(cues: tuple[Cue, ...], length: timedelta, *, called: str) -> None:
    """Raises BadCaptions when a caption stands after the film has ended."""
    if late := next((cue for cue in cues if cue.end > length + LEEWAY), None):
        raise BadCaptions(
            f"the caption of {called} at {late.clock} ends after the film, which lasts {length.total_seconds():g} s; "
            "export the captions of this very film"
        )


def write(film: Film, said: Film, out: Path) -> Path | None:
    """The words of `said` over the scenes of `film`, in plain text; None where they have not the same slides.

    Not every network honours direction marks, so there are none.
    """
    from pysubs2 import SSAEvent, SSAFile

    scenes, words = timeline(film), [said.title, *said.slides, said.handle]
    if len(scenes) != len(words):
        return None
    file = SSAFile()
    for scene, spoken in zip(scenes, words, strict=True):
        if text := " ".join(spoken.split()):
            file.append(SSAEvent(start=round(scene.start * 1000), end=round(scene.end * 1000), text=text))
    file.save(os.fspath(out), format_=out.suffix.removeprefix("."))
    return out


def _must_be_in_order(cues: tuple[Cue, ...], name: str) -> None:
    if not any(cue.words.strip() for cue in cues):
        raise BadCaptions(f"{name} has no captions; export them as SubRip (.srt)")
    if backwards := next((cue for cue in cues if cue.end <= cue.start), None):
        raise BadCaptions(f"the caption of {name} at {backwards.clock} ends before it begins; mend its times")
