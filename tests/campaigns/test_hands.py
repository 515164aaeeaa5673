"""Threads of this process work lines of many accounts at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from campaigns.hands import Threads
from campaigns.languages import Language
from campaigns.publishing import Lane, Line
from platforms.contract import Network

WaitFor = Callable[..., None]


def test_uploads_to_every_network_in_every_language_keep_no_other_account_waiting(wait_for: WaitFor) -> None:
    films = [Line(account=f"{network}-{tongue}", lane=Lane.PREPARE) for network in Network for tongue in Language]
    text = Line(account="x-campaign", lane=Lane.PREPARE)
    begun: set[Line] = set()
    uploaded = threading.Event()

    def work(line: Line) -> int:
        begun.add(line)
        if line in films:
            uploaded.wait(60)
        return 0

    hands = Threads(work)
    try:
        for line in (*films, text):
            hands.hand_over(line)
        wait_for(lambda: begun == {*films, text}, "the preparing of the text")
    finally:
        uploaded.set()
        hands.stop()
