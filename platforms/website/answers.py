"""WordPress's answers as values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Site(Answer):
    """What a site offers, and to whom: `GET /wp-json/`."""

    namespaces: list[str] = []


class User(Answer):
    """`capabilities` by name, told in the context `edit` alone; empty where the site does not say."""

    id: int
    name: str
    capabilities: Annotated[dict[str, bool], BeforeValidator(lambda told: told or {})] = {}
    """PHP writes an empty map as a list."""

    def may(self, capability: str) -> bool:
        """Where the site keeps quiet about it, the attempt will tell."""
        return not self.capabilities or self.capabilities.get(capability, False)


class Medium(Answer):
    id: int
    slug: str
    source_url: str


class Written(Answer):
    """What an editor sees, as it was kept; empty where the site does not tell."""

    raw: str = ""


class Article(Answer):
    """A post; `date_gmt` has no zone and means UTC."""

    id: int
    slug: str = ""
    status: str
    link: str | None = None
    date_gmt: datetime | None = None
    comment_status: str = ""
    title: Written = Written()
    content: Written = Written()
    permalink_template: str = ""

    @property
    def published_at(self) -> datetime | None:
        return self.date_gmt and self.date_gmt.replace(tzinfo=UTC)

    def address(self, slug: str) -> str | None:
        """Where it stands once it is out; known of a draft too, unless the site has no readable addresses."""
        if self.status == "publish":
            return self.link
        return self.permalink_template.replace("%postname%", slug) if "%postname%" in self.permalink_template else None


Articles = TypeAdapter(list[Article])
Media = TypeAdapter(list[Medium])


class Problem(Answer):
    """WordPress's refusal. `code` is stable; `message` is in the site's language."""

    code: str = ""
    message: str = ""
