"""YouTube's answers as values; anything else that comes back is a ValidationError, which shows none of it.

A missing `items` means none (channels.list leaves it out); a missing `kind` means that this is no answer.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VideoId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]

# Read-only, or (publishAt) a timer that must not fire beside ours. Source: discovery revision 20261104.
_NOT_WRITTEN_BACK = {"upload_status", "failure_reason", "rejection_reason", "made_for_kids", "publish_at"}
_TOLD_OF_WORDS = {"published_at", "channel_id", "channelTitle", "thumbnails", "liveBroadcastContent", "localized"}


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, alias_generator=to_camel, populate_by_name=True)


class Snippet(Answer):
    """The whole part, with properties that we do not know: what a later write leaves out is erased."""

    model_config = ConfigDict(extra="allow")

    title: str = ""
    description: str = ""
    published_at: AwareDatetime | None = None
    channel_id: str | None = None
    tags: tuple[str, ...] = ()
    default_language: str | None = None

    def saying(self, **words: Any) -> dict[str, Any]:
        """The part as it is to be written back, with other words."""
        return {**self.model_dump(by_alias=True, exclude_unset=True, exclude=_TOLD_OF_WORDS), **words}


class Status(Answer):
    """The whole part, with properties that we do not know: what a later write leaves out is erased."""

    model_config = ConfigDict(extra="allow")

    upload_status: str | None = None
    privacy_status: str | None = None
    failure_reason: str | None = None
    rejection_reason: str | None = None
    made_for_kids: bool | None = None
    publish_at: str | None = None
    self_declared_made_for_kids: bool | None = None
    contains_synthetic_media: bool | None = None

    def saying(self, **told: Any) -> dict[str, Any]:
        """The part as it is to be written back, with another privacy or other declarations."""
        return {**self.model_dump(by_alias=True, exclude_unset=True, exclude=_NOT_WRITTEN_BACK), **told}


class FileDetails(Answer):
    file_size: int | None = None


class Localized(Answer):
    title: str = ""
    description: str = ""


class Video(Answer):
    id: VideoId
    snippet: Snippet = Snippet()
    status: Status = Status()
    localizations: dict[str, Localized] = {}
    file_details: FileDetails = FileDetails()


class CaptionSnippet(Answer):
    language: str
    name: str = ""


class Track(Answer):
    id: str
    snippet: CaptionSnippet


class PlaylistItemContent(Answer):
    video_id: VideoId


class PlaylistItem(Answer):
    content_details: PlaylistItemContent


class RelatedPlaylists(Answer):
    uploads: str


class ChannelContent(Answer):
    related_playlists: RelatedPlaylists


class Channel(Answer):
    id: str
    snippet: Snippet
    content_details: ChannelContent


class Publishing(Answer):
    publish_time: AwareDatetime | None = None


class Statistics(Answer):
    """Counts come as strings; a figure that is hidden or switched off is left out."""

    id: VideoId
    snippet: Publishing = Publishing()
    statistics: dict[str, int] = {}


Item = TypeVar("Item")


class Page(Answer, Generic[Item]):
    kind: str
    items: tuple[Item, ...] = ()
    next_page_token: str | None = None
