"""Lets what takes long come after what answers clicks, where both want the processor."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NICE: Final = 5
"""Of 19: a third of the share of a thread that is not lowered. Further down, on a machine that
others use too, who computes would get so little that all wait for what it holds: the lock of
Python, in the moments between two ops."""


@contextmanager
def behind() -> Iterator[None]:
    """Let this thread come after others until the end, and the threads that it starts for good.

    Linux has a priority for each thread (setpriority(2), "C library/kernel differences"), and
    the workers of a parallel computation take it from the thread that starts them. Elsewhere
    nothing changes. Who may not raise it again (RLIMIT_NICE) keeps the lower one.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    thread = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, thread)
    if before >= NICE:
        yield
        return
    os.setpriority(os.PRIO_PROCESS, thread, NICE)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, thread, before)
