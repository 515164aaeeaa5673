"""One thing to say, what it said at one moment in each language, and who agreed to exactly that."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.languages import Language
from campaigns.models.base import Base
from campaigns.models.campaign import Campaign
from campaigns.models.misconception import Misconception
from campaigns.models.person import Person
from platforms.contract import Form, Network, Shape


class Kind(StrEnum):
    TEXT = "text"
    DESIGN = "design"
    INFOGRAPHIC = "infographic"
    VIDEOGRAPHIC = "videographic"
    FILM = "film"
    STORY = "story"

    @property
    def form(self) -> Form:
        if self in (Kind.TEXT, Kind.STORY):
            return Form(self.value)
        return Form.PICTURE if self in (Kind.DESIGN, Kind.INFOGRAPHIC) else Form.VIDEO


class PostState(StrEnum):
    DRAFTED = "drafted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    CHANGES_ASKED = "changes_asked"
    RETIRED = "retired"


class Post(Base):
    """One thing to say. What it says stands in its revisions; the newest is `revision`.

    A rehearsal post can only ever be shown on the rehearsal stage.
    """

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[PostState] = mapped_column(default=PostState.DRAFTED, index=True)
    rehearsal: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    revisions: Mapped[list[Revision]] = relationship(back_populates="post", order_by="Revision.number")

    @property
    def revision(self) -> Revision:
        return self.revisions[-1]


class Revision(Base):
    """What a post said at one moment. It is never changed once it has been submitted; an edit makes another.

    `at` is ISO 8601 local time in `timezone`, or "slot"; `accounts` are account keys.
    """

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    number: Mapped[int]
    kind: Mapped[Kind]
    campaign_key: Mapped[str | None] = mapped_column(ForeignKey("campaigns.key"))
    template: Mapped[str] = mapped_column(String(80), default="")
    link: Mapped[str] = mapped_column(Text, default="")
    accounts: Mapped[list[str]]
    at: Mapped[str] = mapped_column(String(40))
    timezone: Mapped[str] = mapped_column(String(60))
    synthetic: Mapped[bool] = mapped_column(default=False)
    """Pictures or voices in it were made by a machine to look real, and every network is told so."""
    for_children: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    row_digest: Mapped[str] = mapped_column(String(64))
    """Digest of the imported row and its media: the same again is no change."""
    created_at: Mapped[datetime]

    post: Mapped[Post] = relationship(back_populates="revisions")
    campaign: Mapped[Campaign | None] = relationship()
    author: Mapped[Person] = relationship()
    wordings: Mapped[list[Wording]] = relationship(back_populates="revision", order_by="Wording.language")
    assets: Mapped[list[Asset]] = relationship(
        back_populates="revision", order_by="(Asset.language, Asset.shape, Asset.position)"
    )
    rebuttals: Mapped[list[Rebuttal]] = relationship(order_by="Rebuttal.position")
    approvals: Mapped[list[Approval]] = relationship(back_populates="revision", order_by="Approval.id")

    def wording(self, language: Language) -> Wording | None:
        return next((each for each in self.wordings if each.language is language), None)

    def assets_in(self, language: Language, shape: Shape | None = None, network: Network | None = None) -> list[Asset]:
        """This language's media: those of `shape` if there are any, else those without a choice of shape.

        A copy that was made for `network` stands in the place of the file that it was made of.
        """
        own = [each for each in self.assets if each.language is language and each.role in (None, Part.MEDIA)]
        originals = [each for each in own if each.network is None]
        chosen = [each for each in originals if each.shape is shape] or [a for a in originals if a.shape is None]
        copies = {(each.shape, each.position): each for each in own if each.network and each.network is network}
        return [copies.get((each.shape, each.position), each) for each in chosen]

    def captions_over(self, film: Language) -> list[Asset]:
        """Captions in every language that are timed for the film in this one, or for all films alike."""
        timed = (timed_for(film), timed_for(None))
        return [each for each in self.assets if each.role is Part.CAPTIONS and each.position in timed]

    def asset_as(self, role: Part, language: Language) -> Asset | None:
        """The one file of this language that is not media itself: its captions, its thumbnail."""
        return next((each for each in self.assets if each.language is language and each.role is role), None)

    @property
    def languages(self) -> tuple[Language, ...]:
        return tuple(wording.language for wording in self.wordings)

    def is_for(self, account: str, language: Language) -> bool:
        """Whether it was written for this account in this language."""
        return account in self.accounts and language in self.languages

    @property
    def misconceptions(self) -> list[Misconception]:
        """The one it answers first of all, then the others."""
        return [rebuttal.misconception for rebuttal in self.rebuttals]


class Wording(Base):
    """The words of a revision in one language, verses already set from the pinned text.

    `citations` are references such as "2:256" that the words quote or point to. `correction` is said publicly
    under a post that is out already and that this revision puts right.
    """

    __tablename__ = "wordings"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True)
    language: Mapped[Language] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    alt_text: Mapped[str] = mapped_column(Text, default="")
    hashtags: Mapped[list[str]] = mapped_column(default=list)
    citations: Mapped[list[str]] = mapped_column(default=list)
    correction: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[Revision] = relationship(back_populates="wordings")

    @property
    def as_published(self) -> str:
        """Text, then hashtags, then the link, as every network gets them."""
        parts = [self.text, " ".join(self.hashtags), self.revision.link]
        return "\n\n".join(part for part in parts if part)


class Part(StrEnum):
    """What a file is to its post."""

    MEDIA = "media"
    CAPTIONS = "captions"
    THUMBNAIL = "thumbnail"


def timed_for(film: Language | None) -> int:
    """The `position` of captions: whose film they are timed for, None for the films of all languages."""
    return 0 if film is None else 1 + list(Language).index(film)


class Asset(Base):
    """A file of a revision, by its bytes' SHA-256; sizes in bytes and pixels, `seconds` and codecs of films.

    `shape` is None for a file that the team supplied: it goes as it is to every network that takes it so.
    `network` is set on a copy that was made for one network alone, which would not take the file as it is.
    """

    __tablename__ = "assets"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), index=True)
    language: Mapped[Language]
    shape: Mapped[Shape | None]
    position: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64))
    mime_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    seconds: Mapped[float | None]
    role: Mapped[Part] = mapped_column(default=Part.MEDIA)
    network: Mapped[Network | None]
    codec: Mapped[str] = mapped_column(String(20), default="")
    sound_codec: Mapped[str] = mapped_column(String(20), default="")
    frame_rate: Mapped[float | None]
    pixel_format: Mapped[str] = mapped_column(String(20), default="")
    index_first: Mapped[bool | None]
    revision: Mapped[Revision] = relationship(back_populates="assets")


class Rebuttal(Base):
    """This revision answers that misconception; position 0 is the one it answers first of all."""

    __tablename__ = "rebuttals"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True)
    misconception_key: Mapped[str] = mapped_column(ForeignKey("misconceptions.key"), primary_key=True)
    position: Mapped[int]
    misconception: Mapped[Misconception] = relationship()


class Verdict(StrEnum):
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENT_BACK = "sent_back"


class Approval(Base):
    """Who said what about exactly which content, when, and why. `seal` is the digest of that content."""

    __tablename__ = "approvals"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[Verdict]
    seal: Mapped[str] = mapped_column(String(64))
    remark: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revision: Mapped[Revision] = relationship(back_populates="approvals")
    person: Mapped[Person] = relationship()

    def holds_at(self, moment: datetime) -> bool:
        """Whether it has not lapsed by then."""
        return self.expires_at is None or moment < self.expires_at


__all__ = [
    "Approval",
    "Asset",
    "Kind",
    "Post",
    "PostState",
    "Rebuttal",
    "Revision",
    "Verdict",
    "Wording",
]
