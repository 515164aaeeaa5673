"""What every network takes, from one table (limits.toml), and how words and files are held against it.

What is not a number or a list of names (X's weighted length, YouTube's < and >) stands in each network's `limits.py`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from platforms.contract import Form, MediaFile, Network, Outgoing
from platforms.errors import MediaNotAccepted, TooLong

Measured: TypeAlias = float | str
_TABLE = Path(__file__).with_name("limits.toml")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One row: what `network` takes of `what` (bytes, seconds, codec …) in a `part` (words, picture, video …).

    Numbers lie from `least` to `most` in `unit`, names are `among` some; a measure may lie `within` a little outside.
    `said` is the row as a person says it: "0.5 to 140 seconds", "up to 5,000,000 bytes", "4:5 to 1.91:1".
    """

    network: Network
    part: str
    what: str
    unit: str
    said: str
    source: str
    read: date
    least: float | None = None
    most: float | None = None
    among: tuple[str, ...] = ()
    within: float = 0

    def takes(self, measured: Measured) -> bool:
        if isinstance(measured, str):
            return measured in self.among
        above = self.least is None or measured >= self.least - self.within
        return above and (self.most is None or measured <= self.most + self.within)

    @property
    def longest(self) -> int:
        """The most of it, where it is counted in whole things."""
        assert self.most is not None
        return int(self.most)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a wording fits a network: `used` of `limit`, in `unit`; None where the network names no limit.

    `what` is the network's name for it (text, caption, title, description). `thread` is what it is cut
    into where it becomes several posts.
    """

    what: str
    used: int
    limit: int | None
    unit: str
    thread: tuple[str, ...] = ()

    @property
    def parts(self) -> int:
        """How many posts it becomes."""
        return len(self.thread) or 1

    @property
    def left(self) -> int | None:
        return None if self.limit is None else self.limit - self.used


def limit(network: Network, part: str, what: str) -> Limit:
    """One row of the table. Raises KeyError."""
    return table()[network, part, what]


def counted(unit: str, text: str) -> int:
    """The length of `text` in a counting unit of the table."""
    return _COUNTS[unit](text)


def too_long(network: Network, what: str, text: str, *, called: str = "") -> Iterator[TooLong]:
    """A wording above its network's limit; `called` is how the message names it."""
    row = limit(network, "words", what)
    if (length := counted(row.unit, text)) > row.longest:
        unit = {"weighted characters": "characters", "UTF-8 bytes": "bytes (an Arabic letter is two)"}
        yield TooLong(
            limit=row.longest,
            length=length,
            network=network.label,
            what=called or what,
            unit=unit.get(row.unit, row.unit),
        )


def fits(network: Network, outgoing: Outgoing, posts: Sequence[str] = ()) -> tuple[Fit, ...]:
    """How the words of a post fit, the text itself first; with no limit it is counted in characters.

    A story has none beside its picture. `posts` are those that its adapter makes of the text.
    """
    if outgoing.form is Form.STORY:
        return ()
    thread = tuple(posts) if len(posts) > 1 else ()
    rows = {what: row for what in _WORDS if (row := table().get((network, "words", what)))}
    said = [_fit(row, _WORDS[what](outgoing), thread) for what, row in rows.items()]
    return tuple(said) or (Fit(what="text", used=len(outgoing.text), limit=None, unit="characters"),)


def refused_files(network: Network, outgoing: Outgoing) -> Iterator[MediaNotAccepted | TooLong]:
    """Everything in the number of files, in each file, and in its alt text, that the table does not allow."""
    yield from _wrong_number(network, outgoing)
    for medium in outgoing.media:
        for row, measured in misfits(network, part_for(network, outgoing.form, medium.mime_type), medium):
            yield _refusal(row, measured, medium)
        if (network, "words", "alt text") in table():
            yield from too_long(network, "alt text", medium.alt_text, called=f"alt text of {medium.path.name}")


