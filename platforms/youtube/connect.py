"""Sign a YouTube channel in: by consent of the Google account that owns it, in the flow for installed apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from platforms.contract import Network
from platforms.endpoints import Endpoints
from platforms.errors import NotOffered, NotSignedIn
from platforms.signing_in import Candidate, Consent, Entrance, Standing, Way, ask, fetch, from_now
from platforms.youtube.client import Client
from platforms.youtube.faults import translated
from platforms.youtube.signin import sign_in

_SCOPE = "https://www.googleapis.com/auth/"


class YouTubeEntrance(Entrance):
    """`expires_at` is set while the Google app is in testing: its refresh tokens then end after seven days."""

    network: ClassVar[Network] = Network.YOUTUBE
    ways: ClassVar[tuple[Way, ...]] = (Way(name="consent"),)
    app: ClassVar[str] = "google"
    app_fields: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    needs: ClassVar[Mapping[str, str]] = {
        _SCOPE + "youtube.upload": "no film can be uploaded",
        _SCOPE + "youtube.force-ssl": "nothing can be revealed, taken down or given captions",
        _SCOPE + "youtube.readonly": "nothing that is out can be looked for or measured",
        _SCOPE + "yt-analytics.readonly": "there are no figures of watch time",
    }

    def consent(self, app: Mapping[str, str], endpoints: Endpoints, redirect: str) -> Consent:
        self.must_know(app, self.app_fields, "the app of Google")
        asked = {"client_id": app["client_id"], "scope": " ".join(self.needs)}
        return ask(endpoints.google_consent, redirect, {**asked, "access_type": "offline", "prompt": "consent"})

    def granted(self, app: Mapping[str, str], endpoints: Endpoints, consent: Consent, code: str) -> Sequence[Candidate]:
        ours = {name: app[name] for name in self.app_fields}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": consent.redirect}
        form |= {"code_verifier": consent.verifier, **ours}
        granted = fetch(endpoints.youtube_token, form, endpoints, who="Google")
        if not granted.refresh_token:
            raise NotSignedIn("Google gave nothing that lasts: take our app's access away there, and sign in again")
        until = from_now(granted.refresh_token_expires_in)
        credentials = {**ours, "refresh_token": granted.refresh_token, "scope": granted.scope}
        credentials |= {"ends_at": until.isoformat()} if until else {}
        standing = self.look(credentials, endpoints)
        # The adapter compares it before every upload: one Google account may own several channels.
        return (Candidate(standing=standing, credentials={**credentials, "channel_id": standing.remote_id}),)

    def pasted(self, given: Mapping[str, str], app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        raise NotOffered("YouTube is signed in by consent: choose consent")

    def look(self, credentials: Mapping[str, str], endpoints: Endpoints) -> Standing:
        transport = sign_in(credentials, endpoints)
        try:
            with translated():
                channel = Client(transport, endpoints).channel()
        finally:
            transport.close()
        scopes = tuple(credentials.get("scope", "").split())
        until = credentials.get("ends_at")
        return Standing(
            remote_id=channel.id,
            name=channel.snippet.title or channel.id,
            scopes=scopes,
            lacks=self.lacking(scopes) if scopes else (),
            expires_at=datetime.fromisoformat(until) if until else None,
        )
