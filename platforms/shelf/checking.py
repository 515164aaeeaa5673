"""Look at a public address as Meta's fetcher will, and say plainly what would keep it from getting the picture.

Meta asks as `facebookexternalhit`, heeds robots.txt, and gives errors that say little (9004, 2207052). Source:
Instagram platform, content publishing and error codes, read 2026-06.
"""

from __future__ import annotations

import hashlib
from contextlib import closing, suppress
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from socket import getaddrinfo
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import requests

from platforms.endpoints import LOOPBACK, Endpoints, WalledSession, origin
from platforms.errors import PlatformError, Refused, Unreachable
from platforms.shelf import Shelf
from platforms.shelf.names import type_of

AGENT = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"


class CheckedShelf:
    """A shelf whose every address is looked at before a network is told of it; `base_url` is where they begin.

    `for_loopback` where the network itself is on this machine.
    """

    def __init__(self, shelf: Shelf, base_url: str, *, for_loopback: bool = False) -> None:
        self._shelf, self._base_url, self._for_loopback = shelf, base_url, for_loopback

    def put(self, file: Path, *, suffix: str) -> str:
        url = self._shelf.put(file, suffix=suffix)
        try:
            look(url, file, base_url=self._base_url, for_loopback=self._for_loopback)
        except PlatformError:
            with suppress(PlatformError):
                self._shelf.remove(url)
            raise
        return url

    def remove(self, url: str) -> None:
        self._shelf.remove(url)

    def sweep(self, before: datetime) -> int:
        return self._shelf.sweep(before)


def look(url: str, file: Path, *, base_url: str, for_loopback: bool = False) -> None:
    """Fetch `url` and compare it with `file`. Speaks to the host of `base_url` alone. Raises Refused, Unreachable."""
    if origin(url) != origin(base_url):
        raise Refused(f"{_where(url)} is not under SAWT_MEDIA_BASE_URL ({_where(base_url)}): set it to where files are")
    if not for_loopback:
        _must_be_public(url)
    with closing(WalledSession(Endpoints.alone(base_url))) as session:
        session.headers["User-Agent"] = AGENT
        _must_let_robots_in(session, url)
        _must_be(file, _fetched(session, url), name=url.rpartition("/")[2])


def _must_be_public(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise Refused(f"the address of public media must begin with https://, not {parts.scheme}://")
    host = parts.hostname or ""
    try:
        found = {str(each[4][0]) for each in getaddrinfo(host, parts.port or 443)}
    except OSError as error:
        raise Unreachable(f"the name {host} of public media is not known here") from error
    if host in LOOPBACK or any(not ip_address(each).is_global for each in found):
        raise Refused(f"{host} is an address inside this house: no network can fetch pictures from there")


def _must_let_robots_in(session: WalledSession, url: str) -> None:
    """As crawlers have it: no robots.txt lets everybody in."""
    answer = _answer(session, f"{origin(url)}/robots.txt")
    if answer is not None and answer.status_code >= 500:
        raise Unreachable(f"robots.txt at {_where(url)} cannot be read (HTTP {answer.status_code})")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines() if answer is not None and answer.status_code == 200 else [])
    if not robots.can_fetch(AGENT, url):
        raise Refused(f"robots.txt at {_where(url)} keeps facebookexternalhit out: allow it the folder of public media")


def _fetched(session: WalledSession, url: str) -> requests.Response:
    answer = _answer(session, url)
    if answer is None:
        raise Refused("the server of public media leads elsewhere, which Meta does not follow: set the final address")
    if answer.status_code >= 500:
        raise Unreachable(f"the server of public media is in trouble (HTTP {answer.status_code})")
    if answer.status_code in (401, 403):
        raise Refused(f"the server of public media lets only its own people in (HTTP {answer.status_code}): open it")
    if answer.status_code != 200:
        raise Refused(f"what was just laid out is not to be had (HTTP {answer.status_code}): does it show this folder?")
    return answer


def _must_be(file: Path, answer: requests.Response, *, name: str) -> None:
    kind, wanted = answer.headers.get("content-type", "").partition(";")[0].strip().lower(), type_of(name)
    if kind != wanted:
        raise Refused(f"the server of public media calls the picture {kind or 'nothing'}: it must say {wanted}")
    if hashlib.sha256(answer.content).digest() != hashlib.sha256(file.read_bytes()).digest():
        raise Refused("the server of public media gives other bytes than were laid out: switch its image changes off")


def _answer(session: WalledSession, url: str) -> requests.Response | None:
    """None where it leads elsewhere."""
    try:
        answer = session.get(url)
        return None if answer.is_redirect else answer
    except requests.TooManyRedirects:
        return None
    except requests.RequestException as failure:
        raise Unreachable(f"the server of public media at {_where(url)} does not answer") from failure


def _where(url: str) -> str:
    return urlsplit(url).netloc
