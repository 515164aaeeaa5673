"""Every call to a network leaves through `platforms.endpoints.WalledSession.send`: read off the code itself.

At that door the wall, the gatekeeper and the time-out stand, and there the crash and fault matrices look.
The crash matrix holds it against life as well: a worker that opens a connection anywhere else ends at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import platforms
from campaigns import paths

ROOT = Path(paths.__file__).parent.parent
STAGE = ROOT / "platforms" / "rehearsal"
MODULES = sorted(each for each in (ROOT / "platforms").rglob("*.py") if STAGE not in each.parents)

CAN_CONNECT = {
    *("aiohttp", "asyncio", "facebook", "ftplib", "google", "googleapiclient", "google_auth_httplib2", "http"),
    *("http2", "httplib2", "httpx", "multiprocessing", "requests", "requests_oauthlib", "smtplib", "socket"),
    *("socketserver", "ssl", "subprocess", "telnetlib", "tweepy", "urllib", "urllib3", "websocket", "websockets"),
    *("xmlrpc",),
}
"""Libraries with whose help a connection could be opened."""

ONLY_TALK_OF_IT = {
    "googleapiclient.discovery_cache.get_static_doc",
    "googleapiclient.errors.HttpError",
    "googleapiclient.errors.ResumableUploadError",
    "google.auth.exceptions.GoogleAuthError",
    "http.server.SimpleHTTPRequestHandler",
    "http.server.ThreadingHTTPServer",
    "socket.getaddrinfo",
    "ssl.SSLCertVerificationError",
    "tweepy.OAuth1UserHandler",
    "urllib.parse.parse_qs",
    "urllib.parse.quote",
    "urllib.parse.unquote",
    "urllib.parse.urlencode",
    "urllib.parse.urljoin",
    "urllib.parse.urlsplit",
    "urllib.robotparser.RobotFileParser",
    *(f"facebook.{name}" for name in ("GraphAPIError",)),
    *(f"googleapiclient.http.{name}" for name in ("HttpRequest", "MediaIoBaseUpload")),
    *(f"requests.{name}" for name in ("ConnectTimeout", "JSONDecodeError", "PreparedRequest", "ReadTimeout")),
    *(f"requests.{name}" for name in ("RequestException", "Response", "TooManyRedirects", "auth.HTTPBasicAuth")),
    *(f"requests.exceptions.{name}" for name in ("ChunkedEncodingError", "ConnectionError", "ReadTimeout")),
    *(f"tweepy.{name}" for name in ("BadRequest", "Forbidden", "HTTPException", "NotFound", "TooManyRequests")),
    *(f"tweepy.{name}" for name in ("TwitterServerError", "Unauthorized")),
    *(f"urllib3.exceptions.{name}" for name in ("ConnectTimeoutError", "MaxRetryError", "NewConnectionError")),
    *(f"urllib3.exceptions.{name}" for name in ("NameResolutionError", "ProtocolError", "SSLError")),
}
"""What may be taken from them anywhere: failures, answers, signatures, addresses, and the shelf's own small server."""

THROUGH_THE_DOOR = {
    "facebook.GraphAPI": "session",
    "google.oauth2.credentials.Credentials": "token_uri",
    "googleapiclient.discovery.build_from_document": "http",
}
"""What speaks only by what it is given: the argument that must be there (credentials ask with our own transport)."""
SPOKEN_WITH = {"facebook", "requests", "tweepy"}
"""Imported whole; what is taken of them is looked at name by name."""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_there_is_one_way_out(module: Path) -> None:
    assert not list(
        ways_past_the_door(module.read_text(encoding="utf-8"), named_late=module.parent.name == "platforms")
    )


def test_adapters_are_imported_by_name_from_this_house_alone() -> None:
    named = [*platforms._ADAPTERS.values(), *platforms._ENTRANCES.values()]
    assert all(module.startswith("platforms.") for module, _ in named)


@pytest.mark.parametrize(
    "code",
    [
        "import requests\nrequests.get('https://x.com')",
        "import requests as r\ndef call(): return r.Session()",
        "from requests import post",
        "import requests.adapters",
        "def late():\n    from urllib.request import urlopen",
        "import socket\nsocket.create_connection(('x.com', 443))",
        "import httpx",
        "from urllib3 import PoolManager",
        "import tweepy\ntweepy.Client()",
        "import tweepy\nclass Client(tweepy.Client): pass",
        "import facebook\nfacebook.GraphAPI('token')",
        "from googleapiclient.discovery import build",
        "from googleapiclient.discovery import build_from_document\nbuild_from_document({})",
        "__import__('socket')",
        "import importlib\nimportlib.import_module('socket')",
    ],
)
def test_a_second_way_out_is_seen(code: str) -> None:
    assert list(ways_past_the_door(code))


def ways_past_the_door(code: str, *, named_late: bool = False) -> Iterator[str]:
    """Each thing in this module by which a call could leave otherwise, with its line."""
    tree = ast.parse(code)
    names = dict(_imported(tree))
    allowed = set(_at_the_door(tree, names))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            taken = [each.name for each in node.names if each.name not in SPOKEN_WITH]
        elif isinstance(node, ast.ImportFrom):
            taken = [f"{node.module}.{each.name}" for each in node.names]
            taken = [each for each in taken if each not in THROUGH_THE_DOOR]
        elif isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in allowed:
            taken = [each for each in [_dotted(node, names)] if each not in SPOKEN_WITH]
        else:
            continue
        yield from (f"{node.lineno}: {each}" for each in taken if _is_past_the_door(each, named_late=named_late))


def _is_past_the_door(full: str, *, named_late: bool) -> bool:
    if full in ("__import__", "importlib.import_module"):
        return not named_late
    known = any(each == full or each.startswith(f"{full}.") for each in ONLY_TALK_OF_IT)
    return full.partition(".")[0] in CAN_CONNECT and not known


def _at_the_door(tree: ast.AST, names: dict[str, str]) -> Iterator[int]:
    """Nodes that are what they seem not to be: types of arguments, the door itself, and what speaks through it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation:
            yield from map(id, ast.walk(node.annotation))
        if isinstance(node, ast.FunctionDef) and node.returns:
            yield from map(id, ast.walk(node.returns))
        if isinstance(node, ast.AnnAssign):
            yield from map(id, ast.walk(node.annotation))
        if isinstance(node, ast.Call) and _is_given_the_door(node, names):
            yield id(node.func)
        if isinstance(node, ast.ClassDef):
            wanted = {"WalledSession": "requests.Session", "Client": "tweepy.Client"}.get(node.name)
            walled = node.name == "WalledSession" or _has_walled_session(node, tree)
            yield from (id(base) for base in node.bases if walled and _dotted(base, names) == wanted)


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Local names by what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.asname or each.name.partition(".")[0], each.name) for each in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of an attribute or a name; empty for what is neither."""
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, names)
        return inner and f"{inner}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_given_the_door(call: ast.Call, names: dict[str, str]) -> bool:
    wanted = THROUGH_THE_DOOR.get(_dotted(call.func, names))
    return wanted in {each.arg for each in call.keywords} if wanted else False


def _has_walled_session(client: ast.ClassDef, tree: ast.AST) -> bool:
    """Whether a library's client is given a session of ours in place of its own."""
    ours = {each.name for each in ast.walk(tree) if isinstance(each, ast.ClassDef) and "WalledSession" in _bases(each)}
    given = re.findall(r"self\.session = (\w+)\(endpoints\)", ast.unparse(client))
    return bool(given) and set(given) <= ours | {"WalledSession"}


def _bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base) for base in node.bases]
