"""What is sent is what was approved, also where a network needs a copy of its own: made before, shown, sealed, sent."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image
from sqlalchemy import select

from campaigns import fitting, illustrating, limits, review
from campaigns.drafting import Draft, Supplied, Words, save, supply
from campaigns.languages import Language
from campaigns.models import Account, Asset, Delivery, Kind, Post, Publication, Revision
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.contract import Form, MediaFile, Network
from platforms.rehearsal.stage import Stage
from tests import factories
from tests.conftest import MovableClock
from tests.factories import UPRIGHT_FILM

NOW = datetime.now(UTC)
EVERYWHERE = ("facebook-en", "instagram-en", "x-en")
PICTURE = replace(
    UPRIGHT_FILM, path=Path("a.jpg"), mime_type="image/jpeg", duration=None, codec="", width=1080, height=1350
)


@pytest.fixture
def settled(store: Store, settings: Settings) -> Store:
    factories.accounts(store, settings)
    return store


@pytest.mark.parametrize(
    ("network", "changed"),
    [
        (Network.INSTAGRAM, {"mime_type": "image/png"}),
        (Network.INSTAGRAM, {"mime_type": "image/webp", "size": 9_000_000}),
        (Network.INSTAGRAM, {"width": 600, "height": 1800}),
        (Network.X, {"size": 5_000_001}),
        (Network.FACEBOOK, {"mime_type": "image/webp"}),
    ],
)
def test_a_picture_that_a_copy_can_mend_will_fit(network: Network, changed: dict[str, object]) -> None:
    _is_mended(replace(PICTURE, **changed), network, Form.PICTURE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("network", "changed"),
    [
        (Network.X, {"codec": "hevc"}),
        (Network.X, {"width": 1080, "height": 1920}),
        (Network.X, {"frame_rate": 120.0}),
        (Network.X, {"pixel_format": "yuv420p10le"}),
        (Network.INSTAGRAM, {"index_first": False}),
        (Network.INSTAGRAM, {"codec": "prores", "mime_type": "video/quicktime"}),
        (Network.INSTAGRAM, {"frame_rate": 12.0}),
        (Network.FACEBOOK, {"mime_type": "video/webm", "codec": "vp9", "sound_codec": "opus"}),
        (Network.WEBSITE, {"codec": "hevc"}),
    ],
)
def test_a_film_that_a_copy_can_mend_will_fit(network: Network, changed: dict[str, object]) -> None:
    _is_mended(replace(UPRIGHT_FILM, **changed), network, Form.VIDEO)  # type: ignore[arg-type]


def _is_mended(medium: MediaFile, network: Network, form: Form) -> None:
    from platforms.limits import misfits, part_for

    assert fitting.needs_copy(medium, network, form)
    copy = fitting.foreseen(medium, network, form)
    assert not list(misfits(network, part_for(network, form, copy.mime_type), copy))


@pytest.mark.parametrize(
    ("network", "changed"),
    [
        (Network.X, {"duration": timedelta(seconds=141), "codec": "hevc"}),
        (Network.X, {"width": 20, "height": 30}),
        (Network.INSTAGRAM, {"duration": timedelta(seconds=2)}),
        (Network.INSTAGRAM, {"duration": None}),
    ],
)
def test_what_no_copy_can_mend_is_left_to_the_networks_refusal(network: Network, changed: dict[str, object]) -> None:
    medium = replace(UPRIGHT_FILM, **changed)  # type: ignore[arg-type]
    assert not fitting.needs_copy(medium, network, Form.VIDEO)
    assert fitting.foreseen(medium, network, Form.VIDEO) == medium


def test_what_fits_needs_no_copy() -> None:
    assert not [network for network in Network if fitting.needs_copy(UPRIGHT_FILM, network, Form.VIDEO)]


def test_each_network_gets_the_bytes_that_were_approved_for_it(
    settled: Store,
    settings: Settings,
    vault: Vault,
    publisher: Publisher,
    stage: Stage,
    clock: MovableClock,
    tmp_path: Path,
) -> None:
    picture = tmp_path / "large.png"
    Image.linear_gradient("L").convert("RGB").resize((3000, 2000)).save(picture)
    film = _film(tmp_path / "film.mov")
    _submit(settled, vault, "picture", Kind.DESIGN, picture)
    _submit(settled, vault, "film", Kind.FILM, film)

    copies = {(each.network, each.mime_type): each.sha256 for each in _assets(settled) if each.network}
    assert set(copies) == {
        (Network.INSTAGRAM, "image/jpeg"),
        (Network.INSTAGRAM, "video/mp4"),
        (Network.X, "video/mp4"),
    }
    for key in ("picture", "film"):
        _approve(settled, settings, key)
    clock.move(minutes=2)
    while working := publisher.accounts_with_work():
        for account in working:
            publisher.work(account)
    with settled.reading() as session:
        states = {each.key: (each.state, each.why) for each in session.scalars(select(Publication))}
    assert {state for state, _ in states.values()} == {Delivery.PUBLISHED}, states

    own = {each.mime_type: each.sha256 for each in _assets(settled) if not each.network}
    shown = {(each["account"], digest) for each in stage.records.all("shown") for digest in each["media"]}
    assert shown == {
        ("facebook-en", own["image/png"]),
        ("facebook-en", own["video/quicktime"]),
        ("x-en", own["image/png"]),
        ("x-en", copies[Network.X, "video/mp4"]),
        ("instagram-en", copies[Network.INSTAGRAM, "image/jpeg"]),
        ("instagram-en", copies[Network.INSTAGRAM, "video/mp4"]),
    }


def test_a_copy_is_made_once_and_another_byte_of_it_is_another_seal(
    settled: Store, vault: Vault, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    Image.new("RGB", (900, 900), "teal").save(picture)
    _submit(settled, vault, "picture", Kind.DESIGN, picture)
    assert illustrating.illustrate(settled, vault, "picture") == 0
    with settled.writing() as session:
        revision = session.scalars(select(Post)).one().revision
        seal = review.seal_of(revision)
        next(each for each in revision.assets if each.network).sha256 = "f" * 64
        assert review.seal_of(revision) != seal


def test_nothing_that_a_network_would_refuse_is_handed_in_or_approved(
    settled: Store, settings: Settings, vault: Vault, tmp_path: Path
) -> None:
    picture = tmp_path / "a.jpg"
    Image.new("RGB", (200, 200), "teal").save(picture)
    _draft(settled, vault, "small", Kind.DESIGN, picture)
    illustrating.illustrate(settled, vault, "small")
    refused = r"small would be refused: picture 1 is 200 pixels wide; Instagram .* \(instagram-en, en\)"
    with pytest.raises(review.ReviewError, match=refused), settled.writing() as session:
        post = session.scalars(select(Post)).one()
        review.submit(session, post, by=post.revision.author, now=NOW)
    with settled.writing() as session:
        asset = session.scalars(select(Asset)).one()
        asset.width, asset.height = 400, 400
        post = session.scalars(select(Post)).one()
        review.submit(session, post, by=post.revision.author, now=NOW)
        asset.width, asset.height = 200, 200
    with pytest.raises(review.ReviewError, match=refused):
        _approve(settled, settings, "small")


def test_what_a_copy_or_a_drawing_will_mend_is_not_told_as_refused(
    settled: Store, vault: Vault, tmp_path: Path
) -> None:
    Image.new("RGB", (1080, 1080), "teal").save(tmp_path / "a.png")
    _draft(settled, vault, "plain", Kind.DESIGN, tmp_path / "a.png")
    with settled.writing() as session:
        revision = session.scalars(select(Revision)).one()
        account = session.get_one(Account, "instagram-en")
        (sending,) = limits.sendings(revision, [account], key="plain", vault=vault)
        assert sending.refusals and not fitting.refused_once_made(sending, revision)
        empty = replace(sending, outgoing=replace(sending.outgoing, media=()))
        assert fitting.refused_once_made(empty, revision)
        revision.template = "quotation"
        assert not fitting.refused_once_made(empty, revision)


def test_it_is_told_for_each_account_how_the_words_fit(settled: Store, vault: Vault) -> None:
    with settled.writing() as session:
        post = factories.text_post(session, text="ﷺ" * 100, on=("x-en", "facebook-en"))
        accounts = session.scalars(select(Account).where(Account.key.in_(post.revision.accounts))).all()
        sent = limits.sendings(post.revision, accounts, key=post.key, vault=vault)
        left = {each.account.key: [fit.left for fit in each.fits] for each in sent}
    assert left == {"x-en": [80], "facebook-en": [63_106]}


def _film(path: Path) -> Path:
    """Wide, 10 bits deep, in HEVC, larger than X takes, three seconds long."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-f", "lavfi"]
    command += ["-i", "color=teal:size=1440x810:rate=24", "-f", "lavfi", "-i", "sine", "-t", "3.2"]
    command += ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]
    command += ["-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True)
    return path


def _draft(store: Store, vault: Vault, key: str, kind: Kind, file: Path) -> None:
    words = Words(language=Language.EN, title="Peace", text="Peace is a word to keep.", alt_text="A quiet card")
    supplied: Supplied = supply(file, Language.EN, 0)
    draft = Draft(
        key=key,
        kind=kind,
        words=(words,),
        media=(supplied,),
        accounts=EVERYWHERE,
        at=(NOW + timedelta(minutes=1)).isoformat(),
        timezone="UTC",
        author=factories.WRITER,
    )
    with store.writing() as session:
        save(session, draft, now=NOW, vault=vault)


def _submit(store: Store, vault: Vault, key: str, kind: Kind, file: Path) -> None:
    _draft(store, vault, key, kind, file)
    illustrating.illustrate(store, vault, key)
    with store.writing() as session:
        post = session.scalars(select(Post).where(Post.key == key)).one()
        review.submit(session, post, by=post.revision.author, now=NOW)


def _approve(store: Store, settings: Settings, key: str) -> None:
    with store.writing() as session:
        post = session.scalars(select(Post).where(Post.key == key)).one()
        factories.approve(session, post, settings)


def _assets(store: Store) -> list[Asset]:
    with store.reading() as session:
        return list(session.scalars(select(Asset)))
