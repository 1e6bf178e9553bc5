"""What makes each click cheaper without any page knowing of it.

Most of a click's time goes to Streamlit's own messages, some hundred for a page. uvicorn takes
uvloop for them where it is installed; the rest is here.
"""

import contextlib
import gc
import importlib
import logging
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from streamlit import config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession

from explorer.ui import settings

_LATER_S: Final = 1.0
_NEEDED: Final = (
    "pandas",
    "plotly.graph_objects",
    "explorer.networks",
    "explorer.experiments.inference",
    "explorer.experiments.saliency",
)
"""In the order in which visitors need them: tables, charts, and torch, which takes seconds."""
_loading = threading.Semaphore(0)
"""To be acquired once by the first page of a server."""
_YOUNG: Final = 20_000
"""Objects between two collections of the youngest: about what one run of a page makes."""
_TURNS: Final = "5000"
"""Enough from one op to the next: fewer slow torch's own passes by a fifth."""
_TURN_S: Final = 0.002
"""How long a thread that computes in Python keeps others waiting; Python's own turn is 5 ms."""


def begin() -> None:
    """To be called once, before the first visitor."""
    _send_at_once()
    _greet_once()
    _limit_threads()
    let_threads_rest()
    gc.set_threshold(_YOUNG, 20, 50)
    sys.setswitchinterval(_TURN_S)
    _loading.release()


def page_is_out() -> None:
    """A page has been drawn: what the others need is loaded now, so that nobody waits for it.

    Does something the first time only, and only in a server.
    """
    if _loading.acquire(blocking=False):
        threading.Thread(target=_load, daemon=True, name="loader").start()


def _load() -> None:
    # The browser that waits for the first page comes first. Not at a lower priority: an import
    # holds the lock of Python, and others would wait for whoever is not let on.
    time.sleep(_LATER_S)
    for name in _NEEDED:
        try:
            importlib.import_module(name)
        except ImportError:
            # Whoever opens its page is told.
            logging.getLogger(__name__).warning("Could not load %s", name)
    # What has been loaded by now stays: the collector need not look through it again.
    gc.collect()
    gc.freeze()


def _limit_threads() -> None:
    """As the owner says. Not by torch, which would limit the thread that asks and no other: the
    library that it computes with (OpenMP) reads this when it is loaded, for all."""
    threads = settings.threads()
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)


def let_threads_rest() -> None:
    """Let torch's threads (GNU's OpenMP) turn for some microseconds for more work, not for
    milliseconds: meanwhile they kept the cores from the engine that answers, 4 ms each time.
    To be called before torch is loaded; who runs the machine may say otherwise."""
    os.environ.setdefault("GOMP_SPINCOUNT", _TURNS)


def _send_at_once() -> None:
    """Let no answer wait for the browser to acknowledge the last one (Nagle's algorithm).

    asyncio switches that off for sockets that say they are TCP, and Streamlit's says nothing: on
    Linux the end of every run came 40 ms late. Connections take it from the socket that listens.
    """
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                _at_once(descriptor)


def _at_once(descriptor: int) -> None:
    # A second handle on the same socket, to be closed without closing the server's.
    with socket.socket(fileno=os.dup(descriptor)) as found:
        inet = found.family in (socket.AF_INET, socket.AF_INET6)
        if inet and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _greet_once() -> None:
    """Put together once for a visitor and a page what Streamlit says at the start of every run (the
    pages, the settings, the theme): looking all that up takes as long as a small page."""
    greet: Callable[..., ForwardMsg] = AppSession._create_new_session_message
    if greet.__module__ == __name__:
        return
    said: WeakKeyDictionary[AppSession, tuple[Any, ForwardMsg]] = WeakKeyDictionary()

    def quick(session: Any, page: str, run: Any, pages: Any = None) -> ForwardMsg:
        pages = pages or session._pages_manager.get_pages()
        follows_from = page, pages, session._run_on_save, session._state
        kept = said.get(session)
        if kept is None or kept[0] != follows_from:
            kept = said[session] = follows_from, greet(session, page, run, pages)
            kept[1].ClearField("metadata")
        message = ForwardMsg()
        message.CopyFrom(kept[1])
        app_session._set_run_identity(message, run)
        return message

    session_class: Any = AppSession
    session_class._create_new_session_message = quick
    config.on_config_parsed(said.clear, force_connect=True)
