"""Instagram's side of the emulated Graph API: containers, publishing, the media list and its figures."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import requests
from PIL import Image, UnidentifiedImageError

from platforms.contract import Network
from platforms.endpoints import LOOPBACK
from platforms.rehearsal.audience import figures
from platforms.rehearsal.graph_call import LISTED, Call, Edges, GraphError, graph_time
from platforms.rehearsal.graph_upload import is_film
from platforms.rehearsal.stage import Document, Stage

QUOTA = 50
_DAY = timedelta(hours=24)
_FETCHER = "facebookexternalhit/1.1"
_SENTENCES = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "ERROR": "Error: Media upload has failed with error code {error}",
    "EXPIRED": "Expired: The container was not published within 24 hours.",
    "PUBLISHED": "Published: Media has been published successfully.",
}


def user(call: Call, _: Document) -> Document:
    call.read(fields="string")
    return call.choose({"id": f"ig-{call.account}", "username": call.account, "followers_count": 1000})


def create(call: Call, _: Document) -> Document:
    given = call.read(
        image_url="string",
        caption="string",
        alt_text="string",
        is_carousel_item="boolean",
        media_type="string",
        children="list",
        upload_type="string",
        share_to_feed="boolean",
        cover_url="string",
        thumb_offset="integer",
        is_ai_generated="boolean",
    )
    _check_words(given)
    media_type = given.get("media_type", "")
    if media_type == "REELS" or (media_type == "STORIES" and "image_url" not in given):
        return _create_film(call, given)
    if media_type == "CAROUSEL":
        return {"id": _create_album(call, given)["id"]}
    if media_type not in {"", "STORIES"} or "image_url" not in given:
        raise GraphError(100, "The parameter image_url is required")
    return {"id": _create_picture(call, given)["id"]}


def publish(call: Call, _: Document) -> Document:
    container_id = call.read(creation_id="string").get("creation_id", "")
    with call.stage.records.lock:
        container = call.stage.records.get("graph.containers", container_id)
        if container is None or container["account"] != call.account or container["child"]:
            raise GraphError(24, "The media you requested cannot be found", subcode=2207006)
        _check_publishable(call, container)
        media = _publish(call, container)
    return {"id": media["id"]}


def publishing_limit(call: Call, _: Document) -> Document:
    call.read(**LISTED)
    config = {"quota_total": QUOTA, "quota_duration": int(_DAY.total_seconds())}
    known = {"id": None, "quota_usage": _used(call), "config": config}
    return {"data": [call.choose(known)]}


def media_list(call: Call, _: Document) -> Document:
    call.read(**LISTED)
    return _listed(call, [each for each in call.visible("graph.media") if each["product"] != "STORY"])


def stories(call: Call, _: Document) -> Document:
    """Those that still stand."""
    call.read(**LISTED)
    since = call.stage.now() - _DAY
    stories = [each for each in call.visible("graph.media") if each["product"] == "STORY"]
    return _listed(call, [each for each in stories if datetime.fromisoformat(each["created"]) > since])


def container(call: Call, document: Document) -> Document:
    call.read(fields="string")
    state = _state(call.stage, document)
    uploading = {
        "status": "complete" if document["sha256"] else "in_progress",
        "bytes_transferred": document["received"],
    }
    return call.choose(
        {
            "id": document["id"],
            "status_code": state,
            "status": _SENTENCES[state].format(error=document["error"]),
            "video_status": {"uploading_phase": uploading} if document["type"] == "VIDEO" else None,
        }
    )


def media(call: Call, document: Document) -> Document:
    call.read(fields="string")
    return call.choose(_shown(call.stage, document))


def media_insights(call: Call, document: Document) -> Document:
    age = call.stage.age(document["created"])
    counts = figures(document["id"], age)
    if document["product"] != "STORY":
        return call.insights(_figures(document["product"], counts), document["created"])
    if counts["reach"] < 5:
        raise GraphError(10, "Not enough viewers for the media to show insights")
    answer = call.insights(_storys_figures(counts), document["created"])
    return answer if age < _DAY else {"data": []}


def refuse_deletion(call: Call, _: Document) -> Document:
    raise GraphError(100, "Unsupported delete request", subcode=33)


EDGES: Edges = {
    ("user", "GET", ""): user,
    ("user", "POST", "media"): create,
    ("user", "POST", "media_publish"): publish,
    ("user", "GET", "content_publishing_limit"): publishing_limit,
    ("user", "GET", "media"): media_list,
    ("user", "GET", "stories"): stories,
    ("containers", "GET", ""): container,
    ("media", "GET", ""): media,
    ("media", "GET", "insights"): media_insights,
    ("media", "DELETE", ""): refuse_deletion,
}


def _listed(call: Call, media: list[Document]) -> Document:
    return call.page_of(media, lambda each: call.choose(_shown(call.stage, each)))


def _figures(product: str, counts: dict[str, int]) -> dict[str, object]:
    known: dict[str, object] = {
        "views": counts["impressions"],
        "reach": counts["reach"],
        "likes": counts["reactions"],
        "comments": counts["comments"],
        "saved": counts["saves"],
        "shares": counts["shares"],
        "total_interactions": sum(counts[name] for name in ("reactions", "comments", "saves", "shares")),
        "total_views": counts["impressions"] * 5 // 4,
        "total_likes": counts["reactions"] * 5 // 4,
        "total_comments": counts["comments"] * 5 // 4,
        "facebook_views": counts["impressions"] // 4,
    }
    if product == "REELS":
        timed = {"ig_reels_avg_watch_time": 6_100, "ig_reels_video_view_total_time": counts["views"] * 6_100}
        return {**known, **timed, "reels_skip_rate": 41.5}
    return {**known, "profile_visits": counts["clicks"], "follows": counts["clicks"] // 20}


def _storys_figures(counts: dict[str, int]) -> dict[str, object]:
    return {
        "views": counts["impressions"],
        "reach": counts["reach"],
        "shares": counts["shares"],
        "replies": counts["comments"],
        "navigation": counts["impressions"] * 6 // 5,
        "follows": counts["clicks"] // 20,
        "profile_visits": counts["clicks"],
    }


def _check_words(given: Document) -> None:
    """A story and a carousel's item have no caption, and only a picture has alt text (refused here, as a mistake)."""
    caption, story = given.get("caption", ""), given.get("media_type") == "STORIES"
    if (story or given.get("is_carousel_item")) and "caption" in given:
        raise GraphError(100, "Param caption is not supported for this media type")
    if (story or given.get("media_type")) and "alt_text" in given:
        raise GraphError(100, "Param alt_text is supported for images only")
    if len(caption) > 2_200:
        raise GraphError(36004, "The caption was too long", subcode=2207010)
    if caption.count("@") > 20:
        raise GraphError(100, "Cannot use more than 20 tags", subcode=2207040)


