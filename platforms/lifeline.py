"""End when the parent does: an orphan that went on publishing would be out of everybody's hands."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK_EVERY, GRACE = 0.5, 5.0


def end_with_parent(parent: int | None = None) -> None:
    """From now on this process stops by SIGTERM when its parent is gone, and by force soon after.

    `parent` is its process id as the parent itself knows it: the parent may have died before we ask.
    """
    parent = parent or os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
