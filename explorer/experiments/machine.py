"""How much memory this process may use, and how it gives back what it used."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

_LIMITS: Final = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_UNKNOWN: Final = 8 * 2**30
"""Where the machine does not say: as small a machine as a class would use."""


@cache
def memory(limits: tuple[str, ...] = _LIMITS) -> int:
    """Bytes of memory: the machine's, or the container's (cgroup v2, v1) where that is less.

    Asked once: each look at the files took a tenth of a page's time.
    """
    found = [_of_machine()]
    for file in limits:
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            found.append(int(text))
    return min(found)


def give_back() -> None:
    """Let the system have what was freed: the allocator of Linux keeps it for the next network, on
    a machine of others too."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _of_machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN
