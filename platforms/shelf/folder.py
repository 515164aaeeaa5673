"""A folder that some web server shows, ours on loopback among them."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from platforms.shelf.names import PATTERN, name_in, new_name


class FolderShelf:
    """A folder that some web server shows under `base_url`."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder, self.base_url = folder, base_url.rstrip("/")
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, file: Path, *, suffix: str) -> str:
        name = new_name(suffix)
        half = self.folder / f".{name}.part"
        shutil.copyfile(file, half)
        half.replace(self.folder / name)
        return f"{self.base_url}/{name}"

    def remove(self, url: str) -> None:
        if name := name_in(url, self.base_url):
            (self.folder / name).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Half-written copies too; what others have put into the folder stays."""
        left = [each for each in self.folder.iterdir() if PATTERN.fullmatch(_whole(each.name))]
        return sum(_gone(each, before.timestamp()) for each in left)


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


def _gone(file: Path, before: float) -> bool:
    try:
        if file.stat().st_mtime >= before:
            return False
        file.unlink()
    except FileNotFoundError:  # somebody else was first
        return False
    return True


def _whole(name: str) -> str:
    return name.removeprefix(".").removesuffix(".part")


class _Quiet(SimpleHTTPRequestHandler):
    def list_directory(self, path: Any) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        return None
