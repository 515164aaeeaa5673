"""What the stage answers in each network's place, kept beside the tests: a change of the emulator is seen in review.

`python -m tests.platforms.recordings` writes tests/platforms/recordings anew. Ids, moments, addresses and figures
are replaced by what they are; no answer with a secret is kept.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import requests

from platforms.contract import Network
from platforms.endpoints import WalledSession
from platforms.errors import NotOffered
from platforms.shelf import LoopbackShelf
from tests.platforms.playing import World, posts, taken, world

FOLDER = Path(__file__).parent / "recordings"
_SECRET = re.compile(r"stage-account|ya29|issued-")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_ID = re.compile(r"(?=.*\d)[\w~:+/=.-]{8,}|(?=.*[a-z].*[A-Z])[\w-]{11}")
"""With figures in it, or of YouTube's length."""
_HEADERS = re.compile(r"x-.*|facebook-api-version|location|range|retry-after", re.IGNORECASE)

Answer = dict[str, Any]
Answers = dict[str, Answer]


def answers(network: Network, folder: Path) -> Answers:
    """The fullest answer of each kind that this network gives while every post it takes goes its whole way."""
    found: Answers = {}
    with closing(LoopbackShelf(folder / "shelf")) as shelf, world(folder, shelf) as here, _heard(found):
        here.account(network).verify()
        for each, what in taken():
            if each is network:
                _play(here, network, what, folder)
    return found


def _play(here: World, network: Network, what: str, folder: Path) -> None:
    platform, outgoing = here.account(network), posts(folder)[what]
    receipt, checkpoint = here.publish(platform, outgoing)
    here.look(platform, outgoing, checkpoint)
    checkpoint = platform.complete(outgoing, receipt.remote_id, checkpoint, here.save)
    here.stage.move_clock(timedelta(days=4))
    platform.measure([receipt.remote_id])
    with suppress(NotOffered):
        platform.correct(outgoing, receipt.remote_id, checkpoint)
    with suppress(NotOffered):
        platform.withdraw(receipt.remote_id, checkpoint)


@contextmanager
def _heard(found: Answers) -> Iterator[None]:
    sending = WalledSession.send

    def send(session: WalledSession, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = sending(session, request, **options)
        kept = _kept(request, answer)
        name = f"{kept['call']} {kept['status']}"
        found[name] = max(found.get(name, kept), kept, key=lambda each: len(json.dumps(each)))
        return answer

    WalledSession.send = send  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        WalledSession.send = sending  # type: ignore[method-assign]


def _kept(request: requests.PreparedRequest, answer: requests.Response) -> Answer:
    path = "/".join(_part(part) for part in urlsplit(request.url or "").path.split("/"))
    try:
        body = _plain(answer.json())
    except ValueError:
        body = None
    headers = sorted(name.lower() for name in answer.headers if _HEADERS.fullmatch(name))
    return {"call": f"{request.method} {path}", "status": answer.status_code, "headers": headers, "answer": body}


def _part(part: str) -> str:
    return "ID" if part.isdigit() or re.search(r"\d{4}", part) else part


def _plain(value: Any) -> Any:
    """The same without what differs from one run to the next; of several alike the first."""
    match value:
        case dict():
            return {_part(name): _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value[:1]]
        case bool() | None:
            return value
        case int() | float():
            return type(value)(0)
        case _:
            return _words(str(value))


def _words(text: str) -> str:
    if _SECRET.search(text):
        return "SECRET"
    if _MOMENT.search(text):
        return "MOMENT"
    if text.isdigit():
        return "DIGITS"
    text = re.sub(r"https?://[^\s\"<]+", "URL", text)
    return "ID" if _ID.fullmatch(text) else re.sub(r"\d+", "0", text)


def shape(value: Any) -> Any:
    """Keys and types alone."""
    if isinstance(value, Mapping):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def recorded(network: Network) -> Answers:
    found = (json.loads(file.read_text(encoding="utf-8")) for file in sorted((FOLDER / network).glob("*.json")))
    return {f"{each['call']} {each['status']}": each for each in found}


def main() -> None:
    for network in Network:
        shutil.rmtree(FOLDER / network, ignore_errors=True)
        (FOLDER / network).mkdir(parents=True)
        with TemporaryDirectory() as folder:
            for call, answer in answers(network, Path(folder)).items():
                name = re.sub(r"[^\w.]+", "_", call).strip("_")
                text = json.dumps(answer, ensure_ascii=False, indent=2)
                (FOLDER / network / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
