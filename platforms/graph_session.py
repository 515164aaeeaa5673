"""How calls to Meta leave the house: token in a header, the SDK's fixed address led to ours, files streamed."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import requests

from platforms.contract import Charge
from platforms.endpoints import Call, Endpoints, WalledSession
from platforms.errors import TooSoon
from platforms.graph_faults import used_share, used_up
from platforms.streaming import Stream

SDK_BASE = "https://graph.facebook.com/"
"""The address that facebook-sdk 3.1.0 writes in front of every path."""

CONTAINERS = "instagram containers"

_log = logging.getLogger(__name__)


class GraphSession(WalledSession):
    """Remembers the last answer, and the version that made it; warns once when that is not `version`."""

    def __init__(self, endpoints: Endpoints, *, token: str, app_secret: str, version: str) -> None:
        super().__init__(endpoints)
        self._version = version
        self._base = endpoints.graph
        self._proof = _proof(token, app_secret)
        self.headers["Authorization"] = f"Bearer {token}"
        self.answer: requests.Response | None = None
        self.served_as = ""

    def request(self, method: Any, url: Any, *positional: Any, **options: Any) -> requests.Response:
        if url.startswith(SDK_BASE):
            url = f"{self._base}/{url.removeprefix(SDK_BASE)}"
            options["params"] = {**(options.get("params") or {}), **self._proof}
        self.answer = super().request(method, url, *positional, **options)
        self._note_version(self.answer.headers.get("facebook-api-version", ""))
        return self.answer

    def closing(self, call: Call, answer: requests.Response) -> TooSoon | None:
        return used_up(answer)

    def charges(self, call: Call, answer: requests.Response) -> Sequence[Charge]:
        """Containers, of which Instagram makes only so many in a day, whatever becomes of them."""
        made = call.method == "POST" and call.path.endswith("/media") and answer.ok
        return [Charge(bucket=CONTAINERS, amount=1, on=datetime.now(UTC).date())] if made else []

    @property
    def used(self) -> float:
        """How much of what Meta allows is used, in percent, by the last answer; 0 when it did not say."""
        return 0 if self.answer is None else used_share(self.answer)

    def _note_version(self, version: str) -> None:
        if version and version != self._version and version != self.served_as:
            _log.warning("Meta answers as %s although %s was asked for", version, self._version)
        self.served_as = version or self.served_as


def _proof(token: str, app_secret: str) -> dict[str, str]:
    """`appsecret_proof`, which shows that the caller also knows the app's secret (Meta, Secure requests)."""
    if not app_secret:
        return {}
    return {"appsecret_proof": hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()}


class Multipart:
    """A form whose last field is a window of a file, iterated block by block; its length is known beforehand.

    The SDK would hold it in memory about twice (300 MB took 629 MB).
    """

    def __init__(self, fields: Mapping[str, str], name: str, window: Stream) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._window = window
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="'
        head = "".join(f'{part}{field}"\r\n\r\n{value}\r\n' for field, value in fields.items())
        head += f'{part}{name}"; filename="chunk"\r\nContent-Type: application/octet-stream\r\n\r\n'
        self._head, self._tail = head.encode(), f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + len(self._window) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        sent = 0
        while block := self._window.read():
            sent += len(block)
            yield block
        if sent < len(self._window):
            raise OSError("the file became shorter while it was sent")
        yield self._tail
