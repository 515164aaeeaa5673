"""Sign in the Instagram account behind a Facebook Page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from platforms.contract import Network
from platforms.errors import NotSignedIn
from platforms.graph_connect import MetaEntrance, Page


class InstagramEntrance(MetaEntrance):
    network: ClassVar[Network] = Network.INSTAGRAM
    needs: ClassVar[Mapping[str, str]] = {
        "pages_show_list": "the Page in front of it cannot be chosen",
        "pages_read_engagement": "the account behind the Page is not shown",
        "instagram_basic": "nothing that is out can be looked for",
        "instagram_content_publish": "nothing can be posted",
        "instagram_manage_insights": "there are no figures of views and reach",
    }

    def who(self, page: Page) -> tuple[str, str]:
        if page.instagram_business_account is None:
            raise NotSignedIn(f"there is no professional Instagram account behind the Page {page.name}")
        behind = page.instagram_business_account
        return behind.id, f"@{behind.username}"

    def speaks_through(self, page: Page) -> Mapping[str, str] | None:
        behind = page.instagram_business_account
        return {"ig_user_id": behind.id} if behind else None
