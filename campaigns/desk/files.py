"""Files that the pages show: our own style and script, the fonts, and media from the vault."""

from __future__ import annotations

import re

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from sqlalchemy import select
from starlette.exceptions import HTTPException

from campaigns.desk.visits import Desk, SignedIn, signed_in
from campaigns.models import Asset
from campaigns.paths import shipped
from platforms.shelf import names

open_to_all = APIRouter()
router = APIRouter(dependencies=[Depends(signed_in)])

_OWN = {"desk.css": "text/css", "desk.js": "text/javascript", "mark.svg": "image/svg+xml"}
_FONTS = {
    "plex-arabic-400.ttf": ("IBM Plex Sans Arabic", 400),
    "plex-arabic-600.ttf": ("IBM Plex Sans Arabic", 600),
    "amiri-400.ttf": ("Amiri", 400),
}
_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4"})
_KEPT = {"cache-control": "public, max-age=31536000, immutable"}
_FOR_ALL = {
    "cache-control": "public, max-age=86400",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "x-robots-tag": "noindex",
}
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@open_to_all.get("/static/{name}")
def own(name: str) -> Response:
    if name not in _OWN:
        raise HTTPException(404)
    return FileResponse(shipped("templates") / "desk" / name, media_type=_OWN[name], headers=_KEPT)


@open_to_all.get("/fonts/{name}")
def font(name: str) -> Response:
    if name not in _FONTS:
        raise HTTPException(404)
    import fontpkg

    family, weight = _FONTS[name]
    return FileResponse(fontpkg.path(family, weight=weight), media_type="font/ttf", headers=_KEPT)


@open_to_all.get("/robots.txt")
def robots() -> Response:
    """The desk is for people who sign in; a network's fetcher may have what was laid out for it."""
    return PlainTextResponse(
        "User-agent: facebookexternalhit\nAllow: /shelf/\nDisallow: /\n\nUser-agent: *\nDisallow: /\n"
    )


@open_to_all.get("/shelf/{name}")
def shown(request: Request, name: str) -> Response:
    """What a network fetches by itself: to be had by whoever knows its name, for as long as it lies there."""
    desk: Desk = request.app.state.desk
    path = desk.settings.shown_folder / name
    if not names.PATTERN.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type=names.type_of(name), headers=_FOR_ALL)


@router.get("/media/{digest}")
def media(visit: SignedIn, digest: str) -> Response:
    """A picture or film that a revision names, by its bytes' digest; anything else is not there."""
    asset = _asset(visit, digest)
    path = visit.desk.vault.path(digest)
    if asset is None or not path.is_file():
        raise HTTPException(404)
    return FileResponse(
        path,
        media_type=asset.mime_type if asset.mime_type in _SHOWN else "application/octet-stream",
        headers={
            "cache-control": "private, max-age=31536000, immutable",
            "content-security-policy": "default-src 'none'; sandbox",
            "content-disposition": "inline" if asset.mime_type in _SHOWN else "attachment",
        },
    )


def _asset(visit: SignedIn, digest: str) -> Asset | None:
    if not _DIGEST.fullmatch(digest):
        return None
    with visit.desk.store.reading() as session:
        return session.scalars(select(Asset).where(Asset.sha256 == digest).limit(1)).first()
