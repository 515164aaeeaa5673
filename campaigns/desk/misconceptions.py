"""The catalogue of misconceptions: what is claimed, what answers it, and which posts do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload
from starlette.exceptions import HTTPException

from campaigns.desk.newest import newest_revisions
from campaigns.desk.pages import page
from campaigns.desk.visits import SignedIn, signed_in
from campaigns.models import Misconception, Rebuttal, Revision

router = APIRouter(dependencies=[Depends(signed_in)])

SHOWN = 60
"""Posts on a misconception's own page; the list of posts has them all."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """In how many posts it is answered first of all, and in how many beside another one."""

    first: int = 0
    also: int = 0


@router.get("/misconceptions")
def catalogue(visit: SignedIn) -> Response:
    with visit.desk.store.reading() as session:
        entries = session.scalars(select(Misconception).order_by(Misconception.category, Misconception.key))
        by_category = [(name, list(group)) for name, group in groupby(entries, key=lambda each: each.category)]
        return page(
            visit, "misconceptions.html", by_category=by_category, answers=_answers(session), unanswered=Answers()
        )


@router.get("/misconceptions/{key}")
def misconception(visit: SignedIn, key: str) -> Response:
    with visit.desk.store.reading() as session:
        entry = session.get(Misconception, key)
        if entry is None:
            raise HTTPException(404)
        return page(visit, "misconception.html", entry=entry, rebuttals=_rebuttals(session, entry), shown=SHOWN)


def _answers(session: Session) -> dict[str, Answers]:
    is_first = case((Rebuttal.position == 0, 1), else_=0)
    rows = session.execute(
        select(Rebuttal.misconception_key, func.sum(is_first), func.count())
        .where(Rebuttal.revision_id.in_(newest_revisions()))
        .group_by(Rebuttal.misconception_key)
    )
    return {key: Answers(first=first, also=all_ - first) for key, first, all_ in rows}


def _rebuttals(session: Session, entry: Misconception) -> Sequence[tuple[Rebuttal, Revision]]:
    """Posts that answer it, those that answer it first of all before the others."""
    rows = session.execute(
        select(Rebuttal, Revision)
        .join(Revision, Rebuttal.revision_id == Revision.id)
        .where(Rebuttal.misconception_key == entry.key, Revision.id.in_(newest_revisions()))
        .order_by(Rebuttal.position > 0, Revision.id.desc())
        .limit(SHOWN)
        .options(joinedload(Revision.post), selectinload(Revision.wordings))
    )
    return [(rebuttal, revision) for rebuttal, revision in rows]
