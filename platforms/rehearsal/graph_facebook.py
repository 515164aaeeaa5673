"""The Pages' side of the emulated Graph API: feed, photos, videos, and what is counted about them."""

from __future__ import annotations

import io
import uuid
from datetime import datetime
from typing import Any

from PIL import Image, UnidentifiedImageError

from platforms.contract import Network
from platforms.rehearsal.audience import figures
from platforms.rehearsal.graph_call import LISTED, Call, Edges, GraphError, graph_time
from platforms.rehearsal.graph_upload import is_film, seal_upload, write_upload
from platforms.rehearsal.stage import Document, Stage

WINDOW = 1 << 20
"""Bytes that a chunked upload is asked for at a time."""
_PHOTO_BYTES = 10_000_000
_REACTIONS = ("like", "love", "wow", "haha", "sorry", "anger")
_PHOTO_FORMATS = {"JPEG", "PNG", "GIF", "BMP", "TIFF"}


def page(call: Call, _: Document) -> Document:
    call.read(fields="string")
    page = {"id": f"page-{call.account}", "name": f"Page {call.account}", "followers_count": 1000, "fan_count": 1000}
    behind = {"id": f"ig-{call.account}", "username": call.account.replace("-", "_")}
    return call.choose({**page, "instagram_business_account": behind})


def feed(call: Call, _: Document) -> Document:
    given = call.read(message="string", link="string", attached_media="list", published="boolean")
    if given.get("published") is False:
        raise GraphError(100, "Unpublished posts are not part of the rehearsal")
    message = given.get("message", "").strip()
    if not (message or given.get("link") or given.get("attached_media")):
        raise GraphError(100, "Requires one of the params: message, link, attached_media")
    with call.stage.records.lock:
        photos = [_unused_photo(call, each) for each in given.get("attached_media", [])]
        _refuse_same_words(call, message, given.get("link", ""), photos)
        post = _publish(call, message, link=given.get("link", ""), photos=photos)
    return {"id": post["id"]}


def photos(call: Call, _: Document) -> Document:
    given = call.read(
        published="boolean", caption="string", message="string", alt_text_custom="string", temporary="boolean"
    )
    content = call.files.get("source", b"")
    width, height = _measured(content)
    photo: Document = {
        "id": call.stage.new_number(),
        "account": call.account,
        "sha256": call.stage.keep_file(content),
        "width": width,
        "height": height,
        "alt_text": given.get("alt_text_custom", ""),
        "post": None,
    }
    with call.stage.records.lock:
        call.stage.records.put("graph.photos", photo["id"], photo)
        if given.get("published") is False:
            return {"id": photo["id"]}
        words = (given.get("caption") or given.get("message") or "").strip()
        return {"id": photo["id"], "post_id": _publish(call, words, photos=[photo])["id"]}


def video_reels(call: Call, _: Document) -> Document:
    given = call.read(
        upload_phase="string",
        video_id="string",
        video_state="string",
        description="string",
        title="string",
        is_ai_generated="boolean",
    )
    if given.get("upload_phase") == "start":
        video = _new_video(call, "reel")
        return {"video_id": video["id"], "upload_url": f"https://rupload.facebook.com/video-upload/v26.0/{video['id']}"}
    if given.get("upload_phase") != "finish" or given.get("video_state") != "PUBLISHED":
        raise GraphError(100, "Param upload_phase must be start or finish, video_state PUBLISHED")
    return _finish(call, given.get("video_id", ""), given)


def videos(call: Call, _: Document) -> Document:
    given = call.read(
        upload_phase="string",
        file_size="integer",
        upload_session_id="string",
        start_offset="integer",
        title="string",
        description="string",
        is_ai_generated="boolean",
    )
    phase = {"start": _start, "transfer": _transfer, "finish": _finish_session}.get(given.get("upload_phase", ""))
    if phase is None:
        raise GraphError(100, "Param upload_phase must be one of start, transfer, finish")
    return phase(call, given)


