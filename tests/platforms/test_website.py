"""The website, from the adapter to the stage's WordPress and back."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount

from platforms.contract import (
    Absent,
    Checkpoint,
    Correction,
    Form,
    Found,
    Network,
    Outgoing,
    Platform,
    Rebutted,
    Unclear,
)
from platforms.endpoints import Endpoints, StrayCall
from platforms.errors import (
    MediaNotAccepted,
    NotSignedIn,
    OutcomeUnknown,
    PlatformError,
    Refused,
    TooSoon,
    Unreachable,
)
from platforms.rehearsal import credentials
from platforms.rehearsal.faults import Fault, Name
from platforms.rehearsal.stage import Stage
from platforms.rehearsal.website import routes
from platforms.shelf import NoShelf
from platforms.website import article
from platforms.website.publish import WordPressSite
from platforms.website.structured import OPENING, script
from tests.door import Door
from tests.factories import forget
from tests.platforms.articles import a_picture, a_video, an_article

FAULTS_AFTER: list[Name] = ["drop-after", "error-after", "truncated-after", "empty-after"]
FAULTS_BEFORE: list[Name] = ["drop-before", "error-before"]
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(files=tmp_path / "stage")


@pytest.fixture
def base(stage: Stage, door: Door) -> str:
    door.lead_to(stage.faults.around(Starlette(routes=[Mount("/website", routes=routes(stage))])))
    return f"{door.base}/website"


@pytest.fixture
def site(base: str) -> Iterator[WordPressSite]:
    opened = _connect(base)
    yield opened
    opened._client.session.close()


def _connect(base: str, **changed: str) -> WordPressSite:
    secrets = {**credentials(Network.WEBSITE, "web-ar"), **changed}
    return WordPressSite(credentials=secrets, endpoints=Endpoints(website=base), shelf=NoShelf())


def _publish(site: Platform, outgoing: Outgoing) -> str:
    return site.reveal(outgoing, site.stage(outgoing, {}, forget), forget).remote_id


def _visible(stage: Stage) -> list[dict[str, Any]]:
    return [each for each in stage.records.all("shown") if each["hidden_at"] is None]


def test_verify_gives_the_users_name(site: WordPressSite) -> None:
    assert site.verify() == "web-ar"


def test_an_article_is_drafted_out_of_sight_and_then_shown(site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    assert not _visible(stage)
    receipt = site.reveal(outgoing, checkpoint, forget)
    (shown,) = _visible(stage)
    words, _, machines = shown["text"].partition(OPENING)
    assert words == '<div lang="ar" dir="rtl"><p>الكلمة الطيبة صدقة</p><p>حديث شريف</p></div>'
    assert machines.count("</script>") == 1
    assert shown["title"] == "الرحمة"
    assert receipt.url is not None
    assert receipt.url.endswith(f"/{article.slug(outgoing)}/")
    assert receipt.published_at is not None
    assert receipt.published_at.tzinfo is UTC
    assert site.find(outgoing, checkpoint, SINCE) == Found(receipt=receipt)


@pytest.mark.parametrize("role", ["editor", "author"])
def test_nobody_sees_a_picture_listed_before_its_article(
    site: WordPressSite, stage: Stage, base: str, tmp_path: Path, role: str
) -> None:
    stage.records.put("wp.settings", "role", {"name": role})
    outgoing, listed = an_article("card", a_picture(tmp_path)), list[list[Any]]()

    def look(_: Checkpoint) -> None:
        listed.append(requests.get(f"{base}/wp-json/wp/v2/media", timeout=10).json())

    checkpoint = site.stage(outgoing, {}, look)
    assert stage.records.all("wp.media")
    assert listed == [[], [], []]
    receipt = site.reveal(outgoing, checkpoint, forget)
    look(checkpoint)
    assert [each["source_url"] for each in listed[-1]] == [url for _, url in checkpoint["media"]]
    site.withdraw(receipt.remote_id, checkpoint)
    look(checkpoint)
    assert listed[-1] == []


def test_a_picture_that_lies_in_the_library_already_joins_its_article(
    site: WordPressSite, stage: Stage, base: str, tmp_path: Path
) -> None:
    outgoing = an_article("card", a_picture(tmp_path))
    name = article.file_name(outgoing, outgoing.media[0])
    before = site._client.send(outgoing.media[0].path, name=name, mime_type="image/jpeg")
    assert requests.get(f"{base}/wp-json/wp/v2/media", timeout=10).json()
    assert site.stage(outgoing, {}, forget)["media"] == [[before.id, before.source_url]]
    assert requests.get(f"{base}/wp-json/wp/v2/media", timeout=10).json() == []


def test_a_picture_and_a_video_arrive_as_they_were(site: WordPressSite, stage: Stage, tmp_path: Path) -> None:
    card, film = a_picture(tmp_path), a_video(tmp_path)
    _publish(site, an_article("card", card))
    _publish(site, an_article("film", film, key="other"))
    assert [each["media"] for each in _visible(stage)] == [[card.sha256], [film.sha256]]
    assert [each["alt_text"] for each in stage.records.all("wp.media")] == [card.alt_text, ""]
    assert [bool(each["featured_media"]) for each in stage.records.all("wp.posts")] == [True, False]
    source = re.search(r'src="([^"]+)"', _visible(stage)[1]["text"])
    assert source
    assert requests.get(source[1], timeout=10).content == film.path.read_bytes()


def test_staging_again_makes_nothing_twice(site: WordPressSite, stage: Stage, tmp_path: Path) -> None:
    outgoing = an_article("card", a_picture(tmp_path))
    first, second = (site.stage(outgoing, {}, forget) for _ in range(2))
    assert first == second
    assert len(stage.records.all("wp.posts")) == len(stage.records.all("wp.media")) == 1


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_staging_killed_after_any_step_goes_on(site: WordPressSite, stage: Stage, tmp_path: Path, steps: int) -> None:
    outgoing, kept = an_article("card", a_picture(tmp_path)), list[Checkpoint]()

    def die_after(checkpoint: Checkpoint) -> None:
        kept.append(checkpoint)
        if len(kept) == steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.stage(outgoing, {}, die_after)
    site.reveal(outgoing, site.stage(outgoing, kept[-1], forget), forget)
    assert len(stage.records.all("wp.media")) == len(stage.records.all("wp.posts")) == len(_visible(stage)) == 1


def test_what_goes_out_is_what_was_approved_even_if_the_draft_was_touched(site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    site._client.write({"content": "somebody's other words"}, checkpoint["article"])
    site.reveal(outgoing, checkpoint, forget)
    assert "صدقة" in _visible(stage)[0]["text"]


def test_a_draft_that_somebody_put_in_the_bin_stays_there(site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    site.withdraw(str(checkpoint["article"]), {})
    with pytest.raises(Refused, match="removed the draft"):
        site.reveal(outgoing, checkpoint, forget)
    site._client.remove(str(checkpoint["article"]), for_good=True)
    with pytest.raises(Refused, match="removed the draft"):
        site.reveal(outgoing, checkpoint, forget)
    assert not _visible(stage)


def test_revealing_twice_shows_one_article(site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    assert site.reveal(outgoing, checkpoint, forget) == site.reveal(outgoing, checkpoint, forget)
    assert len(stage.records.all("shown")) == 1


def test_nothing_staged_means_nothing_revealed(site: WordPressSite, stage: Stage) -> None:
    with pytest.raises(Unreachable):
        site.reveal(an_article(), {}, forget)
    assert not _visible(stage)


@pytest.mark.parametrize("fault", FAULTS_AFTER)
def test_a_lost_answer_leaves_the_outcome_unknown_and_one_article_to_be_found(
    site: WordPressSite, stage: Stage, fault: Name
) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    stage.faults.add(Fault(name=fault, path="/posts/"))
    with pytest.raises(OutcomeUnknown):
        site.reveal(outgoing, checkpoint, forget)
    found = site.find(outgoing, checkpoint, SINCE)
    assert isinstance(found, Found)
    assert [each["remote_id"] for each in _visible(stage)] == [found.receipt.remote_id]


@pytest.mark.parametrize("fault", FAULTS_BEFORE)
def test_an_article_that_died_on_the_way_is_proven_absent(site: WordPressSite, stage: Stage, fault: Name) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    stage.faults.add(Fault(name=fault, path="/posts/"))
    with pytest.raises(OutcomeUnknown):
        site.reveal(outgoing, checkpoint, forget)
    assert isinstance(site.find(outgoing, checkpoint, SINCE), Absent)
    assert not _visible(stage)


@pytest.mark.parametrize("fault", FAULTS_AFTER + FAULTS_BEFORE)
@pytest.mark.parametrize("step", ["/wp/v2/media", "/wp/v2/media/", "/wp/v2/posts", "/wp/v2/posts/"])
def test_a_fault_while_staging_is_never_a_question_and_leaves_one_of_each(
    site: WordPressSite, stage: Stage, tmp_path: Path, step: str, fault: Name
) -> None:
    outgoing = an_article("card", a_picture(tmp_path))
    stage.faults.add(Fault(name=fault, path=step))
    try:
        site.stage(outgoing, {}, forget)
    except PlatformError as error:
        assert type(error) is Unreachable
    site.reveal(outgoing, site.stage(outgoing, {}, forget), forget)
    assert len(stage.records.all("wp.media")) == len(stage.records.all("wp.posts")) == len(_visible(stage)) == 1


def test_two_languages_and_two_posts_never_share_a_slug() -> None:
    outgoings = [
        an_article(),
        an_article(language="fr"),
        an_article(key="Mercy-12"),
        an_article(key="mercy/12"),
        an_article(key="رحمة"),
    ]
    slugs = {article.slug(each) for each in outgoings}
    assert len(slugs) == len(outgoings)
    assert all(re.fullmatch(r"[a-z0-9-]{5,120}", each) for each in slugs)


def test_another_language_of_the_same_post_is_not_found(site: WordPressSite) -> None:
    _publish(site, an_article())
    assert isinstance(site.find(an_article(language="fr"), {}, SINCE), Absent)


def test_an_article_in_the_bin_is_a_question_for_a_person(site: WordPressSite, stage: Stage) -> None:
    remote_id = _publish(site, an_article())
    site.withdraw(remote_id, {})
    site.withdraw(remote_id, {})
    assert not _visible(stage)
    assert isinstance(site.find(an_article(), {}, SINCE), Unclear)


def test_a_site_without_a_bin_takes_an_article_down_to_a_draft(site: WordPressSite, stage: Stage) -> None:
    stage.records.put("wp.settings", "bin", {"days": 0})
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    receipt = site.reveal(outgoing, checkpoint, forget)
    for _ in range(2):
        site.withdraw(receipt.remote_id, checkpoint)
    assert not _visible(stage)
    assert [each["status"] for each in stage.records.all("wp.posts")] == ["draft"]
    assert site.reveal(outgoing, site.stage(outgoing, checkpoint, forget), forget).remote_id == receipt.remote_id
    site._client.remove(receipt.remote_id, for_good=True)
    site.withdraw(receipt.remote_id, checkpoint)


def test_withdrawing_what_was_never_there_is_harmless(site: WordPressSite) -> None:
    site.withdraw("4711", {})


def test_only_articles_that_are_out_and_open_have_comments(site: WordPressSite, stage: Stage) -> None:
    out, closed = _publish(site, an_article()), _publish(site, an_article(key="closed"))
    site._client.write({"comment_status": "closed"}, int(closed))
    draft = str(site.stage(an_article(key="draft"), {}, forget)["article"])
    stage.move_clock(timedelta(days=9))
    measured = site.measure([out, closed, draft, "4711"])
    assert set(measured) == {out, closed}
    assert [each.metric for each in measured[out]] == ["comments"]
    assert measured[out][0].value > 0
    assert measured[closed] == []


def test_words_are_escaped_and_what_wordpress_would_change_is_tamed() -> None:
    text = 'a < b & "c" [gallery] -- ... 3x4 :)\nhttps://example.org/?a=1&b=2'
    outgoing = an_article(text, language="en", link="https://example.org/?a=1&b=2")
    rest = "//example.org/?a=1&amp;b=2"
    assert article.body(outgoing, []) == (
        '<div lang="en" dir="ltr"><p>a &lt; b &amp; &quot;c&quot; &#91;gallery&#93; -&#45; '
        ".&#46;&#46; 3&#120;4 &#58;)<br>"
        f'<a href="https:{rest}">https&#58;{rest}</a></p></div>'
    )
    assert article.says(outgoing, title=article.title(outgoing), content=article.body(outgoing, []))


@pytest.mark.parametrize(
    "longer",
    [
        "https://www.oic-oci.org/topic/?t_id=1",
        "https://www.oic-oci.org/?a=1&b=2",
        "https://www.oic-oci.org/#top",
        "https://www.oic-oci.org/.well-known",
        "https://web.archive.org/web/https://www.oic-oci.org/",
        "https://example.org/?to=https://www.oic-oci.org/",
    ],
)
def test_a_longer_address_is_not_led_to_the_shorter_one(longer: str) -> None:
    link = "https://www.oic-oci.org/"
    around = f"{longer}\n\n({link}). {link}\n{link}، «{link}»"
    kept = article.body(an_article(around, link=link), [])
    assert kept.count(f'<a href="{link}">https&#58;//www.oic-oci.org/</a>') == 4
    assert kept.count("<a ") == 4
    assert article.says(an_article(around, link=link), title="الرحمة", content=kept)


def test_an_article_without_a_title_takes_its_first_line() -> None:
    assert article.title(an_article("\nFirst line\nSecond", title="")) == "First line"
    assert len(article.title(an_article("x" * 500, title=""))) == 120


@pytest.mark.parametrize("missing", ["username", "application_password"])
def test_missing_secrets_are_named(base: str, missing: str) -> None:
    with pytest.raises(NotSignedIn, match=missing) as caught:
        _connect(base, **{missing: ""})
    assert "stage-web-ar" not in str(caught.value)


def test_a_password_never_travels_openly() -> None:
    with pytest.raises(NotSignedIn, match="https"):
        _connect("", site_url="http://example.org")


def test_the_site_address_may_stand_in_the_credentials(base: str) -> None:
    site = _connect("", site_url=f"{base}/")
    assert site.verify() == "web-ar"
    site._client.session.close()


def test_a_wrong_password_needs_a_person(base: str) -> None:
    site = _connect(base, application_password="stage-somebody")
    with pytest.raises(NotSignedIn, match="rest_not_logged_in"):
        site.verify()
    with pytest.raises(PlatformError):
        site.stage(an_article(), {}, forget)
    site._client.session.close()


def test_an_address_without_wordpress_is_said_plainly(base: str) -> None:
    site = _connect(f"{base}/blog")
    with pytest.raises(NotSignedIn, match="REST API"):
        site.verify()
    site._client.session.close()


def test_a_refused_connection_proves_that_nothing_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="nothing was sent"):
        _connect(f"http://127.0.0.1:{port}").verify()


def test_a_file_that_changed_since_approval_does_not_leave(site: WordPressSite, stage: Stage, tmp_path: Path) -> None:
    card = a_picture(tmp_path)
    card.path.write_bytes(b"other")
    with pytest.raises(MediaNotAccepted, match="approved"):
        site.stage(an_article("card", card), {}, forget)
    assert not stage.records.all("wp.media")


@pytest.mark.parametrize("fault", FAULTS_BEFORE + FAULTS_AFTER)
def test_no_error_tells_a_secret(site: WordPressSite, stage: Stage, fault: Name) -> None:
    checkpoint = site.stage(an_article(), {}, forget)
    stage.faults.add(Fault(name=fault, path="/posts/"))
    with pytest.raises(OutcomeUnknown) as caught:
        site.reveal(an_article(), checkpoint, forget)
    error: BaseException | None = caught.value
    while error is not None:
        assert "stage-web-ar" not in f"{error!s} {error!r}"
        error = error.__cause__ or error.__context__


def test_the_session_stops_a_call_to_any_other_host(site: WordPressSite) -> None:
    with pytest.raises(StrayCall):
        site._client.session.get("https://example.org/wp-json/")


def test_what_wordpress_would_refuse_is_said_before(tmp_path: Path) -> None:
    card, film = a_picture(tmp_path), a_video(tmp_path)
    wrong = {
        "needs words": an_article(" "),
        "no video file": an_article("words", form=Form.VIDEO),
        "takes pictures": an_article("words", film, form=Form.PICTURE),
        "image/tiff": an_article("words", replace(card, mime_type="image/tiff")),
    }
    for advice, outgoing in wrong.items():
        problems = [str(problem) for problem in WordPressSite.check(outgoing)]
        assert any(advice in problem for problem in problems), (advice, problems)
    assert not WordPressSite.check(an_article("words", card))


# Words that are out already: never passed off as others, corrected in place, joined by their sisters.


def _kept(stage: Stage) -> str:
    """The HTML of the one article that readers see."""
    (shown,) = _visible(stage)
    return str(shown["text"])


def test_older_words_under_our_slug_are_never_taken_for_these(site: WordPressSite, stage: Stage) -> None:
    older, newer = an_article("older words"), an_article("newer words")
    first = _publish(site, older)
    checkpoint = site.stage(newer, {}, forget)
    assert "older words" in _kept(stage), "preparing changes nothing that anybody sees"
    assert isinstance(site.find(newer, checkpoint, SINCE), Absent)
    assert site.reveal(newer, checkpoint, forget).remote_id == first
    assert "newer words" in _kept(stage)
    assert isinstance(site.find(newer, checkpoint, SINCE), Found)
    assert isinstance(site.find(older, checkpoint, SINCE), Absent)


def test_older_words_that_say_more_are_not_these(site: WordPressSite, stage: Stage, tmp_path: Path) -> None:
    card = a_picture(tmp_path)
    older = an_article("الكلمة الطيبة صدقة\n\nفقرة خاطئة", card, alternates={"en": "https://example.org/mercy-en/"})
    checkpoint = site.stage(older, {}, forget)
    site.reveal(older, checkpoint, forget)
    for newer in (
        replace(older, text="الكلمة الطيبة صدقة"),
        replace(older, text="فقرة خاطئة"),
        replace(older, media=(), form=Form.TEXT),
    ):
        assert isinstance(site.find(newer, checkpoint, SINCE), Absent)
    assert isinstance(site.find(older, checkpoint, SINCE), Found)
    assert isinstance(site.find(replace(older, alternates={}), checkpoint, SINCE), Found)


def test_another_picture_under_the_same_words_is_another_article(
    site: WordPressSite, stage: Stage, tmp_path: Path
) -> None:
    card = a_picture(tmp_path)
    outgoing = an_article("card", card)
    checkpoint = site.stage(outgoing, {}, forget)
    site.reveal(outgoing, checkpoint, forget)
    other = an_article("card", replace(card, sha256="0" * 64))
    assert isinstance(site.find(outgoing, checkpoint, SINCE), Found)
    assert isinstance(site.find(other, checkpoint, SINCE), Absent)


def test_a_draft_that_was_given_another_address_is_still_ours(site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    site._client.write({"slug": "an-editors-own-idea"}, checkpoint["article"])
    assert site.stage(outgoing, checkpoint, forget) == checkpoint
    site._client.write({"slug": "an-editors-own-idea"}, checkpoint["article"])
    receipt = site.reveal(outgoing, checkpoint, forget)
    assert site.find(outgoing, checkpoint, SINCE) == Found(receipt=receipt)
    assert len(stage.records.all("wp.posts")) == 1


CORRECTION = Correction(on=date(2026, 11, 25), note="ورد رقم الحديث خطأً، والصواب 3014.")


@pytest.mark.parametrize("fault", [None, *FAULTS_AFTER, *FAULTS_BEFORE])
def test_a_correction_takes_the_place_of_the_words_and_is_said(
    site: WordPressSite, stage: Stage, fault: Name | None
) -> None:
    remote_id = _publish(site, an_article("older words"))
    corrected = an_article("newer words", corrections=(CORRECTION,))
    if fault:
        stage.faults.add(Fault(name=fault, path="/posts/"))
        with suppress(Unreachable):
            site.correct(corrected, remote_id, {})
    receipts = [site.correct(corrected, remote_id, {}) for _ in range(2)]
    assert {each.remote_id for each in receipts} == {remote_id}
    assert "older words" not in _kept(stage)
    assert "25 نوفمبر 2026" in _kept(stage)
    assert _kept(stage).count(CORRECTION.note) == 1
    assert len(stage.records.all("shown")) == 1


def test_a_correction_may_bring_another_picture(site: WordPressSite, stage: Stage, tmp_path: Path) -> None:
    remote_id = _publish(site, an_article("words", a_picture(tmp_path)))
    (tmp_path / "new").mkdir()
    other = a_picture(tmp_path / "new", colour=(200, 10, 10))
    corrected = an_article("words", other, corrections=(CORRECTION,))
    site.correct(corrected, remote_id, {})
    checkpoint = {"media": [], "article": int(remote_id)}
    assert site.complete(corrected, remote_id, checkpoint, forget)["alternates"] == {}
    assert other.sha256[:16] in _kept(stage)
    assert [each["featured_media"] for each in stage.records.all("wp.posts")] == [
        stage.records.all("wp.media")[1]["id"]
    ]


def test_what_somebody_took_down_is_not_corrected_behind_their_back(site: WordPressSite, stage: Stage) -> None:
    remote_id = _publish(site, an_article())
    site.withdraw(remote_id, {})
    for gone in (remote_id, "4711"):
        with pytest.raises(Refused, match="no longer out"):
            site.correct(an_article(corrections=(CORRECTION,)), gone, {})
    assert not _visible(stage)


def test_a_sister_that_comes_out_later_is_linked_once(site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    remote_id = site.reveal(outgoing, checkpoint, forget).remote_id
    assert not site.lacks(outgoing, checkpoint)
    joined = replace(outgoing, alternates={"en": "https://example.org/mercy-en/"})
    assert site.lacks(joined, checkpoint)
    done = site.complete(joined, remote_id, site.complete(joined, remote_id, checkpoint, forget), forget)
    assert not site.lacks(joined, done)
    assert _kept(stage).count('hreflang="en" lang="en">English</a>') == 1
    assert site.find(joined, done, SINCE) == site.find(outgoing, done, SINCE), "sisters are no part of the words"


def test_a_correction_leads_to_no_sister_that_is_not_remembered(site: WordPressSite, stage: Stage) -> None:
    """Or, once that sister was taken down, nothing would ever take the way to her away."""
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    remote_id = site.reveal(outgoing, checkpoint, forget).remote_id
    joined = replace(outgoing, alternates={"en": "https://example.org/mercy-en/"}, corrections=(CORRECTION,))
    site.correct(joined, remote_id, checkpoint)
    assert CORRECTION.note in _kept(stage) and "mercy-en" not in _kept(stage)
    assert site.lacks(joined, checkpoint)


def test_a_sister_that_came_out_while_it_waited_is_linked_as_it_goes_out(site: WordPressSite, stage: Stage) -> None:
    outgoing, kept = an_article(), list[Checkpoint]()
    checkpoint = site.stage(outgoing, {}, forget)
    joined = replace(outgoing, alternates={"fr": "https://example.org/mercy-fr/"})
    site.reveal(joined, checkpoint, kept.append)
    assert "Français</a>" in _kept(stage)
    assert not site.lacks(joined, kept[-1])


@pytest.mark.parametrize(("edition", "told"), [("pro", "ar"), ("free", None)])
def test_polylang_is_told_the_languages_where_it_listens(
    site: WordPressSite, stage: Stage, edition: str, told: str | None
) -> None:
    stage.records.put("wp.settings", "polylang", {"edition": edition})
    sister = _publish(site, an_article("mercy", language="en"))
    outgoing = an_article(alternates={"en": "https://example.org/mercy-en/"})
    made = int(_publish(site, outgoing))
    seen = site._client.call("GET", f"/posts/{made}", params={"context": "edit"}).json()
    assert seen.get("lang") == told
    assert seen.get("translations") == (told and {"en": int(sister)})


# Numbers of articles: every site counts for itself.


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """`moved` is the first site, under a new address."""

    site: WordPressSite
    stage: Stage
    moved: WordPressSite

    @property
    def theirs(self) -> tuple[str, str, str]:
        post = self.stage.records.get("wp.posts", "1")
        assert post
        return post["status"], post["title"], post["content"]


@pytest.fixture
def other(site: WordPressSite, stage: Stage, door: Door, tmp_path: Path) -> Iterator[Elsewhere]:
    """Another site, to which the account has been connected; number 1 there is an article of somebody else's."""
    there, usual = Stage(files=tmp_path / "other"), door.app
    beside = Starlette(routes=[Mount("/other", routes=routes(there)), Mount("/moved", routes=routes(stage))])

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (usual if scope["path"].startswith("/website") else beside)(scope, receive, send)

    door.lead_to(either)
    hours = {"title": "Opening hours", "content": "<p>We open at nine.</p>", "status": "publish"}
    _call(f"{door.base}/other", "POST", "/posts", "somebody", json=hours)
    opened, moved = _connect(f"{door.base}/other"), _connect(f"{door.base}/moved")
    with closing(opened._client.session), closing(moved._client.session):
        yield Elsewhere(site=opened, stage=there, moved=moved)


