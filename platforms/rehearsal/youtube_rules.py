"""The rules of a video's metadata, and what YouTube keeps of a part that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platforms.rehearsal.stage import Document
from platforms.rehearsal.youtube_call import Refusal, invalid

_SNIPPET = ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage")
_STATUS = (
    "privacyStatus",
    "publishAt",
    "license",
    "embeddable",
    "publicStatsViewable",
    "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)
_STATUS_DEFAULTS = {
    "privacyStatus": "public",
    "license": "youtube",
    "embeddable": True,
    "publicStatsViewable": True,
}


def must_be_sound(
    sent: Document, wanted: set[str], *, ever_public: bool = False, before: Document | None = None
) -> None:
    """The rules of insert and update (`before` is the video as it is, for an update)."""
    said = sent.get("snippet", {}) if "snippet" in wanted else {}
    if said or (before and "snippet" in wanted):
        _words(said, "snippet")
        if before and not said.get("categoryId"):
            raise invalid("CategoryId", "The request metadata specifies an invalid category ID.")
        if not _tags_fit(said.get("tags", [])):
            raise invalid("Tags", "The request metadata specifies invalid video keywords.")
    if "localizations" in wanted and sent.get("localizations"):
        snippet = said or (before or {}).get("snippet", {})
        if not snippet.get("defaultLanguage"):
            message = "The request is trying to add localized video details without specifying the default language."
            raise Refusal(400, "defaultLanguageNotSet", message, "youtube.video")
        for wording in sent["localizations"].values():
            _words(wording, "localizations")
    status = sent.get("status", {}) if "status" in wanted else {}
    if status.get("privacyStatus", "public") not in ("public", "unlisted", "private"):
        raise invalid("VideoMetadata", "The request metadata is invalid.")
    if status.get("publishAt") and (ever_public or status.get("privacyStatus") != "private"):
        raise invalid("PublishAt", "The request metadata specifies an invalid scheduled publishing time.")


def taken(part: str, sent: Document) -> Document:
    """The writable properties, and defaults for the rest: what the request leaves out is erased."""
    given: Document = sent.get(part, {})
    if part == "snippet":
        return {name: given[name] for name in _SNIPPET if name in given}
    if part == "status":
        return {**_STATUS_DEFAULTS, **{name: given[name] for name in _STATUS if name in given}}
    return given


def _words(said: Mapping[str, Any], where: str) -> None:
    title, description = said.get("title", ""), said.get("description", "")
    if not title.strip() or len(title) > 100 or set("<>") & set(title):
        raise invalid("Title", f"The request metadata specifies an invalid or empty video title ({where}).")
    if len(description.encode()) > 5000 or set("<>") & set(description):
        raise invalid("Description", f"The request metadata specifies an invalid video description ({where}).")


def _tags_fit(tags: list[str]) -> bool:
    quoted = [f'"{tag}"' if " " in tag else tag for tag in tags]
    return len(",".join(quoted)) <= 500 and not any(set("<>,") & set(tag) for tag in tags)
