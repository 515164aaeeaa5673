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


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, alias_generator=to_camel, populate_by_name=True)


class Snippet(Answer):
    title: str = ""
    published_at: AwareDatetime | None = None
    tags: tuple[str, ...] = ()


class Status(Answer):
    """The whole part, with properties that we do not know: what a later write leaves out is erased."""

    model_config = ConfigDict(extra="allow")

    upload_status: str | None = None
    privacy_status: str | None = None
    failure_reason: str | None = None
    rejection_reason: str | None = None
    made_for_kids: bool | None = None
    publish_at: str | None = None

    def with_privacy(self, privacy: str) -> dict[str, Any]:
        """The part as it is to be written back."""
        kept = self.model_dump(by_alias=True, exclude_unset=True, exclude=_NOT_WRITTEN_BACK)
        return {**kept, "privacyStatus": privacy}


class FileDetails(Answer):
    file_size: int | None = None


class Video(Answer):
    id: VideoId
    snippet: Snippet = Snippet()
    status: Status = Status()
    file_details: FileDetails = FileDetails()


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


class Statistics(Answer):
    """Counts come as strings; a figure that is hidden or switched off is left out."""

    id: VideoId
    statistics: dict[str, int] = {}


Item = TypeVar("Item")


class Page(Answer, Generic[Item]):
    kind: str
    items: tuple[Item, ...] = ()
    next_page_token: str | None = None