def misfits(network: Network, part: str, medium: MediaFile) -> Iterator[tuple[Limit, Measured | None]]:
    """Rows of a part that a file does not keep, with its own measure: None where it must be known and is not.

    What nobody looked at (an empty codec, no frame rate) is not held against a file; a film's length must be known.
    """
    for what, row in _rows(network, part).items():
        measured = _MEASURES[what](medium) if what in _MEASURES else None
        if measured in (None, ""):
            if what == "seconds":
                yield row, None
        elif measured is not None and not row.takes(measured):
            yield row, measured


def part_for(network: Network, form: Form, mime_type: str) -> str:
    """The part of the table that a file of this type must keep in a post of this form."""
    if form is Form.PICTURE and mime_type == "image/gif" and _rows(network, "gif"):
        return "gif"
    if form in (Form.PICTURE, Form.VIDEO):
        return form.value
    moving = Form.VIDEO if mime_type.startswith("video/") else Form.PICTURE
    return f"story {moving}" if form is Form.STORY else moving.value


@cache
def table() -> Mapping[tuple[Network, str, str], Limit]:
    """All rows, by network, part and what."""
    networks = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    rows = (
        _row(Network(network), part, what, row)
        for network, parts in networks.items()
        for part, named in parts.items()
        for what, row in named.items()
    )
    return MappingProxyType({(row.network, row.part, row.what): row for row in rows})


def as_page() -> str:
    """docs/limits.md, in full: `python -m platforms.limits > docs/limits.md`."""
    lines = ["# What each network takes", "", *_PREFACE]
    for network in Network:
        lines += ["", f"## {network.label.removeprefix('the ').capitalize()}", ""]
        lines += ["| part | what | takes | source | read |", "| --- | --- | --- | --- | --- |"]
        for row in table().values():
            if row.network is network:
                takes = f"{row.said} ({row.unit})" if row.among or row.unit == _RATIO else row.said
                lines.append(f"| {row.part} | {row.what} | {takes} | {row.source} | {row.read} |")
    return "\n".join(lines) + "\n"


_RATIO = "width:height"
_PREFACE = (
    "Made from [platforms/limits.toml](../platforms/limits.toml), which the adapters read: change that file, then run",
    "`python -m platforms.limits > docs/limits.md`. Codecs and pixel formats have FFmpeg's names. What is not a number",
    "or a list of names stands as code in each network's `limits.py`.",
)
_MEASURES: Mapping[str, Callable[[MediaFile], Measured | None]] = {
    "type": lambda medium: medium.mime_type,
    "bytes": lambda medium: medium.size,
    "width": lambda medium: medium.width,
    "height": lambda medium: medium.height,
    "longer side": lambda medium: max(medium.width, medium.height),
    "shorter side": lambda medium: min(medium.width, medium.height),
    "ratio": lambda medium: medium.width / max(medium.height, 1),
    "seconds": lambda medium: None if medium.duration is None else medium.duration.total_seconds(),
    "frame rate": lambda medium: medium.frame_rate,
    "frames": lambda medium: _frames(medium),
    "pixels of all frames": lambda medium: (_frames(medium) or 1) * medium.width * medium.height,
    "codec": lambda medium: medium.codec,
    "sound codec": lambda medium: medium.sound_codec,
    "pixel format": lambda medium: medium.pixel_format,
    "index first": lambda medium: {True: "an index in front", False: "an index at the end", None: None}[
        medium.index_first
    ],
}
_SAYS = {
    "type": ("is {0}", "convert it"),
    "bytes": ("has {0:,} bytes", "make it smaller"),
    "width": ("is {0} pixels wide", "export it in another size"),
    "height": ("is {0} pixels high", "export it in another size"),
    "longer side": ("is {width}×{height}", "export it smaller"),
    "shorter side": ("is {width}×{height}", "export it in another size"),
    "ratio": ("is {width}×{height}", "give it another shape"),
    "seconds": ("lasts {0:g} seconds", "cut it"),
    "frame rate": ("has {0:g} frames a second", "export it with 25 or 30"),
    "frames": ("has {0} frames", "make it shorter"),
    "pixels of all frames": ("has {0:,} pixels in all its frames", "make it smaller or shorter"),
    "codec": ("is encoded as {0}", "export it as H.264"),
    "sound codec": ("has its sound as {0}", "export the sound as AAC"),
    "pixel format": ("has pixels as {0}", "export it as 8-bit 4:2:0"),
    "index first": ("has {0}", "export it for the web (fast start)"),
}
"""What is wrong with a file, and what to do."""
_WORDS: Mapping[str, Callable[[Outgoing], str]] = {
    "text": lambda outgoing: outgoing.text,
    "caption": lambda outgoing: outgoing.text,
    "description": lambda outgoing: outgoing.text,
    "title": lambda outgoing: outgoing.title,
}


