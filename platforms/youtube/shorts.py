"""Which films YouTube shows as Shorts. It decides by shape and length alone: there is no flag to set."""

from __future__ import annotations

from platforms import limits
from platforms.contract import MediaFile, Network


def is_short(film: MediaFile) -> bool:
    """Upright or square, and no longer than three minutes; a wide film is none, whatever its hashtags say."""
    return not list(limits.misfits(Network.YOUTUBE, "short", film))
