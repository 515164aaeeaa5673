"""Sign a WordPress site in: its address, a user's name and an application password of that user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from platforms.contract import Network
from platforms.endpoints import Endpoints
from platforms.signing_in import Candidate, Entrance, Standing, Way
from platforms.website.client import Client
from platforms.website.faults import translated
from platforms.website.signin import SignIn, sign_in


class WebsiteEntrance(Entrance):
    """What WordPress calls capabilities are its scopes here."""

    network: ClassVar[Network] = Network.WEBSITE
    ways: ClassVar[tuple[Way, ...]] = (
        Way(name="password", fields=tuple(SignIn.model_fields), open=frozenset({"site_url", "username"})),
    )
    needs: ClassVar[Mapping[str, str]] = {
        "publish_posts": "an article can be prepared and not published",
        "upload_files": "no picture can be uploaded",
        "edit_published_posts": "nothing that is out can be corrected or taken down",
        "unfiltered_html": "articles go out without what machines read (an editor's keep it)",
    }

    def pasted(self, given: Mapping[str, str], app: Mapping[str, str], endpoints: Endpoints) -> Sequence[Candidate]:
        credentials = {name: given.get(name, "").strip() for name in SignIn.model_fields}
        return (Candidate(standing=self.look(credentials, endpoints), credentials=credentials),)

    def look(self, credentials: Mapping[str, str], endpoints: Endpoints) -> Standing:
        account = sign_in(credentials, endpoints.website)
        with translated():
            me = Client(account, endpoints).me()
        scopes = tuple(name for name, may in me.capabilities.items() if may and name in self.needs)
        lacks = self.lacking(scopes) if me.capabilities else ()
        return Standing(remote_id=str(me.id), name=f"{me.name} · {account.site_url}", scopes=scopes, lacks=lacks)