def _weighted(text: str) -> int:
    from platforms.x.weighing import weighted_length

    return weighted_length(text)


_COUNTS: Mapping[str, Callable[[str], int]] = {
    "characters": len,
    "UTF-8 bytes": lambda text: len(text.encode()),
    "weighted characters": _weighted,
}


def _row(network: Network, part: str, what: str, row: Mapping[str, Any]) -> Limit:
    ends: dict[str, Any] = {end: _number(row[end]) for end in ("least", "most", "within") if end in row}
    named = {name: row[name] for name in ("unit", "source", "read")}
    among = tuple(row.get("among", ()))
    return Limit(network=network, part=part, what=what, said=_said(row), among=among, **named, **ends)


def _said(row: Mapping[str, Any]) -> str:
    if "among" in row:
        return ", ".join(row["among"])
    ends = [row[end] if isinstance(row[end], str) else f"{row[end]:,}" for end in ("least", "most") if end in row]
    said = " to ".join(dict.fromkeys(ends))
    if len(ends) == 1:
        said = f"up to {said}" if "most" in row else f"at least {said}"
    unit = row["unit"].removesuffix("s") if said == "1" else row["unit"]
    return said if unit == _RATIO else f"{said} {unit}"


def _number(written: float | str) -> float:
    """A number, or a shape such as "9:16" as width by height."""
    if isinstance(written, str):
        width, _, height = written.partition(":")
        return float(width) / float(height)
    return written


@cache
def _rows(network: Network, part: str) -> Mapping[str, Limit]:
    return {what: row for (whose, where, what), row in table().items() if (whose, where) == (network, part)}


def _fit(row: Limit, text: str, thread: tuple[str, ...]) -> Fit:
    return Fit(what=row.what, used=counted(row.unit, text), limit=row.longest, unit=row.unit, thread=thread)


def _wrong_number(network: Network, outgoing: Outgoing) -> Iterator[MediaNotAccepted]:
    parts = {part_for(network, outgoing.form, each.mime_type) for each in outgoing.media}
    number, form = len(outgoing.media), outgoing.form
    for part in sorted(parts) or [f"story {Form.PICTURE}" if form is Form.STORY else form.value]:
        row = _rows(network, part).get("files")
        if row and not row.takes(number):
            yield MediaNotAccepted(f"a {part} post on {network.label} takes {row.said}, not {number}")


def _refusal(row: Limit, measured: Measured | None, medium: MediaFile) -> MediaNotAccepted:
    says, advice = _SAYS[row.what]
    has = "has no known length" if measured is None else says.format(measured, width=medium.width, height=medium.height)
    return MediaNotAccepted(f"{medium.path.name} {has}; {row.network.label} takes {row.said}: {advice}")


def _frames(medium: MediaFile) -> int | None:
    if medium.duration is None or medium.frame_rate is None:
        return None
    return round(medium.duration.total_seconds() * medium.frame_rate)


if __name__ == "__main__":
    print(as_page(), end="")
