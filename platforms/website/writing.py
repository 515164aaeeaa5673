"""Write a post on a WordPress site, as a draft or over what is out, and read back what the site has kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from platforms.approved import unaltered
from platforms.contract import Checkpoint, MediaFile, Outgoing
from platforms.errors import Refused, Unreachable
from platforms.website import article
from platforms.website.answers import Article, Medium
from platforms.website.client import Client
from platforms.website.faults import Refusal
from platforms.website.structured import OPENING, script

Media: TypeAlias = Sequence[Sequence[Any]]
"""Of each file its id in the site's library and its address, in the post's order."""


class Writing:
    """Raises `Refusal` and what `platforms.errors` has; the visible act itself is the adapter's."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def media(
        self, outgoing: Outgoing, article_id: int, save: Callable[[list[list[Any]]], None] = lambda _: None
    ) -> list[list[Any]]:
        """Files that belong to this article: as long as it is no more than a draft, nobody sees them listed."""
        media: list[list[Any]] = []
        for file in outgoing.media:
            medium = self._medium(outgoing, file, article_id)
            media.append([medium.id, medium.source_url])
            save(media)
        return media

    def ours(self, outgoing: Outgoing, checkpoint: Checkpoint) -> list[Article]:
        """Whatever is on the site of this post, also where somebody gave our draft another address."""
        slugs = (article.slug(outgoing), f"{article.slug(outgoing)}__trashed")
        seen = [each for each in self._client.articles_called(*slugs) if each.slug in slugs]
        known = checkpoint.get("article") if self.is_home(checkpoint) else None
        if known is not None and known not in [each.id for each in seen]:
            seen += self._client.articles([str(known)])
        return seen

    def is_home(self, checkpoint: Checkpoint) -> bool:
        """Whether its numbers are this site's: every site counts its articles for itself."""
        return checkpoint.get("site") == self._client.site_url

    def numbered(self, article_id: int, checkpoint: Checkpoint, slug: str = "") -> Article | None:
        """The article with this number; None when it is gone or in the bin.

        A number from another address, or from nobody knows where, is ours only if the article bears our slug: `slug`,
        or the checkpoint's, or one of our form. Raises Refused where it may be somebody else's.
        """
        at_home = self.is_home(checkpoint)
        try:
            there = self._client.article(article_id)
        except Refusal as refusal:
            hidden = refusal.status == 403 and refusal.problem.code == "rest_forbidden_context"
            if hidden and not at_home:  # an author may not look at what another wrote
                raise _not_ours(checkpoint) from refusal
            if refusal.problem.code != "rest_post_invalid_id":
                raise
            if not at_home and "site" in checkpoint:
                raise _not_ours(checkpoint) from refusal
            return None
        if not at_home and not _bears(there, slug or str(checkpoint.get("slug", ""))):
            raise _not_ours(checkpoint)
        return None if there.status == "trash" else there

    def waiting(self, checkpoint: Checkpoint) -> Article:
        """The draft as it is now. Raises Refused when somebody removed it, Unreachable when it is to be made anew."""
        if not {"article", "media"} <= checkpoint.keys() or not self.is_home(checkpoint):
            raise Unreachable("the article is not on the website yet; its draft must be made before")
        draft = self.numbered(checkpoint["article"], checkpoint)
        if draft is None:
            raise Refused("somebody removed the draft from the website; plan the article anew")
        return draft

    def place(self, outgoing: Outgoing, checkpoint: Checkpoint) -> Article:
        """The article under our slug as it is, or else a draft with its title alone, to which files can belong."""
        there = self._there(outgoing, checkpoint)
        if there:
            return there
        fields = {"slug": article.slug(outgoing), "status": "draft", "title": article.title(outgoing)}
        return self._alone(outgoing, self._client.write(fields | self._languages(outgoing)))

    def draft(self, outgoing: Outgoing, checkpoint: Checkpoint, media: Media) -> Article:
        """The article under our slug: as it is if it is out, for reveal writes it anew; else a draft of these words.

        A draft is not told again to be one: a worker that wakes up late must not take back what is out by now.
        """
        there = self._there(outgoing, checkpoint)
        if there and there.status == "publish":
            return there
        fields: dict[str, Any] = {"slug": article.slug(outgoing), "featured_media": _featured(outgoing, media)}
        if there is None or there.status != "draft":
            fields["status"] = "draft"
        return self._alone(outgoing, self._kept(outgoing, media, there, fields | self._languages(outgoing)))

    def rewrite(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Article:
        """Change what is out. Raises Refused when it is not out any more, not ours, or does not say this afterwards."""
        there = self.numbered(int(remote_id), checkpoint, article.slug(outgoing))
        if there is None or there.status != "publish":
            raise Refused("the article is no longer out on the website, so nothing in it was changed")
        media = self.media(outgoing, there.id)
        fields = {"featured_media": _featured(outgoing, media), **self._languages(outgoing)}
        shown = self._client.write(fields | self.words(outgoing, media, there), there.id)
        _must_say(outgoing, shown)
        return shown

    def take_away(self, article_id: int) -> None:
        """Into the bin. A site without one (EMPTY_TRASH_DAYS is 0) answers 501: there it becomes a draft again."""
        try:
            self._client.remove(str(article_id))
        except Refusal as refusal:
            if refusal.problem.code == "rest_trash_not_supported":
                self._client.write({"status": "draft"}, article_id)
            elif refusal.status not in (404, 410):
                raise

    def words(
        self, outgoing: Outgoing, media: Media, there: Article | None, *, structured: bool = False
    ) -> dict[str, str]:
        """Title and content; structured data where asked for, or where what is `there` was let keep it."""
        addresses = [str(address) for _, address in media]
        content = article.body(outgoing, addresses)
        if structured or (there and OPENING in there.content.raw):
            content += self._structured(outgoing, addresses, there)
        return {"title": article.title(outgoing), "content": content}

    def _medium(self, outgoing: Outgoing, file: MediaFile, article_id: int) -> Medium:
        """The file in the site's library, sent unless it is there already."""
        slug = article.medium_slug(outgoing, file)
        medium = self._client.medium_called(slug)
        if medium is None:
            unaltered(file)
            name = article.file_name(outgoing, file)
            medium = self._client.send(file.path, name=name, mime_type=file.mime_type, article_id=article_id)
        self._client.describe(medium.id, {"slug": slug, "alt_text": file.alt_text, "post": article_id})
        return medium

    def _there(self, outgoing: Outgoing, checkpoint: Checkpoint) -> Article | None:
        return next((each for each in self.ours(outgoing, checkpoint) if each.status != "trash"), None)

    def _alone(self, outgoing: Outgoing, made: Article) -> Article:
        """What was made, if it was given our slug. Raises Unreachable when another process was first."""
        if made.slug != article.slug(outgoing):
            self._client.remove(str(made.id), for_good=True)
            raise Unreachable("another process made this article's draft in the same moment; it is used next time")
        return made

    def _kept(self, outgoing: Outgoing, media: Media, there: Article | None, fields: dict[str, Any]) -> Article:
        """Write it and read it back. Where the site takes structured data out, it is left out: its words would stay.

        Raises Refused when the words are not the approved ones any more.
        """
        words = self.words(outgoing, media, there, structured=True)
        kept = self._client.write(fields | words, there.id if there else None)
        if OPENING not in kept.content.raw:
            kept = self._client.write(self.words(outgoing, media, kept), kept.id)
        _must_say(outgoing, kept)
        return kept

    def _structured(self, outgoing: Outgoing, addresses: Sequence[str], there: Article | None) -> str:
        out_at = there.published_at if there and there.status == "publish" else None
        pictures = [url for url, file in zip(addresses, outgoing.media, strict=True) if file.duration is None]
        return script(
            outgoing,
            site=self._client.site_url,
            address=there.address(article.slug(outgoing)) if there else None,
            published_on=(out_at or datetime.now(UTC)).date(),
            image=pictures[0] if pictures else None,
        )

    def _languages(self, outgoing: Outgoing) -> dict[str, Any]:
        """What tells Polylang's paid edition which languages belong together; its free one passes over it."""
        if not self._client.speaks_languages:
            return {}
        slugs = {article.slug(replace(outgoing, language=code)): code for code in outgoing.alternates}
        sisters = self._client.articles_called(*slugs) if slugs else []
        translations = {slugs[each.slug]: each.id for each in sisters if each.slug in slugs}
        return {"lang": outgoing.language, "translations": translations}


def _featured(outgoing: Outgoing, media: Media) -> int:
    """The picture that lists and previews show; 0 for none."""
    pictures = [int(each[0]) for each, file in zip(media, outgoing.media, strict=True) if file.duration is None]
    return pictures[0] if pictures else 0


def _bears(there: Article, slug: str) -> bool:
    kept = there.slug.partition("__trashed")[0]
    return kept == slug if slug else article.is_slug(kept)


def elsewhere(checkpoint: Checkpoint) -> str:
    return f"it went to {checkpoint['site']}, and the account is another website by now: look there"


def _not_ours(checkpoint: Checkpoint) -> Refused:
    if "site" in checkpoint:
        return Refused(elsewhere(checkpoint))
    return Refused("the article with its number on the website is another one and was left alone: look for it there")


def says(outgoing: Outgoing, there: Article) -> bool:
    return article.says(outgoing, title=there.title.raw, content=there.content.raw)


def _must_say(outgoing: Outgoing, there: Article) -> None:
    if not says(outgoing, there):
        raise Refused("the website did not keep the words as they were approved: look for a plugin that changes them")
