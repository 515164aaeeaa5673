"""Files that a network must fetch by itself (Instagram's pictures), laid out under an address it can reach."""

from __future__ import annotations

import secrets
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol


class Shelf(Protocol):
    def put(self, file: Path, *, suffix: str) -> str:
        """Lay a copy out under an unguessable name; the answer is its public URL."""

    def remove(self, url: str) -> None:
        """Take it away again; a URL that is not there is no error."""


class NoShelf:
    """No public address is set; only what must be fetched by a network suffers."""

    def put(self, file: Path, *, suffix: str) -> str:
        from platforms.errors import Refused

        raise Refused(
            "this network fetches pictures by itself and no public address is set: "
            "set SAWT_MEDIA_BASE_URL and SAWT_MEDIA_DIR to a folder that a web server shows"
        )

    def remove(self, url: str) -> None:
        return None


class FolderShelf:
    """A folder that some web server shows under `base_url`."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder, self.base_url = folder, base_url.rstrip("/")
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, file: Path, *, suffix: str) -> str:
        name = secrets.token_urlsafe(24) + suffix
        half = self.folder / f".{name}.part"
        shutil.copyfile(file, half)
        half.replace(self.folder / name)
        return f"{self.base_url}/{name}"

    def remove(self, url: str) -> None:
        name = url.rpartition("/")[2]
        if url.startswith(self.base_url + "/") and name:
            (self.folder / name).unlink(missing_ok=True)


class LoopbackShelf(FolderShelf):
    """A folder shown on loopback by ourselves, for networks that are themselves on loopback."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="shelf", daemon=True).start()
        super().__init__(folder, f"http://127.0.0.1:{self._server.server_address[1]}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def list_directory(self, path: Any) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        return None
