"""The browser that comes back from a consent page is heard, whatever else calls meanwhile."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from campaigns import callback


def test_the_answer_is_heard_beside_an_icon_and_a_connection_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "SPEAKS_WITHIN", 0.1)
    with callback.listening(0) as heard, ThreadPoolExecutor() as people:
        port = heard.server.server_address[1]
        with socket.create_connection(("127.0.0.1", port)):
            waiting = people.submit(heard.wait)
            assert requests.get(f"http://127.0.0.1:{port}/favicon.ico", timeout=10).status_code == 404
            shown = requests.get(f"{callback.address(port)}?code=c&state=s", timeout=10)
        assert waiting.result(10) == {"code": "c", "state": "s"}
    assert "state" not in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
