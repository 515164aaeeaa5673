"""What each network can do, as it shows when it is tried on the stage: the tables of docs/platforms.md.

Class lines and `check` say what is offered; whether words, captions and figures arrive, the stage's own records say.
`python -m tests.platforms.capabilities` writes the tables anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from platforms import adapter
from platforms.contract import METRICS, Network, Outgoing, Shape
from platforms.errors import NotOffered
from platforms.shelf import LoopbackShelf
from tests.platforms.playing import World, is_declared, posts, taken, world

PAPER = Path(__file__).parent.parent.parent / "docs" / "platforms.md"
_PART = re.compile(r"(?<=<!-- tried -->\n).*?(?=<!-- /tried -->)", re.DOTALL)
_SHAPES = {Shape.SQUARE: "1:1", Shape.PORTRAIT: "4:5", Shape.STORY: "9:16", Shape.WIDE: "16:9"}
POSTS = (
    "text",
    "thread",
    "picture",
    "several pictures",
    "film",
    "upright film",
    "picture story",
    "film story",
)


@dataclass
class Tried:
    """What became of every post that a network takes."""

    takes: list[str] = field(default_factory=list)
    arrives: set[str] = field(default_factory=set)
    declares: set[str] = field(default_factory=set)
    corrects: set[str] = field(default_factory=set)
    withdraws: set[str] = field(default_factory=set)
    figures: dict[str, str] = field(default_factory=dict)
    """The source of each, by its name."""


def tried(folder: Path) -> Mapping[Network, Tried]:
    found = {network: Tried() for network in Network}
    with closing(LoopbackShelf(folder / "shelf")) as shelf:
        for number, (network, what) in enumerate(taken()):
            room = folder / str(number)
            room.mkdir()
            with world(room, shelf) as here:
                _try(here, network, what, replace(posts(room)[what], synthetic=True), found[network])
    return found


def _try(here: World, network: Network, what: str, outgoing: Outgoing, found: Tried) -> None:
    platform = here.account(network)
    receipt, checkpoint = here.publish(platform, outgoing)
    if platform.lacks(outgoing, checkpoint):
        checkpoint = platform.complete(outgoing, receipt.remote_id, checkpoint, here.save)
    found.takes.append(what)
    found.arrives |= set(_arrived(here, outgoing))
    if is_declared(here):
        found.declares.add(what)
    for later in (timedelta(hours=20), timedelta(days=4)):
        here.stage.move_clock(later)
        for each in platform.measure([receipt.remote_id]).get(receipt.remote_id, ()):
            found.figures.setdefault(each.metric, each.source)
    if _offers(lambda: platform.correct(outgoing, receipt.remote_id, checkpoint)):
        found.corrects.add(what)
    if _offers(lambda: platform.withdraw(receipt.remote_id, checkpoint)):
        found.withdraws.add(what)


def _offers(act: Callable[[], object]) -> bool:
    try:
        act()
    except NotOffered:
        return False
    return True


def _arrived(here: World, outgoing: Outgoing) -> Iterator[str]:
    """What stands in the stage's records or files by now besides the words themselves."""
    stage = here.stage
    kept = json.dumps(stage.records.everything(), ensure_ascii=False)
    files = b"".join(
        file.read_bytes() for file in stage.files.rglob("*") if file.is_file() and file.stat().st_size < 9999
    )
    if any(each.alt_text and each.alt_text in kept for each in outgoing.media):
        yield "alt text"
    if any(each.title in kept for language, each in outgoing.localizations.items() if language != outgoing.language):
        yield "title and text in further languages"
    if any(
        each.path.read_text(encoding="utf-8").splitlines()[2].encode() in files + kept.encode()
        for each in outgoing.captions
    ):
        yield "captions"


def tables(found: Mapping[Network, Tried]) -> str:
    head = "| | " + " | ".join(network.label.removeprefix("the ") for network in Network) + " |"
    rule = "| --- " * (len(Network) + 1) + "|"
    return "\n".join(["", head, rule, *_abilities(found), "", _MEANT, "", head, rule, *_figures(found), ""])


def _abilities(found: Mapping[Network, Tried]) -> Iterator[str]:
    for what in POSTS:
        yield _row(what, {network: _yes(what in each.takes) for network, each in found.items()})
    for what in ("alt text", "captions", "title and text in further languages"):
        yield _row(what, {network: _yes(what in each.arrives) for network, each in found.items()})
    declares = {network: _which(each.declares, each.takes) for network, each in found.items()}
    yield _row("is told what a machine made", declares)
    yield _row("picture shape", {network: _SHAPES[adapter(network).picture_shape] for network in Network})
    yield _row("is corrected in place", {network: _which(each.corrects, each.takes) for network, each in found.items()})
    yield _row("is taken down", {network: _which(each.withdraws, each.takes) for network, each in found.items()})


def _figures(found: Mapping[Network, Tried]) -> Iterator[str]:
    for metric in METRICS:
        yield _row(metric, {network: _yes(metric in each.figures) for network, each in found.items()})
    own = {
        network: ", ".join(f"`{name}`" for name in sorted(each.figures) if name not in METRICS) or "—"
        for network, each in found.items()
    }
    yield _row("its own names", own)


def _which(those: set[str], of: list[str]) -> str:
    """All, none, or which."""
    if not those:
        return "—"
    return "yes" if those >= set(of) else ", ".join(each for each in POSTS if each in those)


def _yes(there: bool) -> str:
    return "yes" if there else "—"


def _row(what: str, cells: Mapping[Network, str]) -> str:
    return f"| {what} | " + " | ".join(cells[network] for network in Network) + " |"


_MEANT = "Figures, within five days after a post went out:"


def printed() -> str:
    found = _PART.search(PAPER.read_text(encoding="utf-8"))
    return found[0] if found else ""


def main() -> None:
    with TemporaryDirectory() as folder:
        text = tables(tried(Path(folder)))
    PAPER.write_text(_PART.sub(lambda _: text, PAPER.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