def published_posts(call: Call, _: Document) -> Document:
    call.read(**LISTED)
    return call.page_of(call.visible("graph.posts"), lambda each: call.choose(_shown(call.stage, each)))


def post(call: Call, document: Document) -> Document:
    call.read(fields="string")
    return call.choose(_shown(call.stage, document))


def edit_post(call: Call, document: Document) -> Document:
    message = call.read(message="string").get("message", "").strip()
    if not message:
        raise GraphError(100, "Param message must be a non-empty string")
    with call.stage.records.lock:
        call.stage.records.put("graph.posts", document["id"], {**document, "message": message})
        call.stage.reword(Network.FACEBOOK, document["video"] or document["id"], text=message)
    return {"success": True}


def post_insights(call: Call, document: Document) -> Document:
    counts = figures(document["id"], call.stage.age(document["created"]))
    reactions = _by_type(counts["reactions"])
    return call.insights(
        {
            "post_media_view": counts["impressions"],
            "post_total_media_view_unique": counts["reach"],
            "post_clicks": counts["clicks"],
            "post_reactions_by_type_total": reactions,
            **{f"post_reactions_{name}_total": reactions.get(name, 0) for name in _REACTIONS},
        },
        document["created"],
    )


def delete_post(call: Call, document: Document) -> Document:
    call.read()
    with call.stage.records.lock:
        call.stage.records.remove("graph.posts", document["id"])
        call.stage.hide(Network.FACEBOOK, document["video"] or document["id"])
    return {"success": True}


def video(call: Call, document: Document) -> Document:
    call.read(fields="string")
    out = _is_out(call.stage, document)
    return call.choose(
        {
            "id": document["id"],
            "status": _status(call.stage, document),
            "published": out,
            "post_id": document["post"].rpartition("_")[2] if out else None,
            "permalink_url": f"/reel/{document['id']}/" if out else None,
            "title": document["title"],
            "description": document["description"],
        }
    )


