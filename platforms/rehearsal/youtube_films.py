"""The films that YouTube's stage keeps: who may touch them, who sees them, and how they look from outside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from platforms.contract import Network
from platforms.rehearsal import audience
from platforms.rehearsal.stage import Document, Stage
from platforms.rehearsal.youtube_call import Refusal, digest, forbidden
from platforms.rehearsal.youtube_habits import habits_of

_OWNERS = ("selfDeclaredMadeForKids", "publishAt", "containsSyntheticMedia")
_PROCESSING = {"uploaded": "processing", "processed": "succeeded", "failed": "failed", "rejected": "succeeded"}


def channel_id(account: str) -> str:
    """The channel of this account on the stage: `UC` and 22 characters."""
    return f"UC{digest('channel', account)[:22]}"


def uploads_of(account: str) -> str:
    """The playlist of all that the account has uploaded."""
    return f"UU{channel_id(account)[2:]}"


class Films:
    """Records: `youtube.videos`."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.records = stage, stage.records

    def some(self, ids: Iterable[str]) -> list[Document]:
        return [video for each in ids if (video := self.records.get("youtube.videos", each))]

    def of(self, account: str) -> list[Document]:
        return [video for video in self.records.all("youtube.videos") if video["account"] == account]

    def own(self, video_id: str, account: str) -> Document:
        """The account's film. Raises Refusal when it is not there, or somebody else's."""
        if not (video := self.records.get("youtube.videos", video_id)):
            message = "The video that you are trying to use cannot be found."
            raise Refusal(404, "videoNotFound", message, "youtube.video")
        if video["account"] != account:
            raise forbidden("Forbidden")
        return video

    def keep(self, video: Document) -> Document:
        """Write a video down; when its privacy has just changed, the audience sees or loses it."""
        before = self.records.get("youtube.videos", video["id"])
        was = before is not None and before["status"]["privacyStatus"] == "public"
        public = video["status"]["privacyStatus"] == "public"
        if public and not was:
            video = {**video, "published_at": self.stage.now().isoformat()}
            said = video["snippet"]
            self.stage.show(
                Network.YOUTUBE,
                video["account"],
                video["id"],
                text=said.get("description", ""),
                title=said["title"],
                media=[video["digest"]],
            )
        elif was and not public:
            self.stage.hide(Network.YOUTUBE, video["id"])
        elif public:
            said = video["snippet"]
            self.stage.reword(Network.YOUTUBE, video["id"], text=said.get("description", ""), title=said["title"])
        return self.records.put("youtube.videos", video["id"], video)

    def remove(self, video: Document) -> None:
        self.records.remove("youtube.videos", video["id"])
        self.stage.hide(Network.YOUTUBE, video["id"])

    def publish_scheduled(self) -> None:
        """YouTube's own scheduler: `publishAt` has come."""
        now = self.stage.now()
        with self.records.lock:
            for video in self.records.all("youtube.videos"):
                due = video["status"].get("publishAt")
                if due and datetime.fromisoformat(due) <= now:
                    status = {name: value for name, value in video["status"].items() if name != "publishAt"}
                    self.keep({**video, "status": {**status, "privacyStatus": "public"}})

    def shape(self, video: Document, account: str) -> Document:
        """The whole resource, as `account` may see it; the caller picks its parts."""
        state = self.upload_state(video)
        shaped: Document = {
            "id": video["id"],
            "snippet": _snippet(video),
            "status": _status(video, state, mine=video["account"] == account),
            "statistics": self.statistics(video),
            "contentDetails": {"dimension": "2d", "hasCustomThumbnail": bool(video["thumbnail"])},
            "fileDetails": {},
            "processingDetails": _processing(state),
        }
        if state == "processed":
            shaped["fileDetails"] = {"fileName": "unknown", "fileSize": str(video["size"]), "fileType": "video"}
        if video["localizations"]:
            shaped["localizations"] = video["localizations"]
        return shaped

    def upload_state(self, video: Document) -> str:
        if self.stage.now() - datetime.fromisoformat(video["uploaded_at"]) < self.stage.processing:
            return "uploaded"
        if video["failure"]:
            return "failed"
        return "rejected" if video.get("rejection") else "processed"

    def statistics(self, video: Document) -> dict[str, str]:
        """Counts as strings; a hidden one is left out."""
        age = self.stage.age(video["published_at"]) if video["published_at"] else timedelta()
        figures = audience.figures(video["id"], age)
        counts = {
            "viewCount": figures["views"],
            "likeCount": figures["reactions"],
            "commentCount": figures["comments"],
            "favoriteCount": 0,
        }
        hidden = habits_of(self.stage).hidden
        return {name: str(count) for name, count in counts.items() if name not in hidden}


def may_see(video: Document, account: str) -> bool:
    return bool(video["account"] == account or video["status"]["privacyStatus"] != "private")


def _snippet(video: Document) -> Document:
    said = video["snippet"]
    return {
        "description": "",
        **said,
        "publishedAt": video["published_at"] or video["uploaded_at"],
        "channelId": channel_id(video["account"]),
        "channelTitle": video["account"],
        "liveBroadcastContent": "none",
        "localized": {"title": said["title"], "description": said.get("description", "")},
    }


def _status(video: Document, state: str, *, mine: bool) -> Document:
    why = {"failed": "failureReason", "rejected": "rejectionReason"}.get(state)
    return {
        "madeForKids": video["status"].get("selfDeclaredMadeForKids", False),
        "uploadStatus": state,
        **{name: value for name, value in video["status"].items() if mine or name not in _OWNERS},
        **({why: video["failure"] or video["rejection"]} if why else {}),
    }


def _processing(state: str) -> Document:
    details = {
        "processingStatus": _PROCESSING[state],
        "fileDetailsAvailability": "available" if state == "processed" else "inProgress",
    }
    return {**details, "processingFailureReason": "transcodeFailed"} if state == "failed" else details
