"""The stage without an audience: the networks' HTTP APIs, emulated on loopback.

The real adapters with the real SDKs speak to it, so that a rehearsal runs the very code that goes live.
It listens on loopback only, knows only credentials of its own making (`credentials`), and speaks to nobody
but the loopback address that a picture is to be fetched from.
"""

from __future__ import annotations

from collections.abc import Mapping

from platforms.contract import Network
from platforms.endpoints import Endpoints


def endpoints(base: str) -> Endpoints:
    """The stage's addresses, `base` being `http://127.0.0.1:PORT`."""
    return Endpoints(
        x=f"{base}/x",
        graph=f"{base}/graph",
        rupload=f"{base}/rupload",
        youtube=f"{base}/youtube",
        youtube_analytics=f"{base}/youtube",
        youtube_token=f"{base}/youtube-token/",
        website=f"{base}/website",
        x_consent=f"{base}/consent/x",
        meta_consent=f"{base}/consent/meta",
        google_consent=f"{base}/consent/google",
    )


def credentials(network: Network, account: str) -> Mapping[str, str]:
    """What signs the account with this key in on the stage, and nowhere else.

    The secret of every stage credential is `stage-` and the account's key: plain on purpose.
    """
    secret = f"stage-{account}"
    return {
        Network.X: {
            "consumer_key": "stage",
            "consumer_secret": "stage",
            "access_token": secret,
            "access_token_secret": secret,
        },
        Network.FACEBOOK: {"page_id": f"page-{account}", "access_token": secret},
        Network.INSTAGRAM: {"ig_user_id": f"ig-{account}", "access_token": secret},
        Network.YOUTUBE: {"client_id": "stage", "client_secret": "stage", "refresh_token": secret},
        Network.WEBSITE: {"site_url": "", "username": account, "application_password": secret},
    }[network]


def rooms_of(network: Network) -> tuple[str, ...]:
    """The parts of the stage that a network's calls go to, by the first segment of their paths."""
    return {
        Network.X: ("x",),
        Network.FACEBOOK: ("graph", "rupload"),
        Network.INSTAGRAM: ("graph", "rupload"),
        Network.YOUTUBE: ("youtube", "youtube-token"),
        Network.WEBSITE: ("website",),
    }[network]


def account_of(secret: str) -> str | None:
    """The account that a stage secret signs in, or None for any other secret."""
    return secret.removeprefix("stage-") if secret.startswith("stage-") and len(secret) > 6 else None
