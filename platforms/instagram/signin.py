"""What signs an Instagram account in."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr


class InstagramCredentials(BaseModel):
    """A professional account behind a Facebook Page, with the token of that Page.

    It needs instagram_basic, instagram_content_publish, instagram_manage_insights and pages_read_engagement;
    ads_read too if the role came through Business Manager (Meta, Permissions, read 2026-11). An Instagram-only
    login will not do: it has no resumable upload.
    """

    ig_user_id: str = Field(min_length=1)
    access_token: SecretStr = Field(min_length=1)
    app_secret: SecretStr = SecretStr("")