AS_IT_WAS = ("publish", "Opening hours", "<p>We open at nine.</p>")


def _without_a_site(checkpoint: Checkpoint) -> Checkpoint:
    return {name: each for name, each in checkpoint.items() if name not in ("site", "slug")}


def _as_it_is(checkpoint: Checkpoint) -> Checkpoint:
    return checkpoint


@pytest.mark.parametrize("known", [_as_it_is, _without_a_site])
def test_an_article_prepared_for_another_site_is_made_anew_and_touches_nobodys(
    site: WordPressSite, other: Elsewhere, known: Callable[[Checkpoint], Checkpoint], tmp_path: Path
) -> None:
    outgoing = an_article("card", a_picture(tmp_path))
    prepared = known({**site.stage(outgoing, {}, forget), "article": 1})
    with pytest.raises(Unreachable, match="must be made"):
        other.site.reveal(outgoing, prepared, forget)
    checkpoint = other.site.stage(outgoing, prepared, forget)
    receipt = other.site.reveal(outgoing, checkpoint, forget)
    assert receipt.remote_id != "1"
    assert other.theirs == AS_IT_WAS
    assert [other.site._client.site_url in url for _, url in checkpoint["media"]] == [True]
    assert other.site.find(outgoing, checkpoint, SINCE) == Found(receipt=receipt)


