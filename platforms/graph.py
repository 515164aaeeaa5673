"""One signed-in line to Meta's Graph API: facebook-sdk as a plain transport, made safe for publishing.

facebook-sdk 3.1.0 (2018) is used for `request` alone. Its helpers, its version check and its error class are
not: it sends `False` as the word `False`, a list as repeated keys, the token in URLs, and takes an HTTP 500
that says `{}` for a success.
"""

from __future__ import annotations

import json
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Generic, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import AliasChoices, BaseModel, Field, ValidationError

from platforms import graph_faults
from platforms.contract import Network
from platforms.endpoints import CONNECT_SECONDS, READ_SECONDS, Endpoints
from platforms.errors import NotSignedIn, Refused
from platforms.graph_faults import Missing, NotPermitted
from platforms.graph_session import SDK_BASE, GraphSession, Multipart
from platforms.streaming import Stream

with warnings.catch_warnings():
    # Its one non-raw regular expression is a SyntaxWarning from Python 3.12 on.
    warnings.simplefilter("ignore")
    import facebook

VERSION = "v26.0"
"""Current since 2026-07-29 (Graph API changelog, read 2026-11). A version that is dead, or never was, is
served as the oldest live one without an error: only the answer's `facebook-api-version` header tells."""

Parameters: TypeAlias = Mapping[str, object]
Shape = TypeVar("Shape", bound=BaseModel)
Credentials = TypeVar("Credentials", bound=BaseModel)
Listed = TypeVar("Listed", bound="Dated")

_READS, _PAGES = 3, 40
_KEPT_FOR_PUBLISHING = 95
"""Percent of what Meta allows: the rest is for publishing, as measuring can wait and a post's hour cannot."""


class Created(BaseModel):
    id: str


class Done(BaseModel):
    success: Literal[True]


class CutShort(Exception):
    """A list is longer than we are willing to read, or ended before its end."""


class Dated(BaseModel):
    """Something in a list that goes by time; Facebook and Instagram have a name each for it."""

    id: str
    made_at: datetime = Field(validation_alias=AliasChoices("created_time", "timestamp"))


class _Cursors(BaseModel):
    after: str = ""


class _Paging(BaseModel):
    cursors: _Cursors = _Cursors()
    next: str | None = None


class Page(BaseModel, Generic[Shape]):
    """One page of a list."""

    data: list[Shape]
    paging: _Paging = Field(default_factory=_Paging)


def signed_in(model: type[Credentials], credentials: Mapping[str, str], network: Network) -> Credentials:
    """The credentials as `model` wants them. Raises NotSignedIn naming what is missing."""
    try:
        return model.model_validate(dict(credentials))
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise NotSignedIn(f"{network.label} needs {missing}: sign the account in again") from None


