"""The way in and out: a page with one button for a link, the session that it begins, and its end."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from campaigns.desk import signin
from campaigns.desk.pages import page, refused
from campaigns.desk.visits import OpenVisit, SignedIn, cookie_name, signed_in

open_to_all = APIRouter()
router = APIRouter(dependencies=[Depends(signed_in)])


@open_to_all.get("/enter/{token}")
def look_at_link(visit: OpenVisit, token: str) -> Response:
    """Shows a button and uses nothing up: previews and scanners open links too."""
    with visit.desk.store.reading() as session:
        person = signin.invited(session, token, now=visit.now)
        if person is None:
            return refused(visit.request, 410, "errors.link")
        return page(visit, "enter.html", who=person)


@open_to_all.post("/enter/{token}")
def sign_in(visit: OpenVisit, token: str) -> Response:
    with visit.desk.store.writing() as session:
        cookie = signin.enter(session, token, now=visit.now)
    if cookie is None:
        return refused(visit.request, 410, "errors.link")
    response = RedirectResponse("/", status_code=303)
    _remember(response, visit.request, cookie)
    return response


@open_to_all.get("/healthz")
def is_alive() -> Response:
    return PlainTextResponse("ok\n")


@router.post("/leave")
def sign_out(visit: SignedIn) -> Response:
    name = cookie_name(visit.request)
    with visit.desk.store.writing() as session:
        signin.leave(session, visit.request.cookies[name])
    response = RedirectResponse("/", status_code=303)
    response.delete_cookie(name, secure=name.startswith("__Host-"), httponly=True, samesite="lax")
    return response


def _remember(response: Response, request: Request, cookie: str) -> None:
    name = cookie_name(request)
    response.set_cookie(
        name,
        cookie,
        max_age=int(signin.LONGEST.total_seconds()),
        secure=name.startswith("__Host-"),
        httponly=True,
        samesite="lax",
    )
