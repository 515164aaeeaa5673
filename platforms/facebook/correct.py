"""Change the words of what is out on Facebook: a post's message, a film's description; its media stay."""

from __future__ import annotations

from pydantic import BaseModel

from platforms.contract import Checkpoint, Outgoing, Receipt
from platforms.correcting import with_corrections
from platforms.errors import NotOffered, Unreachable
from platforms.facebook.find import address, is_film
from platforms.graph import Done, Graph, same_words


class _Out(BaseModel):
    """A post, or a film: each has its own name for its words."""

    id: str
    message: str = ""
    description: str = ""
    permalink_url: str | None = None

    def says(self, words: str) -> bool:
        return same_words(self.message or self.description, words)

    @property
    def receipt(self) -> Receipt:
        return Receipt(remote_id=self.id, url=address(self.permalink_url) if self.permalink_url else None)


def correct(graph: Graph, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Receipt:
    """Say it as it is now, with what was corrected told below, and read it back. What says so already is let be.

    Pages API, Posts, and the generated map of v26 for videos, read 2026-11: of a post its message alone can be
    changed, so that the preview of its first link stays. A lost answer is Unreachable, as the same words once more
    do no harm.
    """
    if _media_sent(checkpoint) not in (None, [each.sha256 for each in outgoing.media]):
        raise NotOffered("Facebook changes the words alone of a post that is out, and its media were changed as well")
    if _link_sent(checkpoint) not in (None, outgoing.link):
        raise NotOffered(
            "Facebook changes the words alone of a post that is out, and the preview below them would still lead to "
            "the old link: take it down and plan it anew"
        )
    words, field = with_corrections(outgoing), "description" if is_film(remote_id) else "message"
    fields = f"id,{field},permalink_url"
    seen = graph.read(remote_id, _Out, fields=fields)
    if not seen.says(words):
        graph.prepare(remote_id, Done, **{field: words})
        seen = graph.read(remote_id, _Out, fields=fields)
    if not seen.says(words):
        raise Unreachable("Facebook took the correction and does not show it yet")
    return seen.receipt


def _media_sent(checkpoint: Checkpoint) -> list[str] | None:
    """Digests of what was uploaded; None where that is not known."""
    if "sha256" in checkpoint:
        return [checkpoint["sha256"]]
    return [each["sha256"] for each in checkpoint["photos"]] if "photos" in checkpoint else None


def _link_sent(checkpoint: Checkpoint) -> str | None:
    """The link that a text went out with, of which Facebook made a preview; None where it had none, or nobody knows."""
    link: str | None = checkpoint.get("link")
    return link
