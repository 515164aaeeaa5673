"""X's own SDK against our stage, which must please more than our adapter: its models judge every answer."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from PIL import Image
from xdk import Client
from xdk.media.models import AppendUploadRequest, CreateMetadataRequest, InitializeUploadRequest
from xdk.posts.models import CreateRequest

from platforms.rehearsal import endpoints
from platforms.rehearsal.serving import in_thread
from platforms.rehearsal.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(files=tmp_path / "stage", processing=timedelta(), lag=timedelta())
    stage.records.put("x.settings", "dialect", {"fields": "post.fields"})  # the only one that the SDK speaks
    return stage


@pytest.fixture
def sdk(stage: Stage) -> Iterator[Client]:
    with in_thread(stage) as running:
        client = Client(base_url=endpoints(running.base).x, access_token="stage-x-en")
        yield client
        client.session.close()


def _create(sdk: Client, **body: object) -> str:
    created = sdk.posts.create(CreateRequest.model_validate(body))
    return str(created.model_dump()["data"]["id"])


def test_it_posts_a_thread_reads_it_and_takes_it_down(sdk: Client) -> None:
    me = str(sdk.users.get_me().model_dump()["data"]["id"])
    first = _create(sdk, text="One & only")
    second = _create(sdk, text="And more at example.org", reply={"in_reply_to_tweet_id": first})
    [page] = sdk.users.get_posts(
        me, post_fields=["public_metrics", "entities"], expansions=["author_id", "referenced_posts"]
    )
    newest, oldest = page.model_dump()["data"]
    assert (newest["id"], oldest["id"], oldest["text"]) == (second, first, "One &amp; only")
    assert (newest["referenced_posts"][0]["id"], newest["author_id"]) == (first, me)
    assert "repost_count" in oldest["public_metrics"]
    assert sdk.posts.delete(second).model_dump()["data"]["deleted"] is True
    assert [each["id"] for each in sdk.posts.get_by_ids([first, second]).model_dump()["data"]] == [first]


def _upload(sdk: Client, file: Path) -> str:
    content = file.read_bytes()
    asked = InitializeUploadRequest(media_type="image/png", media_category="tweet_image", total_bytes=len(content))
    media_id = str(sdk.media.initialize_upload(asked).model_dump()["data"]["id"])
    piece = AppendUploadRequest(media=base64.b64encode(content).decode(), segment_index=0)
    sdk.media.append_upload(media_id, piece)
    return media_id


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 64), (90, 120, 80)).save(tmp_path / "card.png")
    return tmp_path / "card.png"


def test_it_uploads_a_picture_where_finalize_takes_no_body(sdk: Client, stage: Stage, picture: Path) -> None:
    stage.records.put("x.settings", "finalize", {"strict": False})
    media_id = _upload(sdk, picture)
    sdk.media.finalize_upload(media_id)
    words = {"id": media_id, "metadata": {"alt_text": {"text": "A quiet card"}}}
    sdk.media.create_metadata(CreateMetadataRequest.model_validate(words))
    _create(sdk, text="A card", media={"media_ids": [media_id]})
    [medium] = stage.records.all("x.media")
    assert medium["alt_text"] == "A quiet card"


def test_its_empty_finalize_is_refused_as_x_has_refused_it(sdk: Client, picture: Path) -> None:
    """xdk sends no body at all; X has answered so since 2026-07, and the stage does unless it is told otherwise."""
    media_id = _upload(sdk, picture)
    with pytest.raises(requests.HTTPError) as refused:
        sdk.media.finalize_upload(media_id)
    assert "must be a JSON object" in refused.value.response.text