@pytest.mark.parametrize("role", ["editor", "author"])
@pytest.mark.parametrize("known", [_as_it_is, _without_a_site])
@pytest.mark.parametrize("number", [1, 4711])
def test_a_number_of_another_site_is_nobodys_here(
    site: WordPressSite, other: Elsewhere, known: Callable[[Checkpoint], Checkpoint], role: str, number: int
) -> None:
    other.stage.records.put("wp.settings", "role", {"name": role})
    outgoing = an_article()
    checkpoint = known({**site.stage(outgoing, {}, forget), "article": number})
    changed = replace(outgoing, corrections=(CORRECTION,), alternates={"en": "https://example.org/mercy-en/"})
    with pytest.raises(Refused):
        other.site.correct(changed, str(number), checkpoint)
    with pytest.raises(Refused):
        other.site.complete(changed, str(number), checkpoint, forget)
    if number == 1 or "site" in checkpoint:
        with pytest.raises(Refused, match="look"):
            other.site.withdraw(str(number), checkpoint)
    assert other.theirs == AS_IT_WAS


def test_a_number_that_a_person_gave_takes_down_an_article_of_ours_and_no_other(other: Elsewhere) -> None:
    remote_id = _publish(other.site, an_article())
    with pytest.raises(Refused, match="left alone"):
        other.site.withdraw("1", {})
    for _ in range(2):
        other.site.withdraw(remote_id, {})
    assert other.theirs == AS_IT_WAS
    assert [each["status"] for each in other.stage.records.all("wp.posts")] == ["publish", "trash"]


