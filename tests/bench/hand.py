"""`python -m tests.bench.hand NAME AT_ONCE AHEAD runs|stands`: a worker that sends on so many accounts at once.

Its clock is AHEAD seconds ahead of the wall's, so that what was prepared for a later hour comes due when the
measurement begins; or it stands there, so that nothing comes due while it is prepared.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from datetime import datetime, timedelta

from campaigns.connections import Connections
from campaigns.heaps import suit_many_threads
from campaigns.measuring import Measurer
from campaigns.publishing import Publisher
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.lifeline import end_with_parent
from scheduler import Clock
from tests.bench.ground import now_


def main(name: str, at_once: int, ahead: timedelta, *, stands: bool) -> None:
    end_with_parent()
    suit_many_threads()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())

    start = now_() + ahead

    def clock() -> datetime:
        return start if stands else now_() + ahead

    settings = Settings.from_environment()
    store = Store(settings.database_url)
    connections = Connections(settings, settings.stage_url)
    publisher = Publisher(store, Vault(settings.media), connections, owner=name, clock=clock)
    measurer = Measurer(store, connections, settings, clock=clock)
    work = Clock(publisher, measurer, summarise=lambda: None, pace=settings.pace, at_once=at_once)
    work.start()
    while not stopping.wait(0.2):
        pass
    work.stop()
    connections.close()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), timedelta(seconds=float(sys.argv[3])), stands=sys.argv[4] == "stands")
