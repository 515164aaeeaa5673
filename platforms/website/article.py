"""An outgoing post as an article: its slug, its title and its HTML, which reads well under any theme."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping, Sequence

from platforms.contract import Correction, MediaFile, Outgoing
from platforms.correcting import day
from platforms.website import spoken
from platforms.website.limits import ENDINGS

_LONGEST_TITLE = 120
_BOX = (
    "margin:2em 0;padding:1em 1.25em;background-color:#FBF8F2;color:#12303A;"
    "border:1px solid #D9D2C3;border-{side}:4px solid #B5872B"
)
"""Only what WordPress leaves in an author's HTML: no logical sides (measured on 6.1)."""


def slug(outgoing: Outgoing) -> str:
    """The same for the same post and language, and another for any other; WordPress leaves it as it is."""
    digest = hashlib.sha256(f"{outgoing.key}\0{outgoing.language}".encode()).hexdigest()[:8]
    stem = re.sub(r"[^a-z0-9]+", "-", outgoing.key.lower()).strip("-")[:80].strip("-") or "post"
    return f"{stem}-{outgoing.language}-{digest}"


def is_slug(given: str) -> bool:
    """Whether it has the form of the slugs that we give to articles."""
    return re.fullmatch(r"[a-z0-9-]+-(ar|en|fr)-[0-9a-f]{8}", given, re.ASCII) is not None


def medium_slug(outgoing: Outgoing, medium: MediaFile) -> str:
    """A slug that says which bytes these are, so that what is found under it need not be sent again."""
    return f"{slug(outgoing)}-{_mark(medium)}"


def file_name(outgoing: Outgoing, medium: MediaFile) -> str:
    return medium_slug(outgoing, medium) + ENDINGS.get(medium.mime_type, "")


def headline(outgoing: Outgoing) -> str:
    """The post's title; without one, its first line."""
    first = next((line.strip() for line in outgoing.text.splitlines() if line.strip()), "")
    return outgoing.title.strip() or (first if len(first) <= _LONGEST_TITLE else first[: _LONGEST_TITLE - 1] + "…")


def title(outgoing: Outgoing) -> str:
    return _escaped(headline(outgoing))


def body(outgoing: Outgoing, media_urls: Sequence[str]) -> str:
    """The article in its language's direction, with the way to its sisters above it."""
    direction = "rtl" if spoken.in_(outgoing.language).right_to_left else "ltr"
    figures = "".join(_figure(medium, url) for medium, url in zip(outgoing.media, media_urls, strict=True))
    inner = _sisters(outgoing) + figures + _words(outgoing)
    return f'<div lang="{html.escape(outgoing.language)}" dir="{direction}">{inner}</div>'


def says(outgoing: Outgoing, *, title: str, content: str) -> bool:
    """Whether a title and HTML that a site has kept say what this post says and no more, and show its pictures alone.

    A site may write the same words with other entities and fewer tags, as WordPress does for an author. The way to
    the sisters and what machines read are no part of them.
    """
    shown = _BESIDE_THE_WORDS.sub(" ", content)
    return (
        _plain(title) == _plain(_escaped(headline(outgoing)))
        and _plain(shown) == _plain(_words(outgoing))
        and set(re.findall(slug(outgoing) + "-([0-9a-f]{16})", shown)) == set(map(_mark, outgoing.media))
    )


def _mark(medium: MediaFile) -> str:
    return medium.sha256[:16]


def _sisters(outgoing: Outgoing) -> str:
    """WordPress drops a <link>, and for authors `hreflang`; a line that readers see stays in every case."""
    own, known = spoken.in_(outgoing.language), _in_order(outgoing.alternates)
    if not known:
        return ""
    links = " · ".join(
        f'<a href="{html.escape(url)}" rel="alternate" hreflang="{code}" lang="{code}">{spoken.in_(code).own_name}</a>'
        for code, url in known
    )
    return f'<p class="sawt-languages"><small>{own.elsewhere} {links}</small></p>'


def _in_order(alternates: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(code, alternates[code]) for code in ("ar", "en", "fr") if code in alternates]


def _words(outgoing: Outgoing) -> str:
    """What was approved: a paragraph for each block of lines, then the references and the corrections."""
    blocks = re.split(r"\n\s*\n", outgoing.text.replace("\r\n", "\n").strip())
    paragraphs = "".join(f"<p>{_linked(block, outgoing.link)}</p>" for block in blocks)
    return paragraphs + _references(outgoing) + _corrections(outgoing)


def _references(outgoing: Outgoing) -> str:
    if not outgoing.citations:
        return ""
    items = "".join(f"<li>{_escaped(each)}</li>" for each in outgoing.citations)
    return f"<h3>{spoken.in_(outgoing.language).references}</h3><ul>{items}</ul>"


def _corrections(outgoing: Outgoing) -> str:
    if not outgoing.corrections:
        return ""
    own = spoken.in_(outgoing.language)
    notes = "".join(_corrected(each, own.correction, outgoing.language) for each in outgoing.corrections)
    style = _BOX.format(side="right" if own.right_to_left else "left")
    return f'<aside role="note" aria-label="{own.correction}" style="{style}">{notes}</aside>'


def _corrected(correction: Correction, called: str, language: str) -> str:
    note = _escaped(correction.note.strip()).replace("\n", "<br>")
    return f"<p><strong>{called}</strong> · {day(correction.on, language)}<br>{note}</p>"


def _figure(medium: MediaFile, url: str) -> str:
    source, words = html.escape(url), _escaped(medium.alt_text)
    size = f'width="{medium.width}" height="{medium.height}" style="max-width:100%;height:auto"'
    if medium.mime_type.startswith("video/"):
        shown = f'<video controls preload="metadata" src="{source}" aria-label="{words}" {size}></video>'
        return f'<figure class="wp-block-video">{shown}</figure>'
    return f'<figure class="wp-block-image"><img src="{source}" alt="{words}" {size}></figure>'


def _linked(block: str, link: str | None) -> str:
    if not link or not re.match(r"https?://", link):
        return _escaped(block).replace("\n", "<br>")
    anchor = f'<a href="{html.escape(link)}">{_escaped(link)}</a>'
    between = re.split(_BEFORE_AN_ADDRESS + re.escape(link) + _AFTER_AN_ADDRESS, block)
    return anchor.join(map(_escaped, between)).replace("\n", "<br>")


_BEFORE_AN_ADDRESS = r"(?<![A-Za-z0-9_~/#@$&+=%.?-])"
_AFTER_AN_ADDRESS = r"(?![\w~/#@$&+=%-]|[.,:;!?*'()\[\]]+[A-Za-z0-9_~/#@$&+=%-])"
"""Where the same letters are a part of a longer address, they are another one."""

_CHANGED_BY_WORDPRESS = re.compile(r"[\[\]]|(?<=-)-|(?<=\.)\.|(?<=\d)x(?=\d)|:(?=//)|(?<!\S)[:;](?=\S)")
"""Shortcodes, its own dashes, ellipses and multiplication signs, players in the place of addresses, smileys."""


def _escaped(text: str) -> str:
    """As HTML that shows these very characters, though WordPress would put others in the place of some."""
    return _CHANGED_BY_WORDPRESS.sub(lambda found: f"&#{ord(found[0])};", html.escape(text))


_BESIDE_THE_WORDS = re.compile(r"<p\b[^>]*sawt-languages[^>]*>.*?</p>|<script\b.*?</script>", re.DOTALL | re.IGNORECASE)


def _plain(markup: str) -> str:
    """The words that a reader sees, with single blanks between them."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
