"""From the address at which somebody saw a post to the id by which its network knows it.

An id that is not one would be asked about in vain, and a post could be taken for deleted that is still there.
So an address gives an id of the network's own form, or none.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from platforms.contract import Network

_FORMS = {
    Network.X: r"\d{1,25}",
    Network.FACEBOOK: r"([\w-]+_)?\d{1,25}",
    Network.INSTAGRAM: r"\d{1,25}",
    Network.YOUTUBE: r"[\w-]{11}",
    Network.WEBSITE: r"\d{1,20}",
}
_HOSTS = {
    Network.X: (".x.com", ".twitter.com"),
    Network.FACEBOOK: (".facebook.com", ".fb.com", ".fb.watch"),
    Network.INSTAGRAM: (".instagram.com", ".instagr.am"),
    Network.YOUTUBE: (".youtube.com", ".youtu.be"),
}
_LONGEST = 200
_PAGE = r"\d+|page-[\w-]+"  # the second as the rehearsal stage names its pages


def is_web(address: str) -> bool:
    """Whether it is a whole address on the web."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", address)


def is_on(network: Network, address: str, *, rehearsal: bool) -> bool:
    """Whether the address is one of the network's own, or of the rehearsal stage for what plays there.

    Any site on the web may be the Centre's website.
    """
    parts = urlsplit(address)
    host = f".{parts.hostname or ''}".removesuffix(".")
    if rehearsal and host == ".127.0.0.1":
        return True
    hosts = _HOSTS.get(network)
    return parts.scheme == "https" and (hosts is None or host.endswith(hosts))


class NoId(ValueError):
    """An address that does not say under which id the network keeps the post; the message says what to add."""


def remote_id(network: Network, address: str, number: str = "") -> str:
    """The id of a post that somebody saw at `address`: `number` where they know it. Raises NoId.

    Meta's addresses call most posts by a code: that then stands in, brings no figures, and takes nothing down.
    """
    found = number.strip() or id_at(network, address)
    if is_id(network, found):
        return str(found)
    code = _last(_steps(address))
    if number.strip() or network not in (Network.FACEBOOK, Network.INSTAGRAM) or not code or len(code) > _LONGEST:
        raise NoId(f"the address does not hold the id under which {network.label} keeps the post; write it too: --id")
    return code


def is_id(network: Network, remote_id: str | None) -> bool:
    """Whether the network gives ids of this form."""
    return remote_id is not None and re.fullmatch(_FORMS[network], remote_id, re.ASCII) is not None


def id_at(network: Network, address: str) -> str | None:
    """The network's id that the address names; None where it names the post in another way."""
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    steps = _steps(address)
    match network:
        case Network.X:
            found = _after(steps, "status")
        case Network.FACEBOOK:
            found = _on_facebook(asked, steps)
        case Network.YOUTUBE:
            found = asked.get("v") or _last(steps)
        case Network.WEBSITE:
            found = asked.get("p") or asked.get("post")
        case Network.INSTAGRAM:
            found = None  # its addresses carry a code of their own
    return found if is_id(network, found) else None


def _on_facebook(asked: dict[str, str], steps: list[str]) -> str | None:
    """A post is known as PAGE_POST, a film or reel by its own number."""
    page, post = asked.get("id", steps[0] if steps else ""), asked.get("story_fbid", _after(steps, "posts"))
    if post:
        return f"{page}_{post}" if re.fullmatch(_PAGE, page, re.ASCII) else None
    return asked.get("v") or _after(steps, "reel") or (_last(steps) if "videos" in steps else None)


def _steps(address: str) -> list[str]:
    return [step for step in urlsplit(address).path.split("/") if step]


def _after(steps: list[str], name: str) -> str | None:
    return steps[steps.index(name) + 1] if name in steps[:-1] else None


def _last(steps: list[str]) -> str | None:
    return steps[-1] if steps else None
