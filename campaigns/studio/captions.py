"""Captions as SubRip: read a stranger's file with care, and write words in another language over a film's scenes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from campaigns.studio.storyboard import Film, timeline

SUBRIP = "application/x-subrip"
LARGEST = 1 << 20
"""Bytes; two hours of talk are a tenth of it."""
LEEWAY = timedelta(seconds=1)
"""How far a caption may outlast its film, which players forgive."""
_STAMP = r"\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,3}"
_TIMES = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}\s*")


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
    """The cues of an .srt file, in their order, which hold every word of it. Raises BadCaptions with one sentence."""
    from pysubs2 import SSAFile
    from pysubs2.exceptions import Pysubs2Error

    name = called or path.name
    if path.stat().st_size > LARGEST:
        raise BadCaptions(f"{name} is larger than {LARGEST >> 20} MB; captions are text, export them as .srt")
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        file = SSAFile.from_string(text, format_="srt")
    except UnicodeDecodeError as error:
        raise BadCaptions(f"{name} is not UTF-8; save it as UTF-8 text") from error
    except (Pysubs2Error, ValueError, IndexError) as error:
        raise BadCaptions(f"{name} is not .srt; export the captions as SubRip (.srt)") from error
    cues = tuple(
        Cue(start=timedelta(milliseconds=event.start), end=timedelta(milliseconds=event.end), words=event.plaintext)
        for event in file
    )
    _must_be_in_order(cues, name)
    _must_be_plain(text, cues, name)
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


def _must_be_plain(text: str, cues: tuple[Cue, ...], name: str) -> None:
    """The file goes out as it is, so no player may show a word of it that was not read here."""
    words = " ".join(_beside_times(text))
    if marked := re.search(r"[{}<>]", words):
        raise BadCaptions(f"captions are plain text: delete {marked.group()} and the like from {name}")
    if words.split() != [word for cue in cues for word in cue.words.split()]:
        raise BadCaptions(f"captions are plain text: {name} has words that stand in no caption; delete them")


def _beside_times(text: str) -> Iterator[str]:
    """The lines that are neither the times of a caption nor the number above them."""
    lines = text.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_number = line.strip().isdecimal() and _TIMES.fullmatch(following)
        if not is_number and not _TIMES.fullmatch(line):
            yield line
