"""What goes with a film: a thumbnail, and captions in three languages over each language's film."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import filming, illustrating
from campaigns.filming import Caption, Thumbnail
from campaigns.languages import Language
from campaigns.models import Account, Asset, Kind, Part, Post, PostState, Revision
from campaigns.outgoing import compose
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.studio.captions import read
from campaigns.studio.probing import probe
from campaigns.studio.storyboard import timeline
from campaigns.vault import Vault
from platforms.contract import Shape
from tests import factories

WORDS = {
    Language.AR: ("الرحمة قبل كل شيء", "الشريحة الأولى.\n\nالشريحة الثانية أطول من الأولى بكثير.\n\nالثالثة."),
    Language.EN: ("Mercy before all", "The first slide.\n\nThe second one.\n\nThe third slide has some more words."),
    Language.FR: ("La miséricorde d’abord", "La première.\n\nLa deuxième.\n\nLa troisième."),
}


@pytest.fixture
def drawn(store: Store, settings: Settings) -> str:
    """The key of a wide film for YouTube and X, to be drawn in three languages."""
    factories.accounts(store, settings)
    with store.writing() as session:
        on = ("youtube-ar", "youtube-en-fr", "x-ar")
        revision = factories.text_post(session, "film", on=on, languages=Language).revision
        revision.kind, revision.template = Kind.FILM, "slides"
        for wording in revision.wordings:
            wording.title, wording.text = WORDS[wording.language]
    return "film"


def revision_of(session: Session, key: str) -> Revision:
    return session.scalars(select(Post).where(Post.key == key)).one().revision


def test_a_drawn_film_gets_captions_in_every_language_timed_for_each_languages_film(
    store: Store, vault: Vault, drawn: str
) -> None:
    with store.reading() as session:
        wanted = list(filming.lacking(session, revision_of(session, drawn)))
    captions = [each for each in wanted if isinstance(each, Caption)]
    assert len(captions) == 9 and len(wanted) == 12

    with store.writing() as session:
        revision = revision_of(session, drawn)
        revision.assets.extend(filming.make(each, vault.folder).asset for each in captions)

    with store.reading() as session:
        revision = revision_of(session, drawn)
        over = {each.language: each for each in revision.captions_over(Language.AR)}
        assert set(over) == set(Language)
        cues = read(vault.path(over[Language.EN].sha256))
        title, text = WORDS[Language.EN]
        assert [cue.words for cue in cues] == [title, *text.split("\n\n"), "Voice of Wisdom"]
        arabic = next(each.script.film for each in captions if each.script.language is Language.AR)
        assert [cue.start.total_seconds() for cue in cues] == pytest.approx([s.start for s in timeline(arabic)])
        channel = session.get_one(Account, "youtube-ar")
        sent = compose(revision, channel, Language.AR, key="film", vault=vault).captions
        assert {each.language for each in sent} == {"ar", "en", "fr"}
        assert {each.sha256 for each in sent} == {each.sha256 for each in over.values()}
        assert not [each for each in filming.lacking(session, revision) if isinstance(each, Caption)]


def test_a_translation_with_other_slides_gives_no_captions_for_that_film(store: Store, drawn: str) -> None:
    with store.writing() as session:
        french = revision_of(session, drawn).wording(Language.FR)
        assert french
        french.text += "\n\nUne quatrième."
    with store.reading() as session:
        wanted = filming.lacking(session, revision_of(session, drawn))
        pairs = {(each.script.language, each.language) for each in wanted if isinstance(each, Caption)}
    assert (Language.FR, Language.FR) in pairs and (Language.AR, Language.EN) in pairs
    assert (Language.AR, Language.FR) not in pairs and (Language.FR, Language.EN) not in pairs


def test_a_drawn_films_thumbnail_is_its_title_wide(store: Store, vault: Vault, drawn: str) -> None:
    with store.reading() as session:
        wanted = next(each for each in filming.lacking(session, revision_of(session, drawn)))
    assert isinstance(wanted, Thumbnail)
    made = filming.make(wanted, vault.folder)
    assert (made.mime_type, made.width, made.height) == ("image/jpeg", 1280, 720)
    assert made.role is Part.THUMBNAIL and vault.is_whole(made.sha256)


def test_a_supplied_film_lends_a_frame(store: Store, settings: Settings, vault: Vault, tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    source = ["-f", "lavfi", "-i", "color=c=teal:s=1920x1080:d=1:r=10", "-pix_fmt", "yuv420p"]
    subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *source, str(file)], check=True)
    measured = probe(file)
    factories.accounts(store, settings)
    with store.writing() as session:
        revision = factories.text_post(session, "film", on=("youtube-en-fr",)).revision
        revision.kind = Kind.FILM
        size = {"size": measured.size, "width": 1920, "height": 1080}
        digest = vault.keep(file)
        revision.assets.append(Asset(language=Language.EN, sha256=digest, mime_type="video/mp4", seconds=1.0, **size))

    assert illustrating.illustrate(store, vault, "film") == 1

    with store.reading() as session:
        revision = revision_of(session, "film")
        thumbnail = revision.asset_as(Part.THUMBNAIL, Language.EN)
        assert thumbnail and (thumbnail.width, thumbnail.height) == (1280, 720)
        assert [each.sha256 for each in revision.assets_in(Language.EN, Shape.WIDE)] == [digest]


def test_nothing_is_added_to_what_was_handed_in_and_nothing_made_where_no_channel_shows_it(
    store: Store, drawn: str
) -> None:
    with store.writing() as session:
        revision = revision_of(session, drawn)
        revision.post.state = PostState.IN_REVIEW
        assert not list(illustrating.lacking(session, revision, "draft"))
        revision.post.state, revision.accounts = PostState.DRAFTED, ["x-ar"]
        assert not list(filming.lacking(session, revision))
