"""A revision in one language, as one account is to send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from campaigns import scripture
from campaigns.languages import Language
from campaigns.models import Account, Asset, Kind, Nature, Part, Revision, Standing
from campaigns.seals import approval_of
from campaigns.vault import Vault
from platforms import adapter
from platforms.contract import Captions, Correction, Form, Localization, MediaFile, Network, Outgoing, Rebutted, Shape


def compose(
    revision: Revision,
    account: Account,
    language: Language,
    *,
    key: str,
    vault: Vault,
    alternates: Mapping[str, str] | None = None,
) -> Outgoing:
    """The post as `account` sends it; the other languages ride along where the network can carry them.

    `alternates` are the addresses that the same post has on this network in other languages.
    """
    wording = revision.wording(language)
    if wording is None:
        raise LookupError(f"{revision.post.key} has no words in {language.own_name}")
    thumbnail = revision.asset_as(Part.THUMBNAIL, language)
    return Outgoing(
        key=key,
        language=language.value,
        form=revision.kind.form,
        text=wording.as_published,
        title=wording.title,
        link=revision.link or None,
        hashtags=tuple(wording.hashtags),
        media=tuple(file_of(asset, vault, wording.alt_text) for asset in sent_media(revision, account, language)),
        localizations={
            other.language.value: Localization(
                title=other.title, text=other.as_published, corrections=tuple(_corrections(revision, other.language))
            )
            for other in revision.wordings
            if other.language is not language
        },
        captions=tuple(_captions(revision, language, vault)),
        thumbnail=file_of(thumbnail, vault, wording.alt_text) if thumbnail else None,
        synthetic=bool(revision.synthetic),
        for_children=bool(revision.for_children),
        citations=tuple(scripture.named(each, language) for each in wording.citations),
        rebuts=tuple(_rebutted(revision, language)),
        alternates=dict(alternates or {}),
        corrections=tuple(_corrections(revision, language)),
    )


def sent_media(revision: Revision, account: Account, language: Language) -> list[Asset]:
    """The pictures or the film that `account` sends of this revision."""
    return revision.assets_in(language, shape_for(revision.kind, account.network), account.network)


def shape_for(kind: Kind, network: Network) -> Shape | None:
    """The shape that a rendered picture or film of this kind takes on this network; None for text."""
    if kind.form is Form.TEXT:
        return None
    if kind.form is Form.PICTURE:
        return adapter(network).picture_shape
    return Shape.WIDE if kind is Kind.FILM else Shape.STORY


def file_of(asset: Asset, vault: Vault, alt_text: str = "") -> MediaFile:
    """The file as a network gets it."""
    return MediaFile(
        path=vault.path(asset.sha256),
        mime_type=asset.mime_type,
        sha256=asset.sha256,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        duration=None if asset.seconds is None else timedelta(seconds=asset.seconds),
        alt_text=alt_text,
        codec=asset.codec or "",
        sound_codec=asset.sound_codec or "",
        frame_rate=asset.frame_rate,
        pixel_format=asset.pixel_format or "",
        index_first=asset.index_first,
    )


def _captions(revision: Revision, film: Language, vault: Vault) -> Iterator[Captions]:
    for asset in revision.captions_over(film):
        yield Captions(
            language=asset.language.value, path=vault.path(asset.sha256), sha256=asset.sha256, size=asset.size
        )


def _rebutted(revision: Revision, language: Language) -> Iterator[Rebutted]:
    """Of a draft that is only being checked the misconceptions are not looked up."""
    for each in filter(None, revision.misconceptions):
        yield Rebutted(
            key=each.key,
            claim=each.claim(language),
            kind="factual" if each.nature is Nature.FACTUAL else "doctrinal",
            confirmed=each.standing is Standing.CONFIRMED,
            reviewed_by=each.confirmed_by or "",
        )


def _corrections(revision: Revision, language: Language) -> Iterator[Correction]:
    """Those of this revision and of all before it as they were approved, as a reader has a right to see them all.

    Each once: a row of the team's file keeps its correction when it is imported again.
    """
    last = ""
    for each in _up_to(revision):
        wording = each.wording(language)
        note = (wording.correction if wording else "") or ""
        if note not in ("", last):
            yield Correction(on=each.created_at.date(), note=note)
        last = note


def _up_to(revision: Revision) -> Iterator[Revision]:
    for each in revision.post.revisions if revision.post and revision.number else ():
        if each is revision or (each.number < revision.number and approval_of(each) is not None):
            yield each
