"""The month's summary on the desk, and its files in three languages, written when they are asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from campaigns.desk.days import Month
from campaigns.desk.pages import page
from campaigns.desk.visits import SignedIn, Visit, signed_in
from campaigns.languages import Language
from campaigns.reports import monthly, tables, writing
from campaigns.reports.told import MonthTold

router = APIRouter(dependencies=[Depends(signed_in)])

FORMATS = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/summary")
def this_month(visit: SignedIn) -> Response:
    return RedirectResponse(f"/summary/{Month.of(visit.today)}", status_code=303)


@router.get("/summary/{name}")
def summary(visit: SignedIn, name: str) -> Response:
    asked, told = _told(visit, name)
    paper = tables.lay_out(told, visit.language)
    return page(visit, "summary.html", month=asked, paper=paper, formats=tuple(FORMATS))


@router.get("/summary/{name}/{language}/{form}")
def file(visit: SignedIn, name: str, language: str, form: str) -> Response:
    spoken = next((each for each in Language if each == language), None)
    if spoken is None or form not in FORMATS:
        raise HTTPException(404)
    _, told = _told(visit, name)
    with tempfile.TemporaryDirectory() as folder:
        written = writing.write(told, spoken, form, Path(folder))
        return Response(
            written.read_bytes(),
            media_type=FORMATS[form],
            headers={"content-disposition": f'attachment; filename="{written.name}"'},
        )


def _told(visit: Visit, name: str) -> tuple[Month, MonthTold]:
    asked = Month.read(name)
    if asked is None:
        raise HTTPException(404)
    with visit.desk.store.reading() as session:
        return asked, monthly.tell(session, str(asked), now=visit.now)