def _create_picture(call: Call, given: Document) -> Document:
    content, story = _fetched(given["image_url"]), given.get("media_type") == "STORIES"
    _check_picture(content, any_ratio=story)
    if len(given.get("alt_text", "")) > 1_000:
        raise GraphError(100, "Param alt_text must be at most 1000 characters long")
    return _keep(
        call,
        type="IMAGE",
        product="STORY" if story else "FEED",
        child=given.get("is_carousel_item", False),
        caption=given.get("caption", ""),
        declared=given.get("is_ai_generated", False),
        alt_text=given.get("alt_text", ""),
        sha256=call.stage.keep_file(content),
        ready_at=(call.stage.now() + call.stage.processing).isoformat(),
    )


def _create_album(call: Call, given: Document) -> Document:
    with call.stage.records.lock:
        children = [call.stage.records.get("graph.containers", str(each)) for each in given.get("children", [])]
        if not 2 <= len(children) <= 10:
            raise GraphError(100, "A carousel takes two to ten children", subcode=2207028)
        for each in children:
            if each is None or not each["child"] or each["account"] != call.account:
                raise GraphError(100, "Param children must be containers made as carousel items")
            if _state(call.stage, each) != "FINISHED":
                raise GraphError(9007, "Media ID is not available", subcode=2207027)
        return _keep(
            call,
            type="CAROUSEL_ALBUM",
            product="FEED",
            caption=given.get("caption", ""),
            declared=given.get("is_ai_generated", False),
            children=[each["sha256"] for each in children if each],
            ready_at=(call.stage.now() + call.stage.processing).isoformat(),
        )


def _create_film(call: Call, given: Document) -> Document:
    if given.get("upload_type") != "resumable":
        raise GraphError(100, "The parameter video_url is required")
    if "cover_url" in given:
        _check_picture(_fetched(given["cover_url"]), any_ratio=True)
    product = "STORY" if given["media_type"] == "STORIES" else "REELS"
    told = {"caption": given.get("caption", ""), "declared": given.get("is_ai_generated", False)}
    film = _keep(call, type="VIDEO", product=product, cover="cover_url" in given, **told)
    return {"id": film["id"], "uri": f"https://rupload.facebook.com/ig-api-upload/v26.0/{film['id']}"}


def _keep(call: Call, **fields: object) -> Document:
    document: Document = {
        "id": call.stage.new_number(),
        "account": call.account,
        "created": call.stage.now().isoformat(),
        "child": False,
        "caption": "",
        "alt_text": "",
        "children": [],
        "sha256": None,
        "received": 0,
        "ready_at": None,
        "error": None,
        "published": False,
        **fields,
    }
    return call.stage.records.put("graph.containers", document["id"], document)


