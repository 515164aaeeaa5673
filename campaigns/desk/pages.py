"""Turn values into pages: the templates, what every one of them may say, and the calm pages for refusals."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders

from campaigns.desk import days
from campaigns.desk.guard import shelter
from campaigns.desk.visits import LANGUAGE_COOKIE, Visit, before_the_door, cookie_name
from campaigns.languages import Language
from campaigns.models import Revision
from campaigns.paths import shipped
from campaigns.reports.headings import called
from campaigns.telling import covered, hour_of, reason_of

_PIECES = re.compile(
    "(?P<verse>﴿[^﴾]*﴾)|(?P<mark>[\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f])"
)
_SENTENCES = {400: "errors.unreadable", 401: "errors.nobody", 403: "errors.forbidden", 404: "errors.missing"}
_YEAR = 365 * 24 * 3600


class Piece(NamedTuple):
    """A stretch of a text: "plain", "verse", or "mark" for an invisible character, named by its code point."""

    kind: str
    text: str


class Heading(NamedTuple):
    """What a post is called on a screen, and the language that it is in."""

    text: str
    language: Language


class Obstacle(NamedTuple):
    """Why nothing was done, for the top of the page; what the verbs say by themselves is English."""

    text: str
    language: Language


def page(visit: Visit, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render templates/desk/`template`; a language asked for in the address is remembered."""
    response = HTMLResponse(_render(visit, template, values), status_code=status)
    if visit.request.query_params.get("lang") == visit.language:
        response.set_cookie(
            LANGUAGE_COOKIE,
            visit.language,
            max_age=_YEAR,
            secure=visit.request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return response


def refused(request: Request, status: int, key: str | None = None) -> HTMLResponse:
    """A calm page that says what is wrong and what to do; never a traceback."""
    visit: Visit = getattr(request.state, "visit", None) or before_the_door(request)
    sentence = key or _SENTENCES.get(status, "errors.refused" if status < 500 else "errors.ours")
    response = page(visit, "refused.html", status=status, sentence=sentence, way_back=status not in (401, 410))
    if status == 401 and cookie_name(request) in request.cookies:
        response.delete_cookie(cookie_name(request))
    # The page for a mistake of ours is sent outside of the guard.
    shelter(MutableHeaders(raw=response.raw_headers), request.url.scheme)
    return response


def heading(revision: Revision, language: Language) -> Heading:
    """The title, or how the text begins; for screens only, so another language may stand in."""
    wording = revision.wording(language) or next(iter(revision.wordings), None)
    if wording is None:
        return Heading(revision.post.key, language)
    return Heading(called(wording.title, wording.text), wording.language)


def pieces(text: str) -> Iterator[Piece]:
    """Verses and invisible marks set apart, so that a reviewer sees both for what they are."""
    end = 0
    for match in _PIECES.finditer(text):
        if match.start() > end:
            yield Piece("plain", text[end : match.start()])
        yield Piece(match.lastgroup or "plain", match[0] if match["verse"] else f"U+{ord(match[0]):04X}")
        end = match.end()
    if end < len(text):
        yield Piece("plain", text[end:])


def web_address(address: str | None) -> str:
    """The address if it leads to the web; empty for anything that a browser would run."""
    return address if address and urlsplit(address).scheme in ("http", "https") else ""


@cache
def version_of(name: str) -> str:
    """Changes with the file, so that browsers may keep it for a year."""
    return hashlib.sha256((shipped("templates") / "desk" / name).read_bytes()).hexdigest()[:12]


def _render(visit: Visit, template: str, values: dict[str, object]) -> str:
    language, words = visit.language, visit.words
    return (
        _templates()
        .get_template(template)
        .render(
            values,
            visit=visit,
            language=language,
            languages=tuple(Language),
            rehearsal=visit.desk.rehearsal,
            t=words.say,
            t_or=words.say_or,
            count=words.count,
            digits=words.digits,
            dollars=words.dollars,
            heading=lambda revision: heading(revision, language),
            day_text=lambda day, year=False: days.day_text(day, language, year=year),
            short_day=lambda day: days.short_day(day, language),
            hijri=days.hijri,
            local=visit.local,
            is_today=lambda moment: visit.local(moment).date() == visit.today,
            hour_of=lambda account, moment, with_place=True: hour_of(
                account, moment, words, now=visit.now, with_place=with_place
            ),
            reason_of=lambda account, why: reason_of(account, why, words, now=visit.now),
            covered=lambda lever: covered(words, lever),
            zone=days.zone_text(visit.desk.zone, visit.now),
            this_month=days.Month.of(visit.today),
        )
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(shipped("templates") / "desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"pieces": pieces, "web": web_address, "clock": _clock}
    environment.globals |= {"version_of": version_of}
    return environment


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M")
