"""Where pictures lie while a network fetches them by itself, as the settings say."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pydantic import ValidationError

from campaigns.settings import Settings
from platforms.endpoints import LOOPBACK
from platforms.errors import NotSignedIn
from platforms.shelf import FolderShelf, LoopbackShelf, NoShelf, Shelf

KEPT = timedelta(days=2)
"""A container lives a day at Meta; what lies longer was left behind by a crash."""


def public_shelf(settings: Settings) -> Shelf:
    """For the real networks: a bucket, the website's library or a folder; each address is looked at before it is told.

    Raises NotSignedIn, naming what is missing.
    """
    from platforms.shelf.checking import CheckedShelf

    for_loopback = urlsplit(settings.endpoints.graph).hostname in LOOPBACK
    kind = settings.media_place.get("kind", "folder")
    if kind == "website":
        from platforms.shelf.wordpress import LibraryShelf

        library = LibraryShelf(settings.media_place, settings.endpoints)
        return CheckedShelf(library, settings.media_base_url or library.base_url, for_loopback=for_loopback)
    if not settings.media_base_url:
        return LoopbackShelf(settings.home / "shelf") if for_loopback else NoShelf()
    shelf = _bucket(settings, settings.media_base_url) if kind == "s3" else _folder(settings, settings.media_base_url)
    return CheckedShelf(shelf, settings.media_base_url, for_loopback=for_loopback)


def sweep(settings: Settings, *, now: datetime) -> int:
    """Take away what a crash has left lying for everybody to see; the answer is how much."""
    swept = FolderShelf(settings.home / "shelf", "").sweep(now - KEPT)
    if settings.media_base_url or settings.media_place:
        swept += public_shelf(settings).sweep(now - KEPT)
    return swept


def _bucket(settings: Settings, base_url: str) -> Shelf:
    from platforms.shelf.bucket import BucketShelf

    try:
        return BucketShelf(settings.media_place, base_url)
    except ValidationError as error:
        wrong = ", ".join(sorted({str(each["loc"][0]) for each in error.errors()}))
        raise NotSignedIn(f"[media] in the credentials file: {wrong} cannot be used; see docs/going-live.md") from None


def _folder(settings: Settings, base_url: str) -> Shelf:
    return FolderShelf(settings.shown_folder, base_url)
