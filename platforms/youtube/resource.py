"""The video resource that an upload carries: title, description and tags in the post's languages, and our marker."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from platforms.contract import Outgoing

NONPROFITS_AND_ACTIVISM = "29"


def parts(outgoing: Outgoing) -> str:
    return "snippet,status,localizations" if _localizations(outgoing) else "snippet,status"


def resource(outgoing: Outgoing) -> dict[str, Any]:
    """The body of videos.insert. Private always: left out, it would be public (revision history, 2026-11-02)."""
    body: dict[str, Any] = {
        "snippet": {
            "title": outgoing.title,
            "description": outgoing.text,
            "tags": tags(outgoing),
            "categoryId": NONPROFITS_AND_ACTIVISM,
            "defaultLanguage": outgoing.language,
        },
        "status": {
            "privacyStatus": "private",
            "selfDeclaredMadeForKids": False,
            "containsSyntheticMedia": False,
        },
    }
    if localizations := _localizations(outgoing):
        body["localizations"] = localizations
    return body


def tags(outgoing: Outgoing) -> list[str]:
    """The hashtags as tags, each once, and the marker by which we know our own upload again."""
    words = dict.fromkeys(hashtag.lstrip("#").strip() for hashtag in outgoing.hashtags)
    return [*filter(None, words), marker(outgoing)]


def marker(outgoing: Outgoing) -> str:
    """A tag that only this publication has, with exactly these words and this film."""
    said = {
        "key": outgoing.key,
        "language": outgoing.language,
        "title": outgoing.title,
        "text": outgoing.text,
        "hashtags": outgoing.hashtags,
        "media": [media.sha256 for media in outgoing.media],
        "localizations": _localizations(outgoing),
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    return f"sawt-{digest.hexdigest()[:20]}"


def _localizations(outgoing: Outgoing) -> dict[str, dict[str, str]]:
    """The further languages; the post's own is the snippet itself."""
    return {
        language: {"title": wording.title, "description": wording.text}
        for language, wording in outgoing.localizations.items()
        if language != outgoing.language
    }