def test_a_wall_before_the_site_says_nothing_about_whose_an_article_is(other: Elsewhere, door: Door) -> None:
    remote_id = _publish(other.site, an_article())

    async def wall(scope: Any, receive: Any, send: Any) -> None:
        await Response("<html>Blocked</html>", 403)(scope, receive, send)

    door.lead_to(wall)
    with pytest.raises(NotSignedIn):
        other.site.withdraw(remote_id, {})


def test_a_site_that_has_moved_to_another_address_is_known_by_our_slug(
    site: WordPressSite, other: Elsewhere, stage: Stage
) -> None:
    outgoing = an_article("older words")
    checkpoint = site.stage(outgoing, {}, forget)
    remote_id = site.reveal(outgoing, checkpoint, forget).remote_id
    assert isinstance(other.moved.find(outgoing, checkpoint, SINCE), Found)
    corrected = replace(outgoing, text="newer words", corrections=(CORRECTION,))
    assert other.moved.correct(corrected, remote_id, checkpoint).remote_id == remote_id
    assert "newer words" in _kept(stage)
    for _ in range(2):
        other.moved.withdraw(remote_id, checkpoint)
    assert not _visible(stage)


def test_another_site_proves_nothing_about_what_was_sent(site: WordPressSite, other: Elsewhere) -> None:
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    assert isinstance(site.find(outgoing, checkpoint, SINCE), Absent)
    finding = other.site.find(outgoing, checkpoint, SINCE)
    assert isinstance(finding, Unclear)
    assert site._client.site_url in finding.why


