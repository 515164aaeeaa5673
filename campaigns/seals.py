"""What exactly was approved.

An approval names a revision by its seal: a digest of every language's words, the media's bytes, alt texts,
link, accounts and hour. Publishing computes the seal again and refuses on any difference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.models import ON_THE_WAY, Approval, Part, Publication, Revision, Verdict


def seal_of(revision: Revision) -> str:
    """SHA-256, in hex, over all that an audience will see of a revision and where and when it will see it."""
    return _digest(_content(revision))


def approval_in_force(revision: Revision, *, now: datetime) -> Approval | None:
    """The approval under which this revision may go out now; None if its content is not what was approved."""
    last = approval_of(revision)
    return last if last and last.holds_at(now) else None


def approval_of(revision: Revision) -> Approval | None:
    """The approval of exactly this content, be its time over or not."""
    last = next((a for a in reversed(revision.approvals) if a.verdict is not Verdict.SUBMITTED), None)
    if last is None or last.verdict is not Verdict.APPROVED:
        return None
    return last if last.seal == seal_of(revision) or last.seal == _first_seal_of(revision) else None


def planned_unapproved(session: Session) -> list[str]:
    """Keys of the posts that are on their way and no longer say what was approved, for instance of a misconception."""
    planned = select(Publication.revision_id).where(Publication.state.in_(ON_THE_WAY))
    revisions = session.scalars(select(Revision).where(Revision.id.in_(planned)))
    return sorted({each.post.key for each in revisions if approval_of(each) is None})


def _content(revision: Revision) -> dict[str, Any]:
    return {
        "form": "sawt-seal-2",
        "post": revision.post.key,
        "kind": revision.kind,
        "wordings": [
            [w.language, w.title, w.text, w.alt_text, w.hashtags, w.citations, w.correction or ""]
            for w in sorted(revision.wordings, key=lambda w: w.language)
        ],
        "media": sorted(
            [a.language, a.role or Part.MEDIA, a.shape or "", a.network or "", a.position, a.sha256]
            for a in revision.assets
        ),
        "told": [bool(revision.synthetic), bool(revision.for_children)],
        "answers": [[m.key, m.nature, m.claim_ar, m.claim_en, m.claim_fr] for m in revision.misconceptions],
        "link": revision.link,
        "accounts": sorted(revision.accounts),
        "window": [revision.at, revision.timezone],
    }


def _first_seal_of(revision: Revision) -> str | None:
    """The seal that approvals have from before there were corrections, captions, copies and declarations.

    What was approved then goes out as planned. None for a revision with any of these, which that seal did not cover.
    """
    content = _content(revision)
    told, wordings, media = content.pop("told"), content["wordings"], content["media"]
    if any(told) or any(words[6] for words in wordings) or any(each[1] != Part.MEDIA or each[3] for each in media):
        return None
    del content["answers"]
    content["wordings"] = [words[:5] for words in wordings]
    content["media"] = [[language, shape, *rest] for language, _, shape, _, *rest in media]
    return _digest(content | {"form": "sawt-seal-1"})


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
