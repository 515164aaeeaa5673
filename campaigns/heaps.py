"""What a process of many threads asks of the system's memory, where glibc has it."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

SHORT_TURN = 0.0005
"""Seconds for which a thread keeps the interpreter; with Python's own 0.005 many senders wait for each other."""
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""As glibc's malloc.h numbers them."""


def suit_many_threads() -> None:
    """Two heaps for all threads: glibc makes one for each few, and gives little of them back (16 of 150 MB).

    Pictures on their way to a network stay out of them, or they leave holes that grow: glibc itself raises the size
    from which a block stands alone, and is told to stay at its first one.

    And shorter turns: whoever comes back from the database waits for one turn of each thread that is busy.
    """
    sys.setswitchinterval(SHORT_TURN)
    with suppress(OSError, AttributeError):
        glibc = ctypes.CDLL(None)
        glibc.mallopt(_M_ARENA_MAX, 2)
        glibc.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


def give_back() -> None:
    """What is free within the heaps goes back to the system: only their ends do so by themselves."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