# What an article says to machines.


def _machines(**changed: Any) -> dict[str, Any]:
    told = script(
        an_article(**{"title": "Mercy", "text": "Mercy is wide.", "language": "en", **changed}),
        site="https://example.org", address="https://example.org/mercy/", published_on=date(2026, 11, 1), image=None,
    )  # fmt: skip
    assert told.startswith(OPENING)
    read: dict[str, Any] = json.loads(told.removeprefix(OPENING).removesuffix("</script>"))
    return read


FACTUAL = Rebutted(
    key="is-silent", claim="Muslims never condemn terrorism.", kind="factual", confirmed=True, reviewed_by="Dr Salma"
)


def test_a_confirmed_factual_claim_is_reviewed_and_rated() -> None:
    told = _machines(rebuts=(FACTUAL,), citations=("Quran 5:32",), corrections=(CORRECTION,))
    assert told["@type"] == "ClaimReview"
    assert told["claimReviewed"] == FACTUAL.claim
    assert told["reviewRating"]["alternateName"] == "False"
    assert told["itemReviewed"] == {"@type": "Claim"}, "where the claim was seen is never told"
    assert told["author"]["@type"] == "Organization"
    assert told["reviewedBy"] == [{"@type": "Person", "name": "Dr Salma"}]
    assert (told["inLanguage"], told["datePublished"], told["dateModified"]) == ("en", "2026-11-01", "2026-11-25")
    assert told["citation"] == ["Quran 5:32"]


