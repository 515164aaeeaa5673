"""Sign a Facebook Page in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from platforms.contract import Network
from platforms.graph_connect import MetaEntrance, Page


class PageEntrance(MetaEntrance):
    network: ClassVar[Network] = Network.FACEBOOK
    needs: ClassVar[Mapping[str, str]] = {
        "pages_show_list": "the Page cannot be chosen",
        "pages_read_engagement": "nothing that is out can be looked for or measured",
        "pages_manage_posts": "nothing can be posted or taken down",
        "read_insights": "there are no figures of views and reach",
    }

    def who(self, page: Page) -> tuple[str, str]:
        return page.id, page.name

    def speaks_through(self, page: Page) -> Mapping[str, str] | None:
        return {"page_id": page.id}
