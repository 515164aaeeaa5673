"""The website's own media library as a public place: every WordPress site has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from platforms.endpoints import Endpoints
from platforms.shelf.names import TYPES, new_name
from platforms.website.client import Client
from platforms.website.faults import translated
from platforms.website.signin import sign_in

_OURS = "sawt-shelf-"
_SLUG = re.compile(_OURS + r"[0-9a-f]{40}", re.ASCII)


class LibraryShelf:
    """Uploads are called `sawt-shelf-…`; nothing else in the library is touched."""

    def __init__(self, credentials: Mapping[str, str], endpoints: Endpoints) -> None:
        self._client = Client(sign_in(credentials, endpoints.website), endpoints)
        self.base_url = self._client.site_url

    def put(self, file: Path, *, suffix: str) -> str:
        with translated():
            return self._client.send(file, name=_OURS + new_name(suffix), mime_type=TYPES[suffix]).source_url

    def remove(self, url: str) -> None:
        """By the slug that WordPress makes of a file's name; of a large one the address is a smaller copy's."""
        if found := _SLUG.search(url):
            with translated():
                if medium := self._client.medium_called(found[0]):
                    self._client.remove_medium(medium.id)

    def sweep(self, before: datetime) -> int:
        with translated():
            old = [each for each in self._client.media_before(before, _OURS) if _SLUG.fullmatch(each.slug)]
            for each in old:
                self._client.remove_medium(each.id)
        return len(old)
