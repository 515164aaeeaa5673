"""Sign in with Meta: a person's consent becomes a long-lived token, and that the tokens of the Pages they manage."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from platforms.endpoints import Endpoints
from platforms.errors import NotSignedIn, Refused, Unreachable
from platforms.graph import Graph
from platforms.signing_in import Candidate, Consent, Entrance, Granted, Standing, Way, ask

_PAGE = "id,name,instagram_business_account{id,username}"
_FOR_A_PERSON = frozenset({"USER", "SYSTEM_USER"})


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Behind(_Answer):
    """The Instagram account behind a Page."""

    id: str
    username: str = ""


class Page(_Answer):
    id: str
    name: str
    access_token: str = Field("", repr=False)
    instagram_business_account: Behind | None = None


class _Pages(_Answer):
    data: tuple[Page, ...]


class Token(_Answer):
    """What `debug_token` says of a token; a moment of 0 means never (Meta, Debug token, read 2026-11)."""

    type: str = ""
    is_valid: bool = False
    expires_at: int = 0
    data_access_expires_at: int = 0
    scopes: tuple[str, ...] = ()

    @property
    def ends_at(self) -> datetime | None:
        """When a person must sign in again: a Page's token lives on, and its right to read figures does not."""
        moments = [each for each in (self.expires_at, self.data_access_expires_at) if each]
        return datetime.fromtimestamp(min(moments), UTC) if moments else None


class _Described(_Answer):
    data: Token


class MetaEntrance(Entrance):
    """All secrets go in the body of a POST: Meta's own examples have them in addresses, which are written down."""

    ways: ClassVar[tuple[Way, ...]] = (Way(name="consent"), Way(name="token", fields=("access_token",)))
    app: ClassVar[str] = "meta"
    app_fields: ClassVar[tuple[str, ...]] = ("app_id", "app_secret")

    def consent(self, app: Mapping[str, str], endpoints: Endpoints, redirect: str) -> Consent:
        self.must_know(app, self.app_fields, "the app of Meta")
        asked = {"client_id": app["app_id"], "scope": ",".join(self.needs)}
        return ask(endpoints.meta_consent, redirect, asked, proves=False)

    def granted(self, app: Mapping[str, str], endpoints: Endpoints, consent: Consent, code: str) -> Sequence[Candidate]:
        short = self._exchange(app, endpoints, code, code=code, redirect_uri=consent.redirect)
        return self._of_person(self._lasting(short, app, endpoints), app, endpoints)

    def pasted(self, given: Mapping[str, str], app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        """A person's or a system user's token leads to the Pages; a Page's own speaks for that Page."""
        token = given.get("access_token", "").strip()
        self.must_know({"access_token": token}, ("access_token",), f"this {self.network.label} account")
        described = self._described(token, app, endpoints)
        if described.type == "USER" and app.get("app_secret"):
            token = self._lasting(token, app, endpoints)
        if described.type in _FOR_A_PERSON:
            return self._of_person(token, app, endpoints)
        page = self._graph(endpoints, token).read("me", Page, fields=_PAGE)
        return self._candidates([page.model_copy(update={"access_token": token})], app, endpoints)

    def look(self, credentials: Mapping[str, str], endpoints: Endpoints) -> Standing:
        page = self._graph(endpoints, credentials["access_token"], credentials.get("app_secret", "")).read(
            "me", Page, fields=_PAGE
        )
        described = self._described(credentials["access_token"], credentials, endpoints)
        remote_id, name = self.who(page)
        return Standing(
            remote_id=remote_id,
            name=name,
            scopes=described.scopes,
            lacks=self.lacking(described.scopes),
            expires_at=described.ends_at,
        )

    @abstractmethod
    def who(self, page: Page) -> tuple[str, str]:
        """The id and the name under which the Page, or what is behind it, speaks. Raises NotSignedIn."""

    @abstractmethod
    def speaks_through(self, page: Page) -> Mapping[str, str] | None:
        """What the adapter must know of the Page beside its token; None where nothing of ours is behind it."""

    def _of_person(self, token: str, app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        fields = f"access_token,{_PAGE}"
        pages = self._graph(endpoints, token).glance("me/accounts", _Pages, fields=fields, limit="100")
        return self._candidates(pages.data, app, endpoints)

    def _candidates(self, pages: Sequence[Page], app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        ours = {name: app[name] for name in self.app_fields if app.get(name)}
        found = []
        for page in pages:
            if (through := self.speaks_through(page)) is not None and page.access_token:
                credentials = {**through, "access_token": page.access_token, **ours}
                found.append(Candidate(standing=self.look(credentials, endpoints), credentials=credentials))
        if not found:
            raise NotSignedIn(
                f"this sign-in leads to no {self.network.label} account: it needs a role on the Page, and what "
                "belongs to a business must be shared with our app"
            )
        return tuple(found)

    def _lasting(self, token: str, app: Mapping[str, str], endpoints: Endpoints) -> str:
        """For about 60 days: a token that lives for hours leads to Pages' tokens that do no longer."""
        return self._exchange(app, endpoints, token, grant_type="fb_exchange_token", fb_exchange_token=token)

    def _exchange(self, app: Mapping[str, str], endpoints: Endpoints, secret: str, **form: str) -> str:
        given = {"client_id": app["app_id"], "client_secret": app["app_secret"], **form}
        with self._unsaid(secret):
            answer = self._graph(endpoints, _of_app(app)).call("POST", "oauth/access_token", Granted, given)
        return answer.access_token

    def _described(self, token: str, app: Mapping[str, str], endpoints: Endpoints) -> Token:
        """By our app where it is known, else by the token itself. Raises NotSignedIn for one that is over."""
        asked = {"input_token": token, "method": "get"}
        with self._unsaid(token):
            graph = self._graph(endpoints, _of_app(app) or token)
            described = graph.call("POST", "debug_token", _Described, asked).data
        if not described.is_valid:
            raise NotSignedIn(f"{self.network.label} says that this token is over: sign in again")
        return described

    def _graph(self, endpoints: Endpoints, token: str, app_secret: str = "") -> Graph:
        return Graph(
            network=self.network, endpoints=endpoints, access_token=token, app_secret=app_secret, sleep=lambda _: None
        )

    @contextmanager
    def _unsaid(self, secret: str) -> Iterator[None]:
        """Meta may repeat in its message what it does not like."""
        try:
            yield
        except (NotSignedIn, Refused, Unreachable) as error:
            raise type(error)(str(error).replace(secret, "…")) from None


def _of_app(app: Mapping[str, str]) -> str:
    """An app's own token (Meta, Access tokens, read 2026-11)."""
    return f"{app['app_id']}|{app['app_secret']}" if app.get("app_id") and app.get("app_secret") else ""
