"""Files that a network must fetch by itself (Instagram's pictures), laid out under an address it can reach.

Names are unguessable, for whoever knows one may look; and a file lies there only until it was fetched.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from platforms.errors import Refused
from platforms.shelf.folder import FolderShelf, LoopbackShelf

__all__ = ["FolderShelf", "LoopbackShelf", "NoShelf", "Shelf"]


class Shelf(Protocol):
    """Raises `platforms.errors` and nothing else."""

    def put(self, file: Path, *, suffix: str) -> str:
        """Lay a copy out under an unguessable name; the answer is its public URL."""

    def remove(self, url: str) -> None:
        """Take it away again; a URL that is not there is no error."""

    def sweep(self, before: datetime) -> int:
        """Take away what was laid out before then (aware UTC) and left behind; the answer is how many."""


class NoShelf:
    """No public address is set; only what must be fetched by a network suffers."""

    def put(self, file: Path, *, suffix: str) -> str:
        raise Refused(
            "this network fetches pictures by itself and no public address is set: set SAWT_MEDIA_BASE_URL, "
            "as docs/going-live.md has it under Instagram"
        )

    def remove(self, url: str) -> None:
        return None

    def sweep(self, before: datetime) -> int:
        return 0
