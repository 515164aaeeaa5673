"""`python tests/proofs/host.py NAME LEASE`: one host, a worker as the command runs it, with a lease of LEASE seconds.

What it shares with the others (database, media, stage) the environment says, as it does in life.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta

from campaigns import catalogue
from campaigns.connections import Connections
from campaigns.measuring import Measurer
from campaigns.publishing import Publisher
from campaigns.running import now, shared_hands
from campaigns.settings import Settings
from campaigns.store import Store
from campaigns.vault import Vault
from platforms.lifeline import end_with_parent
from scheduler import Clock

READY = "ready"


def main(name: str, lease: timedelta) -> None:
    end_with_parent()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    settings = Settings.from_environment()
    store = Store(settings.database_url)
    catalogue.prepare(store, settings, now=now())
    connections = Connections(settings, settings.stage_url)
    publisher = Publisher(store, Vault(settings.media), connections, owner=name, clock=now, lease=lease)
    measurer = Measurer(store, connections, settings, clock=now)
    hands = shared_hands(settings, publisher)
    clock = Clock(publisher, measurer, summarise=lambda: None, pace=settings.pace, hands=hands)
    clock.start()
    print(READY, flush=True)
    stopping.wait()
    stopped = threading.Thread(target=clock.stop, daemon=True)
    stopped.start()
    stopped.join(3)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], timedelta(seconds=float(sys.argv[2])))
