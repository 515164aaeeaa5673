"""WordPress's answers as values."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class User(Answer):
    """`capabilities` by name; empty where the site does not say."""

    id: int
    name: str
    capabilities: dict[str, bool] = {}


class Medium(Answer):
    id: int
    slug: str
    source_url: str


class Article(Answer):
    """A post; `date_gmt` has no zone and means UTC."""

    id: int
    slug: str = ""
    status: str
    link: str | None = None
    date_gmt: datetime | None = None
    comment_status: str = ""

    @property
    def published_at(self) -> datetime | None:
        return self.date_gmt and self.date_gmt.replace(tzinfo=UTC)


Articles = TypeAdapter(list[Article])
Media = TypeAdapter(list[Medium])


class Problem(Answer):
    """WordPress's refusal. `code` is stable; `message` is in the site's language."""

    code: str = ""
    message: str = ""