def test_a_matter_of_doctrine_is_explained_and_not_rated() -> None:
    told = _machines(rebuts=(replace(FACTUAL, kind="doctrinal"),))
    assert told["@type"] == "Article"
    assert [(each["@type"], each["termCode"]) for each in told["about"]] == [("DefinedTerm", "is-silent")]
    assert FACTUAL.claim not in (told["headline"], told["about"][0]["name"])
    assert "reviewRating" not in told


@pytest.mark.parametrize("kind", ["factual", "doctrinal"])
def test_what_scholars_have_not_confirmed_is_not_told_to_machines(kind: Literal["factual", "doctrinal"]) -> None:
    told = _machines(rebuts=(replace(FACTUAL, kind=kind, confirmed=False),))
    assert told["@type"] == "Article"
    assert not {"about", "reviewedBy", "claimReviewed"} & told.keys()


def test_nothing_in_it_ends_the_script_or_is_a_shortcode() -> None:
    told = script(
        an_article(title="</script> [gallery] &amp;"),
        site="s", address=None, published_on=date(2026, 11, 1), image=None,
    )  # fmt: skip
    assert told.count("<") == 2
    assert "[gallery" not in told
    assert json.loads(told.removeprefix(OPENING).removesuffix("</script>"))["headline"] == "</script> [gallery] &amp;"


