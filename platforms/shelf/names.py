"""How files are called that anybody may fetch who knows their name, and what they are."""

from __future__ import annotations

import re
import secrets

TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4"}
PATTERN = re.compile(r"[0-9a-f]{40}\.(jpg|png|mp4)", re.ASCII)
"""160 random bits; in lower case, for WordPress keeps nothing else."""


def new_name(suffix: str) -> str:
    return secrets.token_hex(20) + suffix


def type_of(name: str) -> str:
    return TYPES[name[name.rindex(".") :]]


def name_in(url: str, base_url: str) -> str | None:
    """The name at the end of an address under `base_url`; None where it is not one of ours."""
    name = url.rpartition("/")[2]
    return name if url.startswith(base_url + "/") and PATTERN.fullmatch(name) else None
