"""Put the desk together: the rooms behind the door, the door, and the files that the pages need."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from campaigns.desk import (
    accounts,
    acts,
    connecting,
    door,
    files,
    misconceptions,
    month,
    post,
    posts,
    stops,
    summary,
    today,
)
from campaigns.desk.guard import Guard
from campaigns.desk.pages import refused
from campaigns.desk.visits import Desk
from campaigns.settings import Settings
from campaigns.store import Store

LARGEST_FORM = 64 * 1024
"""Bytes; a remark is the longest thing that is ever sent to the desk."""


def create(
    store: Store,
    settings: Settings,
    *,
    rehearsal: bool | None = None,
    clock: Callable[[], datetime],
    hosts: Collection[str] = (),
) -> FastAPI:
    """The desk as an ASGI application.

    Every page says that it is a rehearsal if `rehearsal`; if None, while some account plays on the stage.
    It answers to loopback names and to `hosts`, names without a port, under which a proxy with TLS hands on.
    """
    app = FastAPI(
        title="Sawt", docs_url=None, redoc_url=None, openapi_url=None, telemetry={"tracing": False},
        max_body_size=LARGEST_FORM, redirect_slashes=False,
    )  # fmt: skip
    app.state.under_way = connecting.UnderWay()
    app.state.desk = Desk(store=store, settings=settings, marked=rehearsal, clock=clock)
    for room in (today, month, posts, post, acts, stops, accounts, connecting, misconceptions, summary, files, door):
        app.include_router(room.router)
    app.include_router(door.open_to_all)
    app.include_router(files.open_to_all)
    app.add_middleware(Guard, hosts=hosts, refuse=refused)
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(RequestValidationError, lambda request, _: refused(request, 400))
    app.add_exception_handler(Exception, lambda request, _: refused(request, 500))
    return app


def _refusal(request: Request, error: Exception) -> Response:
    return refused(request, error.status_code if isinstance(error, HTTPException) else 500)
