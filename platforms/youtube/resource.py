"""The video resource that an upload carries: title, description and tags in the post's languages, and our marker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from platforms.contract import Outgoing
from platforms.youtube.answers import Video

NONPROFITS_AND_ACTIVISM = "29"
_MARK = "sawt-"


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
            **_spoken(outgoing),
        },
        "status": {"privacyStatus": "private", **_declared(outgoing)},
    }
    if localizations := _localizations(outgoing):
        body["localizations"] = localizations
    return body


def rewritten(video: Video, outgoing: Outgoing) -> dict[str, Any]:
    """The body of videos.update for a correction: whole parts, in which what is not ours to say stays as it is.

    `video` was just read with snippet, localizations and status, which is written where its declarations are others.
    Our marker stays the one of the upload.
    """
    ours = [tag for tag in tags(outgoing) if not tag.startswith(_MARK)]
    kept = [tag for tag in video.snippet.tags if tag.startswith(_MARK)]
    said = {code: words.model_dump() for code, words in video.localizations.items() if code != outgoing.language}
    status = {} if _declares(video, outgoing) else {"status": video.status.saying(**_declared(outgoing))}
    return {
        "id": video.id,
        "snippet": video.snippet.saying(
            title=outgoing.title,
            description=outgoing.text,
            tags=[*ours, *kept],
            defaultLanguage=outgoing.language,
        ),
        "localizations": {**said, **_localizations(outgoing)},
        **status,
    }


def says(video: Video, outgoing: Outgoing) -> bool:
    """Whether it says and declares this, in every language. YouTube may set line ends and blanks its own way."""
    theirs = {code: (words.title, words.description) for code, words in video.localizations.items()}
    ours = {code: (words["title"], words["description"]) for code, words in _localizations(outgoing).items()}
    ours[outgoing.language] = (outgoing.title, outgoing.text)
    theirs[outgoing.language] = (video.snippet.title, video.snippet.description)
    words = all(_bare(theirs.get(code, ())) == _bare(said) for code, said in ours.items())
    return words and _declares(video, outgoing)


def tags(outgoing: Outgoing) -> list[str]:
    """The hashtags as tags, each once, and the marker by which we know our own upload again."""
    words = dict.fromkeys(hashtag.lstrip("#").strip() for hashtag in outgoing.hashtags)
    return [*filter(None, words), marker(outgoing)]


def marker(outgoing: Outgoing) -> str:
    """A tag that only this publication has, with exactly these words and this film."""
    said: dict[str, Any] = {
        "key": outgoing.key,
        "language": outgoing.language,
        "title": outgoing.title,
        "text": outgoing.text,
        "hashtags": outgoing.hashtags,
        "media": [media.sha256 for media in outgoing.media],
        "localizations": _localizations(outgoing),
    }
    if outgoing.synthetic or outgoing.for_children:  # without, it is the marker of films that are up already
        said["told"] = [outgoing.synthetic, outgoing.for_children]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    return f"{_MARK}{digest.hexdigest()[:20]}"


def _declared(outgoing: Outgoing) -> dict[str, bool]:
    return {"selfDeclaredMadeForKids": outgoing.for_children, "containsSyntheticMedia": outgoing.synthetic}


def _declares(video: Video, outgoing: Outgoing) -> bool:
    """YouTube leaves out what was never said of a film."""
    told = bool(video.status.self_declared_made_for_kids), bool(video.status.contains_synthetic_media)
    return told == (outgoing.for_children, outgoing.synthetic)


def _bare(said: Iterable[str]) -> list[list[str]]:
    return [each.split() for each in said]


def _spoken(outgoing: Outgoing) -> dict[str, str]:
    """The language of its sound, where it is known to have one."""
    return {"defaultAudioLanguage": outgoing.language} if any(film.sound_codec for film in outgoing.media) else {}


def _localizations(outgoing: Outgoing) -> dict[str, dict[str, str]]:
    """The further languages; the post's own is the snippet itself."""
    return {
        language: {"title": wording.title, "description": wording.text}
        for language, wording in outgoing.localizations.items()
        if language != outgoing.language
    }
