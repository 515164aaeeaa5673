"""The website's adapter against a real WordPress, as Debian packages it: what the stage imitates is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from platforms.contract import Absent, Correction, Found, Outgoing, Rebutted, Unclear
from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn, Refused
from platforms.shelf import NoShelf
from platforms.shelf.checking import CheckedShelf
from platforms.shelf.wordpress import LibraryShelf
from platforms.website import article
from platforms.website.publish import WordPressSite
from tests.factories import forget
from tests.platforms.articles import a_picture, an_article
from tests.platforms.real_wordpress import PACKAGES, RealSite, lacking, real_wordpress

pytestmark = pytest.mark.skipif(
    bool(lacking()), reason=f"there is no WordPress here: apt-get install --no-install-recommends {PACKAGES}"
)

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
CLAIM = Rebutted(key="silent", claim="لا يدين المسلمون الإرهاب.", kind="factual", confirmed=True, reviewed_by="سلمى")
WORDS = "«الكلمة الطيبة صدقة» — ٣٫١٤ & 2 < 3 [gallery] \"هنا\" 'هناك' -- ... 3x4 :) 🌙\n\nالسطر الأول\nالسطر الثاني"


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    with real_wordpress(tmp_path_factory.mktemp("wordpress")) as site:
        yield site


@pytest.fixture
def editor(wordpress: RealSite) -> Iterator[WordPressSite]:
    yield from _site(wordpress, "editor")


@pytest.fixture
def author(wordpress: RealSite) -> Iterator[WordPressSite]:
    yield from _site(wordpress, "author")


def _site(wordpress: RealSite, role: str) -> Iterator[WordPressSite]:
    site = WordPressSite(credentials=wordpress.credentials(role), endpoints=Endpoints(), shelf=NoShelf())
    with closing(site._client.session):
        yield site


def _published(site: WordPressSite, outgoing: Outgoing) -> tuple[str, dict[str, Any]]:
    checkpoint = dict(site.stage(outgoing, {}, forget))
    return site.reveal(outgoing, checkpoint, forget).remote_id, checkpoint


def _kept(site: WordPressSite, remote_id: str) -> tuple[str, str]:
    seen = site._client.article(int(remote_id))
    return seen.title.raw, seen.content.raw


def _page(url: str | None) -> str:
    assert url
    return requests.get(url, timeout=30).text


def test_an_article_is_drafted_shown_found_and_taken_down(editor: WordPressSite, tmp_path: Path) -> None:
    outgoing = an_article(WORDS, a_picture(tmp_path), key="life")
    checkpoint = editor.stage(outgoing, {}, forget)
    assert editor.stage(outgoing, checkpoint, forget) == checkpoint
    assert isinstance(editor.find(outgoing, checkpoint, SINCE), Absent)
    receipt = editor.reveal(outgoing, checkpoint, forget)
    assert editor.reveal(outgoing, checkpoint, forget) == receipt
    assert receipt.url is not None
    assert receipt.url.endswith(f"/{article.slug(outgoing)}/")
    assert editor.find(outgoing, checkpoint, SINCE) == Found(receipt=receipt)
    assert list(editor.measure([receipt.remote_id])) == [receipt.remote_id]
    for _ in range(2):
        editor.withdraw(receipt.remote_id, checkpoint)
    assert requests.get(receipt.url, timeout=30).status_code == 404
    assert isinstance(editor.find(outgoing, checkpoint, SINCE), Unclear)
    with pytest.raises(Refused, match="no longer out"):
        editor.correct(outgoing, receipt.remote_id, checkpoint)


def test_a_site_without_a_bin_takes_an_article_down_to_a_draft(wordpress: RealSite, editor: WordPressSite) -> None:
    outgoing = an_article(key="no-bin")
    checkpoint = editor.stage(outgoing, {}, forget)
    receipt = editor.reveal(outgoing, checkpoint, forget)
    assert receipt.url
    (wordpress.home / "no-bin").touch()
    try:
        for _ in range(2):
            editor.withdraw(receipt.remote_id, checkpoint)
        assert requests.get(receipt.url, timeout=30).status_code == 404
    finally:
        (wordpress.home / "no-bin").unlink()
    assert editor._client.article(int(receipt.remote_id)).status == "draft"


def test_an_editors_words_are_kept_byte_for_byte(editor: WordPressSite, tmp_path: Path) -> None:
    outgoing = an_article(WORDS, a_picture(tmp_path), key="bytes", title='الرحمة & "العدل" 2<3')
    remote_id, checkpoint = _published(editor, outgoing)
    title, content = _kept(editor, remote_id)
    assert title == article.title(outgoing)
    assert content.startswith(article.body(outgoing, [url for _, url in checkpoint["media"]]))


@pytest.mark.parametrize("role", ["editor", "author"])
def test_readers_see_the_very_characters_that_were_approved(
    request: pytest.FixtureRequest, role: str, tmp_path: Path
) -> None:
    site: WordPressSite = request.getfixturevalue(role)
    outgoing = an_article(WORDS, key=f"seen-{role}", title="رحمة -- 3x4 ...")
    receipt = site.reveal(outgoing, site.stage(outgoing, {}, forget), forget)
    shown = site._client.call("GET", f"/posts/{receipt.remote_id}").json()
    assert article.says(outgoing, title=shown["title"]["rendered"], content=shown["content"]["rendered"])
    assert "<h1" in _page(receipt.url)


def test_structured_data_of_an_editor_reaches_readers_whole(editor: WordPressSite, tmp_path: Path) -> None:
    outgoing = an_article(WORDS, a_picture(tmp_path), key="machines", rebuts=(CLAIM,), title="</script> [x] &")
    receipt = editor.reveal(outgoing, editor.stage(outgoing, {}, forget), forget)
    page = _page(receipt.url)
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told = [each for each in map(json.loads, found) if each["@type"] == "ClaimReview"]
    assert [(each["claimReviewed"], each["url"]) for each in told] == [(CLAIM.claim, receipt.url)]
    assert CLAIM.claim not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_an_author_has_everything_but_structured_data_and_is_told_so(author: WordPressSite, tmp_path: Path) -> None:
    assert "make this user an editor" in author.verify()
    outgoing = an_article(
        WORDS, a_picture(tmp_path), key="authors", rebuts=(CLAIM,), citations=("[البقرة: 256]",),
        alternates={"en": "https://example.org/en/"}, corrections=(Correction(on=date(2026, 11, 25), note="صُحّح."),),
    )  # fmt: skip
    checkpoint = author.stage(outgoing, {}, forget)
    receipt = author.reveal(outgoing, checkpoint, forget)
    assert author.find(outgoing, checkpoint, SINCE) == Found(receipt=receipt)
    _, content = _kept(author, receipt.remote_id)
    assert CLAIM.claim not in content
    assert 'dir="rtl"' in content
    assert "border-right:4px solid #B5872B" in content
    assert '<a href="https://example.org/en/" rel="alternate"' in content


def test_an_editor_is_told_nothing_but_the_name(editor: WordPressSite) -> None:
    assert editor.verify() == "editor"


def test_a_contributor_may_not_publish(wordpress: RealSite) -> None:
    for site in _site(wordpress, "contributor"):
        with pytest.raises(NotSignedIn, match="make this user an editor"):
            site.verify()
        outgoing = an_article(key="contributors")
        checkpoint = site.stage(outgoing, {}, forget)
        with pytest.raises(NotSignedIn, match="rest_cannot_publish"):
            site.reveal(outgoing, checkpoint, forget)


def test_a_wrong_password_needs_a_person(wordpress: RealSite) -> None:
    wrong = replace(wordpress, passwords={"editor": "the login password"})
    for site in _site(wrong, "editor"):
        with pytest.raises(NotSignedIn, match="rest_not_logged_in"):
            site.verify()


def test_corrections_and_sisters_change_the_article_in_place(editor: WordPressSite, tmp_path: Path) -> None:
    outgoing = an_article("كلمات أولى", a_picture(tmp_path), key="changes", rebuts=(CLAIM,))
    remote_id, checkpoint = _published(editor, outgoing)
    corrected = replace(outgoing, text="كلمات أصح", corrections=(Correction(on=date(2099, 1, 2), note="صُحّح."),))
    receipts = [editor.correct(corrected, remote_id, checkpoint) for _ in range(2)]
    assert len({each.url for each in receipts}) == 1
    joined = replace(corrected, alternates={"fr": "https://example.org/fr/"})
    done = editor.complete(joined, remote_id, checkpoint, forget)
    assert not editor.lacks(joined, done)
    _, content = _kept(editor, remote_id)
    assert "كلمات أولى" not in content
    assert '"dateModified": "2099-01-02"' in content
    assert content.count("صُحّح.") == content.count("Français</a>") == content.count("كلمات أصح") == 1


def test_older_words_are_never_passed_off_as_newer_ones(editor: WordPressSite) -> None:
    older, newer = an_article("كلمات أولى", key="older"), an_article("كلمات أخيرة", key="older")
    first, _ = _published(editor, older)
    checkpoint = editor.stage(newer, {}, forget)
    assert isinstance(editor.find(newer, checkpoint, SINCE), Absent)
    assert editor.reveal(newer, checkpoint, forget).remote_id == first
    assert isinstance(editor.find(newer, checkpoint, SINCE), Found)


def test_media_that_are_there_are_not_sent_again(editor: WordPressSite, tmp_path: Path) -> None:
    outgoing = an_article("صورة", a_picture(tmp_path), key="media")
    first, second = (editor.stage(outgoing, {}, forget)["media"] for _ in range(2))
    assert first == second
    assert requests.get(first[0][1], timeout=30).content == outgoing.media[0].path.read_bytes()


@pytest.mark.parametrize("role", ["editor", "author"])
def test_nobody_sees_a_picture_listed_before_its_article(
    request: pytest.FixtureRequest, wordpress: RealSite, role: str, tmp_path: Path
) -> None:
    site: WordPressSite = request.getfixturevalue(role)
    outgoing = an_article("صورة", a_picture(tmp_path), key=f"listed-{role}")
    checkpoint = site.stage(outgoing, {}, forget)
    assert site.stage(outgoing, {}, forget) == checkpoint
    ((number, address),) = checkpoint["media"]
    assert not _seen_by_anybody(wordpress, number)
    assert requests.get(f"{wordpress.url}/?attachment_id={number}", timeout=30).status_code == 404
    receipt = site.reveal(outgoing, checkpoint, forget)
    assert _seen_by_anybody(wordpress, number)
    assert requests.get(address, timeout=30).status_code == 200
    site.withdraw(receipt.remote_id, checkpoint)
    assert not _seen_by_anybody(wordpress, number)


def test_a_picture_that_lies_in_the_library_already_joins_its_article(
    editor: WordPressSite, wordpress: RealSite, tmp_path: Path
) -> None:
    outgoing = an_article("صورة", a_picture(tmp_path), key="joins")
    name = article.file_name(outgoing, outgoing.media[0])
    before = editor._client.send(outgoing.media[0].path, name=name, mime_type="image/jpeg")
    assert _seen_by_anybody(wordpress, before.id)
    assert editor.stage(outgoing, {}, forget)["media"] == [[before.id, before.source_url]]
    assert not _seen_by_anybody(wordpress, before.id)


def _seen_by_anybody(wordpress: RealSite, number: int) -> bool:
    """In the list of the library and by its number, which say the same."""
    media = f"{wordpress.url}/wp-json/wp/v2/media"
    listed = number in [each["id"] for each in requests.get(media, params={"per_page": "100"}, timeout=30).json()]
    alone = requests.get(f"{media}/{number}", timeout=30).status_code == 200
    assert listed == alone
    return listed


def test_the_sites_library_is_a_public_place(wordpress: RealSite, tmp_path: Path) -> None:
    library = LibraryShelf(wordpress.credentials("author"), Endpoints())
    shelf = CheckedShelf(library, library.base_url, for_loopback=True)
    picture = a_picture(tmp_path).path
    with closing(library._client.session):
        first, second = (shelf.put(picture, suffix=".jpg") for _ in range(2))
        for _ in range(2):
            shelf.remove(first)
        assert requests.get(first, timeout=30).status_code == 404
        assert shelf.sweep(datetime.now(UTC) - timedelta(days=2)) == 0
        assert shelf.sweep(datetime.now(UTC) + timedelta(days=2)) == 1
        assert requests.get(second, timeout=30).status_code == 404
