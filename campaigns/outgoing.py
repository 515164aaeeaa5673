"""A revision in one language, as one account is to send it."""

from __future__ import annotations

from datetime import timedelta

from campaigns.languages import Language
from campaigns.models import Account, Asset, Kind, Revision, Wording
from campaigns.vault import Vault
from platforms import adapter
from platforms.contract import Form, Localization, MediaFile, Network, Outgoing, Shape


def compose(revision: Revision, account: Account, language: Language, *, key: str, vault: Vault) -> Outgoing:
    """The post as `account` sends it; the other languages ride along where the network can carry them."""
    wording = revision.wording(language)
    if wording is None:
        raise LookupError(f"{revision.post.key} has no words in {language.own_name}")
    return Outgoing(
        key=key,
        language=language.value,
        form=revision.kind.form,
        text=wording.as_published,
        title=wording.title,
        link=revision.link or None,
        hashtags=tuple(wording.hashtags),
        media=tuple(_file(asset, wording, vault) for asset in sent_media(revision, account, language)),
        localizations={
            other.language.value: Localization(title=other.title, text=other.as_published)
            for other in revision.wordings
            if other.language is not language
        },
    )


def sent_media(revision: Revision, account: Account, language: Language) -> list[Asset]:
    """The pictures or the film that `account` sends of this revision."""
    return revision.assets_in(language, shape_for(revision.kind, account.network))


def shape_for(kind: Kind, network: Network) -> Shape | None:
    """The shape that a rendered picture or film of this kind takes on this network; None for text."""
    if kind.form is Form.TEXT:
        return None
    if kind.form is Form.PICTURE:
        return adapter(network).picture_shape
    return Shape.STORY if kind is Kind.VIDEOGRAPHIC else Shape.WIDE


def _file(asset: Asset, wording: Wording, vault: Vault) -> MediaFile:
    return MediaFile(
        path=vault.path(asset.sha256),
        mime_type=asset.mime_type,
        sha256=asset.sha256,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        duration=None if asset.seconds is None else timedelta(seconds=asset.seconds),
        alt_text=wording.alt_text,
    )
