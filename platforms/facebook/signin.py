"""What signs a Facebook Page in."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr


class PageCredentials(BaseModel):
    """A Page's own token (`GET /me/accounts`) has no expiry date, yet dies with a changed password or a lost role.

    It needs pages_read_engagement, pages_manage_posts and read_insights (Meta, Permissions, read 2026-11).
    With `app_secret` every call carries a proof of it, which the app's settings can demand.
    """

    page_id: str = Field(min_length=1)
    access_token: SecretStr = Field(min_length=1)
    app_secret: SecretStr = SecretStr("")
