"""The outside world: one folder per network, all of them behind `contract.Platform`.

Nothing here knows of campaigns, posts or people.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from platforms.contract import Network, Platform
from platforms.endpoints import Endpoints
from platforms.shelf import Shelf
from platforms.signing_in import Entrance

# twitter-text-parser reads its tables through it; the lock holds a setuptools that still has it.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated")

# network → module and class; imported when first needed, so that `sawt --help` stays instant.
_ADAPTERS = {
    Network.FACEBOOK: ("platforms.facebook.publish", "FacebookPage"),
    Network.X: ("platforms.x.publish", "XAccount"),
    Network.INSTAGRAM: ("platforms.instagram.publish", "InstagramAccount"),
    Network.YOUTUBE: ("platforms.youtube.publish", "YouTubeChannel"),
    Network.WEBSITE: ("platforms.website.publish", "WordPressSite"),
}
_ENTRANCES = {
    Network.FACEBOOK: ("platforms.facebook.connect", "PageEntrance"),
    Network.X: ("platforms.x.connect", "XEntrance"),
    Network.INSTAGRAM: ("platforms.instagram.connect", "InstagramEntrance"),
    Network.YOUTUBE: ("platforms.youtube.connect", "YouTubeEntrance"),
    Network.WEBSITE: ("platforms.website.connect", "WebsiteEntrance"),
}


def adapter(network: Network) -> type[Platform]:
    """The class that speaks to `network`."""
    module, name = _ADAPTERS[network]
    return cast(type[Platform], getattr(import_module(module), name))


def entrance(network: Network) -> Entrance:
    """How accounts of `network` are signed in."""
    module, name = _ENTRANCES[network]
    return cast(Entrance, getattr(import_module(module), name)())


def networks_of_app(network: Network) -> frozenset[Network]:
    """The networks that are spoken to through the same app as this one, and share its windows: Meta's two."""
    metas = frozenset({Network.FACEBOOK, Network.INSTAGRAM})
    return metas if network in metas else frozenset({network})


def connect(network: Network, *, credentials: Mapping[str, str], endpoints: Endpoints, shelf: Shelf) -> Platform:
    """One account, ready to speak. Raises NotSignedIn when `credentials` lacks a field.

    A Platform holds one HTTP session: use each in one thread at a time.
    """
    build = adapter(network)
    return build(credentials=credentials, endpoints=endpoints, shelf=shelf)  # type: ignore[call-arg]
