"""Wait on loopback for a browser that comes back from a network's consent page, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

PORT, PATH = 8322, "/connected"
WAITS = 300.0
"""Seconds that a person has for the network's page."""
SPEAKS_WITHIN = 2.0
"""Seconds that a connection has to say something: browsers open some ahead, and say nothing on them."""
_PAGE = """<!doctype html><meta charset="utf-8"><title>Sawt</title>
<p>Sawt has the answer. You can close this page and go back.</p>"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
}


def address(port: int = PORT) -> str:
    """What must stand among the app's redirect addresses at the network."""
    return f"http://127.0.0.1:{port}{PATH}"


def query_of(url: str) -> Mapping[str, str]:
    return dict(parse_qsl(urlsplit(url.strip()).query))


@dataclass
class Listening:
    server: HTTPServer
    answer: Mapping[str, str] | None = field(default=None, repr=False)

    def wait(self) -> Mapping[str, str]:
        """The query of the answer. Raises ValueError when none comes in time; other calls are not listened to."""
        self.server.timeout = WAITS
        for _ in range(20):  # a browser also asks for an icon
            self.server.handle_request()
            if self.answer is not None:
                return self.answer
        raise ValueError("no answer came from the network's page; begin again, or with --paste")


@contextmanager
def listening(port: int = PORT) -> Iterator[Listening]:
    """Raises ValueError where the port is taken."""
    heard: list[Listening] = []

    class Hearing(BaseHTTPRequestHandler):
        timeout = SPEAKS_WITHIN

        def do_GET(self) -> None:
            ours = urlsplit(self.path).path == PATH
            if ours:
                heard[0].answer = query_of(self.path)
            self.send_response(200 if ours else 404)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(_PAGE.encode() if ours else b"")

        def log_message(self, *_: object) -> None:
            """The address has the code in it, and is written nowhere."""

    try:
        server = HTTPServer(("127.0.0.1", port), Hearing)
    except OSError as error:
        raise ValueError(f"port {port} cannot be used ({error.strerror}); choose one with --callback-port") from None
    with server:
        heard.append(Listening(server))
        yield heard[0]