# Roles: what WordPress takes out of the HTML of those whom it does not trust with all of it.


@pytest.fixture
def authors_site(site: WordPressSite, stage: Stage) -> WordPressSite:
    stage.records.put("wp.settings", "role", {"name": "author"})
    return site


def test_an_authors_article_is_whole_but_for_what_machines_read(authors_site: WordPressSite, stage: Stage) -> None:
    outgoing = an_article(
        "words & more [here]",
        rebuts=(FACTUAL,), citations=("[البقرة: 256]",), alternates={"en": "https://example.org/en/"},
    )  # fmt: skip
    checkpoint = authors_site.stage(outgoing, {}, forget)
    receipt = authors_site.reveal(outgoing, checkpoint, forget)
    assert "schema.org" not in _kept(stage), "with its script taken away, readers would see it"
    assert FACTUAL.claim not in _kept(stage)
    assert "English</a>" in _kept(stage)
    assert authors_site.find(outgoing, checkpoint, SINCE) == Found(receipt=receipt)
    authors_site.correct(replace(outgoing, corrections=(CORRECTION,)), receipt.remote_id, checkpoint)
    assert "schema.org" not in _kept(stage)


def test_who_may_not_write_structured_data_is_told_so(authors_site: WordPressSite) -> None:
    assert authors_site.verify() == (
        "web-ar, without structured data: the website takes it out; make this user an editor there"
    )


