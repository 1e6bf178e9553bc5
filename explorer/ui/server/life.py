"""How a server starts and how it ends."""

import asyncio
import contextlib
import gc
import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit.runtime import Runtime

from explorer.experiments import machine
from explorer.ui import budget
from explorer.ui.server import guard, handing, quick, runs, speed

_FILES_WANTED: Final = 8_192
"""Open files: each visitor holds some four of them, a reload twice as many for a while."""
_SWEEP_S: Final = 20
_PATIENCE_S: Final = 4.0
"""After this a server that was told to end does so, whatever still computes."""


@asynccontextmanager
async def life(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Around the whole life of a server."""
    _raise_the_limit_of_open_files()
    speed.begin()
    runs.begin()
    handing.begin()
    quick.begin()
    # Above 1 MB an upload would go through a temporary file on disk; pages promise it does not.
    MultiPartParser.spool_max_size = 2**40
    # Every request of a visitor whose network has gone would leave a line otherwise.
    logging.getLogger("uvicorn.error").addFilter(lambda line: "ASGI" not in line.getMessage())
    sweeping = asyncio.create_task(_sweep())
    try:
        yield {}
    finally:
        sweeping.cancel()
        threading.Thread(target=_end, daemon=True).start()
        _end_jobs()


def _raise_the_limit_of_open_files() -> None:
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _sweep() -> None:
    """Let go of visitors who have gone, with their uploads.

    Streamlit drops a session some time after it was disconnected, but looks only when the next
    visitor comes.
    """
    manager = Runtime.instance()._session_mgr
    stored = getattr(getattr(manager, "_session_storage", None), "_cache", None)
    gone = end_where_let_go(manager, stored)
    while True:
        await asyncio.sleep(_SWEEP_S)
        if stored is not None:
            stored.expire()
        if gone:
            gone.clear()
            gc.collect()
        living = manager.list_sessions()
        guard.ended({info.session.id for info in living})
        if not living:
            _rest()


def end_where_let_go(manager: Any, stored: Any) -> list[str]:
    """Have sessions end when `stored`, which holds who was disconnected, lets go of them.

    Left alone, a session ends when Python frees it; and where it is part of a circle, that is when
    the collector runs, in whatever thread: also in one that holds a lock which that end takes.

    Returns:
        The ids of those that ended; grows by itself.
    """
    gone: list[str] = []

    def end(identifier: str, info: Any) -> None:
        # One that comes back is among the active before it is taken from the stored.
        if not manager.is_active_session(identifier):
            gone.append(identifier)
            info.session.shutdown()

    if hasattr(stored, "_on_remove"):
        stored._on_remove = end
    return gone


def _rest() -> None:
    """Nobody is here, nor expected back: what was kept for the next click goes too."""
    if not len(budget.store()):
        return
    budget.store().drop()
    gc.collect()
    machine.give_back()


def _end_jobs() -> None:
    import sys

    # Only where a training was ever started: the module loads torch.
    jobs = sys.modules.get("explorer.experiments.jobs")
    if jobs is not None:
        jobs.close_all()


def _end() -> None:
    threading.Event().wait(_PATIENCE_S)
    os._exit(0)