class Graph:
    """One account's line to Meta. Answers come as the pydantic model asked for; errors as `platforms.errors`.

    `visible` acts that get no clear answer raise OutcomeUnknown, all others Unreachable.
    """

    def __init__(
        self,
        *,
        network: Network,
        endpoints: Endpoints,
        access_token: str,
        app_secret: str = "",
        version: str = VERSION,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.network = str(network.label)
        self._token, self._rupload, self._sleep = access_token, endpoints.rupload, sleep
        self._session = GraphSession(endpoints, token=access_token, app_secret=app_secret, version=version)
        self._sdk = facebook.GraphAPI(session=self._session, timeout=(CONNECT_SECONDS, READ_SECONDS))
        self._sdk.version = version
        self._version = version

    def glance(self, path: str, shape: type[Shape], **parameters: object) -> Shape:
        """GET, once."""
        return self.call("GET", path, shape, parameters)

    def read(self, path: str, shape: type[Shape], **parameters: object) -> Shape:
        """GET; an object that is missing at first is asked for again, as fresh ones come and go (seen 2026-06)."""
        for attempt in range(1, _READS):
            try:
                return self.glance(path, shape, **parameters)
            except Missing:
                self._sleep(attempt)
        return self.glance(path, shape, **parameters)

    def pages(self, path: str, item: type[Shape], **parameters: object) -> Iterator[Page[Shape]]:
        """Every page of a list, by cursor: the `next` link is not followed, as it carries no token."""
        after = ""
        while True:
            page = self.read(path, Page[item], **parameters, after=after or None)  # type: ignore[valid-type]
            yield page
            after = page.paging.cursors.after
            if not page.paging.next or not after:
                return

    def since(self, path: str, item: type[Listed], earliest: datetime, **parameters: object) -> Iterator[Listed]:
        """What a list with the newest first holds from `earliest` on. Raises CutShort where it cannot be read whole.

        A page that holds older things too does not end it: what was pinned or dated back stands out of order.
        """
        for number, page in enumerate(self.pages(path, item, **parameters, limit="25"), start=1):
            recent = [each for each in page.data if each.made_at >= earliest]
            yield from recent
            if page.data and not recent:
                return
            if page.paging.next and (number == _PAGES or not page.paging.cursors.after):
                raise CutShort

    def prepare(self, path: str, shape: type[Shape], **parameters: object) -> Shape:
        """POST something that nobody can see."""
        return self.call("POST", path, shape, parameters)

    def reveal(self, path: str, shape: type[Shape], **parameters: object) -> Shape:
        """POST the visible act, on a connection of its own.

        A kept-alive connection may have been closed by the other side in the meantime, and a write that dies
        on it would leave us asking for nothing.
        """
        self._session.close()
        return self.call("POST", path, shape, parameters, visible=True)

    def remove(self, path: str) -> None:
        """DELETE; what is gone already is no error, what is there but may not be deleted is one."""
        try:
            self.call("DELETE", path, Done, {})
        except Missing:
            try:
                self.call("GET", path, Created, {"fields": "id"})
            except Missing:
                return
            raise NotPermitted(f"{self.network} lets this account see the post but not delete it") from None

    def call(
        self,
        method: str,
        path: str,
        shape: type[Shape],
        parameters: Parameters,
        *,
        files: Mapping[str, tuple[str, BinaryIO, str]] | None = None,
        visible: bool = False,
    ) -> Shape:
        """One call through the SDK; parameters that are None are left out, all but strings go as JSON."""
        fields = _encoded(parameters)
        arguments = {"post_args": fields} if method == "POST" else {"args": fields}
        return self._ask(
            lambda: self._sdk.request(f"{self._version}/{path}", method=method, files=files, **arguments),
            shape,
            visible,
        )

    def send_window(
        self, path: str, shape: type[Shape], parameters: Parameters, file: Path, start: int, end: int
    ) -> Shape:
        """POST the bytes `start`..`end` of a file as `video_file_chunk`."""
        with file.open("rb") as content:
            window = Stream(content, file.stat().st_size, offset=start, end=end)
            body = Multipart(_encoded(parameters), "video_file_chunk", window)
            url = f"{SDK_BASE}{self._version}/{path}"
            headers = {"Content-Type": body.content_type}
            return self._ask(lambda: self._session.post(url, data=body, headers=headers), shape, False)

    def send_file(self, upload_path: str, file: Path, *, offset: int) -> None:
        """Send a file from `offset` on to the upload host, read while it is sent."""
        size = file.stat().st_size
        headers = {
            "Authorization": f"OAuth {self._token}",
            "offset": str(offset),
            "file_size": str(size),
            "Content-Type": "application/octet-stream",
        }
        with file.open("rb") as content:
            rest = Stream(content, size, offset=offset)
            self._ask(lambda: self._session.post(self._rupload + upload_path, data=rest, headers=headers), Done, False)

    @property
    def spares_nothing(self) -> bool:
        """Whether so little is left of what Meta allows that it should be kept for publishing."""
        return self._session.used >= _KEPT_FOR_PUBLISHING

    def _check_version(self) -> None:
        """Raise Refused when the last answer was made by another version than ours."""
        served_as = self._session.served_as
        if served_as and served_as != self._version:
            raise Refused(
                f"{self.network} answers as {served_as} although {self._version} was asked for: "
                f"{self._version} is no longer served, a newer Sawt is needed"
            )

    def _ask(self, send: Callable[[], object], shape: type[Shape], visible: bool) -> Shape:
        """Every answer's version is looked at; a visible act is not begun under another one, and never undone by it."""
        # `from None`: the SDK's and requests' own texts repeat URLs, and Meta's may repeat the token.
        if visible:
            self._check_version()
        self._session.answer = None
        try:
            send()
        except (facebook.GraphAPIError, KeyError):
            pass  # the SDK's judgement of an answer; ours follows
        except requests.RequestException as error:
            if self._session.answer is None:
                raise graph_faults.from_silence(error, network=self.network, visible=visible) from None
        understood = self._understood(shape, visible)
        if not visible:
            self._check_version()
        return understood

    def _understood(self, shape: type[Shape], visible: bool) -> Shape:
        answer = self._session.answer
        if answer is None:
            raise graph_faults.lost(self.network, visible, "no answer")
        if answer.status_code >= 300 or graph_faults.complaint(answer):
            raise graph_faults.from_answer(answer, network=self.network, secret=self._token, visible=visible) from None
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError:
            raise graph_faults.lost(self.network, visible, "an answer without sense") from None


def path_of(upload_url: str) -> str:
    """The path of an upload address; its host is always ours to know, never the answer's to say."""
    return urlsplit(upload_url).path


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same once the network has tidied blanks and composed letters."""
    return _tidied(one) == _tidied(other)


def _tidied(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _encoded(parameters: Parameters) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parameters.items()
        if value is not None
    }