def test_who_may_not_publish_is_told_so_before_anything_is_sent(site: WordPressSite, stage: Stage) -> None:
    stage.records.put("wp.settings", "role", {"name": "contributor"})
    with pytest.raises(NotSignedIn, match="make this user an editor"):
        site.verify()
    outgoing = an_article()
    checkpoint = site.stage(outgoing, {}, forget)
    with pytest.raises(NotSignedIn, match="rest_cannot_publish"):
        site.reveal(outgoing, checkpoint, forget)
    assert not _visible(stage)


def test_a_site_that_changes_the_words_gets_no_article_out(site: WordPressSite, stage: Stage, door: Door) -> None:
    usual = door.app

    async def with_a_plugin(scope: Any, receive: Any, send: Any) -> None:
        async def said(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message["body"].replace("صدقة".encode(), b"xxxx" + b"    ")}
            await send(message)

        await usual(scope, receive, said)

    door.lead_to(with_a_plugin)
    with pytest.raises(Refused, match="plugin"):
        site.stage(an_article(), {}, forget)
    assert not _visible(stage)


# The stage itself: WordPress's habits that a publisher must know.


def _call(base: str, method: str, path: str, by: str = "web-ar", **options: Any) -> requests.Response:
    address = f"{base}/wp-json/wp/v2{path}"
    return requests.request(method, address, auth=(by, f"stage-{by}"), timeout=10, **options)


def test_the_stage_gives_a_taken_slug_a_number(base: str) -> None:
    wanted = {"slug": "one", "title": "t"}
    asked = [wanted | {"status": "draft"}, wanted, wanted | {"status": "draft"}, wanted | {"status": "publish"}]
    slugs = [_call(base, "POST", "/posts", json=each).json()["slug"] for each in asked]
    assert slugs == ["one", "one", "one-2", "one-3"], "one that does not say what it is keeps its slug while a draft"


def test_the_stage_shows_drafts_only_to_those_who_ask_for_them(base: str) -> None:
    _call(base, "POST", "/posts", json={"slug": "one", "title": "t"})
    assert _call(base, "GET", "/posts", params={"slug": "one"}).json() == []
    assert len(_call(base, "GET", "/posts", params={"slug": "one", "status": "draft"}).json()) == 1
    anonymous = requests.get(f"{base}/wp-json/wp/v2/posts", params={"status": "draft"}, timeout=10)
    assert anonymous.status_code == 400


def test_the_stage_answers_strangers_as_wordpress_does(base: str) -> None:
    for path, code in {"/users/me": "rest_not_logged_in", "/posts/1": "rest_post_invalid_id"}.items():
        assert requests.get(f"{base}/wp-json/wp/v2{path}", timeout=10).json()["code"] == code
    answer = requests.post(f"{base}/wp-json/wp/v2/posts", json={"title": "t"}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (401, "rest_cannot_create")


def test_the_stage_finds_an_arabic_slug_by_its_letters(base: str) -> None:
    made = _call(base, "POST", "/posts", json={"title": "الرحمة", "status": "publish"}).json()
    assert made["slug"].startswith("%d8")
    assert len(_call(base, "GET", "/posts", params={"slug": "الرحمة"}).json()) == 1


def test_the_stage_wants_to_know_a_files_name(base: str) -> None:
    answers = [
        _call(base, "POST", "/media", data=b"x", headers={"Content-Type": "image/jpeg", **headers})
        for headers in ({}, {"Content-Disposition": "attachment; filename*=UTF-8''x.jpg"})
    ]
    assert [answer.json()["code"] for answer in answers] == [
        "rest_upload_no_content_disposition",
        "rest_upload_invalid_disposition",
    ]


# Answers that sites and what stands before them give, and what they mean for the one visible call.


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (502, "<html>Bad gateway</html>", OutcomeUnknown),
        (200, "<html>Welcome</html>", OutcomeUnknown),
        (200, '{"id": 7, "status": "pending", "slug": "a"}', NotSignedIn),
        (301, "", NotSignedIn),
        (403, "<html>Blocked</html>", NotSignedIn),
        (400, '{"code": "rest_invalid_param", "message": "Invalid parameter(s): title"}', Refused),
        (429, "", TooSoon),
    ],
)
def test_an_odd_answer_to_publishing_has_one_meaning(
    site: WordPressSite, door: Door, status: int, body: str, meaning: type[PlatformError]
) -> None:
    checkpoint, usual = site.stage(an_article(), {}, forget), door.app

    async def odd_when_publishing(scope: Any, receive: Any, send: Any) -> None:
        odd = scope["method"] == "POST" and "/posts/" in scope["path"]
        await (Response(body, status, {"location": "/elsewhere"}) if odd else usual)(scope, receive, send)

    door.lead_to(odd_when_publishing)
    with pytest.raises(PlatformError) as caught:
        site.reveal(an_article(), checkpoint, forget)
    assert type(caught.value) is meaning
