"""Which revision of each post is the newest, for queries over many posts."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, func, select

from campaigns.models import Revision


def newest_revisions() -> ScalarSelect[int]:
    """The ids, for `Revision.id.in_(…)`; ids rise with the revisions' numbers."""
    return select(func.max(Revision.id)).group_by(Revision.post_id).scalar_subquery()
