"""X's answers as values; anything else that comes back is a ValidationError, which shows none of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Identified(Answer):
    id: Id


class Created(Answer):
    data: Identified


class Deletion(Answer):
    deleted: bool


class Deleted(Answer):
    data: Deletion


class User(Answer):
    id: Id
    username: str


class Me(Answer):
    data: User


class ProcessingError(Answer):
    name: str = ""
    message: str = ""


class Processing(Answer):
    """`state` ends with succeeded or failed; any other word means not yet."""

    state: str
    check_after_secs: float | None = None
    error: ProcessingError = ProcessingError()


class Upload(Answer):
    """One media upload; no `processing_info` means that it is ready. `expires_after_secs` from now."""

    id: Id
    media_key: str | None = None
    expires_after_secs: float | None = None
    processing_info: Processing | None = None


class Uploading(Answer):
    data: Upload


class Link(Answer):
    """A link in a post: `url` is X's short form; `media_key` is there when it stands for attached media."""

    url: str
    expanded_url: str = ""
    media_key: str | None = None


class Entities(Answer):
    urls: tuple[Link, ...] = ()


class Attachments(Answer):
    media_keys: tuple[str, ...] = ()


class Reference(Answer):
    """Another post that a post speaks of; `type` is replied_to, quoted or retweeted."""

    type: str
    id: str


class Post(Answer):
    """A post as X tells it; X renamed its `referenced_tweets` on 2026-08-07, and either name may come."""

    id: Id
    text: str = ""
    author_id: str | None = None
    attachments: Attachments = Attachments()
    entities: Entities = Entities()
    references: tuple[Reference, ...] = Field(
        (), validation_alias=AliasChoices("referenced_tweets", "referenced_posts")
    )
    public_metrics: dict[str, int] | None = None
    non_public_metrics: dict[str, int] | None = None

    @property
    def answers(self) -> str | None:
        """The post that this one is a reply to."""
        return next((each.id for each in self.references if each.type == "replied_to"), None)


class Medium(Answer):
    media_key: str
    public_metrics: dict[str, int] | None = None


class Includes(Answer):
    media: tuple[Medium, ...] = ()


class Meta(Answer):
    next_token: str | None = None


class Posts(Answer):
    """A page of posts; `data` is missing when there is none."""

    data: tuple[Post, ...] = ()
    includes: Includes = Includes()
    meta: Meta = Meta()
