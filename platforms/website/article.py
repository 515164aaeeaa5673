"""An outgoing post as an article: its slug, its title and its HTML."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence

from platforms.contract import MediaFile, Outgoing
from platforms.website.limits import ENDINGS

_LONGEST_TITLE = 120
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def slug(outgoing: Outgoing) -> str:
    """The same for the same post and language, and another for any other; WordPress leaves it as it is."""
    digest = hashlib.sha256(f"{outgoing.key}\0{outgoing.language}".encode()).hexdigest()[:8]
    stem = re.sub(r"[^a-z0-9]+", "-", outgoing.key.lower()).strip("-")[:80].strip("-") or "post"
    return f"{stem}-{outgoing.language}-{digest}"


def medium_slug(outgoing: Outgoing, medium: MediaFile) -> str:
    """A slug that says which bytes these are, so that what is found under it need not be sent again."""
    return f"{slug(outgoing)}-{medium.sha256[:16]}"


def file_name(outgoing: Outgoing, medium: MediaFile) -> str:
    return medium_slug(outgoing, medium) + ENDINGS.get(medium.mime_type, "")


def title(outgoing: Outgoing) -> str:
    """The post's title as HTML; without one, its first line."""
    first = next((line.strip() for line in outgoing.text.splitlines() if line.strip()), "")
    words = outgoing.title.strip() or (first if len(first) <= _LONGEST_TITLE else first[: _LONGEST_TITLE - 1] + "…")
    return _escaped(words)


def body(outgoing: Outgoing, media_urls: Sequence[str]) -> str:
    """The article: media first, then a paragraph for each block of lines, in the language's direction."""
    direction = "rtl" if outgoing.language in _RIGHT_TO_LEFT else "ltr"
    figures = "".join(_figure(medium, url) for medium, url in zip(outgoing.media, media_urls, strict=True))
    blocks = re.split(r"\n\s*\n", outgoing.text.replace("\r\n", "\n").strip())
    paragraphs = "".join(f"<p>{_linked(block, outgoing.link)}</p>" for block in blocks)
    return f'<div lang="{html.escape(outgoing.language)}" dir="{direction}">{figures}{paragraphs}</div>'


def _figure(medium: MediaFile, url: str) -> str:
    source, words = html.escape(url), _escaped(medium.alt_text)
    size = f'width="{medium.width}" height="{medium.height}"'
    if medium.mime_type.startswith("video/"):
        return (
            f'<figure><video controls preload="metadata" src="{source}" aria-label="{words}" {size}></video></figure>'
        )
    return f'<figure><img src="{source}" alt="{words}" {size}></figure>'


def _linked(block: str, link: str | None) -> str:
    words = _escaped(block)
    if link and re.match(r"https?://", link):
        address = _escaped(link)
        words = words.replace(address, f'<a href="{address}">{address}</a>')
    return words.replace("\n", "<br>")


def _escaped(text: str) -> str:
    """Square brackets too: WordPress would take them for its shortcodes."""
    return html.escape(text).replace("[", "&#91;").replace("]", "&#93;")