def _state(stage: Stage, document: Document) -> str:
    now = stage.now()
    if document["published"]:
        return "PUBLISHED"
    if now - datetime.fromisoformat(document["created"]) > _DAY:
        return "EXPIRED"
    if document["ready_at"] is None or now < datetime.fromisoformat(document["ready_at"]):
        return "IN_PROGRESS"
    if document["type"] == "VIDEO" and not is_film(stage, document["sha256"]):
        document["error"] = 2207026
    return "ERROR" if document["error"] else "FINISHED"


def _check_publishable(call: Call, container: Document) -> None:
    state = _state(call.stage, container)
    if state == "PUBLISHED":
        # What Meta answers here is not known; it is an error in any case.
        raise GraphError(100, "The container is published already")
    if state in {"EXPIRED", "ERROR"}:
        raise GraphError(24, "The media you requested cannot be found", subcode=2207006)
    if state != "FINISHED":
        raise GraphError(9007, "Media ID is not available", subcode=2207027)
    if _used(call) >= QUOTA:
        raise GraphError(9, "The number of posts a day is reached", subcode=2207042, status=403)


def _publish(call: Call, container: Document) -> Document:
    stage = call.stage
    identity = stage.new_number()
    document: Document = {
        "id": identity,
        "account": call.account,
        "caption": container["caption"].strip(),
        "product": container["product"],
        "type": container["type"],
        "code": hashlib.sha256(identity.encode()).hexdigest()[:11],
        "created": stage.now().isoformat(),
    }
    stage.records.put("graph.media", identity, document)
    stage.records.put("graph.containers", container["id"], {**container, "published": True})
    files = container["children"] or [container["sha256"]]
    stage.show(Network.INSTAGRAM, call.account, identity, text=document["caption"], media=files)
    return document


def _used(call: Call) -> int:
    since = call.stage.now() - _DAY
    return sum(
        each["account"] == call.account and datetime.fromisoformat(each["created"]) > since
        for each in call.stage.records.all("graph.media")
    )


def _shown(stage: Stage, document: Document) -> Document:
    counts = figures(document["id"], stage.age(document["created"]))
    return {
        "id": document["id"],
        "caption": document["caption"] or None,
        "timestamp": graph_time(document["created"]),
        "permalink": f"https://www.instagram.com/{_place(document)}/",
        "media_type": document["type"],
        "media_product_type": document["product"],
        "like_count": counts["reactions"],
        "comments_count": counts["comments"],
        "saved_count": counts["saves"],
        "shares_count": counts["shares"],
        "reposts_count": counts["shares"] // 3,
    }


def _place(document: Document) -> str:
    story = document["product"] == "STORY"
    return f"stories/{document['account']}/{document['id']}" if story else f"p/{document['code']}"


def _fetched(url: str) -> bytes:
    """The picture, fetched as Meta does: robots.txt first, no redirects, the type believed. Loopback only."""
    if urlsplit(url).hostname not in LOOPBACK:
        raise _not_fetched("the rehearsal fetches from loopback only")
    with requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = _FETCHER
        try:
            _heed_robots(session, url)
            answer = session.get(url, timeout=(2, 20), allow_redirects=False)
        except requests.RequestException:
            raise _not_fetched("the address does not answer") from None
    if answer.status_code != 200:
        raise _not_fetched(f"HTTP {answer.status_code}")
    if answer.headers.get("content-type", "").partition(";")[0] != "image/jpeg":
        raise _wrong_format()
    return answer.content


def _heed_robots(session: requests.Session, url: str) -> None:
    answer = session.get(urljoin(url, "/robots.txt"), timeout=(2, 20), allow_redirects=False)
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines() if answer.status_code == 200 else [])
    if not rules.can_fetch(_FETCHER, url):
        raise _not_fetched("restricted by robots.txt")


def _check_picture(content: bytes, *, any_ratio: bool = False) -> None:
    if not content.startswith(b"\xff\xd8\xff"):
        raise _wrong_format()
    if len(content) > 8_000_000:
        raise GraphError(36000, "The image is too large to download", subcode=2207004)
    try:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError):
        raise _wrong_format() from None
    if width < 320 or not (any_ratio or 0.795 <= width / height <= 1.915):
        raise GraphError(36003, "The aspect ratio is not supported", subcode=2207009)


def _not_fetched(why: str) -> GraphError:
    return GraphError(9004, f"The media could not be fetched from this URI: {why}", subcode=2207052)


def _wrong_format() -> GraphError:
    return GraphError(36001, "The image format is not supported", subcode=2207005)
