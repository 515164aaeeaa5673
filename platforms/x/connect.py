"""Sign an X account in: by consent, with a token that renews itself, or with the four keys of an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from platforms.contract import Network
from platforms.endpoints import Endpoints
from platforms.signing_in import Candidate, Consent, Entrance, Standing, Way, ask
from platforms.x.answers import Me
from platforms.x.client import Client
from platforms.x.faults import translated
from platforms.x.signin import ask_x, kept, sign_in

KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


class XEntrance(Entrance):
    network: ClassVar[Network] = Network.X
    ways: ClassVar[tuple[Way, ...]] = (Way(name="consent"), Way(name="keys", fields=KEYS))
    app: ClassVar[str] = "x"
    app_fields: ClassVar[tuple[str, ...]] = ("client_id",)
    app_options: ClassVar[tuple[str, ...]] = ("client_secret",)
    needs: ClassVar[Mapping[str, str]] = {
        "tweet.read": "nothing that is out can be looked for or measured",
        "tweet.write": "nothing can be posted or taken down",
        "users.read": "nobody can tell as whom it speaks",
        "media.write": "no picture and no film can be posted",
        "offline.access": "it ends after two hours",
    }

    def consent(self, app: Mapping[str, str], endpoints: Endpoints, redirect: str) -> Consent:
        self.must_know(app, self.app_fields, "the app of X")
        return ask(endpoints.x_consent, redirect, {"client_id": app["client_id"], "scope": " ".join(self.needs)})

    def granted(self, app: Mapping[str, str], endpoints: Endpoints, consent: Consent, code: str) -> Sequence[Candidate]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": consent.redirect}
        granted = ask_x({**form, "code_verifier": consent.verifier}, app, endpoints)
        ours = {name: app[name] for name in (*self.app_fields, *self.app_options) if app.get(name)}
        return self._candidate({**ours, **kept(granted)}, endpoints)

    def pasted(self, given: Mapping[str, str], app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        self.must_know(given, KEYS, "this X account")
        return self._candidate({name: given[name] for name in KEYS}, endpoints)

    def look(self, credentials: Mapping[str, str], endpoints: Endpoints) -> Standing:
        client = Client(credentials, endpoints)
        with translated():
            me = Me.model_validate(client.get_me()).data
        secrets, scopes = sign_in(credentials), tuple(credentials.get("scope", "").split())
        lacks = self.lacking(scopes) if scopes else ()  # keys, and tokens out of a file, do not say
        until = None if secrets.refresh_token else secrets.expires_at
        return Standing(remote_id=me.id, name=f"@{me.username}", scopes=scopes, lacks=lacks, expires_at=until)

    def _candidate(self, credentials: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        return (Candidate(standing=self.look(credentials, endpoints), credentials=credentials),)