def video_insights(call: Call, document: Document) -> Document:
    if not _is_out(call.stage, document):
        return {"data": []}
    counts = figures(document["id"], call.stage.age(document["finished"]))
    plays = {"blue_reels_play_count": counts["views"], "fb_reels_total_plays": counts["views"] * 11 // 10}
    return call.insights(
        {
            **(plays if document["kind"] == "reel" else {}),
            "total_video_views": counts["views"] * 6 // 10,
            "post_video_avg_time_watched": 7_400,
            "post_video_view_time": counts["views"] * 7_400,
            "post_video_likes_by_reaction_type": {
                f"REACTION_{name.upper()}": count for name, count in _by_type(counts["reactions"]).items()
            },
        },
        document["finished"],
        named=False,
    )


def edit_video(call: Call, document: Document) -> Document:
    given = call.read(description="string", name="string")
    with call.stage.records.lock:
        words = {"title": given.get("name", document["title"]), "description": given.get("description", "").strip()}
        call.stage.records.put("graph.videos", document["id"], {**document, **words})
        call.stage.reword(Network.FACEBOOK, document["id"], text=words["description"])
    return {"success": True}


def delete_video(call: Call, document: Document) -> Document:
    call.read()
    with call.stage.records.lock:
        call.stage.records.remove("graph.videos", document["id"])
        if document["post"]:
            call.stage.records.remove("graph.posts", document["post"])
        call.stage.hide(Network.FACEBOOK, document["id"])
    return {"success": True}


EDGES: Edges = {
    ("page", "GET", ""): page,
    ("page", "POST", "feed"): feed,
    ("page", "POST", "photos"): photos,
    ("page", "POST", "videos"): videos,
    ("page", "POST", "video_reels"): video_reels,
    ("page", "GET", "published_posts"): published_posts,
    ("posts", "GET", ""): post,
    ("posts", "POST", ""): edit_post,
    ("posts", "GET", "insights"): post_insights,
    ("posts", "DELETE", ""): delete_post,
    ("videos", "GET", ""): video,
    ("videos", "POST", ""): edit_video,
    ("videos", "GET", "video_insights"): video_insights,
    ("videos", "DELETE", ""): delete_video,
}


def _publish(
    call: Call, message: str, *, link: str = "", photos: list[Document], video: Document | None = None
) -> Document:
    """Put a post before the audience, and write it down on the stage, once."""
    stage = call.stage
    document: Document = {
        "id": f"page-{call.account}_{stage.new_number()}",
        "account": call.account,
        "message": message,
        "link": link,
        "photos": [each["id"] for each in photos],
        "video": video["id"] if video else None,
        "created": stage.now().isoformat(),
    }
    stage.records.put("graph.posts", document["id"], document)
    for each in photos:
        stage.records.put("graph.photos", each["id"], {**each, "post": document["id"]})
    stage.show(
        Network.FACEBOOK,
        call.account,
        document["video"] or document["id"],
        text=message,
        title=video["title"] if video else "",
        media=[each["sha256"] for each in (*photos, *([video] if video else ()))],
    )
    return document


def _unused_photo(call: Call, attached: Any) -> Document:
    identity = attached.get("media_fbid") if isinstance(attached, dict) else None
    photo = call.stage.records.get("graph.photos", identity) if isinstance(identity, str) else None
    if photo is None or photo["account"] != call.account:
        raise GraphError(100, "Param attached_media must hold objects with the media_fbid of a photo")
    if photo["post"]:
        raise GraphError(100, "This was already posted", subcode=1366051)
    return photo


def _refuse_same_words(call: Call, message: str, link: str, photos: list[Document]) -> None:
    """The very same text twice in a row is refused; only posts without photos were seen to be."""
    earlier = [each for each in call.stage.records.all("graph.posts") if each["account"] == call.account]
    if earlier and not photos and (earlier[-1]["message"], earlier[-1]["link"]) == (message, link):
        raise GraphError(506, "Duplicate status message")


def _measured(content: bytes) -> tuple[int, int]:
    if not content:
        raise GraphError(324, "Requires upload file", subcode=2069019)
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.format in _PHOTO_FORMATS and len(content) <= _PHOTO_BYTES:
                return picture.size
    except (UnidentifiedImageError, OSError):
        pass
    raise GraphError(1, "Your photo is too large or of no accepted format", subcode=1366046)


def _new_video(call: Call, kind: str, size: int = 0) -> Document:
    stage = call.stage
    document: Document = {
        "id": stage.new_number(),
        "account": call.account,
        "kind": kind,
        "session": stage.new_number(),
        "size": size,
        "received": 0,
        "sha256": None,
        "finished": None,
        "title": "",
        "description": "",
        "declared": False,
        "post": None,
    }
    return stage.records.put("graph.videos", document["id"], document)


def _start(call: Call, given: Document) -> Document:
    if given.get("file_size", 0) <= 0:
        raise GraphError(100, "Param file_size must be the size of the file in bytes")
    document = _new_video(call, "video", given["file_size"])
    return {"video_id": document["id"], "upload_session_id": document["session"], **_wanted(document)}


def _transfer(call: Call, given: Document) -> Document:
    with call.stage.records.lock:
        document = _of_session(call, given)
        chunk = call.files.get("video_file_chunk", b"")
        if given.get("start_offset") != document["received"] or not 0 < len(chunk) <= WINDOW:
            wanted = _wanted(document)
            raise GraphError(6001, "There was a problem uploading your video", subcode=1363037, error_data=wanted)
        write_upload(call.stage, document["id"], document["received"], chunk)
        document = {**document, "received": document["received"] + len(chunk)}
        if document["received"] == document["size"]:
            document["sha256"] = seal_upload(call.stage, document["id"])
        call.stage.records.put("graph.videos", document["id"], document)
    return _wanted(document)


def _finish_session(call: Call, given: Document) -> Document:
    return _finish(call, _of_session(call, given)["id"], given)


def _finish(call: Call, video_id: str, given: Document) -> Document:
    with call.stage.records.lock:
        document = call.stage.records.get("graph.videos", video_id)
        if document is None or document["account"] != call.account:
            raise GraphError(100, "Param video_id must be the id of an upload of this Page")
        if document["sha256"] is None:
            raise GraphError(6000, "Video Upload Is Missing", subcode=1363130)
        if document["finished"]:
            raise GraphError(6000, "This upload is finished", subcode=1363041)
        if not is_film(call.stage, document["sha256"]):
            raise GraphError(352, "The video file is not of a supported format")
        words = {name: given.get(name, "").strip() for name in ("title", "description")}
        document = {
            **document,
            **words,
            "declared": given.get("is_ai_generated", False),
            "finished": call.stage.now().isoformat(),
        }
        shown = _publish(call, words["description"], photos=[], video=document)
        call.stage.records.put("graph.videos", video_id, {**document, "post": shown["id"]})
    return {"success": True}


def _of_session(call: Call, given: Document) -> Document:
    session = given.get("upload_session_id")
    for document in call.stage.records.all("graph.videos"):
        if document["session"] == session and document["account"] == call.account:
            return document
    raise GraphError(6000, "The upload session is not there", subcode=1363033)


def _wanted(document: Document) -> Document:
    start = document["received"]
    return {"start_offset": str(start), "end_offset": str(min(start + WINDOW, document["size"]))}


def _is_out(stage: Stage, document: Document) -> bool:
    finished = document["finished"]
    return bool(finished) and stage.now() >= datetime.fromisoformat(finished) + stage.processing


def _status(stage: Stage, document: Document) -> Document:
    """What is whole and not yet finished is `processing` too (Meta's Postman collection for reels, read 2026-11)."""
    whole, out = document["sha256"] is not None, _is_out(stage, document)
    uploading = {"status": "complete" if whole else "in_progress", "bytes_transfered": document["received"]}
    if not document["finished"]:
        word, processing = "processing" if whole else "uploading", "not_started"
    else:
        word, processing = ("ready", "complete") if out else ("processing", "in_progress")
    publishing: Document = {"status": "not_started"}
    if out:
        moment = int(datetime.fromisoformat(document["finished"]).timestamp())
        publishing = {"status": "complete", "publish_status": "published", "publish_time": moment}
    return {
        "video_status": word,
        "uploading_phase": uploading,
        "processing_phase": {"status": processing},
        "publishing_phase": publishing,
    }


def _shown(stage: Stage, document: Document) -> Document:
    """A post's fields. Its reactions and comments answer at once, unlike insights."""
    counts = figures(document["video"] or document["id"], stage.age(document["created"]))
    page, _, number = document["id"].rpartition("_")
    return {
        "id": document["id"],
        "message": document["message"] or None,
        "created_time": graph_time(document["created"]),
        "permalink_url": f"https://www.facebook.com/{page}/posts/{number}",
        "attachments": {"data": [_attachment(document)]} if _attachment(document) else None,
        "shares": {"count": counts["shares"]} if counts["shares"] else None,
        "reactions": {"data": [], "summary": {"total_count": counts["reactions"]}},
        "comments": {"data": [], "summary": {"total_count": counts["comments"], "order": "ranked"}},
        "application": {"id": "1", "name": "rehearsal"},
    }


def _attachment(document: Document) -> Document:
    media = [{"target": {"id": each}} for each in document["photos"]]
    if document["video"]:
        return {"target": {"id": document["video"]}}
    if len(media) > 1:
        return {
            "target": {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, document["id"]).int)[:17]},
            "subattachments": {"data": media},
        }
    if media:
        return dict(media[0])
    return {"target": {"url": document["link"]}} if document["link"] else {}


def _by_type(reactions: int) -> dict[str, int]:
    love = reactions // 5
    return {"like": reactions - love, "love": love}
